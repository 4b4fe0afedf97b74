//! The worker's side: limits first, then one document.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use certificate_face::font::{Font, FontPack};
use document_render::{Budget, Fault, Options, render};
use rustix::process::{Resource, Rlimit, nice, setrlimit};

use crate::protocol::{HEADER, Request, answer, drawn};

/// Address space: the font pack, a document, its pictures and the page.
const MEMORY: u64 = 768 << 20;
/// Bytes of a page of memory, as the kernel counts.
const PAGE: u64 = 4096;
/// Seconds of CPU.
const CPU: u64 = 8;
/// Exit code of a worker that cannot keep within its limits whatever it draws.
pub(crate) const UNFIT: u8 = 3;
/// Bytes of a document.
const LARGEST: usize = 32 << 20;
/// A preview waits for everything else that the machine has to do.
const NICENESS: i32 = 10;
/// Resolutions that make sense for a preview.
const RESOLUTIONS: std::ops::RangeInclusive<u32> = 18..=300;

/// Reads one request, answers it, and ends. Anything but an answer is a failure of the document.
pub fn run() -> ExitCode {
    // The fonts are part of the program; they are unpacked before the limits count.
    let pack = FontPack::shared();
    let fonts: Vec<&[u8]> = Font::CHAIN
        .iter()
        .map(|font| pack.typeface(*font).bytes())
        .collect();
    // What is taken already would be missing at random places later.
    if in_use().is_none_or(|bytes| bytes > MEMORY / 2) || confine().is_err() {
        return ExitCode::from(UNFIT);
    }
    let answered = read().and_then(|(request, document)| {
        let mut out = std::io::stdout().lock();
        out.write_all(&answered(request, &document, &fonts)).ok()?;
        out.flush().ok()
    });
    if answered.is_some() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Address space that this process has.
fn in_use() -> Option<u64> {
    let counts = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = counts.split_ascii_whitespace().next()?.parse().ok()?;
    pages.checked_mul(PAGE)
}

/// Gives up what drawing does not need. Three descriptors are open and no fourth can be: no file, no socket, no pipe.
fn confine() -> rustix::io::Result<()> {
    nice(NICENESS)?;
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, 3),
        (Resource::Cpu, CPU),
        (Resource::As, MEMORY),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

fn read() -> Option<(Request, Vec<u8>)> {
    let mut input = std::io::stdin().lock();
    let mut header = [0; HEADER];
    input.read_exact(&mut header).ok()?;
    let (request, length) = Request::decode(header);
    if length > LARGEST {
        return None;
    }
    let mut document = vec![0; length];
    input.read_exact(&mut document).ok()?;
    Some((request, document))
}

fn answered(request: Request, document: &[u8], fonts: &[&[u8]]) -> Vec<u8> {
    if !RESOLUTIONS.contains(&request.dpi) {
        return vec![answer::UNREADABLE];
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 300")]
    let dpi = request.dpi as f32;
    let options = Options {
        dpi,
        budget: Budget {
            pixels: 12_000_000,
            work: 600_000_000,
            picture_pixels: 40_000_000,
            ..Budget::default()
        },
        fonts,
    };
    let page = usize::try_from(request.page).unwrap_or(usize::MAX);
    match render(document, page, &options) {
        Ok(raster) => match raster.to_png(dpi) {
            Some(png) => drawn(raster.pages, &png),
            None => vec![answer::TOO_COSTLY],
        },
        Err(Fault::Size) => vec![answer::TOO_COSTLY],
        Err(Fault::NoSuchPage { pages, .. }) if pages > 0 => vec![answer::NO_SUCH_PAGE],
        Err(Fault::UnknownType | Fault::Unreadable(_) | Fault::NoSuchPage { .. }) => vec![answer::UNREADABLE],
    }
}
