// penalty: what every row pays beside its error: what levels and the second reconstruction left in `residual`, and
// Σ_i penalty(f_i, n_i) over the active latents, or λ Σ_i π_i n_i over a gated model's open gates. n_i is the norm of
// w_D^i or 1, λ includes the controller's multiplier. Runs where there is something to pay.
//
// One thread owns one row.
// Shapes: z [2 step_rows, 4 latent4], active [n_rows, capacity], count [n_rows] (of the gates: `of_side`),
// decoder_norms [n_latent] (read if penalties are by norm), residual as in `shared.wgsl`, control [1], result
// [rows of a submit, from first_row on].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> active_latents: array<u32>;
@group(0) @binding(3) var<storage, read> count: array<u32>;
@group(0) @binding(4) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<vec4f>;
@group(0) @binding(6) var<storage, read> control: Control;
@group(0) @binding(7) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(GROUP)
fn penalty(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let b = flat(group, groups, lane);
    if (b >= now.n_rows) {
        return;
    }
    let hyper = now.hyper;
    var sum = 0.0;
    if (hyper.l1 != 0.0 || hyper.l0 != 0.0 || hyper.tanh != 0.0) {
        let from_z = select(cells(b), side_cells(b), of_side);
        let n_active = count[b];
        for (var s = 0u; s < n_active; s++) {
            let latent = active_latents[b * now.capacity + s];
            var norm = 1.0;
            if (hyper.by_norm == 1u) {
                norm = decoder_norms[latent];
            }
            let f = z[from_z + latent];
            if (of_side) {
                sum += hyper.l1 * f * norm;
            } else {
                sum += penalty_value(hyper, f, norm);
            }
        }
    }
    sum *= control.multiplier;
    if (has_extra()) {
        for (var j = 0u; j < target4; j++) {
            sum += dot(residual[extra_row(b) * target4 + j], vec4f(1.0));
        }
    }
    result[now.first_row + b] = sum;
}
