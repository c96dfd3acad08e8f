// update: gradient and Adam step of the encoder or of the decoder, row by row, without a gradient in memory.
//
// One workgroup of `lanes` threads owns one latent's row; a thread owns the vec4s lane, lane + lanes, … (`parts` of
// them). The row's gradient is Σ_b c_b row_b over the batch rows on which the latent is active, in ascending order:
//   encoder: c = dz, rows = x (less b_dec if the input is shifted);
//   decoder: c = f, rows = 2 r / B, plus λ/B Σ f · w/‖w‖ if L1 is by norm;
// plus the anchors' pull 2 λ_a (w − w̃) on latents below n_anchors (eq. 22). A decoder that stays unit loses the
// gradient's part along w before Adam and is renormalised after it.
// Shapes: weights, mean, square [n_latent, width4]; rows [.., width4] from first_row on; coefficients
// [n_rows, 4 latent4]; mask [steps, n_latent, mask_words]; anchors [≥ n_anchors, width4]; b_dec [width4], as it was
// when the rows were encoded.

/// Most parts: rows of 4,096 numbers over 256 lanes.
const PARTS_MOST: u32 = 4u;
/// Partial sums that every thread adds up by itself.
const FEW: u32 = 16u;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(4) var<storage, read> rows: array<vec4f>;
@group(0) @binding(5) var<storage, read> coefficients: array<f32>;
@group(0) @binding(6) var<storage, read> mask: array<u32>;
@group(0) @binding(7) var<storage, read> anchors: array<vec4f>;
@group(0) @binding(8) var<storage, read> b_dec: array<vec4f>;

var<workgroup> partial: array<vec2f, 256>;
var<workgroup> few: array<vec2f, FEW>;

@compute @workgroup_size(lanes)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let latent = group.x;
    var gradient: array<vec4f, PARTS_MOST>;
    var total = 0.0;
    let start = mask_start(now.slot, latent);
    let words = (now.n_rows + 31u) / 32u;
    for (var word = 0u; word < words; word++) {
        var bits = mask[start + word];
        while (bits != 0u) {
            let b = 32u * word + firstTrailingBit(bits);
            bits &= bits - 1u;
            let c = coefficients[b * 4u * latent4 + latent];
            total += c;
            let row = (now.first_row + b) * width4;
            for (var p = 0u; p < parts; p++) {
                let column = p * lanes + lane;
                if (column < width4) {
                    gradient[p] += c * rows[row + column];
                }
            }
        }
    }

    let hyper = now.hyper;
    let by_norm = of_decoder && hyper.l1_by_norm == 1u && hyper.l1 != 0.0;
    // ⟨gradient, w⟩ before the L1 part, and ⟨w, w⟩.
    var along = vec2f();
    for (var p = 0u; p < parts; p++) {
        let column = p * lanes + lane;
        if (column < width4) {
            let w = weights[latent * width4 + column];
            var g = gradient[p];
            if (of_decoder) {
                g *= 2.0 / f32(now.n_rows);
            } else if (shift_input) {
                g -= total * b_dec[column];
            }
            if (latent < hyper.n_anchors) {
                g += 2.0 * hyper.anchor * (w - anchors[latent * width4 + column]);
            }
            gradient[p] = g;
            along += vec2f(dot(g, w), dot(w, w));
        }
    }
    // The multiple of w that the gradient gets on top: L1 by norm adds one, staying unit takes all of it away.
    var radial = 0.0;
    if (of_decoder) {
        along = sum_of_lanes(along, lane);
        if (by_norm) {
            radial = hyper.l1 * total / (f32(now.n_rows) * max(sqrt(along.y), TINY));
        }
        if (unit_norm_decoder) {
            radial -= (along.x + radial * along.y) / max(along.y, TINY);
        }
    }

    var length = vec2f();
    for (var p = 0u; p < parts; p++) {
        let column = p * lanes + lane;
        if (column < width4) {
            let at = latent * width4 + column;
            var w = weights[at];
            let g = gradient[p] + radial * w;
            let m = hyper.beta1 * mean[at] + (1.0 - hyper.beta1) * g;
            let v = hyper.beta2 * square[at] + (1.0 - hyper.beta2) * g * g;
            mean[at] = m;
            square[at] = v;
            w -= adam(hyper, m, v);
            gradient[p] = w;
            length.x += dot(w, w);
            if (!(of_decoder && unit_norm_decoder)) {
                weights[at] = w;
            }
        }
    }
    if (of_decoder && unit_norm_decoder) {
        let norm = max(sqrt(sum_of_lanes(length, lane).x), TINY);
        for (var p = 0u; p < parts; p++) {
            let column = p * lanes + lane;
            if (column < width4) {
                weights[latent * width4 + column] = gradient[p] / norm;
            }
        }
    }
}

/// The sum over the workgroup's lanes, in a fixed order, for every lane.
fn sum_of_lanes(value: vec2f, lane: u32) -> vec2f {
    workgroupBarrier();
    partial[lane] = value;
    workgroupBarrier();
    var sum = vec2f();
    if (lanes <= FEW) {
        for (var l = 0u; l < lanes; l++) {
            sum += partial[l];
        }
        return sum;
    }
    if (lane < FEW) {
        for (var l = lane; l < lanes; l += FEW) {
            sum += partial[l];
        }
        few[lane] = sum;
    }
    workgroupBarrier();
    sum = vec2f();
    for (var l = 0u; l < FEW; l++) {
        sum += few[l];
    }
    return sum;
}
