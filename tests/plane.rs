//! The plane through real runs: its corners are the runs, whatever the order of their latents; directions have the
//! norms they are said to have; the planted solution of an orthonormal world has no loss.

use pollster::block_on;
use sdl_explorer::bench::World;
use sdl_explorer::bench::scale::scale;
use sdl_explorer::config::{Activation, Algorithm, Config, Task};
use sdl_explorer::model::Weights;
use sdl_explorer::run::Run;
use sdl_explorer::theory::plane::{Basis, Of, Place, Plane, reordered};
use std::sync::Arc;

/// n 12, n_input 8, n_latent 16, S 0.85: small enough for every method.
fn config() -> Config {
    let mut c = Config::default();
    (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (12, 8, 0.85);
    (c.model.n_latent, c.model.k) = (16, 2.0);
    (c.anchors.count, c.scoring.hold_out, c.scoring.rows) = (0, 0, 300);
    (c.training.batch, c.training.learning_rate) = (64, 1e-2);
    c
}

/// The same world (directions and evaluation batch), another start.
fn trained(mut config: Config, steps: u64, scale: f64) -> Run {
    config.model.init_norm *= scale;
    let mut run = Run::new(config, None).expect("valid");
    block_on(run.advance(steps));
    run
}

fn at(plane: &Plane, of: Of) -> Place {
    plane.report().marks.iter().find(|m| m.of == of).expect("a mark of it").place
}

fn sse(plane: &mut Plane, place: Place) -> f64 {
    block_on(plane.losses(&[[place.x, place.y]])).expect("the host stays")[0].sse
}

fn close(a: f64, b: f64, tolerance: f64, what: &str) {
    assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what}: {a}, expected {b}");
}

/// Every activation and task: the runs' corners have the losses that the runs themselves read.
#[test]
fn corners_have_the_losses_of_the_runs() {
    let mut cases = vec![];
    for activation in [Activation::Relu, Activation::JumpRelu, Activation::TopK, Activation::Gated] {
        let mut c = config();
        c.model.activation = activation;
        (c.model.b_enc, c.model.b_dec) = (activation != Activation::Gated, true);
        c.loss.l1 = if activation == Activation::TopK { 0.0 } else { 0.05 };
        cases.push((format!("{activation:?}"), c));
    }
    let mut transcoder = config();
    (transcoder.model.task, transcoder.bench.n_target, transcoder.model.skip) = (Task::Transcoder, 10, true);
    cases.push(("transcoder with a skip".to_owned(), transcoder));
    let mut crosscoder = config();
    (crosscoder.model.task, crosscoder.bench.n_sources) = (Task::Crosscoder, 2);
    cases.push(("crosscoder".to_owned(), crosscoder));
    let mut nested = config();
    nested.loss.matryoshka = vec![4, 8, 16];
    cases.push(("matryoshka".to_owned(), nested));
    let mut k_svd = config();
    (k_svd.training.algorithm, k_svd.training.batch) = (Algorithm::KSvd, 128);
    cases.push(("K-SVD".to_owned(), k_svd));
    for (name, c) in cases {
        let (mut a, mut b) = (trained(c.clone(), 20, 1.0), trained(c, 33, 1.5));
        let [of_a, of_b] = [&mut a, &mut b].map(|run| block_on(run.frame()).expect("the host stays").metrics);
        let mut plane = block_on(Plane::new(&mut a, Some(&mut b), Basis::Start, 300)).expect(&name);
        for (of, metrics) in [(Of::First, &of_a), (Of::Second, &of_b)] {
            let place = at(&plane, of);
            assert_eq!(place.off, 0.0, "{name}: {of:?} spans the plane");
            let loss = block_on(plane.losses(&[[place.x, place.y]])).expect("the host stays")[0];
            close(loss.sse, metrics.sse, 1e-6, &format!("{name}, error of {of:?}"));
            close(loss.penalty, metrics.penalty, 1e-5, &format!("{name}, penalty of {of:?}"));
            let approx = loss.approx.zip(metrics.approx_loss).expect("a bench without a copula");
            close(approx.0, approx.1, 1e-6, &format!("{name}, L̃ of {of:?}"));
        }
        assert!(of_a.sse != of_b.sse, "{name}: two runs");
    }
}

