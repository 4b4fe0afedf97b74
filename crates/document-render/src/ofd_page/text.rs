//! Text objects: where each character stands, and its glyph.

use std::collections::HashMap;

use ofd::drawing::Text;
use tiny_skia::{PathBuilder, Transform};

use super::{Painter, narrow};

impl Painter<'_> {
    /// Draws a text object; false if part of it was left out.
    pub(super) fn text(&mut self, text: &Text, own: Transform, alpha: u8) -> bool {
        let stated = stated_glyphs(text);
        let mut all = PathBuilder::new();
        let mut last = [0.0; 2];
        let mut position = 0;
        let mut complete = true;
        'codes: for code in &text.codes {
            let mut at = [code.start[0].unwrap_or(last[0]), code.start[1].unwrap_or(last[1])];
            for (index, character) in code.text.chars().enumerate() {
                if !self.canvas.spending.glyph() {
                    complete = false;
                    break 'codes;
                }
                let number = stated.get(&position).copied();
                self.character(text, character, number, at, &mut all);
                position += 1;
                let step = |steps: &[f64]| steps.get(index).copied().unwrap_or(0.0);
                at = [at[0] + step(&code.right), at[1] + step(&code.down)];
            }
            last = at;
        }
        let Some(path) = all.finish() else {
            return complete;
        };
        let filled = text
            .fill
            .as_ref()
            .is_none_or(|paint| self.canvas.fill(&path, paint, false, own, alpha));
        let stroked = text
            .stroke
            .as_ref()
            .is_none_or(|stroke| self.canvas.stroke(&path, stroke, own, alpha));
        complete && filled && stroked
    }

    fn character(
        &mut self,
        text: &Text,
        character: char,
        stated: Option<u16>,
        [x, y]: [f64; 2],
        all: &mut PathBuilder,
    ) {
        let Some(glyph) = self.fonts.glyph(text.font, character, stated) else {
            if !character.is_whitespace() && !character.is_control() {
                self.missing_glyphs += 1;
            }
            return;
        };
        let scale = narrow(text.size) / glyph.units;
        let turned = Transform::from_row(scale * narrow(text.horizontal_scale), 0.0, 0.0, -scale, 0.0, 0.0)
            .post_rotate(90.0 * f32::from(text.turns))
            .post_translate(narrow(x), narrow(y));
        if let Some(outline) = glyph.outline.and_then(|outline| outline.transform(turned)) {
            all.push_path(&outline);
        }
    }
}

/// Glyph numbers by the position of their character in the object. Where counts differ, only the first ones correspond.
fn stated_glyphs(text: &Text) -> HashMap<usize, u16> {
    let mut stated = HashMap::new();
    for run in &text.glyphs {
        for (index, glyph) in run.glyphs.iter().take(run.characters).enumerate() {
            stated.insert(run.position.saturating_add(index), *glyph);
        }
    }
    stated
}
