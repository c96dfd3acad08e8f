//! Builds the page: both engines → wasm → bindings in `www/pkg/` → `dist/`.

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

/// A build of the engine, which becomes `www/pkg/<name>/`.
struct Engine {
    name: &'static str,
    features: &'static [&'static str],
}

/// The one that the page starts with, and the one it goes on with where WebGPU is tried: what knows WebGPU would make
/// the first load nearly half as heavy again.
const ENGINES: [Engine; 2] =
    [Engine { name: "engine_cpu", features: &["--no-default-features"] }, Engine { name: "engine_gpu", features: &[] }];

/// Everything, and what the first load weighs.
pub fn build(debug: bool) -> Result<()> {
    engines(debug)?;
    page(debug)?;
    if debug { Ok(()) } else { sizes::check() }
}

/// Both engines as folders of `www/pkg/`.
pub fn engines(debug: bool) -> Result<()> {
    // npm waits for the network while cargo computes.
    thread::scope(|scope| {
        let packages = scope.spawn(setup::node_modules);
        let compiled = ENGINES.map(|engine| Ok((compile(&engine, debug)?, engine)));
        packages.join().expect("setup does not panic")?;
        compiled.into_iter().try_for_each(|compiled: Result<_>| {
            let (wasm, engine) = compiled?;
            bind(&engine, &wasm, debug)
        })
    })
}

/// The page as `dist/`, with the engines in `www/pkg/`.
pub fn page(debug: bool) -> Result<()> {
    setup::node_modules()?;
    let sh = Shell::new()?;
    sh.change_dir(www());
    let mode: &[&str] = if debug { &["--mode", "development", "--minify", "false", "--sourcemap"] } else { &[] };
    cmd!(sh, "node node_modules/vite/bin/vite.js build --logLevel warn {mode...}").run()?;
    Ok(())
}

/// The wasm file as cargo leaves it.
fn compile(engine: &Engine, debug: bool) -> Result<PathBuf> {
    setup::wasm_target()?;
    let profile = if debug { "dev" } else { "wasm" };
    let sh = Shell::new()?;
    sh.change_dir(root());
    // A folder each: cargo gives both the same file name, and takes whichever lies there for the one it has made.
    let target = target_dir(&sh)?.join(engine.name);
    let features = engine.features;
    // As a cdylib alone: cargo drops link-time optimisation for a library that is also built as an rlib.
    // RUSTFLAGS would replace the flags of .cargo/config.toml, SIMD among them.
    let command = ["rustc", "--lib", "--crate-type", "cdylib", "--target", WASM_TARGET, "--profile", profile];
    cmd!(sh, "cargo {command...} {features...} --target-dir {target}")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .run()?;
    let folder = if debug { "debug" } else { profile };
    Ok(target.join(WASM_TARGET).join(folder).join("sdl_explorer.wasm"))
}

/// Bindings and optimisation, unless the folder was made from this very file.
fn bind(engine: &Engine, wasm: &Path, debug: bool) -> Result<()> {
    let name = engine.name;
    let pkg = www().join("pkg").join(name);
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
    bindgen.input_path(wasm).out_name(name).web(true)?.omit_default_module_path(false);
    // A wasm memory never shrinks: what a run leaves behind can only be let go as a whole.
    bindgen.reset_state_function(true);
    bindgen.typescript(true).keep_debug(debug).remove_name_section(!debug).generate(&pkg)?;
    if !debug {
        optimise(&pkg.join(format!("{name}_bg.wasm")))?;
    }
    fs::write(stamp_path, stamp)?;
    Ok(())
}

fn optimise(wasm: &Path) -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(www());
    let before = fs::metadata(wasm)?.len();
    cmd!(sh, "node node_modules/binaryen/bin/wasm-opt {WASM_OPT} {WASM_FEATURES...} {wasm} -o {wasm}").run()?;
    println!("{} kB, was {} kB", fs::metadata(wasm)?.len() / 1000, before / 1000);
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
