//! The program; see [`plateau::cli`].

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    plateau::cli::main()
}
