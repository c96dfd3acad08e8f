//! What may be asked of the theory: one JSON object in, one out. Long work is asked for in parts (a row of a picture, a
//! few seeds), so that whoever asks can show progress, and stop.

use super::extreme;
use super::simplified::{Pattern, Point, Simplified, norm};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// L̃, its gradients and the pattern of given weights.
    Point { world: Simplified, point: Point },
    /// L_SDL, L̃ and the bound of Theorem 3.1 over S.
    Extreme(extreme::Ask),
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
        Request::Extreme(ask) => json(&extreme::report(&ask)?),
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

fn json(answer: &impl Serialize) -> Result<String, String> {
    serde_json::to_string(answer).map_err(|e| e.to_string())
}
