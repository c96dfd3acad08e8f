//! Worlds whose features have families or fire together.

use sdl_explorer::bench::{Batch, SparseBatch, World};
use sdl_explorer::config::Config;

const ROWS: usize = 60_000;

/// Two parents of three children each, two features without a family.
fn config(exclusive: bool) -> Config {
    let mut c = Config::default();
    (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (10, 10, 0.9);
    (c.bench.n_parents, c.bench.n_children, c.bench.no_child) = (2, 3, 0.25);
    c.bench.exclusive_children = exclusive;
    (c.anchors.count, c.scoring.hold_out) = (0, 0);
    c
}

fn draw(config: &Config) -> (World, SparseBatch) {
    let world = World::new(config, None).expect("valid");
    let Batch::Sparse(batch) = world.batch(3, 0, ROWS) else { panic!("a bench is sparse") };
    (world, batch)
}

/// Features of every row, which ascend.
fn rows(batch: &SparseBatch) -> impl Iterator<Item = (&[u32], &[f32])> {
    batch.row_start.windows(2).map(|ends| {
        let range = ends[0] as usize..ends[1] as usize;
        let features = &batch.feature[range.clone()];
        assert!(features.windows(2).all(|w| w[0] < w[1]), "{features:?}");
        (features, &batch.value[range])
    })
}

fn near(what: &str, count: usize, p: f64) {
    let n = ROWS as f64;
    let sd = (n * p * (1.0 - p)).sqrt();
    assert!((count as f64 - n * p).abs() < 4.5 * sd + 1.0, "{what}: {count} of {}", n * p);
}

#[test]
fn families_fire_with_exact_marginals() {
    for exclusive in [true, false] {
        let c = config(exclusive);
        let (world, batch) = draw(&c);
        let families = world.families().expect("there are some");
        let mut count = [0; 10];
        let (mut childless, mut siblings, mut alone) = (0, 0, [0; 10]);
        for (features, _) in rows(&batch) {
            features.iter().for_each(|d| count[*d as usize] += 1);
            if let [one] = features {
                alone[*one as usize] += 1;
            }
            for parent in 0..2 {
                let children = features.iter().filter(|d| families.children(parent).contains(&(**d as usize))).count();
                let is_there = features.contains(&(parent as u32));
                assert!(is_there || children == 0, "a child without its parent");
                childless += usize::from(is_there && children == 0);
                siblings += usize::from(children > 1);
            }
        }
        let some_child = if exclusive { 0.3 } else { 1.0 - 0.9f64.powi(3) };
        let parent = some_child / 0.75;
        for (d, count) in count.into_iter().enumerate() {
            near(&format!("exclusive {exclusive}, feature {d}"), count, if d < 2 { parent } else { 0.1 });
        }
        near("parents without children", childless / 2, 0.25 * parent);
        assert_eq!(siblings > 0, !exclusive, "{siblings} rows with siblings");
        let l0 = batch.feature.len() as f64 / ROWS as f64;
        assert!((l0 - world.true_l0().expect("a bench")).abs() < 0.02, "{l0}");
        // M_d = Pr(only d) E[x²], and E[x²] = 2 for Exp(1).
        for (d, m) in world.lone_moments().expect("known").into_iter().enumerate() {
            near(&format!("exclusive {exclusive}, feature {d} alone"), alone[d], m / 2.0);
        }
    }
}

#[test]
fn tied_parents_are_as_large_as_their_child() {
    let mut c = config(true);
    c.bench.tied_magnitudes = true;
    let (_, batch) = draw(&c);
    for (features, values) in rows(&batch).take(5_000) {
        for (d, value) in features.iter().zip(values).filter(|(d, _)| (2..8).contains(*d)) {
            let parent = (d - 2) / 3;
            let at = features.iter().position(|f| *f == parent).expect("children have their parent");
            assert_eq!(values[at], *value);
        }
    }
}

/// Pr(two features fire together) of independent features, or more of it.
#[test]
fn a_copula_keeps_marginals_and_without_factors_nothing_is_together() {
    let pairs = |correlation: f64| {
        let mut c = config(true);
        (c.bench.n_parents, c.bench.correlation, c.bench.correlation_rank) = (0, correlation, 1);
        let (world, batch) = draw(&c);
        assert!(world.lone_moments().is_none(), "a copula has no closed form for it");
        let mut count = [0; 10];
        let mut together = 0;
        for (features, _) in rows(&batch) {
            features.iter().for_each(|d| count[*d as usize] += 1);
            together += features.len() * features.len().saturating_sub(1) / 2;
        }
        count.into_iter().enumerate().for_each(|(d, n)| near(&format!("{correlation}, feature {d}"), n, 0.1));
        together as f64 / ROWS as f64
    };
    let independent = 45.0 * 0.01;
    assert!((pairs(1e-9) - independent).abs() < 0.02, "{}", pairs(1e-9));
    // One shared factor: pairs of one sign fire together, pairs of two less than by chance; on the whole more.
    assert!(pairs(0.9) > 1.2 * independent, "{}", pairs(0.9));
}

#[test]
fn families_that_cannot_be_are_refused() {
    let mut c = config(true);
    c.bench.sparsity = 0.5;
    assert!(c.check().is_err_and(|e| e.field == "bench.sparsity" && e.to_string().contains("2.00")));
    c = config(true);
    c.bench.n_parents = 3;
    assert!(c.check().is_err_and(|e| e.field == "bench.n_parents" && e.expected.contains("from 1 to 2")));
    c = config(true);
    c.bench.correlation = 0.5;
    assert!(c.check().is_err_and(|e| e.field == "bench.correlation"));
}

/// Anchors take parents first: they are what absorption takes from.
#[test]
fn parents_are_anchored_before_all_others() {
    let c = config(true);
    let world = World::new(&c, None).expect("valid");
    for seed in 0..20 {
        let mut order = world.anchor_order(seed);
        assert!(order[..2].iter().all(|d| *d < 2), "{order:?}");
        order.sort_unstable();
        assert_eq!(order, (0..10).collect::<Vec<u32>>());
    }
}
