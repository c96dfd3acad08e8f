//! Where runs end: grouping, verdicts and intervals; many seeds; escapes.

use sdl_explorer::bench::World;
use sdl_explorer::config::{Config, Treatment};
use sdl_explorer::rng::{Purpose, Stream};
use sdl_explorer::run::Run;
use sdl_explorer::theory::escape::{self, Start};
use sdl_explorer::theory::minima::{End, Grouping, Verdict, canonical, group, share, verdict};
use sdl_explorer::theory::request::answer;
use sdl_explorer::theory::seeds;

/// The lab's small bench: 8 features in 4 dimensions, 8 latents, Top-1, batches of 32.
fn small() -> Config {
    let mut c = Config::default();
    c.bench.world = 1;
    (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (8, 4, 0.9);
    (c.model.n_latent, c.model.k, c.model.unit_norm_decoder) = (8, 1.0, false);
    (c.anchors.count, c.scoring.hold_out, c.scoring.rows) = (0, 0, 512);
    (c.training.steps, c.training.batch, c.training.learning_rate) = (300, 32, 3e-3);
    (c.dead.window, c.dead.resample_every, c.dead.resample_until, c.dead.resample_inputs) = (1_600, 100, 600, 256);
    c
}

/// Example 3.3's sizes.
fn example() -> Config {
    let mut c = small();
    (c.bench.n_features, c.bench.n_input, c.model.n_latent) = (2, 2, 2);
    c.training.steps = 1_000;
    c
}

fn end(seed: u32, pattern: &[&[usize]], approx_loss: f64) -> End {
    let pattern = pattern.iter().map(|of| of.to_vec()).collect();
    End { seed, pattern, loss: 2.0 * approx_loss, approx_loss, approx_share: approx_loss }
}

#[test]
fn the_order_of_latents_and_of_runs_does_not_matter() {
    let mut stream = Stream::new(5, Purpose::Evaluation, 0);
    for _ in 0..200 {
        let (n, q) = (1 + stream.below(7), 1 + stream.below(8));
        // Few different patterns, so that some are the same.
        let patterns: Vec<Vec<Vec<usize>>> =
            (0..3).map(|_| (0..q).map(|_| (0..n).filter(|_| stream.below(3) == 0).collect()).collect()).collect();
        let ends: Vec<End> = (0..20)
            .map(|seed| {
                let loss = stream.uniform();
                let pattern = patterns[stream.below(3)].clone();
                End { seed, pattern, loss, approx_loss: loss, approx_share: 1.0 }
            })
            .collect();
        let order = stream.permutation(20, 20);
        let shuffled: Vec<End> = order
            .iter()
            .map(|at| {
                let end = &ends[*at as usize];
                let latents = stream.permutation(q, q);
                let pattern = latents.iter().map(|i| end.pattern[*i as usize].clone()).collect();
                End { pattern, ..end.clone() }
            })
            .collect();
        for by in [Grouping::Pattern, Grouping::Sizes] {
            let one = group(std::slice::from_ref(&ends), n, by).expect("good ends");
            let other = group(std::slice::from_ref(&shuffled), n, by).expect("good ends");
            let told = |minima: &[sdl_explorer::theory::minima::Minimum], ends: &[End]| {
                let mut told: Vec<_> = minima
                    .iter()
                    .map(|m| {
                        let mut seeds: Vec<u32> = m.ends[0].iter().map(|at| ends[*at].seed).collect();
                        seeds.sort_unstable();
                        (seeds, m.loss, m.verdict, m.shares.clone())
                    })
                    .collect();
                told.sort_by(|a, b| a.0.cmp(&b.0));
                told
            };
            assert_eq!(told(&one, &ends), told(&other, &shuffled), "n {n}, q {q}");
        }
        // As many groups as canonical forms.
        let mut forms: Vec<_> = ends.iter().map(|e| canonical(&e.pattern)).collect();
        forms.sort();
        forms.dedup();
        assert_eq!(group(&[ends], n, Grouping::Pattern).expect("good ends").len(), forms.len());
    }
}

#[test]
fn arms_are_counted_beside_each_other() {
    let merged: &[&[usize]] = &[&[1, 0], &[], &[2]];
    let own: &[&[usize]] = &[&[0], &[1], &[2]];
    let other: &[&[usize]] = &[&[2], &[0, 1], &[]];
    let arms = [vec![end(1, merged, 0.5), end(2, own, 0.0)], vec![end(1, other, 0.25)]];
    let minima = group(&arms, 3, Grouping::Pattern).expect("good ends");
    assert_eq!(minima.len(), 2);
    assert_eq!(minima[0].pattern, [vec![0, 1], vec![2], vec![]], "the dead last");
    assert_eq!(minima[0].ends, [vec![0], vec![0]]);
    assert_eq!((minima[0].shares[0].count, minima[0].shares[0].of, minima[0].shares[1].of), (1, 2, 1));
    assert_eq!((minima[0].approx_loss.least, minima[0].approx_loss.most), (0.25, 0.5));
    assert_eq!((minima[0].n_polysemantic, minima[0].n_dead, minima[0].n_missing), (1, 1, 0));
    assert_eq!([minima[0].verdict, minima[1].verdict], [Verdict::Spurious, Verdict::Global]);
    let wrong = group(&[vec![end(9, &[&[3]], 0.0)]], 3, Grouping::Pattern).expect_err("feature 3 of 3");
    assert!(wrong.contains("seed 9") && wrong.contains("below 3"), "{wrong}");
}

#[test]
fn a_verdict_is_the_pattern_s_and_the_loss_s() {
    let own = vec![vec![1], vec![0], vec![]];
    assert_eq!(verdict(&own, 2, 0.9), Verdict::Global);
    // Two latents of one feature each share it: nothing is merged.
    assert_eq!(verdict(&vec![vec![0], vec![0], vec![1]], 2, 0.0), Verdict::Global);
    assert_eq!(verdict(&vec![vec![0, 1], vec![]], 2, 0.5), Verdict::Spurious);
    assert_eq!(verdict(&vec![vec![0, 1], vec![1]], 2, 0.001), Verdict::Unrecovered);
    assert_eq!(verdict(&vec![vec![0], vec![]], 2, 0.5), Verdict::Spurious, "feature 1 has no latent");
}

/// Known values: statsmodels' proportion_confint(method='wilson').
#[test]
fn intervals_are_wilson_s() {
    for (count, of, low, high) in [
        (0, 10, 0.0, 0.277_533),
        (5, 10, 0.236_593, 0.763_407),
        (10, 10, 0.722_467, 1.0),
        (81, 263, 0.255_288, 0.366_204),
    ] {
        let share = share(count, of).expect("no more than all");
        assert!((share.low - low).abs() < 2e-5 && (share.high - high).abs() < 2e-5, "{share:?}");
    }
    let nothing = share(0, 0).expect("nothing of nothing");
    assert_eq!((nothing.low, nothing.high), (0.0, 1.0));
    assert!(share(3, 2).is_err());
}

#[test]
fn the_same_seeds_end_the_same_and_in_one_world() {
    let c = small();
    let seeds: Vec<u32> = (0..6).collect();
    let ends = seeds::ends(&c, &seeds).expect("a good config");
    assert_eq!((ends.ends.len(), &ends.diverged[..]), (6, &[][..]));
    assert_eq!(seeds::ends(&c, &seeds).expect("a good config"), ends);
    // Whatever the company: the last alone is as it was.
    assert_eq!(seeds::ends(&c, &[5]).expect("a good config").ends[0], ends.ends[5]);
    // And as a run of its own has it.
    let mut run = Run::new(Config { seed: 5, ..c.clone() }, None).expect("a good config");
    pollster::block_on(run.advance(u64::from(c.training.steps)));
    let metrics = pollster::block_on(run.frame()).expect("the CPU stays").metrics;
    assert_eq!((metrics.sse, metrics.approx_loss), (ends.ends[5].loss, Some(ends.ends[5].approx_loss)));
    let sizes: Vec<u32> = ends.ends[5].pattern.iter().map(|of| of.len() as u32).collect();
    assert_eq!(metrics.features_per_latent, sizes);

    let world = |seed, world| {
        let mut c = Config { seed, ..c.clone() };
        c.bench.world = world;
        let w = World::new(&c, None).expect("a bench");
        (w.directions_in.clone(), w.anchor_order(c.world_seed()))
    };
    assert_eq!(world(1, 3), world(2, 3));
    assert_ne!(world(1, 0), world(2, 0));
    assert_eq!(world(3, 0), world(1, 3), "the world that seed 3 has by itself");
    assert_ne!(ends.ends[0].loss, ends.ends[1].loss);
}

#[test]
fn example_3_3_holds_plain_training_and_resampling_leaves_it() {
    let mut c = example();
    let seeds: Vec<u32> = (0..12).collect();
    let built = escape::built(&c, &Start::Example).expect("the example");
    assert_eq!(built.pattern, [vec![0, 1], vec![]]);
    assert!(built.gradient_encoder < 1e-12 && built.gradient_decoder < 1e-12, "{built:?}");
    // Half of what two lone features weigh is lost: L̃ = 1 for M_d = 1.
    let mass = built.approx_loss;
    let stay = escape::tries(&c, &Start::Example, 0.0, &seeds).expect("the example");
    assert!(stay.tries.iter().all(|t| !t.escaped && t.end.approx_loss > 0.9 * mass), "{stay:?}");

    // A revived latent has to win Top-1 to live: as long as the living it does, at Bricken's 0.2 it never fires.
    c.dead.treatment = Treatment::Resample;
    c.dead.resample_scale = 1.0;
    let leave = escape::tries(&c, &Start::Example, 0.0, &seeds).expect("the example");
    assert!(leave.tries.iter().all(|t| t.escaped && t.verdict == Verdict::Global), "{leave:?}");
    c.dead.resample_scale = 0.2;
    let short = escape::tries(&c, &Start::Example, 0.0, &seeds).expect("the example");
    assert!(short.tries.iter().all(|t| !t.escaped), "{short:?}");
}

#[test]
fn merged_pairs_are_stationary_and_noise_is_of_the_size_said() {
    let c = small();
    let starts = escape::starts(&c).expect("a small bench");
    let minima: Vec<_> = starts.iter().filter(|b| b.minimum).collect();
    assert!(minima.len() >= 3, "{starts:?}");
    for built in &minima {
        assert!(built.gradient_encoder < 1e-8 && built.gradient_decoder < 1e-8, "{built:?}");
        assert_eq!(built.pattern.iter().filter(|of| of.len() == 2).count(), 1);
        assert!(built.approx_loss > 0.0);
    }
    // Anchored latents stand where their features are.
    let mut anchored = c.clone();
    (anchored.anchors.count, anchored.anchors.coefficient) = (2, 0.1);
    let order = World::new(&c, None).expect("a bench").anchor_order(1);
    let built = escape::built(&anchored, &minima[0].start).expect("as before");
    for (latent, d) in order.iter().take(2).enumerate() {
        let holder = built.pattern.iter().position(|of| of.contains(&(*d as usize))).expect("every feature has one");
        assert!(holder <= latent, "feature {d} is on latent {holder}");
    }
    assert_eq!(canonical(&built.pattern), canonical(&minima[0].pattern));
}

#[test]
fn what_cannot_be_asked_is_named() {
    let mut c = small();
    c.model.unit_norm_decoder = true;
    let said = escape::tries(&c, &Start::Merged(0, 1), 0.1, &[1]).expect_err("no minimum of what is trained");
    assert!(said.starts_with("model.unit_norm_decoder is true: it must be false"), "{said}");
    let said = escape::tries(&small(), &Start::Example, 0.1, &[1]).expect_err("eight features");
    assert!(said.starts_with("bench.n_features is 8: it must be 2"), "{said}");
    let said = escape::tries(&small(), &Start::Merged(2, 2), 0.1, &[1]).expect_err("one feature");
    assert!(said.contains("2, 2"), "{said}");
    let said = escape::tries(&small(), &Start::Merged(0, 1), f64::NAN, &[1]).expect_err("no size");
    assert!(said.starts_with("epsilon is NaN"), "{said}");
    let mut c = small();
    c.bench.correlation = 0.5;
    assert!(seeds::ends(&c, &[1]).expect_err("L̃ is not known").starts_with("bench.correlation is 0.5"));
    let said = answer(r#"{"ask":"seeds","config":{"model":{"k":99}},"seeds":[1]}"#).expect_err("k of 64");
    assert!(said.starts_with("model.k is 99"), "{said}");
}
