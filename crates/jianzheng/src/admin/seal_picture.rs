//! `jianzheng admin seal-picture FILE`: the picture of a round departmental seal, drawn from data.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use certificate_face::seal_picture::{MILLIMETRES, RoundSeal, round_seal_of};

/// What stands on the seal.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 机关名称 The authority, on the arc.
    #[arg(long)]
    authority: String,
    /// 印章用途 What the seal is for, below the star.
    #[arg(long, default_value = super::configure::SEAL_PURPOSE)]
    purpose: String,
    /// 直径（毫米） Diameter in millimetres.
    #[arg(long, default_value_t = MILLIMETRES)]
    diameter: u16,
    /// 不绘“样本”字样 Without the word 样本: for seals of production.
    #[arg(long)]
    unmarked: bool,
    /// PNG 文件 Where the PNG goes.
    file: PathBuf,
}

/// Draws it.
pub fn command(arguments: &Arguments) -> Result<()> {
    let seal = RoundSeal {
        authority: &arguments.authority,
        purpose: &arguments.purpose,
        specimen: !arguments.unmarked,
    };
    let picture = round_seal_of(&seal, arguments.diameter)?;
    std::fs::write(&arguments.file, picture).with_context(|| arguments.file.display().to_string())
}
