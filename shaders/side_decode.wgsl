// side_decode: the second reconstruction from its own latents, s = Σ_i a_i w_D^i + r (AuxK), + b_dec − x_r (gates).
//
// One thread owns one vec4 of one row. The row pays α ‖s‖² (α = 1 for gates) and pulls at its latents with α s. Of
// ghost gradients only the sum is stored: `side_weigh` goes on from there.
// Shapes: z [2 step_rows, 4 latent4] (second plane), side_latents [n_rows, n_latent], side_count [n_rows], decoder
// [n_latent, target4], residual as in `shared.wgsl`, b_dec [target4], targets [.., target4] from first_row on, spread
// [target4 + 1].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> side_latents: array<u32>;
@group(0) @binding(3) var<storage, read> side_count: array<u32>;
@group(0) @binding(4) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> residual: array<vec4f>;
@group(0) @binding(6) var<storage, read> b_dec: array<vec4f>;
@group(0) @binding(7) var<storage, read> targets: array<vec4f>;
@group(0) @binding(8) var<storage, read> spread: array<f32>;

@compute @workgroup_size(GROUP)
fn side_decode(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    let b = at / target4;
    if (b >= now.n_rows) {
        return;
    }
    // Nobody is dead: there is no second reconstruction.
    if (side != GATES && spread[target4] == 0.0) {
        return;
    }
    let column = at % target4;
    var sum = vec4f();
    let n_active = side_count[b];
    for (var s = 0u; s < n_active; s++) {
        let latent = side_latents[b * n_latent + s];
        sum += z[side_cells(b) + latent] * decoder[latent * target4 + column];
    }
    var weight = 1.0;
    if (side == GATES) {
        if (has_b_dec) {
            sum += b_dec[column];
        }
        sum -= targets[now.first_row * target4 + at];
    } else if (side == AUX_K) {
        sum += residual[now.first_row * target4 + at];
        weight = now.hyper.aux;
        if (now.hyper.aux_normalised == 1u) {
            var total = 0.0;
            for (var j = 0u; j < target4; j++) {
                total += spread[j];
            }
            weight = select(0.0, weight * f32(now.n_rows) / max(total, TINY), total > TINY);
        }
    }
    residual[side_row(b) * target4 + column] = weight * sum;
    if (side != GHOST) {
        residual[extra_row(b) * target4 + column] += weight * sum * sum;
    }
}
