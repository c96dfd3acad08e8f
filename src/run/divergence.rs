//! When a run has diverged, what is the likeliest cause, and the way back.

use crate::config::Config;
use serde::{Deserialize, Serialize};

/// A loss this many times the first one will not come back.
const LIMIT: f32 = 1e6;

/// Set `field` to `value` and go on from the last checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remedy {
    pub text: String,
    pub field: String,
    pub value: f64,
}

/// `start`: the first loss; 0 as long as all batches were silent.
pub fn diverged(loss: f32, start: f32) -> bool {
    // A nearly silent batch must not call everything after it divergence.
    !loss.is_finite() || (start != 0.0 && loss > LIMIT * start.max(1e-4))
}

/// (cause in one sentence, remedy).
///
/// Adam's step is about the learning rate whatever the gradient's size, so coefficients rarely diverge; what does is
/// a learning rate beyond the scale of the weights, or moments that forget faster than they average (β₁² > β₂).
pub fn explain(config: &Config, step: u64) -> (String, Remedy) {
    let t = &config.training;
    if t.beta1 * t.beta1 > t.beta2 {
        let cause = format!(
            "β₂ = {} forgets squared gradients faster than β₁ = {} forgets gradients, so Adam's steps grow without bound.",
            t.beta2, t.beta1
        );
        let remedy = Remedy { text: "Set β₂ to 0.999.".into(), field: "training.beta2".into(), value: 0.999 };
        return (cause, remedy);
    }
    let value = t.learning_rate / 10.0;
    let cause = format!(
        "The learning rate {} is likeliest: near step {step} the weights moved further than the loss is smooth.",
        t.learning_rate
    );
    (
        cause,
        Remedy { text: format!("Set the learning rate to {value}."), field: "training.learning_rate".into(), value },
    )
}
