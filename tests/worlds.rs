//! Worlds have the statistics that they claim: directions, firing, real data, and errors for files that are not data.

use sdl_explorer::bench::directions::lowest_interference;
use sdl_explorer::bench::{Batch, SparseBatch, World};
use sdl_explorer::config::{Config, Interference, Source};

fn bench(n: u32, p: u32, target: Option<f64>) -> World {
    let mut c = Config::default();
    (c.bench.n_features, c.bench.n_input) = (n, p);
    match target {
        Some(m) => (c.bench.interference, c.bench.max_interference) = (Interference::Bounded, m),
        None => c.bench.interference = Interference::Negative,
    }
    World::new(&c, None).expect("valid")
}

/// max over i≠j of ⟨w_i, w_j⟩, and the largest deviation of a norm from 1.
fn geometry(world: &World) -> (f64, f64) {
    let rows: Vec<&[f32]> = world.directions_in.chunks_exact(world.n_input).collect();
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let (mut most, mut off) = (f64::NEG_INFINITY, 0.0f64);
    for i in 0..rows.len() {
        off = off.max((product(rows[i], rows[i]).sqrt() - 1.0).abs());
        for j in 0..i {
            most = most.max(product(rows[i], rows[j]));
        }
    }
    (most, off)
}

#[test]
fn directions_reach_what_is_asked_and_report_it() {
    for (n, p, m) in [(32, 16, 0.3), (128, 64, 0.2), (100, 128, 0.1), (6, 3, 0.1), (200, 50, 0.3)] {
        let world = bench(n, p, Some(m));
        let (most, off) = geometry(&world);
        assert!(most <= m + 1e-5, "({n}, {p}): {most} is above {m}");
        assert!(off < 1e-5, "({n}, {p}): rows are {off} off unit length");
        assert!((f64::from(world.report.interference) - most).abs() < 1e-5, "({n}, {p}): the report is wrong");
    }
}

#[test]
fn the_negative_setting_goes_as_low_as_the_dimension_allows() {
    // n ≤ 2 n_p: zero is possible.
    for (n, p) in [(8, 4), (24, 16), (5, 4)] {
        let (most, _) = geometry(&bench(n, p, None));
        assert!(most <= 0.01, "({n}, {p}): {most}");
    }
    // In the plane the regular polygon is best, and known.
    let (most, _) = geometry(&bench(7, 2, None));
    let best = (std::f64::consts::TAU / 7.0).cos();
    assert!(most >= best - 1e-5 && most < best + 0.02, "seven directions in the plane: {most}, best {best}");
}

#[test]
fn a_target_out_of_reach_is_said_and_the_search_ends() {
    let world = bench(40, 3, Some(0.1));
    let statement = &world.report.statement;
    assert!(statement.contains("out of reach for 40 directions in 3 dimensions"), "{statement}");
    let (most, _) = geometry(&world);
    assert!(most > lowest_interference(40, 3), "below the bound: {most}");
    assert!(statement.contains(&format!("{most:.3}")), "{statement} does not give {most:.3}");
}

#[test]
fn bounds_hold_for_arrangements_that_are_known_to_be_best() {
    let close = |n, p, want: f64| assert!((lowest_interference(n, p) - want).abs() < 1e-9, "({n}, {p})");
    close(4, 3, -1.0 / 3.0); // simplex
    close(6, 3, 0.0); // octahedron
    close(5, 2, (std::f64::consts::TAU / 5.0).cos());
    // The icosahedron (12 in 3 dimensions, 1/√5) and the kissing arrangement of E8 (240 in 8, 1/2) exist.
    assert!(lowest_interference(12, 3) <= 1.0 / 5f64.sqrt() + 1e-9);
    assert!(lowest_interference(240, 8) <= 0.5 + 1e-9);
    assert!(lowest_interference(12, 3) > 0.2);
}

#[test]
fn features_fire_as_often_and_as_strongly_as_claimed() {
    let mut c = Config::default();
    (c.bench.n_features, c.bench.sparsity) = (20, 0.9);
    (c.bench.magnitude_min, c.bench.magnitude_scale) = (0.5, 2.0);
    let world = World::new(&c, None).expect("valid");
    let rows = 100_000;
    let Batch::Sparse(batch) = world.batch(3, 0, rows) else { panic!("a bench is sparse") };
    let (p, n) = (0.1, rows as f64);
    let mut count = [0.0; 20];
    let mut pairs = 0.0;
    for ends in batch.row_start.windows(2) {
        let fired = &batch.feature[ends[0] as usize..ends[1] as usize];
        assert!(fired.windows(2).all(|w| w[0] < w[1]), "features of a row ascend");
        fired.iter().for_each(|d| count[*d as usize] += 1.0);
        pairs += f64::from(u8::from(fired.contains(&4) && fired.contains(&5)));
    }
    let sd = (n * p * (1.0 - p)).sqrt();
    for (d, c) in count.iter().enumerate() {
        assert!((c - n * p).abs() < 4.5 * sd, "feature {d} fired {c} times of {}", n * p);
    }
    assert!((pairs - n * p * p).abs() < 4.5 * (n * p * p).sqrt(), "neighbours fire together {pairs} times");
    let values: Vec<f64> = batch.value.iter().map(|v| f64::from(*v)).collect();
    let m = values.len() as f64;
    let mean = values.iter().sum::<f64>() / m;
    let square = values.iter().map(|v| v * v).sum::<f64>() / m;
    assert!(values.iter().all(|v| *v >= 0.5));
    // c + β, and c² + 2cβ + 2β²; four standard errors (β = 2; the square's deviation is below 25).
    assert!((mean - 2.5).abs() < 4.0 * 2.0 / m.sqrt(), "mean {mean}");
    assert!((square - 10.25).abs() < 4.0 * 25.0 / m.sqrt(), "mean square {square}");
    let lone = world.lone_moments().expect("a bench knows it");
    assert!((lone[3] - 0.1 * 0.9f64.powi(19) * 10.25).abs() < 1e-12);
}

