// side_dead: the second reconstruction by the dead: their sum, what the row pays for it, and their gradients.
//
// AuxK: s = Σ a_i w_D^i + r, the row pays α ‖s‖² and pulls at its latents with α s. Ghost gradients: the sum g is scaled
// to half of the error's length, s = g ‖r‖/2‖g‖, and the row pays w ‖s + r‖², w = ‖r‖²/‖s + r‖², both constants to
// gradients (Jermyn & Templeton 2024). Then dz_i = 2 ⟨w_D^i, pull⟩ a'_i / B with a' = a for ghost gradients' exp, else 1.
//
// `lanes` threads of one workgroup share the columns of a row, then its entries.
// Shapes: z, dz [2 step_rows, 4 latent4] (second plane), side_latents [n_rows, n_latent], side_count [n_rows], decoder
// [n_latent, target4], residual as in `shared.wgsl`, spread [target4 + 1] (`aux_k`), paid [rows of a submit] (added to).

/// Keeps the quotients finite.
const FLOOR: f32 = 1e-6;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> side_latents: array<u32>;
@group(0) @binding(3) var<storage, read> side_count: array<u32>;
@group(0) @binding(4) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> residual: array<vec4f>;
@group(0) @binding(6) var<storage, read> spread: array<f32>;
@group(0) @binding(7) var<storage, read_write> dz: array<f32>;
@group(0) @binding(8) var<storage, read_write> paid: array<f32>;

var<workgroup> partial: array<vec2f, GROUP>;

@compute @workgroup_size(GROUP)
fn side_dead(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    // Nobody is dead: there is no second reconstruction.
    if (spread[target4] == 0.0) {
        return;
    }
    let own = lane % lanes;
    let b = flat(group, groups, lane) / lanes;
    let in_range = b < now.n_rows;
    let from_error = (now.first_row + b) * target4;
    let from_side = side_row(b) * target4;
    let from_list = b * n_latent;
    var n_active = 0u;
    if (in_range) {
        n_active = side_count[b];
    }

    // Squared lengths of the error and of the sum.
    var lengths = vec2f();
    if (in_range) {
        for (var column = own; column < target4; column += lanes) {
            var sum = vec4f();
            for (var s = 0u; s < n_active; s++) {
                let latent = side_latents[from_list + s];
                sum += z[side_cells(b) + latent] * decoder[latent * target4 + column];
            }
            let r = residual[from_error + column];
            if (side == AUX_K) {
                sum += r;
            }
            residual[from_side + column] = sum;
            lengths += vec2f(dot(r, r), dot(sum, sum));
        }
    }
    let whole = row_sum(lengths, lane);

    var weight = now.hyper.aux;
    var scale = 1.0;
    var far = whole.y;
    if (side == GHOST) {
        scale = sqrt(whole.x) / (2.0 * sqrt(whole.y) + FLOOR);
        var length = 0.0;
        if (in_range) {
            for (var column = own; column < target4; column += lanes) {
                let s = scale * residual[from_side + column] + residual[from_error + column];
                residual[from_side + column] = s;
                length += dot(s, s);
            }
        }
        far = row_sum(vec2f(length), lane).x;
        weight = whole.x / (far + FLOOR);
    } else if (now.hyper.aux_normalised == 1u) {
        var total = 0.0;
        for (var j = 0u; j < target4; j++) {
            total += spread[j];
        }
        weight = select(0.0, weight * f32(now.n_rows) / max(total, TINY), total > TINY);
    }
    if (in_range) {
        for (var column = own; column < target4; column += lanes) {
            residual[from_side + column] *= weight * scale;
        }
        if (own == 0u) {
            paid[now.first_row + b] += weight * far;
        }
    }
    storageBarrier();

    for (var s = own; s < n_active; s += lanes) {
        let latent = side_latents[from_list + s];
        var product = 0.0;
        for (var j = 0u; j < target4; j++) {
            product += dot(decoder[latent * target4 + j], residual[from_side + j]);
        }
        let cell = side_cells(b) + latent;
        dz[cell] = 2.0 * product * select(1.0, z[cell], side == GHOST) / f32(now.n_rows);
    }
}

/// The sum of what the threads of a row bring.
fn row_sum(part: vec2f, lane: u32) -> vec2f {
    workgroupBarrier();
    partial[lane] = part;
    workgroupBarrier();
    let first = lane - lane % lanes;
    var sum = vec2f();
    for (var l = first; l < first + lanes; l++) {
        sum += partial[l];
    }
    return sum;
}
