//! `jianzheng render FILE -o OUT`: pages for people without an OFD reader. A picture of a document proves nothing about it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use certificate_face::font::{Font, FontPack};
use document_render::{Budget, Fault, Options, Raster, raster_pdf, render};

use crate::verify;

/// Draws pages.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// OFD 或 PDF 文件 The OFD or PDF file.
    file: PathBuf,
    /// 页码，从 1 起；输出 PDF 时默认全部页 The page, from 1; all of them for a PDF unless said otherwise.
    #[arg(long, value_name = "N")]
    page: Option<usize>,
    /// 分辨率 Dots per inch.
    #[arg(long, value_name = "D", default_value_t = 150, value_parser = clap::value_parser!(u16).range(18..=600))]
    dpi: u16,
    /// 输出文件：.png 或 .pdf（PDF 内为图片，无文字、无签章） Output: .png, or .pdf, whose pages are pictures without text or signature.
    #[arg(short, long, value_name = "OUT")]
    out: PathBuf,
}

/// Draws and writes.
///
/// # Errors
/// The file cannot be read or drawn, or the output cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let bytes = verify::read(&arguments.file)?;
    let dpi = f32::from(arguments.dpi);
    let pack = FontPack::shared();
    let fonts: Vec<&[u8]> = Font::CHAIN
        .iter()
        .map(|font| pack.typeface(*font).bytes())
        .collect();
    let options = Options {
        dpi,
        budget: Budget::default(),
        fonts: &fonts,
    };
    let kind = arguments.out.extension().and_then(|kind| kind.to_str());
    let written = match kind {
        Some("png") => draw(&bytes, arguments.page.unwrap_or(1), &options)?
            .to_png(dpi)
            .context("PNG")?,
        Some("pdf") => raster_pdf(&pages(&bytes, arguments.page, &options)?, dpi),
        _ => bail!("输出文件须以 .png 或 .pdf 结尾 the output must end in .png or .pdf"),
    };
    std::fs::write(&arguments.out, written).with_context(|| arguments.out.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn pages(bytes: &[u8], page: Option<usize>, options: &Options<'_>) -> Result<Vec<Raster>> {
    /// Pages of one output at most: each is a picture in memory.
    const MOST: usize = 50;
    if let Some(page) = page {
        return Ok(vec![draw(bytes, page, options)?]);
    }
    let mut drawn = vec![draw(bytes, 1, options)?];
    while drawn.len() < MOST {
        match render(bytes, drawn.len() + 1, options) {
            Ok(raster) => drawn.push(raster),
            Err(Fault::NoSuchPage { .. }) => return Ok(drawn),
            Err(fault) => return Err(fault.into()),
        }
    }
    bail!("超过 {MOST} 页，请用 --page 指定 more than {MOST} pages: choose with --page")
}

fn draw(bytes: &[u8], page: usize, options: &Options<'_>) -> Result<Raster> {
    let raster = render(bytes, page, options)?;
    if raster.left_out > 0 {
        eprintln!(
            "有 {} 个对象没有绘制 {} objects were not drawn",
            raster.left_out, raster.left_out
        );
    }
    if raster.missing_glyphs > 0 {
        eprintln!(
            "有 {} 个字符没有可用的字形 no glyph for {} characters",
            raster.missing_glyphs, raster.missing_glyphs
        );
    }
    Ok(raster)
}
