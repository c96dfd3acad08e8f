//! Theorems 3.1, 3.2, 3.8 and those of v3 (zero loss, biconvexity) on seeded random instances, and by hand.

use super::{random_directions, random_world, stream};
use sdl_explorer::config::{Activation, Config};
use sdl_explorer::theory::simplified::{Point, Sigma, Simplified};
use sdl_explorer::theory::{absorption, biconvex, extreme, planted, small, zero_loss};

fn random_point(stream: &mut sdl_explorer::rng::Stream, world: &Simplified, n_latent: usize) -> Point {
    Point {
        encoder: random_directions(stream, n_latent, world.directions_in[0].len()),
        decoder: random_directions(stream, n_latent, world.directions_out[0].len()),
    }
}

/// L̃ ≤ M² Σ M_d (K_d − 1)² ≤ n² M² Σ M_d, and per feature too.
#[test]
fn planted_solutions_keep_to_their_bounds() {
    let mut with_error = 0;
    for instance in 0..300 {
        let mut random = stream(10_000 + instance);
        let sigma = [Sigma::Relu, Sigma::TopK(1), Sigma::TopK(2)][instance as usize % 3];
        let (n, width) = (2 + random.below(12), 2 + random.below(8));
        let world = random_world(&mut random, n, width, instance % 2 == 1, sigma);
        let r = planted::report(&world, n + random.below(4)).expect("enough latents");
        assert!(r.loss <= r.bound * (1.0 + 1e-12) + 1e-12, "{instance}: {r:?}");
        assert!(r.bound <= r.loose_bound * (1.0 + 1e-12), "{instance}: {r:?}");
        for (error, k) in r.error_per_feature.iter().zip(&r.latents_per_feature) {
            assert!(error.sqrt() <= r.interference * (*k as f64 - 1.0) + 1e-9, "{instance}: {error} {k}");
        }
        with_error += usize::from(r.loss > 1e-6);
    }
    assert!(with_error > 100, "{with_error}");
    let world = random_world(&mut stream(1), 4, 4, false, Sigma::Relu);
    assert!(planted::report(&world, 3).unwrap_err().contains("n_latent is 3"));
}

/// The split basis reconstructs every feature and is far from all of them; trained ends that are called zero are.
#[test]
fn zero_loss_is_not_recovery() {
    for instance in 0..100 {
        let mut random = stream(20_000 + instance);
        let (n, width) = (2 + random.below(8), 2 + random.below(5));
        let world = random_world(&mut random, n, width, false, Sigma::Relu);
        let end = zero_loss::split_basis(&world, instance as u32).expect("a ReLU autoencoder");
        assert!(end.loss < 1e-24 && end.is_zero, "{instance}: {}", end.loss);
        assert!(width == 2 && n > 4 || end.recovered == 0, "{instance}: {end:?}");
        // Nothing about it is special to the features: any other input comes back as well.
        let x = &random_directions(&mut random, 1, width)[0];
        let other =
            Simplified { directions_in: vec![x.clone()], directions_out: vec![x.clone()], mass: vec![1.0], ..world };
        assert!(other.loss(&end.point) < 1e-24);
    }
    let fan = small::Ask { world: small::Kind::Fan { n: 4, degrees: 90.0 }, sigma: Sigma::Relu, mass: None };
    let world = small::report(&fan).expect("a fan").world;
    let ask = zero_loss::Training { n_latent: 6, steps: 3_000, learning_rate: 0.02, first_seed: 0, seeds: 24 };
    let ends = zero_loss::train(&world, &ask).expect("a small training");
    assert_eq!(
        ends[5].point,
        zero_loss::train(&world, &zero_loss::Training { first_seed: 5, seeds: 1, ..ask }).unwrap()[0].point
    );
    let zero: Vec<_> = ends.iter().filter(|e| e.is_zero).collect();
    assert!(zero.len() > 6, "{} of {} end at zero", zero.len(), ends.len());
    assert!(zero.iter().any(|e| e.recovered < 4), "some end at zero without all features");
    for end in zero {
        assert!(world.loss(&end.point) < 4e-6);
    }
}

/// Convex in each block inside a region, whatever the segment; not across boundaries, and not in both blocks at once.
#[test]
fn pieces_are_biconvex_and_no_more() {
    let (mut broken_across, mut broken_jointly, mut inside) = (0, 0, 0);
    for instance in 0..200 {
        let mut random = stream(30_000 + instance);
        let sigma = [Sigma::Relu, Sigma::TopK(1), Sigma::TopK(2), Sigma::JumpRelu(0.2)][instance as usize % 4];
        let world = random_world(&mut random, 4, 3, instance % 3 == 0, sigma);
        let (from, to) = (random_point(&mut random, &world, 3), random_point(&mut random, &world, 3));
        let r = biconvex::report(&biconvex::Ask { world, from, to, steps: 60 }).expect("a segment");
        assert_eq!(r.decoder.patterns.len(), 1, "the decoder has no part in the pattern");
        for line in [&r.encoder, &r.decoder] {
            let worst = line.inside.as_ref().map_or(0.0, |m| m.excess);
            assert!(worst < 1e-12, "{instance}: {line:?}");
            inside += 1;
        }
        broken_across += usize::from(r.encoder.across.is_some_and(|m| m.excess > 1e-6));
        broken_jointly += usize::from(r.both.inside.is_some_and(|m| m.excess > 1e-6));
    }
    assert!(inside == 400 && broken_across > 100 && broken_jointly > 10, "{broken_across} {broken_jointly}");
}

