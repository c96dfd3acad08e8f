// batch_find: where Batch Top-k's choice will be found: in every row the latents with keys above the lower end of the
// band around what the step before kept last, and of all rows together the keys that lie in the band.
//
// One thread owns one row. Whether the cut is in the band is for `batch_top_k` to see, so that the band changes what a
// step costs and nothing else.
// Shapes: z [n_rows, latent4] (zero beyond the last latent), decoder_norms [latent4] (read if latents are ranked by
// z n), batch [1] (with words [step_rows + room]), active [n_rows, capacity] (ascending), count [n_rows].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<vec4f>;
@group(0) @binding(2) var<storage, read> decoder_norms: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> batch: Batch;
@group(0) @binding(4) var<storage, read_write> active_latents: array<u32>;
@group(0) @binding(5) var<storage, read_write> count: array<u32>;

var<private> found: u32;
var<private> n_above: u32;

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
    let ends = band_around(batch.last);
    let least = vec4f(ends.x);
    // First a bit a latent, then the few bits: lanes whose rows fire elsewhere would wait for one another at every cell.
    for (var from4 = 0u; from4 < latent4; from4 += 8u) {
        var bits = 0u;
        for (var column = from4; column < min(from4 + 8u, latent4); column++) {
            let above = keys_of(b, column) > least;
            bits |= dot(select(vec4u(), vec4u(1u, 2u, 4u, 8u), above), vec4u(1u)) << (4u * (column - from4));
        }
        while (bits != 0u) {
            let place = firstTrailingBit(bits);
            bits &= bits - 1u;
            list(b, 4u * from4 + place, keys_of(b, from4 + place / 4u)[place % 4u], ends.y);
        }
    }
    count[b] = found;
    if (n_above > 0u) {
        atomicAdd(&batch.n_above, n_above);
    }
}

fn keys_of(b: u32, column: u32) -> vec4f {
    var keys = z[b * latent4 + column];
    if (rank_by_norm) {
        keys *= decoder_norms[column];
    }
    return keys;
}

fn list(b: u32, latent: u32, key: f32, end: f32) {
    active_latents[b * now.capacity + found] = latent;
    found++;
    if (key > end) {
        n_above++;
        return;
    }
    let place = step_rows + atomicAdd(&batch.n_band, 1u);
    if (place < arrayLength(&batch.words)) {
        batch.words[place] = bitcast<u32>(key);
    }
}
