//! Pictures of round departmental seals: ring, five-pointed star, the authority's name on an arc, red on nothing.
//!
//! Drawn from the font pack's outlines at 600 pixels for the diameter (339 dpi at 45 mm), without any host font. Everything
//! is in proportion to the diameter: the ring's outer edge is the diameter, the star stands in the very middle, and the
//! authority's name runs evenly spaced from left to right on its arc. A specimen's seal says 样本 in the picture itself, so
//! that no crop of the page loses it (design §4).

use std::f64::consts::{PI, TAU};

use tiny_skia::{FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

use crate::font::{Font, FontPack, MissingCharacters, Segment};

/// Side of the picture in pixels.
pub const PIXELS: u16 = 600;
/// Side of the seal in millimetres.
pub const MILLIMETRES: u16 = 45;
/// The red of official seals.
pub const RED: (u8, u8, u8) = (214, 18, 30);

/// What a round seal says.
#[derive(Debug, Clone, Copy)]
pub struct RoundSeal<'a> {
    /// On the arc: the authority.
    pub authority: &'a str,
    /// Below the star: what the seal is for, as 行政许可专用章.
    pub purpose: &'a str,
    /// Whether the picture says 样本.
    pub specimen: bool,
}

/// Why a seal cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealPictureError {
    /// A character that no font draws.
    #[error(transparent)]
    Missing(#[from] MissingCharacters),
    /// The name is too long to be read on the arc, or empty.
    #[error("the authority's name does not fit the arc of a seal")]
    Name,
    /// No round seal has this size.
    #[error("a round seal measures between 30 and 60 mm, not {0}")]
    Diameter(u16),
}

const SCALE: f64 = PIXELS as f64 / MILLIMETRES as f64;
const RING_WIDTH: f64 = 1.3;
/// The circle through the middle of the ring, whose outer edge is the diameter.
const RING: f64 = (MILLIMETRES as f64 - RING_WIDTH) / 2.0;
/// The circle through the middle of the characters on the arc.
const ARC: f64 = 17.2;
const LARGEST: f64 = 5.6;
const SMALLEST: f64 = 2.2;
/// The widest arc, as a part of the full turn.
const WIDEST: f64 = 0.62;
/// From the middle of the star to its points.
const STAR: f64 = 7.0;
/// Full ink, of 255: what is printed under a seal stays readable.
const OPACITY: u16 = 214;
/// Added around every outline: a seal is cut heavier than print.
const WEIGHT: f64 = 0.16;
/// Between the feet of neighbours on the arc.
const GAP: f64 = 0.16;
/// The widest characters, as a part of the em.
const INK: f64 = 0.96;

/// Draws a seal of 45 mm as a PNG of one colour with transparency.
pub fn round_seal(seal: &RoundSeal<'_>) -> Result<Vec<u8>, SealPictureError> {
    round_seal_of(seal, MILLIMETRES)
}

/// Draws a seal of a diameter in millimetres. 国发〔1999〕25号: an organ's department or dependent unit has a round seal of at
/// most 4.5 cm with a star in the middle and the name around it from left to right; 4.2 cm and 5 cm occur.
pub fn round_seal_of(seal: &RoundSeal<'_>, diameter_mm: u16) -> Result<Vec<u8>, SealPictureError> {
    if !(30..=60).contains(&diameter_mm) {
        return Err(SealPictureError::Diameter(diameter_mm));
    }
    let pack = FontPack::shared();
    pack.check(seal.authority)?;
    pack.check(seal.purpose)?;
    let mut canvas = Canvas::new();
    canvas.ring();
    canvas.star();
    canvas.arc(pack, seal.authority)?;
    if seal.specimen {
        canvas.row(pack, seal.purpose, 10.9, 3.3, 24.0);
        canvas.row(pack, "样本", 15.6, 4.0, 14.0);
    } else {
        canvas.row(pack, seal.purpose, 12.4, 3.6, 24.0);
    }
    Ok(canvas.png(diameter_mm))
}

struct Canvas {
    pixmap: Pixmap,
    paint: Paint<'static>,
}

impl Canvas {
    fn new() -> Self {
        let side = u32::from(PIXELS);
        let mut paint = Paint::default();
        paint.set_color_rgba8(RED.0, RED.1, RED.2, 255);
        paint.anti_alias = true;
        let pixmap = Pixmap::new(side, side).expect("invariant: the side is neither zero nor huge");
        Self { pixmap, paint }
    }

