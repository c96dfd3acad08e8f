//! Small dense solvers in f64: Cholesky, non-negative least squares on a support, conjugate gradients.
//!
//! Sums are plain loops in a fixed order, so that wasm gives the native bits.

/// Σ a_j b_j in four partial sums.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let length = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..length].as_chunks::<4>(), b[..length].as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let tail: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + tail
}

/// y += a x.
pub fn add_scaled(y: &mut [f64], a: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Makes a row unit and gives its norm before; a zero row stays zero.
pub fn normalise(a: &mut [f64]) -> f64 {
    let length = norm(a);
    if length > 0.0 {
        a.iter_mut().for_each(|x| *x /= length);
    }
    length
}

/// A = L Lᵀ in place: `a` [n, n] holds A's lower triangle, then L's (the upper is not touched). Whether A was positive
/// definite, by pivots above 1e-14 of the diagonal.
pub fn cholesky(a: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i * n);
        let row = &mut rest[..n];
        for j in 0..i {
            let of_j = &done[j * n..][..=j];
            row[j] = (row[j] - dot(&row[..j], of_j)) / of_j[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        if pivot.is_nan() || pivot <= 1e-14 * row[i].abs() {
            return false;
        }
        row[i] = pivot.sqrt();
    }
    true
}

/// Solves L Lᵀ X = B in place: `l` [n, n] from [`cholesky`], `b` [n, width].
pub fn solve(l: &[f64], n: usize, b: &mut [f64], width: usize) {
    for i in 0..n {
        let (done, rest) = b.split_at_mut(i * width);
        let row = &mut rest[..width];
        for j in 0..i {
            add_scaled(row, -l[i * n + j], &done[j * width..][..width]);
        }
        row.iter_mut().for_each(|x| *x /= l[i * n + i]);
    }
    for i in (0..n).rev() {
        let (before, rest) = b.split_at_mut(i * width);
        let row = &mut rest[..width];
        row.iter_mut().for_each(|x| *x /= l[i * n + i]);
        for j in 0..i {
            add_scaled(&mut before[j * width..][..width], -l[i * n + j], row);
        }
    }
}

/// argmin_{c ≥ 0} ½ cᵀ G c − bᵀ c by the active set of Lawson & Hanson; `gram` [n, n] symmetric.
pub fn nnls(gram: &[f64], b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let mut c = vec![0.0; n];
    let mut passive = vec![false; n];
    let tolerance = 1e-12 * b.iter().fold(0.0, |most: f64, b| most.max(b.abs()));
    // Each round adds one; the bound is for rounding, which can make the set cycle.
    for _ in 0..3 * n {
        let pull = |j: usize| b[j] - dot(&gram[j * n..][..n], &c);
        let rest = (0..n).filter(|j| !passive[*j]).map(|j| (j, pull(j)));
        let best = rest.fold((n, tolerance), |best, (j, p)| if p > best.1 { (j, p) } else { best });
        if best.0 == n {
            break;
        }
        passive[best.0] = true;
        loop {
            let set: Vec<usize> = (0..n).filter(|j| passive[*j]).collect();
            let Some(wish) = on_set(gram, b, &set) else {
                passive[best.0] = false;
                return c;
            };
            if wish.iter().all(|w| *w > 0.0) {
                c.fill(0.0);
                set.iter().zip(&wish).for_each(|(j, w)| c[*j] = *w);
                break;
            }
            // As far towards the wish as all stay non-negative; who reaches zero leaves the set.
            let blocked = set.iter().zip(&wish).filter(|(_, w)| **w <= 0.0);
            let share = blocked.map(|(j, w)| c[*j] / (c[*j] - w)).fold(1.0, f64::min);
            for (j, w) in set.iter().zip(&wish) {
                let leaves = *w <= 0.0 && c[*j] <= share * (c[*j] - w);
                c[*j] += share * (w - c[*j]);
                if leaves || c[*j] <= 0.0 {
                    (c[*j], passive[*j]) = (0.0, false);
                }
            }
        }
    }
    c
}

/// Least squares without the sign constraint on some of the variables; none if they are dependent.
fn on_set(gram: &[f64], b: &[f64], set: &[usize]) -> Option<Vec<f64>> {
    let (n, m) = (b.len(), set.len());
    let mut l: Vec<f64> = set.iter().flat_map(|i| set.iter().map(move |j| gram[i * n + j])).collect();
    let mut out: Vec<f64> = set.iter().map(|j| b[*j]).collect();
    cholesky(&mut l, m).then(|| solve(&l, m, &mut out, 1))?;
    Some(out)
}

/// `steps` conjugate-gradient steps from zero towards A x = b; `apply(x, out)` writes A x, A symmetric and positive
/// semidefinite. Each step lowers ½ xᵀA x − bᵀx. Ends early when the residual has fallen to 1e-10 of b.
pub fn conjugate_gradients(apply: &dyn Fn(&[f64], &mut [f64]), b: &[f64], steps: usize) -> Vec<f64> {
    let mut x = vec![0.0; b.len()];
    let mut residual = b.to_vec();
    let mut direction = b.to_vec();
    let mut curved = vec![0.0; b.len()];
    let mut square = dot(b, b);
    let enough = 1e-20 * square;
    for _ in 0..steps {
        apply(&direction, &mut curved);
        let curvature = dot(&direction, &curved);
        if curvature.is_nan() || curvature <= 0.0 || square <= enough {
            break;
        }
        let length = square / curvature;
        add_scaled(&mut x, length, &direction);
        add_scaled(&mut residual, -length, &curved);
        let next = dot(&residual, &residual);
        direction.iter_mut().zip(&residual).for_each(|(d, r)| *d = r + next / square * *d);
        square = next;
    }
    x
}
