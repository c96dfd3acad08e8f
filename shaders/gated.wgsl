// gated: one direction, read twice: π = u + b_gate opens the gate, m = e^r u + b_mag is what passes it.
//
// One thread owns one row. Latents with π > 0 and m > 0 fire: m takes u's place in z. Those with π > 0 are the second
// reconstruction's: π goes to the second plane. Lists ascend; masks as by `relu`.
// Shapes: z [2 step_rows, 4 latent4], gates [3, 4 latent4] (b_gate, b_mag, r), active and side_latents
// [n_rows, n_latent], count and side_count [n_rows], mask [steps, n_masks, n_latent, mask_words].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@group(0) @binding(2) var<storage, read> gates: array<f32>;
@group(0) @binding(3) var<storage, read_write> active_latents: array<u32>;
@group(0) @binding(4) var<storage, read_write> count: array<u32>;
@group(0) @binding(5) var<storage, read_write> side_latents: array<u32>;
@group(0) @binding(6) var<storage, read_write> side_count: array<u32>;
@group(0) @binding(7) var<storage, read_write> mask: array<atomic<u32>>;

@compute @workgroup_size(GROUP)
fn gated(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let b = flat(group, groups, lane);
    if (b >= now.n_rows) {
        return;
    }
    let bit = 1u << (b % 32u);
    var found = 0u;
    var open = 0u;
    for (var i = 0u; i < n_latent; i++) {
        let u = z[cells(b) + i];
        let gate = u + gates[i];
        if (gate > 0.0) {
            side_latents[b * n_latent + open] = i;
            open++;
            z[side_cells(b) + i] = gate;
            atomicOr(&mask[mask_start(now.slot, 1u, i) + b / 32u], bit);
            let magnitude = exp(gates[8u * latent4 + i]) * u + gates[4u * latent4 + i];
            if (magnitude > 0.0) {
                active_latents[b * n_latent + found] = i;
                found++;
                z[cells(b) + i] = magnitude;
                atomicOr(&mask[mask_start(now.slot, 0u, i) + b / 32u], bit);
            }
        }
    }
    count[b] = found;
    side_count[b] = open;
}
