// update: gradient and Adam step of the encoder or of the decoder, without a gradient in memory (unless it is clipped:
// then it is stored where `mean` is bound, and `adam` goes on from there).
//
// One thread owns four vec4s of one latent's row, a quarter of the row apart, so that it walks the row masks once for
// all four. The gradient is Σ_b c_b row_b over the batch rows on which the latent is active, mask by mask, in ascending
// order:
//   encoder: c = dz, rows = x, less b_dec if the input is shifted (then `per_use` is b_dec);
//   decoder: c = f, rows = 2 pull / B, the pull that of the latent's level, plus the multiples of w that `radial` found
//   (then `per_use` is those, if it runs);
// of the second reconstruction's latents with its own c and pulls (the gates' frozen decoder gets none); plus the
// anchors' pull 2 λ_a (w − w̃) on latents below n_anchors (eq. 22).
// Shapes: weights, mean, square [n_latent, width4]; rows: inputs [.., width4] from first_row on, or residual as in
// `shared.wgsl`; coefficients [2 step_rows, 4 latent4]; mask [steps, n_masks, n_latent, mask_words]; anchors
// [≥ n_anchors, width4]; per_use: b_dec [4 width4] as it was when the rows were encoded, or [n_latent, n_sources].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(4) var<storage, read> rows: array<vec4f>;
@group(0) @binding(5) var<storage, read> coefficients: array<f32>;
@group(0) @binding(6) var<storage, read> mask: array<u32>;
@group(0) @binding(7) var<storage, read> anchors: array<vec4f>;
@group(0) @binding(8) var<storage, read> per_use: array<f32>;

@compute @workgroup_size(GROUP)
fn update(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let quarter = (width4 + 3u) / 4u;
    let at = flat(group, groups, lane);
    let latent = at / quarter;
    if (latent >= n_latent) {
        return;
    }
    // Beyond the row's end the last vec4 is summed again, and not stored.
    let last = width4 - 1u;
    let column0 = at % quarter;
    let column1 = column0 + quarter;
    let column2 = column1 + quarter;
    let column3 = column2 + quarter;
    var g0 = vec4f();
    var g1 = vec4f();
    var g2 = vec4f();
    var g3 = vec4f();
    var total = 0.0;
    let words = (now.n_rows + 31u) / 32u;
    let n_used = select(n_masks(), n_fire_masks(), of_decoder && side == GATES);
    for (var which = 0u; which < n_used; which++) {
        let is_side = which >= n_fire_masks();
        let from_cells = select(0u, side_cells(0u), is_side) + latent;
        var first = now.first_row;
        if (of_decoder) {
            if (is_side) {
                first = side_row(0u);
            } else {
                first = pull_row(first, select(level_of(now.hyper, latent), which, by_rank), 0u);
            }
        }
        let start = mask_start(now.slot, which, latent);
        for (var word = 0u; word < words; word++) {
            var bits = mask[start + word];
            while (bits != 0u) {
                let b = 32u * word + firstTrailingBit(bits);
                bits &= bits - 1u;
                let c = coefficients[b * 4u * latent4 + from_cells];
                let row = (first + b) * width4;
                total += c;
                g0 += c * rows[row + column0];
                g1 += c * rows[row + min(column1, last)];
                g2 += c * rows[row + min(column2, last)];
                g3 += c * rows[row + min(column3, last)];
            }
        }
    }
    step_part(latent, column0, g0, total);
    step_part(latent, column1, g1, total);
    step_part(latent, column2, g2, total);
    step_part(latent, column3, g3, total);
}

/// Adam on one vec4, given its sum over the batch and Σ c.
fn step_part(latent: u32, column: u32, sum: vec4f, total: f32) {
    if (column >= width4) {
        return;
    }
    let at = latent * width4 + column;
    let hyper = now.hyper;
    let w = weights[at];
    var g = sum;
    if (of_decoder) {
        g *= 2.0 / f32(now.n_rows);
        if (has_radial(hyper)) {
            g += per_use[latent * n_sources + column / (width4 / n_sources)] * w;
        }
    } else if (shift_input) {
        let j = 4u * column;
        g -= total * vec4f(per_use[j], per_use[j + 1u], per_use[j + 2u], per_use[j + 3u]);
    }
    if (latent < hyper.n_anchors) {
        g += 2.0 * hyper.anchor * (w - anchors[at]);
    }
    if (clips) {
        mean[gradient_at + at] = g;
        return;
    }
    let m = hyper.beta1 * mean[at] + (1.0 - hyper.beta1) * g;
    let v = hyper.beta2 * square[at] + (1.0 - hyper.beta2) * g * g;
    mean[at] = m;
    square[at] = v;
    weights[at] = w - adam_move(hyper, m, v);
}
