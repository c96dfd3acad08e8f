//! Patterns: decided as brute force finds them; both points of a pattern against the published statements.

use super::{random_world, stream};
use sdl_explorer::theory::feasibility::{decide, has_pattern, numbered};
use sdl_explorer::theory::simplified::{Pattern, Point, Sigma, Simplified, dot, norm};
use sdl_explorer::theory::spurious::{Region, Statement, report};
use std::collections::BTreeSet;

/// An answer holds up: the encoder has the pattern, or the requirements do add up to nothing.
fn assert_sound(world: &Simplified, pattern: &Pattern) -> bool {
    let answer = decide(world, pattern, &numbered(world.n_features()));
    if answer.realizable {
        assert!(has_pattern(world, &answer.encoder, pattern, &answer.touching), "{pattern:?} {answer:?} {world:?}");
        return true;
    }
    let width = world.directions_in[0].len();
    for reason in answer.reasons.iter().filter(|r| !r.terms.is_empty()) {
        let mut sum = vec![vec![0.0; width]; pattern.len()];
        for t in &reason.terms {
            assert!(t.weight > 0.0);
            for (latent, sign) in std::iter::once((t.latent, t.sign)).chain(t.below.map(|b| (b, -t.sign))) {
                sum[latent]
                    .iter_mut()
                    .zip(&world.directions_in[t.feature])
                    .for_each(|(s, w)| *s += t.weight * sign * w);
            }
        }
        assert!(norm(&sum) < 1e-8, "{pattern:?}: {reason:?} leaves {sum:?}");
        assert!(reason.terms.iter().any(|t| t.strict), "{reason:?} demands nothing");
    }
    assert!(!answer.reasons.is_empty());
    false
}

/// In the plane a row's pattern changes only where it is at right angles to a feature: one row between any two such
/// angles, and one at each, are all there are.
#[test]
fn relu_patterns_in_the_plane_are_those_that_rows_have() {
    let (mut yes, mut no) = (0, 0);
    for instance in 0..60 {
        let n = 3 + instance as usize % 3;
        let world = random_world(&mut stream(instance), n, 2, false, Sigma::Relu);
        let mut edges: Vec<f64> = (world.directions_in.iter())
            .flat_map(|w| [1.0, -1.0].map(|side| (side * w[0]).atan2(-side * w[1])))
            .collect();
        edges.sort_by(f64::total_cmp);
        edges.push(edges[0] + std::f64::consts::TAU);
        let between = edges.windows(2).map(|e| (e[0] + e[1]) / 2.0);
        let seen: BTreeSet<Vec<usize>> = (between)
            .map(|angle| world.pattern(&[vec![angle.cos(), angle.sin()]]).remove(0))
            // At an edge, the feature at right angles is silent: the smaller of the patterns beside it, or neither's.
            .chain(world.directions_in.iter().enumerate().flat_map(|(d, w)| {
                let world = &world;
                [1.0, -1.0].map(move |side| {
                    let row = [-side * w[1], side * w[0]];
                    (0..n).filter(|e| *e != d && dot(&row, &world.directions_in[*e]) > 1e-9).collect()
                })
            }))
            .chain([vec![]])
            .collect();
        for bits in 0..1_u32 << n {
            let of: Vec<usize> = (0..n).filter(|d| bits >> d & 1 == 1).collect();
            let realizable = assert_sound(&world, &vec![of.clone()]);
            assert_eq!(realizable, seen.contains(&of), "{of:?} of {world:?}");
            if realizable { yes += 1 } else { no += 1 }
        }
    }
    assert!(yes > 300 && no > 300, "{yes} realizable, {no} not");
}

/// Top-k patterns of two and three latents: whatever random encoders show is realizable, and what is realizable with a
/// margin shows.
#[test]
fn top_k_patterns_are_those_that_encoders_have() {
    let mut refused = 0;
    for instance in 0..24 {
        let (k, n_latent) = [(1, 2), (1, 3), (2, 3)][instance as usize % 3];
        let mut random = stream(1_000 + instance);
        let world = random_world(&mut random, 3, 2, false, Sigma::TopK(k));
        let mut seen = BTreeSet::new();
        for _ in 0..20_000 {
            let rows = || (0..2).map(|_| random.normal()).collect();
            seen.insert(world.pattern(&std::iter::repeat_with(rows).take(n_latent).collect::<Vec<_>>()));
        }
        // All ways in which three features can fire latents.
        for code in 0..1_u32 << (3 * n_latent) {
            let of = |i: usize| (0..3).filter(|d| code >> (i * 3 + d) & 1 == 1).collect();
            let pattern: Pattern = (0..n_latent).map(of).collect();
            let realizable = assert_sound(&world, &pattern);
            assert!(realizable || !seen.contains(&pattern), "{pattern:?} was seen in {world:?}");
            refused += usize::from(!realizable);
        }
        assert!(seen.len() > 5);
    }
    assert!(refused > 500, "{refused}");
}

