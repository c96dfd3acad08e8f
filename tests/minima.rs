//! Where runs end: grouping, verdicts and intervals; many seeds; escapes.

use sdl_explorer::config::{Config, Treatment};
use sdl_explorer::theory::escape::{self, Start};
use sdl_explorer::theory::minima::{End, Grouping, Verdict, canonical, group, share, verdict};
use sdl_explorer::theory::seeds;

/// The lab's small bench: 8 features in 4 dimensions, 8 latents, Top-1, batches of 32.
fn small() -> Config {
    let mut c = Config::default();
    c.bench.world = 1;
    (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (8, 4, 0.9);
    (c.model.n_latent, c.model.k, c.model.unit_norm_decoder) = (8, 1.0, false);
    (c.anchors.count, c.scoring.hold_out, c.scoring.rows) = (0, 0, 512);
    (c.training.steps, c.training.batch, c.training.learning_rate) = (2_000, 32, 3e-3);
    (c.dead.window, c.dead.resample_every, c.dead.resample_until, c.dead.resample_inputs) = (6_400, 200, 1_000, 256);
    c
}

#[test]
fn scratch() {
    for (s, k, lr, unit) in [
        (0.9, 1.0, 3e-3, false),
        (0.95, 1.0, 3e-3, false),
        (0.9, 1.0, 1e-2, false),
        (0.9, 1.0, 3e-3, true),
        (0.9, 2.0, 3e-3, false),
        (0.8, 2.0, 3e-3, false),
    ] {
        for arm in 0..3 {
            let mut c = small();
            c.bench.sparsity = s;
            c.model.k = k;
            c.training.learning_rate = lr;
            c.model.unit_norm_decoder = unit;
            if arm == 1 {
                c.anchors.count = 2;
                c.anchors.coefficient = 0.1;
            }
            if arm == 2 {
                c.dead.treatment = Treatment::Resample;
            }
            let t = std::time::Instant::now();
            let ends = seeds::ends(&c, &(0..64).collect::<Vec<u32>>()).unwrap().ends;
            let rate = 64.0 / t.elapsed().as_secs_f64();
            let by = group(&[ends], 8, Grouping::Sizes).unwrap();
            println!("S {s} k {k} lr {lr} unit {unit} arm {arm}: {rate:.1} runs/s, {} by sizes", by.len());
            for m in by.iter().take(5) {
                println!(
                    "   {} {:?} {:?} L~ {:.4} ({:.4}..{:.4}) L {:.4}",
                    m.shares[0].count,
                    m.verdict,
                    m.pattern,
                    m.approx_loss.median,
                    m.approx_loss.least,
                    m.approx_loss.most,
                    m.loss.median
                );
            }
        }
    }
    let mut c = small();
    for b in escape::starts(&c).unwrap() {
        println!("{b:?}");
    }
}
