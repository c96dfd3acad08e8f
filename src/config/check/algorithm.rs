//! What the algorithms beside Adam can and cannot do: what they would pass over in silence is refused instead.

use super::{ConfigError, whole};
use crate::config::{Activation, Algorithm, Config, Source, Task, Treatment, Weighting};
use std::fmt::Display;

/// Most latents where a step solves for all of them at once.
const MOST_AT_ONCE: u32 = 2_048;
/// Most atoms a sample of K-SVD's may use.
const MOST_ATOMS: u32 = 256;

impl Config {
    pub(super) fn check_algorithm(&self) -> Result<(), ConfigError> {
        let algorithm = self.training.algorithm;
        if algorithm == Algorithm::Adam {
            return Ok(());
        }
        let (b, m, l) = (&self.bench, &self.model, &self.loss);
        let name = serde_json::to_value(algorithm).expect("a word");
        let name = name.as_str().expect("a word");
        let needs = |field: &str, is: bool, value: &dyn Display, remedy: &str| match is {
            true => Ok(()),
            false => Err(ConfigError::new(field, value, format!("{remedy} while training.algorithm is {name}"))),
        };
        needs("loss.tanh", l.tanh == 0.0, &l.tanh, "0")?;
        needs("loss.p_end", l.p_end == 1.0, &l.p_end, "1")?;
        needs("loss.target_l0", l.target_l0 == 0.0, &l.target_l0, "0")?;
        needs("loss.aux_k", l.aux_k == 0.0, &l.aux_k, "0")?;
        needs("loss.matryoshka", l.matryoshka.is_empty(), &format!("{:?}", l.matryoshka), "empty")?;
        needs("loss.multi_k", l.multi_k.is_empty(), &format!("{:?}", l.multi_k), "empty")?;
        needs("dead.treatment", self.dead.treatment != Treatment::Ghost, &"ghost", "none")?;
        if algorithm == Algorithm::Alternating {
            needs("model.unit_norm_decoder", !m.unit_norm_decoder, &true, "false")?;
            needs("model.activation", m.activation != Activation::Gated, &"gated", "any but gated")?;
            needs("model.shift_input", !m.shift_input, &true, "false")?;
            let plain = l.l1 == 0.0 || l.l1_weighting == Weighting::Plain;
            needs("loss.l1_weighting", plain, &"decoder_norm", "plain")?;
            needs("loss.penalty_warm_up", l.penalty_warm_up == 0, &l.penalty_warm_up, "0")?;
            return whole("model.n_latent", m.n_latent, 1, MOST_AT_ONCE);
        }
        // The rest keep a dictionary.
        needs("model.b_enc", !m.b_enc, &true, "false")?;
        needs("model.b_dec", !m.b_dec, &true, "false")?;
        needs("model.skip", !m.skip, &true, "false")?;
        needs("loss.l0", l.l0 == 0.0, &l.l0, "0")?;
        let coefficient = self.anchors.coefficient;
        needs("anchors.coefficient", coefficient == 0.0, &coefficient, "0")?;
        let treatment = self.dead.treatment == Treatment::None;
        needs("dead.treatment", treatment, &"resample", "none (unused atoms are replaced anyway)")?;
        let of_truth = matches!(algorithm, Algorithm::Oracle | Algorithm::ErSpud);
        needs("source", !of_truth || self.source == Source::Bench, &"activations", "bench")?;
        let one_space = algorithm == Algorithm::Oracle || m.task != Task::Transcoder;
        needs("model.task", one_space, &"transcoder", "autoencoder or crosscoder")?;
        match algorithm {
            Algorithm::KSvd => {
                let most = m.n_latent.min(MOST_ATOMS);
                let counts = m.k.fract() == 0.0 && m.k >= 1.0 && m.k <= f64::from(most);
                needs("model.k", counts, &m.k, &format!("a whole number from 1 to {most}"))?;
                needs("loss.l1", l.l1 == 0.0, &l.l1, "0 (model.k is what holds codes sparse)")
            }
            Algorithm::Online => {
                needs("loss.l1", l.l1 > 0.0, &l.l1, "above 0")?;
                whole("model.n_latent", m.n_latent, 1, MOST_AT_ONCE)
            }
            Algorithm::ErSpud => {
                needs("model.task", m.task == Task::Autoencoder, &"crosscoder", "autoencoder")?;
                let n = b.n_input;
                let square = format!("bench.n_input ({n}), as A is square,");
                needs("bench.n_features", b.n_features == n, &b.n_features, &square)?;
                needs("model.n_latent", m.n_latent == n, &m.n_latent, &square)?;
                whole("bench.n_input", n, 2, 64)
            }
            _ => {
                let enough = m.n_latent >= b.n_features;
                let remedy = format!("at least bench.n_features ({})", b.n_features);
                needs("model.n_latent", enough, &m.n_latent, &remedy)
            }
        }
    }
}
