//! The little dense linear algebra that the theory needs, in f64: least squares, eigenvalues of symmetric matrices.

use super::simplified::dot;

/// Rounds of Jacobi rotations; each squares what is left off the diagonal, so that ten or so do.
const ROUNDS: usize = 60;

/// The x that minimises ‖Σ_j x_j columns[j] − target‖ (Householder); zero for columns that depend on earlier ones.
pub fn least_squares(columns: &[Vec<f64>], target: &[f64]) -> Vec<f64> {
    let mut b = target.to_vec();
    let mut a: Vec<Vec<f64>> = columns.to_vec();
    // (column, row of its pivot) in order.
    let mut pivots: Vec<usize> = vec![];
    for j in 0..a.len() {
        let at = pivots.len();
        let size = norm(&a[j][at.min(b.len())..]);
        if at >= b.len() || size <= 1e-13 * norm(&columns[j]) || size == 0.0 {
            continue;
        }
        let mut v = a[j][at..].to_vec();
        v[0] += if v[0] >= 0.0 { size } else { -size };
        let scale = 2.0 / dot(&v, &v);
        for column in a[j..].iter_mut().chain(std::iter::once(&mut b)) {
            let along = scale * dot(&v, &column[at..]);
            column[at..].iter_mut().zip(&v).for_each(|(x, v)| *x -= along * v);
        }
        pivots.push(j);
    }
    let mut x = vec![0.0; a.len()];
    for (row, j) in pivots.iter().enumerate().rev() {
        let known: f64 = pivots[row + 1..].iter().map(|k| a[*k][row] * x[*k]).sum();
        x[*j] = (b[row] - known) / a[*j][row];
    }
    x
}

/// Eigenvalues, ascending, and unit eigenvectors (rows, in that order) of a symmetric matrix, by Jacobi rotations.
pub fn eigen(matrix: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = matrix.len();
    let mut a = matrix.to_vec();
    let mut v: Vec<Vec<f64>> = (0..n).map(|i| unit(n, i)).collect();
    let size = a.iter().map(|row| dot(row, row)).sum::<f64>();
    for _ in 0..ROUNDS {
        let off: f64 = (0..n).map(|i| dot(&a[i][..i], &a[i][..i])).sum();
        if off <= 1e-32 * size {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] != 0.0 {
                    rotate(&mut a, &mut v, p, q);
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|i, j| a[*i][*i].total_cmp(&a[*j][*j]));
    (order.iter().map(|i| a[*i][*i]).collect(), order.iter().map(|i| v[*i].clone()).collect())
}

/// Makes a[p][q] zero.
fn rotate(a: &mut [Vec<f64>], v: &mut [Vec<f64>], p: usize, q: usize) {
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let t = if theta == 0.0 { 1.0 } else { t };
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for row in a.iter_mut() {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
    for rows in [a, v] {
        let (low, high) = rows.split_at_mut(q);
        for (x, y) in low[p].iter_mut().zip(&mut high[0]) {
            (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
        }
    }
}

/// Orthonormal rows that span what is orthogonal to all of `rows`, and those that span the rows themselves: of a space
/// of `width` dimensions.
pub fn null_and_range(rows: &[Vec<f64>], width: usize) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let mut gram = vec![vec![0.0; width]; width];
    for row in rows {
        for (i, x) in row.iter().enumerate() {
            gram[i].iter_mut().zip(row).for_each(|(g, y)| *g += x * y);
        }
    }
    let (values, vectors) = eigen(&gram);
    let largest = values.last().copied().unwrap_or(0.0).max(f64::MIN_POSITIVE);
    let rank = values.iter().filter(|v| **v > 1e-12 * largest && **v > 1e-24).count();
    let range = vectors[width - rank..].to_vec();
    (vectors[..width - rank].to_vec(), range)
}

pub fn unit(n: usize, i: usize) -> Vec<f64> {
    let mut e = vec![0.0; n];
    e[i] = 1.0;
    e
}

pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}
