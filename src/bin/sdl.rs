//! The command line; `sdl_explorer::cli` is all of it.

fn main() -> std::process::ExitCode {
    sdl_explorer::cli::main()
}
