// radial: the multiples of its row w (of each source's part of it) that a latent's decoder gradient gets on top of the
// sums over the batch.
//
// One thread owns one latent. Penalties by norm add S / ‖w_s‖ to source s, S = Σ_b f_b slope_b / B. A decoder that stays
// unit loses the gradient's part along w, ⟨g, w⟩/‖w‖², before Adam; with the pulls' products known from dz no row of
// the batch is read again: ⟨g, w⟩ = Σ_b f_b (dz_b − slope_b n / B) + the same of the second reconstruction
// + 2 λ_a ⟨w − w̃, w⟩ + the first part's, S n. Runs where either is wanted.
// Shapes: z, dz [2 step_rows, 4 latent4], mask [steps, n_masks, n_latent, mask_words], decoder [n_latent, target4],
// anchors [≥ n_anchors, target4], control [1], result [n_latent, n_sources].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> dz: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(5) var<storage, read> anchors: array<vec4f>;
@group(0) @binding(6) var<storage, read> control: Control;
@group(0) @binding(7) var<storage, read_write> result: array<f32>;

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
    // ‖w‖² and ⟨w̃, w⟩; the sum of the parts' norms, each kept where its multiple will be.
    var length = 0.0;
    var norm = 0.0;
    var to_anchor = 0.0;
    let is_anchored = latent < hyper.n_anchors;
    let part4 = target4 / n_sources;
    for (var part = 0u; part < n_sources; part++) {
        var of_part = 0.0;
        for (var j = 0u; j < part4; j++) {
            let at = latent * target4 + part * part4 + j;
            let w = decoder[at];
            of_part += dot(w, w);
            if (is_anchored) {
                to_anchor += dot(anchors[at], w);
            }
        }
        length += of_part;
        norm += sqrt(of_part);
        result[latent * n_sources + part] = max(sqrt(of_part), TINY);
    }
    let weight = select(1.0, max(norm, TINY), hyper.by_norm == 1u);
    // Σ f slope and Σ f dz.
    var total = 0.0;
    var along = 0.0;
    let words = (now.n_rows + 31u) / 32u;
    for (var g = 0u; g < n_fire_masks(); g++) {
        let start = mask_start(now.slot, g, latent);
        for (var word = 0u; word < words; word++) {
            var bits = mask[start + word];
            while (bits != 0u) {
                let at = cells(32u * word + firstTrailingBit(bits)) + latent;
                bits &= bits - 1u;
                let f = z[at];
                total += f * penalty_slope(hyper, f, weight);
                along += f * dz[at];
            }
        }
    }
    if (side == GATES) {
        total = 0.0;
    } else if (side != 0u) {
        let start = mask_start(now.slot, n_fire_masks(), latent);
        for (var word = 0u; word < words; word++) {
            var bits = mask[start + word];
            while (bits != 0u) {
                let at = side_cells(32u * word + firstTrailingBit(bits)) + latent;
                bits &= bits - 1u;
                // Ghost gradients' dz has the factor a already.
                along += select(z[at], 1.0, side == GHOST) * dz[at];
            }
        }
    }
    total *= control.multiplier / f32(now.n_rows);
    along -= total * weight;
    var size = 0.0;
    if (pulls_norms(hyper)) {
        size = total;
        along += size * norm;
    }
    var less = 0.0;
    if (unit_norm_decoder) {
        if (is_anchored) {
            along += 2.0 * hyper.anchor * (length - to_anchor);
        }
        less = along / max(length, TINY);
    }
    for (var part = 0u; part < n_sources; part++) {
        let at = latent * n_sources + part;
        result[at] = size / result[at] - less;
    }
}
