//! `metrics.jsonl` and its like: lines of JSON that are only ever whole, cut back to where a run goes on.

use super::failure::{Failure, Outcome};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub struct Log {
    path: PathBuf,
    file: File,
    /// Length of all whole lines.
    end: u64,
}

impl Log {
    /// Opens a log and keeps its lines as long as `keep` says so; the first that it does not, or that is not whole,
    /// ends it. Answers the lines kept.
    pub fn open(path: &Path, keep: impl Fn(&Value) -> bool) -> Outcome<(Self, Vec<Value>)> {
        let failed = |e| Failure::writing(path, &e);
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut log = Self { path: path.to_owned(), file, end: 0 };
        let mut kept = vec![];
        // What is no file (a pipe, a device) has no past.
        if log.file.metadata().map_err(failed)?.is_file() {
            let mut reader = BufReader::new(&log.file);
            let mut line = vec![];
            while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
                match serde_json::from_slice::<Value>(&line) {
                    Ok(value) if line.ends_with(b"\n") && keep(&value) => kept.push(value),
                    _ => break,
                }
                log.end += line.len() as u64;
                line.clear();
            }
            log.cut()?;
        }
        Ok((log, kept))
    }

    /// Opens a log and cuts it back to the lines up to a step.
    pub fn up_to(path: &Path, step: u64) -> Outcome<Self> {
        let early = |line: &Value| line.get("step").and_then(Value::as_u64).is_some_and(|s| s <= step);
        Self::open(path, early).map(|(log, _)| log)
    }

    pub fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// Adds a line, or nothing at all.
    pub fn add(&mut self, line: &Value) -> Outcome {
        let text = format!("{line}\n");
        if let Err(e) = self.file.write_all(text.as_bytes()) {
            let _ = self.cut();
            return Err(Failure::writing(&self.path, &e));
        }
        self.end += text.len() as u64;
        Ok(())
    }

    /// Until the lines are on the disk.
    pub fn sync(&self) -> Outcome {
        match self.file.sync_data() {
            // What cannot be synced (a pipe, a device) is no file.
            Err(e) if self.file.metadata().is_ok_and(|about| about.is_file()) => Err(Failure::writing(&self.path, &e)),
            _ => Ok(()),
        }
    }

    fn cut(&mut self) -> Outcome {
        let cut = self.file.set_len(self.end).and_then(|()| self.file.seek(SeekFrom::End(0)));
        cut.map(|_| ()).map_err(|e| Failure::writing(&self.path, &e))
    }
}
