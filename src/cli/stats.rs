//! Means over seeds, and how sure they are.

/// 97.5 % points of Student's t for 1 to 10 degrees of freedom, where the expansion below is not good enough.
const T: [f64; 10] = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281];
/// The normal distribution's.
const Z: f64 = 1.959_963_985;

/// Mean, and half the width of the 95 % interval for it (Student's t); none for a single value.
pub fn mean_and_interval(values: &[f64]) -> (f64, Option<f64>) {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    if n < 2 {
        return (mean, None);
    }
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    (mean, Some(t(n - 1) * (variance / n as f64).sqrt()))
}

/// The 97.5 % point; above 10 degrees of freedom by Cornish and Fisher's expansion, good to 2e-4.
fn t(freedom: usize) -> f64 {
    if let Some(t) = T.get(freedom - 1) {
        return *t;
    }
    let v = freedom as f64;
    let (z3, z5, z7) = (Z.powi(3), Z.powi(5), Z.powi(7));
    Z + (z3 + Z) / (4.0 * v)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / (96.0 * v.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * Z) / (384.0 * v.powi(3))
}

#[cfg(test)]
mod tests {
    use super::{mean_and_interval, t};

    #[test]
    fn intervals_are_students() {
        for (freedom, point) in [(1, 12.7062), (10, 2.2281), (11, 2.2010), (20, 2.0860), (60, 2.0003)] {
            assert!((t(freedom) - point).abs() < 5e-4, "t({freedom}) = {}", t(freedom));
        }
        let (mean, half) = mean_and_interval(&[1.0, 2.0, 3.0]);
        // s = 1, n = 3: 4.3027 / √3.
        assert!((mean - 2.0).abs() < 1e-12 && (half.expect("three values") - 2.48416).abs() < 1e-4);
        assert_eq!(mean_and_interval(&[5.0]), (5.0, None));
    }
}
