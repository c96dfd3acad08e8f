//! Looking at a model without changing it: evaluation of batches of any size, and features against latents.

use super::GpuBackend;
use super::readback::{Source, read};
use super::step::Step;
use crate::bench::{Batch, SparseBatch};
use crate::model::Hyper;
use crate::train::{DeviceLost, Evaluation, Match, Matches};
use bytemuck::Zeroable;

pub async fn evaluate(
    backend: &mut GpuBackend,
    batch: &Batch,
    hyper: &Hyper,
    with_pattern: bool,
) -> Result<Evaluation, DeviceLost> {
    let n_rows = batch.n_rows();
    let n_latent = backend.sizes.shape.n_latent;
    let words = n_rows.div_ceil(32);
    let mut out = Evaluation {
        sse: Vec::with_capacity(n_rows),
        recon: Vec::with_capacity(n_rows),
        penalty: Vec::with_capacity(n_rows),
        l0: Vec::with_capacity(n_rows),
        fired: vec![0; n_latent],
        pattern: vec![0; if with_pattern { n_latent * words } else { 0 }],
    };
    // Whole words of the mask: parts of the batch join without shifts. A dimension has 65,535 workgroups at most.
    let most = backend.sizes.rows.min(65_504);
    for start in (0..n_rows).step_by(most) {
        let part = part_of(batch, start, most.min(n_rows - start));
        let n = part.n_rows();
        let step = backend.step_of(n, 0, 0, hyper, false);
        let submit = backend.upload(std::slice::from_ref(&part), &[step]);
        backend.submit(|recorder| {
            let whole = backend.submit_slot();
            recorder.fill_rows(submit.origin, whole, n);
            recorder.forward(0, n, hyper, backend.by_features(&part), false);
            recorder.errors(whole, n);
        });
        let b = &backend.buffers;
        let mask_words = backend.sizes.mask_words;
        let sources = [
            Source::first(&b.sse, n),
            Source::first(&b.recon, n),
            Source::first(&b.penalty, n),
            Source::first(&b.count, n),
            Source::first(&b.mask, n_latent * mask_words),
        ];
        let parts = read::<u32>(&backend.gpu, &sources).await?;
        let [sse, recon, penalty, count, mask] = parts.as_slice() else { unreachable!("one result a source") };
        out.sse.extend(sse.iter().map(|&x| f32::from_bits(x)));
        out.recon.extend(recon.iter().map(|&x| f32::from_bits(x)));
        out.penalty.extend(penalty.iter().map(|&x| f32::from_bits(x)));
        out.l0.extend_from_slice(count);
        let used = n.div_ceil(32);
        for (latent, mask) in mask.chunks_exact(mask_words).enumerate() {
            out.fired[latent] += mask.iter().map(|word| word.count_ones()).sum::<u32>();
            if with_pattern {
                out.pattern[latent * words + start / 32..][..used].copy_from_slice(&mask[..used]);
            }
        }
    }
    Ok(out)
}

pub async fn matches(backend: &mut GpuBackend) -> Result<Matches, DeviceLost> {
    let n_features = backend.sizes.n_features;
    // Products with the latents go where pre-activations usually are.
    let most = backend.sizes.rows.min(65_535);
    for start in (0..n_features).step_by(most) {
        let n = most.min(n_features - start);
        let step = Step { n_rows: n as u32, first_row: start as u32, ..Step::zeroed() };
        let steps = &backend.buffers.steps;
        backend.gpu.queue.write_buffer(steps, 0, bytemuck::bytes_of(&step));
        backend.submit(|recorder| recorder.matches(0, n));
    }
    let b = &backend.buffers;
    let sources = [Source::first(&b.match_encoder, 4 * n_features), Source::first(&b.match_decoder, 4 * n_features)];
    let found = read::<[u32; 4]>(&backend.gpu, &sources).await?;
    let pick = |of: usize, first: usize| Match {
        score: found[of].iter().map(|m| f32::from_bits(m[first])).collect(),
        latent: found[of].iter().map(|m| m[first + 1]).collect(),
    };
    Ok(Matches {
        encoder_raw: pick(0, 0),
        encoder_cosine: pick(0, 2),
        decoder_raw: pick(1, 0),
        decoder_cosine: pick(1, 2),
    })
}

/// `n` rows of a batch, from `start` on.
fn part_of(batch: &Batch, start: usize, n: usize) -> Batch {
    match batch {
        Batch::Rows(ix) => Batch::Rows(ix[start..start + n].to_vec()),
        Batch::Sparse(s) => {
            let row_start = &s.row_start[start..=start + n];
            let (from, to) = (row_start[0], row_start[n]);
            let entries = from as usize..to as usize;
            Batch::Sparse(SparseBatch {
                row_start: row_start.iter().map(|at| at - from).collect(),
                feature: s.feature[entries.clone()].to_vec(),
                value: s.value[entries].to_vec(),
            })
        }
    }
}
