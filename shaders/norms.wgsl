// norms: Euclidean norms of the rows of a weight matrix, or (`of_decoder`) the sums of the norms of
// the sources' parts, which is what penalties and ranks weigh latents by.
//
// One thread owns one latent: result[i] = ‖w^i‖ or Σ_s ‖w^{i,s}‖, at least TINY.
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
    let n_parts = select(1u, n_sources, of_decoder);
    let part4 = width4 / n_parts;
    var norm = 0.0;
    for (var part = 0u; part < n_parts; part++) {
        var sum = 0.0;
        for (var j = 0u; j < part4; j++) {
            let w = weights[latent * width4 + part * part4 + j];
            sum += dot(w, w);
        }
        norm += sqrt(sum);
    }
    result[latent] = max(norm, TINY);
}
