// expand: sparse samples to dense rows, x = W s.
//
// One thread owns one vec4 of one row: rows[b, j] = Σ_e value[e] directions[feature[e], j], e over the row's entries.
// Shapes: row_start [n_rows + 1], feature and value [entries], directions [n_features, width4], rows [n_rows, width4].
// Dispatched once for all rows of a submit.

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> row_start: array<u32>;
@group(0) @binding(2) var<storage, read> feature: array<u32>;
@group(0) @binding(3) var<storage, read> value: array<f32>;
@group(0) @binding(4) var<storage, read> directions: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> rows: array<vec4f>;

@compute @workgroup_size(GROUP)
fn expand(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    let row = at / width4;
    if (row >= now.n_rows) {
        return;
    }
    let column = at % width4;
    var sum = vec4f();
    let end = row_start[row + 1u];
    for (var e = row_start[row]; e < end; e++) {
        sum += value[e] * directions[feature[e] * width4 + column];
    }
    rows[at] = sum;
}
