// superpose: pre-activations of sparse samples from the latents' responses to single features,
// W_E x = Σ_d x_d (W_E w_p^d).
//
// One thread owns four vec4s of one row, a quarter of the row apart, so that it reads every entry once for all four:
// z[b, i] = offset[i] + Σ_e value[e] response[feature[e], i].
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
    let quarter = (latent4 + 3u) / 4u;
    let at = flat(group, groups, lane);
    let b = at / quarter;
    if (b >= now.n_rows) {
        return;
    }
    // Beyond the row's end the last vec4 is computed again, and not stored.
    let last = latent4 - 1u;
    let column0 = at % quarter;
    let column1 = column0 + quarter;
    let column2 = column1 + quarter;
    let column3 = column2 + quarter;
    var sum0 = vec4f();
    var sum1 = vec4f();
    var sum2 = vec4f();
    var sum3 = vec4f();
    let end = row_start[now.first_row + b + 1u];
    for (var e = row_start[now.first_row + b]; e < end; e++) {
        let x = value[e];
        let from_column = feature[e] * latent4;
        sum0 += x * response[from_column + column0];
        sum1 += x * response[from_column + min(column1, last)];
        sum2 += x * response[from_column + min(column2, last)];
        sum3 += x * response[from_column + min(column3, last)];
    }
    put(b, column0, sum0);
    put(b, column1, sum1);
    put(b, column2, sum2);
    put(b, column3, sum3);
}

fn put(b: u32, column: u32, sum: vec4f) {
    if (column < latent4) {
        var plus = vec4f();
        if (with_offset) {
            plus = offset[column];
        }
        z[b * latent4 + column] = sum + plus;
    }
}
