//! Firing density over recent training samples, from counters that only ever grow.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Snapshots kept: the window moves in eighths.
const SNAPSHOTS: usize = 8;

/// Past readings of the counters.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Density {
    /// (samples, fire_count), oldest first.
    past: VecDeque<(u64, Vec<u32>)>,
}

impl Density {
    /// [n_latent]: the share of the last `window` training samples (as far as recorded) on which a latent fired.
    pub fn read(&mut self, samples: u64, fire_count: &[u32], window: u32) -> Vec<f32> {
        // A run that went back to a checkpoint has no use for what came after it.
        while self.past.back().is_some_and(|(s, _)| *s > samples) {
            self.past.pop_back();
        }
        if self.past.is_empty() {
            // Counters start at zero, at sample zero: until there is more, density is over the whole run.
            self.past.push_back((0, vec![0; fire_count.len()]));
        }
        // Keep one snapshot that is at least a window old.
        while self.past.len() > 1 && self.past[1].0 + u64::from(window) <= samples {
            self.past.pop_front();
        }
        let (then, counts) = &self.past[0];
        let span = (samples - then).max(1) as f32;
        let density = fire_count.iter().zip(counts).map(|(now, then)| now.wrapping_sub(*then) as f32 / span).collect();
        let due = self.past.back().is_none_or(|(s, _)| samples >= s + u64::from(window) / SNAPSHOTS as u64);
        if due && samples > 0 {
            self.past.push_back((samples, fire_count.to_vec()));
        }
        density
    }
}
