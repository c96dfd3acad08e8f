// update_b_dec: Adam's step of the decoder's bias, whose gradient is Σ_b 2 pull / B − Σ_i (Σ_b dz_i) w_E^i, the second
// part if the input is shifted by it. The pull is that of the first level. A gradient to be clipped is stored where
// `mean` is bound.
//
// One workgroup owns one vec4 of the bias; its lanes share the rows, then the latents. The bias as it was is kept
// for the encoder's update.
// Shapes: residual as in `shared.wgsl`, dz_sum [n_latent], encoder [n_latent, target4] (before its
// update), b_dec, mean, square, b_dec_before [target4].

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> residual: array<vec4f>;
@group(0) @binding(2) var<storage, read> dz_sum: array<f32>;
@group(0) @binding(3) var<storage, read> encoder: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> b_dec: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> b_dec_before: array<vec4f>;

var<workgroup> partial: array<vec4f, GROUP>;

@compute @workgroup_size(GROUP)
fn update_b_dec(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let column = group.x;
    var sum = vec4f();
    for (var b = lane; b < now.n_rows; b += GROUP) {
        sum += residual[pull_row(now.first_row, 0u, b) * target4 + column];
    }
    sum *= 2.0 / f32(now.n_rows);
    if (shift_input) {
        for (var i = lane; i < n_latent; i += GROUP) {
            sum -= dz_sum[i] * encoder[i * target4 + column];
        }
    }
    partial[lane] = sum;
    workgroupBarrier();
    if (lane == 0u) {
        var g = vec4f();
        for (var l = 0u; l < GROUP; l++) {
            g += partial[l];
        }
        let hyper = now.hyper;
        let before = b_dec[column];
        b_dec_before[column] = before;
        if (clips) {
            mean[gradient_at + column] = g;
            return;
        }
        let m = hyper.beta1 * mean[column] + (1.0 - hyper.beta1) * g;
        let v = hyper.beta2 * square[column] + (1.0 - hyper.beta2) * g * g;
        mean[column] = m;
        square[column] = v;
        b_dec[column] = before - adam_move(hyper, m, v);
    }
}
