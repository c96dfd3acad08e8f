// side_weigh: ghost gradients' scales. The sum g of a row is scaled to half of the error's length, s = ‖r‖/2‖g‖, and
// the row pays w ‖s g + r‖² with w = ‖r‖²/‖s g + r‖²; both are constants to gradients (Jermyn & Templeton 2024).
//
// One thread owns one row: what it pulls at its latents with, w s (s g + r), takes the place of g.
// Shapes: residual as in `shared.wgsl`, spread [target4 + 1] (the last: whether anyone is dead).

/// Keeps the quotients finite.
const FLOOR: f32 = 1e-6;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read_write> residual: array<vec4f>;
@group(0) @binding(2) var<storage, read> spread: array<f32>;

@compute @workgroup_size(GROUP)
fn side_weigh(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let b = flat(group, groups, lane);
    if (b >= now.n_rows || spread[target4] == 0.0) {
        return;
    }
    let from_error = (now.first_row + b) * target4;
    let from_side = side_row(b) * target4;
    let from_extra = extra_row(b) * target4;
    var error = 0.0;
    var own = 0.0;
    for (var j = 0u; j < target4; j++) {
        let r = residual[from_error + j];
        let g = residual[from_side + j];
        error += dot(r, r);
        own += dot(g, g);
    }
    let scale = sqrt(error) / (2.0 * sqrt(own) + FLOOR);
    var far = 0.0;
    for (var j = 0u; j < target4; j++) {
        let s = scale * residual[from_side + j] + residual[from_error + j];
        far += dot(s, s);
    }
    let weight = error / (far + FLOOR);
    for (var j = 0u; j < target4; j++) {
        let s = scale * residual[from_side + j] + residual[from_error + j];
        residual[from_side + j] = weight * scale * s;
        residual[from_extra + j] += weight * s * s;
    }
}
