//! What may be asked of the theory: one JSON object in, one out. Long work is asked for in parts (a row of a picture, a
//! few seeds), so that whoever asks can show progress, and stop.

use super::absorption_trial::absorption_trial;
use super::descent::{self, Schedule};
use super::landscape::{self, plane::Scene};
use super::simplified::{Pattern, Simplified};
use super::{absorption, biconvex, escape, extreme, minima, planted, seeds, small, spurious, zero_loss};
use crate::config::Config;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// A small world.
    World(small::Ask),
    /// L_SDL, L̃ and the bound of Theorem 3.1 over S.
    Extreme(extreme::Ask),
    /// One run in a world with families, to its end. `config` may leave fields out, as in a link.
    AbsorptionTrial { config: Value, orthonormal: bool },
    /// The small landscape: heights, cells, minima.
    Landscape { scene: Scene, size: usize },
    /// A descent in it, from two angles; `least` is the landscape's.
    Descent { scene: Scene, schedule: Schedule, start: [f64; 2], least: f64 },
    /// Where size × size starts in it end.
    Ends { scene: Scene, schedule: Schedule, size: usize, least: f64 },
    /// Where runs of many seeds end ([`seeds::Ends`]).
    Seeds { config: Value, seeds: Vec<u32> },
    /// The distinct minima among the ends of several arms ([`minima::Minimum`]).
    Minima { arms: Vec<Vec<minima::End>>, n_features: usize, by: minima::Grouping },
    /// Shares with their intervals: [count, of] each ([`minima::Share`]).
    Shares { counts: Vec<[usize; 2]> },
    /// Pairs that can be merged ([`escape::Built`]).
    EscapeStarts { config: Value },
    /// The minimum that tries begin from ([`escape::Built`]).
    EscapeBuilt { config: Value, start: escape::Start },
    /// Tries to escape ([`escape::Tries`]).
    Escape { config: Value, start: escape::Start, epsilon: f64, seeds: Vec<u32> },
    /// The planted solution and its bounds (Theorem 3.2).
    Planted { world: Simplified, n_latent: usize },
    /// A basis that reconstructs everything and recovers nothing.
    SplitBasis { world: Simplified, seed: u32 },
    /// Where training on L̃ ends, seed by seed.
    ZeroLoss { world: Simplified, training: zero_loss::Training },
    /// Whether a pattern is realizable, and its two points (Theorem 3.5).
    Pattern { world: Simplified, pattern: Pattern, names: Option<Vec<String>> },
    /// L̃ on a segment, block by block.
    Biconvex(biconvex::Ask),
    /// The construction of Theorem 3.8.
    Absorption(absorption::Ask),
}

/// Answers `request` (JSON) in JSON; the error is for whoever asked: field, value, what would be right.
pub fn answer(request: &str) -> Result<String, String> {
    match serde_json::from_str(request).map_err(|e| e.to_string())? {
        Request::World(ask) => json(&small::report(&ask)?),
        Request::Extreme(ask) => json(&extreme::report(&ask)?),
        Request::AbsorptionTrial { config, orthonormal } => {
            json(&absorption_trial(checked(config)?, orthonormal).map_err(|e| e.to_string())?)
        }
        Request::Landscape { scene, size } => json(&landscape::picture(&scene, size)?),
        Request::Descent { scene, schedule, start, least } => json(&descent::path(&scene, &schedule, start, least)?),
        Request::Ends { scene, schedule, size, least } => json(&descent::ends(&scene, &schedule, size, least)?),
        Request::Seeds { config, seeds } => json(&seeds::ends(&checked(config)?, &seeds)?),
        Request::Minima { arms, n_features, by } => json(&minima::group(&arms, n_features, by)?),
        Request::Shares { counts } => {
            json(&counts.iter().map(|[count, of]| minima::share(*count, *of)).collect::<Result<Vec<_>, _>>()?)
        }
        Request::EscapeStarts { config } => json(&escape::starts(&checked(config)?)?),
        Request::EscapeBuilt { config, start } => json(&escape::built(&checked(config)?, &start)?),
        Request::Escape { config, start, epsilon, seeds } => {
            json(&escape::tries(&checked(config)?, &start, epsilon, &seeds)?)
        }
        Request::Planted { world, n_latent } => json(&planted::report(&world, n_latent)?),
        Request::SplitBasis { world, seed } => json(&zero_loss::split_basis(&world, seed)?),
        Request::ZeroLoss { world, training } => json(&zero_loss::train(&world, &training)?),
        Request::Pattern { world, pattern, names } => json(&spurious::report(&world, &pattern, names.as_deref())?),
        Request::Biconvex(ask) => json(&biconvex::report(&ask)?),
        Request::Absorption(ask) => json(&absorption::report(&ask)?),
    }
}

/// By way of the config's own door, which names the field that is wrong.
fn checked(config: Value) -> Result<Config, String> {
    Config::from_value(config).map_err(|e| e.to_string())
}

fn json(answer: &impl Serialize) -> Result<String, String> {
    serde_json::to_string(answer).map_err(|e| e.to_string())
}
