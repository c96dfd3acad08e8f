// adam: Adam's step of weights whose gradient is in memory, scaled by what clipping found (1 without).
//
// One thread owns one vec4. θ stays at 0 or above.
// Shapes: weights, mean, square [width4], gradient (the weights' from gradient_at on), scale [1].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(4) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(5) var<storage, read> scale: array<f32>;

@compute @workgroup_size(GROUP)
fn adam(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    if (at >= width4) {
        return;
    }
    let hyper = now.hyper;
    let g = scale[0] * gradient[gradient_at + at];
    let m = hyper.beta1 * mean[at] + (1.0 - hyper.beta1) * g;
    let v = hyper.beta2 * square[at] + (1.0 - hyper.beta2) * g * g;
    mean[at] = m;
    square[at] = v;
    var w = weights[at] - adam_move(hyper, m, v);
    if (of_theta) {
        w = max(w, vec4f());
    }
    weights[at] = w;
}
