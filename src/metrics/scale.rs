//! Whether reconstructions are of the right size: shrinkage, and the bias of Rajamanoharan et al. 2024.

/// ‖x‖ from which a sample has a size to compare with.
const SMALL: f64 = 1e-6;

/// How large reconstructions are beside their targets; the whole of both, b_dec and the mean of the data included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Mean of ‖x̂‖/‖x_r‖ over the samples with ‖x_r‖ > 10⁻⁶; NaN if there are none.
    pub shrinkage: f64,
    /// γ = E‖x̂‖² / E⟨x_r, x̂⟩ (Gated SAEs, arXiv 2404.16014 eq. 10): 1 is unbiased, less is shrunk. NaN where x̂ has
    /// no part along x_r.
    pub bias: f64,
}

impl Scale {
    /// All [rows]: ‖x_r‖², ‖x̂ − x_r‖² and ‖x̂‖².
    pub fn new(target: &[f64], sse: &[f32], recon: &[f32]) -> Self {
        let (mut ratios, mut counted, mut size, mut inner, mut all) = (0.0, 0, 0.0, 0.0, 0.0);
        for ((&target, &sse), &recon) in target.iter().zip(sse).zip(recon) {
            let (sse, recon) = (f64::from(sse), f64::from(recon));
            if target.sqrt() > SMALL {
                ratios += (recon / target).sqrt();
                counted += 1;
            }
            all += target;
            size += recon;
            inner += (target + recon - sse) / 2.0;
        }
        // What the difference of f32 numbers cannot tell from nothing.
        let bias = if inner.abs() <= 1e-7 * all { f64::NAN } else { size / inner };
        Self { shrinkage: ratios / f64::from(counted), bias }
    }
}