    fn fill(&mut self, path: &Path, transform: Transform) {
        self.pixmap
            .fill_path(path, &self.paint, FillRule::Winding, transform, None);
    }

    fn ring(&mut self) {
        let middle = f32::from(PIXELS) / 2.0;
        let Some(circle) = PathBuilder::from_circle(middle, middle, (RING * SCALE) as f32) else {
            return;
        };
        let stroke = Stroke {
            width: (RING_WIDTH * SCALE) as f32,
            ..Stroke::default()
        };
        self.pixmap
            .stroke_path(&circle, &self.paint, &stroke, Transform::identity(), None);
    }

    fn star(&mut self) {
        let mut builder = PathBuilder::new();
        let inner = STAR * (PI / 10.0).sin() / (3.0 * PI / 10.0).sin();
        for point in 0..10 {
            let radius = if point % 2 == 0 { STAR } else { inner };
            let angle = f64::from(point) * TAU / 10.0;
            let (x, y) = place(radius * angle.sin(), -radius * angle.cos());
            if point == 0 {
                builder.move_to(x, y);
            } else {
                builder.line_to(x, y);
            }
        }
        builder.close();
        if let Some(path) = builder.finish() {
            self.fill(&path, Transform::identity());
        }
    }

    /// The name on the arc, centred on top; long names take more of the circle, then smaller and narrower letters.
    fn arc(&mut self, pack: &FontPack, name: &str) -> Result<(), SealPictureError> {
        let count = name.chars().count() as f64;
        let room = TAU * ARC * WIDEST;
        let pitch = (room / (count - 1.0).max(1.0)).min(LARGEST * 1.35);
        let size = pitch.mul_add(1.12, 0.0).min(LARGEST);
        if count == 0.0 || size < SMALLEST {
            return Err(SealPictureError::Name);
        }
        // The feet of characters stand closer than their middles: there they keep a gap.
        let at_feet = pitch * (ARC - size / 2.0) / ARC;
        let narrow = ((at_feet - WEIGHT - GAP) / (size * INK)).min(1.0);
        for (index, character) in name.chars().enumerate() {
            let along = (index as f64 - (count - 1.0) / 2.0) * pitch;
            let angle = along / ARC;
            let (x, y) = place(ARC * angle.sin(), -ARC * angle.cos());
            self.glyph(pack, character, size, narrow, (x, y), angle);
        }
        Ok(())
    }

    /// A straight row, `below` the middle, at most `room` wide.
    fn row(&mut self, pack: &FontPack, text: &str, below: f64, size: f64, room: f64) {
        let count = text.chars().count() as f64;
        let pitch = (size * 1.06).min(room / count.max(1.0));
        for (index, character) in text.chars().enumerate() {
            let x = (index as f64 - (count - 1.0) / 2.0) * pitch;
            self.glyph(
                pack,
                character,
                size,
                (pitch / size).min(1.0),
                place(x, below),
                0.0,
            );
        }
    }

    /// One character, its middle at `at`, turned clockwise by `angle`.
    fn glyph(
        &mut self,
        pack: &FontPack,
        character: char,
        size: f64,
        narrow: f64,
        at: (f32, f32),
        angle: f64,
    ) {
        let Some(font) = pack.font_for(character) else {
            return;
        };
        let face = pack.typeface(font);
        let Some(path) = face
            .glyph(character)
            .and_then(|glyph| outline(&face.outline(glyph)))
        else {
            return;
        };
        let em = f64::from(face.units_per_em());
        let unit = size * SCALE / em;
        let center = f64::from(pack.advance(Font::Song, '国')) * em / 2.0;
        let transform = Transform::from_translate(-(center as f32), (-0.38 * em) as f32)
            .post_scale((unit * narrow) as f32, (-unit) as f32)
            .post_rotate(angle.to_degrees() as f32)
            .post_translate(at.0, at.1);
        self.fill(&path, transform);
        let stroke = Stroke {
            width: (WEIGHT * SCALE / unit) as f32,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        self.pixmap
            .stroke_path(&path, &self.paint, &stroke, transform, None);
    }

    /// Sixteen steps of opacity of one colour, as a palette.
    fn png(&self, diameter_mm: u16) -> Vec<u8> {
        let per_metre = u32::from(PIXELS) * 1_000 / u32::from(diameter_mm);
        let steps = 0_u8..16;
        let palette: Vec<u8> = steps.clone().flat_map(|_| [RED.0, RED.1, RED.2]).collect();
        let alpha: Vec<u8> = steps.map(|step| (u16::from(step) * OPACITY / 15) as u8).collect();
        let pixels: Vec<u8> = self
            .pixmap
            .pixels()
            .iter()
            .map(|p| ((u16::from(p.alpha()) * 15 + 127) / 255) as u8)
            .collect();
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, PIXELS.into(), PIXELS.into());
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette);
        encoder.set_trns(alpha);
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: per_metre,
            yppu: per_metre,
            unit: png::Unit::Meter,
        }));
        let mut writer = encoder.write_header().expect("invariant: a Vec takes every byte");
        writer
            .write_image_data(&pixels)
            .expect("invariant: the rows fill width times height");
        drop(writer);
        out
    }
}