/// Theorem 3.8 from every realizable parent pattern of three children: the stated pattern comes out, and it is
/// polysemantic, with L̃ > 0 at its least-squares point.
#[test]
fn absorption_comes_out_as_stated() {
    let (mut made, mut refused) = (0, 0);
    for instance in 0..300 {
        let mut random = stream(40_000 + instance);
        let sigma = [Sigma::Relu, Sigma::JumpRelu(0.4)][instance as usize % 2];
        let width = 3 + random.below(4);
        let world = random_world(&mut random, 5, width, false, sigma);
        let child = random.below(3);
        let ask = absorption::Ask {
            world,
            pattern: vec![vec![0, 1, 2], vec![3], vec![4], vec![]],
            parent: 0,
            child,
            idle: 3,
            names: None,
        };
        let r = absorption::report(&ask).expect("a parent and an idle latent");
        let Some(m) = r.made else {
            refused += 1;
            assert!(r.reason.is_some());
            continue;
        };
        made += 1;
        assert!(m.as_stated, "{instance}: {:?}", m.after);
        assert_eq!(m.before.pattern, ask.pattern);
        assert!(m.c < m.a_min && m.lambda < 1.0 && m.c_after > m.c);
        assert!(m.after.at.loss > 1e-9 && m.after.at.gradient_decoder < 1e-9, "{instance}: {:?}", m.after.at);
    }
    assert!(made > 80 && refused > 20, "{made} made, {refused} refused");
}

/// Theorem 3.1 where everything can be computed by hand: zero weights have L_SDL = E‖x‖², and the bound holds with the
/// largest error drawn.
#[test]
fn the_loss_of_nothing_is_known() {
    let mut config = Config::default();
    (config.bench.n_features, config.bench.n_input, config.bench.max_interference) = (6, 24, 0.02);
    (config.anchors.count, config.scoring.hold_out, config.model.n_latent) = (0, 0, 4);
    (config.model.activation, config.model.b_enc, config.model.b_dec) = (Activation::Relu, false, false);
    config.model.k = 1.0;
    let sparsities = vec![0.5, 0.9, 0.99, 0.999, 0.9999];
    let ask = extreme::Ask {
        config: serde_json::to_value(&config).expect("plain data"),
        weights: extreme::Parts { encoder: vec![0.0; 96], decoder: vec![0.0; 96], ..extreme::Parts::default() },
        sparsities: sparsities.clone(),
    };
    let r = extreme::report(&ask).expect("a bench");
    assert!(r.applies, "{:?}", r.why_not);
    let world = sdl_explorer::bench::World::new(&config, None).expect("a bench");
    let w = &world.directions_in;
    let products: f64 = (0..6)
        .flat_map(|i| (0..6).filter(move |j| *j != i).map(move |j| (i, j)))
        .map(|(i, j)| (0..24).map(|a| f64::from(w[i * 24 + a]) * f64::from(w[j * 24 + a])).sum::<f64>())
        .sum();
    for (at, s) in r.curve.iter().zip(sparsities) {
        // E‖Σ x_d w_d‖² = n(1−S) E[x²] + (1−S)² E[x]² Σ_{i≠j} ⟨w_i, w_j⟩ with E[x] = 1, E[x²] = 2.
        let exact = 6.0 * (1.0 - s) * 2.0 + (1.0 - s) * (1.0 - s) * products;
        assert!(
            (at.loss - exact).abs() < 2.0 * at.loss_error + 1e-9,
            "S {s}: {} for {exact} ± {}",
            at.loss,
            at.loss_error
        );
        let approx = 6.0 * (1.0 - s) * s.powi(5) * 2.0;
        assert!((at.approx.expect("known") - approx).abs() < 1e-6 * approx);
        assert!(at.gap.expect("known") <= at.bound.expect("applies"), "S {s}: {at:?}");
        assert_eq!(at.informative, at.bound < at.approx);
    }
    assert!(!r.curve[0].informative && r.curve[4].informative, "{:?}", r.curve);
    let above = r.informative_above.expect("at high S");
    assert!((0.9..0.9999).contains(&above), "{above}");
}

/// Questions that have no answer are refused by field and remedy; models that the theorem leaves out say why.
#[test]
fn what_the_theorem_leaves_out_is_said() {
    let mut config = Config::default();
    (config.bench.n_features, config.bench.n_input) = (6, 8);
    (config.anchors.count, config.scoring.hold_out, config.model.n_latent, config.model.k) = (0, 0, 4, 2.0);
    let ask = |config: &Config, encoder: usize, sparsities: Vec<f64>| {
        extreme::report(&extreme::Ask {
            config: serde_json::to_value(config).expect("plain data"),
            weights: extreme::Parts {
                encoder: vec![0.1; encoder],
                decoder: vec![0.1; 32],
                ..extreme::Parts::default()
            },
            sparsities,
        })
    };
    assert!(ask(&config, 31, vec![0.9]).unwrap_err().contains("weights.encoder has 31"));
    assert!(ask(&config, 32, vec![1.0]).unwrap_err().contains("sparsities has 1"));
    config.model.activation = Activation::BatchTopK;
    let r = ask(&config, 32, vec![0.9]).expect("a bench");
    assert!(!r.applies && r.why_not.iter().any(|w| w.contains("threshold")) && r.curve[0].bound.is_none());
    (config.bench.n_parents, config.bench.n_children) = (1, 2);
    let r = ask(&config, 32, vec![0.9, 0.95]).expect("a bench");
    assert!(r.why_not.iter().any(|w| w.contains("independently")) && r.curve.len() == 2);
}
