// spread: what AuxK's error is measured against, Σ_b ‖r_b − mean r‖², a vec4 of columns at a time.
//
// One workgroup owns one vec4 of columns; its lanes share the rows. The parts are summed by who reads them.
// Shapes: residual [.., target4] from first_row on, parts [target4 + 1] (the last is not touched).

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> residual: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;

var<workgroup> partial: array<vec4f, GROUP>;
var<workgroup> mean: vec4f;

@compute @workgroup_size(GROUP)
fn spread(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let column = group.x;
    var sum = vec4f();
    for (var b = lane; b < now.n_rows; b += GROUP) {
        sum += residual[(now.first_row + b) * target4 + column];
    }
    partial[lane] = sum;
    workgroupBarrier();
    if (lane == 0u) {
        mean = total() / f32(now.n_rows);
    }
    workgroupBarrier();
    let middle = mean;
    sum = vec4f();
    for (var b = lane; b < now.n_rows; b += GROUP) {
        let r = residual[(now.first_row + b) * target4 + column] - middle;
        sum += r * r;
    }
    partial[lane] = sum;
    workgroupBarrier();
    if (lane == 0u) {
        parts[column] = dot(total(), vec4f(1.0));
    }
}

fn total() -> vec4f {
    var sum = vec4f();
    for (var l = 0u; l < GROUP; l++) {
        sum += partial[l];
    }
    return sum;
}
