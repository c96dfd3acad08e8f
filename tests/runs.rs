//! Runs: repeatable, resumable, changeable, and honest about what stops them.

use crate::worlds::sentences;
use pollster::block_on;
use sdl_explorer::config::{Activation, Config, Model, Source, Treatment};
use sdl_explorer::run::{BackendKind, Event, Frame, Run, Stopped};
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

#[test]
fn the_same_config_gives_the_same_bits_however_it_is_stepped() {
    let (mut a, mut b) = (run(&Config::default()), run(&Config::default()));
    advance(&mut a, 100);
    for steps in [1, 2, 30, 67] {
        advance(&mut b, steps);
        block_on(b.frame()).expect("the CPU stays");
    }
    assert_eq!(state(&mut a), state(&mut b));
    let mut other = run(&Config { seed: 8, ..Config::default() });
    advance(&mut other, 100);
    assert_ne!(state(&mut a).weights, state(&mut other).weights);
}

#[test]
fn a_checkpoint_goes_on_with_the_same_bits() {
    let mut a = run(&Config::default());
    advance(&mut a, 50);
    let bytes = state(&mut a).to_bytes();
    advance(&mut a, 50);
    let mut b = run(&Config::default());
    block_on(async {
        b.restore(State::from_bytes(&bytes, b.shape()).expect("its own bytes")).expect("the CPU stays");
    });
    assert_eq!((b.step(), b.samples()), (50, 50 * 256));
    advance(&mut b, 50);
    assert_eq!(state(&mut a), state(&mut b));
    let error = State::from_bytes(&bytes[1..], b.shape()).expect_err("one byte short");
    assert!(error.contains(&format!("{} bytes", bytes.len())), "{error}");
}

/// Everything that a frame shows.
fn shown(run: &mut Run) -> String {
    let Frame { step, samples, losses, weights, metrics, events } = block_on(run.frame()).expect("the CPU stays");
    format!("{step} {samples} {losses:?} {events:?} {weights:?} {metrics:?}")
}

fn repacked(run: &mut Run) -> Run {
    let bytes = block_on(run.pack()).expect("the CPU stays");
    Run::unpack(&bytes, run.config().clone(), None).expect("a run")
}

#[test]
fn a_run_that_was_packed_and_unpacked_is_the_same_run() {
    let mut c = Config::default();
    // The density looks back on less than the whole run.
    c.dead.window = 20 * 256;
    c.dead.treatment = Treatment::Resample;
    c.dead.resample_every = 70;
    let mut a = run(&c);
    advance(&mut a, 30);
    block_on(a.frame()).expect("the CPU stays");
    c.model.k = 5.0;
    a.configure(c.clone()).expect("a live change");
    // What no frame has shown yet goes along.
    advance(&mut a, 20);
    let mut b = repacked(&mut a);
    assert_eq!((b.config(), b.info(), &b.world().report), (a.config(), a.info(), &a.world().report));
    for _ in 0..3 {
        assert_eq!(shown(&mut b), shown(&mut a));
        assert_eq!(state(&mut b), state(&mut a));
        advance(&mut a, 50);
        advance(&mut b, 50);
    }
}

#[test]
fn a_diverged_run_stays_so_when_it_is_packed() {
    let mut c = Config::default();
    (c.model.activation, c.model.unit_norm_decoder) = (Activation::Relu, false);
    c.training.learning_rate = 900.0;
    let mut a = run(&c);
    assert_eq!(block_on(a.advance(400)), Stopped::Diverged);
    let mut b = repacked(&mut a);
    assert_eq!(shown(&mut b), shown(&mut a));
    assert_eq!(block_on(b.advance(1)), Stopped::Diverged);
}

#[test]
fn a_packed_run_on_real_data_wants_its_file_again() {
    let c = Config { source: Source::Activations, ..Config::default() };
    let file = sentences();
    let mut a = Run::new(c.clone(), Some(&file)).expect("the shipped file is good");
    advance(&mut a, 5);
    let bytes = block_on(a.pack()).expect("the CPU stays");
    let refused = |bytes: &[u8], file| Run::unpack(bytes, c.clone(), file).err().expect("that is not all of it");
    assert!(refused(&bytes, None).contains("handed over with the file's bytes"));
    assert!(refused(&bytes[..100], Some(&file)).contains("a part of a run"));
    assert!(refused(&bytes[1..], Some(&file)).contains("no run"));
    let other = Config { model: Model { n_latent: 65, ..c.model.clone() }, ..c.clone() };
    assert!(Run::unpack(&bytes, other, Some(&file)).err().expect("a model of another shape").contains("checkpoint"));
    let mut b = Run::unpack(&bytes, c.clone(), Some(&file)).expect("a run and its file");
    advance(&mut a, 5);
    advance(&mut b, 5);
    assert_eq!(shown(&mut b), shown(&mut a));
}

