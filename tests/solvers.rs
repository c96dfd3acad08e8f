//! The classical algorithms' solvers against optimality conditions and brute force.

use sdl_explorer::rng::{Purpose, Stream};
use sdl_explorer::train::classical::{Dictionary, conjugate_gradients, fista, nnls, omp};

#[test]
fn omp_is_exact_on_orthogonal_dictionaries() {
    let mut eye = vec![0.0; 64];
    (0..8).for_each(|i| eye[i * 9] = 1.0);
    let d = Dictionary::new(eye, 8);
    let x = [0.0, 3.0, 0.0, -2.0, 0.0, 0.0, 0.5, 0.0];
    let mut code = vec![];
    omp(&d, &x, 8, false, &mut code);
    assert_eq!(code, [(1, 3.0), (3, -2.0), (6, 0.5)]);
    omp(&d, &x, 2, true, &mut code);
    assert_eq!(code, [(1, 3.0), (6, 0.5)]);
    omp(&d, &[0.0; 8], 3, false, &mut code);
    assert!(code.is_empty());
}

/// Every subset of the variables, each by least squares.
#[test]
fn non_negative_least_squares_is_the_best_of_all_supports() {
    for seed in 0..40 {
        let (n, width) = (5, 6);
        let atoms = random(seed, n * width);
        let x = random(seed + 1000, width);
        let gram: Vec<f64> =
            (0..n * n).map(|e| product(&atoms[e / n * width..][..width], &atoms[e % n * width..][..width])).collect();
        let b: Vec<f64> = atoms.chunks_exact(width).map(|a| product(a, &x)).collect();
        let value = |c: &[f64]| {
            let square: f64 = (0..n).map(|i| c[i] * product(&gram[i * n..][..n], c)).sum();
            square / 2.0 - product(&b, c)
        };
        let mut best = 0.0;
        for mask in 1..1u32 << n {
            // Coordinate descent on the support, long enough to be exact.
            let mut c = vec![0.0; n];
            for _ in 0..3000 {
                for i in (0..n).filter(|i| mask >> i & 1 == 1) {
                    c[i] += (b[i] - product(&gram[i * n..][..n], &c)) / gram[i * n + i];
                }
            }
            if c.iter().all(|c| *c >= 0.0) {
                best = f64::min(best, value(&c));
            }
        }
        let c = nnls(&gram, &b);
        assert!(c.iter().all(|c| *c >= 0.0), "seed {seed}: {c:?}");
        assert!((value(&c) - best).abs() < 1e-6 * (1.0 + best.abs()), "seed {seed}: {} against {best}", value(&c));
    }
}

#[test]
fn non_negative_omp_with_one_atom_is_the_best_of_all_atoms() {
    for seed in 0..40 {
        let (n, width) = (7, 5);
        let atoms = unit_rows(seed, n, width);
        let x = random(seed + 500, width);
        let d = Dictionary::new(atoms.clone(), width);
        let mut code = vec![];
        omp(&d, &x, 1, true, &mut code);
        let error = |code: &[(u32, f64)]| rest(&atoms, &x, code).iter().map(|r| r * r).sum::<f64>();
        let alone = |j: u32| [(j, product(&atoms[j as usize * width..][..width], &x).max(0.0))];
        let best = (0..n as u32).map(|j| error(&alone(j))).fold(f64::INFINITY, f64::min);
        assert!((error(&code) - best).abs() < 1e-12);
        // With more atoms the error falls, codes stay positive, and no atom taken can be used better.
        let mut last = best;
        for k in 2..=n {
            omp(&d, &x, k, true, &mut code);
            assert!(code.len() <= k && code.iter().all(|(_, a)| *a > 0.0));
            assert!(error(&code) <= last + 1e-12, "seed {seed}, k {k}");
            last = error(&code);
            let r = rest(&atoms, &x, &code);
            assert!(code.iter().all(|(j, _)| product(&atoms[*j as usize * width..][..width], &r).abs() < 1e-9));
        }
    }
}

#[test]
fn fista_meets_the_optimality_conditions() {
    for (seed, non_negative) in (0..20).flat_map(|s| [(s, true), (s, false)]) {
        let (n, width, lambda) = (30, 12, 0.3);
        let atoms = unit_rows(seed, n, width);
        let x = random(seed + 500, width);
        let mut code = vec![];
        fista(&Dictionary::new(atoms.clone(), width), &x, lambda, non_negative, &mut code);
        let r = rest(&atoms, &x, &code);
        assert!(!code.is_empty());
        for (j, atom) in atoms.chunks_exact(width).enumerate() {
            let slope = 2.0 * product(atom, &r);
            match code.iter().find(|(i, _)| *i as usize == j) {
                Some((_, a)) => {
                    assert!(!non_negative || *a > 0.0);
                    assert!((slope - lambda * a.signum()).abs() < 1e-5, "seed {seed}, atom {j}: {slope}");
                }
                None if non_negative => assert!(slope <= lambda + 1e-5, "seed {seed}, atom {j}: {slope}"),
                None => assert!(slope.abs() <= lambda + 1e-5, "seed {seed}, atom {j}: {slope}"),
            }
        }
    }
}

#[test]
fn conjugate_gradients_end_after_as_many_steps_as_dimensions() {
    let n = 7;
    let root = random(3, n * n);
    let apply = |v: &[f64], out: &mut [f64]| {
        let half: Vec<f64> = root.chunks_exact(n).map(|row| product(row, v)).collect();
        (0..n).for_each(|j| out[j] = v[j] + (0..n).map(|i| root[i * n + j] * half[i]).sum::<f64>());
    };
    let b = random(4, n);
    let x = conjugate_gradients(&apply, &b, n);
    let mut back = vec![0.0; n];
    apply(&x, &mut back);
    assert!(back.iter().zip(&b).all(|(x, b)| (x - b).abs() < 1e-6), "{back:?} against {b:?}");
}

fn random(seed: u32, n: usize) -> Vec<f64> {
    let mut stream = Stream::new(seed, Purpose::Evaluation, 77);
    (0..n).map(|_| stream.normal()).collect()
}

fn unit_rows(seed: u32, n: usize, width: usize) -> Vec<f64> {
    let mut rows = random(seed, n * width);
    for row in rows.chunks_exact_mut(width) {
        let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        row.iter_mut().for_each(|x| *x /= norm);
    }
    rows
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn rest(atoms: &[f64], x: &[f64], code: &[(u32, f64)]) -> Vec<f64> {
    let mut r = x.to_vec();
    for (j, a) in code {
        r.iter_mut().zip(&atoms[*j as usize * x.len()..]).for_each(|(r, d)| *r -= a * d);
    }
    r
}
