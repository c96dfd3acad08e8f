//! A run as bytes, whole, and back: how a page moves one from an engine into another.
//!
//! Unlike a checkpoint it needs no run to be read into, and a world that took long to make is handed over, not made
//! again. The config and the file of real data stay out: who has the bytes has both, to the last bit (JSON has not).

use super::{Event, Run, Stopped};
use crate::bench::directions::Report;
use crate::bench::scale::Factors;
use crate::bench::{Basis, World};
use crate::config::{Config, Source};
use crate::metrics::Density;
use crate::model::Shape;
use crate::train::{Backend, DeviceLost, State};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Names the layout below.
const MAGIC: &[u8; 8] = b"sdlrun01";

/// What a run remembers beside its state.
#[derive(Serialize, Deserialize)]
struct Memory {
    report: Report,
    /// Why it is on its backend.
    reason: String,
    stopped: Stopped,
    start_loss: Option<f32>,
    losses: Vec<(u64, f32)>,
    events: Vec<Event>,
    density: Density,
    l1_scale: f32,
    factors: Option<Factors>,
}

impl Run {
    /// magic, then five parts after their lengths (u64): what it remembers (JSON), directions in and out, basis in and
    /// out (f32; empty for real data and where there is none); then the state as [`State::to_bytes`] writes it.
    /// Little-endian.
    ///
    /// # Errors
    /// A lost device has taken the state with it.
    pub async fn pack(&mut self) -> Result<Vec<u8>, DeviceLost> {
        let memory = Memory {
            report: self.world.report.clone(),
            reason: self.info.reason.clone(),
            stopped: self.stopped,
            start_loss: self.start_loss,
            losses: self.losses.clone(),
            events: self.events.clone(),
            density: self.density.clone(),
            l1_scale: self.l1_scale,
            factors: self.world.factors.clone(),
        };
        // By way of a value, here and in reading: the page has the code for that already.
        let memory = serde_json::to_value(&memory).expect("all of it is plain data").to_string();
        let directions = |rows| match self.config.source {
            Source::Bench => rows,
            Source::Activations => &[][..],
        };
        let world = &self.world;
        let (input, target) = (directions(&world.directions_in[..]), directions(&world.directions_out[..]));
        let basis = |of: fn(&Basis) -> &[f32]| directions(world.basis.as_ref().map_or(&[][..], of));
        let (basis_in, basis_out) = (basis(|b| &b.input), basis(|b| &b.target));
        let mut out = MAGIC.to_vec();
        let rows = [input, target, basis_in, basis_out].map(bytemuck::cast_slice);
        for part in std::iter::once(memory.as_bytes()).chain(rows) {
            out.extend((part.len() as u64).to_le_bytes());
            out.extend_from_slice(part);
        }
        self.backend.state().await?.write(&mut out);
        Ok(out)
    }

    /// The run that [`Self::pack`] wrote, on the CPU, as if it had been there all along. `config`: the one it had then;
    /// `file`: as in [`Self::new`].
    ///
    /// # Errors
    /// Bytes of something else or of a run with another config; a file that is not there or not the one.
    pub fn unpack(bytes: &[u8], config: Config, file: Option<&[u8]>) -> Result<Self, String> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or("these bytes are no run")?;
        let mut part = || take_part(&mut rest).ok_or("these bytes are a part of a run");
        let memory = std::str::from_utf8(part()?).map_err(|e| e.to_string())?;
        let memory: serde_json::Value = serde_json::from_str(memory).map_err(|e| e.to_string())?;
        let memory: Memory = serde_json::from_value(memory).map_err(|e| e.to_string())?;
        let (input, target) = (floats(part()?), floats(part()?));
        let basis = Basis { input: floats(part()?), target: floats(part()?) };
        let world = match config.source {
            Source::Bench => {
                let basis = Some(basis).filter(|b| !b.input.is_empty());
                World { factors: memory.factors, ..World::of_directions(&config, input, target, basis, memory.report) }
            }
            Source::Activations => World::new(&config, file).map_err(|e| e.to_string())?,
        };
        let state = State::from_bytes(rest, Shape::new(&config, &world))?;
        let mut run = Self::of_state(config, Arc::new(world), state);
        run.info.reason = memory.reason;
        (run.stopped, run.start_loss) = (memory.stopped, memory.start_loss);
        run.l1_scale = memory.l1_scale;
        (run.losses, run.events, run.density) = (memory.losses, memory.events, memory.density);
        Ok(run)
    }
}

fn take_part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let (part, after) = after.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    *rest = after;
    Some(part)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect()
}

/// For numbers that may be none: JSON knows no infinity.
pub(super) mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(number: &f32, to: S) -> Result<S::Ok, S::Error> {
        number.to_bits().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
        u32::deserialize(from).map(f32::from_bits)
    }
}
