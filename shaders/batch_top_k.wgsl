// batch_top_k: the least of the ⌊k B⌋ largest positive keys of a whole batch, and how many of its equals are wanted.
//
// Bits of positive floats order as the floats do. Rounds 0 to 2 of a radix select, a dispatch each, count digits of 11,
// 10 and 10 bits; each first finds the digit of the round before, and round 3, which finds the last digit, counts equals
// a row if not all are wanted. One workgroup owns whole rows, about 16,384 cells, and adds its counts (integers, so
// their order does not matter) to those of all.
// Shapes: z [n_rows, 4 latent4], decoder_norms [n_latent] (read if latents are ranked by z n), batch_tally [steps, BATCH_EQUALS + step_rows]:
// per round its digits' counts, then per round from 1 on what it was given (higher digits, still wanted) and in place of
// round 0's whether equals were counted, then equals a row.

const WIDE_GROUP: u32 = 256u;
/// Cells of a workgroup, about.
const CELLS: u32 = 16384u;
const DIGITS: u32 = 2048u;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> batch_tally: array<atomic<u32>>;

var<workgroup> histogram: array<atomic<u32>, DIGITS>;
var<workgroup> partial: array<u32, WIDE_GROUP>;
var<workgroup> prefix: u32;
var<workgroup> wanted: u32;
var<workgroup> equal: u32;

@compute @workgroup_size(WIDE_GROUP)
fn batch_top_k(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let start = now.slot * (BATCH_EQUALS + step_rows);
    if (lane == 0u) {
        prefix = 0u;
        wanted = now.kept;
        equal = 0u;
    }
    workgroupBarrier();
    if (which_round > 0u) {
        find_digit(start, lane);
        if (group.x == 0u && lane == 0u) {
            atomicStore(&batch_tally[start + BATCH_GIVEN + 2u * which_round], prefix);
            atomicStore(&batch_tally[start + BATCH_GIVEN + 2u * which_round + 1u], wanted);
        }
    }
    let rows = max(CELLS / n_latent, 1u);
    let from_row = group.x * rows;
    let to_row = min(from_row + rows, now.n_rows);
    if (which_round == 3u) {
        let some_equals = equal > wanted && prefix > 0u;
        if (group.x == 0u && lane == 0u) {
            atomicStore(&batch_tally[start + BATCH_GIVEN], u32(some_equals));
        }
        if (some_equals) {
            for (var b = from_row; b < to_row; b++) {
                var found = 0u;
                for (var i = lane; i < n_latent; i += WIDE_GROUP) {
                    found += u32(key(b, i) == prefix);
                }
                if (found > 0u) {
                    atomicAdd(&batch_tally[start + BATCH_EQUALS + b], found);
                }
            }
        }
        return;
    }
    for (var digit = lane; digit < DIGITS; digit += WIDE_GROUP) {
        atomicStore(&histogram[digit], 0u);
    }
    workgroupBarrier();
    let shift = 20u - 10u * min(which_round, 2u);
    let width = select(10u, 11u, which_round == 0u);
    for (var b = from_row; b < to_row; b++) {
        for (var i = lane; i < n_latent; i += WIDE_GROUP) {
            let bits = key(b, i);
            if (bits > 0u && ((bits >> shift) >> width) == prefix) {
                atomicAdd(&histogram[(bits >> shift) & ((1u << width) - 1u)], 1u);
            }
        }
    }
    workgroupBarrier();
    for (var digit = lane; digit < (1u << width); digit += WIDE_GROUP) {
        let here = atomicLoad(&histogram[digit]);
        if (here > 0u) {
            atomicAdd(&batch_tally[start + which_round * DIGITS + digit], here);
        }
    }
}

/// From the counts of the round before: its digit goes to `prefix`; `wanted` and `equal` are those with this prefix.
fn find_digit(start: u32, lane: u32) {
    let before = max(which_round, 1u) - 1u;
    let from_counts = start + before * DIGITS;
    let width = select(10u, 11u, before == 0u);
    // A lane sums a stretch of digits.
    let stretch = (1u << width) / WIDE_GROUP;
    var sum = 0u;
    for (var d = 0u; d < stretch; d++) {
        sum += atomicLoad(&batch_tally[from_counts + lane * stretch + d]);
    }
    partial[lane] = sum;
    workgroupBarrier();
    if (lane == 0u) {
        var left = now.kept;
        if (before > 0u) {
            prefix = atomicLoad(&batch_tally[start + BATCH_GIVEN + 2u * before]);
            left = atomicLoad(&batch_tally[start + BATCH_GIVEN + 2u * before + 1u]);
        }
        var at = WIDE_GROUP - 1u;
        while (at > 0u && partial[at] < left) {
            left -= partial[at];
            at--;
        }
        var digit = (at + 1u) * stretch - 1u;
        var here = atomicLoad(&batch_tally[from_counts + digit]);
        while (digit > at * stretch && here < left) {
            left -= here;
            digit--;
            here = atomicLoad(&batch_tally[from_counts + digit]);
        }
        prefix = (prefix << width) | digit;
        wanted = left;
        equal = here;
    }
    workgroupBarrier();
}

/// Bits that order as positive keys do; 0 for all others.
fn key(b: u32, latent: u32) -> u32 {
    var value = z[cells(b) + latent];
    if (rank_by_norm) {
        value *= decoder_norms[latent];
    }
    return select(0u, bitcast<u32>(value), value > 0.0);
}
