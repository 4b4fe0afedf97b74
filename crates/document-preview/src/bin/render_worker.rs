//! The worker: one request from standard input, one answer to standard output.

fn main() -> std::process::ExitCode {
    document_preview::worker::run()
}