#[test]
fn top_k_on_a_small_bench_recovers_features_for_every_seed() {
    for seed in 0..4 {
        let mut r = run(&Config { seed, ..Config::default() });
        let before = block_on(r.frame()).expect("the CPU stays").metrics;
        advance(&mut r, 3000);
        let frame = block_on(r.frame()).expect("the CPU stays");
        let (m, losses) = (&frame.metrics, &frame.losses);
        assert_eq!(losses.len(), 3000);
        assert!(m.decoder_cosine.mip > before.decoder_cosine.mip + 0.1, "seed {seed}: {}", m.decoder_cosine.mip);
        assert!(m.explained_variance > 0.9 && m.explained_variance < 1.0, "seed {seed}: {}", m.explained_variance);
        assert!(m.l0 <= 3.0 && (m.true_l0.expect("a bench") - 1.6).abs() < 1e-9);
        let counted = m.scored.iter().filter(|s| **s).count();
        assert_eq!(counted, 32 - 8);
        assert!((m.decoder_cosine.curve[95] as f64 - m.decoder_cosine.mgt).abs() < 1e-6);
    }
}

#[test]
fn real_sentences_train_and_know_their_texts() {
    let mut c = Config { source: Source::Activations, ..Config::default() };
    (c.model.n_latent, c.model.k) = (96, 8.0);
    let mut r = Run::new(c, Some(&sentences())).expect("the shipped file is good");
    let before = block_on(r.frame()).expect("the CPU stays").metrics;
    advance(&mut r, 200);
    let after = block_on(r.frame()).expect("the CPU stays").metrics;
    assert!(after.explained_variance > before.explained_variance + 0.1, "{}", after.explained_variance);
    assert!(after.approx_loss.is_none() && after.true_l0.is_none());
    let busiest = (0..96).max_by(|a, b| after.density[*a].total_cmp(&after.density[*b])).expect("96 latents");
    let texts = block_on(r.top_rows(busiest, 10)).expect("the CPU stays");
    assert_eq!(texts.len(), 10);
    assert!(texts.windows(2).all(|w| w[0].1 >= w[1].1) && texts[9].1 > 0.0);
}

#[test]
fn anchored_latents_go_to_their_features() {
    let mut c = Config::default();
    (c.anchors.count, c.anchors.coefficient) = (8, 0.1);
    let mut r = run(&c);
    advance(&mut r, 2000);
    let m = block_on(r.frame()).expect("the CPU stays").metrics;
    let order = r.world().anchor_order(c.seed);
    for (latent, &d) in order.iter().take(8).enumerate() {
        let cosine = m.similarity.decoder[latent * 32 + d as usize];
        assert!(cosine > 0.95, "latent {latent} and its feature {d}: {cosine}");
        assert!(!m.scored[d as usize], "feature {d} is anchored and must not be scored");
    }
}

/// Kills latents by hand, then lets the schedule revive them.
fn with_dead_latents(treatment: Treatment) -> (Run, Vec<u32>) {
    let mut c = Config::default();
    c.model.activation = Activation::Relu;
    c.model.unit_norm_decoder = true;
    c.loss.l1 = 0.05;
    c.dead.window = 20 * 256;
    c.dead.treatment = treatment;
    c.dead.resample_every = 50;
    let mut r = run(&c);
    // Rows that answer to no input: W_E = 0 fires for nothing, and has no gradient.
    for latent in [3, 17, 40] {
        block_on(r.set_latent(latent, &[0.0; 16], &[])).expect("a valid latent");
    }
    (r, vec![3, 17, 40])
}

