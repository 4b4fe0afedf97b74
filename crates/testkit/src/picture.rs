//! Synthetic pictures: a drawn neutral portrait on white, a handwritten-looking stroke. Nobody's face, nobody's hand.
//!
//! Everything follows from a seed, so the same synthetic person always has the same pictures.

use jpeg_encoder::{ColorType, Encoder};

/// Width and height of a 1-inch photo at 300 dpi.
pub const PHOTO: (u16, u16) = (295, 413);
/// Width and height of a signature image.
pub const SIGNATURE: (u16, u16) = (456, 168);

/// A portrait of nobody: shoulders, neck, head and hair as plain shapes on white, in the colours of `seed`.
pub fn photo_jpeg(seed: u64) -> Vec<u8> {
    let look = Look::new(seed);
    let (width, height) = PHOTO;
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    for y in 0..height {
        for x in 0..width {
            pixels.extend(look.at(f64::from(x) / f64::from(width), f64::from(y) / f64::from(height)));
        }
    }
    let mut out = Vec::new();
    Encoder::new(&mut out, 88)
        .encode(&pixels, width, height, ColorType::Rgb)
        .expect("invariant: the pixels fill width times height and a Vec takes every byte");
    out
}

/// A signature of nobody: a few connected strokes in black on white, one bit per pixel.
pub fn signature_png(seed: u64) -> Vec<u8> {
    let (width, height) = SIGNATURE;
    let mut ink = vec![false; usize::from(width) * usize::from(height)];
    let mut random = Random(seed ^ 0x5157_4E41_5455_5245);
    for stroke in 0..7 {
        let start = 0.08 + 0.12 * f64::from(stroke);
        let mut points = [(0.0, 0.0); 4];
        for (index, point) in points.iter_mut().enumerate() {
            let x = start + 0.07 * index as f64 + 0.08 * (random.unit() - 0.4);
            *point = (
                x * f64::from(width),
                (0.18 + 0.64 * random.unit()) * f64::from(height),
            );
        }
        draw_stroke(&mut ink, points, 2.2 + 2.6 * random.unit());
    }
    one_bit_png(&ink)
}

fn draw_stroke(ink: &mut [bool], points: [(f64, f64); 4], pen: f64) {
    let (width, height) = SIGNATURE;
    for step in 0..=400 {
        let t = f64::from(step) / 400.0;
        let (x, y) = cubic(points, t);
        // The pen lifts: thin at both ends of the stroke.
        let radius = pen * (0.35 + 0.65 * (std::f64::consts::PI * t).sin());
        let reach = radius.ceil() as i32;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let (px, py) = (x as i32 + dx, y as i32 + dy);
                let inside = (0..i32::from(width)).contains(&px) && (0..i32::from(height)).contains(&py);
                let distance = (f64::from(px) - x).hypot(f64::from(py) - y);
                let pixel = ink.get_mut((py * i32::from(width) + px) as usize);
                if let Some(pixel) = pixel.filter(|_| inside && distance <= radius) {
                    *pixel = true;
                }
            }
        }
    }
}

fn cubic(p: [(f64, f64); 4], t: f64) -> (f64, f64) {
    let u = 1.0 - t;
    let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
    let sum = |value: fn(&(f64, f64)) -> f64| weights.iter().zip(&p).map(|(w, point)| w * value(point)).sum();
    (sum(|q| q.0), sum(|q| q.1))
}

fn one_bit_png(ink: &[bool]) -> Vec<u8> {
    let (width, height) = SIGNATURE;
    let rows = ink.chunks(usize::from(width));
    let data: Vec<u8> = rows
        .flat_map(|row| row.chunks(8))
        .map(|byte| {
            byte.iter().enumerate().fold(
                0xFF_u8,
                |bits, (i, &dark)| if dark { bits & !(0x80 >> i) } else { bits },
            )
        })
        .collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width.into(), height.into());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().expect("invariant: a Vec takes every byte");
    writer
        .write_image_data(&data)
        .expect("invariant: the rows fill width times height");
    drop(writer);
    out
}

