// offset: what pre-activations get beside W_E x when the input is shifted, b_enc − W_E b_dec.
//
// One thread owns one latent. Without a shift the offset is b_enc itself and this kernel does not run.
// Shapes: encoder [n_latent, input4], b_enc and result [4 latent4], b_dec [target4] (of the input's size).

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> encoder: array<vec4f>;
@group(0) @binding(2) var<storage, read> b_enc: array<f32>;
@group(0) @binding(3) var<storage, read> b_dec: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(GROUP)
fn offset(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let latent = flat(group, groups, lane);
    if (latent >= n_latent) {
        return;
    }
    var sum = 0.0;
    for (var j = 0u; j < input4; j++) {
        sum -= dot(encoder[latent * input4 + j], b_dec[j]);
    }
    if (has_b_enc) {
        sum += b_enc[latent];
    }
    result[latent] = sum;
}
