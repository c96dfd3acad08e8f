// errors: the squared error of every row, ‖r‖².
//
// One thread owns one row; dispatched once for all rows of a submit.
// Shapes: residual [n_rows, target4], sse [n_rows].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> residual: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sse: array<f32>;

@compute @workgroup_size(GROUP)
fn errors(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let b = flat(group, groups, lane);
    if (b >= now.n_rows) {
        return;
    }
    var sum = 0.0;
    for (var j = 0u; j < target4; j++) {
        let r = residual[b * target4 + j];
        sum += dot(r, r);
    }
    sse[b] = sum;
}
