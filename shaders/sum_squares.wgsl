// sum_squares: squares of the whole gradient, summed by stretches; `clip` sums the stretches.
//
// One workgroup owns a stretch of 4,096 vec4s, a lane every GROUP-th of it.
// Shapes: gradient [width4], result [⌈width4 / 4096⌉].

const STRETCH: u32 = 4096u;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

var<workgroup> partial: array<f32, GROUP>;

@compute @workgroup_size(GROUP)
fn sum_squares(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let end = min((group.x + 1u) * STRETCH, width4);
    var sum = 0.0;
    for (var at = group.x * STRETCH + lane; at < end; at += GROUP) {
        sum += dot(gradient[at], gradient[at]);
    }
    partial[lane] = sum;
    workgroupBarrier();
    if (lane == 0u) {
        var total = 0.0;
        for (var l = 0u; l < GROUP; l++) {
            total += partial[l];
        }
        result[group.x] = total;
    }
}
