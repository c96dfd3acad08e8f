//! A state as bytes, whole and bit for bit, and back.

use crate::model::{Control, Shape};
use crate::train::State;

/// Names the layout below.
const MAGIC: &[u8; 8] = b"sdlstat2";

impl State {
    /// magic, step, samples (u64), then weights, mean, square (each all its parts; f32), since_fired, fire_count (u32),
    /// control and l1_scale (f32), and the algorithm's memory behind its length (u64, f32); little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![];
        self.write(&mut out);
        out
    }

    /// Appends those bytes; room is made for them once, since a large model's are a good part of a wasm memory.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.reserve_exact(self.n_bytes());
        out.extend(MAGIC);
        out.extend(self.step.to_le_bytes());
        out.extend(self.samples.to_le_bytes());
        for weights in [&self.weights, &self.mean, &self.square] {
            for (_, part) in weights.parts() {
                out.extend_from_slice(bytemuck::cast_slice(part));
            }
        }
        out.extend_from_slice(bytemuck::cast_slice(&self.since_fired));
        out.extend_from_slice(bytemuck::cast_slice(&self.fire_count));
        out.extend_from_slice(bytemuck::bytes_of(&self.control));
        out.extend(self.l1_scale.to_le_bytes());
        out.extend((self.memory.len() as u64).to_le_bytes());
        out.extend_from_slice(bytemuck::cast_slice(&self.memory));
    }

    fn n_bytes(&self) -> usize {
        let sizes =
            [&self.weights, &self.mean, &self.square].map(|w| w.parts().map(|(_, part)| size_of_val(&part[..])));
        let counters = size_of_val(&self.since_fired[..]) + size_of_val(&self.fire_count[..]);
        let controls = size_of::<Control>() + size_of::<f32>() + size_of::<u64>() + size_of_val(&self.memory[..]);
        MAGIC.len() + 2 * size_of::<u64>() + sizes.as_flattened().iter().sum::<usize>() + counters + controls
    }

    /// Reads what [`Self::to_bytes`] wrote for a model of this shape; the error says what was got and expected.
    pub fn from_bytes(bytes: &[u8], shape: Shape) -> Result<Self, String> {
        let mut state = Self::of(crate::model::Weights::zero(shape), shape);
        let expected = state.n_bytes();
        let memory = bytes.len().saturating_sub(expected) / size_of::<f32>();
        let says = bytes.get(expected - size_of::<u64>()..expected).and_then(|b| b.try_into().ok());
        let whole =
            says.map(u64::from_le_bytes) == Some(memory as u64) && bytes.len() == expected + memory * size_of::<f32>();
        if !whole || !bytes.starts_with(MAGIC) {
            return Err(format!(
                "a checkpoint of this model has {expected} bytes; this is {} bytes of something else",
                bytes.len()
            ));
        }
        let (mut rest, word) = (&bytes[MAGIC.len()..], size_of::<u64>());
        let mut take = |n: usize| {
            let (head, tail) = rest.split_at(n);
            rest = tail;
            head
        };
        state.step = u64::from_le_bytes(take(word).try_into().expect("eight bytes were taken"));
        state.samples = u64::from_le_bytes(take(word).try_into().expect("eight bytes were taken"));
        for weights in [&mut state.weights, &mut state.mean, &mut state.square] {
            for (_, part) in weights.parts_mut() {
                let source = take(part.len() * size_of::<f32>());
                bytemuck::cast_slice_mut(part).copy_from_slice(source);
            }
        }
        for counters in [&mut state.since_fired, &mut state.fire_count] {
            let source = take(counters.len() * size_of::<u32>());
            bytemuck::cast_slice_mut(counters).copy_from_slice(source);
        }
        state.control = bytemuck::pod_read_unaligned(take(size_of::<Control>()));
        state.l1_scale = f32::from_le_bytes(take(size_of::<f32>()).try_into().expect("four bytes were taken"));
        take(word);
        let numbers = take(memory * size_of::<f32>()).as_chunks().0;
        state.memory = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
        Ok(state)
    }
}
