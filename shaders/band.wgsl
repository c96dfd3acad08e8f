// band: gradient of JumpReLU's θ through a rectangle of width ε: −(θ df + λ₀/B)/ε, summed over the samples with
// |z − θ| < ε/2, df = ∂loss/∂f on both sides of the step (Rajamanoharan et al. 2024b).
//
// One workgroup owns one latent; its lanes share the rows.
// Shapes: z, dz [2 step_rows, 4 latent4] (first plane), theta [n_latent], decoder [n_latent, target4], residual as in
// `shared.wgsl`, decoder_norms [n_latent] (read if penalties are by norm), control [1], gradient (θ's from
// 4 gradient_at on).

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> dz: array<f32>;
@group(0) @binding(3) var<storage, read> theta: array<f32>;
@group(0) @binding(4) var<storage, read> decoder: array<vec4f>;
@group(0) @binding(5) var<storage, read> residual: array<vec4f>;
@group(0) @binding(6) var<storage, read> decoder_norms: array<f32>;
@group(0) @binding(7) var<storage, read> control: Control;
@group(0) @binding(8) var<storage, read_write> gradient: array<f32>;

var<workgroup> partial: array<f32, GROUP>;

@compute @workgroup_size(GROUP)
fn band(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    // More latents than one dimension has workgroups go on in the second; the last ones are done again.
    let latent = min(group.y * groups.x + group.x, n_latent - 1u);
    let hyper = now.hyper;
    let step_at = theta[latent];
    var norm = 1.0;
    if (hyper.by_norm == 1u) {
        norm = decoder_norms[latent];
    }
    let paid = control.multiplier * penalty_slope(hyper, 0.0, norm) * norm;
    var sum = 0.0;
    for (var b = lane; b < now.n_rows; b += GROUP) {
        let at = cells(b) + latent;
        let value = z[at];
        if (abs(value - step_at) < 0.5 * hyper.bandwidth) {
            var df = 0.0;
            if (value > max(step_at, 0.0)) {
                df = dz[at];
            } else {
                let row = pull_row(now.first_row, level_of(hyper, latent), b) * target4;
                for (var j = 0u; j < target4; j++) {
                    df += dot(decoder[latent * target4 + j], residual[row + j]);
                }
                df = (2.0 * df + paid) / f32(now.n_rows);
            }
            sum += step_at * df + control.multiplier * hyper.l0 / f32(now.n_rows);
        }
    }
    partial[lane] = sum;
    workgroupBarrier();
    if (lane == 0u) {
        var total = 0.0;
        for (var l = 0u; l < GROUP; l++) {
            total += partial[l];
        }
        gradient[4u * gradient_at + latent] = -total / hyper.bandwidth;
    }
}
