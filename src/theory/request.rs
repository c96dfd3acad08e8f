//! What may be asked of the theory: one JSON object in, one out. Long work is asked for in parts (a row of a picture, a
//! few seeds), so that whoever asks can show progress, and stop.

use super::simplified::{Pattern, Point, Simplified, norm};
use super::{escape, minima, seeds};
use crate::config::Config;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// L̃, its gradients and the pattern of given weights.
    Point { world: Simplified, point: Point },
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
}

/// L̃ and what surrounds it at given weights.
#[derive(Debug, Serialize)]
pub struct PointReport {
    pub loss: f64,
    pub gradient_encoder: f64,
    pub gradient_decoder: f64,
    pub pattern: Pattern,
}

/// Answers `request` (JSON) in JSON; the error is for whoever asked: field, value, what would be right.
pub fn answer(request: &str) -> Result<String, String> {
    match serde_json::from_str(request).map_err(|e| e.to_string())? {
        Request::Point { world, point } => {
            world.check()?;
            json(&point_report(&world, &point))
        }
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
    }
}

fn point_report(world: &Simplified, point: &Point) -> PointReport {
    let gradient = world.gradient(point);
    PointReport {
        loss: world.loss(point),
        gradient_encoder: norm(&gradient.encoder),
        gradient_decoder: norm(&gradient.decoder),
        pattern: world.pattern(&point.encoder),
    }
}

/// By way of the config's own door, which names the field that is wrong.
fn checked(config: Value) -> Result<Config, String> {
    Config::from_value(config).map_err(|e| e.to_string())
}

fn json(answer: &impl Serialize) -> Result<String, String> {
    serde_json::to_string(answer).map_err(|e| e.to_string())
}
