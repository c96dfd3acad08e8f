//! Reads safetensors files: an eight-byte header length, a JSON header, then the tensors' bytes.
//!
//! Our own because the `safetensors` crate's reader costs 20 kB of the page's 250 (gzip); the tests hold it against
//! files that the crate wrote.

use crate::config::ConfigError;
use serde_json::{Map, Value};

/// A file whose header has been read.
pub struct Tensors<'a> {
    header: Map<String, Value>,
    data: &'a [u8],
}

/// One tensor, row-major, little-endian.
pub struct Tensor<'a> {
    /// As the file says it: `F32`, `I32` …
    pub dtype: String,
    pub shape: Vec<usize>,
    pub data: &'a [u8],
}

impl<'a> Tensors<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, ConfigError> {
        let broken = |what: String| ConfigError::new("file", what, "a whole safetensors file");
        let length = bytes.first_chunk::<8>().map(|b| u64::from_le_bytes(*b));
        let length = length.ok_or_else(|| broken(format!("{} bytes long", bytes.len())))?;
        let end = usize::try_from(length).ok().and_then(|l| l.checked_add(8)).filter(|end| *end <= bytes.len());
        let end = end.ok_or_else(|| broken(format!("{} bytes long (its header alone says {length})", bytes.len())))?;
        // As text: a second JSON reader, for bytes, would cost the page some kilobytes.
        let text = std::str::from_utf8(&bytes[8..end]).map_err(|e| broken(format!("headed by no text ({e})")))?;
        match serde_json::from_str(text) {
            Ok(Value::Object(header)) => Ok(Self { header, data: &bytes[end..] }),
            Ok(_) => Err(broken("headed by something else than a JSON object".to_owned())),
            Err(e) => Err(broken(format!("headed by broken JSON ({e})"))),
        }
    }

    /// Names of all tensors.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.header.keys().map(String::as_str).filter(|name| *name != "__metadata__")
    }

    /// A text of the file's metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.header.get("__metadata__")?.get(key)?.as_str()
    }

    /// A tensor by name; an error if what the header says of it cannot be.
    pub fn tensor(&self, name: &str) -> Option<Result<Tensor<'a>, ConfigError>> {
        self.header.get(name).map(|entry| {
            self.view(entry).ok_or_else(|| {
                let expected = "a tensor whose bytes are all in the file and as many as its shape and dtype need";
                ConfigError::new(name, entry, expected)
            })
        })
    }

    fn view(&self, entry: &Value) -> Option<Tensor<'a>> {
        let whole = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
        let dtype = entry.get("dtype")?.as_str()?.to_owned();
        let shape = entry.get("shape")?.as_array()?.iter().map(whole).collect::<Option<Vec<usize>>>()?;
        let offsets = entry.get("data_offsets")?.as_array()?;
        let data = self.data.get(whole(offsets.first()?)?..whole(offsets.get(1)?)?)?;
        let size = match dtype.as_str() {
            "F64" | "I64" | "U64" => 8,
            "F32" | "I32" | "U32" => 4,
            "F16" | "BF16" | "I16" | "U16" => 2,
            _ => 1,
        };
        let needed = shape.iter().try_fold(size, |n: usize, s| n.checked_mul(*s))?;
        (needed == data.len()).then_some(Tensor { dtype, shape, data })
    }
}

impl Tensor<'_> {
    pub fn is_float(&self) -> bool {
        ["F16", "F32", "F64"].contains(&self.dtype.as_str())
    }

    /// All elements; none if they are no floats.
    pub fn floats(&self) -> Option<Vec<f32>> {
        Some(match self.dtype.as_str() {
            "F16" => self.data.as_chunks::<2>().0.iter().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect(),
            "F32" => self.data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            "F64" => self.data.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
            _ => return None,
        })
    }
}
