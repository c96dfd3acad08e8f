// clip: what all gradients are multiplied by so that their norm together is at most `hyper.clip`.
//
// One workgroup owns it all; its lanes share the stretches.
// Shapes: squares [width4] (here a count of stretches), scale [1].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read_write> scale: array<f32>;

var<workgroup> partial: array<f32, GROUP>;

@compute @workgroup_size(GROUP)
fn clip(@builtin(local_invocation_index) lane: u32) {
    var sum = 0.0;
    for (var at = lane; at < width4; at += GROUP) {
        sum += squares[at];
    }
    partial[lane] = sum;
    workgroupBarrier();
    if (lane == 0u) {
        var total = 0.0;
        for (var l = 0u; l < GROUP; l++) {
            total += partial[l];
        }
        scale[0] = select(1.0, min(now.hyper.clip / max(sqrt(total), TINY), 1.0), now.hyper.clip > 0.0);
    }
}
