//! `jianzheng inspect FILE`: what stands in a document, a seal file or a certificate, as a tree. Nothing is judged.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use document_inspection::{Options, inspect};

use crate::verify;

/// Shows a file.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// OFD、PDF、印章（esl）、签章、证书或吊销列表 The document, seal, signed seal, certificate or revocation list.
    file: PathBuf,
    /// 输出 JSON Prints JSON.
    #[arg(long)]
    json: bool,
    /// 显示完整证件号码 Shows numbers of documents of identity in full.
    #[arg(long)]
    unmasked: bool,
}

/// Prints the tree.
///
/// # Errors
/// The file cannot be read, or is nothing that is known.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let bytes = verify::read(&arguments.file)?;
    let options = Options {
        unmasked: arguments.unmasked,
    };
    let shown = inspect(&bytes, options).with_context(|| arguments.file.display().to_string())?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&shown)?);
    } else {
        print!("{}", shown.text());
    }
    Ok(ExitCode::SUCCESS)
}
