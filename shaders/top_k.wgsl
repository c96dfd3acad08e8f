// top_k: the k largest positive latents of every row, for short rows and small k (`top_k_wide` does the others).
//
// One thread owns one row and keeps the best so far in a sorted list of its own: no barriers, about k ln(n/k)
// insertions. Of equal values the lower latent wins, as it comes first. Written as by `relu`, largest first.
// Shapes: z [n_rows, 4 latent4], active [n_rows, capacity], count [n_rows], mask [steps, n_latent, mask_words].

/// Largest k: two registers an entry.
const TOP_K_MOST: u32 = 32u;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> active_latents: array<u32>;
@group(0) @binding(3) var<storage, read_write> count: array<u32>;
@group(0) @binding(4) var<storage, read_write> mask: array<atomic<u32>>;

@compute @workgroup_size(GROUP)
fn top_k(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let b = flat(group, groups, lane);
    if (b >= now.n_rows) {
        return;
    }
    let k = min(now.hyper.k, TOP_K_MOST);
    var values: array<f32, TOP_K_MOST>;
    var latents: array<u32, TOP_K_MOST>;
    var found = 0u;
    // What a value must exceed to enter: 0, then the k-th best.
    var least = 0.0;
    for (var i = 0u; i < n_latent; i++) {
        let value = z[b * 4u * latent4 + i];
        if (value > least) {
            var at = min(found, k - 1u);
            while (at > 0u) {
                if (values[at - 1u] >= value) {
                    break;
                }
                values[at] = values[at - 1u];
                latents[at] = latents[at - 1u];
                at--;
            }
            values[at] = value;
            latents[at] = i;
            found = min(found + 1u, k);
            if (found == k) {
                least = values[k - 1u];
            }
        }
    }
    let bit = 1u << (b % 32u);
    for (var s = 0u; s < found; s++) {
        active_latents[b * now.capacity + s] = latents[s];
        atomicOr(&mask[mask_start(now.slot, latents[s]) + b / 32u], bit);
    }
    count[b] = found;
}
