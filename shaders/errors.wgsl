// errors: of every row the squared error ‖r‖² and the reconstruction's ‖x̂‖², x̂ = r + x_r.
//
// One thread owns one row; dispatched once for all rows of a submit.
// Shapes: residual and targets [n_rows, target4], sse and recon [n_rows].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> residual: array<vec4f>;
@group(0) @binding(2) var<storage, read> targets: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> sse: array<f32>;
@group(0) @binding(4) var<storage, read_write> recon: array<f32>;

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
    var error = 0.0;
    var size = 0.0;
    for (var j = 0u; j < target4; j++) {
        let r = residual[b * target4 + j];
        let x = r + targets[b * target4 + j];
        error += dot(r, r);
        size += dot(x, x);
    }
    sse[b] = error;
    recon[b] = size;
}
