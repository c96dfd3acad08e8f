// batch_take: the latents of every row that Batch Top-k keeps: those above what `batch_top_k` found, and the first of its
// equals, row by row; at inference those above the threshold, once there is one.
//
// One thread owns one row; what it keeps of its list moves to the front (or is found anew, where the list was no help).
// Written as by `relu`.
// Shapes: z [n_rows, 4 latent4], decoder_norms [n_latent] (read if latents are ranked by z n), batch as in
// `batch_top_k`, control [1], active [n_rows, capacity], count [n_rows], mask [steps, n_masks, n_latent, mask_words].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> batch: Batch;
@group(0) @binding(4) var<storage, read> control: Control;
@group(0) @binding(5) var<storage, read_write> active_latents: array<u32>;
@group(0) @binding(6) var<storage, read_write> count: array<u32>;
@group(0) @binding(7) var<storage, read_write> mask: array<atomic<u32>>;

@compute @workgroup_size(GROUP)
fn batch_take(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let b = flat(group, groups, lane);
    if (b >= now.n_rows) {
        return;
    }
    // Nobody reads the band now.
    if (b == 0u) {
        batch.last = batch.next_last;
        atomicStore(&batch.n_above, 0u);
        atomicStore(&batch.n_band, 0u);
    }
    // Taken are keys above the cut, and `equals` of those that are the cut itself.
    var cut = batch.cut;
    var equals = batch.equals;
    var by_list = batch.by_lists == 1u;
    if (now.training == 0u && control.threshold_seen > 0.0) {
        cut = bitcast<u32>(max(control.threshold, 0.0));
        equals = 0u;
        by_list = false;
    } else if (batch.counts_equals == 1u) {
        // Rows before this one have first choice.
        for (var before = 0u; before < b; before++) {
            equals -= min(equals, batch.words[before]);
        }
    }
    let start = b * now.capacity;
    let bit = 1u << (b % 32u);
    let n_keys = select(n_latent, count[b], by_list);
    var found = 0u;
    for (var s = 0u; s < n_keys; s++) {
        var latent = s;
        if (by_list) {
            latent = active_latents[start + s];
        }
        var value = z[cells(b) + latent];
        if (rank_by_norm) {
            value *= decoder_norms[latent];
        }
        if (value > 0.0) {
            let bits = bitcast<u32>(value);
            let is_equal = bits == cut;
            if (bits > cut || (is_equal && equals > 0u)) {
                equals -= u32(is_equal);
                active_latents[start + found] = latent;
                found++;
                atomicOr(&mask[mask_start(now.slot, 0u, latent) + b / 32u], bit);
            }
        }
    }
    count[b] = found;
}