#[test]
fn resampling_revives_planted_dead_neurons() {
    let (mut plain, planted) = with_dead_latents(Treatment::None);
    advance(&mut plain, 120);
    let m = block_on(plain.frame()).expect("the CPU stays").metrics;
    assert!(planted.iter().all(|i| m.dead[*i as usize]), "without treatment the dead stay dead");

    let (mut treated, planted) = with_dead_latents(Treatment::Resample);
    advance(&mut treated, 60);
    let frame = block_on(treated.frame()).expect("the CPU stays");
    let resampled: Vec<u32> = frame
        .events
        .iter()
        .filter_map(|e| match e {
            Event::Resampled { step: 50, latents, on_demand: false } => Some(latents.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    assert!(planted.iter().all(|i| resampled.contains(i)), "resampled {resampled:?}");
    let m = frame.metrics;
    let revived = planted.iter().filter(|i| m.density[**i as usize] > 0.0).count();
    assert!(revived >= 2, "{revived} of 3 fire again");
}

#[test]
fn resampling_on_demand_clears_moments_and_keeps_the_living() {
    let (mut r, planted) = with_dead_latents(Treatment::None);
    advance(&mut r, 40);
    let before = state(&mut r);
    let latents = block_on(r.resample()).expect("the CPU stays");
    assert!(planted.iter().all(|i| latents.contains(i)));
    let after = state(&mut r);
    assert_eq!(after.step, before.step);
    for i in 0..64usize {
        let row = i * 16..(i + 1) * 16;
        if latents.contains(&(i as u32)) {
            assert!(
                after.mean.encoder[row.clone()].iter().chain(&after.square.decoder[row.clone()]).all(|m| *m == 0.0)
            );
            let norm: f32 = after.weights.decoder[row].iter().map(|w| w * w).sum::<f32>().sqrt();
            assert!((norm - 1.0).abs() < 1e-5, "latent {i}: decoder norm {norm}");
        } else {
            assert_eq!(after.weights.encoder[row.clone()], before.weights.encoder[row.clone()]);
            assert_eq!(after.mean.decoder[row.clone()], before.mean.decoder[row]);
        }
    }
}

#[test]
fn divergence_stops_the_run_names_the_cause_and_can_be_undone() {
    let mut c = Config::default();
    c.model.activation = Activation::Relu;
    c.model.unit_norm_decoder = false;
    let mut r = run(&c);
    advance(&mut r, 100);
    let good = state(&mut r);
    let mut wild = c.clone();
    wild.training.learning_rate = 900.0;
    r.configure(wild).expect("a live change");
    assert_eq!(block_on(r.advance(400)), Stopped::Diverged);
    let events = block_on(r.frame()).expect("the CPU stays").events;
    let Some(Event::Diverged { step, cause, remedy, .. }) = events.last() else { panic!("{events:?}") };
    assert!(*step >= 100 && cause.contains("learning rate 900"), "{step}: {cause}");
    assert_eq!((remedy.field.as_str(), remedy.value), ("training.learning_rate", 90.0));
    assert_eq!(block_on(r.advance(10)), Stopped::Diverged, "a diverged run does not go on by itself");
    r.configure(c).expect("a live change");
    r.restore(good).expect("the CPU stays");
    advance(&mut r, 50);
    assert_eq!(r.step(), 150);
}

/// Divergence was measured against the first batch's loss, which is zero where no feature fires in it.
#[test]
fn a_silent_first_batch_makes_nothing_diverge() {
    let mut c = Config::default();
    (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (8, 4, 0.98);
    (c.model.n_latent, c.model.k, c.training.batch, c.anchors.count) = (8, 1.0, 1, 0);
    let mut silent = 0;
    for seed in 0..4 {
        c.seed = seed;
        let mut r = run(&c);
        advance(&mut r, 1000);
        let losses = block_on(r.frame()).expect("the CPU stays").losses;
        silent += u32::from(losses[0].1 == 0.0);
        assert!(losses.iter().any(|l| l.1 > 1.0), "there is a sample to lose");
        assert_eq!(r.step(), 1000, "seed {seed} goes on");
    }
    assert!(silent > 0, "no first batch was silent");
}

#[test]
fn live_changes_are_taken_and_others_refused() {
    let c = Config::default();
    let mut r = run(&c);
    advance(&mut r, 5);
    let mut live = c.clone();
    live.training.learning_rate = 0.01;
    live.model.k = 5.0;
    r.configure(live.clone()).expect("both are live");
    let events = block_on(r.frame()).expect("the CPU stays").events;
    let changed: Vec<_> = events.iter().map(|e| matches!(e, Event::Changed { step: 5, .. })).collect();
    assert_eq!(changed, [true, true]);
    live.model.n_latent = 65;
    let e = r.configure(live).expect_err("needs a restart");
    assert_eq!((e.field.as_str(), e.value.as_str()), ("model.n_latent", "65"));
    assert!(e.expected.contains("restart"));
}

#[test]
fn a_run_ends_at_its_last_step_and_goes_on_when_given_more() {
    let mut c = Config::default();
    c.training.steps = 20;
    let mut r = run(&c);
    assert_eq!(block_on(r.advance(100)), Stopped::Finished);
    assert_eq!(r.step(), 20);
    c.training.steps = 30;
    r.configure(c).expect("a live change");
    assert_eq!(block_on(r.advance(5)), Stopped::No);
    assert_eq!(r.step(), 25);
}

/// Needs a GPU (lavapipe will do): skipped loudly without one, a failure under `REQUIRE_GPU=1`.
#[test]
fn a_lost_device_leads_to_the_cpu_and_its_last_checkpoint() {
    let mut r = run(&Config::default());
    advance(&mut r, 10);
    if let Err(why) = block_on(r.use_backend(BackendKind::WebGpu, "asked for")) {
        assert!(std::env::var("REQUIRE_GPU").as_deref() != Ok("1"), "REQUIRE_GPU=1, but: {why}");
        eprintln!("SKIPPED, NO GPU: {why}");
        return;
    }
    advance(&mut r, 10);
    let kept = state(&mut r);
    advance(&mut r, 7);
    r.lose_device();
    assert_eq!(block_on(r.advance(5)), Stopped::DeviceLost);
    block_on(r.use_backend(BackendKind::Cpu, "the device was lost")).expect("the CPU is always there");
    assert_eq!((r.step(), r.info().kind), (20, BackendKind::Cpu));
    assert_eq!(state(&mut r).weights, kept.weights);
    advance(&mut r, 10);
    let events = block_on(r.frame()).expect("the CPU stays").events;
    assert!(matches!(&events[..], [Event::FellBack { step: 20, .. }]), "{events:?}");
}
