//! Metrics against brute force, plain loops and constructions whose answers are known.

use crate::support::{config, dense_problem, problem, reference, relu, state};
use pollster::block_on;
use sdl_explorer::bench::{Samples, World};
use sdl_explorer::config::{Config, Weighting};
use sdl_explorer::metrics::{Effort, Metrics, assign};
use sdl_explorer::model::{Hyper, Weights};
use sdl_explorer::rng::{Purpose, Stream};
use sdl_explorer::run::Run;
use sdl_explorer::train::{Problem, State};
use std::sync::Arc;

/// What a run in this world says of these weights, on the CPU.
fn measure(config: &Config, problem: &Problem, weights: &Weights, effort: Effort) -> Metrics {
    let mut run = Run::of_world(config.clone(), problem.world.clone());
    run.set_effort(effort);
    run.restore(State::of(weights.clone(), problem.shape)).expect("the CPU stays");
    block_on(run.frame()).expect("the CPU stays").metrics
}

fn stream(index: u64) -> Stream {
    Stream::new(3, Purpose::Weights, index)
}

/// A world of these directions, in and out, for `n_latent` latents with ReLU and neither biases nor penalty.
fn world_of(directions: &[f32], n_features: usize, n_latent: usize) -> (Config, Problem) {
    let mut config = relu(config(), Weighting::Plain);
    (config.bench.n_features, config.bench.n_input) = (n_features as u32, (directions.len() / n_features) as u32);
    (config.bench.max_interference, config.loss.l1) = (1.0, 0.0);
    (config.model.n_latent, config.model.unit_norm_decoder) = (n_latent as u32, false);
    (config.anchors.count, config.scoring.hold_out) = (0, 0);
    let mut problem = problem(&config);
    let world = Arc::make_mut(&mut problem.world);
    world.directions_in = directions.to_vec();
    world.directions_out = directions.to_vec();
    (config, problem)
}

fn identity(n: usize) -> Vec<f32> {
    (0..n * n).map(|at| f32::from(u8::from(at % (n + 1) == 0))).collect()
}

fn unit_rows(n: usize, width: usize, stream: &mut Stream) -> Vec<f32> {
    let mut rows: Vec<f32> = (0..n * width).map(|_| stream.normal() as f32).collect();
    sdl_explorer::bench::directions::normalise_rows(&mut rows, width);
    rows
}

fn assert_near(what: &str, got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-6, "{what}: got {got}, expected {expected}");
}

/// The least cost of matching every row of the smaller side, by trying all.
fn least(costs: &[f32], n_rows: usize, n_cols: usize) -> f64 {
    fn go(cost: &dyn Fn(usize, usize) -> f64, row: usize, n_rows: usize, n_cols: usize, used: u32) -> f64 {
        if row == n_rows {
            return 0.0;
        }
        let free = (0..n_cols).filter(|j| used >> j & 1 == 0);
        free.map(|j| cost(row, j) + go(cost, row + 1, n_rows, n_cols, used | 1 << j)).fold(f64::INFINITY, f64::min)
    }
    if n_rows <= n_cols {
        go(&|i, j| f64::from(costs[i * n_cols + j]), 0, n_rows, n_cols, 0)
    } else {
        go(&|i, j| f64::from(costs[j * n_cols + i]), 0, n_cols, n_rows, 0)
    }
}

/// Checks that a matching is one, complete on the smaller side, and answers its cost.
fn cost_of(matched: &[Option<u32>], costs: &[f32], n_cols: usize) -> f64 {
    let pairs: Vec<(usize, usize)> =
        matched.iter().enumerate().filter_map(|(i, j)| j.map(|j| (i, j as usize))).collect();
    let columns: std::collections::BTreeSet<usize> = pairs.iter().map(|p| p.1).collect();
    assert_eq!(columns.len(), pairs.len(), "a column in two pairs: {matched:?}");
    assert_eq!(pairs.len(), matched.len().min(n_cols), "pairs are missing: {matched:?}");
    pairs.iter().map(|(i, j)| f64::from(costs[i * n_cols + j])).sum()
}

