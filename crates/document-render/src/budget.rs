//! What a page may cost.

/// Upper bounds for one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Pixels of the raster.
    pub pixels: u64,
    /// Glyphs drawn.
    pub glyphs: u64,
    /// Pixels painted over, clips and pictures included, and 64 for each segment of a path.
    pub work: u64,
    /// Pixels of all pictures, decoded.
    pub picture_pixels: u64,
}

impl Default for Budget {
    /// A full page at 300 dpi with every decoration, in a second or so; no page may take many.
    fn default() -> Self {
        Self {
            pixels: 40_000_000,
            glyphs: 100_000,
            work: 2_000_000_000,
            picture_pixels: 64_000_000,
        }
    }
}

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Spending {
    glyphs: u64,
    work: u64,
    picture_pixels: u64,
}

impl Spending {
    pub(crate) const fn new(budget: &Budget) -> Self {
        Self {
            glyphs: budget.glyphs,
            work: budget.work,
            picture_pixels: budget.picture_pixels,
        }
    }

    pub(crate) fn glyph(&mut self) -> bool {
        take(&mut self.glyphs, 1)
    }

    pub(crate) fn work(&mut self, amount: u64) -> bool {
        take(&mut self.work, amount)
    }

    pub(crate) fn picture(&mut self, pixels: u64) -> bool {
        take(&mut self.picture_pixels, pixels)
    }
}

/// Takes what there is enough of.
fn take(left: &mut u64, amount: u64) -> bool {
    match left.checked_sub(amount) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => {
            *left = 0;
            false
        }
    }
}
