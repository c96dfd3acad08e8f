// top_k_wide: the k largest positive latents of every row, for long rows or large k.
//
// One workgroup owns one row. Bits of positive floats order as the floats do, so four rounds of an 8-bit radix select
// find the k-th largest value and how many of its equals are wanted. Then every thread takes what it wants from its
// own stretch of the row, at places that a prefix sum gives: ascending latents, lower ones first among equals. Masks
// are set here unless levels are of ranks: then `levels` sees to it.
// Shapes: z [n_rows, 4 latent4], decoder_norms [n_latent] (read if latents are ranked by z n), active
// [n_rows, capacity], count [n_rows], mask [steps, n_masks, n_latent, mask_words].

const WIDE_GROUP: u32 = 256u;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> active_latents: array<u32>;
@group(0) @binding(4) var<storage, read_write> count: array<u32>;
@group(0) @binding(5) var<storage, read_write> mask: array<atomic<u32>>;

/// How many candidates have each value of the digit.
var<workgroup> histogram: array<atomic<u32>, 256>;
/// The digits found so far, and how many candidates with exactly these are still wanted.
var<workgroup> prefix: u32;
var<workgroup> wanted: u32;
/// Values above the threshold, and equal to it, before each thread's stretch.
var<workgroup> above_before: array<u32, 256>;
var<workgroup> equal_before: array<u32, 256>;

@compute @workgroup_size(WIDE_GROUP)
fn top_k_wide(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let b = group.x;
    let start = cells(b);
    if (lane == 0u) {
        prefix = 0u;
        wanted = u32(now.hyper.k);
    }
    for (var round = 0u; round < 4u; round++) {
        let shift = 24u - 8u * round;
        atomicStore(&histogram[lane], 0u);
        workgroupBarrier();
        for (var i = lane; i < n_latent; i += WIDE_GROUP) {
            let bits = key(start, i);
            // Higher digits must agree with those found (shifted in two parts: by 32 is not defined).
            if (bits > 0u && ((bits >> shift) >> 8u) == prefix) {
                atomicAdd(&histogram[(bits >> shift) & 255u], 1u);
            }
        }
        workgroupBarrier();
        if (lane == 0u) {
            var left = wanted;
            var digit = 255u;
            while (digit > 0u) {
                let here = atomicLoad(&histogram[digit]);
                if (here >= left) {
                    break;
                }
                left -= here;
                digit--;
            }
            prefix = (prefix << 8u) | digit;
            wanted = left;
        }
        workgroupBarrier();
    }
    // Fewer than k positive values: every digit is 0, so is the threshold, and every positive value is above it.
    let threshold = prefix;
    let equals = wanted;

    let stretch = (n_latent + WIDE_GROUP - 1u) / WIDE_GROUP;
    let from_latent = min(lane * stretch, n_latent);
    let to_latent = min(from_latent + stretch, n_latent);
    var above = 0u;
    var equal = 0u;
    for (var i = from_latent; i < to_latent; i++) {
        let bits = key(start, i);
        above += u32(bits > threshold);
        equal += u32(bits == threshold && bits > 0u);
    }
    above_before[lane] = above;
    equal_before[lane] = equal;
    workgroupBarrier();
    if (lane == 0u) {
        var above_sum = 0u;
        var equal_sum = 0u;
        for (var t = 0u; t < WIDE_GROUP; t++) {
            let a = above_before[t];
            let e = equal_before[t];
            above_before[t] = above_sum;
            equal_before[t] = equal_sum;
            above_sum += a;
            equal_sum += e;
        }
        count[b] = above_sum + min(equal_sum, equals);
    }
    workgroupBarrier();

    let bit = 1u << (b % 32u);
    var equal_rank = equal_before[lane];
    var to = b * now.capacity + above_before[lane] + min(equal_rank, equals);
    for (var i = from_latent; i < to_latent; i++) {
        let bits = key(start, i);
        let is_equal = bits == threshold && bits > 0u;
        if (bits > threshold || (is_equal && equal_rank < equals)) {
            active_latents[to] = i;
            to++;
            if (!by_rank) {
                atomicOr(&mask[mask_start(now.slot, 0u, i) + b / 32u], bit);
            }
        }
        equal_rank += u32(is_equal);
    }
}

/// Bits that order as positive values do; 0 for all others.
fn key(start: u32, latent: u32) -> u32 {
    var value = z[start + latent];
    if (rank_by_norm) {
        value *= decoder_norms[latent];
    }
    return select(0u, bitcast<u32>(value), value > 0.0);
}
