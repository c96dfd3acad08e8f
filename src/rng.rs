//! Seeded random streams: every random choice of a run comes from a stream named by (seed, purpose, index).
//!
//! Streams are independent of one another, so that asking for batch 10,000 does not need batches 0 to 9,999, and
//! switching anchors on does not change the batches. Generators are portable: the same bits natively and in wasm.

use rand_distr::Distribution;
use rand_distr::Exp1;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// What a stream is for; a new purpose gets a new number, numbers are never reused (links would change meaning).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    Directions = 1,
    Weights = 2,
    Batch = 3,
    Anchors = 4,
    Resample = 5,
    Evaluation = 6,
    /// Samples that a bias starts in the middle of.
    Middle = 7,
    /// Samples that the scale of the data is read from.
    Scale = 8,
    /// Factors through which features fire together.
    Correlation = 9,
    /// Choices of the classical algorithms: where unused atoms go, pairs and signs of ER-SpUD.
    Classical = 10,
    /// Samples and instances that the theory's statements are checked on.
    Theory = 11,
    /// Noise on the weights of a built minimum.
    Perturbation = 12,
    /// Random directions of a plane through weights.
    Plane = 14,
}

/// One stream of random numbers. Pcg32 because its 64-bit arithmetic is a wasm instruction; wider ones are emulated there.
pub struct Stream(Pcg32);

impl Stream {
    /// The stream of `purpose` for `seed`; `index` tells repeated uses apart (a batch's step, a resampling's step).
    pub fn new(seed: u32, purpose: Purpose, index: u64) -> Self {
        let key = mix(mix(u64::from(seed) ^ ((purpose as u64) << 32)) ^ index);
        Self(Pcg32::new(key, mix(key)))
    }

    /// Uniform in [0, 1), 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in 0..`n`.
    ///
    /// The multiply-shift's bias is below n/2⁶⁴, far under what any run can see.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// Standard normal, by Marsaglia's polar method (a ziggurat's tables would cost the page 4 kB, and this is not hot).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = u * u + v * v;
            if square > 0.0 && square < 1.0 {
                return u * libm::sqrt(-2.0 * libm::log(square) / square);
            }
        }
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.0)
    }

    /// The first `count` of a random permutation of 0..`n`; a longer prefix extends a shorter one.
    pub fn permutation(&mut self, n: usize, count: usize) -> Vec<u32> {
        let mut all: Vec<u32> = (0..n as u32).collect();
        for i in 0..count.min(n) {
            let j = i + self.below(n - i);
            all.swap(i, j);
        }
        all.truncate(count);
        all
    }
}

/// The finaliser of SplitMix64: every input bit reaches every output bit.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
