// update_skip: gradient Σ_b 2 pull_b x_bᵀ / B and Adam step of W_skip; the pull is that of the first level. A gradient to
// be clipped is stored where `mean` is bound.
//
// One thread owns 4 rows × one vec4 of W_skip.
// Shapes: residual as in `shared.wgsl`, inputs [.., input4] from first_row on, skip, mean, square [4 target4, input4].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> residual: array<vec4f>;
@group(0) @binding(2) var<storage, read> inputs: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> skip: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> square: array<vec4f>;

@compute @workgroup_size(GROUP)
fn update_skip(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    let row4 = at / input4;
    if (row4 >= target4) {
        return;
    }
    let column = at % input4;
    var g0 = vec4f();
    var g1 = vec4f();
    var g2 = vec4f();
    var g3 = vec4f();
    for (var b = 0u; b < now.n_rows; b++) {
        let r = residual[pull_row(now.first_row, 0u, b) * target4 + row4];
        let x = inputs[(now.first_row + b) * input4 + column];
        g0 += r.x * x;
        g1 += r.y * x;
        g2 += r.z * x;
        g3 += r.w * x;
    }
    step_part(4u * row4 * input4 + column, g0);
    step_part((4u * row4 + 1u) * input4 + column, g1);
    step_part((4u * row4 + 2u) * input4 + column, g2);
    step_part((4u * row4 + 3u) * input4 + column, g3);
}

fn step_part(at: u32, sum: vec4f) {
    let hyper = now.hyper;
    let g = 2.0 / f32(now.n_rows) * sum;
    if (clips) {
        mean[gradient_at + at] = g;
        return;
    }
    let m = hyper.beta1 * mean[at] + (1.0 - hyper.beta1) * g;
    let v = hyper.beta2 * square[at] + (1.0 - hyper.beta2) * g * g;
    mean[at] = m;
    square[at] = v;
    skip[at] -= adam_move(hyper, m, v);
}