#[test]
fn assignments_cost_as_little_as_any() {
    let mut random = stream(1);
    for n_rows in 1..=7 {
        for n_cols in 1..=7 {
            for kind in 0..6 {
                let mut cost = || match kind {
                    // Reals of both signs; few values, so that there are many ties; all equal; |cos|-like.
                    0 | 1 => random.normal() as f32,
                    2 | 3 => random.below(3) as f32,
                    4 => 0.5,
                    _ => 1.0 - random.uniform() as f32,
                };
                let costs: Vec<f32> = (0..n_rows * n_cols).map(|_| cost()).collect();
                let got = cost_of(&assign(&costs, n_cols), &costs, n_cols);
                let expected = least(&costs, n_rows, n_cols);
                assert!((got - expected).abs() < 1e-6, "{n_rows}×{n_cols}: got {got}, least is {expected}: {costs:?}");
            }
        }
    }
    assert!(assign(&[], 0).is_empty());
}

/// A permutation that is cheaper than all else by little, in matrices where the nearest column is often another row's.
#[test]
fn hidden_assignments_are_found() {
    for (n_rows, n_cols) in [(120, 120), (90, 150), (150, 90)] {
        let mut random = stream(n_rows as u64);
        let (few, many) = (n_rows.min(n_cols), n_rows.max(n_cols));
        let hidden = random.permutation(many, few);
        // Potentials hide it: they change every perfect matching of the smaller side alike, if zero on free lines.
        let low: Vec<f64> = (0..few).map(|_| random.normal()).collect();
        let mut high: Vec<f64> = vec![0.0; many];
        hidden.iter().for_each(|&j| high[j as usize] = -random.uniform());
        let mut costs = vec![0.0; few * many];
        for i in 0..few {
            for (j, high) in high.iter().enumerate() {
                let slack = if hidden[i] as usize == j { 0.0 } else { 1e-3 + random.uniform() };
                let at = if n_rows <= n_cols { i * many + j } else { j * few + i };
                costs[at] = (low[i] + high + slack) as f32;
            }
        }
        let got = assign(&costs, n_cols);
        for (i, &j) in hidden.iter().enumerate() {
            let (row, column) = if n_rows <= n_cols { (i, j) } else { (j as usize, i as u32) };
            assert_eq!(got[row], Some(column), "{n_rows}×{n_cols}");
        }
    }
}

#[test]
fn mcc_is_that_of_the_best_of_all_matchings() {
    for (n_features, n_latent) in [(5, 3), (4, 7), (6, 6), (1, 4), (5, 1)] {
        let mut random = stream(100 + n_features as u64);
        let directions = unit_rows(n_features, 4, &mut random);
        let (config, problem) = world_of(&directions, n_features, n_latent);
        let mut weights = Weights::start(&config, problem.shape, &problem.world);
        weights.decoder.iter_mut().for_each(|w| *w *= 1.0 + random.uniform() as f32);
        // A dead latent's row may be zero: it counts, with cosine 0.
        weights.decoder[..4].fill(0.0);
        let cosine = |i: usize, j: usize| {
            let (w, d) = (&weights.decoder[4 * i..][..4], &directions[4 * j..][..4]);
            let product = |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum() };
            product(w, d) / product(w, w).sqrt().max(1e-30)
        };
        let all: Vec<f64> = (0..n_latent * n_features).map(|at| cosine(at / n_features, at % n_features)).collect();
        let costs: Vec<f32> = all.iter().map(|c| 1.0 - c.abs() as f32).collect();
        let got = measure(&config, &problem, &weights, Effort::Live).alignment.expect("small");
        let matching = got.matching.expect("small");
        let pairs = n_latent.min(n_features) as f64;
        assert_near("MCC", matching.mcc, 1.0 - least(&costs, n_latent, n_features) / pairs);
        let found = matching.latent.iter().enumerate().filter_map(|(j, i)| i.map(|i| (i as usize, j)));
        assert_near(
            "its matching",
            found.map(|(i, j)| all[i * n_features + j].abs()).sum::<f64>() / pairs,
            matching.mcc,
        );

        let rows = || all.chunks_exact(n_features);
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
        let of_latents: f64 = rows().map(|row| most(&mut row.iter().copied())).sum();
        assert_near("MMCS over latents", got.mmcs_latents, of_latents / n_latent as f64);
        let of_features: f64 = (0..n_features).map(|j| most(&mut rows().map(|row| row[j]))).sum();
        assert_near("MMCS", got.mmcs, of_features / n_features as f64);
    }
}

