//! The command line by its binary: what a user types, and what is then in the folder.

/// SAELens folders and crosscoders, out and in.
mod formats;
/// Runs killed with SIGKILL and resumed, full disks.
mod kills;
/// A page's link, methods, the schema.
mod links;
/// Bad input: exit code 2, and field, value, remedy.
mod refusals;
/// Grids of settings: killed and gone on with, summarised, refused.
mod sweeps;
/// Tables, stopped and gone on with.
mod tables;
/// Training step by step against the reference, from files.
mod training;

use sdl_explorer::bench::Tensors;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty folder of this test's own.
pub fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for tests");
    path
}

/// `sdl` with these arguments, in a folder.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sdl"));
    command.current_dir(folder).args(args);
    command
}

pub fn output(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().expect("the binary runs")
}

/// What a command that must succeed says on stdout.
pub fn sdl(folder: &Path, args: &[&str]) -> String {
    let out = output(folder, args);
    assert!(out.status.success(), "sdl {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("text")
}

/// What a command that must fail says on stderr, after its exit code is as expected.
pub fn failure(folder: &Path, code: i32, args: &[&str]) -> String {
    let out = output(folder, args);
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "sdl {args:?}: {text}");
    text
}

/// The lines of a run's log.
pub fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("whole lines of JSON")).collect()
}

/// A tensor of a file, with its shape.
pub fn tensor(path: &Path, name: &str) -> (Vec<usize>, Vec<f32>) {
    let bytes = fs::read(path).expect("the file is there");
    let file = Tensors::read(&bytes).expect("a safetensors file");
    let tensor = file.tensor(name).unwrap_or_else(|| panic!("{name} is there")).expect("and whole");
    (tensor.shape.clone(), tensor.floats().expect("floats"))
}

/// Writes float32 tensors by the `safetensors` crate, so that our reader and writer do not judge themselves.
pub fn write_tensors(path: &Path, tensors: &[(&str, &[usize], &[f32])]) {
    let views = tensors.iter().map(|(name, shape, values)| {
        let bytes = bytemuck::cast_slice(values);
        (*name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), bytes).expect("fits"))
    });
    fs::write(path, safetensors::serialize(views, None).expect("plain")).expect("a writable folder");
}

/// Writes a .npy of version 1, as NumPy does.
pub fn write_npy(path: &Path, dtype: &str, shape: &[usize], bytes: &[u8]) {
    let sizes: Vec<String> = shape.iter().map(|n| format!("{n},")).collect();
    let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({}), }}", sizes.join(" "));
    let padded = (10 + header.len() + 1).next_multiple_of(64);
    header.extend(std::iter::repeat_n(' ', padded - 10 - header.len() - 1));
    header.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    out.extend(bytes);
    fs::write(path, out).expect("a writable folder");
}

/// Random rows that a model has something to learn from: a few directions each, and a mean.
pub fn rows(n_rows: usize, width: usize, seed: u32) -> Vec<f32> {
    let mut stream = sdl_explorer::rng::Stream::new(seed, sdl_explorer::rng::Purpose::Evaluation, 3);
    let directions: Vec<f32> = (0..24 * width).map(|_| stream.normal() as f32).collect();
    let mut out = vec![];
    for _ in 0..n_rows {
        let mut row = vec![0.3f32; width];
        for _ in 0..3 {
            let (d, size) = (stream.below(24), stream.exponential() as f32);
            row.iter_mut().zip(&directions[d * width..]).for_each(|(x, w)| *x += size * w);
        }
        out.extend(row);
    }
    out
}
