// penalty: the L1 term of every row, λ Σ_i f_i (‖w_D^i‖ or 1). Does not run while λ = 0.
//
// One thread owns one row.
// Shapes: z [n_rows, 4 latent4], active [n_rows, capacity], count [n_rows], decoder_norms [n_latent] (read if the
// term is by norm), result [rows of a submit, from first_row on].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> active_latents: array<u32>;
@group(0) @binding(3) var<storage, read> count: array<u32>;
@group(0) @binding(4) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(5) var<storage, read_write> result: array<f32>;

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
    var sum = 0.0;
    let n_active = count[b];
    for (var s = 0u; s < n_active; s++) {
        let latent = active_latents[b * now.capacity + s];
        var norm = 1.0;
        if (now.hyper.by_norm == 1u) {
            norm = decoder_norms[latent];
        }
        sum += z[b * 4u * latent4 + latent] * norm;
    }
    result[now.first_row + b] = now.hyper.l1 * sum;
}