/// methods.md 12.11: latents are the features, in another order, of other signs and sizes.
#[test]
fn planted_weights_are_perfect() {
    let n = 8;
    let (config, problem) = world_of(&identity(n), n, n);
    let order = stream(2).permutation(n, n);
    let mut weights = Weights::zero(problem.shape);
    for (i, &j) in order.iter().enumerate() {
        let size = [2.0, 0.5][i % 2];
        weights.encoder[i * n + j as usize] = 1.0 / size;
        weights.decoder[i * n + j as usize] = size;
    }
    let m = measure(&config, &problem, &weights, Effort::Live);
    assert_eq!((m.decoder_cosine.mip, m.decoder_cosine.mgt), (1.0, 1.0));
    let alignment = m.alignment.expect("small");
    let matching = alignment.matching.expect("small");
    assert_eq!((matching.mcc, alignment.uniqueness), (1.0, 1.0));
    assert_eq!((alignment.mmcs, alignment.mmcs_latents), (1.0, 1.0));
    assert_eq!(alignment.feature, order);
    for (i, &j) in order.iter().enumerate() {
        assert_eq!(matching.latent[j as usize], Some(i as u32));
    }
    let p = m.probes.expect("small");
    assert_eq!([p.f1, p.f1_alive, p.precision, p.recall, p.accuracy], [1.0; 5]);
    assert_eq!((p.f1_features, p.f1_matched), (Some(1.0), Some(1.0)));
    assert_near("shrinkage", m.scale.shrinkage, 1.0);
    assert_near("bias", m.scale.bias, 1.0);
    assert_near("explained variance", m.explained_variance, 1.0);

    // Opposite decoder directions are as good to |cos|, not to the signed one.
    weights.decoder.iter_mut().for_each(|w| *w = -*w);
    let alignment = measure(&config, &problem, &weights, Effort::Live).alignment.expect("small");
    assert_eq!((alignment.matching.expect("small").mcc, alignment.uniqueness), (1.0, 1.0));
    assert_eq!(alignment.mmcs, 0.0);
}

/// Half the features have two latents each, the others none.
#[test]
fn duplicates_cost_uniqueness_and_mcc() {
    let n = 8;
    let (config, problem) = world_of(&identity(n), n, n);
    let mut weights = Weights::zero(problem.shape);
    for i in 0..n {
        weights.encoder[i * n + i / 2] = 0.5;
        weights.decoder[i * n + i / 2] = 1.0;
    }
    let m = measure(&config, &problem, &weights, Effort::Live);
    let alignment = m.alignment.expect("small");
    assert_eq!((alignment.matching.expect("small").mcc, alignment.uniqueness), (0.5, 0.5));
    let p = m.probes.expect("small");
    assert_eq!(p.f1, 1.0);
    // Features without a latent have what independent firing gives by chance, which is 1 − S.
    for half in [p.f1_features, p.f1_matched] {
        let rest = 2.0 * half.expect("small") - 1.0;
        assert!((rest - 0.2).abs() < 0.05, "{rest}");
    }
}

