//! The command line `sdl`: train, make worlds, score, tabulate, sweep, export and import; native only.
//!
//! One file a subcommand, each a struct of arguments and a `run`. What they share: [`settings`] finds a config, `data`
//! reads a data set, `weights` is the file of a trained model, `cells` many runs at a time, `report` says metrics, `files` writes whole or not at
//! all, `formats` are other programs' files. Bad input ends with exit code 2, anything else that fails with 1.

mod cells;
mod checkpoint;
mod data;
mod eval;
mod export;
mod failure;
mod files;
mod fold;
mod formats;
mod import;
mod link;
mod log;
mod methods;
mod report;
mod schema;
mod settings;
mod stats;
mod sweep;
mod table;
mod train;
mod weights;
mod world;

use clap::{Parser, Subcommand};
use failure::Outcome;
use std::process::ExitCode;

/// Sparse dictionary learning on worlds whose features are known: what the page does, without the page.
#[derive(Parser)]
#[command(
    name = "sdl",
    version,
    after_help = "Exit codes: 0 done, 1 failed on the way (disk, device, divergence), 2 bad input."
)]
struct Sdl {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Train),
    Eval(eval::Eval),
    World(world::World),
    Table(table::Table),
    Sweep(sweep::Sweep),
    Export(export::Export),
    Import(import::Import),
    Methods(methods::Methods),
    Schema(schema::Schema),
}

/// Runs the command that the arguments name; messages go to stderr, results to stdout.
pub fn main() -> ExitCode {
    let outcome = match Sdl::parse().command {
        Command::Train(c) => c.run(),
        Command::Eval(c) => c.run(),
        Command::World(c) => c.run(),
        Command::Table(c) => c.run(),
        Command::Sweep(c) => c.run(),
        Command::Export(c) => c.run(),
        Command::Import(c) => c.run(),
        Command::Methods(c) => c.run(),
        Command::Schema(c) => c.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("sdl: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

/// Prints to stdout; a reader that has gone away (`| head`) is no failure.
fn say(text: impl std::fmt::Display) -> Outcome {
    use std::io::Write;
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(failure::Failure::Failed(format!("stdout: {e}"))),
        _ => Ok(()),
    }
}
