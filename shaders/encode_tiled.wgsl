// encode_tiled: the product of `encode`, z = X Wᵀ (+ offset), where it is large.
//
// One workgroup owns a tile of 64 rows × 64 latents, one thread 8 rows × 4 latents of it. Tiles of X and W, 16 deep,
// go through workgroup memory, transposed so that an outer product a thread needs three vec4 loads for 32 products.
// Shapes: rows [.., width4] from first_row on, weights [n_latent, width4], offset [latent4], z [n_rows, latent4].

const TILED_GROUP: u32 = 128u;
const TILE: u32 = 64u;
/// Depth of a tile, and its vec4s.
const DEPTH: u32 = 16u;
const DEPTH4: u32 = 4u;
/// vec4s across a tile.
const ACROSS: u32 = 16u;

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read> rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read> offset: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> z: array<vec4f>;

/// [DEPTH, ACROSS]: element (d, q) is depth d of rows 4q..4q+4.
var<workgroup> row_tile: array<vec4f, 256>;
var<workgroup> weight_tile: array<vec4f, 256>;

@compute @workgroup_size(TILED_GROUP)
fn encode_tiled(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    // Half of the threads fetch X, half W: each four rows' vec4 of one depth, transposed.
    let quad = (lane % 64u) / DEPTH4;
    let part = lane % DEPTH4;
    let row0 = group.y * TILE + 4u * quad;
    let latent0 = group.x * TILE + 4u * quad;
    // Where this thread's results lie in the tile.
    let across = lane % ACROSS;
    let down = 2u * (lane / ACROSS);

    var sum0 = vec4f();
    var sum1 = vec4f();
    var sum2 = vec4f();
    var sum3 = vec4f();
    var sum4 = vec4f();
    var sum5 = vec4f();
    var sum6 = vec4f();
    var sum7 = vec4f();
    for (var start = 0u; start < width4; start += DEPTH4) {
        let at = start + part;
        let to = 4u * part * ACROSS + quad;
        if (lane < 64u) {
            let a = row(row0, at);
            let b = row(row0 + 1u, at);
            let c = row(row0 + 2u, at);
            let d = row(row0 + 3u, at);
            row_tile[to] = vec4f(a.x, b.x, c.x, d.x);
            row_tile[to + ACROSS] = vec4f(a.y, b.y, c.y, d.y);
            row_tile[to + 2u * ACROSS] = vec4f(a.z, b.z, c.z, d.z);
            row_tile[to + 3u * ACROSS] = vec4f(a.w, b.w, c.w, d.w);
        } else {
            let a = weight(latent0, at);
            let b = weight(latent0 + 1u, at);
            let c = weight(latent0 + 2u, at);
            let d = weight(latent0 + 3u, at);
            weight_tile[to] = vec4f(a.x, b.x, c.x, d.x);
            weight_tile[to + ACROSS] = vec4f(a.y, b.y, c.y, d.y);
            weight_tile[to + 2u * ACROSS] = vec4f(a.z, b.z, c.z, d.z);
            weight_tile[to + 3u * ACROSS] = vec4f(a.w, b.w, c.w, d.w);
        }
        workgroupBarrier();
        for (var d = 0u; d < DEPTH; d++) {
            let w = weight_tile[d * ACROSS + across];
            let low = row_tile[d * ACROSS + down];
            let high = row_tile[d * ACROSS + down + 1u];
            sum0 += low.x * w;
            sum1 += low.y * w;
            sum2 += low.z * w;
            sum3 += low.w * w;
            sum4 += high.x * w;
            sum5 += high.y * w;
            sum6 += high.z * w;
            sum7 += high.w * w;
        }
        workgroupBarrier();
    }

    let column = group.x * ACROSS + across;
    if (column >= latent4) {
        return;
    }
    var plus = vec4f();
    if (with_offset) {
        plus = offset[column];
    }
    let first = group.y * TILE + 4u * down;
    put(first, column, sum0 + plus);
    put(first + 1u, column, sum1 + plus);
    put(first + 2u, column, sum2 + plus);
    put(first + 3u, column, sum3 + plus);
    put(first + 4u, column, sum4 + plus);
    put(first + 5u, column, sum5 + plus);
    put(first + 6u, column, sum6 + plus);
    put(first + 7u, column, sum7 + plus);
}

fn row(b: u32, at: u32) -> vec4f {
    if (b < now.n_rows && at < width4) {
        return rows[(now.first_row + b) * width4 + at];
    }
    return vec4f();
}

fn weight(latent: u32, at: u32) -> vec4f {
    if (latent < n_latent && at < width4) {
        return weights[latent * width4 + at];
    }
    return vec4f();
}

fn put(b: u32, column: u32, value: vec4f) {
    if (b < now.n_rows) {
        z[b * latent4 + column] = value;
    }
}
