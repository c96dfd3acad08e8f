//! The exact small landscape: the surface against brute force, cells against the pattern, minima against the paper, ways
//! down against what they may never do.

use sdl_explorer::rng::{Purpose, Stream};
use sdl_explorer::theory::descent::{self, Decoder, Method, Outcome, Schedule};
use sdl_explorer::theory::landscape::minima::Kind;
use sdl_explorer::theory::landscape::plane::{Anchors, Rows, Scene, Weights};
use sdl_explorer::theory::landscape::{Picture, picture};
use sdl_explorer::theory::request::answer;
use sdl_explorer::theory::simplified::{Sigma, Simplified};
use std::f64::consts::{FRAC_PI_4, PI};

const SIGMAS: [Sigma; 3] = [Sigma::Relu, Sigma::TopK(1), Sigma::JumpRelu(0.3)];

/// An autoencoder's world: features at these angles (degrees) with these masses.
fn scene(sigma: Sigma, features: &[(f64, f64)]) -> Scene {
    let direction = |(angle, _): &(f64, f64)| vec![angle.to_radians().cos(), angle.to_radians().sin()];
    let directions: Vec<_> = features.iter().map(direction).collect();
    let mass = features.iter().map(|f| f.1).collect();
    let world = Simplified { directions_in: directions.clone(), directions_out: directions, mass, sigma };
    Scene { world, lengths: [1.0, 1.0], anchors: Anchors::default() }
}

fn orthonormal(sigma: Sigma) -> Scene {
    scene(sigma, &[(0.0, 1.0), (90.0, 1.0)])
}

fn schedule(method: Method) -> Schedule {
    Schedule { method, steps: 600, rate: 0.05, decoder: Decoder::Tied, resample_every: 0 }
}

/// Scenes of two or three features with random angles, masses, targets, lengths and anchors.
fn random_scenes(count: u64) -> impl Iterator<Item = (Scene, Stream)> {
    (0..count).map(|index| {
        let mut stream = Stream::new(7, Purpose::Evaluation, index);
        let n = 2 + stream.below(2);
        let mut unit = || {
            let angle = stream.uniform() * 2.0 * PI;
            vec![angle.cos(), angle.sin()]
        };
        let directions_in = (0..n).map(|_| unit()).collect();
        let directions_out = (0..n).map(|_| unit()).collect();
        let mass = (0..n).map(|_| 0.2 + 2.0 * stream.uniform()).collect();
        let world = Simplified { directions_in, directions_out, mass, sigma: SIGMAS[index as usize % 3] };
        let lengths = [0.5 + stream.uniform(), 0.5 + stream.uniform()];
        let anchors = Anchors { count: stream.below(3), weight: stream.uniform() };
        (Scene { world, lengths, anchors }, stream)
    })
}

/// Least objective over decoders by conjugate gradients from 0 on `Simplified`'s own gradient (a quadratic in four
/// numbers: exact after four steps, a few more for rounding).
fn brute_force(scene: &Scene, encoder: Rows) -> f64 {
    let plane = scene.plane().expect("valid");
    let objective = |decoder: Rows| plane.objective(&Weights { encoder, decoder });
    let slope = |decoder: Rows| {
        let at = Weights { encoder, decoder };
        let mut g = scene.world.gradient(&at.point()).decoder;
        for (i, row) in g.iter_mut().enumerate().take(scene.anchors.count) {
            for (j, g) in row.iter_mut().enumerate() {
                *g += 2.0 * scene.anchors.weight * (decoder[i][j] - scene.world.directions_out[i][j]);
            }
        }
        [g[0][0], g[0][1], g[1][0], g[1][1]]
    };
    let rows = |x: [f64; 4]| [[x[0], x[1]], [x[2], x[3]]];
    let dot = |a: [f64; 4], b: [f64; 4]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let at_zero = slope(rows([0.0; 4]));
    let (mut x, mut r) = ([0.0; 4], at_zero.map(|g| -g));
    let mut p = r;
    for _ in 0..40 {
        let curved = slope(rows(p));
        let curved: [f64; 4] = std::array::from_fn(|i| curved[i] - at_zero[i]);
        let (size, bend) = (dot(r, r), dot(p, curved));
        if size < 1e-26 || bend <= 0.0 {
            break;
        }
        let step = size / bend;
        x = std::array::from_fn(|i| x[i] + step * p[i]);
        r = std::array::from_fn(|i| r[i] - step * curved[i]);
        p = std::array::from_fn(|i| r[i] + dot(r, r) / size * p[i]);
    }
    objective(rows(x))
}

