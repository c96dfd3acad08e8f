// radial: the multiple of its row w that a latent's decoder gradient gets on top of the sums over the batch.
//
// One thread owns one latent. L1 by norm adds λ/B Σ_b f_b / ‖w‖. A decoder that stays unit loses the gradient's part
// along w, ⟨g, w⟩/‖w‖², before Adam; with ⟨2 r_b, w⟩/B known from dz no row of the batch is read again:
// ⟨g, w⟩ = Σ_b f_b (dz_b − λ (‖w‖ or 1)/B) + 2 λ_a ⟨w − w̃, w⟩ + the first part's. Runs where either is wanted.
// Shapes: z, dz [n_rows, 4 latent4], mask [steps, n_latent, mask_words], decoder [n_latent, target4],
// anchors [≥ n_anchors, target4], result [n_latent].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> dz: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(5) var<storage, read> anchors: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(GROUP)
fn radial(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let latent = flat(group, groups, lane);
    if (latent >= n_latent) {
        return;
    }
    let hyper = now.hyper;
    // ‖w‖² and ⟨w̃, w⟩.
    var length = 0.0;
    var to_anchor = 0.0;
    let is_anchored = latent < hyper.n_anchors;
    for (var j = 0u; j < target4; j++) {
        let w = decoder[latent * target4 + j];
        length += dot(w, w);
        if (is_anchored) {
            to_anchor += dot(anchors[latent * target4 + j], w);
        }
    }
    // Σ f and Σ f dz.
    var total = 0.0;
    var along = 0.0;
    let start = mask_start(now.slot, latent);
    let words = (now.n_rows + 31u) / 32u;
    for (var word = 0u; word < words; word++) {
        var bits = mask[start + word];
        while (bits != 0u) {
            let b = 32u * word + firstTrailingBit(bits);
            bits &= bits - 1u;
            let at = b * 4u * latent4 + latent;
            total += z[at];
            along += z[at] * dz[at];
        }
    }
    let l1_total = hyper.l1 * total / f32(now.n_rows);
    var sum = 0.0;
    if (hyper.by_norm == 1u) {
        let norm = max(sqrt(length), TINY);
        along -= l1_total * norm;
        sum = l1_total / norm;
    } else {
        along -= l1_total;
    }
    if (unit_norm_decoder) {
        if (is_anchored) {
            along += 2.0 * hyper.anchor * (length - to_anchor);
        }
        sum -= (along + sum * length) / max(length, TINY);
    }
    result[latent] = sum;
}
