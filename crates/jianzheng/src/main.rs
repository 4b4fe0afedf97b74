//! The executable of Jianzheng.

/// Documents are made of many short-lived buffers (decision 0025).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    jianzheng::cli::run()
}
