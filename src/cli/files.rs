//! Reading files with messages that help, and writing them whole or not at all.

use super::failure::{Failure, Outcome};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Larger files are refused before they are read: a run holds its data in memory, as f32.
const LARGEST: u64 = 8 << 30;

/// All of a file.
pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    open(path).and_then(|mut file| {
        let mut bytes = vec![];
        file.read_to_end(&mut bytes).map_err(|e| Failure::in_file(path, format!("cannot be read ({e})")))?;
        Ok(bytes)
    })
}

pub fn open(path: &Path) -> Outcome<File> {
    let found = fs::metadata(path).and_then(|about| File::open(path).map(|file| (about, file)));
    let (about, file) = found.map_err(|e| Failure::in_file(path, format!("cannot be read ({e})")))?;
    if about.is_dir() {
        return Err(Failure::in_file(path, "is a folder: it must be a file"));
    }
    if about.len() > LARGEST {
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        let (size, most) = (gib(about.len()), gib(LARGEST));
        return Err(Failure::in_file(
            path,
            format!("{size:.1} GiB are too many: at most {most:.0} GiB (keep fewer rows)"),
        ));
    }
    Ok(file)
}

pub fn read_text(path: &Path) -> Outcome<String> {
    String::from_utf8(read(path)?).map_err(|_| Failure::in_file(path, "is not text (UTF-8)"))
}

/// Replaces a file as a whole: whoever reads it, whenever the power fails, finds the old one or the new one.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = folder.join(name);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(e) = written.and_then(|()| fs::rename(&temporary, path)) {
        let _ = fs::remove_file(&temporary);
        return Err(e);
    }
    sync_folder(folder)
}

/// [`write_whole`], with the failure's message.
pub fn save(path: &Path, bytes: &[u8]) -> Outcome {
    write_whole(path, bytes).map_err(|e| Failure::writing(path, &e))
}

pub fn make_folder(path: &Path) -> Outcome {
    fs::create_dir_all(path).map_err(|e| Failure::writing(path, &e))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a rename last; only Unix lets a folder be opened for it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
