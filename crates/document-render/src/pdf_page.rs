//! A page of a PDF, by hayro.

use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::{PixmapSettings, RenderCache, RenderSettings};

use crate::{Fault, Options, Raster};

pub(crate) fn render(file: &[u8], page: usize, options: &Options<'_>) -> Result<Raster, Fault> {
    let pdf = Pdf::new(Arc::new(file.to_vec())).map_err(|error| Fault::Unreadable(format!("{error:?}")))?;
    let pages = pdf.pages();
    let missing = || Fault::NoSuchPage {
        page,
        pages: pages.len(),
    };
    let chosen = page
        .checked_sub(1)
        .and_then(|index| pages.get(index))
        .ok_or_else(missing)?;
    let scale = options.dpi / 72.0;
    let (width, height) = chosen.render_dimensions();
    let (wide, high) = (f64::from(width * scale), f64::from(height * scale));
    #[expect(clippy::cast_precision_loss, reason = "a bound, far below 2^52")]
    let fits = wide * high <= options.budget.pixels as f64;
    let sides = 1.0..=f64::from(u16::MAX);
    if !(fits && sides.contains(&wide) && sides.contains(&high)) {
        return Err(Fault::Size);
    }
    let settings = PixmapSettings {
        x_scale: scale,
        y_scale: scale,
        bg_color: hayro::vello_cpu::color::palette::css::WHITE,
    };
    let pixmap = hayro::render(
        chosen,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &settings,
    );
    let rgb = pixmap
        .data_as_u8_slice()
        .chunks_exact(4)
        .flat_map(|pixel| pixel.iter().take(3).copied())
        .collect();
    Ok(Raster {
        width: pixmap.width().into(),
        height: pixmap.height().into(),
        rgb,
        left_out: 0,
        missing_glyphs: 0,
        pages: pages.len(),
    })
}
