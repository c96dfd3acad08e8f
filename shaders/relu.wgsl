// relu: the latents with z > 0 of every row.
//
// One thread owns one row. Latents stay where they are (f = z wherever active); written are the row's active latents,
// ascending, their count, and the latents' row masks (by integer atomics, so their order does not matter).
// Shapes: z [n_rows, 4 latent4], active [n_rows, capacity], count [n_rows], mask [steps, n_masks, n_latent,
// mask_words].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> active_latents: array<u32>;
@group(0) @binding(3) var<storage, read_write> count: array<u32>;
@group(0) @binding(4) var<storage, read_write> mask: array<atomic<u32>>;

@compute @workgroup_size(GROUP)
fn relu(
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
    for (var i = 0u; i < n_latent; i++) {
        if (z[cells(b) + i] > 0.0) {
            active_latents[b * now.capacity + found] = i;
            found++;
            atomicOr(&mask[mask_start(now.slot, 0u, i) + b / 32u], bit);
        }
    }
    count[b] = found;
}
