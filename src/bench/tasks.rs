//! The bench's directions for each task: one set, an independent one for the target, or one a source.

use super::directions::{Report, generate, normalise_rows};
use super::{Basis, World};
use crate::config::{Config, Task};

pub fn bench(config: &Config) -> World {
    let b = &config.bench;
    let n_features = b.n_features as usize;
    let width = b.n_input as usize;
    let (first, mut report) = generate(config.world_seed(), b, width, 0);
    match config.model.task {
        Task::Autoencoder => World::of_directions(config, first.clone(), first, None, report),
        Task::Transcoder => {
            let (out, of_target) = generate(config.world_seed(), b, b.n_target as usize, 1);
            note(&mut report, "Target", of_target);
            World::of_directions(config, first, out, None, report)
        }
        Task::Crosscoder => {
            let m = b.n_sources as usize;
            let mut sources = vec![first];
            for source in 1..m {
                let (directions, of_source) = generate(config.world_seed(), b, width, source as u64);
                note(&mut report, &format!("Source {}", source + 1), of_source);
                sources.push(directions);
            }
            let mut basis = vec![];
            for d in 0..n_features {
                for (s, source) in sources.iter().enumerate() {
                    let has = owner(config, d).is_none_or(|owner| owner == s);
                    let row = &source[d * width..][..width];
                    basis.extend(row.iter().map(|w| if has { *w } else { 0.0 }));
                }
            }
            let mut unit = basis.clone();
            normalise_rows(&mut unit, m * width);
            let basis = Basis { input: basis.clone(), target: basis };
            World::of_directions(config, unit.clone(), unit, Some(basis), report)
        }
    }
}

/// The only source that has feature `d` of a crosscoder's bench; none where all share it.
///
/// The last ⌊exclusive · n⌋ features are exclusive, dealt to the sources in turn.
pub fn owner(config: &Config, d: usize) -> Option<usize> {
    let b = &config.bench;
    let n_exclusive = (b.exclusive * f64::from(b.n_features)) as usize;
    let first = b.n_features as usize - n_exclusive;
    (d >= first).then(|| (d - first) % b.n_sources as usize)
}

/// A further search's outcome, into the first's report.
fn note(report: &mut Report, name: &str, other: Report) {
    report.interference = report.interference.max(other.interference);
    report.iterations += other.iterations;
    report.statement = format!("{} {name}: {}", report.statement, other.statement);
}