/// The decoder is really eliminated: no other is better, anchored or not, for any σ, at hundreds of random places.
#[test]
fn heights_are_minima_over_decoders() {
    for (scene, mut stream) in random_scenes(240) {
        let plane = scene.plane().expect("valid");
        let encoder = plane.encoder([stream.uniform() * 2.0 * PI, stream.uniform() * 2.0 * PI]);
        let (height, least) = (plane.height(encoder), brute_force(&scene, encoder));
        assert!((height - least).abs() < 1e-7 * (1.0 + least), "{height} against {least}: {scene:?}");
        let best = plane.on_surface(encoder);
        for _ in 0..20 {
            let mut other = best;
            other.decoder.iter_mut().flatten().for_each(|w| *w += 0.1 * stream.normal());
            assert!(plane.objective(&other) >= height - 1e-12, "{scene:?}");
        }
    }
}

/// Patterns, losses and gradients are those of `Simplified`, and every node of a picture has its cell's pattern.
#[test]
fn cells_are_the_patterns_of_the_simplified_loss() {
    for (scene, mut stream) in random_scenes(30) {
        let plane = scene.plane().expect("valid");
        let seen = picture(&scene, 48).expect("valid");
        for up in 0..48 {
            for across in 0..48 {
                let step = 2.0 * PI / 48.0;
                let at = [seen.first[0] + across as f64 * step, seen.first[1] + up as f64 * step];
                let encoder = plane.encoder(at);
                let rows: Vec<_> = encoder.iter().map(|row| row.to_vec()).collect();
                let cell = &seen.cells[usize::from(seen.cell_of[up * 48 + across])];
                assert_eq!(cell.pattern, scene.world.pattern(&rows), "{at:?} in {scene:?}");
            }
        }
        let shares: f64 = seen.cells.iter().map(|c| c.share).sum();
        assert!((shares - 1.0).abs() < 1e-12);

        let mut at = Weights { encoder: plane.encoder([1.0, 2.5]), ..Weights::default() };
        at.decoder.iter_mut().flatten().for_each(|w| *w = stream.normal());
        assert!((plane.loss(&at) - scene.world.loss(&at.point())).abs() < 1e-12);
        if scene.anchors.count == 0 {
            let (ours, theirs) = (plane.gradient(&at).point(), scene.world.gradient(&at.point()));
            for (a, b) in [(&ours.encoder, &theirs.encoder), (&ours.decoder, &theirs.decoder)] {
                a.iter().flatten().zip(b.iter().flatten()).for_each(|(a, b)| assert!((a - b).abs() < 1e-12));
            }
        }
    }
}

/// Lines drawn as boundaries are boundaries: a step across changes the pattern. And they are all: where the picture's
/// neighbouring nodes differ, a line runs between them.
#[test]
fn boundaries_are_where_patterns_change() {
    for sigma in SIGMAS {
        let mut scene = scene(sigma, &[(20.0, 1.0), (110.0, 2.0)]);
        scene.lengths = [1.0, 0.8];
        let plane = scene.plane().expect("valid");
        let seen = picture(&scene, 120).expect("valid");
        assert!(!seen.boundaries.is_empty());
        let points: Vec<[f64; 2]> = seen
            .boundaries
            .iter()
            .flat_map(|line| line.windows(2))
            .flat_map(|ends| {
                (0..60).map(|t| {
                    let t = (f64::from(t) + 0.5) / 60.0;
                    [0, 1].map(|axis| ends[0][axis] * (1.0 - t) + ends[1][axis] * t)
                })
            })
            .collect();
        for at in &points {
            let near = |by: [f64; 2]| plane.pattern(&plane.encoder([at[0] + by[0], at[1] + by[1]]));
            let e = 3e-3;
            let all = [near([e, e]), near([-e, e]), near([e, -e]), near([-e, -e])];
            assert!(all.iter().any(|bits| *bits != all[0]), "no change across {at:?} for {sigma:?}");
        }
        let step = 2.0 * PI / 120.0;
        let apart = |a: f64, b: f64| (a - b + PI).rem_euclid(2.0 * PI) - PI;
        for node in (0..120 * 120).filter(|node| node % 120 < 119) {
            if seen.cell_of[node] != seen.cell_of[node + 1] {
                let at = [seen.first[0] + (node % 120) as f64 * step, seen.first[1] + (node / 120) as f64 * step];
                let close = |p: &[f64; 2]| apart(p[0], at[0]).abs().max(apart(p[1], at[1]).abs()) < 1.6 * step;
                assert!(points.iter().any(close), "no line near {at:?} for {sigma:?}");
            }
        }
    }
}

