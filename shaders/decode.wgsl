// decode: residuals from the active latents, r = Σ_i f_i w_D^i + b_dec − x_r.
//
// One thread owns one vec4 of one row. Latents are summed in the order of the row's list.
// Shapes: z [n_rows, 4 latent4], active [n_rows, capacity], count [n_rows], decoder [n_latent, target4],
// b_dec [target4], and of a whole submit, from first_row on: targets and residual [.., target4].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> active_latents: array<u32>;
@group(0) @binding(3) var<storage, read> count: array<u32>;
@group(0) @binding(4) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(5) var<storage, read> b_dec: array<vec4f>;
@group(0) @binding(6) var<storage, read> targets: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> residual: array<vec4f>;

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
    var sum = vec4f();
    if (has_b_dec) {
        sum = b_dec[column];
    }
    let n_active = count[b];
    for (var s = 0u; s < n_active; s++) {
        let latent = active_latents[b * now.capacity + s];
        sum += z[b * 4u * latent4 + latent] * decoder[latent * target4 + column];
    }
    let to = now.first_row * target4 + at;
    residual[to] = sum - targets[to];
}
