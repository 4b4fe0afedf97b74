//! What a file shows, as pictures of its pages that travel in the page itself: nothing of the file is kept here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use document_preview::{NoPreview, Preview, Previewer, Request};

/// A sheet of A4 is as wide as a phone shows sharply.
const DPI: u32 = 96;

/// Pages of one file, or why there are none.
pub(crate) struct Pictures {
    pub(crate) pages: Vec<Page>,
    /// Of the whole file.
    pub(crate) total: u32,
    /// Chinese and English; why no page, or no further one, is shown.
    pub(crate) missing: Option<(&'static str, &'static str)>,
}

/// One page.
pub(crate) struct Page {
    pub(crate) number: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The picture as an address (RFC 2397).
    pub(crate) address: String,
}

impl Pictures {
    /// The first pages of a file; none of one that was not kept because it is too large.
    pub(crate) async fn of(previewer: &Previewer, file: Option<&[u8]>) -> Self {
        let mut pictures = Self {
            pages: Vec::new(),
            total: 0,
            missing: None,
        };
        let Some(file) = file else {
            pictures.missing = Some(NoPreview::TooCostly.text());
            return pictures;
        };
        for number in 1..=previewer.limits().pages {
            let request = Request {
                page: number,
                dpi: DPI,
            };
            match previewer.preview(file, request).await {
                Ok(drawn) => {
                    pictures.total = drawn.pages;
                    pictures.pages.push(page(number, &drawn));
                }
                Err(why) => {
                    tracing::info!(reason = ?why, "no preview");
                    pictures.missing = Some(why.text());
                    break;
                }
            }
            if number >= pictures.total {
                break;
            }
        }
        pictures
    }
}

fn page(number: u32, drawn: &Preview) -> Page {
    let picture = &drawn.picture;
    let content = STANDARD.encode(&picture.content);
    Page {
        number,
        width: picture.width,
        height: picture.height,
        address: format!("data:{};base64,{content}", picture.media_type),
    }
}