/// Which latent is called the first does not matter.
#[test]
fn the_landscape_is_its_own_mirror_image() {
    for (mut scene, mut stream) in random_scenes(60) {
        scene.anchors.count = 0;
        let mut swapped = scene.clone();
        swapped.lengths.reverse();
        let (plane, mirror) = (scene.plane().expect("valid"), swapped.plane().expect("valid"));
        for _ in 0..20 {
            let at = [stream.uniform() * 2.0 * PI, stream.uniform() * 2.0 * PI];
            let (a, b) = (plane.height(plane.encoder(at)), mirror.height(mirror.encoder([at[1], at[0]])));
            assert!((a - b).abs() < 1e-9, "{a} and {b} at {at:?}");
        }
    }
    // And of a whole picture: the same shares of the same patterns, the same heights.
    let seen = picture(&orthonormal(Sigma::TopK(1)), 96).expect("valid");
    for cell in &seen.cells {
        let mirror = [cell.pattern[1].clone(), cell.pattern[0].clone()];
        let share_of = |pattern: &[Vec<usize>]| -> f64 {
            seen.cells.iter().filter(|c| c.pattern == pattern).map(|c| c.share).sum()
        };
        assert!((share_of(&cell.pattern) - share_of(&mirror)).abs() < 0.02, "{:?}", cell.pattern);
    }
}

/// Example 3.3: {1, 2}, {} under Top-1 is a spurious minimum with L̃ = 1; zero loss is where each latent has a feature.
#[test]
fn the_papers_example_is_found_as_a_spurious_minimum() {
    let scene = orthonormal(Sigma::TopK(1));
    let seen = picture(&scene, 120).expect("valid");
    assert!(seen.least.abs() < 1e-12);
    let example = seen.minima.iter().find(|m| m.pattern == [vec![0, 1], vec![]]).expect("found");
    assert!(!example.global && example.kind == Kind::Plateau && (example.height - 1.0).abs() < 1e-12, "{example:?}");
    let plane = scene.plane().expect("valid");
    assert!((plane.height([[1.0, 1.0], [0.0, 0.0]]) - 1.0).abs() < 1e-12, "the paper's own weights");
    let global: Vec<_> = seen.minima.iter().filter(|m| m.global).map(|m| m.pattern.clone()).collect();
    assert!(global.contains(&vec![vec![0], vec![1]]) && global.contains(&vec![vec![1], vec![0]]), "{global:?}");
    assert!(global.iter().all(|p| p[0].len() == 1 && p[1].len() == 1), "{global:?}");

    // From between the two features gradient descent ends there; with resampling it does not.
    let start = [FRAC_PI_4, -3.0 * FRAC_PI_4];
    for method in [Method::GradientDescent, Method::Adam, Method::AlternatingConvexSearch] {
        let stuck = descent::path(&scene, &schedule(method), start, seen.least).expect("valid");
        assert_eq!((stuck.outcome, stuck.pattern), (Outcome::Spurious, vec![vec![0, 1], vec![]]), "{method:?}");
        assert!((stuck.loss - 1.0).abs() < 1e-3, "{method:?}: {}", stuck.loss);
        let helped = Schedule { resample_every: 100, ..schedule(method) };
        let free = descent::path(&scene, &helped, start, seen.least).expect("valid");
        assert_eq!(free.outcome, Outcome::Global, "{method:?}");
        assert!(free.resampled.iter().all(|r| r.step == 100 && r.latent == 1), "{:?}", free.resampled);
    }
}

