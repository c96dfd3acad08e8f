// losses: the loss of every step of a submit, the mean over its rows of error plus penalty.
//
// One workgroup owns one step; sums run in a fixed order. Dispatched once a submit.
// Shapes: steps [n_steps], sse and penalty [rows of the submit], loss_log [as many losses as may wait to be read].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> steps: array<Slot>;
@group(0) @binding(2) var<storage, read> sse: array<f32>;
@group(0) @binding(3) var<storage, read> penalty: array<f32>;
@group(0) @binding(4) var<storage, read_write> loss_log: array<f32>;

var<workgroup> partial: array<f32, GROUP>;

@compute @workgroup_size(GROUP)
fn losses(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let n_rows = steps[group.x].step.n_rows;
    let first_row = steps[group.x].step.first_row;
    var sum = 0.0;
    for (var b = lane; b < n_rows; b += GROUP) {
        sum += sse[first_row + b] + penalty[first_row + b];
    }
    partial[lane] = sum;
    workgroupBarrier();
    if (lane == 0u) {
        var total = 0.0;
        for (var l = 0u; l < GROUP; l++) {
            total += partial[l];
        }
        loss_log[steps[group.x].step.loss_at] = total / f32(n_rows);
    }
}
