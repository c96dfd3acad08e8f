//! What changes while a run goes on by rule: p, the penalties' size, the threshold of Batch Top-k.

use pollster::block_on;
use sdl_explorer::config::{Activation, Config};
use sdl_explorer::run::{Run, Stopped};
use sdl_explorer::train::State;

fn run(config: &Config) -> Run {
    Run::new(config.clone(), None).expect("valid")
}

fn advance(run: &mut Run, steps: u64) {
    assert_eq!(block_on(run.advance(steps)), Stopped::No);
}

fn state(run: &mut Run) -> State {
    block_on(run.checkpoint()).expect("the CPU stays").clone()
}

fn annealed() -> Config {
    let mut c = Config::default();
    (c.model.activation, c.loss.l1) = (Activation::Relu, 0.2);
    (c.loss.p_end, c.loss.p_from, c.loss.p_until, c.loss.p_updates) = (0.4, 100, 200, 3);
    c
}

#[test]
fn the_penalty_keeps_its_size_when_p_falls() {
    let mut r = run(&annealed());
    let mut last = f64::NAN;
    for (until, falls) in [(99, false), (100, true), (149, false), (150, true), (199, false), (200, true), (260, false)]
    {
        let steps = until - r.step();
        let scale = state(&mut r).l1_scale;
        advance(&mut r, steps);
        let penalty = block_on(r.frame()).expect("the CPU stays").metrics.penalty;
        assert_eq!(state(&mut r).l1_scale != scale, falls, "at step {until}");
        if falls {
            assert!((penalty / last - 1.0).abs() < 0.05, "at step {until}: {last}, then {penalty}");
        }
        last = penalty;
    }
}

#[test]
fn a_fall_of_p_does_not_depend_on_how_the_run_is_stepped() {
    let (mut a, mut b) = (run(&annealed()), run(&annealed()));
    advance(&mut a, 230);
    for steps in [100, 1, 49, 40] {
        advance(&mut b, steps);
    }
    let bytes = state(&mut b).to_bytes();
    let mut c = run(&annealed());
    block_on(async {
        let state = State::from_bytes(&bytes, c.shape()).expect("its own bytes");
        c.restore(state).expect("the CPU stays");
    });
    advance(&mut c, 40);
    assert_eq!(state(&mut a), state(&mut c));
}

/// Wherever λ starts, within what the controller can make up for in so many steps.
#[test]
fn the_controller_holds_l0_at_its_target_for_every_penalty() {
    let relu: fn(&mut Config) = |c| (c.model.activation, c.model.b_enc, c.loss.l1) = (Activation::Relu, true, 0.6);
    let jump: fn(&mut Config) = |c| {
        (c.model.activation, c.loss.l0, c.model.bandwidth) = (Activation::JumpRelu, 0.05, 0.3);
    };
    let gated: fn(&mut Config) = |c| (c.model.activation, c.loss.l1) = (Activation::Gated, 0.6);
    for (name, change) in [("relu", relu), ("jump_relu", jump), ("gated", gated)] {
        for size in [0.8, 1.6] {
            let mut c = Config::default();
            change(&mut c);
            (c.loss.l1, c.loss.l0) = (size * c.loss.l1, size * c.loss.l0);
            (c.loss.target_l0, c.training.learning_rate) = (2.0, 3e-3);
            let mut r = run(&c);
            advance(&mut r, 9_000);
            let control = state(&mut r).control;
            let l0 = block_on(r.frame()).expect("the CPU stays").metrics.l0;
            println!("{name}, {size} λ: L0 {l0:.3}, penalties × {:.3}", control.multiplier);
            assert!((l0 - 2.0).abs() < 0.2, "{name}, {size} λ: L0 is {l0}, multiplier {}", control.multiplier);
        }
    }
}

/// By its threshold, sample by sample, Batch Top-k fires about as many latents as it did within batches.
#[test]
fn batch_top_k_fires_as_much_by_its_threshold() {
    let mut c = Config::default();
    (c.model.activation, c.model.k) = (Activation::BatchTopK, 1.6);
    let mut r = run(&c);
    let first = {
        advance(&mut r, 1);
        state(&mut r).control.threshold
    };
    assert!(first > 0.0, "the running mean starts at the first observation");
    advance(&mut r, 2_000);
    let m = block_on(r.frame()).expect("the CPU stays").metrics;
    assert!((m.l0 - 1.6).abs() < 0.1, "L0 by threshold is {}", m.l0);
    // Every feature alone, with nobody to compete with, still fires its latent.
    assert!(m.latents_per_feature.iter().all(|k| *k > 0));
}
