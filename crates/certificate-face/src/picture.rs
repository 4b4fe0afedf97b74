//! The pictures a document brings, prepared for both writers: once at upload, or once per document.

use std::io::{Cursor, Read as _};

use flate2::read::ZlibDecoder;
use ofd::Part;

/// Why a picture cannot stand on a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The photo is not a JPEG of one or three components.
    #[error("the photo is not a JPEG that PDF/A can hold")]
    Photo,
    /// The signature image is not a PNG of grey, palette or RGB pixels within bounds.
    #[error("the signature image is not a usable PNG")]
    Signature,
    /// The seal picture is not a PNG with transparency.
    #[error("the seal picture is not an RGBA PNG")]
    Seal,
}

/// No picture may have more pixels than this.
const MOST_PIXELS: usize = 4_000_000;

/// The holder's photo, as the JPEG that was uploaded.
#[derive(Debug, Clone)]
pub struct Photo {
    pub(crate) part: Part,
}

impl Photo {
    /// Takes a JPEG. Its digest is computed once, when it is first asked for: keep the result while the photo is used.
    pub fn prepare(jpeg: Vec<u8>) -> Result<Self, PictureError> {
        pdf::Image::jpeg(&jpeg).map_err(|_| PictureError::Photo)?;
        Ok(Self {
            part: Part::stored(jpeg),
        })
    }

    /// SM3 of the JPEG, as the facts record names it.
    pub fn sm3(&self) -> [u8; 32] {
        self.part.digest()
    }

    pub(crate) fn image(&self) -> Result<pdf::Image<'_>, PictureError> {
        pdf::Image::jpeg(self.part.bytes()).map_err(|_| PictureError::Photo)
    }
}

/// The image of the holder's handwritten signature: dark strokes on white.
#[derive(Debug, Clone)]
pub struct SignatureImage {
    pub(crate) part: Part,
    /// Ink of each pixel at sixteen levels: what the PDF must show.
    pub(crate) ink: Vec<u8>,
    /// The same, packed as zlib: proved to give back the ink.
    pub(crate) packed: Vec<u8>,
    pub(crate) image: pdf::Image<'static>,
}

impl SignatureImage {
    /// Takes a PNG: the darker a pixel, the more ink.
    pub fn prepare(png: Vec<u8>) -> Result<Self, PictureError> {
        let grid = decode(&png).ok_or(PictureError::Signature)?;
        let ink: Vec<u8> = grid
            .pixels()
            .map(|p| (u16::from(255 - p.luminance) * u16::from(p.alpha) / 255) as u8)
            .collect();
        let image = pdf::Image::tinted(pdf::Rgb::BLACK, grid.width, grid.height, &ink)
            .map_err(|_| PictureError::Signature)?
            .deflated_in_passing();
        let levels: Vec<u8> = ink
            .chunks(usize::from(grid.width).max(1))
            .flat_map(sixteen_levels)
            .collect();
        // Whoever meets the packed mask later knows by its bytes what it unpacks to.
        let packed = image.mask_data().unwrap_or_default().to_vec();
        let mut unpacked = Vec::with_capacity(levels.len());
        let read = ZlibDecoder::new(packed.as_slice()).read_to_end(&mut unpacked);
        if read.is_err() || unpacked != levels {
            return Err(PictureError::Signature);
        }
        Ok(Self {
            part: Part::stored(png),
            ink: levels,
            packed,
            image,
        })
    }

    /// SM3 of the PNG, as the facts record names it.
    pub fn sm3(&self) -> [u8; 32] {
        self.part.digest()
    }
}

/// A row of coverage at sixteen levels, two pixels a byte.
fn sixteen_levels(row: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let level = |value: u8| ((u16::from(value) * 15 + 127) / 255) as u8;
    row.chunks(2).map(move |pair| match *pair {
        [left, right] => level(left) << 4 | level(right),
        [left] => level(left) << 4,
        _ => 0,
    })
}

/// The pictures of one holder.
#[derive(Debug, Clone)]
pub struct Pictures {
    /// 1-inch photo, bareheaded, white ground (domain §1.10).
    pub photo: Photo,
    /// Handwritten signature.
    pub signature: SignatureImage,
}

/// The colour and coverage of a one-coloured seal picture.
pub(crate) fn seal_image(png: &[u8]) -> Result<pdf::Image<'static>, PictureError> {
    let grid = decode(png).ok_or(PictureError::Seal)?;
    let darkest = grid
        .pixels()
        .max_by_key(|p| p.alpha)
        .filter(|p| p.alpha > 127)
        .ok_or(PictureError::Seal)?;
    let (r, g, b) = darkest.color;
    let coverage: Vec<u8> = grid.pixels().map(|p| p.alpha).collect();
    let image = pdf::Image::tinted(pdf::Rgb(r, g, b), grid.width, grid.height, &coverage);
    image.map_err(|_| PictureError::Seal).map(pdf::Image::deflated)
}

struct Grid {
    width: u16,
    height: u16,
    channels: usize,
    samples: Vec<u8>,
}

impl Grid {
    fn pixels(&self) -> impl Iterator<Item = Pixel> + '_ {
        self.samples.chunks_exact(self.channels).filter_map(pixel)
    }
}

struct Pixel {
    color: (u8, u8, u8),
    luminance: u8,
    alpha: u8,
}

fn decode(png: &[u8]) -> Option<Grid> {
    let mut decoder = png::Decoder::new(Cursor::new(png));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let size = reader
        .output_buffer_size()
        .filter(|&size| size <= MOST_PIXELS * 4)?;
    let mut buffer = vec![0; size];
    let info = reader.next_frame(&mut buffer).ok()?;
    buffer.truncate(info.buffer_size());
    let channels = info.color_type.samples();
    (1..=4).contains(&channels).then_some(Grid {
        width: u16::try_from(info.width).ok()?,
        height: u16::try_from(info.height).ok()?,
        channels,
        samples: buffer,
    })
}

fn pixel(channels: &[u8]) -> Option<Pixel> {
    let (r, g, b, alpha) = match *channels {
        [v] => (v, v, v, 255),
        [v, a] => (v, v, v, a),
        [r, g, b] => (r, g, b, 255),
        [r, g, b, a] => (r, g, b, a),
        _ => return None,
    };
    let luminance = (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000;
    Some(Pixel {
        color: (r, g, b),
        luminance: luminance as u8,
        alpha,
    })
}
