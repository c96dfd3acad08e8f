//! `cargo xtask test`: every check, one after the other; one that fails hides none that follows.

use std::cell::OnceCell;
use std::env;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::serve::Site;
use crate::setup::WASM_TARGET;
use crate::{bundle, dist, flags, root, setup, sizes, www};

type Check = fn(&Checks) -> Result<()>;

/// In order: what is quick and often wrong comes first, what builds on another step comes after it.
const STEPS: [(&str, Check); 11] = [
    ("format", Checks::format),
    ("lint", Checks::lint),
    ("lint-wasm", Checks::lint_wasm),
    ("lint-xtask", Checks::lint_xtask),
    ("rust", Checks::rust),
    ("xtask", Checks::xtask),
    ("wasm", Checks::wasm),
    ("types", Checks::types),
    ("biome", Checks::biome),
    ("unit", Checks::unit),
    ("page", Checks::page),
];

/// Last, and apart because `--skip-e2e` leaves it out.
const E2E: (&str, Check) = ("e2e", Checks::e2e);

/// Where the tests in the browser find the page: not at the root, since a page may be put anywhere.
const E2E_BASE: &str = "/some/path/";

pub fn command(options: &flags::Test) -> Result<bool> {
    let mut steps: Vec<(&str, Check)> = STEPS.to_vec();
    if !options.skip_e2e {
        steps.push(E2E);
    }
    if let Some(only) = &options.only {
        let names: Vec<&str> = steps.iter().map(|(name, _)| *name).collect();
        steps.retain(|(name, _)| name == only);
        if steps.is_empty() {
            bail!("there is no step {only:?}; the steps are: {}", names.join(", "));
        }
    } else if !options.args.is_empty() {
        bail!("arguments for a tool need --only <step>");
    }

    let checks = Checks::new(options.args.clone())?;
    let results: Vec<Outcome> = steps.into_iter().map(|(name, check)| checks.run(name, check)).collect();
    println!("\n── summary");
    for Outcome { name, time, error } in &results {
        let mark = if error.is_some() { "FAIL" } else { "ok" };
        let first_line = error.as_deref().and_then(|error| error.lines().next()).unwrap_or_default();
        println!("{mark:>4}  {name:<10} {:>7.1} s  {first_line}", time.as_secs_f64());
    }
    let failed = results.iter().filter(|result| result.error.is_some()).count();
    println!("{} passed, {failed} failed", results.len() - failed);
    Ok(failed == 0)
}

struct Outcome {
    name: &'static str,
    time: Duration,
    error: Option<String>,
}

struct Checks {
    root: Shell,
    www: Shell,
    /// What follows `--` on the command line.
    args: Vec<OsString>,
    /// Built at most once, and not again after a failure.
    wasm: OnceCell<Result<(), String>>,
    page: OnceCell<Result<(), String>>,
}

impl Checks {
    fn new(args: Vec<OsString>) -> Result<Checks> {
        let shell = |folder| -> Result<Shell> {
            let sh = Shell::new()?;
            sh.change_dir(folder);
            Ok(sh)
        };
        let www = shell(www())?;
        Ok(Checks { root: shell(root().to_path_buf())?, www, args, wasm: OnceCell::new(), page: OnceCell::new() })
    }

    fn run(&self, name: &'static str, check: Check) -> Outcome {
        println!("\n── {name}");
        let start = Instant::now();
        let result = check(self);
        let time = start.elapsed();
        let error = result.err().map(|error| format!("{error:#}"));
        match &error {
            None => println!("── {name}: ok, {:.1} s", time.as_secs_f64()),
            Some(error) => println!("── {name}: FAIL, {:.1} s: {error}", time.as_secs_f64()),
        }
        Outcome { name, time, error }
    }

    fn format(&self) -> Result<()> {
        Ok(cmd!(self.root, "cargo fmt --all --check").run()?)
    }

    fn lint(&self) -> Result<()> {
        cmd!(self.root, "cargo clippy --package sdl-explorer --all-targets -- -D warnings").run()?;
        Ok(cmd!(self.root, "cargo clippy --package sdl-explorer --lib --no-default-features -- -D warnings").run()?)
    }

    fn lint_wasm(&self) -> Result<()> {
        setup::wasm_target()?;
        let lint = ["clippy", "--package", "sdl-explorer", "--lib", "--target", WASM_TARGET];
        cmd!(self.root, "cargo {lint...} -- -D warnings").run()?;
        Ok(cmd!(self.root, "cargo {lint...} --no-default-features -- -D warnings").run()?)
    }

    /// Apart from the engine, here and in `xtask`: together cargo would choose other features for shared
    /// dependencies and build them all again.
    fn lint_xtask(&self) -> Result<()> {
        Ok(cmd!(self.root, "cargo clippy --package xtask --all-targets --profile xtask -- -D warnings").run()?)
    }

    fn rust(&self) -> Result<()> {
        let args = &self.args;
        let mut tests = cmd!(self.root, "cargo test --package sdl-explorer -- {args...}");
        let driver = setup::vulkan();
        if env::var_os("XDG_RUNTIME_DIR").is_none() {
            // Mesa complains of its absence at every device.
            tests = tests.env("XDG_RUNTIME_DIR", env::temp_dir());
        }
        if env::var_os("CI").is_some() {
            driver?;
            tests = tests.env("REQUIRE_GPU", "1");
        } else if let Err(reason) = driver {
            println!("the GPU tests will be skipped: {reason:#}");
        }
        Ok(tests.run()?)
    }

    fn xtask(&self) -> Result<()> {
        let args = &self.args;
        Ok(cmd!(self.root, "cargo test --package xtask --profile xtask -- {args...}").run()?)
    }

    fn wasm(&self) -> Result<()> {
        once(&self.wasm, || bundle::engines(false))
    }

    fn types(&self) -> Result<()> {
        self.wasm().context("no bindings to check against")?;
        Ok(cmd!(self.www, "node node_modules/typescript/bin/tsc --noEmit").run()?)
    }

    fn biome(&self) -> Result<()> {
        setup::node_modules()?;
        Ok(cmd!(self.www, "node node_modules/@biomejs/biome/bin/biome check .").run()?)
    }

    fn unit(&self) -> Result<()> {
        self.wasm().context("no engine to run with")?;
        let args = &self.args;
        Ok(cmd!(self.www, "node node_modules/vitest/vitest.mjs run {args...}").run()?)
    }

    fn page(&self) -> Result<()> {
        self.build_page()?;
        sizes::check()
    }

    fn e2e(&self) -> Result<()> {
        self.build_page().context("no page to test")?;
        let browser = setup::browser()?;
        let site = Site::start(&dist(), E2E_BASE, 0)?;
        let args = &self.args;
        cmd!(self.www, "node node_modules/vitest/vitest.mjs run --config e2e/vitest.config.ts {args...}")
            .env("CHROME", browser)
            .env("SDL_URL", site.url)
            .run()?;
        Ok(())
    }

    fn build_page(&self) -> Result<()> {
        self.wasm().context("no engine")?;
        once(&self.page, || bundle::page(false))
    }
}

/// Does `work` the first time, and remembers how it went.
fn once(memory: &OnceCell<Result<(), String>>, work: impl FnOnce() -> Result<()>) -> Result<()> {
    memory.get_or_init(|| work().map_err(|error| format!("{error:#}"))).clone().map_err(anyhow::Error::msg)
}