/// Correlated features share a latent best along the leading eigenvector of Σ M_d w wᵀ: theory's rank-one problem. The
/// other latent is dead, so that its angle is free: a valley.
#[test]
fn a_shared_latent_settles_where_the_rank_one_problem_is_solved() {
    let scene = scene(Sigma::TopK(1), &[(0.0, 1.0), (60.0, 2.0)]);
    let seen = picture(&scene, 180).expect("valid");
    let valley = seen
        .minima
        .iter()
        .find(|m| m.kind == Kind::Valley && m.pattern == [vec![0, 1], vec![]])
        .expect("a valley of the shared latent");
    // Largest eigenvalue of the 2×2 matrix [m1 + m2/4, m2 √3/4; ·, 3 m2/4] explains most; the rest is L̃.
    let (a, b, c): (f64, f64, f64) = (1.5, 2.0 * 3_f64.sqrt() / 4.0, 1.5);
    let largest = (a + c) / 2.0 + ((a - c) * (a - c) / 4.0 + b * b).sqrt();
    assert!((valley.height - (3.0 - largest)).abs() < 1e-9, "{} against {}", valley.height, 3.0 - largest);
    assert!(!valley.global && !valley.on_boundary && valley.line.len() == 2);
    // The weights there are stationary on both sides.
    let plane = scene.plane().expect("valid");
    let mut gradient = plane.gradient(&plane.on_surface(plane.encoder(valley.at)));
    let largest = gradient.numbers().fold(0.0_f64, |max, g| max.max(g.abs()));
    assert!(largest < 1e-6, "{largest}");
}

/// Anchoring both latents makes the planted solution the only global minimum: on a corner where features are orthogonal,
/// for there each row stops firing the other feature.
#[test]
fn anchors_leave_one_global_minimum() {
    for (sigma, on_boundary) in [(Sigma::Relu, true), (Sigma::TopK(1), false)] {
        let mut scene = orthonormal(sigma);
        scene.anchors = Anchors { count: 2, weight: 0.1 };
        let seen = picture(&scene, 120).expect("valid");
        let global: Vec<_> = seen.minima.iter().filter(|m| m.global).collect();
        assert_eq!(global.len(), 1, "{global:#?}");
        let at = global[0].at;
        assert!(at[0].abs() < 1e-4 && (at[1] - PI / 2.0).abs() < 1e-4, "{at:?}");
        assert_eq!(global[0].on_boundary, on_boundary, "{sigma:?}");
        assert!(seen.least < 1e-6);
    }
}

/// Every reported minimum is one: nothing within a few thousandths of a degree is lower.
#[test]
fn minima_are_minima() {
    for (scene, mut stream) in random_scenes(60) {
        let plane = scene.plane().expect("valid");
        let seen = picture(&scene, 96).expect("valid");
        assert!(seen.minima.iter().any(|m| m.global), "{scene:?}");
        for minimum in &seen.minima {
            for _ in 0..50 {
                let by = [0, 1].map(|_| (stream.uniform() - 0.5) * 1e-4);
                let height = plane.height(plane.encoder([minimum.at[0] + by[0], minimum.at[1] + by[1]]));
                assert!(height > minimum.height - 1e-5, "{height} near {minimum:?} in {scene:?}");
            }
        }
    }
}

/// Alternating convex search never rises and never leaves its cell, whatever the world; gradient descent with a small
/// rate does not rise inside a cell either.
#[test]
fn alternating_convex_search_never_rises() {
    for (scene, mut stream) in random_scenes(120) {
        let start = [0, 1].map(|_| stream.uniform() * 2.0 * PI - PI);
        let path = descent::path(&scene, &schedule(Method::AlternatingConvexSearch), start, 0.0).expect("valid");
        let plane = scene.plane().expect("valid");
        let pattern = plane.pattern(&path.frames[0].weights.encoder);
        for pair in path.frames.windows(2) {
            assert!(pair[1].objective <= pair[0].objective + 1e-12, "{scene:?}");
            assert_eq!(plane.pattern(&pair[1].weights.encoder), pattern, "{scene:?}");
            assert!(pair[1].height <= pair[1].objective + 1e-9);
        }
        let slow = Schedule { rate: 1e-3, ..schedule(Method::GradientDescent) };
        let path = descent::path(&scene, &slow, start, 0.0).expect("valid");
        for pair in path.frames.windows(2) {
            let same = plane.pattern(&pair[0].weights.encoder) == plane.pattern(&pair[1].weights.encoder);
            assert!(!same || pair[1].objective <= pair[0].objective + 1e-9, "{scene:?}");
        }
    }
}

