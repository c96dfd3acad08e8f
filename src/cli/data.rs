//! Data sets on the command line: one safetensors file as it is, or .npy files as the tensors of one.

use super::failure::{Failure, Outcome};
use super::files;
use super::formats::npy::Npy;
use super::formats::safetensors::Writer;
use super::settings::put;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::BufReader;
use std::path::{Path, PathBuf};

#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
pub struct Data {
    /// Train or score on the rows of this file: safetensors, or .npy ([rows, width], or [rows, sources, width]; again
    /// for a transcoder's target and a crosscoder's further sources)
    #[arg(long = "data", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Which tensors of a safetensors file (again for more, in order)
    #[arg(long = "tensor", value_name = "NAME", requires = "files")]
    pub tensors: Vec<String>,
    /// Whole numbers from 0, one a row, as .npy (safetensors have theirs in `label`)
    #[arg(long, value_name = "FILE", requires = "files")]
    pub labels: Option<PathBuf>,
}

impl Data {
    /// The same files wherever a run is resumed from.
    pub fn absolute(&self) -> Self {
        let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Self {
            files: self.files.iter().map(whole).collect(),
            labels: self.labels.as_ref().map(whole),
            tensors: self.tensors.clone(),
        }
    }

    /// The data's bytes as safetensors, and what they mean for the config; none if no data are given.
    pub fn load(&self, config: &mut Value) -> Outcome<Option<Vec<u8>>> {
        let Some(first) = self.files.first() else {
            if config.get("source").and_then(Value::as_str) == Some("activations") {
                let expected = "given with --data FILE (the page's are in www/public/data)";
                return Err(Failure::bad("the data of source activations", "absent", expected));
            }
            return Ok(None);
        };
        if config.get("source").and_then(Value::as_str) != Some("activations") {
            let name: String = first.file_name().unwrap_or_default().to_string_lossy().chars().take(100).collect();
            put(config, "activations.name", name.into())?;
            put(config, "source", "activations".into())?;
        }
        if !self.tensors.is_empty() {
            put(config, "activations.tensors", self.tensors.clone().into())?;
        }
        let is_npy = |path: &Path| path.extension().is_some_and(|e| e == "npy");
        if self.files.len() == 1 && !is_npy(first) {
            if let Some(labels) = &self.labels {
                return Err(Failure::in_file(labels, "labels of a safetensors file are its tensor `label`"));
            }
            return files::read(first).map(Some);
        }
        if let Some(other) = self.files.iter().find(|path| !is_npy(path)) {
            return Err(Failure::in_file(other, "of several data files each must be .npy (one safetensors holds all)"));
        }
        self.join(config).map(Some)
    }

    /// Several .npy files as one safetensors.
    fn join(&self, config: &mut Value) -> Outcome<Vec<u8>> {
        let mut parts = vec![];
        for path in &self.files {
            let npy = Npy::open(BufReader::new(files::open(path)?), path)?;
            let (element, size) = npy.element(path)?;
            let shape = npy.shape.clone();
            let bytes = npy.bytes(size, path)?;
            match shape[..] {
                [rows, sources, width] => {
                    for s in 0..sources {
                        let row = |r: usize| &bytes[(r * sources + s) * width * size..][..width * size];
                        let source = (0..rows).flat_map(row).copied().collect();
                        parts.push((element, vec![rows, width], source));
                    }
                }
                _ => parts.push((element, shape, bytes)),
            }
        }
        let mut file = Writer::default();
        let mut names = vec![];
        for (ix, (element, shape, bytes)) in parts.iter().enumerate() {
            let name = if parts.len() == 1 { "embedding".to_owned() } else { format!("array_{ix}") };
            file.bytes(&name, element, shape, bytes);
            names.push(name);
        }
        if names.len() > 1 {
            put(config, "activations.tensors", names.into())?;
        }
        if let Some(path) = &self.labels {
            let labels = Npy::open(BufReader::new(files::open(path)?), path)?;
            let shape = labels.shape.clone();
            file.bytes("label", "I32", &shape, bytemuck::cast_slice(&labels.integers(path)?));
        }
        Ok(file.finish())
    }
}

/// What tells that a data set is still the one a run began with.
pub fn fingerprint(bytes: &[u8]) -> String {
    format!("{:016x}-{}", hash(bytes), bytes.len())
}

/// FNV-1a over words: against damage and the wrong file, not against anyone's intent.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325, |hash, word| {
        let mut wide = [0; 8];
        wide[..word.len()].copy_from_slice(word);
        (hash ^ u64::from_le_bytes(wide)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
