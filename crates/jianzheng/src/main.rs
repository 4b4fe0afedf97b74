//! The executable of Jianzheng.

fn main() -> std::process::ExitCode {
    jianzheng::cli::run()
}
