// norms: Euclidean norms of the rows of a weight matrix.
//
// One thread owns one latent: result[i] = ‖w^i‖, at least TINY.
// Shapes: weights [n_latent, width4], result [n_latent].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(GROUP)
fn norms(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let latent = flat(group, groups, lane);
    if (latent >= n_latent) {
        return;
    }
    var sum = 0.0;
    for (var j = 0u; j < width4; j++) {
        let w = weights[latent * width4 + j];
        sum += dot(w, w);
    }
    result[latent] = max(sqrt(sum), TINY);
}
