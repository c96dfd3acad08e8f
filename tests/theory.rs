//! The paper's examples, on the engine itself (arXiv 2512.05534: Examples and Theorems 3.1 to 3.5).

use crate::support::{problem, reference};
use pollster::block_on;
use sdl_explorer::bench::{Batch, SparseBatch};
use sdl_explorer::config::{Config, Interference};
use sdl_explorer::model::{Hyper, Weights};
use sdl_explorer::run::Run;
use sdl_explorer::train::cpu::Cpu;
use sdl_explorer::train::{Backend, State};
use std::sync::Arc;

/// Two orthonormal features, two latents, Top-1 after ReLU.
fn example() -> (Config, sdl_explorer::train::Problem) {
    let mut c = Config::default();
    (c.bench.n_features, c.bench.n_input) = (2, 2);
    (c.model.n_latent, c.model.k, c.training.batch) = (2, 1.0, 2);
    c.model.unit_norm_decoder = false;
    (c.anchors.count, c.scoring.hold_out) = (0, 0);
    let mut p = problem(&c);
    let mut world = (*p.world).clone();
    world.directions_in = vec![1.0, 0.0, 0.0, 1.0];
    world.directions_out = world.directions_in.clone();
    p.world = Arc::new(world);
    (c, p)
}

/// Example 3.3: W_E = [[1,1],[0,0]], W_D = [[½,0],[½,0]] has L̃ = 1 (M_d = 1), zero gradients, and latent 2 is dead.
#[test]
fn the_spurious_minimum_of_the_paper_is_one() {
    let (c, p) = example();
    let hyper = Hyper::new(&c, 0);
    // The decoder is stored latent-major: its columns are the rows here.
    let w = Weights {
        encoder: vec![1.0, 1.0, 0.0, 0.0],
        decoder: vec![0.5, 0.5, 0.0, 0.0],
        b_enc: vec![0.0; 2],
        b_dec: vec![0.0; 2],
        ..Weights::default()
    };
    let alone = Batch::Sparse(SparseBatch::alone(2));
    let (input, target) = p.world.expand(&alone);
    let judge = reference(&p);
    let pass = judge.forward(&w, &input, &target, &hyper);
    assert_eq!(pass.sse.iter().sum::<f64>(), 1.0);
    let gradient = judge.gradient(&w, &input, &pass, &hyper);
    assert!(gradient.encoder.iter().chain(&gradient.decoder).all(|g| *g == 0.0), "{gradient:?}");

    let mut cpu = Cpu::new(p.clone(), State::of(w.to_f32(), p.shape));
    let evaluation = block_on(cpu.evaluate(&alone, &hyper, true)).expect("the CPU stays");
    assert_eq!(evaluation.sse.iter().sum::<f32>(), 1.0);
    assert_eq!(evaluation.pattern, [0b11, 0b00], "latent 1 answers to both, latent 2 to none");
    cpu.train(&[alone], &[hyper]).expect("the CPU stays");
    let after = block_on(cpu.weights()).expect("the CPU stays");
    assert_eq!(after, w.to_f32(), "nothing moves at a stationary point");
}

/// Theorem 3.2: W_E = [W_pᵀ; 0], W_D = [W_r, 0] recovers everything and has L̃ ≤ n² M² Σ M_d.
#[test]
fn planted_weights_give_perfect_recovery() {
    for interference in [Interference::Bounded, Interference::Negative] {
        let mut c = Config::default();
        c.bench.interference = interference;
        c.anchors.count = 0;
        c.scoring.hold_out = 0;
        // Only the strongest latent answers: a feature alone is then reconstructed exactly.
        c.model.k = 1.0;
        let mut r = Run::new(c, None).expect("valid");
        let directions = r.world().directions_in.clone();
        for i in 0..64 {
            let row = directions.get(i * 16..(i + 1) * 16).unwrap_or(&[0.0; 16]);
            block_on(r.set_latent(i, row, row)).expect("a valid latent");
        }
        let m = block_on(r.frame()).expect("the CPU stays").metrics;
        for recovery in [&m.encoder_raw, &m.encoder_cosine, &m.decoder_raw, &m.decoder_cosine] {
            assert!((recovery.mip - 1.0).abs() < 1e-5 && recovery.mgt == 1.0, "{} {}", recovery.mip, recovery.mgt);
            // Scores are |⟨·,·⟩|: of two opposite directions either latent will do.
            if interference == Interference::Bounded {
                assert_eq!(recovery.latent, (0..32).collect::<Vec<u32>>());
            }
        }
        assert!(m.approx_loss.expect("a bench") < 1e-9);
        assert_eq!(m.n_polysemantic(), 0);
        assert!(m.latents_per_feature.iter().all(|k| *k == 1));
        assert!(
            m.features_per_latent[..32].iter().all(|n| *n == 1) && m.features_per_latent[32..].iter().all(|n| *n == 0)
        );
    }
}

/// v3 3.3–3.4: [I; −I] with ReLU reconstructs everything exactly and recovers nothing.
#[test]
fn zero_loss_does_not_mean_recovery() {
    let mut c = Config::default();
    (c.bench.n_features, c.bench.n_input) = (4, 2);
    c.bench.interference = Interference::Negative;
    c.model.activation = sdl_explorer::config::Activation::Relu;
    (c.model.n_latent, c.model.k) = (4, 1.0);
    (c.anchors.count, c.scoring.hold_out) = (0, 0);
    // Half a turn between the split basis and the features, whatever their start: rotate the basis by 45° from them.
    let mut r = Run::new(c, None).expect("valid");
    let (x, y) = (r.world().directions_in[0], r.world().directions_in[1]);
    let h = std::f32::consts::FRAC_1_SQRT_2;
    let (u, v) = ([h * (x - y), h * (x + y)], [-h * (x + y), h * (x - y)]);
    for (latent, row) in [u, v, [-u[0], -u[1]], [-v[0], -v[1]]].iter().enumerate() {
        block_on(r.set_latent(latent, row, row)).expect("a valid latent");
    }
    let m = block_on(r.frame()).expect("the CPU stays").metrics;
    assert!(m.sse < 1e-9 && m.explained_variance > 1.0 - 1e-6, "{}", m.sse);
    assert!(m.approx_loss.expect("a bench") < 1e-9);
    assert_eq!(m.decoder_cosine.mgt, 0.0);
    assert!(m.decoder_cosine.mip < 0.75, "{}", m.decoder_cosine.mip);
}

/// L̃ against the paper's sum with M_d from the firing statistics, and Theorem 3.1's bound.
#[test]
fn the_approximate_loss_is_close_where_it_should_be() {
    let mut c = Config::default();
    (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (8, 8, 0.999);
    (c.model.n_latent, c.model.k) = (8, 8.0);
    (c.anchors.count, c.scoring.hold_out) = (0, 0);
    c.scoring.rows = 1 << 20;
    let mut r = Run::new(c, None).expect("valid");
    let m = block_on(r.frame()).expect("the CPU stays").metrics;
    let approx = m.approx_loss.expect("a bench");
    assert!(approx > 0.0 && m.sse > 0.0);
    // Samples with two features or more are rarer than n²(1−S)²/2 = 3·10⁻⁵ of all; what is left is sampling noise.
    assert!((m.sse - approx).abs() < 0.08 * approx, "L = {}, L̃ = {approx}", m.sse);
}