/// The colours and proportions of one synthetic person.
struct Look {
    skin: [f64; 3],
    hair: [f64; 3],
    cloth: [f64; 3],
    head: f64,
    fringe: f64,
}

impl Look {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let mut shade = |base: [f64; 3], spread: f64| {
            let shift = (random.unit() - 0.5) * spread;
            base.map(|value| (value + shift).clamp(0.0, 255.0))
        };
        Self {
            skin: shade([232.0, 200.0, 176.0], 30.0),
            hair: shade([48.0, 42.0, 40.0], 40.0),
            cloth: shade([52.0, 68.0, 104.0], 60.0),
            head: 0.185 + 0.02 * random.unit(),
            fringe: 0.24 + 0.04 * random.unit(),
        }
    }

    /// The colour at a place given in fractions of width and height; edges blend over two pixels.
    fn at(&self, x: f64, y: f64) -> [u8; 3] {
        let mut color = [255.0; 3];
        let mut lay = |paint: [f64; 3], signed_distance: f64| {
            let cover = (0.5 - signed_distance / 0.008).clamp(0.0, 1.0);
            for (value, target) in color.iter_mut().zip(paint) {
                *value += (target - *value) * cover;
            }
        };
        let light = 1.0 - 0.12 * (x - 0.42).abs();
        let lit = |paint: [f64; 3]| paint.map(|value| value * light);
        let ellipse =
            |cx: f64, cy: f64, a: f64, b: f64| ((((x - cx) / a).hypot((y - cy) / b)) - 1.0) * a.min(b);
        lay(self.hair, ellipse(0.5, 0.36, self.head * 1.18, 0.215));
        lay(
            lit(self.cloth),
            ellipse(0.5, 1.06, 0.46, 0.36).min(ellipse(0.5, 1.2, 0.6, 0.4)),
        );
        lay(
            lit(self.skin.map(|v| v * 0.93)),
            (x - 0.5).abs().max(0.0) - 0.085 + if (0.5..0.74).contains(&y) { 0.0 } else { 1.0 },
        );
        lay([250.0; 3], ((x - 0.5).abs() - (0.80 - y) * 0.9).max(0.70 - y));
        lay(lit(self.skin), ellipse(0.5, 0.41, self.head, 0.195));
        lay(self.hair, ellipse(0.5, self.fringe, self.head * 1.02, 0.075));
        for side in [-1.0, 1.0] {
            lay(
                [60.0, 52.0, 50.0],
                ellipse(0.5 + side * 0.075, 0.405, 0.024, 0.010),
            );
            lay(self.hair, ellipse(0.5 + side * 0.077, 0.372, 0.036, 0.007));
        }
        lay(self.skin.map(|v| v * 0.84), ellipse(0.5, 0.462, 0.018, 0.009));
        lay([186.0, 110.0, 104.0], ellipse(0.5, 0.512, 0.046, 0.010));
        color.map(|value| value.round() as u8)
    }
}

/// SplitMix64: enough for shapes, the same everywhere.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_pictures_and_another_seed_others() {
        assert_eq!(photo_jpeg(7), photo_jpeg(7));
        assert_ne!(photo_jpeg(7), photo_jpeg(8));
        assert_eq!(signature_png(7), signature_png(7));
        assert_ne!(signature_png(7), signature_png(8));
    }

    #[test]
    fn a_photo_is_small_enough_for_the_collection_api_and_a_signature_is_mostly_white() {
        let photo = photo_jpeg(1);
        assert!(
            photo.starts_with(&[0xFF, 0xD8]) && photo.len() < 50 * 1024,
            "domain §3.3: at most 50 KB"
        );
        let mut reader = png::Decoder::new(std::io::Cursor::new(signature_png(1)))
            .read_info()
            .unwrap();
        let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut buffer).unwrap();
        let dark: u32 = buffer.iter().map(|byte| byte.count_zeros()).sum();
        assert!((500..20_000).contains(&dark), "{dark} dark pixels");
    }
}