/// At rest, no encoder row of the same pattern does better beside the other row and the decoder: the quadratic programs
/// are solved, not approached.
#[test]
fn at_rest_no_row_of_the_same_pattern_is_better() {
    for (scene, mut stream) in random_scenes(60) {
        let plane = scene.plane().expect("valid");
        let start = [0, 1].map(|_| stream.uniform() * 2.0 * PI - PI);
        let long = Schedule { steps: 4000, ..schedule(Method::AlternatingConvexSearch) };
        let path = descent::path(&scene, &long, start, 0.0).expect("valid");
        let end = path.frames.last().expect("an end").weights;
        let best = plane.objective(&end);
        for trial in 0..400 {
            let mut other = end;
            other.encoder[trial % 2].iter_mut().for_each(|w| *w += 3e-3 * stream.normal());
            if plane.pattern(&other.encoder) == plane.pattern(&end.encoder) {
                assert!(plane.objective(&other) > best - 1e-5, "{} below {best}: {scene:?}", plane.objective(&other));
            }
        }
    }
}

/// Shares add up, repeat, and are those of single paths; resampling frees starts, and is told.
#[test]
fn ends_are_those_of_paths() {
    let scene = orthonormal(Sigma::TopK(1));
    for method in [Method::GradientDescent, Method::Adam, Method::AlternatingConvexSearch] {
        let plain = descent::ends(&scene, &schedule(method), 8, 0.0).expect("valid");
        assert!((plain.global + plain.spurious + plain.moving - 1.0).abs() < 1e-12);
        for (node, outcome) in plain.outcomes.iter().enumerate() {
            let step = 2.0 * PI / 8.0;
            let start = [plain.first[0] + (node % 8) as f64 * step, plain.first[1] + (node / 8) as f64 * step];
            assert_eq!(descent::path(&scene, &schedule(method), start, 0.0).expect("valid").outcome, *outcome);
        }
        assert!(plain.spurious > 0.2, "{method:?}: {}", plain.spurious);
        let helped = descent::ends(&scene, &Schedule { resample_every: 100, ..schedule(method) }, 8, 0.0);
        let helped = helped.expect("valid");
        assert!(helped.spurious < plain.spurious, "{method:?}: {} against {}", helped.spurious, plain.spurious);
    }
}

/// Through the door: JSON in and out, and what is wrong named.
#[test]
fn the_landscape_answers_in_json_and_refuses_by_name() {
    let scene = serde_json::to_string(&orthonormal(Sigma::Relu)).expect("plain");
    let seen = answer(&format!(r#"{{"ask":"landscape","scene":{scene},"size":24}}"#)).expect("valid");
    let seen: serde_json::Value = serde_json::from_str(&seen).expect("JSON");
    assert_eq!(seen["heights"].as_array().expect("heights").len(), 576);
    assert_eq!(seen["minima"][0]["global"], true);
    let refused = |text: String| answer(&text).expect_err("refused");
    assert!(refused(format!(r#"{{"ask":"landscape","scene":{scene},"size":9}}"#)).contains("size is 9"));
    let long = scene.replace("[1.0,1.0],\"anchors\"", "[1.0,-1.0],\"anchors\"");
    assert!(refused(format!(r#"{{"ask":"landscape","scene":{long},"size":24}}"#)).contains("lengths"));
    let many = scene.replace("\"count\":0", "\"count\":3");
    assert!(refused(format!(r#"{{"ask":"landscape","scene":{many},"size":24}}"#)).contains("anchors.count is 3"));
    let no_rate = r#"{"method":"adam","steps":10,"rate":0,"decoder":"best","resample_every":0}"#;
    let ask = format!(r#"{{"ask":"descent","scene":{scene},"schedule":{no_rate},"start":[0,1],"least":0}}"#);
    assert!(refused(ask).contains("rate is 0"));
}

/// A picture is drawn while a slider moves: it takes 10 to 30 ms of one core in the browser. The bound is for machines
/// that are busy with other tests.
#[test]
fn a_picture_takes_less_than_half_a_second() {
    let scene = orthonormal(Sigma::TopK(1));
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let Picture { size, .. } = picture(&scene, 200).expect("valid");
        assert_eq!(size, 200);
        best = best.min(start.elapsed().as_secs_f64());
    }
    assert!(best < 0.5, "{best} s for 200 × 200");
}