/// Millimetres from the middle to pixels.
fn place(x: f64, y: f64) -> (f32, f32) {
    let middle = f64::from(PIXELS) / 2.0;
    ((middle + x * SCALE) as f32, (middle + y * SCALE) as f32)
}

fn outline(segments: &[Segment]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for segment in segments {
        match *segment {
            Segment::Move(x, y) => builder.move_to(x, y),
            Segment::Line(x, y) => builder.line_to(x, y),
            Segment::Curve(cx, cy, x, y) => builder.quad_to(cx, cy, x, y),
            Segment::Close => builder.close(),
        }
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(authority: &str, specimen: bool) -> Result<Vec<u8>, SealPictureError> {
        round_seal(&RoundSeal {
            authority,
            purpose: "行政许可专用章",
            specimen,
        })
    }

    /// Alpha of every pixel.
    fn coverage(png: &[u8]) -> Vec<u8> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut buffer).unwrap();
        assert_eq!((info.width, info.height), (600, 600));
        let pixels = buffer.chunks_exact(4);
        pixels
            .inspect(|p| assert_eq!((p[0], p[1], p[2]), RED, "one colour everywhere"))
            .map(|p| p[3])
            .collect()
    }

    #[test]
    fn a_seal_is_red_on_nothing_and_always_the_same() {
        let png = seal("建证市住房和城乡建设局", true).unwrap();
        assert_eq!(png, seal("建证市住房和城乡建设局", true).unwrap());
        let alpha = coverage(&png);
        assert_eq!((alpha[0], alpha[599]), (0, 0), "corners are transparent");
        let ink = alpha.iter().filter(|&&a| a > 100).count();
        assert!((40_000..120_000).contains(&ink), "{ink} pixels of ink");
        assert!(alpha[300 * 600 + 300] > 100, "the star stands in the middle");
        assert!(
            png.len() < 32_000,
            "{} bytes go into every document twice",
            png.len()
        );
    }

    #[test]
    fn a_specimen_says_so_in_the_picture() {
        let (specimen, real) = (seal("建证市", true).unwrap(), seal("建证市", false).unwrap());
        let lower = |png: &[u8]| coverage(png)[490 * 600..].iter().filter(|&&a| a > 100).count();
        assert!(lower(&specimen) > lower(&real) + 500, "样本 stands below");
    }

    #[test]
    fn names_that_cannot_be_read_on_the_arc_are_refused() {
        assert_eq!(seal(&"国".repeat(60), true), Err(SealPictureError::Name));
        assert_eq!(seal("", true), Err(SealPictureError::Name));
        assert_eq!(
            seal("\u{E78D}局", true),
            Err(SealPictureError::Missing(MissingCharacters(vec!['\u{E78D}'])))
        );
        assert!(seal("新疆维吾尔自治区住房和城乡建设厅建筑市场监管处", true).is_ok());
    }

    const MM: f64 = PIXELS as f64 / MILLIMETRES as f64;

    /// Whether there is ink at a place in millimetres from the middle.
    fn ink(alpha: &[u8], x: f64, y: f64) -> bool {
        let at = |v: f64| ((f64::from(PIXELS) / 2.0 + v * MM).floor() as usize).min(usize::from(PIXELS) - 1);
        alpha[at(y) * usize::from(PIXELS) + at(x)] > 100
    }

    /// Lengths of ink along a ray from the middle, `angle` clockwise from the top: where each begins and ends.
    fn along(alpha: &[u8], angle: f64, from: f64, to: f64) -> Vec<(f64, f64)> {
        runs(from, to, 0.02, |r| ink(alpha, r * angle.sin(), -r * angle.cos()))
    }

    fn runs(from: f64, to: f64, step: f64, inked: impl Fn(f64) -> bool) -> Vec<(f64, f64)> {
        let mut found: Vec<(f64, f64)> = Vec::new();
        let mut open = false;
        for k in 0..=((to - from) / step) as usize {
            let at = from + step * k as f64;
            match (inked(at), open) {
                (true, false) => found.push((at, at)),
                (true, true) => found.last_mut().unwrap().1 = at,
                (false, _) => {}
            }
            open = inked(at);
        }
        found
    }

    #[test]
    fn the_drawn_seal_measures_what_it_says() {
        let alpha = coverage(&seal("建证市", false).unwrap());
        let half = f64::from(MILLIMETRES) / 2.0;
        // A pixel is 0.075 mm. Below the name the ring stands alone.
        for degrees in [100.0_f64, 130.0, 180.0, 230.0, 260.0] {
            let ring = along(&alpha, degrees.to_radians(), half - 3.0, half);
            assert_eq!(ring.len(), 1, "at {degrees}");
            let (inner, outer) = ring[0];
            assert!((outer - half).abs() < 0.12, "{outer} mm to the outer edge");
            assert!(
                (outer - inner - RING_WIDTH).abs() < 0.12,
                "{} mm of ring",
                outer - inner
            );
        }
        let tips: Vec<f64> = (0..5)
            .map(|tip| along(&alpha, f64::from(tip) * TAU / 5.0, 0.0, 9.0)[0].1)
            .collect();
        for tip in &tips {
            assert!(
                (tip - STAR).abs() < 0.25,
                "points of the star at {tips:?} mm from the middle"
            );
        }
        let notches = (0..5).map(|notch| along(&alpha, (f64::from(notch) + 0.5) * TAU / 5.0, 0.0, 9.0)[0].1);
        let inner = STAR * (PI / 10.0).sin() / (3.0 * PI / 10.0).sin();
        for notch in notches {
            assert!(
                (notch - inner).abs() < 0.15,
                "the star is regular: {notch} mm, not {inner}"
            );
        }
    }

    #[test]
    fn the_characters_on_the_arc_are_evenly_spaced_and_touch_nobody() {
        for count in 8..=30 {
            // The fullest of characters: a closed frame.
            let alpha = coverage(&seal(&"国".repeat(count), false).unwrap());
            let band = |angle: f64| {
                runs(13.6, 20.9, 0.05, |r| {
                    ink(&alpha, r * angle.sin(), -r * angle.cos())
                })
                .is_empty()
            };
            let characters = runs(-2.2, 2.2, 0.001, |angle| !band(angle));
            assert_eq!(characters.len(), count, "each stands alone");
            let middles: Vec<f64> = characters.iter().map(|(from, to)| (from + to) / 2.0).collect();
            let pitch = (middles[count - 1] - middles[0]) / (count as f64 - 1.0);
            for pair in middles.windows(2) {
                let off = (pair[1] - pair[0] - pitch).abs() * ARC;
                assert!(off < 0.15, "{count} characters: {off} mm off the even pitch");
            }
            let lean = (middles[0] + middles[count - 1]).abs() * ARC;
            assert!(lean < 0.2, "{count} characters lean {lean} mm to one side");
            // Between ring and characters is room.
            let edge = (0..count).all(|index| {
                let run = along(&alpha, middles[index], 19.0, 22.4);
                run.last().is_some_and(|(from, _)| *from > 21.0)
            });
            assert!(edge, "{count} characters run into the ring");
        }
    }

    #[test]
    fn another_diameter_is_another_density_of_the_same_picture() {
        let density = |png: &[u8]| {
            let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
            reader.info().pixel_dims.unwrap().xppu
        };
        let of = |diameter| {
            round_seal_of(
                &RoundSeal {
                    authority: "建证市住房和城乡建设局",
                    purpose: "行政许可专用章",
                    specimen: true,
                },
                diameter,
            )
        };
        // 600 pixels are 42 mm, to a tenth of a millimetre.
        let drawn = of(42).unwrap();
        assert!((600_000.0 / f64::from(density(&drawn)) - 42.0).abs() < 0.1);
        assert_eq!(coverage(&drawn), coverage(&of(45).unwrap()));
        assert_eq!(of(12), Err(SealPictureError::Diameter(12)));
    }
}
