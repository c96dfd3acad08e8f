// top_k: the k largest positive latents of every row, for short rows and small k (`top_k_wide` does the others).
//
// One thread owns one row and takes four latents a pass, kept sorted in registers: no barriers, and no array that a
// GPU would put in memory. A pass considers only what comes after the last latent taken, by value, then by number, so
// of equal values the lower latent wins. Written as by `relu`, but largest first; or, where levels are of latents,
// ascending. Where levels are of ranks, each has its mask (but `levels` sees to it if latents are ranked by norm).
// Shapes: z [n_rows, latent4] (zero beyond the last latent), decoder_norms [latent4] (read if latents are ranked by
// z n), active [n_rows, capacity], count [n_rows], mask [steps, n_masks, n_latent, mask_words].

/// Above every pre-activation that is finite.
const LARGEST: f32 = 3.4e38;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<vec4f>;
@group(0) @binding(2) var<storage, read> decoder_norms: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> active_latents: array<u32>;
@group(0) @binding(4) var<storage, read_write> count: array<u32>;
@group(0) @binding(5) var<storage, read_write> mask: array<atomic<u32>>;

/// The best of this pass, largest first (0 where there is none), and their latents.
var<private> best: vec4f;
var<private> latents: vec4u;
/// The last that was taken in the pass before.
var<private> last_value: f32;
var<private> last_latent: u32;

@compute @workgroup_size(GROUP)
fn top_k(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let b = flat(group, groups, lane);
    if (b >= now.n_rows) {
        return;
    }
    let k = u32(now.hyper.k);
    last_value = LARGEST;
    last_latent = 0u;
    var found = 0u;
    while (found < k) {
        best = vec4f();
        latents = vec4u();
        for (var column = 0u; column < latent4; column++) {
            var four = z[b * latent4 + column];
            if (rank_by_norm) {
                four *= decoder_norms[column];
            }
            if (any(four > vec4f(best.w))) {
                consider(four.x, 4u * column);
                consider(four.y, 4u * column + 1u);
                consider(four.z, 4u * column + 2u);
                consider(four.w, 4u * column + 3u);
            }
        }
        let taken = min(k - found, positive(best));
        if (taken > 0u) { take(b, found, latents.x); }
        if (taken > 1u) { take(b, found + 1u, latents.y); }
        if (taken > 2u) { take(b, found + 2u, latents.z); }
        if (taken > 3u) { take(b, found + 3u, latents.w); }
        found += taken;
        if (taken < 4u) {
            break;
        }
        last_value = best.w;
        last_latent = latents.w;
    }
    count[b] = found;
}

/// Moves a value to its place among the best, after its equals; nothing moves if it is too small or was taken before.
fn consider(value: f32, latent: u32) {
    let is_new = value < last_value || (value == last_value && latent > last_latent);
    let passes = (vec4f(value) > best) & vec4<bool>(is_new);
    // What passes its left neighbour, too, makes room for it there.
    let moves = vec4<bool>(false, passes.xyz);
    best = select(best, select(vec4f(value), vec4f(value, best.xyz), moves), passes);
    latents = select(latents, select(vec4u(latent), vec4u(latent, latents.xyz), moves), passes);
}

fn positive(values: vec4f) -> u32 {
    return dot(select(vec4u(), vec4u(1u), values > vec4f()), vec4u(1u));
}

fn take(b: u32, place: u32, latent: u32) {
    let start = b * now.capacity;
    var to = start + place;
    if (n_levels > 1u && !by_rank) {
        while (to > start && active_latents[to - 1u] > latent) {
            active_latents[to] = active_latents[to - 1u];
            to--;
        }
    }
    active_latents[to] = latent;
    var which = 0u;
    if (by_rank) {
        if (rank_by_norm) {
            return;
        }
        which = level_of(now.hyper, place);
    }
    atomicOr(&mask[mask_start(now.slot, which, latent) + b / 32u], 1u << (b % 32u));
}
