//! The largest values of a whole batch that are above zero; of equal ones, those that come first.

use super::Codes;

/// Of so many values, spread evenly, a guess at the threshold is made.
const SAMPLE: usize = 4_096;

/// What fires: values above `threshold`, and the first `n_equal` of those equal to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The least value kept; 0 if there were no more than `count` above zero.
    pub threshold: f32,
    pub n_equal: usize,
}

/// The cut that keeps the `count` largest of `keys` above zero.
///
/// Positive floats order like their bits. Most values are far below the cut: a sample says where it must be above,
/// and only what is above that is sorted out.
pub fn batch_top_k(keys: &[f32], count: usize, candidates: &mut Vec<u32>) -> Cut {
    let none = Cut { threshold: 0.0, n_equal: 0 };
    if count == 0 {
        return Cut { threshold: f32::MAX, n_equal: 0 };
    }
    let mut collect = |least: f32| {
        candidates.clear();
        candidates.extend(keys.iter().filter(|z| **z > least).map(|z| z.to_bits()));
        candidates.len() >= count
    };
    if !collect(guess(keys, count)) && !collect(0.0) {
        return none;
    }
    let at = candidates.len() - count;
    let (_, &mut threshold, above) = candidates.select_nth_unstable(at);
    let n_above = above.iter().filter(|bits| **bits > threshold).count();
    Cut { threshold: f32::from_bits(threshold), n_equal: count - n_above }
}

/// Appends the firing latents of one row, ascending; uses up what the cut leaves for its equals.
pub fn take(keys: &[f32], cut: &mut Cut, codes: &mut Codes) {
    for (i, &z) in keys.iter().enumerate() {
        let equal = z == cut.threshold && cut.n_equal > 0;
        if z > 0.0 && (z > cut.threshold || equal) {
            cut.n_equal -= usize::from(equal);
            codes.push(i as u32, z);
        }
    }
}

/// A value that twice as many as are wanted should be above; 0 if that cannot be told.
fn guess(keys: &[f32], count: usize) -> f32 {
    let stride = (keys.len() / SAMPLE).max(1);
    let mut sample: Vec<u32> = keys.iter().step_by(stride).filter(|z| **z > 0.0).map(|z| z.to_bits()).collect();
    let wanted = 2 * count / stride + 16;
    if wanted >= sample.len() {
        return 0.0;
    }
    let at = sample.len() - wanted;
    f32::from_bits(*sample.select_nth_unstable(at).1)
}