/// Opposite features: both silent is possible only at right angles to them; both firing never is.
#[test]
fn what_touches_the_threshold_is_said() {
    let directions = vec![vec![1.0, 0.0], vec![-1.0, 0.0], vec![0.0, 1.0]];
    let world = Simplified {
        directions_in: directions.clone(),
        directions_out: directions,
        mass: vec![1.0; 3],
        sigma: Sigma::Relu,
    };
    let answer = decide(&world, &vec![vec![2]], &numbered(3));
    assert!(answer.realizable);
    assert_eq!(answer.touching, [(0, 0), (0, 1)]);
    let answer = decide(&world, &vec![vec![0, 1]], &numbered(3));
    assert!(!answer.realizable);
    assert!(answer.reasons[0].words.starts_with("0.5 w_1 + 0.5 w_2 = 0:"), "{}", answer.reasons[0].words);
    let names: Vec<String> = ["east", "west", "north"].map(str::to_owned).to_vec();
    assert!(decide(&world, &vec![vec![0, 1]], &names).reasons[0].words.starts_with("0.5 east + 0.5 west = 0:"));
}

/// Every realizable partition's least-squares point has v2's statement; its refined point, wherever there is one, v3's.
#[test]
fn both_points_are_what_the_papers_say() {
    let (mut v2_only, mut v3, mut polysemantic, mut without) = (0, 0, 0, 0);
    for instance in 0..400 {
        let mut random = stream(2_000 + instance);
        let sigma = [Sigma::Relu, Sigma::TopK(1), Sigma::TopK(2), Sigma::JumpRelu(0.3)][instance as usize % 4];
        let n = 3 + random.below(3);
        let width = 2 + random.below(4);
        let world = random_world(&mut random, n, width, instance % 8 >= 4, sigma);
        let mut pattern: Pattern = vec![vec![]; 2 + random.below(3)];
        for d in 0..n {
            let latent = random.below(pattern.len());
            pattern[latent].push(d);
        }
        let r = report(&world, &pattern, None).expect("a pattern of this world");
        assert_eq!(r.answer.realizable, assert_sound(&world, &pattern));
        let Some(point) = &r.least_squares else { continue };
        assert!(point.gradient_decoder < 1e-10 && point.hessian_decoder >= -1e-10, "{instance}: {point:?}");
        assert!(point.survives && point.statement != Statement::Neither, "{instance}: {point:?}");
        if r.is_polysemantic {
            polysemantic += 1;
            assert!(point.loss > 1e-9, "{instance}");
        }
        match (&r.refined, &r.no_refined) {
            (Some(fine), None) => {
                let worst = fine.gradient_encoder.max(fine.gradient_decoder);
                assert!(worst < 1e-8, "{instance}: {worst} {fine:?} {world:?} {pattern:?}");
                assert!(fine.survives && fine.statement == Statement::V3, "{instance}: {fine:?} {world:?} {pattern:?}");
                v3 += 1;
                v2_only += usize::from(point.statement == Statement::V2);
                // The engine's own gradient agrees where no product touches the threshold.
                if r.answer.touching.is_empty() {
                    let g = world.gradient(&fine.point);
                    assert!(norm(&g.encoder) < 1e-8 && norm(&g.decoder) < 1e-8, "{instance}");
                    assert!((world.loss(&fine.point) - fine.loss).abs() < 1e-9);
                }
            }
            (None, Some(reason)) => {
                without += 1;
                assert!(reason.contains("No stationary point"), "{reason}");
                assert_nothing_is_stationary(&world, &pattern, &point.point, instance);
            }
            _ => panic!("{instance}: a refined point or a reason"),
        }
    }
    assert!(v3 > 60 && v2_only > 40 && polysemantic > 100 && without > 10, "{v3} {v2_only} {polysemantic} {without}");
}

/// Where no stationary point is said to be, alternating search inside the region ends at its edge: some z_d at 0 or a
/// silent feature at the threshold, or it still descends.
fn assert_nothing_is_stationary(world: &Simplified, pattern: &Pattern, start: &Point, instance: u64) {
    let region = Region { world, pattern, touching: &[] };
    let mut encoder = start.encoder.clone();
    for round in 0..4_000 {
        let decoder = region.best_decoder(&encoder);
        let (_, gradient) = region.value(&Point { encoder: encoder.clone(), decoder });
        assert!(norm(&gradient.encoder) > 1e-8, "{instance}: stationary after {round} rounds inside the region");
        for (row, g) in encoder.iter_mut().zip(&gradient.encoder) {
            row.iter_mut().zip(g).for_each(|(w, g)| *w -= 0.02 * g);
        }
        if world.pattern(&encoder) != *pattern {
            return;
        }
    }
}

