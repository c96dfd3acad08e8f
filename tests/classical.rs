//! The classical algorithms: what must never rise, what they recover for several seeds, and what a run does with them.

use crate::support::{problem, reference};
use crate::worlds::sentences;
use pollster::block_on;
use sdl_explorer::config::{Activation, Algorithm, Config, Source, Task, Training};
use sdl_explorer::model::Hyper;
use sdl_explorer::run::{BackendKind, Run, Stopped};
use sdl_explorer::train::classical::Classical;
use sdl_explorer::train::{AnyBackend, Backend, Problem, State};
use std::time::Instant;

fn config(algorithm: Algorithm) -> Config {
    let mut c = Config::default();
    c.training.algorithm = algorithm;
    c.scoring.hold_out = 0;
    c
}

/// n 20 in 12 dimensions, two of them in a sample, sizes well above zero; a few atoms more than features.
fn overcomplete(algorithm: Algorithm, seed: u32) -> Config {
    let mut c = config(algorithm);
    c.seed = seed;
    (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (20, 12, 0.9);
    (c.bench.magnitude_min, c.bench.max_interference) = (0.5, 0.4);
    (c.model.n_latent, c.model.k, c.training.batch) = (24, 2.0, 1500);
    (c.anchors.count, c.scoring.rows) = (0, 1000);
    c
}

fn square(algorithm: Algorithm, seed: u32, n: u32, firing: f64) -> Config {
    let mut c = config(algorithm);
    c.seed = seed;
    (c.bench.n_features, c.bench.n_input, c.model.n_latent) = (n, n, n);
    (c.bench.sparsity, c.training.batch) = (1.0 - firing, 2000);
    c.anchors.count = 0;
    c
}

/// Loss before every step, as the algorithm reports it; the batch is the first for those that want one for good.
fn train(backend: &mut Classical, problem: &Problem, config: &Config, steps: u64) -> Vec<f32> {
    let start = block_on(backend.state()).expect("the CPU stays").step;
    for step in start..start + steps {
        let index = if config.training.algorithm.full_batch() { 0 } else { step };
        let batch = problem.world.batch(config.seed, index, config.training.batch as usize);
        backend.train(&[batch], &[Hyper::new(config, step)]).expect("the CPU stays");
    }
    block_on(backend.losses()).expect("the CPU stays")
}

fn assert_never_rises(what: &str, losses: &[f32], share: f32) {
    let rises: Vec<_> = losses.windows(2).enumerate().filter(|(_, w)| w[1] > w[0] * (1.0 + share)).collect();
    assert!(rises.is_empty(), "{what}: {} rises, the first {:?} of {losses:?}", rises.len(), rises.first());
}

/// Least and mean best cosine of the features, and the share above 0.95.
fn recovered(run: &mut Run) -> (f64, f64, f64) {
    let m = block_on(run.frame()).expect("the CPU stays").metrics;
    let least = m.decoder_cosine.score.iter().copied().fold(f32::INFINITY, f32::min);
    (f64::from(least), m.decoder_cosine.mip, m.decoder_cosine.mgt)
}

fn advanced(config: &Config, steps: u64) -> Run {
    let mut run = Run::new(config.clone(), None).expect("valid");
    assert_eq!(block_on(run.advance(steps)), Stopped::No);
    run
}

#[test]
fn k_svd_never_rises_and_recovers_for_every_seed() {
    for (seed, non_negative) in [(0, true), (1, true), (2, true), (0, false), (1, false), (2, false)] {
        let mut c = overcomplete(Algorithm::KSvd, seed);
        c.training.non_negative = non_negative;
        let p = problem(&c);
        let losses = train(&mut Classical::new(p.clone(), State::start(&c, &p)), &p, &c, 60);
        assert_never_rises(&format!("seed {seed}"), &losses, 1e-6);
        let mut run = advanced(&c, 60);
        let (least, mean, share) = recovered(&mut run);
        let m = block_on(run.frame()).expect("the CPU stays").metrics;
        println!(
            "k_svd seed {seed} non-negative {non_negative}: error {} → {}, best cosines mean {mean:.4}, least {least:.4}, above .95 {share:.2}, EV {:.4}",
            losses[0], losses[59], m.explained_variance
        );
        assert!(share >= 0.9, "seed {seed}, non-negative {non_negative}: {share} of the features above 0.95");
    }
}

/// Far more atoms than features: unused and doubled ones are replaced all the time.
#[test]
fn k_svd_never_rises_while_atoms_are_replaced() {
    for (seed, non_negative) in [(0, true), (1, false)] {
        let mut c = overcomplete(Algorithm::KSvd, seed);
        (c.model.n_latent, c.model.k, c.training.batch, c.training.non_negative) = (60, 3.0, 400, non_negative);
        let p = problem(&c);
        let losses = train(&mut Classical::new(p.clone(), State::start(&c, &p)), &p, &c, 80);
        assert_never_rises(&format!("seed {seed}"), &losses, 1e-6);
        assert!(losses[79] < 0.2 * losses[0], "seed {seed}: {losses:?}");
    }
}

#[test]
fn online_learning_falls_and_recovers() {
    for seed in 0..3 {
        let mut c = overcomplete(Algorithm::Online, seed);
        (c.loss.l1, c.training.batch) = (0.9, 256);
        let p = problem(&c);
        let losses = train(&mut Classical::new(p.clone(), State::start(&c, &p)), &p, &c, 120);
        let mean = |l: &[f32]| l.iter().sum::<f32>() / l.len() as f32;
        let (first, last) = (mean(&losses[..5]), mean(&losses[110..]));
        let (least, cosine, share) = recovered(&mut advanced(&c, 120));
        println!(
            "online seed {seed}: loss {first} → {last}, best cosines mean {cosine:.4}, least {least:.4}, above .95 {share:.2}"
        );
        assert!(last < 0.8 * first, "seed {seed}: {first} → {last}");
        assert!(share >= 0.9, "seed {seed}: {share} of the features above 0.95");
    }
}

#[test]
fn er_spud_recovers_square_dictionaries() {
    for (seed, n, firing) in [(0, 16, 0.1), (1, 16, 0.2), (2, 20, 0.1), (3, 20, 0.15)] {
        let mut run = advanced(&square(Algorithm::ErSpud, seed, n, firing), 120);
        let (least, mean, _) = recovered(&mut run);
        println!("er_spud seed {seed}, n {n}, θ {firing}: best cosines mean {mean:.5}, least {least:.5}");
        assert!(least > 0.99, "seed {seed}, n {n}, θ {firing}: {least}");
        let m = block_on(run.frame()).expect("the CPU stays").metrics;
        assert!(m.explained_variance > 0.99, "{}", m.explained_variance);
    }
}

#[test]
fn the_oracle_finds_who_fires() {
    let mut c = config(Algorithm::Oracle);
    (c.loss.l1, c.training.batch) = (0.01, 512);
    let mut run = advanced(&c, 3);
    let m = block_on(run.frame()).expect("the CPU stays").metrics;
    assert!(m.explained_variance > 0.99, "{}", m.explained_variance);
    assert!((m.decoder_cosine.mip - 1.0).abs() < 1e-5);
    // Support recovery: latent d is feature d; silence of the samples too small for λ is no mistake of the code.
    let world = run.world();
    let p = Problem::new(&c, std::sync::Arc::new(world.clone()));
    let mut oracle = Classical::new(p.clone(), State::start(&c, &p));
    let batch = world.evaluation_batch(c.seed, 1000);
    let e = block_on(oracle.evaluate(&batch, &Hyper::new(&c, 0), true)).expect("the CPU stays");
    let sdl_explorer::bench::Batch::Sparse(truth) = &batch else { panic!("a bench is sparse") };
    let (words, mut hits, mut fires) = (1000usize.div_ceil(32), 0, 0);
    for b in 0..1000 {
        for at in truth.row_start[b] as usize..truth.row_start[b + 1] as usize {
            let seen = e.pattern[truth.feature[at] as usize * words + b / 32] >> (b % 32) & 1;
            hits += seen;
            fires += 1;
        }
    }
    let found: u32 = e.l0.iter().sum();
    let f1 = 2.0 * f64::from(hits) / f64::from(found + fires);
    println!(
        "oracle: EV {:.5}, F1 of the support {f1:.4} ({hits} of {fires} found, {found} named)",
        m.explained_variance
    );
    assert!(f1 > 0.85, "{f1}");
}

fn alternating(seed: u32, activation: Activation) -> Config {
    let mut c = config(Algorithm::Alternating);
    c.seed = seed;
    c.model.activation = activation;
    c.model.unit_norm_decoder = false;
    (c.bench.n_features, c.bench.n_input, c.model.n_latent, c.training.batch) = (24, 10, 30, 300);
    if activation == Activation::Relu {
        c.loss.l1 = 0.1;
    }
    if activation == Activation::JumpRelu {
        c.loss.l0 = 0.02;
    }
    c
}

const ACTIVATIONS: [Activation; 4] = [Activation::Relu, Activation::TopK, Activation::BatchTopK, Activation::JumpRelu];

#[test]
fn alternating_never_raises_the_true_loss() {
    for activation in ACTIVATIONS {
        for (seed, biases, anchored) in [(0, false, false), (1, true, false), (2, true, true)] {
            let mut c = alternating(seed, activation);
            (c.model.b_enc, c.model.b_dec) = (biases, biases);
            if anchored {
                (c.anchors.count, c.anchors.coefficient) = (5, 0.1);
            }
            check_alternating(&c, &format!("{activation:?}, seed {seed}, biases {biases}, anchors {anchored}"));
        }
    }
}

#[test]
fn alternating_trains_transcoders_and_crosscoders() {
    for task in [Task::Transcoder, Task::Crosscoder] {
        let mut c = alternating(5, Activation::TopK);
        c.model.task = task;
        (c.model.b_dec, c.model.skip) = (true, task == Task::Transcoder);
        check_alternating(&c, &format!("{task:?}"));
    }
}

fn check_alternating(c: &Config, what: &str) {
    let p = problem(c);
    let batch = p.world.batch(c.seed, 0, c.training.batch as usize);
    let (input, target) = p.world.expand(&batch);
    let judge = reference(&p);
    let mut backend = Classical::new(p.clone(), State::start(c, &p));
    let mut totals = vec![];
    for step in 0..25 {
        let w = block_on(backend.weights()).expect("the CPU stays").to_f64();
        let hyper = Hyper::new(c, step);
        let pass = judge.forward(&w, &input, &target, &hyper);
        totals.push(pass.loss() + judge.anchor_loss(&w, &hyper));
        let said = train(&mut backend, &p, c, 1)[0];
        assert!((f64::from(said) - pass.loss()).abs() < 1e-5 * pass.loss(), "{what}: says {said}, is {}", pass.loss());
    }
    let rises = totals.windows(2).filter(|w| w[1] > w[0] * (1.0 + 1e-9)).count();
    assert_eq!(rises, 0, "{what}: {totals:?}");
    assert!(totals[24] < 0.9 * totals[0], "{what}: {} → {}", totals[0], totals[24]);
    println!("alternating {what}: {:.4} → {:.4}", totals[0], totals[24]);
}

/// A step that finds nothing says so in the memory, and the next does nothing until the loss is another.
#[test]
fn alternating_settles_and_goes_on_when_the_loss_changes() {
    let mut c = alternating(0, Activation::TopK);
    (c.bench.n_features, c.bench.n_input, c.model.n_latent, c.model.k) = (6, 6, 6, 1.0);
    c.anchors.count = 0;
    let p = problem(&c);
    let mut backend = Classical::new(p.clone(), State::start(&c, &p));
    let settled = (0..400).find(|_| {
        train(&mut backend, &p, &c, 1);
        !block_on(backend.state()).expect("the CPU stays").memory.is_empty()
    });
    assert!(settled.is_some(), "it never settles");
    let before = block_on(backend.weights()).expect("the CPU stays");
    let losses = train(&mut backend, &p, &c, 3);
    assert!(losses.iter().all(|l| *l == losses[0]));
    assert_eq!(before, block_on(backend.weights()).expect("the CPU stays"));
    c.loss.l1 = 0.5;
    train(&mut backend, &p, &c, 3);
    assert_ne!(before, block_on(backend.weights()).expect("the CPU stays"));
}

/// Fresh samples judge both; wall time is the alternating run's.
#[test]
fn alternating_beside_adam_at_equal_wall_time() {
    for activation in ACTIVATIONS {
        let mut c = alternating(0, activation);
        c.training.batch = 1024;
        let start = Instant::now();
        let mut search = advanced(&c, 40);
        let spent = start.elapsed();
        let mut adam = c.clone();
        (adam.training.algorithm, adam.training.batch) = (Algorithm::Adam, 256);
        let mut run = Run::new(adam, None).expect("valid");
        let start = Instant::now();
        while start.elapsed() < spent {
            assert_eq!(block_on(run.advance(20)), Stopped::No);
        }
        let of = |run: &mut Run| {
            let m = block_on(run.frame()).expect("the CPU stays").metrics;
            (m.loss, m.explained_variance, m.decoder_cosine.mip)
        };
        let (a, b) = (of(&mut search), of(&mut run));
        println!(
            "{activation:?}, {:.0} ms: alternating 40 steps loss {:.4} EV {:.4} MIP {:.3}; Adam {} steps loss {:.4} EV {:.4} MIP {:.3}",
            spent.as_secs_f64() * 1e3,
            a.0,
            a.1,
            a.2,
            run.step(),
            b.0,
            b.1,
            b.2
        );
        assert!(a.1 > 0.3, "{activation:?}: {}", a.1);
    }
}

/// One of each, small and valid.
fn all() -> Vec<Config> {
    let mut online = overcomplete(Algorithm::Online, 1);
    (online.loss.l1, online.training.batch) = (0.2, 64);
    let mut k_svd = overcomplete(Algorithm::KSvd, 1);
    k_svd.training.batch = 200;
    let mut spud = square(Algorithm::ErSpud, 1, 8, 0.2);
    spud.training.batch = 300;
    let mut oracle = config(Algorithm::Oracle);
    oracle.loss.l1 = 0.05;
    vec![k_svd, online, spud, oracle, alternating(1, Activation::BatchTopK)]
}

#[test]
fn a_checkpoint_of_any_algorithm_goes_on_with_the_same_bits() {
    for c in all() {
        let mut a = advanced(&c, 6);
        let bytes = block_on(a.checkpoint()).expect("the CPU stays").to_bytes();
        assert_eq!(block_on(a.advance(5)), Stopped::No);
        let mut b = Run::new(c.clone(), None).expect("valid");
        b.restore(State::from_bytes(&bytes, b.shape()).expect("its own bytes")).expect("the CPU stays");
        assert_eq!(block_on(b.advance(5)), Stopped::No);
        let (a, b) = (block_on(a.checkpoint()).expect("stays").clone(), block_on(b.checkpoint()).expect("stays"));
        assert_eq!(&a, b, "{:?}", c.training.algorithm);
        assert_eq!(a.step, 11);
    }
}

#[test]
fn a_run_says_where_it_is_and_takes_live_changes() {
    for mut c in all() {
        let algorithm = c.training.algorithm;
        let mut run = advanced(&c, 2);
        assert!(run.info().reason.ends_with("runs on the CPU"), "{:?}", run.info());
        let refused = block_on(run.use_backend(BackendKind::WebGpu, "asked for")).expect_err("CPU only");
        assert!(refused.contains("runs on the CPU"), "{refused}");
        block_on(run.use_faster_backend(|| 0.0));
        assert_eq!(run.info().kind, BackendKind::Cpu);
        block_on(run.use_backend(BackendKind::Cpu, "asked for")).expect("the CPU is always there");
        let other = Config { training: Training { algorithm: Algorithm::Adam, ..c.training.clone() }, ..c.clone() };
        assert!(run.configure(other).is_err_and(|e| e.field == "training.algorithm"));
        match algorithm {
            Algorithm::KSvd => c.model.k = 3.0,
            Algorithm::Alternating => c.loss.l1 = 0.05,
            _ => c.loss.l1 += 0.1,
        }
        run.configure(c).expect("a live change");
        assert_eq!(block_on(run.advance(2)), Stopped::No);
        let dead = block_on(run.resample()).expect("the CPU stays");
        assert!(dead.is_empty(), "{algorithm:?}: {dead:?}");
        let width = run.shape().n_target;
        block_on(run.set_latent(0, &vec![2.0; run.shape().n_input], &vec![2.0; width])).expect("a valid latent");
        let w = block_on(run.frame()).expect("the CPU stays").weights;
        if ![Algorithm::Alternating, Algorithm::Oracle].contains(&algorithm) {
            assert!((w.decoder[0] - 1.0 / (width as f32).sqrt()).abs() < 1e-6, "{algorithm:?}: an atom is unit");
        }
        assert_eq!(block_on(run.advance(2)), Stopped::No);
    }
}

#[test]
fn k_svd_and_online_learning_take_real_sentences() {
    for algorithm in [Algorithm::KSvd, Algorithm::Online] {
        let mut c = Config { source: Source::Activations, ..config(algorithm) };
        (c.model.n_latent, c.model.k) = (96, 8.0);
        c.loss.l1 = if algorithm == Algorithm::Online { 0.1 } else { 0.0 };
        let mut run = Run::new(c, Some(&sentences())).expect("the shipped file is good");
        let before = block_on(run.frame()).expect("the CPU stays").metrics.explained_variance;
        assert_eq!(block_on(run.advance(8)), Stopped::No);
        let m = block_on(run.frame()).expect("the CPU stays").metrics;
        println!("{algorithm:?} on sentences: EV {before:.3} → {:.3}, L0 {:.1}", m.explained_variance, m.l0);
        assert!(m.explained_variance > before + 0.1, "{algorithm:?}: {before} → {}", m.explained_variance);
        let busiest = (0..96).max_by(|a, b| m.density[*a].total_cmp(&m.density[*b])).expect("96 latents");
        let texts = block_on(run.top_rows(busiest, 10)).expect("the CPU stays");
        assert_eq!(texts.len(), 10);
        assert!(texts.windows(2).all(|w| w[0].1 >= w[1].1) && texts[9].1 > 0.0);
    }
}

/// Prints what a step costs at n 32, p 16, q 64 and 1024 samples (ER-SpUD: n = p = q = 16).
#[test]
fn a_step_is_quick() {
    for algorithm in [Algorithm::KSvd, Algorithm::Online, Algorithm::ErSpud, Algorithm::Oracle, Algorithm::Alternating]
    {
        let mut c = if algorithm == Algorithm::ErSpud { square(algorithm, 0, 16, 0.1) } else { config(algorithm) };
        c.training.batch = 1024;
        c.model.unit_norm_decoder = algorithm != Algorithm::Alternating;
        if matches!(algorithm, Algorithm::Online | Algorithm::Oracle) {
            c.loss.l1 = 0.05;
        }
        let mut run = advanced(&c, 3);
        let start = Instant::now();
        assert_eq!(block_on(run.advance(10)), Stopped::No);
        let step = start.elapsed().as_secs_f64() * 1e2;
        let start = Instant::now();
        block_on(run.frame()).expect("the CPU stays");
        println!("{algorithm:?}: {step:.2} ms a step, {:.2} ms a frame", start.elapsed().as_secs_f64() * 1e3);
    }
}

/// The trait's other users do not notice which backend it is.
#[test]
fn any_backend_picks_by_algorithm() {
    for c in all().into_iter().chain([Config::default()]) {
        let p = problem(&c);
        let backend = AnyBackend::on_host(p.clone(), State::start(&c, &p));
        let is_cpu = matches!(backend, AnyBackend::Cpu(_));
        assert_eq!(is_cpu, c.training.algorithm == Algorithm::Adam);
    }
}
