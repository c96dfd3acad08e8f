// batch_find: where Batch Top-k's choice will be found: the latents of every row with keys above a guess.
//
// One thread owns one row. The guess is a little below what the step before kept last; whether enough is above it is
// for `batch_top_k` to see, so that it changes what a step costs and nothing else.
// Shapes: z [n_rows, latent4] (zero beyond the last latent), decoder_norms [latent4] (read if latents are ranked by
// z n), batch as in `batch_top_k`, active [n_rows, capacity] (ascending), count [n_rows].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<vec4f>;
@group(0) @binding(2) var<storage, read> decoder_norms: array<vec4f>;
@group(0) @binding(3) var<storage, read> batch: Batch;
@group(0) @binding(4) var<storage, read_write> active_latents: array<u32>;
@group(0) @binding(5) var<storage, read_write> count: array<u32>;

@compute @workgroup_size(GROUP)
fn batch_find(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let b = flat(group, groups, lane);
    if (b >= now.n_rows) {
        return;
    }
    let guess = vec4f(batch.guess);
    let start = b * now.capacity;
    var found = 0u;
    for (var column = 0u; column < latent4; column++) {
        var keys = z[b * latent4 + column];
        if (rank_by_norm) {
            keys *= decoder_norms[column];
        }
        let above = keys > guess;
        if (any(above)) {
            for (var j = 0u; j < 4u; j++) {
                if (above[j]) {
                    active_latents[start + found] = 4u * column + j;
                    found++;
                }
            }
        }
    }
    count[b] = found;
}
