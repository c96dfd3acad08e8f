//! Absorption, measured on models built by hand whose answers are known: absorbed, half absorbed, clean.

use pollster::block_on;
use sdl_explorer::bench::World;
use sdl_explorer::config::{Activation, Algorithm, Config, Source};
use sdl_explorer::metrics::{Absorption, Edge, fraction};
use sdl_explorer::run::Run;
use sdl_explorer::theory::absorption_trial::absorption_trial;
use std::sync::Arc;

/// Features 0 and 1 are parents, of 2, 3, 4 and of 5, 6, 7; 8 and 9 have no family.
const N: usize = 10;

/// A parent is as large as the child that fires with it, so that what latents carry is known to the last digit.
fn config(n_latent: usize) -> Config {
    let mut c = Config::default();
    (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (N as u32, N as u32, 0.9);
    (c.bench.n_parents, c.bench.n_children, c.bench.no_child) = (2, 3, 0.25);
    (c.bench.exclusive_children, c.bench.tied_magnitudes) = (true, true);
    (c.anchors.count, c.scoring.hold_out, c.scoring.rows) = (0, 0, 20_000);
    (c.model.activation, c.model.unit_norm_decoder) = (Activation::Relu, false);
    (c.model.n_latent, c.model.k) = (n_latent as u32, 1.0);
    c
}

/// Weights by feature.
type Parts<'a> = &'a [(usize, f32)];

/// A latent of each (what it listens to, what it writes), on orthonormal features.
fn model(c: Config, latents: &[(Parts, Parts)]) -> Run {
    let mut world = World::new(&c, None).expect("valid");
    world.directions_in = (0..N * N).map(|e| if e / N == e % N { 1.0 } else { 0.0 }).collect();
    world.directions_out = world.directions_in.clone();
    let mut run = Run::of_world(c, Arc::new(world));
    for (i, (listens, writes)) in latents.iter().enumerate() {
        let row = |parts: Parts| {
            let mut row = vec![0.0; N];
            parts.iter().for_each(|(d, w)| row[*d] = *w);
            row
        };
        block_on(run.set_latent(i, &row(listens), &row(writes))).expect("a valid latent");
    }
    run
}

fn measured(run: &mut Run) -> Absorption {
    block_on(run.frame()).expect("the CPU stays").metrics.absorption.expect("the bench has families")
}

fn edges_of(run: &mut Run, parent: u32) -> Vec<Edge> {
    measured(run).edges.into_iter().filter(|e| e.parent == parent).collect()
}

const PARENT: Parts = &[(0, 1.0)];
const OTHER: Parts = &[(1, 1.0)];
const CHILDREN: [Parts; 3] = [&[(2, 1.0)], &[(3, 1.0)], &[(4, 1.0)]];
const WITH_PARENT: [Parts; 3] = [&[(0, 1.0), (2, 1.0)], &[(0, 1.0), (3, 1.0)], &[(0, 1.0), (4, 1.0)]];
/// The parent's latent, silenced by any child.
const SILENCED: Parts = &[(0, 1.0), (2, -1e4), (3, -1e4), (4, -1e4)];

/// Latent 0 for parent 0, latent 1 for parent 1, latents 2 to 4 for the children of 0, which write `writes`.
fn family(listens: Parts, writes: [Parts; 3]) -> Run {
    let child = |c: usize| (CHILDREN[c], writes[c]);
    model(config(5), &[(listens, PARENT), (OTHER, OTHER), child(0), child(1), child(2)])
}

#[test]
fn an_absorbed_family_is_absorbed_in_full() {
    let mut run = family(SILENCED, WITH_PARENT);
    for (c, edge) in edges_of(&mut run, 0).iter().enumerate() {
        assert!(edge.rows > 100, "{edge:?}");
        assert_eq!((edge.full, edge.fractional, edge.recall_gap), (1.0, 1.0, 1.0), "{edge:?}");
        assert!((edge.leakage - 0.5f64.sqrt()).abs() < 1e-6, "{edge:?}");
        let speaker = edge.speaker.expect("somebody speaks for the parent");
        assert_eq!((speaker.latent, speaker.share), (2 + c as u32, 1.0), "{edge:?}");
    }
    let answers = measured(&mut run).answers;
    assert_eq!(answers[0], (Some(0), vec![]));
    assert_eq!(answers[2], (Some(2), vec![]));
}

#[test]
fn a_clean_family_is_not_absorbed_at_all() {
    for edge in edges_of(&mut family(PARENT, CHILDREN), 0) {
        let measures = (edge.full, edge.fractional, edge.recall_gap, edge.leakage);
        assert_eq!(measures, (0.0, 0.0, 0.0, 0.0), "{edge:?}");
        assert_eq!(edge.speaker, None, "{edge:?}");
    }
}

/// The parent's latent fires at half its strength beside a child, whose latent writes the other half.
#[test]
fn a_half_absorbed_family_is_so_by_fraction_alone() {
    let halved: Parts = &[(0, 1.0), (2, -0.5), (3, -0.5), (4, -0.5)];
    let writes: [Parts; 3] = [&[(0, 0.5), (2, 1.0)], &[(0, 0.5), (3, 1.0)], &[(0, 0.5), (4, 1.0)]];
    for edge in edges_of(&mut family(halved, writes), 0) {
        assert_eq!((edge.full, edge.recall_gap, edge.speaker), (0.0, 0.0, None), "{edge:?}");
        assert!((edge.fractional - 0.5).abs() < 1e-6, "{edge:?}");
        assert!((edge.leakage - 0.5 / 1.25f64.sqrt()).abs() < 1e-6, "{edge:?}");
    }
}

#[test]
fn one_child_of_three_can_absorb() {
    let mut run = family(&SILENCED[..2], [WITH_PARENT[0], CHILDREN[1], CHILDREN[2]]);
    let absorption = measured(&mut run);
    let of = |e: &Edge| (e.full, e.fractional, e.recall_gap);
    let edges: Vec<_> = absorption.edges.iter().filter(|e| e.parent == 0).collect();
    assert_eq!(edges.iter().map(|e| of(e)).collect::<Vec<_>>(), [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)]);
    // Nobody writes along the other parent but its own latent, and its children have none: six edges, one absorbed.
    let all = &absorption.edges;
    assert!((absorption.means.full - all.iter().map(|e| e.full).sum::<f64>() / 6.0).abs() < 1e-12);
    let rows: f64 = all.iter().map(|e| f64::from(e.rows)).sum();
    let weighted = all.iter().map(|e| f64::from(e.rows) * e.full).sum::<f64>() / rows;
    assert!((absorption.weighted.full - weighted).abs() < 1e-12);
    assert!(absorption.weighted.full != absorption.means.full, "children do not fire equally often by chance");
}

