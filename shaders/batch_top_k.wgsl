// batch_top_k: the least of the ⌊k B⌋ largest positive keys of a whole batch, and how many of its equals are wanted;
// in training also the running mean of that least key, by which latents fire at inference.
//
// One workgroup owns the batch. Its lanes share the rows, of which they read what `batch_find` found; if that is too
// little, all cells. Bits of positive floats order as the floats do: four rounds of an 8-bit radix select. If not all
// equals are wanted, those of every row are counted.
// Shapes: z [n_rows, 4 latent4], decoder_norms [n_latent] (read if latents are ranked by z n), active
// [n_rows, capacity], count [n_rows], batch [1] (with equals [n_rows]), control [1].

const WIDE_GROUP: u32 = 256u;
/// Share of a new batch in the running mean of the threshold.
const THRESHOLD_RATE: f32 = 0.01;
/// How far below the last key kept the next step's are looked for.
const GUESS: f32 = 0.9;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(3) var<storage, read> active_latents: array<u32>;
@group(0) @binding(4) var<storage, read> count: array<u32>;
@group(0) @binding(5) var<storage, read_write> batch: Batch;
@group(0) @binding(6) var<storage, read_write> control: Control;

var<workgroup> histogram: array<atomic<u32>, 256>;
/// The digits found so far, how many keys with exactly these are still wanted, and how many there are.
var<workgroup> prefix: u32;
var<workgroup> wanted: u32;
var<workgroup> equal: u32;
var<workgroup> found: atomic<u32>;
/// Whether the lists are enough.
var<workgroup> by_lists: bool;

@compute @workgroup_size(WIDE_GROUP)
fn batch_top_k(@builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) {
        prefix = 0u;
        wanted = now.kept;
        equal = 0u;
        atomicStore(&found, 0u);
    }
    workgroupBarrier();
    var listed = 0u;
    for (var b = lane; b < now.n_rows; b += WIDE_GROUP) {
        listed += count[b];
    }
    atomicAdd(&found, listed);
    workgroupBarrier();
    if (lane == 0u) {
        by_lists = atomicLoad(&found) >= now.kept || batch.guess <= 0.0;
    }
    workgroupBarrier();
    for (var round = 0u; round < 4u; round++) {
        let shift = 24u - 8u * round;
        atomicStore(&histogram[lane], 0u);
        workgroupBarrier();
        for (var b = lane; b < now.n_rows; b += WIDE_GROUP) {
            let n_keys = keys_of(b);
            for (var s = 0u; s < n_keys; s++) {
                let bits = key(b, s);
                // Higher digits must agree with those found (shifted in two parts: by 32 is not defined).
                if (bits > 0u && ((bits >> shift) >> 8u) == prefix) {
                    atomicAdd(&histogram[(bits >> shift) & 255u], 1u);
                }
            }
        }
        workgroupBarrier();
        if (lane == 0u) {
            var left = wanted;
            var digit = 255u;
            var here = atomicLoad(&histogram[digit]);
            while (digit > 0u && here < left) {
                left -= here;
                digit--;
                here = atomicLoad(&histogram[digit]);
            }
            prefix = (prefix << 8u) | digit;
            wanted = left;
            equal = here;
        }
        workgroupBarrier();
    }
    let cut = prefix;
    // Fewer positive keys than wanted: every digit is 0, so is the cut, and every positive key is above it.
    let counts_equals = cut > 0u && equal > wanted;
    if (counts_equals) {
        for (var b = lane; b < now.n_rows; b += WIDE_GROUP) {
            let n_keys = keys_of(b);
            var equals = 0u;
            for (var s = 0u; s < n_keys; s++) {
                equals += u32(key(b, s) == cut);
            }
            batch.equals_of_row[b] = equals;
        }
    }
    if (lane == 0u) {
        batch.cut = cut;
        batch.equals = wanted;
        batch.counts_equals = u32(counts_equals);
        batch.by_lists = u32(by_lists);
        let smallest = bitcast<f32>(select(0u, cut, now.kept > 0u));
        batch.next_guess = GUESS * smallest;
        if (now.training == 1u) {
            let mean = control.threshold + THRESHOLD_RATE * (smallest - control.threshold);
            control.threshold = select(smallest, mean, control.threshold_seen > 0.0);
            control.threshold_seen = 1.0;
        }
    }
}

/// How many keys of a row are looked at.
fn keys_of(b: u32) -> u32 {
    return select(n_latent, count[b], by_lists);
}

/// Bits that order as positive keys do; 0 for all others.
fn key(b: u32, place: u32) -> u32 {
    var latent = place;
    if (by_lists) {
        latent = active_latents[b * now.capacity + place];
    }
    var value = z[cells(b) + latent];
    if (rank_by_norm) {
        value *= decoder_norms[latent];
    }
    return select(0u, bitcast<u32>(value), value > 0.0);
}
