//! The program: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "tool")]
    if nulstil::init::is_first_process() {
        nulstil::init::run();
    }
    // A panic is a fault of ours, and says so by its exit code; its message is on stderr already.
    std::panic::catch_unwind(|| nulstil::cli::run(std::env::args_os()))
        .unwrap_or(nulstil::cli::Exit::Fault)
        .into()
}