/// A parent that nobody speaks for is missed, not absorbed: the gap is there, the absorption is not.
#[test]
fn a_silent_parent_is_not_absorbed_where_nobody_carries_it() {
    for edge in edges_of(&mut family(SILENCED, CHILDREN), 0) {
        assert_eq!((edge.full, edge.recall_gap, edge.speaker), (0.0, 1.0, None), "{edge:?}");
        assert_eq!(edge.fractional, 0.0, "{edge:?}");
    }
}

/// Two latents answer to a child; the one that speaks for the parent more is named, with its share of the rows.
#[test]
fn whoever_speaks_most_for_the_parent_is_named() {
    let strong: Parts = &[(0, 0.9), (2, 1.0)];
    let weak: Parts = &[(0, 0.2), (2, 1.0)];
    let mut run = model(
        config(6),
        &[
            (SILENCED, PARENT),
            (OTHER, OTHER),
            (CHILDREN[0], weak),
            (CHILDREN[1], CHILDREN[1]),
            (CHILDREN[2], CHILDREN[2]),
            (CHILDREN[0], strong),
        ],
    );
    let absorption = measured(&mut run);
    let edge = &absorption.edges[0];
    assert_eq!((edge.parent, edge.child), (0, 2));
    assert_eq!(edge.speaker.map(|s| (s.latent, s.share)), Some((5, 1.0)), "{edge:?}");
    assert_eq!(edge.full, 1.0, "{edge:?}");
    let (matched, others) = &absorption.answers[2];
    assert_eq!((*matched, &others[..]), (Some(2), &[5][..]), "both latents answer to the child");
}