/// Batch Top-k has a threshold at inference that belongs to one run: here it selects within the batch everywhere.
#[test]
fn batch_top_k_selects_within_the_batch() {
    let mut c = config();
    c.model.activation = Activation::BatchTopK;
    let mut a = trained(c.clone(), 20, 1.0);
    let mut plane = block_on(Plane::new(&mut a, None, Basis::Around(1), 300)).expect("one run");
    // A run that has not taken a step has seen no threshold either.
    let weights = block_on(a.frame()).expect("the host stays").weights;
    let mut fresh = Run::new(c, None).expect("valid");
    for i in 0..16 {
        let row = |m: &[f32]| m[i * 8..][..8].to_vec();
        block_on(fresh.set_latent(i, &row(&weights.encoder), &row(&weights.decoder))).expect("a valid latent");
    }
    let expected = block_on(fresh.frame()).expect("the host stays").metrics.sse;
    close(sse(&mut plane, Place { x: 0.0, y: 0.0, off: 0.0 }), expected, 1e-6, "error");
}

/// The order of B's latents is nobody's business: the picture is the same to the bit.
#[test]
fn the_picture_does_not_depend_on_the_order_of_latents() {
    let (mut a, mut b) = (trained(config(), 60, 1.0), trained(config(), 80, 1.5));
    let weights = block_on(b.frame()).expect("the host stays").weights;
    // A cycle of all latents, 5 being coprime to 16.
    let order: Vec<usize> = (0..16).map(|i| (5 * i + 3) % 16).collect();
    let shuffled = reordered(&weights, &order);
    let mut c = trained(config(), 80, 1.5);
    for i in 0..16 {
        let row = |m: &[f32]| m[i * 8..][..8].to_vec();
        block_on(c.set_latent(i, &row(&shuffled.encoder), &row(&shuffled.decoder))).expect("a valid latent");
    }
    let points: Vec<[f64; 2]> = (0..9).map(|i| [f64::from(i % 3) - 0.5, f64::from(i / 3) * 0.8]).collect();
    let mut picture = |other: &mut Run| {
        let mut plane = block_on(Plane::new(&mut a, Some(other), Basis::Truth, 300)).expect("two runs of a bench");
        let marks = [Of::First, Of::Second, Of::Truth].map(|of| at(&plane, of));
        (marks, block_on(plane.losses(&points)).expect("the host stays"))
    };
    let (straight, permuted) = (picture(&mut b), picture(&mut c));
    assert!(straight == permuted, "{:?} is not {:?}", straight.0, permuted.0);
    // Unmatched they would lie farther apart.
    let apart = |v: &Weights, w: &Weights| -> f64 {
        let pairs = v.encoder.iter().chain(&v.decoder).zip(w.encoder.iter().chain(&w.decoder));
        pairs.map(|(v, w)| f64::from(v - w).powi(2)).sum::<f64>().sqrt()
    };
    let of_a = block_on(a.frame()).expect("the host stays").weights;
    assert!(straight.0[1].x < apart(&of_a, &shuffled) - 0.1, "matching brings the runs together");
}

/// Orthonormal directions, exact codes: the planted solution reconstructs everything, and is matched to the run's
/// latents although these are more, or fewer, than the features.
#[test]
fn the_planted_solution_of_an_orthonormal_world_has_no_loss() {
    for n_latent in [6, 8, 16] {
        let mut c = config();
        (c.bench.n_features, c.bench.n_input) = (8, 8);
        (c.model.n_latent, c.model.activation) = (n_latent, Activation::Relu);
        let mut world = World::new(&c, None).expect("the bench needs no file");
        let identity: Vec<f32> = (0..64).map(|i| if i % 9 == 0 { 1.0 } else { 0.0 }).collect();
        (world.directions_in, world.directions_out) = (identity.clone(), identity);
        if n_latent == 16 {
            // The truth undoes a scale, too.
            scale(&mut world, c.seed);
        }
        let world = Arc::new(world);
        let mut runs = [1.0, 1.5].map(|norm| {
            let mut c = c.clone();
            c.model.init_norm *= norm;
            let mut run = Run::of_world(c, world.clone());
            block_on(run.advance(30));
            run
        });
        let [a, b] = &mut runs;
        let mut plane = block_on(Plane::new(a, Some(b), Basis::Truth, 300)).expect("two runs of a bench");
        assert_eq!(plane.report().n_latent, 8.max(n_latent as usize));
        let (truth, first) = (at(&plane, Of::Truth), at(&plane, Of::First));
        let (at_truth, at_first) = (sse(&mut plane, truth), sse(&mut plane, first));
        assert!(at_truth < 1e-10 && at_first > 0.05, "{n_latent} latents: {at_truth} at the truth, {at_first} at A");
        assert!(at(&plane, Of::FirstStart).off > 0.0, "a start is not on a plane that it does not span");
    }
}

