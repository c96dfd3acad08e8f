// control_step: the controller that holds L0 by scaling the penalties, as `control_step` of `model/hyper.rs`.
//
// One workgroup owns it all; its lanes share the rows' counts. Runs where there is an L0 to hold.
// Shapes: count [n_rows], control [1].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> count: array<u32>;
@group(0) @binding(2) var<storage, read_write> control: Control;

var<workgroup> partial: array<u32, GROUP>;

@compute @workgroup_size(GROUP)
fn control_step(@builtin(local_invocation_index) lane: u32) {
    var found = 0u;
    for (var b = lane; b < now.n_rows; b += GROUP) {
        found += count[b];
    }
    partial[lane] = found;
    workgroupBarrier();
    if (lane != 0u) {
        return;
    }
    var c = control;
    let target_l0 = now.hyper.target_l0;
    if (target_l0 > 0.0) {
        var total = 0u;
        for (var l = 0u; l < GROUP; l++) {
            total += partial[l];
        }
        let l0 = f32(total) / f32(now.n_rows);
        let is_seen = c.l0_seen > 0.0;
        let mean = select(l0, 0.99 * c.l0_mean + 0.01 * l0, is_seen);
        let change = select(0.0, mean - c.l0_mean, is_seen);
        c.l0_mean = mean;
        c.l0_seen = 1.0;
        c.l0_rate = 0.95 * c.l0_rate + 0.05 * change;
        let error = mean - target_l0;
        let gain = select(1.0, 0.01, error * c.l0_rate < 0.0);
        c.multiplier = clamp(c.multiplier * (1.0 + 3e-4 * gain * bounded_tanh(10.0 * error / target_l0)), 0.01, 100.0);
    }
    control = c;
}