/// The gap between v2 and v3 in numbers: three orthonormal features, F_1 = {1, 2}, F_2 = {3}, z = (1, 2).
#[test]
fn the_gap_in_the_published_proof() {
    let axes = vec![vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 1.0]];
    let pattern = vec![vec![0, 1], vec![2]];
    let encoder = vec![vec![1.0, 2.0, 0.0], vec![0.0, 0.0, 1.0]];
    let gradient = |mass: [f64; 3]| {
        let world = Simplified {
            directions_in: axes.clone(),
            directions_out: axes.clone(),
            mass: mass.to_vec(),
            sigma: Sigma::Relu,
        };
        let at = Region { world: &world, pattern: &pattern, touching: &[] }.at(encoder.clone());
        assert!(at.gradient_decoder < 1e-14 && at.survives);
        (at.gradient_encoder, at.statement)
    };
    // c = (⟨w_r^d − u z_d, u⟩) with u = Σ M z w / Σ M z² = (1, 4, 0) / 9 and ‖u‖² = 17/81:
    // c_1 = 1/9 − 17/81 = −8/81, c_2 = 4/9 − 34/81 = 2/81, so the gradient is −2 (M_1 c_1, M_2 c_2).
    let expected = 2.0 * ((8.0_f64 / 81.0).powi(2) + (2.0 * 2.0_f64 / 81.0).powi(2)).sqrt();
    let (unequal, statement) = gradient([1.0, 2.0, 0.5]);
    assert!((unequal - expected).abs() < 1e-14 && (0.15..0.25).contains(&unequal), "{unequal}");
    assert_eq!(statement, Statement::V2);
    let (equal, statement) = gradient([1.0; 3]);
    assert!(equal < 1e-14, "{equal}");
    assert_eq!(statement, Statement::V3);
}

/// Example 3.3, from its pattern: L̃ = 1 and nothing moves.
#[test]
fn the_papers_example_comes_from_its_pattern() {
    let axes = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
    let world =
        Simplified { directions_in: axes.clone(), directions_out: axes, mass: vec![1.0; 2], sigma: Sigma::TopK(1) };
    let r = report(&world, &vec![vec![0, 1], vec![]], None).expect("a pattern of this world");
    for at in [r.least_squares.expect("realizable"), r.refined.expect("stationary")] {
        assert!((at.loss - 1.0).abs() < 1e-12 && at.statement == Statement::V3, "{at:?}");
        assert!(at.gradient_encoder < 1e-12 && at.gradient_decoder < 1e-12);
    }
}

/// The refined point is where alternating between u and z ends.
#[test]
fn the_refined_point_is_where_alternation_ends() {
    let mut compared = 0;
    for instance in 0..60 {
        let mut random = stream(5_000 + instance);
        let world = random_world(&mut random, 3, 4, instance % 2 == 1, Sigma::Relu);
        let r = report(&world, &vec![vec![0, 1, 2]], None).expect("a pattern of this world");
        let (Some(start), Some(end)) = (r.least_squares, r.refined) else { continue };
        let products =
            |at: &Point| -> Vec<f64> { world.directions_in.iter().map(|w| dot(&at.encoder[0], w)).collect() };
        let mut z = products(&start.point);
        for _ in 0..20_000 {
            let weight: f64 = z.iter().zip(&world.mass).map(|(z, m)| m * z * z).sum();
            let u: Vec<f64> = (0..world.directions_out[0].len())
                .map(|j| (0..3).map(|d| world.mass[d] * z[d] * world.directions_out[d][j]).sum::<f64>() / weight)
                .collect();
            z = world.directions_out.iter().map(|w| dot(w, &u) / dot(&u, &u)).collect();
        }
        // A lesser eigenvector is stationary as well, but alternation leaves it.
        if z.iter().any(|z| *z <= 1e-6) {
            continue;
        }
        let refined = products(&end.point);
        let cosine = dot(&z, &refined) / (dot(&z, &z) * dot(&refined, &refined)).sqrt();
        assert!(1.0 - cosine < 1e-9, "{instance}: {z:?} {refined:?}");
        compared += 1;
    }
    assert!(compared > 5, "{compared}");
}
