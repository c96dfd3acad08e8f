// side_gates: what a gated model's open gates rebuild by themselves, s = Σ_i π_i w_D^i + b_dec − x_r. The row pays ‖s‖²
// and pulls at its gates with s.
//
// One thread owns one vec4 of one row.
// Shapes: z [2 step_rows, 4 latent4] (second plane), side_latents [n_rows, n_latent], side_count [n_rows], decoder
// [n_latent, target4], residual as in `shared.wgsl`, b_dec [target4], targets [.., target4] from first_row on.

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> side_latents: array<u32>;
@group(0) @binding(3) var<storage, read> side_count: array<u32>;
@group(0) @binding(4) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> residual: array<vec4f>;
@group(0) @binding(6) var<storage, read> b_dec: array<vec4f>;
@group(0) @binding(7) var<storage, read> targets: array<vec4f>;

@compute @workgroup_size(GROUP)
fn side_gates(
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
    var sum = -targets[now.first_row * target4 + at];
    if (has_b_dec) {
        sum += b_dec[column];
    }
    let n_open = side_count[b];
    for (var s = 0u; s < n_open; s++) {
        let latent = side_latents[b * n_latent + s];
        sum += z[side_cells(b) + latent] * decoder[latent * target4 + column];
    }
    residual[side_row(b) * target4 + column] = sum;
    residual[extra_row(b) * target4 + column] += sum * sum;
}
