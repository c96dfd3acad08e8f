//! Every method of the table, on every backend: from the same weights and batches they take the reference's course.

use crate::support::*;
use pollster::block_on;
use sdl_explorer::config::{Activation, AuxForm, BiasStart, Config, Task, Treatment, Weighting};
use sdl_explorer::model::Hyper;
use sdl_explorer::train::{AnyBackend, Backend, Problem, State};

/// A method's name, and its config from that of `support::config`.
pub type Method = (&'static str, fn(&mut Config));

/// Every activation, task, loss term and treatment, and how they meet.
pub const METHODS: &[Method] = &[
    ("relu, l1", |c| penalised(c, Activation::Relu)),
    ("relu, l1 by norm, free decoder", |c| {
        penalised(c, Activation::Relu);
        (c.loss.l1_weighting, c.model.unit_norm_decoder) = (Weighting::DecoderNorm, false);
    }),
    ("relu, tanh by norm, free decoder", |c| {
        penalised(c, Activation::Relu);
        (c.loss.l1, c.loss.tanh, c.loss.tanh_scale) = (0.0, 0.2, 3.0);
        (c.loss.l1_weighting, c.model.unit_norm_decoder) = (Weighting::DecoderNorm, false);
    }),
    ("relu, p = 0.6", |c| {
        penalised(c, Activation::Relu);
        (c.loss.p_end, c.loss.p_from, c.loss.p_until) = (0.6, 0, 0);
    }),
    ("relu, l1, controller", |c| {
        penalised(c, Activation::Relu);
        c.loss.target_l0 = 4.0;
    }),
    ("jump_relu, l0", jump_relu),
    ("jump_relu, l0 and tanh by norm, biases, controller", |c| {
        jump_relu(c);
        (c.loss.tanh, c.loss.l1_weighting, c.loss.target_l0) = (0.1, Weighting::DecoderNorm, 3.0);
        (c.model.b_enc, c.model.b_dec, c.model.shift_input) = (true, true, true);
        c.model.unit_norm_decoder = false;
    }),
    ("jump_relu, matryoshka", |c| {
        jump_relu(c);
        c.loss.matryoshka = vec![4, 16];
    }),
    ("jump_relu, aux_k", |c| {
        jump_relu(c);
        c.loss.aux_k = 0.5;
    }),
    ("top_k", |_| {}),
    ("top_k, rank by norm, free decoder", |c| {
        (c.model.rank_by_norm, c.model.unit_norm_decoder) = (true, false);
    }),
    ("top_k, aux_k", |c| c.loss.aux_k = 1.0 / 32.0),
    ("top_k, aux_k plain, few, with ReLU", |c| {
        (c.loss.aux_k, c.loss.aux_k_form) = (0.3, AuxForm::Plain);
        (c.loss.aux_k_latents, c.loss.aux_k_relu) = (2, true);
    }),
    ("top_k, ghost gradients", |c| c.dead.treatment = Treatment::Ghost),
    ("relu, l1, ghost gradients", |c| {
        penalised(c, Activation::Relu);
        c.dead.treatment = Treatment::Ghost;
    }),
    ("top_k, matryoshka", |c| {
        c.loss.matryoshka = vec![2, 8, 20];
        c.loss.matryoshka_weights = vec![0.1, 0.2, 0.3, 0.4];
    }),
    ("top_k, matryoshka, aux_k, biases, anchors", |c| {
        (c.loss.matryoshka, c.loss.aux_k) = (vec![2, 8, 20], 0.2);
        (c.model.b_enc, c.model.b_dec, c.model.shift_input) = (true, true, true);
        (c.anchors.count, c.anchors.coefficient) = (5, 0.3);
    }),
    ("relu, l1, matryoshka", |c| {
        penalised(c, Activation::Relu);
        c.loss.matryoshka = vec![5, 11];
    }),
    ("multi_k", |c| (c.model.k, c.loss.multi_k) = (8.0, vec![1, 3])),
    ("multi_k, aux_k, b_dec", |c| {
        (c.model.k, c.loss.multi_k, c.loss.multi_k_weights) = (6.0, vec![2, 3], vec![0.2, 0.3, 0.5]);
        (c.loss.aux_k, c.model.b_dec) = (0.1, true);
    }),
    ("batch_top_k", |c| c.model.activation = Activation::BatchTopK),
    ("batch_top_k, k = 0.7, biases", |c| {
        (c.model.activation, c.model.k) = (Activation::BatchTopK, 0.7);
        (c.model.b_enc, c.model.b_dec, c.model.shift_input) = (true, true, true);
    }),
    ("batch_top_k, rank by norm, matryoshka, aux_k", |c| {
        c.model.activation = Activation::BatchTopK;
        (c.model.rank_by_norm, c.model.unit_norm_decoder) = (true, false);
        (c.loss.matryoshka, c.loss.aux_k) = (vec![3, 12], 0.1);
    }),
    ("gated", |c| penalised(c, Activation::Gated)),
    ("gated by norm, biases, matryoshka", |c| {
        penalised(c, Activation::Gated);
        (c.loss.l1_weighting, c.model.unit_norm_decoder) = (Weighting::DecoderNorm, false);
        (c.model.b_dec, c.model.shift_input, c.loss.matryoshka) = (true, true, vec![7]);
    }),
    ("transcoder, top_k", |c| transcoder(c)),
    ("transcoder, relu, l1, skip, b_dec", |c| {
        transcoder(c);
        penalised(c, Activation::Relu);
        (c.model.skip, c.model.b_dec, c.model.b_dec_start) = (true, true, BiasStart::Mean);
        (c.model.unit_norm_decoder, c.model.zero_decoder) = (false, true);
    }),
    ("transcoder, multi_k, skip, anchors", |c| {
        transcoder(c);
        (c.model.k, c.loss.multi_k, c.model.skip) = (5.0, vec![1, 2], true);
        (c.anchors.count, c.anchors.coefficient) = (5, 0.3);
    }),
    ("crosscoder, relu, l1 by norm", |c| {
        crosscoder(c);
        penalised(c, Activation::Relu);
        (c.loss.l1_weighting, c.model.unit_norm_decoder) = (Weighting::DecoderNorm, false);
    }),
    ("crosscoder, batch_top_k, rank by norm, geometric median", |c| {
        crosscoder(c);
        c.model.activation = Activation::BatchTopK;
        (c.model.rank_by_norm, c.model.unit_norm_decoder) = (true, false);
        (c.model.b_dec, c.model.b_dec_start) = (true, BiasStart::GeometricMedian);
    }),
    ("crosscoder, three scaled sources, jump_relu, tanh by norm", |c| {
        crosscoder(c);
        jump_relu(c);
        (c.bench.n_sources, c.model.scale_data) = (3, true);
        (c.loss.tanh, c.loss.l1_weighting, c.model.unit_norm_decoder) = (0.1, Weighting::DecoderNorm, false);
    }),
    ("top_k, scaled data, clip", |c| (c.model.scale_data, c.training.clip) = (true, 0.2)),
    ("gated, clip, biases", |c| {
        penalised(c, Activation::Gated);
        (c.model.b_dec, c.training.clip) = (true, 0.1);
    }),
    ("jump_relu, clip, skip", |c| {
        transcoder(c);
        jump_relu(c);
        (c.model.skip, c.training.clip) = (true, 0.1);
    }),
];

fn penalised(c: &mut Config, activation: Activation) {
    (c.model.activation, c.loss.l1) = (activation, 0.1);
}

fn jump_relu(c: &mut Config) {
    (c.model.activation, c.model.theta, c.model.bandwidth, c.loss.l0) = (Activation::JumpRelu, 0.3, 0.4, 0.05);
}

fn transcoder(c: &mut Config) {
    (c.model.task, c.bench.n_target) = (Task::Transcoder, 7);
}

fn crosscoder(c: &mut Config) {
    (c.model.task, c.bench.n_input, c.bench.exclusive) = (Task::Crosscoder, 5, 0.25);
}

pub fn config_of(method: &Method) -> Config {
    let mut c = config();
    c.dead.window = 100;
    method.1(&mut c);
    c
}

/// A state in the middle of things, with every third latent dead.
pub fn state_of(config: &Config, problem: &Problem) -> State {
    let mut state = state(config, problem);
    state.since_fired.iter_mut().step_by(3).for_each(|since| *since = 1_000);
    state
}

/// Three steps from the middle of things: losses, weights, moments, counters and the controls are the reference's.
#[test]
fn every_method_learns_as_the_reference() {
    for method in METHODS {
        let config = config_of(method);
        let problem = problem(&config);
        let start = state_of(&config, &problem);
        let batches = batches(&config, &problem, 3);
        let hypers: Vec<_> = (0..3).map(|step| Hyper::new(&config, step)).collect();
        let (losses, expected) = train_reference(&config, &problem, &start, &batches);
        let losses: Vec<f32> = losses.iter().map(|l| *l as f32).collect();
        for (place, mut backend) in backends(&problem, &start) {
            let name = format!("{place}, {}", method.0);
            backend.train(&batches, &hypers).unwrap();
            let got_losses = block_on(backend.losses()).unwrap();
            let got = block_on(backend.state()).unwrap();
            assert_close(&format!("{name}: losses"), &got_losses, &losses, 4e-6);
            assert_weights_close(&format!("{name}: weights"), &got.weights, &expected.weights, 2e-5);
            assert_weights_close(&format!("{name}: means"), &got.mean, &expected.mean, 1e-5);
            assert_weights_close(&format!("{name}: squares"), &got.square, &expected.square, 1e-5);
            assert_eq!(got.since_fired, expected.since_fired, "{name}: since_fired");
            assert_eq!(got.fire_count, expected.fire_count, "{name}: fire_count");
            let (a, b) = (got.control, expected.control);
            let controls = |c: sdl_explorer::model::Control| {
                [c.threshold, c.threshold_seen, c.l0_mean, c.l0_rate, c.l0_seen, c.multiplier]
            };
            assert_close(&format!("{name}: control"), &controls(a), &controls(b), 2e-6);
        }
    }
}

/// Fifty steps from the start: reference, CPU and GPU from the same weights and batches. Rounding differs, and where
/// it flips a selection a latent moves by up to a step, so the bound is on the distance beside the way gone.
#[test]
fn every_method_takes_the_same_course_on_all_backends() {
    const STEPS: usize = 50;
    let mut far = vec![];
    println!("{:<60} {:>10} {:>10}", "method", "losses", "weights");
    for method in METHODS {
        let mut config = config_of(method);
        config.training.learning_rate = 1e-3;
        // Tied and alone in a sample, a latent has r ⟂ w_D^i: its encoder's gradient is rounding alone, of which Adam
        // makes whole steps.
        config.model.tied_init = false;
        let problem = problem(&config);
        let mut start = State::start(&config, &problem);
        start.since_fired.iter_mut().step_by(3).for_each(|since| *since = 1_000);
        let batches = batches(&config, &problem, STEPS);
        let hypers: Vec<_> = (0..STEPS as u64).map(|step| Hyper::new(&config, step)).collect();
        let (losses, expected) = train_reference(&config, &problem, &start, &batches);
        for (place, mut backend) in backends(&problem, &start) {
            backend.train(&batches, &hypers).unwrap();
            let got_losses = block_on(backend.losses()).unwrap();
            let got = block_on(backend.state()).unwrap();
            let loss =
                losses.iter().zip(&got_losses).map(|(a, b)| (a - f64::from(*b)).abs() / (1.0 + a)).fold(0.0, f64::max);
            let (apart, gone) = distances(&got, &expected, &start);
            let course = apart / gone;
            println!("{:<60} {loss:>10.1e} {course:>10.1e}", format!("{place}, {}", method.0));
            if loss > 1e-5 || course > 1e-4 || loss.is_nan() || course.is_nan() {
                far.push(format!("{place}, {}: losses {loss:.1e}, weights {course:.1e}", method.0));
            }
        }
    }
    assert!(far.is_empty(), "too far from the reference:\n  {}", far.join("\n  "));
}

/// ‖got − expected‖ and ‖expected − start‖ over all weights.
fn distances(got: &State, expected: &State, start: &State) -> (f64, f64) {
    let (mut apart, mut gone) = (0.0, 0.0);
    let parts = got.weights.parts().into_iter().zip(expected.weights.parts()).zip(start.weights.parts());
    for (((_, got), (_, expected)), (_, start)) in parts {
        for ((g, e), s) in got.iter().zip(expected).zip(start) {
            apart += f64::from(g - e).powi(2);
            gone += f64::from(e - s).powi(2);
        }
    }
    (apart.sqrt(), gone.sqrt())
}

/// The same call twice gives the same bits, on each backend.
#[test]
fn every_method_repeats_bit_for_bit() {
    for method in METHODS {
        let config = config_of(method);
        let problem = problem(&config);
        let start = state_of(&config, &problem);
        let batches = batches(&config, &problem, 6);
        let hypers: Vec<_> = (0..6).map(|step| Hyper::new(&config, step)).collect();
        let trained = |mut backend: AnyBackend| {
            backend.train(&batches, &hypers).unwrap();
            block_on(backend.state()).unwrap()
        };
        let all = || backends(&problem, &start).into_iter().map(|(_, b)| trained(b)).collect::<Vec<_>>();
        assert_eq!(all(), all(), "{}", method.0);
    }
}
