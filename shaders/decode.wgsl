// decode: residuals from the active latents, r = Σ_i f_i w_D^i + b_dec (+ W_skip x) − x_r.
//
// One thread owns one vec4 of one row. Latents are summed in the order of the row's list. Of a nested loss the list goes
// from level to level: r_g, of the latents up to level g, is there when the level ends. Then Σ_{g' ≥ g} w_g' r_g' is
// stored for every level, and Σ_g w_g r_g² − r², what the loss has beside the error.
// Shapes: z [n_rows, 4 latent4], active [n_rows, capacity], count [n_rows], decoder [n_latent, target4],
// b_dec [target4], targets [.., target4] from first_row on; skipped [n_rows, target4] (read if there is a skip);
// residual as in `shared.wgsl`.

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> active_latents: array<u32>;
@group(0) @binding(3) var<storage, read> count: array<u32>;
@group(0) @binding(4) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(5) var<storage, read> b_dec: array<vec4f>;
@group(0) @binding(6) var<storage, read> targets: array<vec4f>;
@group(0) @binding(7) var<storage, read> skipped: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> residual: array<vec4f>;

@compute @workgroup_size(GROUP)
fn decode(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    let b = at / target4;
    if (b >= now.n_rows) {
        return;
    }
    let column = at % target4;
    let to = now.first_row * target4 + at;
    var sum = vec4f();
    if (has_b_dec) {
        sum = b_dec[column];
    }
    if (has_skip) {
        sum += skipped[at];
    }
    if (n_levels > 1u) {
        sum -= targets[to];
    }
    let n_active = count[b];
    var extra = vec4f();
    var level = 0u;
    var end = level_end(now.hyper, 0u);
    for (var s = 0u; s < n_active; s++) {
        let latent = active_latents[b * now.capacity + s];
        if (n_levels > 1u) {
            while (select(latent, s, by_rank) >= end) {
                extra += end_level(level, b, column, sum);
                level++;
                end = level_end(now.hyper, level);
            }
        }
        sum += z[cells(b) + latent] * decoder[latent * target4 + column];
    }
    if (n_levels > 1u) {
        while (level < n_levels) {
            extra += end_level(level, b, column, sum);
            level++;
        }
        extra -= sum * sum;
        var pull = vec4f();
        for (var g = n_levels; g > 0u; g--) {
            let here = pull_row(0u, g - 1u, b) * target4 + column;
            pull += residual[here];
            residual[here] = pull;
        }
    } else {
        sum -= targets[to];
    }
    residual[to] = sum;
    if (has_extra()) {
        residual[extra_row(b) * target4 + column] = extra;
    }
}

/// Stores w_g r_g; answers w_g r_g².
fn end_level(level: u32, b: u32, column: u32, sum: vec4f) -> vec4f {
    let weighed = now.hyper.level_weights[level / 4u][level % 4u] * sum;
    residual[pull_row(0u, level, b) * target4 + column] = weighed;
    return weighed * sum;
}
