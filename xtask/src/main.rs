//! `cargo xtask <command>`: sets up, builds, serves, tests and measures the project.
//!
//! Every command sets up what it needs first, so that each works on a fresh clone.

mod bench;
mod bundle;
mod interop;
mod serve;
mod setup;
mod sizes;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

mod flags {
    use std::ffi::OsString;

    xflags::xflags! {
        /// The project's own commands. Each sets up what is missing before it starts.
        cmd xtask {
            /// Install what every other command needs: wasm target, npm packages, browser, Vulkan driver.
            cmd setup {}

            /// Build the page into dist/, a folder for any static host, and check the size of its first load.
            cmd build {
                /// Keep names and debug information, optimise nothing.
                optional --debug
            }

            /// Build the page and serve it on 127.0.0.1.
            cmd serve {
                /// Port to listen on; 0 takes any free one (default: 8000, or any free one if that is taken).
                optional --port port: u16
                /// Serve below this path instead of / (such as /some/path/).
                optional --base base: String
                /// Keep names and debug information, optimise nothing.
                optional --debug
                /// Serve dist/ as it is.
                optional --no-build
            }

            /// Run every check: formatting, lints, tests, build, size, tests in a real browser.
            cmd test {
                /// Run one step only (an unknown name lists them).
                optional --only step: String
                /// Leave out the tests that need a browser.
                optional --skip-e2e
                /// Also load our exports with the real SAELens (installs it, and PyTorch, below target/).
                optional --interop
                /// With --only: arguments for that step's tool, after `--`.
                repeated args: OsString
            }

            /// Measure speed natively, in the browser and on the page; keep the results in benches/results/.
            cmd bench {
                /// Fewer and shorter repeats; the results are printed and not kept.
                optional --quick
                /// One of: native, browser, page.
                optional --only part: String
            }
        }
    }
}

fn main() -> ExitCode {
    let flags = flags::Xtask::from_env_or_exit();
    let passed = match run(flags) {
        Ok(passed) => passed,
        Err(error) => {
            eprintln!("error: {error:#}");
            false
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether the command succeeded; an error is for the caller to print.
fn run(flags: flags::Xtask) -> Result<bool> {
    use flags::XtaskCmd::{Bench, Build, Serve, Setup, Test};
    match flags.subcommand {
        Setup(_) => setup::everything()?,
        Build(options) => bundle::build(options.debug)?,
        Serve(options) => serve::command(&options)?,
        Test(options) => return test::command(&options),
        Bench(options) => bench::command(&options)?,
    }
    Ok(true)
}

/// The repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the repository")
}

fn www() -> PathBuf {
    root().join("www")
}

/// The built page.
fn dist() -> PathBuf {
    root().join("dist")
}
