//! Writes safetensors; [`crate::bench::Tensors`] reads them. And what every reader of named matrices asks.

use super::super::failure::{Failure, Outcome};
use crate::bench::Tensors;
use serde_json::{Map, Value, json};
use std::path::Path;

/// A file in the making.
#[derive(Default)]
pub struct Writer {
    header: Map<String, Value>,
    metadata: Map<String, Value>,
    data: Vec<u8>,
}

impl Writer {
    pub fn note(&mut self, key: &str, text: impl Into<String>) {
        self.metadata.insert(key.to_owned(), Value::String(text.into()));
    }

    /// Row-major floats.
    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}: {shape:?} is not the values' shape");
        self.bytes(name, "F32", shape, bytemuck::cast_slice(values));
    }

    /// Little-endian elements of any kind.
    pub fn bytes(&mut self, name: &str, dtype: &str, shape: &[usize], bytes: &[u8]) {
        let start = self.data.len();
        self.data.extend_from_slice(bytes);
        let entry = json!({ "dtype": dtype, "shape": shape, "data_offsets": [start, self.data.len()] });
        self.header.insert(name.to_owned(), entry);
    }

    /// The whole file; its data start at a multiple of eight, as the format's readers like it.
    pub fn finish(mut self) -> Vec<u8> {
        if !self.metadata.is_empty() {
            self.header.insert("__metadata__".to_owned(), Value::Object(self.metadata));
        }
        let mut header = Value::Object(self.header).to_string();
        header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
        let mut out = (header.len() as u64).to_le_bytes().to_vec();
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(&self.data);
        out
    }
}

/// The floats of a tensor that must have this shape (whose dimensions are called `names`), and be finite.
pub fn floats(file: &Tensors, path: &Path, name: &str, shape: &[usize], names: &str) -> Outcome<Vec<f32>> {
    let Some(tensor) = file.tensor(name).transpose().map_err(|e| Failure::in_file(path, e))? else {
        let there: Vec<&str> = file.names().collect();
        let what =
            format!("{name} is absent (there are {}): it must be there, [{names}] = {shape:?}", there.join(", "));
        return Err(Failure::in_file(path, what));
    };
    if tensor.shape != shape {
        let what = format!("{name} is of shape {:?}: it must be [{names}] = {shape:?}", tensor.shape);
        return Err(Failure::in_file(path, what));
    }
    let values = tensor.floats().ok_or_else(|| {
        Failure::in_file(path, format!("{name} is of {}: it must be of F16, F32 or F64", tensor.dtype))
    })?;
    if let Some(ix) = values.iter().position(|x| !x.is_finite()) {
        return Err(Failure::in_file(path, format!("{name} is {} at element {ix}: it must be finite", values[ix])));
    }
    Ok(values)
}

/// [cols, rows] of a row-major [rows, cols].
pub fn transposed(values: &[f32], cols: usize) -> Vec<f32> {
    let rows = values.len() / cols.max(1);
    (0..cols).flat_map(|c| (0..rows).map(move |r| values[r * cols + c])).collect()
}