#[test]
fn probes_are_those_of_plain_loops() {
    let mut bench = relu(config(), Weighting::Plain);
    bench.model.b_enc = true;
    for (name, config) in [("top_k", config()), ("relu", bench)] {
        for labelled in [false, true] {
            let what = format!("{name}, labelled {labelled}");
            let problem = if labelled { labelled_problem(&config) } else { problem(&config) };
            let mut weights = state(&config, &problem).weights;
            // Two latents that never fire.
            let (shape, dead) = (problem.shape, [4, 32]);
            for i in dead {
                weights.encoder[i * shape.n_input..][..shape.n_input].fill(0.0);
                weights.b_enc[i] = 0.0;
            }
            let m = measure(&config, &problem, &weights, Effort::Live);
            let (alignment, probes) = (m.alignment.expect("small"), m.probes.expect("small"));
            let world = &problem.world;
            let batch = world.evaluation_batch(config.seed, config.scoring.rows as usize);
            let (input, target) = world.expand(&batch);
            let pass = reference(&problem).forward(&weights.to_f64(), &input, &target, &Hyper::new(&config, 0));
            let rows = pass.sse.len();
            let truth = truth(world, &batch, rows);
            let counts = |i: usize, j: usize| {
                let mut count = [[0.0; 2]; 2];
                for b in 0..rows {
                    let fires = pass.latents[b * shape.n_latent + i] > 0.0;
                    count[usize::from(fires)][usize::from(truth[b * world.n_features + j])] += 1.0;
                }
                count
            };
            let or_0 = |x: f64| if x.is_nan() { 0.0 } else { x };
            let f1 = |[[_, missed], [false_, both]]: [[f64; 2]; 2]| or_0(2.0 * both / (2.0 * both + missed + false_));
            let mut sums = [0.0; 4];
            for (i, got) in probes.latents.iter().enumerate() {
                let count = counts(i, alignment.feature[i] as usize);
                let [[neither, missed], [false_, both]] = count;
                let expected = [
                    or_0(both / (both + false_)),
                    or_0(both / (both + missed)),
                    f1(count),
                    (both + neither) / rows as f64,
                ];
                for (at, got) in [got.precision, got.recall, got.f1, got.accuracy].into_iter().enumerate() {
                    assert_near(&format!("{what}, latent {i}, score {at}"), got, expected[at]);
                    sums[at] += expected[at];
                }
            }
            let n = shape.n_latent as f64;
            for (at, got) in [probes.precision, probes.recall, probes.f1, probes.accuracy].into_iter().enumerate() {
                assert_near(&format!("{what}, mean {at}"), got, sums[at] / n);
            }
            let alive = (0..shape.n_latent).filter(|i| (0..rows).any(|b| pass.latents[b * shape.n_latent + i] > 0.0));
            let alive = alive.count();
            assert!(alive <= shape.n_latent - dead.len(), "{what}: some never fire");
            assert_near(&format!("{what}, alive"), probes.f1_alive, sums[2] / alive as f64);

            let there: Vec<usize> =
                (0..world.n_features).filter(|j| (0..rows).any(|b| truth[b * world.n_features + j])).collect();
            let best = |j: usize| (0..shape.n_latent).map(|i| f1(counts(i, j))).fold(0.0, f64::max);
            let of_features = there.iter().map(|j| best(*j)).sum::<f64>() / there.len() as f64;
            assert_near(&format!("{what}, features"), probes.f1_features.expect("small"), of_features);
            let matched = alignment.matching.expect("small").latent.into_iter().enumerate();
            let matched: Vec<f64> = matched.filter_map(|(j, i)| i.map(|i| f1(counts(i as usize, j)))).collect();
            let of_matched = matched.iter().sum::<f64>() / matched.len() as f64;
            assert_near(&format!("{what}, matched"), probes.f1_matched.expect("small"), of_matched);
        }
    }
}

/// Random rows, each with one of the labels but the last.
fn labelled_problem(config: &Config) -> Problem {
    let mut problem = dense_problem(config, 300);
    let world = Arc::make_mut(&mut problem.world);
    let n = world.n_features;
    let Samples::Rows(rows) = &mut world.samples else { unreachable!("dense") };
    let mut random = stream(4);
    rows.labels = Arc::new((0..300).map(|_| random.below(n - 1) as u32).collect());
    rows.label_names = (0..n).map(|d| d.to_string()).collect();
    problem
}

/// [rows, n_features]: which features are there.
fn truth(world: &World, batch: &sdl_explorer::bench::Batch, n_rows: usize) -> Vec<bool> {
    use sdl_explorer::bench::Batch;
    let mut truth = vec![false; n_rows * world.n_features];
    for b in 0..n_rows {
        let there = match (batch, &world.samples) {
            (Batch::Sparse(s), _) => &s.feature[s.row_start[b] as usize..s.row_start[b + 1] as usize],
            (Batch::Rows(ix), Samples::Rows(rows)) => &rows.labels[ix[b] as usize..][..1],
            _ => unreachable!("a bench draws sparse batches"),
        };
        there.iter().for_each(|&d| truth[b * world.n_features + d as usize] = true);
    }
    truth
}

