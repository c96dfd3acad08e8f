// normalise: rows of the decoder to unit length, after Adam.
//
// One thread owns one latent: w ← w/‖w‖, a zero row stays.
// Shapes: decoder [n_latent, target4].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read_write> decoder: array<vec4f>;

@compute @workgroup_size(GROUP)
fn normalise(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let latent = flat(group, groups, lane);
    if (latent >= n_latent) {
        return;
    }
    var sum = 0.0;
    for (var j = 0u; j < target4; j++) {
        let w = decoder[latent * target4 + j];
        sum += dot(w, w);
    }
    let norm = max(sqrt(sum), TINY);
    for (var j = 0u; j < target4; j++) {
        decoder[latent * target4 + j] /= norm;
    }
}
