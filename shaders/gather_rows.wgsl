// gather_rows: rows of a data set by their indices.
//
// One thread owns one vec4 of one row: rows[b, j] = data[index[b], j].
// Shapes: index [n_rows], data [rows of the data set, width4], rows [n_rows, width4].
// Dispatched once for all rows of a submit.

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> data: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> rows: array<vec4f>;

@compute @workgroup_size(GROUP)
fn gather_rows(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = flat(group, groups, lane);
    let row = at / width4;
    if (row >= now.n_rows) {
        return;
    }
    rows[at] = data[index[row] * width4 + at % width4];
}
