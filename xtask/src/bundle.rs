//! Builds the page: engine → wasm → bindings in `www/pkg/` → `dist/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;
use xshell::{Shell, cmd};

use crate::setup::WASM_TARGET;
use crate::{root, setup, sizes, www};

/// What every browser with WebAssembly SIMD has.
const WASM_FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Chosen over -Oz: the page's time goes into the loops.
const WASM_OPT: &str = "-O3";

/// Everything, and what the first load weighs.
pub fn build(debug: bool) -> Result<()> {
    // npm waits for the network while cargo computes.
    thread::scope(|scope| {
        let packages = scope.spawn(setup::node_modules);
        let compiled = compile(debug);
        packages.join().expect("setup does not panic")?;
        bind(&compiled?, debug)
    })?;
    page(debug)?;
    if debug { Ok(()) } else { sizes::check() }
}

/// The engine as `www/pkg/`.
pub fn wasm(debug: bool) -> Result<()> {
    setup::node_modules()?;
    bind(&compile(debug)?, debug)
}

/// The page as `dist/`, with the engine in `www/pkg/`.
pub fn page(debug: bool) -> Result<()> {
    setup::node_modules()?;
    let sh = Shell::new()?;
    sh.change_dir(www());
    let mode: &[&str] = if debug { &["--mode", "development", "--minify", "false", "--sourcemap"] } else { &[] };
    cmd!(sh, "node node_modules/vite/bin/vite.js build --logLevel warn {mode...}").run()?;
    Ok(())
}

/// The wasm file as cargo leaves it.
fn compile(debug: bool) -> Result<PathBuf> {
    setup::wasm_target()?;
    let profile = if debug { "dev" } else { "wasm" };
    let sh = Shell::new()?;
    sh.change_dir(root());
    // As a cdylib alone: cargo drops link-time optimisation for a library that is also built as an rlib.
    // RUSTFLAGS would replace the flags of .cargo/config.toml, SIMD among them.
    cmd!(sh, "cargo rustc --lib --crate-type cdylib --target {WASM_TARGET} --profile {profile}")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .run()?;
    let folder = if debug { "debug" } else { profile };
    Ok(target_dir(&sh)?.join(WASM_TARGET).join(folder).join("sdl_explorer.wasm"))
}

/// Bindings and optimisation, unless `www/pkg/` was made from this very file.
fn bind(wasm: &Path, debug: bool) -> Result<()> {
    let pkg = www().join("pkg");
    let stamp_path = pkg.join(".made-from");
    let stamp = stamp(wasm, debug)?;
    if fs::read_to_string(&stamp_path).is_ok_and(|made_from| made_from == stamp) {
        return Ok(());
    }
    // Emptied first: after a failure half a package must not look like a whole one.
    if pkg.exists() {
        fs::remove_dir_all(&pkg)?;
    }
    let mut bindgen = Bindgen::new();
    // `init()` finds the wasm file beside its script.
    bindgen.input_path(wasm).web(true)?.omit_default_module_path(false);
    bindgen.typescript(true).keep_debug(debug).remove_name_section(!debug).generate(&pkg)?;
    if !debug {
        optimise(&pkg.join("sdl_explorer_bg.wasm"))?;
    }
    fs::write(stamp_path, stamp)?;
    Ok(())
}

fn optimise(wasm: &Path) -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(www());
    let before = fs::metadata(wasm)?.len();
    cmd!(sh, "node node_modules/binaryen/bin/wasm-opt {WASM_OPT} {WASM_FEATURES...} {wasm} -o {wasm}").run()?;
    println!("wasm: {} kB, was {} kB", fs::metadata(wasm)?.len() / 1000, before / 1000);
    Ok(())
}

/// Names a build of the engine and how it is processed here.
fn stamp(wasm: &Path, debug: bool) -> Result<String> {
    let file = fs::metadata(wasm).with_context(|| format!("cargo left no {}", wasm.display()))?;
    let modified = file.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    Ok(format!("{} {modified} {} debug={debug} {WASM_OPT} {WASM_FEATURES:?}\n", wasm.display(), file.len()))
}

fn target_dir(sh: &Shell) -> Result<PathBuf> {
    let metadata = cmd!(sh, "cargo metadata --no-deps --format-version 1").quiet().read()?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let folder = metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?;
    Ok(folder.into())
}
