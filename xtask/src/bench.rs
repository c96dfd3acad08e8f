//! `cargo xtask bench`: what is measured natively, in the browser and on the page, as one table and one file.
//!
//! Every measurement is a JSON object with its repeats and their median; what was measured decides its other fields.

use std::fs;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::serve::Site;
use crate::{bundle, dist, flags, root, setup, sizes, www};

/// Names the bench worlds and everything else that is random.
const SEED: u32 = 1;

const PARTS: [&str; 3] = ["native", "browser", "page"];

pub fn command(options: &flags::Bench) -> Result<()> {
    let only = options.only.as_deref();
    if let Some(part) = only {
        ensure!(PARTS.contains(&part), "there is no part {part:?}; the parts are: {}", PARTS.join(", "));
    }
    let wanted = |part| only.is_none_or(|only| only == part);
    let mut measurements = Vec::new();
    if wanted("native") {
        measurements.extend(native(options.quick)?);
    }
    if wanted("browser") || wanted("page") {
        bundle::build(false)?;
        let browser = setup::browser()?;
        let site = Site::start(&dist(), "/", 0)?;
        for part in ["browser", "page"].into_iter().filter(|part| wanted(part)) {
            measurements.extend(in_browser(part, options.quick, &browser, &site)?);
        }
    }
    if wanted("page") {
        let total: usize = sizes::first_load(&dist())?.values().sum();
        let kilobytes = total as f64 / 1000.0;
        let what = "first load, gzip";
        measurements.push(json!({"where": "page", "measure": what, "unit": "kB", "value": kilobytes}));
    }

    print_table(&measurements);
    // Quick or partial measurements are for looking at, not for comparing with later.
    if options.quick || only.is_some() {
        return Ok(());
    }
    let path = store(measurements)?;
    println!("\nkept in {}", path.strip_prefix(root())?.display());
    Ok(())
}

fn native(quick: bool) -> Result<Vec<Value>> {
    if let Err(reason) = setup::vulkan() {
        println!("no GPU will be measured natively: {reason:#}");
    }
    let sh = Shell::new()?;
    sh.change_dir(root());
    let quick = quick.then_some("--quick");
    let lines = cmd!(sh, "cargo bench --package sdl-explorer --bench steps -- {quick...}").read()?;
    measurements(&lines)
}

fn in_browser(part: &str, quick: bool, browser: &PathBuf, site: &Site) -> Result<Vec<Value>> {
    let sh = Shell::new()?;
    sh.change_dir(www());
    let options = json!({"part": part, "quick": quick, "seed": SEED}).to_string();
    let lines = cmd!(sh, "node e2e/bench.mjs")
        .env("CHROME", browser)
        .env("SDL_URL", &site.url)
        .env("SDL_BENCH", options)
        .read()?;
    measurements(&lines)
}

/// One measurement a line; other lines are talk.
fn measurements(lines: &str) -> Result<Vec<Value>> {
    let objects = lines.lines().filter(|line| line.starts_with('{'));
    let found: Vec<Value> =
        objects.map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect::<Result<_>>()?;
    ensure!(!found.is_empty(), "nothing was measured");
    Ok(found)
}

fn print_table(measurements: &[Value]) {
    println!("\n{:<16} {:<42} {:>12}  unit     × Top-k  all repeats", "where", "what", "median");
    for measurement in measurements {
        let text = |name: &str| measurement[name].as_str().unwrap_or_default();
        let speed = measurement["measure"].is_null();
        let what = if speed { format!("{} {}", text("shape"), text("method")) } else { text("measure").to_owned() };
        let place = text("where");
        if let Some(error) = measurement["error"].as_str() {
            println!("{place:<16} {what:<42} {:>12}  {error}", "failed");
            continue;
        }
        let (value, unit) =
            if speed { (&measurement["steps_per_second"], "steps/s") } else { (&measurement["value"], text("unit")) };
        let median = value.as_f64().map_or_else(|| value.to_string(), short);
        let runs: Vec<String> =
            measurement["runs"].as_array().into_iter().flatten().filter_map(Value::as_f64).map(short).collect();
        // Time beside that of a Top-k step of the same shape, place and moment.
        let beside = measurement["beside_top_k"].as_f64().map_or_else(String::new, |times| format!("{times:.2}"));
        println!("{place:<16} {what:<42} {median:>12}  {unit:<7}  {beside:>7}  {}", runs.join(" "));
    }
}

/// Three significant digits or all before the point.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

fn store(measurements: Vec<Value>) -> Result<PathBuf> {
    let sh = Shell::new()?;
    sh.change_dir(root());
    let commit = cmd!(sh, "git rev-parse --short HEAD").quiet().read()?;
    let changed = !cmd!(sh, "git status --porcelain --untracked-files=no").quiet().read()?.is_empty();
    let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let date = &time[..10];
    let results = json!({
        "time": time,
        "commit": commit,
        "uncommitted_changes": changed,
        "seed": SEED,
        "machine": {
            "cpu": cpu(&sh),
            "cores": available_parallelism()?.get(),
            "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        },
        "versions": {
            "rustc": cmd!(sh, "rustc --version").quiet().read()?,
            "node": cmd!(sh, "node --version").quiet().read()?,
            "browser": measurements.iter().find_map(|measurement| measurement["browser"].as_str()),
        },
        "measurements": measurements,
    });
    let folder = root().join("benches/results");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{date}-{commit}.json"));
    fs::write(&path, serde_json::to_string_pretty(&results)? + "\n")?;
    Ok(path)
}

fn cpu(sh: &Shell) -> String {
    let from_linux = || {
        let info = fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = info.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let from_mac = || cmd!(sh, "sysctl -n machdep.cpu.brand_string").quiet().ignore_stderr().read().ok();
    let from_windows = || std::env::var("PROCESSOR_IDENTIFIER").ok();
    from_linux().or_else(from_mac).or_else(from_windows).unwrap_or_else(|| "unknown".to_owned())
}
