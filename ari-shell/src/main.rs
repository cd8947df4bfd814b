//! Ringmaster's shell: see `ari-shell --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ari_shell::cli::main()
}