/// Activations are read off weights for every σ alike: a gated model of the same directions measures the same.
#[test]
fn a_gated_model_and_one_with_biases_measure_as_the_plain_one() {
    let latents: [(Parts, Parts); 5] = [
        (SILENCED, PARENT),
        (OTHER, OTHER),
        (CHILDREN[0], WITH_PARENT[0]),
        (CHILDREN[1], WITH_PARENT[1]),
        (CHILDREN[2], WITH_PARENT[2]),
    ];
    let mut gated = config(5);
    gated.model.activation = Activation::Gated;
    let mut shifted = config(5);
    (shifted.model.b_enc, shifted.model.b_dec, shifted.model.shift_input) = (true, true, true);
    for c in [gated, shifted] {
        for edge in edges_of(&mut model(c, &latents), 0) {
            assert!(edge.full == 1.0 && edge.fractional == 1.0, "{edge:?}");
        }
    }
}

/// Where codes are solved for there is no encoder to read them from: that measure alone is left out.
#[test]
fn a_dictionary_has_no_fraction_to_read() {
    let mut c = config(10);
    (c.training.algorithm, c.model.activation) = (Algorithm::KSvd, Activation::TopK);
    c.check().expect("valid");
    let mut run = Run::new(c, None).expect("valid");
    for edge in measured(&mut run).edges {
        assert!(edge.fractional.is_nan() && edge.full.is_finite(), "{edge:?}");
    }
}

#[test]
fn the_fraction_is_that_of_the_benchmark() {
    type Others<'a> = &'a [(f64, f32)];
    // (p, of the mains, others, expected).
    let cases: [(f64, f64, Others, f64); 8] = [
        (1.0, 1.0, &[(0.5, 0.9)], 0.0),
        (1.0, 0.0, &[(1.0, 0.9)], 1.0),
        (1.0, 0.5, &[(0.5, 0.9)], 0.5),
        // What others write beyond what is missing does not count.
        (1.0, 0.75, &[(3.0, 0.9)], 0.25),
        // Too little, or by latents that hardly point there, or against it.
        (1.0, 0.0, &[(0.39, 0.9)], 0.0),
        (1.0, 0.0, &[(1.0, 0.09)], 0.0),
        (1.0, 0.0, &[(-1.0, 0.9)], 0.0),
        // The three that contribute most, whatever their order.
        (1.0, 0.4, &[(0.1, 0.5), (0.15, 0.5), (0.2, 0.5), (0.15, 0.5)], 0.5 / 0.9),
    ];
    for (p, mains, others, expected) in cases {
        let got = fraction(p, mains, others);
        assert!((got - expected).abs() < 1e-12, "{p} {mains} {others:?}: got {got}, expected {expected}");
    }
}

