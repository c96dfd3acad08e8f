// ghost: the dead latents of every row that do not fire, with exp(z) (Jermyn & Templeton 2024).
//
// One thread owns one row. Who is dead is as it was when the step began.
// Shapes: z [2 step_rows, 4 latent4] (read from the first plane, written to the second), since_fired [n_latent],
// side_latents [n_rows, n_latent], side_count [n_rows], mask [steps, n_masks, n_latent, mask_words], spread
// [target4 + 1] (the last is written: 1 if anyone is dead).

/// z is read no further than this: exp of it is large enough.
const CEILING: f32 = 10.0;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@group(0) @binding(2) var<storage, read> since_fired: array<u32>;
@group(0) @binding(3) var<storage, read_write> side_latents: array<u32>;
@group(0) @binding(4) var<storage, read_write> side_count: array<u32>;
@group(0) @binding(5) var<storage, read_write> mask: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read_write> spread: array<f32>;

@compute @workgroup_size(GROUP)
fn ghost(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let b = flat(group, groups, lane);
    if (b >= now.n_rows) {
        return;
    }
    let word = b / 32u;
    let bit = 1u << (b % 32u);
    var found = 0u;
    var any_dead = 0.0;
    for (var i = 0u; i < n_latent; i++) {
        if (since_fired[i] < now.hyper.dead_after) {
            continue;
        }
        any_dead = 1.0;
        var fired = 0u;
        for (var g = 0u; g < n_fire_masks(); g++) {
            fired |= atomicLoad(&mask[mask_start(now.slot, g, i) + word]);
        }
        if ((fired & bit) == 0u) {
            side_latents[b * n_latent + found] = i;
            found++;
            z[side_cells(b) + i] = exp(min(z[cells(b) + i], CEILING));
            atomicOr(&mask[mask_start(now.slot, n_fire_masks(), i) + word], bit);
        }
    }
    side_count[b] = found;
    if (b == 0u) {
        spread[target4] = any_dead;
    }
}
