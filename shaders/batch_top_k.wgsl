// batch_top_k: the least of the ⌊k B⌋ largest positive keys of a whole batch, and how many of its equals are wanted;
// in training also the running mean of that least key, by which latents fire at inference.
//
// One workgroup owns the batch. Its lanes share the keys in the band (`batch_find`) if the cut is among them, else all
// cells. Bits of positive floats order as the floats do: four rounds of an 8-bit radix select. If not all equals are
// wanted, those of every row are counted.
// Shapes: z [n_rows, 4 latent4], decoder_norms [4 latent4] (read if latents are ranked by z n), batch [1] (with words
// [step_rows + room]), control [1].

const WIDE_GROUP: u32 = 256u;
/// Share of a new batch in the running mean of the threshold.
const THRESHOLD_RATE: f32 = 0.01;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> batch: Batch;
@group(0) @binding(4) var<storage, read_write> control: Control;

/// One a round.
var<workgroup> histogram: array<atomic<u32>, 1024>;
/// The digits found so far, how many keys with exactly these are still wanted, and how many there are.
var<workgroup> prefix: u32;
var<workgroup> wanted: u32;
var<workgroup> equal: u32;
/// Whether the cut is in the band.
var<private> by_band: bool;

@compute @workgroup_size(WIDE_GROUP)
fn batch_top_k(@builtin(local_invocation_index) lane: u32) {
    let n_above = atomicLoad(&batch.n_above);
    let n_band = atomicLoad(&batch.n_band);
    let has_room = step_rows + n_band <= arrayLength(&batch.words);
    by_band = has_room && n_above < now.kept && now.kept <= n_above + n_band;
    let n_keys = select(4u * latent4 * now.n_rows, n_band, by_band);
    if (lane == 0u) {
        prefix = 0u;
        wanted = now.kept - select(0u, n_above, by_band);
        equal = 0u;
    }
    for (var round = 0u; round < 4u; round++) {
        atomicStore(&histogram[256u * round + lane], 0u);
    }
    workgroupBarrier();
    for (var round = 0u; round < 4u; round++) {
        let shift = 24u - 8u * round;
        let bins = 256u * round;
        for (var place = lane; place < n_keys; place += WIDE_GROUP) {
            let bits = key(place);
            // Higher digits must agree with those found (shifted in two parts: by 32 is not defined).
            if (bits > 0u && ((bits >> shift) >> 8u) == prefix) {
                atomicAdd(&histogram[bins + ((bits >> shift) & 255u)], 1u);
            }
        }
        workgroupBarrier();
        if (lane == 0u) {
            var left = wanted;
            var digit = 255u;
            var here = atomicLoad(&histogram[bins + digit]);
            while (digit > 0u && here < left) {
                left -= here;
                digit--;
                here = atomicLoad(&histogram[bins + digit]);
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
            var equals = 0u;
            for (var latent = 0u; latent < n_latent; latent++) {
                equals += u32(cell_key(cells(b) + latent) == cut);
            }
            batch.words[b] = equals;
        }
    }
    if (lane == 0u) {
        batch.cut = cut;
        batch.equals = wanted;
        batch.counts_equals = u32(counts_equals);
        let least = band_around(batch.last).x;
        batch.by_lists = u32(least <= 0.0 || cut > bitcast<u32>(least));
        let smallest = bitcast<f32>(select(0u, cut, now.kept > 0u));
        batch.next_last = smallest;
        if (now.training == 1u) {
            let mean = control.threshold + THRESHOLD_RATE * (smallest - control.threshold);
            control.threshold = select(smallest, mean, control.threshold_seen > 0.0);
            control.threshold_seen = 1.0;
        }
    }
}

/// Bits that order as positive keys do; 0 for all others.
fn key(place: u32) -> u32 {
    if (by_band) {
        return batch.words[step_rows + place];
    }
    return cell_key(place);
}

fn cell_key(cell: u32) -> u32 {
    var value = z[cell];
    if (rank_by_norm) {
        value *= decoder_norms[cell % (4u * latent4)];
    }
    return select(0u, bitcast<u32>(value), value > 0.0);
}
