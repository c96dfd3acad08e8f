// encode: the dense product z = X Wᵀ (+ offset), for pre-activations of dense rows, for the responses of latents to
// features (rows are directions), and for the scores of `match_features`. `encode_tiled` does the large ones.
//
// One thread owns 4 rows × 4 latents and reads memory itself: no barriers, which cost a software adapter more than
// the product. Neighbouring threads share the rows and walk the latents.
// Shapes: rows [.., width4] from first_row on, weights [n_latent, width4], offset [latent4], z [n_rows, latent4].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read> offset: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> z: array<vec4f>;

@compute @workgroup_size(GROUP)
fn encode(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    let b = 4u * (at / latent4);
    if (b >= now.n_rows) {
        return;
    }
    let column = at % latent4;
    // Rows and latents beyond the last are computed again from the last, and not stored (rows) or zeroed (latents).
    let last_row = now.n_rows - 1u;
    let row0 = (now.first_row + b) * width4;
    let row1 = (now.first_row + min(b + 1u, last_row)) * width4;
    let row2 = (now.first_row + min(b + 2u, last_row)) * width4;
    let row3 = (now.first_row + min(b + 3u, last_row)) * width4;
    let latents = 4u * vec4u(column) + vec4u(0u, 1u, 2u, 3u);
    let at_latent = min(latents, vec4u(n_latent - 1u)) * width4;
    var sum0 = vec4f();
    var sum1 = vec4f();
    var sum2 = vec4f();
    var sum3 = vec4f();
    for (var j = 0u; j < width4; j++) {
        let x0 = rows[row0 + j];
        let x1 = rows[row1 + j];
        let x2 = rows[row2 + j];
        let x3 = rows[row3 + j];
        // Columns of the weights' 4 × 4 block: component d of four latents.
        let w = transpose(mat4x4f(
            weights[at_latent.x + j],
            weights[at_latent.y + j],
            weights[at_latent.z + j],
            weights[at_latent.w + j],
        ));
        sum0 += x0.x * w[0] + x0.y * w[1] + x0.z * w[2] + x0.w * w[3];
        sum1 += x1.x * w[0] + x1.y * w[1] + x1.z * w[2] + x1.w * w[3];
        sum2 += x2.x * w[0] + x2.y * w[1] + x2.z * w[2] + x2.w * w[3];
        sum3 += x3.x * w[0] + x3.y * w[1] + x3.z * w[2] + x3.w * w[3];
    }
    var plus = vec4f();
    if (with_offset) {
        plus = offset[column];
    }
    let is_latent = latents < vec4u(n_latent);
    put(b, column, select(vec4f(), sum0 + plus, is_latent));
    put(b + 1u, column, select(vec4f(), sum1 + plus, is_latent));
    put(b + 2u, column, select(vec4f(), sum2 + plus, is_latent));
    put(b + 3u, column, select(vec4f(), sum3 + plus, is_latent));
}

fn put(b: u32, column: u32, value: vec4f) {
    if (b < now.n_rows) {
        z[b * latent4 + column] = value;
    }
}