/// The trial of the reference world: anchored parents stay heard, those that L1 or a small k leave alone do not.
#[test]
fn anchored_parents_are_absorbed_less_than_free_ones() {
    let trial = |anchored: bool, seed: u32| {
        let mut c = Config { seed, ..Config::default() };
        (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (20, 32, 0.97375);
        (c.bench.n_parents, c.bench.n_children, c.bench.no_child) = (4, 4, 0.3);
        c.bench.tied_magnitudes = true;
        (c.model.activation, c.model.k, c.model.n_latent) = (Activation::BatchTopK, 0.7, 20);
        (c.training.steps, c.training.batch, c.training.learning_rate) = (1_000, 256, 3e-3);
        (c.anchors.count, c.scoring.hold_out, c.scoring.rows) = (4, 4, 8_192);
        c.anchors.coefficient = if anchored { 0.1 } else { 0.0 };
        absorption_trial(c, true).expect("a world with families")
    };
    let gap = |anchored| (1..=2).map(|seed| trial(anchored, seed).means.recall_gap).sum::<f64>() / 2.0;
    let (free, anchored) = (gap(false), gap(true));
    assert!(free > 0.1 && anchored < 0.3 * free, "free {free}, anchored {anchored}");
    assert_eq!(trial(true, 1).parents_found, 1.0);
}

#[test]
fn trials_without_families_or_room_are_refused() {
    let mut c = Config::default();
    assert!(absorption_trial(c.clone(), false).is_err_and(|e| e.field == "bench.n_parents"));
    (c.bench.n_parents, c.bench.n_children) = (2, 3);
    assert!(absorption_trial(c, true).is_err_and(|e| e.field == "bench.n_features" && e.expected.contains("16")));
}

/// Label a points along the first axis. Its own latent falls silent on its last row, where latent 1 writes along it; that
/// one fires for all of label b, too, and so does not tell a.
#[test]
fn a_label_is_absorbed_on_the_rows_that_another_latent_carries() {
    let (a, last, b) = ([1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]);
    let values: Vec<f32> = [a, a, a, a, a, last, b, b, b, b, b, b].concat();
    let file = labelled(&values, 3, &[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    let mut c = Config { source: Source::Activations, ..Config::default() };
    c.activations.center = false;
    (c.anchors.count, c.scoring.hold_out) = (0, 0);
    (c.model.activation, c.model.n_latent, c.model.unit_norm_decoder) = (Activation::Relu, 3, false);
    let mut run = Run::new(c, Some(&file)).expect("valid data");
    let latents: [([f32; 3], [f32; 3]); 3] =
        [([1.0, 0.0, -2.0], [1.0, 0.0, 0.0]), ([0.0, 0.0, 1.0], [1.0, 0.0, 1.0]), ([0.0, 1.0, 0.0], [0.0, 2.0, 2.0])];
    for (i, (encoder, decoder)) in latents.iter().enumerate() {
        block_on(run.set_latent(i, encoder, decoder)).expect("a valid latent");
    }
    let labels = block_on(run.label_absorption()).expect("the CPU stays");
    let [of_a, of_b] = &labels[..] else { panic!("{labels:?}") };
    assert_eq!((of_a.label, of_a.rows, of_a.probe_f1), (0, 6, 1.0), "{of_a:?}");
    assert_eq!((&of_a.mains[..], of_a.mains_f1), (&[0][..], 10.0 / 11.0), "{of_a:?}");
    assert_eq!((of_a.full, of_a.fractional), (1.0 / 6.0, 1.0 / 6.0), "{of_a:?}");
    let [absorber] = &of_a.absorbers[..] else { panic!("{of_a:?}") };
    assert_eq!((absorber.latent, absorber.rows, &absorber.examples[..]), (1, 1, &[5][..]));
    assert_eq!((&of_b.mains[..], of_b.mains_f1), (&[2][..], 1.0), "{of_b:?}");
    assert_eq!((of_b.full, of_b.fractional, of_b.absorbers.len()), (0.0, 0.0, 0), "{of_b:?}");
}

/// A safetensors file of rows of `width` under two labels, a and b.
fn labelled(values: &[f32], width: usize, labels: &[i32]) -> Vec<u8> {
    use safetensors::tensor::{Dtype, TensorView};
    let view = |dtype, shape: Vec<usize>, bytes| TensorView::new(dtype, shape, bytes).expect("fits");
    let views = [
        ("x", view(Dtype::F32, vec![labels.len(), width], bytemuck::cast_slice(values))),
        ("label", view(Dtype::I32, vec![labels.len()], bytemuck::cast_slice(labels))),
    ];
    let about = std::collections::HashMap::from([("labels".to_owned(), "[\"a\", \"b\"]".to_owned())]);
    safetensors::serialize(views, Some(about)).expect("plain")
}

/// A bench has no labels to be absorbed.
#[test]
fn labels_of_a_bench_are_none() {
    let labels = block_on(family(PARENT, CHILDREN).label_absorption()).expect("the CPU stays");
    assert!(labels.is_empty());
}
