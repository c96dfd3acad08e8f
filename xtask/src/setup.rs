//! What the other commands need from outside: found where it is, installed where that is possible, otherwise
//! an error that says what to install and how. Each function is quick when nothing is to be done.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::www;

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Vite's own requirement.
const NODE: (u32, u32) = (20, 19);

pub fn everything() -> Result<()> {
    wasm_target()?;
    node_modules()?;
    println!("browser: {}", browser()?.display());
    vulkan()
}

/// The standard library for wasm.
pub fn wasm_target() -> Result<()> {
    let sh = Shell::new()?;
    let sysroot = cmd!(sh, "rustc --print sysroot").quiet().read()?;
    if Path::new(&sysroot).join("lib/rustlib").join(WASM_TARGET).exists() {
        return Ok(());
    }
    // Called by name: with RUSTUP_AUTO_INSTALL=0 a toolchain file would install nothing.
    cmd!(sh, "rustup target add {WASM_TARGET}").run().with_context(|| {
        format!("Rust's standard library for {WASM_TARGET} is missing: install it with rustup (https://rustup.rs)")
    })
}

/// The npm packages, exactly as locked.
pub fn node_modules() -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(www());
    let node = cmd!(sh, "node --version").quiet().read();
    let (major, minor) = NODE;
    let way_out = format!("install Node.js {major}.{minor} or newer with npm (https://nodejs.org)");
    let node = node.with_context(|| format!("Node.js is missing: {way_out}"))?;
    ensure!(version(&node).is_some_and(|found| found >= NODE), "Node.js is {node}: {way_out}");

    let lock = fs::read(www().join("package-lock.json"))?;
    // What was installed last: npm keeps no copy of the lock file itself.
    let installed = www().join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    cmd!(sh, "{npm} ci --no-audit --no-fund --loglevel=error").run()?;
    fs::write(installed, lock)?;
    Ok(())
}

/// A Chrome or Chromium that starts.
pub fn browser() -> Result<PathBuf> {
    if let Some(path) = env::var_os("CHROME").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        ensure!(path.is_file(), "CHROME is set to {}, which is no file", path.display());
        return Ok(path);
    }
    if let Some(path) = find_browser() {
        return Ok(path);
    }
    apt_install(&["chromium", "fonts-liberation"])
        .context("no Chrome or Chromium found: install one, or set CHROME to its path")?;
    find_browser().context("the package `chromium` brought no browser: install Chrome, or set CHROME to its path")
}

/// A Vulkan driver for the native GPU tests; on a machine without a GPU that is Mesa's lavapipe.
pub fn vulkan() -> Result<()> {
    if !cfg!(target_os = "linux") || has_vulkan_driver() {
        return Ok(());
    }
    apt_install(&["mesa-vulkan-drivers", "libvulkan1"])
        .context("no Vulkan driver found: install your GPU's, or Mesa's lavapipe (package mesa-vulkan-drivers)")
}

fn is_root() -> bool {
    cfg!(unix) && Shell::new().and_then(|sh| cmd!(sh, "id -u").quiet().read()).is_ok_and(|id| id == "0")
}

fn find_browser() -> Option<PathBuf> {
    let names =
        ["google-chrome-stable", "google-chrome", "chrome", "chromium", "chromium-browser", "microsoft-edge-stable"];
    let on_path = env::var_os("PATH").into_iter().flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let mut candidates: Vec<PathBuf> = on_path
        .flat_map(|folder| names.map(|name| folder.join(name).with_extension(env::consts::EXE_EXTENSION)))
        .collect();
    for app in ["Google Chrome", "Chromium", "Microsoft Edge"] {
        candidates.push(format!("/Applications/{app}.app/Contents/MacOS/{app}").into());
    }
    for folder in ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"] {
        if let Some(folder) = env::var_os(folder).map(PathBuf::from) {
            candidates.push(folder.join("Google/Chrome/Application/chrome.exe"));
            candidates.push(folder.join("Chromium/Application/chrome.exe"));
            candidates.push(folder.join("Microsoft/Edge/Application/msedge.exe"));
        }
    }
    candidates.into_iter().find(|path| path.is_file() && starts(path))
}

/// Ubuntu's package `chromium-browser` is a script that only asks for a snap. On Windows `--version` opens a window.
fn starts(browser: &Path) -> bool {
    cfg!(windows)
        || Shell::new()
            .and_then(|sh| cmd!(sh, "{browser} --version").quiet().ignore_stderr().read())
            .is_ok_and(|version| !version.is_empty())
}

fn has_vulkan_driver() -> bool {
    let named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].iter().any(|name| env::var_os(name).is_some());
    let folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    named || folders.iter().any(|folder| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()))
}

fn apt_install(packages: &[&str]) -> Result<()> {
    let packages_text = packages.join(" ");
    ensure!(Path::new("/etc/debian_version").exists(), "only on Debian and Ubuntu is it installed from here");
    if !is_root() {
        bail!("as root it would be installed from here; otherwise: sudo apt-get install {packages_text}");
    }
    let sh = Shell::new()?;
    sh.set_var("DEBIAN_FRONTEND", "noninteractive");
    cmd!(sh, "apt-get -q update").run()?;
    cmd!(sh, "apt-get -q install --yes --no-install-recommends {packages...}").run()?;
    Ok(())
}

/// Major and minor of `v20.19.1`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().trim_start_matches('v').split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::{NODE, version};

    #[test]
    fn node_versions_are_compared_as_numbers() {
        assert_eq!(version("v20.19.1"), Some((20, 19)));
        assert!(version("v20.9.0").unwrap() < NODE);
        assert!(version("v100.0.0").unwrap() > NODE);
        assert_eq!(version("node"), None);
    }
}