/// Li et al. 2018: every row of a direction is as long as the row of the weights; biases and thresholds stay.
#[test]
fn random_directions_are_filter_normalised() {
    let mut c = config();
    (c.model.activation, c.model.b_enc, c.model.b_dec) = (Activation::JumpRelu, true, true);
    let mut run = trained(c, 40, 1.0);
    let plane = block_on(Plane::new(&mut run, None, Basis::Around(7), 100)).expect("one run");
    let weights = block_on(run.frame()).expect("the host stays").weights;
    let norm = |row: &[f32]| row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    for step in [[1.0, 0.0], [0.0, 1.0]] {
        let moved = plane.weights(step);
        for (from, to) in [(&weights.encoder, &moved.encoder), (&weights.decoder, &moved.decoder)] {
            for (from, to) in from.chunks_exact(8).zip(to.chunks_exact(8)) {
                let by: Vec<f32> = to.iter().zip(from).map(|(to, from)| to - from).collect();
                close(norm(&by), norm(from), 1e-5, "length of a row of the direction");
            }
        }
        assert_eq!((&moved.b_enc, &moved.b_dec, &moved.theta), (&weights.b_enc, &weights.b_dec, &weights.theta));
    }
    let other = block_on(Plane::new(&mut run, None, Basis::Around(8), 100)).expect("one run");
    assert_ne!(plane.weights([1.0, 0.0]).encoder, other.weights([1.0, 0.0]).encoder, "the number names the directions");
}

/// A path's points: on the plane where they are, else their shadow at the right distance.
#[test]
fn weights_are_placed_where_they_are() {
    let (mut a, mut b) = (trained(config(), 20, 1.0), trained(config(), 30, 1.5));
    let plane = block_on(Plane::new(&mut a, Some(&mut b), Basis::Truth, 100)).expect("two runs");
    let of_b = block_on(b.frame()).expect("the host stays").weights;
    let (mark, found) = (at(&plane, Of::Second), plane.place(true, &of_b));
    close(found.x, mark.x, 1e-9, "x of B");
    close(found.y, mark.y, 1e-9, "y of B");
    let mut pushed = of_b.clone();
    pushed.b_enc[3] += 2.0;
    let off = plane.place(true, &pushed);
    // Biases are off in both runs and the truth: a push there is straight away from the plane.
    close(off.off, 2.0, 1e-6, "distance");
    close(off.x, mark.x, 1e-6, "x of its shadow");
}

#[test]
fn what_spans_no_plane_is_refused_in_words() {
    let refused =
        |a: &mut Run, b: Option<&mut Run>, basis| block_on(Plane::new(a, b, basis, 100)).err().expect("no plane");
    let (mut a, mut same) = (trained(config(), 5, 1.0), trained(config(), 5, 1.0));
    assert!(refused(&mut a, Some(&mut same), Basis::Truth).contains("same weights"));
    assert!(refused(&mut a, None, Basis::Start).contains("no second run"));
    let mut fresh = trained(config(), 0, 1.0);
    assert!(refused(&mut fresh, Some(&mut a), Basis::Start).contains("on a line"));
    let mut wide = config();
    wide.bench.n_input = 10;
    assert!(refused(&mut a, Some(&mut trained(wide, 1, 1.0)), Basis::Truth).contains("different worlds"));
    let mut large = config();
    large.model.n_latent = 2_100;
    assert!(refused(&mut a, Some(&mut trained(large, 1, 1.0)), Basis::Truth).contains("too many to match"));
}
