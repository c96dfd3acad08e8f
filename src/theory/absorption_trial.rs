//! One run in a world with families, to its end: what it absorbs. Many of them, over methods and seeds, are how methods
//! are compared.

use crate::bench::World;
use crate::bench::directions::report_of;
use crate::config::{Config, ConfigError, Task};
use crate::metrics::{Effort, Means};
use crate::run::{Run, Stopped};
use serde::Serialize;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// What a run in a world with families ends with. Means over edges; NaN (null in JSON) where there is nothing to say.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Trial {
    /// Each edge counts alike.
    pub means: Means,
    /// Each edge counts by the rows in which its child fires.
    pub weighted: Means,
    pub explained_variance: f64,
    pub l0: f64,
    pub true_l0: Option<f64>,
    /// Share of parents that some decoder column fits with a cosine above τ.
    pub parents_found: f64,
    pub diverged: bool,
}

/// Trains `config` (its source is the bench, with families) on the CPU. `orthonormal`: features are the first unit
/// vectors of the input, instead of directions that are searched for.
///
/// # Errors
/// A config that cannot be run, that has no families, or more orthonormal features than dimensions.
pub fn absorption_trial(config: Config, orthonormal: bool) -> Result<Trial, ConfigError> {
    config.check()?;
    let b = &config.bench;
    if b.n_parents == 0 {
        return Err(ConfigError::new("bench.n_parents", 0, "above 0: absorption is between parents and children"));
    }
    let world = if orthonormal { orthonormal_world(&config)? } else { World::new(&config, None)? };
    let n_parents = b.n_parents as usize;
    let mut run = Run::of_world(config.clone(), Arc::new(world));
    run.set_effort(Effort::Complete);
    let stopped = at_once(run.advance(u64::from(config.training.steps)));
    let metrics = at_once(run.frame()).map_err(|e| ConfigError::new("device", e, "there"))?.metrics;
    let absorption = metrics.absorption.expect("a complete reading of a world with families has it");
    let cosine = &metrics.decoder_cosine.score;
    let found = cosine[..n_parents].iter().filter(|c| f64::from(**c) > config.scoring.threshold).count();
    Ok(Trial {
        means: absorption.means,
        weighted: absorption.weighted,
        explained_variance: metrics.explained_variance,
        l0: metrics.l0,
        true_l0: metrics.true_l0,
        parents_found: found as f64 / n_parents as f64,
        diverged: stopped == Stopped::Diverged,
    })
}

fn orthonormal_world(config: &Config) -> Result<World, ConfigError> {
    let (n, p) = (config.bench.n_features as usize, config.bench.n_input as usize);
    if n > p {
        return Err(ConfigError::new("bench.n_features", n, format!("at most bench.n_input = {p} to be orthonormal")));
    }
    if config.model.task != Task::Autoencoder || config.model.scale_data {
        return Err(ConfigError::new("model.task", "another", "autoencoder without scaled data to be orthonormal"));
    }
    let mut directions = vec![0.0; n * p];
    (0..n).for_each(|d| directions[d * p + d] = 1.0);
    let report = report_of(&directions, p, format!("{n} orthonormal directions in {p} dimensions."));
    Ok(World::of_directions(config, directions.clone(), directions, None, report))
}

/// The CPU waits for nothing: what it promises is there when it is first asked for.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("the CPU waits for nothing"),
    }
}
