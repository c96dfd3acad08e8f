// jump_relu: the latents with z > θ of every row, θ ≥ 0.
//
// One thread owns one row. Written as by `relu`.
// Shapes: z [n_rows, 4 latent4], theta [n_latent], active [n_rows, capacity], count [n_rows], mask [steps, n_masks,
// n_latent, mask_words].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> theta: array<f32>;
@group(0) @binding(3) var<storage, read_write> active_latents: array<u32>;
@group(0) @binding(4) var<storage, read_write> count: array<u32>;
@group(0) @binding(5) var<storage, read_write> mask: array<atomic<u32>>;

@compute @workgroup_size(GROUP)
fn jump_relu(
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
        if (z[cells(b) + i] > max(theta[i], 0.0)) {
            active_latents[b * now.capacity + found] = i;
            found++;
            atomicOr(&mask[mask_start(now.slot, 0u, i) + b / 32u], bit);
        }
    }
    count[b] = found;
}
