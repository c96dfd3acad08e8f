//! Where runs end: activation patterns that are the same up to the order of latents are one minimum. Which there are,
//! how often each is reached, and with what loss; shares come with Wilson's interval.

use super::simplified::Pattern;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// L̃ below this share of what an empty model has (Σ_d M_d ‖w_r^d‖²) counts as zero: trained weights jitter around a
/// minimum.
pub const ZERO_SHARE: f64 = 0.01;

/// The 97.5 % quantile of the standard normal: 95 % intervals.
const Z: f64 = 1.959_963_984_540_054;

/// Where one run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    pub seed: u32,
    /// F_i as the run has them: [n_latent].
    pub pattern: Pattern,
    /// L: mean squared error (no penalty) on samples.
    pub loss: f64,
    /// L̃ (Theorem 3.1).
    pub approx_loss: f64,
    /// L̃ as a share of an empty model's, Σ_d M_d ‖w_r^d‖².
    pub approx_share: f64,
}

/// What kind of minimum an end is. L̃ ≥ 0, so zero is global; a trained run is never exactly there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The pattern of the planted minimum (Theorem 3.2): every feature has a latent, every latent at most one feature.
    Global,
    /// Some latent has several features, or some feature no latent, but L̃ is below [`ZERO_SHARE`]: zero loss without
    /// recovery (v3 Theorem 3.4).
    Unrecovered,
    /// The same with a loss: a spurious minimum (Theorem 3.5), or a run that has not arrived.
    Spurious,
}

/// What makes two ends one minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// The same sets of features, whichever latents have them.
    Pattern,
    /// The same sizes |F_i| and as many features without a latent, whichever features these are.
    Sizes,
}

/// Ends that are the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Minimum {
    /// In canonical form; by sizes, that of the first end.
    pub pattern: Pattern,
    pub verdict: Verdict,
    /// Latents with several features, latents with none, features without a latent.
    pub n_polysemantic: usize,
    pub n_dead: usize,
    pub n_missing: usize,
    /// A list of places in its ends for each arm, ascending.
    pub ends: Vec<Vec<usize>>,
    /// How often each arm ends here.
    pub shares: Vec<Share>,
    /// Over the ends of all arms.
    pub loss: Spread,
    pub approx_loss: Spread,
}

/// `count` of `of`, with Wilson's 95 % interval of the probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    pub count: usize,
    pub of: usize,
    pub low: f64,
    pub high: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub least: f64,
    /// Of an even number the lower one of the middle.
    pub median: f64,
    pub most: f64,
}

/// The latents in an order that depends on their sets alone: by their features, the dead last.
pub fn canonical(pattern: &Pattern) -> Pattern {
    let mut sorted = pattern.clone();
    sorted.iter_mut().for_each(|of| of.sort_unstable());
    sorted.sort_by(|a, b| a.is_empty().cmp(&b.is_empty()).then_with(|| a.cmp(b)));
    sorted
}

/// [n_features]: K_d, latents that the feature fires. Features at or above `n_features` are not counted.
pub fn latents_per_feature(pattern: &Pattern, n_features: usize) -> Vec<usize> {
    let mut counts = vec![0; n_features];
    pattern.iter().flatten().filter(|d| **d < n_features).for_each(|d| counts[*d] += 1);
    counts
}

/// The criterion is the pattern's, and L̃'s where the pattern does not recover; see [`Verdict`].
pub fn verdict(pattern: &Pattern, n_features: usize, approx_share: f64) -> Verdict {
    let merged = pattern.iter().any(|of| of.len() > 1);
    let missing = latents_per_feature(pattern, n_features).contains(&0);
    match merged || missing {
        false => Verdict::Global,
        true if approx_share < ZERO_SHARE => Verdict::Unrecovered,
        true => Verdict::Spurious,
    }
}

