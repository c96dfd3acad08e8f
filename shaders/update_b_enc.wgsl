// update_b_enc: Σ_b dz of every latent, and with it Adam's step of the encoder's bias. A gradient to be clipped is stored
// where `mean` is bound.
//
// One thread owns one latent. Runs if there is a b_enc, or if the sums are wanted because the input is shifted.
// Shapes: dz [2 step_rows, 4 latent4], mask [steps, n_masks, n_latent, mask_words], dz_sum [n_latent], b_enc, mean, square
// [4 latent4].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> dz: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> dz_sum: array<f32>;
@group(0) @binding(4) var<storage, read_write> b_enc: array<f32>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> square: array<f32>;

@compute @workgroup_size(GROUP)
fn update_b_enc(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let latent = flat(group, groups, lane);
    if (latent >= n_latent) {
        return;
    }
    var sum = 0.0;
    let words = (now.n_rows + 31u) / 32u;
    for (var which = 0u; which < n_masks(); which++) {
        let from_cells = select(0u, side_cells(0u), which >= n_fire_masks()) + latent;
        let start = mask_start(now.slot, which, latent);
        for (var word = 0u; word < words; word++) {
            var bits = mask[start + word];
            while (bits != 0u) {
                let b = 32u * word + firstTrailingBit(bits);
                bits &= bits - 1u;
                sum += dz[b * 4u * latent4 + from_cells];
            }
        }
    }
    dz_sum[latent] = sum;
    if (has_b_enc) {
        if (clips) {
            mean[4u * gradient_at + latent] = sum;
            return;
        }
        let hyper = now.hyper;
        let m = hyper.beta1 * mean[latent] + (1.0 - hyper.beta1) * sum;
        let v = hyper.beta2 * square[latent] + (1.0 - hyper.beta2) * sum * sum;
        mean[latent] = m;
        square[latent] = v;
        b_enc[latent] -= adam_move(hyper, vec4f(m), vec4f(v)).x;
    }
}
