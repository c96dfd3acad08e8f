// match_features: per feature the best latent by |⟨w^i, w^d⟩| and by |cos|, the lower latent of equals.
//
// One workgroup owns one feature; a lane goes through latents lane, lane + GROUP, …; lane 0 compares the lanes' bests.
// Shapes: products [n_rows, 4 latent4] (features first_row.. against all latents), weight_norms [n_latent],
// result [n_features]: raw score, its latent, cosine, its latent (scores as bits).

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> products: array<f32>;
@group(0) @binding(2) var<storage, read> weight_norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4u>;

var<workgroup> scores: array<vec2f, GROUP>;
var<workgroup> latents: array<vec2u, GROUP>;

@compute @workgroup_size(GROUP)
fn match_features(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    var score = vec2f(-1.0);
    var latent = vec2u(n_latent);
    for (var i = lane; i < n_latent; i += GROUP) {
        let raw = abs(products[group.x * 4u * latent4 + i]);
        let here = vec2f(raw, raw / weight_norms[i]);
        let better = here > score;
        score = select(score, here, better);
        latent = select(latent, vec2u(i), better);
    }
    scores[lane] = score;
    latents[lane] = latent;
    workgroupBarrier();
    if (lane == 0u) {
        for (var l = 1u; l < GROUP; l++) {
            let other = scores[l];
            let ix = latents[l];
            let better = (other > score) | ((other == score) & (ix < latent));
            score = select(score, other, better);
            latent = select(latent, ix, better);
        }
        let bits = bitcast<vec2u>(score);
        result[now.first_row + group.x] = vec4u(bits.x, latent.x, bits.y, latent.y);
    }
}