#[test]
fn extremes_of_sparsity_work() {
    let mut c = Config::default();
    c.bench.sparsity = 0.0;
    let world = World::new(&c, None).expect("valid");
    let Batch::Sparse(all) = world.batch(1, 0, 5) else { panic!("a bench is sparse") };
    assert_eq!(all.feature, (0..5).flat_map(|_| 0..32).collect::<Vec<u32>>());
    c.bench.sparsity = 0.999_999;
    let world = World::new(&c, None).expect("valid");
    let batch = world.batch(1, 0, 3);
    assert_eq!(batch.n_rows(), 3);
    assert!(world.expand(&batch).0.iter().all(|x| x.is_finite()));
}

#[test]
fn batches_depend_on_seed_and_step_alone() {
    let world = bench(32, 16, Some(0.3));
    assert_eq!(world.batch(7, 12, 64), world.batch(7, 12, 64));
    assert_ne!(world.batch(7, 12, 64), world.batch(7, 13, 64));
    assert_ne!(world.batch(7, 12, 64), world.batch(8, 12, 64));
    assert_eq!(world.anchor_order(7), world.anchor_order(7));
    let mut sorted = world.anchor_order(7);
    sorted.sort_unstable();
    assert_eq!(sorted, (0..32).collect::<Vec<u32>>());
}

#[test]
fn parts_of_a_batch_are_the_batch() {
    let world = bench(32, 16, Some(0.3));
    let batch = world.batch(7, 0, 70);
    let (whole, _) = world.expand(&batch);
    let parts: Vec<f32> = batch.parts(32).iter().flat_map(|p| world.expand(p).0).collect();
    assert_eq!(whole, parts);
    let alone = Batch::Sparse(SparseBatch::alone(32));
    assert_eq!(world.expand(&alone).0, world.directions_in);
}

/// The data that ship with the page.
pub fn sentences() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/www/public/data/minilm-wordnet-sentences.safetensors");
    std::fs::read(path).expect("the data ship with the project")
}

#[test]
fn class_means_of_the_sentences_tell_the_classes_apart() {
    let config = Config { source: Source::Activations, ..Config::default() };
    let world = World::new(&config, Some(&sentences())).expect("the shipped file is good");
    assert_eq!((world.n_features, world.n_input), (32, 384));
    assert_eq!(world.names().map(|n| n[10].as_str()), Some("dog"));
    let sdl_explorer::bench::Samples::Rows(rows) = &world.samples else { panic!("rows") };
    let nearest = |row: &[f32]| {
        let score = |d: usize| -> f32 { row.iter().zip(&world.directions_in[d * 384..]).map(|(a, b)| a * b).sum() };
        (0..32).max_by(|a, b| score(*a).total_cmp(&score(*b))).expect("32 of them")
    };
    let right = (0..rows.n_rows).filter(|&r| nearest(rows.row(r)) == rows.labels[r] as usize).count();
    let share = right as f64 / rows.n_rows as f64;
    assert!(share > 0.85, "the nearest class mean is right for {share}");
}

#[test]
fn files_that_are_not_data_are_refused_by_name() {
    let config = Config { source: Source::Activations, ..Config::default() };
    let refuse = |bytes: Option<&[u8]>, field: &str, says: &str| {
        let e = World::new(&config, bytes).expect_err("must be refused");
        assert!(e.field == field && e.to_string().contains(says), "{e}");
    };
    let good = sentences();
    refuse(None, "activations.name", "without its data");
    refuse(Some(&good[..1000]), "file", "1000 bytes long");
    refuse(Some(b"hello"), "file", "5 bytes long");
    refuse(Some(&[255; 40]), "file", "its header alone says");
    refuse(Some(&[b"\x02\0\0\0\0\0\0\0[]".as_slice(), &[0; 40]].concat()), "file", "something else than a JSON object");
    refuse(Some(&good[..good.len() - 2]), "embedding", "all in the file");
    let tensors = |labels: Vec<i32>, values: Vec<f32>| {
        let bytes = |v: &[u8]| v.to_vec();
        let (l, v) = (bytes(bytemuck::cast_slice(&labels)), bytes(bytemuck::cast_slice(&values)));
        let views = [
            (
                "label",
                safetensors::tensor::TensorView::new(safetensors::Dtype::I32, vec![labels.len()], &l).expect("fits"),
            ),
            (
                "x",
                safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![values.len() / 2, 2], &v)
                    .expect("fits"),
            ),
        ];
        let about = std::collections::HashMap::from([("labels".to_owned(), "[\"a\", \"b\"]".to_owned())]);
        safetensors::serialize(views, Some(about)).expect("plain")
    };
    let mut small = config.clone();
    (small.anchors.count, small.scoring.hold_out) = (1, 1);
    assert!(World::new(&small, Some(&tensors(vec![0, 1], vec![1.0, 0.0, 0.0, 1.0]))).is_ok());
    refuse(Some(&tensors(vec![0, 2], vec![1.0, 0.0, 0.0, 1.0])), "label", "from 0 to 1");
    refuse(Some(&tensors(vec![0, 1, 1], vec![1.0, 0.0, 0.0, 1.0])), "label", "I32 [2]");
    refuse(Some(&tensors(vec![0, 1], vec![1.0, 0.0, f32::NAN, 1.0])), "x", "row 1");
    refuse(Some(&tensors(vec![0, 1], vec![1.0, 0.0, 0.0, 1.0])), "anchors.count", "at most the 2 labels");
}
