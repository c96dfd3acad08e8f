//! `cargo xtask test --interop`: our exports, loaded by the real SAELens in a Python environment below `target/`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::root;

/// Exports one model per architecture with `sdl`, and compares what SAELens makes of them.
pub fn check() -> Result<()> {
    let python = environment()?;
    let sh = Shell::new()?;
    sh.change_dir(root());
    cmd!(sh, "cargo build --package sdl-explorer --bin sdl").run()?;
    let work = root().join("target/interop-work");
    sh.remove_path(&work)?;
    sh.create_dir(&work)?;
    let sdl = root().join("target/debug").join("sdl").with_extension(std::env::consts::EXE_EXTENSION);
    Ok(cmd!(sh, "{python} -W ignore xtask/interop/check.py {sdl} {work}").run()?)
}

/// A Python with the pinned packages; made anew when the pins have changed.
fn environment() -> Result<PathBuf> {
    let folder = root().join("target/interop");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let pins = root().join("xtask/interop/requirements.txt");
    let wanted = fs::read(&pins)?;
    let installed = folder.join("installed.txt");
    if python.is_file() && fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let sh = Shell::new()?;
    let system = ["python3", "python"].into_iter().find(|name| {
        cmd!(sh, "{name} -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))'")
            .quiet()
            .ignore_stderr()
            .run()
            .is_ok()
    });
    let Some(system) = system else { bail!("Python is missing: install 3.10 or newer, with its venv module") };
    sh.remove_path(&folder)?;
    cmd!(sh, "{system} -m venv {folder}").run()?;
    println!("installing SAELens and PyTorch below target/interop (some minutes, once)");
    let install = cmd!(sh, "{python} -m pip install --quiet --disable-pip-version-check --requirement {pins}");
    install.run().context("the packages of xtask/interop/requirements.txt could not be installed")?;
    fs::write(installed, wanted)?;
    Ok(python)
}
