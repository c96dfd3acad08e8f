//! The lowest level of a nested loss that an active latent takes part in: by its number, or by its rank in the row.

use super::Codes;
use crate::model::Hyper;

/// Fills `codes.level`, one entry a code; stays empty where nothing is nested.
pub fn levels(codes: &mut Codes, hyper: &Hyper) {
    codes.level.clear();
    if hyper.n_levels == 1 {
        return;
    }
    let ends = &hyper.level_ends[..hyper.n_levels as usize];
    let level_of = |place: u32| ends.iter().take_while(|end| place >= **end).count().min(ends.len() - 1) as u8;
    for b in 0..codes.row_start.len() - 1 {
        let row = codes.row_start[b] as usize..codes.row_start[b + 1] as usize;
        let (latents, f) = (&codes.latent[row.clone()], &codes.f[row]);
        for (latent, value) in latents.iter().zip(f) {
            let rank = || {
                let before = |(l, v): (&u32, &f32)| *v > *value || (*v == *value && l < latent);
                latents.iter().zip(f).filter(|other| before(*other)).count() as u32
            };
            codes.level.push(level_of(if hyper.by_rank == 1 { rank() } else { *latent }));
        }
    }
}