#[test]
fn shrunk_reconstructions_are_known_as_such() {
    let n = 8;
    let (config, problem) = world_of(&identity(n), n, n);
    for size in [0.25f32, 0.5, 1.0, 2.0] {
        let mut weights = Weights::zero(problem.shape);
        weights.encoder = identity(n);
        weights.decoder = identity(n).iter().map(|w| size * w).collect();
        let m = measure(&config, &problem, &weights, Effort::Live);
        assert_near("shrinkage", m.scale.shrinkage, f64::from(size));
        assert_near("bias", m.scale.bias, f64::from(size));
    }
    // Half the features are left out: right in size as far as it goes, so γ = 1, and small on the whole.
    let mut weights = Weights::zero(problem.shape);
    weights.encoder = identity(n);
    weights.decoder = identity(n);
    weights.decoder[n * n / 2..].fill(0.0);
    let m = measure(&config, &problem, &weights, Effort::Live);
    assert_near("bias", m.scale.bias, 1.0);
    assert!(m.scale.shrinkage < 0.9, "{}", m.scale.shrinkage);
    // Nothing at all has no bias.
    let m = measure(&config, &problem, &Weights::zero(problem.shape), Effort::Live);
    assert_eq!(m.scale.shrinkage, 0.0);
    assert!(m.scale.bias.is_nan() && m.probes.expect("small").f1_alive.is_nan());
}

/// methods.md 12.13.
#[test]
fn the_mean_explains_nothing() {
    let mut config = config();
    config.model.b_dec = true;
    for problem in [problem(&config), dense_problem(&config, 300)] {
        let batch = problem.world.evaluation_batch(config.seed, config.scoring.rows as usize);
        let (_, target) = problem.world.expand(&batch);
        let (width, rows) = (problem.shape.n_target, batch.n_rows());
        let mut weights = Weights::zero(problem.shape);
        for (j, mean) in weights.b_dec.iter_mut().enumerate() {
            *mean = (target.iter().skip(j).step_by(width).map(|x| f64::from(*x)).sum::<f64>() / rows as f64) as f32;
        }
        let m = measure(&config, &problem, &weights, Effort::Live);
        assert_near("explained variance", m.explained_variance, 0.0);
    }
}

/// What a page does not wait for, a command line gets: and small readings are the same either way.
#[test]
fn a_complete_reading_has_everything() {
    let n = 420;
    let directions = unit_rows(n, 4, &mut stream(5));
    let (mut config, mut problem) = world_of(&[1.0, 0.0, 0.0, 0.0], 1, 1);
    config.scoring.rows = 64;
    (config.bench.n_features, config.model.n_latent) = (n as u32, n as u32);
    let world = Arc::make_mut(&mut problem.world);
    *world = World { n_features: n, directions_in: directions.clone(), directions_out: directions, ..world.clone() };
    let (world_config, many) = (config.clone(), Problem::new(&config, problem.world.clone()));
    let mut weights = Weights::zero(many.shape);
    weights.encoder = many.world.directions_in.clone();
    weights.decoder = many.world.directions_out.clone();
    let live = measure(&world_config, &many, &weights, Effort::Live);
    let alignment = live.alignment.expect("cosines are few");
    assert!(alignment.matching.is_none() && live.probes.is_some(), "420³ relaxations are too many for a frame");
    let complete = measure(&world_config, &many, &weights, Effort::Complete).alignment.expect("complete");
    assert_near("MCC", complete.matching.expect("complete").mcc, 1.0);
    assert_eq!(alignment.uniqueness, complete.uniqueness);
}

/// A diverged run's numbers say so; nothing panics and nothing looks good.
#[test]
fn weights_that_are_no_numbers_have_no_mcc() {
    let (config, problem) = world_of(&identity(4), 4, 6);
    let mut weights = Weights::start(&config, problem.shape, &problem.world);
    weights.decoder[5] = f32::NAN;
    let alignment = measure(&config, &problem, &weights, Effort::Live).alignment.expect("small");
    let matching = alignment.matching.expect("small");
    assert!(matching.mcc.is_nan() && alignment.uniqueness.is_nan() && alignment.mmcs.is_nan());
    assert_eq!(matching.latent, [None; 4]);
}
