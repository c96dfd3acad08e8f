// aux_k: the k_aux dead latents of every row with the largest z (Gao et al. 2024); of equals the lower.
//
// One thread owns one row; a workgroup first notes who is dead, a bit a latent. Bits, turned so that they order as
// floats do, are searched for the least that is taken: four guesses a pass, so that an interval shrinks to a fifth,
// until as many are above as are wanted. Who is dead is as it was when the step began.
// The first target4 workgroups measure a vec4 of columns instead: what the error is weighed by (`measure_spread`).
// Shapes: z [2 step_rows, 4 latent4] (read from the first plane, written to the second), since_fired [n_latent],
// side_latents [n_rows, n_latent] (ascending), side_count [n_rows], mask [steps, n_masks, n_latent, mask_words], residual
// as in `shared.wgsl`, spread [target4 + 1] (a part a vec4 of columns, and 1 if anyone is dead).

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@group(0) @binding(2) var<storage, read> since_fired: array<u32>;
@group(0) @binding(3) var<storage, read_write> side_latents: array<u32>;
@group(0) @binding(4) var<storage, read_write> side_count: array<u32>;
@group(0) @binding(5) var<storage, read_write> mask: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read> residual: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> spread: array<f32>;

/// Bit i of word w: latent 32 w + i is dead. Room for the largest model.
var<workgroup> dead: array<u32, 2048>;

@compute @workgroup_size(GROUP)
fn aux_k(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let place = group.y * groups.x + group.x;
    if (place < target4) {
        measure_spread(place, lane);
        return;
    }
    let words = (n_latent + 31u) / 32u;
    for (var word = lane; word < words; word += GROUP) {
        var bits = 0u;
        for (var i = 32u * word; i < min(32u * word + 32u, n_latent); i++) {
            bits |= u32(since_fired[i] >= now.hyper.dead_after) << (i % 32u);
        }
        dead[word] = bits;
    }
    workgroupBarrier();
    let b = (place - target4) * GROUP + lane;
    if (b >= now.n_rows) {
        return;
    }
    let wanted = now.hyper.aux_latents;
    // Keys from `least` to below `beyond` may be the last that is taken; `above` are `beyond` or more.
    var n_dead = 0u;
    var least = ~0u;
    var beyond = 0u;
    for (var word = 0u; word < words; word++) {
        var bits = dead[word];
        while (bits != 0u) {
            let key = ordered(z[cells(b) + 32u * word + firstTrailingBit(bits)]);
            bits &= bits - 1u;
            n_dead++;
            least = min(least, key);
            beyond = max(beyond, key);
        }
    }
    // All keys are below the largest number, so this does not overflow.
    beyond++;
    var above = 0u;
    // Taken are all keys of `cut` or more, but only `equals` of those that are `cut` itself.
    var cut = 0u;
    var equals = ~0u;
    if (n_dead > wanted) {
        loop {
            let size = beyond - least;
            if (size == 1u) {
                cut = least;
                equals = wanted - above;
                break;
            }
            let part = max(size / 5u, 1u);
            let guess = least + min(vec4u(1u, 2u, 3u, 4u) * part, vec4u(size - 1u));
            var counts = vec4u();
            for (var word = 0u; word < words; word++) {
                var bits = dead[word];
                while (bits != 0u) {
                    let key = ordered(z[cells(b) + 32u * word + firstTrailingBit(bits)]);
                    bits &= bits - 1u;
                    counts += select(vec4u(), vec4u(1u), vec4u(key) >= guess);
                }
            }
            let exact = counts == vec4u(wanted);
            if (any(exact)) {
                cut = select(select(select(guess.w, guess.z, exact.z), guess.y, exact.y), guess.x, exact.x);
                break;
            }
            // Guesses rise and counts fall: the cut is at the last guess that has enough, or after it.
            let enough = counts > vec4u(wanted);
            least = select(least, guess.x, enough.x);
            least = select(least, guess.y, enough.y);
            least = select(least, guess.z, enough.z);
            least = select(least, guess.w, enough.w);
            if (!enough.x) {
                beyond = guess.x;
                above = counts.x;
            } else if (!enough.y) {
                beyond = guess.y;
                above = counts.y;
            } else if (!enough.z) {
                beyond = guess.z;
                above = counts.z;
            } else if (!enough.w) {
                beyond = guess.w;
                above = counts.w;
            }
        }
    }
    let bit = 1u << (b % 32u);
    var found = 0u;
    for (var word = 0u; word < words; word++) {
        var bits = dead[word];
        while (bits != 0u) {
            let i = 32u * word + firstTrailingBit(bits);
            bits &= bits - 1u;
            let value = z[cells(b) + i];
            let key = ordered(value);
            let is_equal = key == cut;
            if (key < cut || (is_equal && equals == 0u)) {
                continue;
            }
            equals -= u32(is_equal);
            if (now.hyper.aux_relu == 0u || value > 0.0) {
                side_latents[b * n_latent + found] = i;
                found++;
                z[side_cells(b) + i] = value;
                atomicOr(&mask[mask_start(now.slot, n_fire_masks(), i) + b / 32u], bit);
            }
        }
    }
    side_count[b] = found;
    if (b == 0u) {
        spread[target4] = f32(min(n_dead, 1u));
    }
}

/// Bits that order as the floats do.
fn ordered(value: f32) -> u32 {
    let bits = bitcast<u32>(value);
    return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

var<workgroup> partial: array<vec4f, GROUP>;

/// Σ_b ‖r_b − mean r‖² of one vec4 of columns; the lanes share the rows.
fn measure_spread(column: u32, lane: u32) {
    var sum = vec4f();
    for (var b = lane; b < now.n_rows; b += GROUP) {
        sum += residual[(now.first_row + b) * target4 + column];
    }
    let middle = total(sum, lane) / f32(now.n_rows);
    sum = vec4f();
    for (var b = lane; b < now.n_rows; b += GROUP) {
        let r = residual[(now.first_row + b) * target4 + column] - middle;
        sum += r * r;
    }
    let all = total(sum, lane);
    if (lane == 0u) {
        spread[column] = dot(all, vec4f(1.0));
    }
}

fn total(part: vec4f, lane: u32) -> vec4f {
    workgroupBarrier();
    partial[lane] = part;
    workgroupBarrier();
    var sum = vec4f();
    for (var l = 0u; l < GROUP; l++) {
        sum += partial[l];
    }
    return sum;
}
