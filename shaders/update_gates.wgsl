// update_gates: gradients of a gated model's b_gate, b_mag and r: Σ dz of the second reconstruction, Σ dz and
// Σ dz (m − b_mag) of the first; then the first's dz become those of u, e^r dz. `adam` goes on from there.
//
// One thread owns one latent.
// Shapes: z, dz [2 step_rows, 4 latent4], mask [steps, n_masks, n_latent, mask_words], gates [3, 4 latent4] (b_gate,
// b_mag, r), gradient (theirs from 4 gradient_at on).

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> dz: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read> gates: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(GROUP)
fn update_gates(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let latent = flat(group, groups, lane);
    if (latent >= n_latent) {
        return;
    }
    let b_mag = gates[4u * latent4 + latent];
    let gain = exp(gates[8u * latent4 + latent]);
    let words = (now.n_rows + 31u) / 32u;
    var of_gate = 0.0;
    var of_magnitude = 0.0;
    var of_gain = 0.0;
    for (var word = 0u; word < words; word++) {
        var bits = mask[mask_start(now.slot, 0u, latent) + word];
        while (bits != 0u) {
            let at = cells(32u * word + firstTrailingBit(bits)) + latent;
            bits &= bits - 1u;
            of_magnitude += dz[at];
            of_gain += dz[at] * (z[at] - b_mag);
            dz[at] *= gain;
        }
        bits = mask[mask_start(now.slot, 1u, latent) + word];
        while (bits != 0u) {
            of_gate += dz[side_cells(32u * word + firstTrailingBit(bits)) + latent];
            bits &= bits - 1u;
        }
    }
    let to = 4u * gradient_at + latent;
    gradient[to] = of_gate;
    gradient[to + 4u * latent4] = of_magnitude;
    gradient[to + 8u * latent4] = of_gain;
}