/// The distinct minima among the ends of several arms: the most frequent first (over all arms), of equals the one with
/// less L̃. Does not depend on the order of latents; that of the ends changes only the places it is told in.
///
/// # Errors
/// Names an end whose pattern has a feature that is not there, or a loss that is no number.
pub fn group(arms: &[Vec<End>], n_features: usize, by: Grouping) -> Result<Vec<Minimum>, String> {
    // Ends that differ in verdict are different, too: sizes alone do not tell.
    let mut found: BTreeMap<(Key, Verdict), Vec<(usize, usize)>> = BTreeMap::new();
    for (arm, ends) in arms.iter().enumerate() {
        for (at, end) in ends.iter().enumerate() {
            check(end, n_features)?;
            let verdict = verdict(&end.pattern, n_features, end.approx_share);
            found.entry((key(&end.pattern, n_features, by), verdict)).or_default().push((arm, at));
        }
    }
    let mut minima: Vec<Minimum> = found
        .into_iter()
        .map(|((_, verdict), members)| {
            let of = |read: fn(&End) -> f64| spread(members.iter().map(|(arm, at)| read(&arms[*arm][*at])).collect());
            let (arm, at) = members[0];
            let pattern = canonical(&arms[arm][at].pattern);
            let ends: Vec<Vec<usize>> = (0..arms.len())
                .map(|arm| members.iter().filter(|(of, _)| *of == arm).map(|(_, at)| *at).collect())
                .collect();
            Ok(Minimum {
                n_polysemantic: pattern.iter().filter(|of| of.len() > 1).count(),
                n_dead: pattern.iter().filter(|of| of.is_empty()).count(),
                n_missing: latents_per_feature(&pattern, n_features).iter().filter(|k| **k == 0).count(),
                pattern,
                verdict,
                shares: ends
                    .iter()
                    .zip(arms)
                    .map(|(here, all)| share(here.len(), all.len()))
                    .collect::<Result<_, _>>()?,
                ends,
                loss: of(|end| end.loss),
                approx_loss: of(|end| end.approx_loss),
            })
        })
        .collect::<Result<_, String>>()?;
    let count = |m: &Minimum| m.ends.iter().map(Vec::len).sum::<usize>();
    minima.sort_by(|a, b| count(b).cmp(&count(a)).then(a.approx_loss.median.total_cmp(&b.approx_loss.median)));
    Ok(minima)
}

/// `count` of `of` with Wilson's 95 % score interval (Wilson 1927); 0 to 1 where there is nothing to count.
///
/// # Errors
/// When `count` exceeds `of`.
pub fn share(count: usize, of: usize) -> Result<Share, String> {
    if count > of {
        return Err(format!("count is {count}: it must be at most {of}"));
    }
    if of == 0 {
        return Ok(Share { count, of, low: 0.0, high: 1.0 });
    }
    let (n, p) = (of as f64, count as f64 / of as f64);
    let scale = 1.0 / (1.0 + Z * Z / n);
    let middle = scale * (p + Z * Z / (2.0 * n));
    let half = scale * Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At none and all of them an end is 0 or 1 exactly.
    let low = if count == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if count == of { 1.0 } else { (middle + half).min(1.0) };
    Ok(Share { count, of, low, high })
}

fn check(end: &End, n_features: usize) -> Result<(), String> {
    if let Some(d) = end.pattern.iter().flatten().find(|d| **d >= n_features) {
        return Err(format!("pattern of seed {} has feature {d}: it must be below {n_features}", end.seed));
    }
    for (name, x) in [("loss", end.loss), ("approx_loss", end.approx_loss), ("approx_share", end.approx_share)] {
        if !x.is_finite() {
            return Err(format!("{name} of seed {} is {x}: it must be a finite number", end.seed));
        }
    }
    Ok(())
}

/// What ends of one minimum have in common.
type Key = Vec<Vec<usize>>;

fn key(pattern: &Pattern, n_features: usize, by: Grouping) -> Key {
    match by {
        Grouping::Pattern => canonical(pattern),
        Grouping::Sizes => {
            let mut sizes: Vec<usize> = pattern.iter().map(Vec::len).collect();
            let mut answers = latents_per_feature(pattern, n_features);
            sizes.sort_unstable();
            answers.sort_unstable();
            vec![sizes, answers]
        }
    }
}

fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    Spread { least: values[0], median: values[(values.len() - 1) / 2], most: values[values.len() - 1] }
}
