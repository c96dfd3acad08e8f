// tally: on how many samples every latent fired, and how many samples have passed since.
//
// One thread owns one latent and goes through all steps of a submit; dispatched once a submit, or, where it matters to
// the next step who is dead, once a step.
// Shapes: steps [.. slot + n_steps], mask [steps, n_masks, n_latent, mask_words], since_fired (saturating) and
// fire_count (wrapping) [n_latent].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> steps: array<Slot>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> since_fired: array<u32>;
@group(0) @binding(4) var<storage, read_write> fire_count: array<u32>;

@compute @workgroup_size(GROUP)
fn tally(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let latent = flat(group, groups, lane);
    if (latent >= n_latent) {
        return;
    }
    var since = since_fired[latent];
    var total = fire_count[latent];
    for (var slot = now.slot; slot < now.slot + now.n_steps; slot++) {
        let n_rows = steps[slot].step.n_rows;
        var fired = 0u;
        for (var which = 0u; which < n_fire_masks(); which++) {
            let start = mask_start(slot, which, latent);
            for (var word = 0u; word < (n_rows + 31u) / 32u; word++) {
                fired += countOneBits(mask[start + word]);
            }
        }
        total += fired;
        // Saturates: what is left to the largest number is its complement.
        since = select(since + min(n_rows, ~since), 0u, fired > 0u);
    }
    since_fired[latent] = since;
    fire_count[latent] = total;
}
