// levels: where levels are of ranks, puts the row's active latents in the order of f, largest first, of equals the lower
// latent, and sets their levels' masks. Runs where the selection has not done so.
//
// One workgroup owns one row; a lane finds the ranks of entries lane, lane + GROUP, …, by counting.
// Shapes: z [n_rows, 4 latent4], active and ordered [n_rows, capacity], count [n_rows], mask [steps, n_masks, n_latent,
// mask_words].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> active_latents: array<u32>;
@group(0) @binding(3) var<storage, read> count: array<u32>;
@group(0) @binding(4) var<storage, read_write> ordered: array<u32>;
@group(0) @binding(5) var<storage, read_write> mask: array<atomic<u32>>;

@compute @workgroup_size(GROUP)
fn levels(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let b = group.x;
    let start = b * now.capacity;
    let n_active = count[b];
    for (var s = lane; s < n_active; s += GROUP) {
        let latent = active_latents[start + s];
        let f = z[cells(b) + latent];
        var rank = 0u;
        for (var t = 0u; t < n_active; t++) {
            let other = active_latents[start + t];
            let value = z[cells(b) + other];
            rank += u32(value > f || (value == f && other < latent));
        }
        ordered[start + rank] = latent;
        let which = level_of(now.hyper, rank);
        atomicOr(&mask[mask_start(now.slot, which, latent) + b / 32u], 1u << (b % 32u));
    }
}
