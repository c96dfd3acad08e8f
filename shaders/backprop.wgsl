// backprop: gradients of the active pre-activations, dz_i = ⟨w_D^i, 2 r⟩ / B + λ (‖w_D^i‖ or 1) / B.
//
// One thread owns one entry of one row's list. dz stays undefined where a latent is not active.
// Shapes: active [n_rows, capacity], count [n_rows], decoder [n_latent, target4], residual [.., target4] from
// first_row on, decoder_norms [n_latent] (read if L1 is by norm), dz [n_rows, 4 latent4].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> active_latents: array<u32>;
@group(0) @binding(2) var<storage, read> count: array<u32>;
@group(0) @binding(3) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(6) var<storage, read_write> dz: array<f32>;

@compute @workgroup_size(GROUP)
fn backprop(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    let b = at / now.capacity;
    if (b >= now.n_rows) {
        return;
    }
    if (at % now.capacity >= count[b]) {
        return;
    }
    let latent = active_latents[at];
    var product = 0.0;
    for (var j = 0u; j < target4; j++) {
        product += dot(decoder[latent * target4 + j], residual[(now.first_row + b) * target4 + j]);
    }
    var norm = 1.0;
    if (now.hyper.by_norm == 1u) {
        norm = decoder_norms[latent];
    }
    dz[b * 4u * latent4 + latent] = (2.0 * product + now.hyper.l1 * norm) / f32(now.n_rows);
}
