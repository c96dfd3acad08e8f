// backprop: gradients of the active pre-activations, dz_i = (2 ⟨w_D^i, pull⟩ + slope n_i) / B, the pull being that of the
// latent's level; or those of a gated model's open gates (`of_side`), dz_i = (2 ⟨w_D^i, pull⟩ + λ n_i) / B. (`side_dead`
// has its own.)
//
// One thread owns entries lane, lane + lanes, … of one row's list. dz stays undefined where a latent is not active.
// Shapes: active [n_rows, capacity], count [n_rows], decoder [n_latent, target4], residual as in `shared.wgsl`,
// decoder_norms [n_latent] (read if penalties are by norm), z and dz [2 step_rows, 4 latent4], control [1].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> active_latents: array<u32>;
@group(0) @binding(2) var<storage, read> count: array<u32>;
@group(0) @binding(3) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(6) var<storage, read> z: array<f32>;
@group(0) @binding(7) var<storage, read> control: Control;
@group(0) @binding(8) var<storage, read_write> dz: array<f32>;

@compute @workgroup_size(GROUP)
fn backprop(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    let b = at / lanes;
    if (b >= now.n_rows) {
        return;
    }
    let hyper = now.hyper;
    let capacity = select(now.capacity, n_latent, of_side);
    let n_active = count[b];
    for (var s = at % lanes; s < n_active; s += lanes) {
        let latent = active_latents[b * capacity + s];
        var row = 0u;
        if (of_side) {
            row = side_row(b);
        } else {
            row = pull_row(now.first_row, level_of(select(latent, s, by_rank)), b);
        }
        var product = 0.0;
        for (var j = 0u; j < target4; j++) {
            product += dot(decoder[latent * target4 + j], residual[row * target4 + j]);
        }
        product *= 2.0;
        var norm = 1.0;
        if (hyper.by_norm == 1u) {
            norm = decoder_norms[latent];
        }
        var cell = cells(b) + latent;
        if (of_side) {
            cell = side_cells(b) + latent;
            product += control.multiplier * hyper.l1 * norm;
        } else if (side != GATES) {
            product += control.multiplier * penalty_slope(hyper, z[cell], norm) * norm;
        }
        dz[cell] = product / f32(now.n_rows);
    }
}
