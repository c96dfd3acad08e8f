//! A run's last checkpoint: one file, replaced as a whole, that a killed run goes on from with the same bits.

use super::failure::{Failure, Outcome};
use super::{data, files};
use crate::run::Run;
use crate::train::State;
use pollster::block_on;
use std::path::Path;

pub const FILE: &str = "checkpoint.bin";
/// Names the layout: magic, whether there is a first loss and the loss (u32, f32), the state, a checksum (u64).
const MAGIC: &[u8; 8] = b"sdlckpt1";
const HEAD: usize = MAGIC.len() + 8;

pub fn save(folder: &Path, run: &mut Run) -> Outcome {
    let start_loss = run.start_loss();
    let state = block_on(run.checkpoint())?.to_bytes();
    let mut bytes = MAGIC.to_vec();
    bytes.extend(u32::from(start_loss.is_some()).to_le_bytes());
    bytes.extend(start_loss.unwrap_or(0.0).to_le_bytes());
    bytes.extend(state);
    bytes.extend(data::hash(&bytes).to_le_bytes());
    files::save(&folder.join(FILE), &bytes)
}

/// Puts a run where its checkpoint was; whether there is one.
pub fn restore(folder: &Path, run: &mut Run) -> Outcome<bool> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(false);
    }
    let bytes = files::read(&path)?;
    let damaged = |what: &str| Failure::in_file(&path, format!("{what}: it must be a checkpoint of this run, whole"));
    let Some((content, sum)) = bytes.split_last_chunk::<8>().filter(|_| bytes.len() > HEAD + 8) else {
        return Err(damaged("is too short"));
    };
    if !bytes.starts_with(MAGIC) {
        return Err(damaged("does not start as one"));
    }
    if data::hash(content) != u64::from_le_bytes(*sum) {
        return Err(damaged("is damaged (its checksum is another)"));
    }
    let word = |at: usize| -> [u8; 4] { content[at..at + 4].try_into().expect("four bytes") };
    let start_loss = (u32::from_le_bytes(word(8)) == 1).then(|| f32::from_le_bytes(word(12)));
    let state = State::from_bytes(&content[HEAD..], run.shape()).map_err(|e| Failure::in_file(&path, e))?;
    run.restore(state)?;
    run.set_start_loss(start_loss);
    Ok(true)
}
