// superpose: pre-activations of sparse samples from the latents' responses to single features,
// W_E x = Σ_d x_d (W_E w_p^d).
//
// One thread owns four latents of one row: z[b, i] = offset[i] + Σ_e value[e] response[feature[e], i].
// Shapes: row_start, feature, value as in `expand` (rows from first_row on), response [n_features, latent4],
// offset [latent4], z [n_rows, latent4].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> row_start: array<u32>;
@group(0) @binding(2) var<storage, read> feature: array<u32>;
@group(0) @binding(3) var<storage, read> value: array<f32>;
@group(0) @binding(4) var<storage, read> response: array<vec4f>;
@group(0) @binding(5) var<storage, read> offset: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> z: array<vec4f>;

@compute @workgroup_size(GROUP)
fn superpose(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    let b = at / latent4;
    if (b >= now.n_rows) {
        return;
    }
    let column = at % latent4;
    var sum = vec4f();
    if (with_offset) {
        sum = offset[column];
    }
    let end = row_start[now.first_row + b + 1u];
    for (var e = row_start[now.first_row + b]; e < end; e++) {
        sum += value[e] * response[feature[e] * latent4 + column];
    }
    z[at] = sum;
}
