//! Runs of one config under many seeds, trained as anywhere else (`run::Run`, on the CPU), and where they end.

use super::minima::End;
use crate::bench::World;
use crate::config::{Algorithm, Config, Source};
use crate::metrics::Metrics;
use crate::run::{Run, Stopped};
use serde::Serialize;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Most latents times features of a run here: patterns are read whole.
const MOST_CELLS: u32 = 1 << 16;

/// Where runs of these seeds ended, in the order asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ends {
    pub ends: Vec<End>,
    /// Seeds whose runs diverged: they ended nowhere.
    pub diverged: Vec<u32>,
}

/// Trains `config` to its last step under each seed. One world for all of them where `bench.world` names it, else
/// every seed has its own.
///
/// # Errors
/// The config's own, and a config whose L̃ or pattern is not known (real activations, a copula, large models).
pub fn ends(config: &Config, seeds: &[u32]) -> Result<Ends, String> {
    check(config)?;
    let mut shared = None;
    let mut out = Ends { ends: vec![], diverged: vec![] };
    for &seed in seeds {
        let config = Config { seed, ..config.clone() };
        let world = match &shared {
            Some(world) if config.bench.world > 0 => Arc::clone(world),
            _ => Arc::new(World::new(&config, None).map_err(|e| e.to_string())?),
        };
        shared = Some(Arc::clone(&world));
        let mut run = Run::of_world(config, world);
        match end(&mut run) {
            Some(end) => out.ends.push(end),
            None => out.diverged.push(seed),
        }
    }
    Ok(out)
}

/// Trains to the last step and reads where the run is then; none where it diverged.
pub(super) fn end(run: &mut Run) -> Option<End> {
    if now(run.advance(u64::from(run.config().training.steps))) == Stopped::Diverged {
        return None;
    }
    let metrics = now(run.frame()).expect("the CPU stays").metrics;
    Some(read(run, &metrics))
}

/// The end that a reading stands for; features are alone, with value 1.
fn read(run: &Run, metrics: &Metrics) -> End {
    let world = run.world();
    let n = world.n_features;
    let approx_loss = metrics.approx_loss.expect("`check` asks for a bench whose moments are known");
    let silence: f64 = world
        .lone_moments()
        .expect("as above")
        .iter()
        .zip(world.basis_out().chunks_exact(world.n_target))
        .map(|(mass, row)| mass * row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>())
        .sum();
    let rows = metrics.similarity.pattern.chunks_exact(n);
    End {
        seed: run.config().seed,
        pattern: rows.map(|row| (0..n).filter(|d| row[*d] == 1).collect()).collect(),
        loss: metrics.sse,
        approx_loss,
        approx_share: approx_loss / silence,
    }
}

/// Refuses what has no L̃ or no pattern.
pub(super) fn check(config: &Config) -> Result<(), String> {
    config.check().map_err(|e| e.to_string())?;
    if config.source != Source::Bench {
        return Err("source is activations: it must be bench, where L̃ is known".to_owned());
    }
    if config.bench.correlation > 0.0 {
        let is = config.bench.correlation;
        return Err(format!("bench.correlation is {is}: it must be 0, or how often a feature is alone is not known"));
    }
    if config.training.algorithm == Algorithm::Oracle {
        return Err("training.algorithm is oracle: it must be one that learns".to_owned());
    }
    let cells = config.model.n_latent * config.bench.n_features;
    if cells > MOST_CELLS {
        return Err(format!(
            "model.n_latent × bench.n_features is {cells}: it must be at most {MOST_CELLS} for many seeds at once"
        ));
    }
    Ok(())
}

/// What a future of a run on the CPU is done with at once: nothing there is ever waited for.
pub(super) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => out,
        Poll::Pending => unreachable!("the CPU backend never waits"),
    }
}
