//! What a use copy (加注件) adds to the face: its period, the note across the page, and the note over both pictures.

use super::Role;
use super::compose::{FaceError, Page};
use super::fit::{Room, fit, line, width};
use crate::facts::{CopyFacts, chinese_date};
use crate::geometry::{Color, Point, Rect};
use crate::layout::Field;

const NOTE: Color = Color(214, 219, 228);
const OVERPRINT: Color = Color(176, 20, 20);
/// Base line to base line of a note, in sizes.
const PITCH: f64 = 1.25;

impl<'a> Page<'_, 'a> {
    /// The use period, the note across the page, and the overprints.
    pub(super) fn copy(&mut self, copy: &CopyFacts<'a>) -> Result<(), FaceError> {
        let until = chinese_date(copy.use_until);
        let period = format!("使用有效期：{}至{until}", chinese_date(copy.made_on));
        self.value(Field::UsePeriod, period.into())?;
        let mut note = String::with_capacity(160);
        note.extend(["仅供", copy.recipient, "用于", copy.purpose, "　有效期至", &until]);
        self.note(&note)?;
        let mut stamp = String::with_capacity(120);
        stamp.extend(["仅供", copy.recipient, "使用　至", &until]);
        let style = self.layout.overprint();
        self.overprint(&stamp, style.photo)?;
        self.overprint(&stamp, style.signature)
    }

    /// Writes the note wherever the layout has it, below everything else.
    fn note(&mut self, text: &str) -> Result<(), FaceError> {
        let style = self.layout.note();
        let one_line = (style.width / width(self.slots.pack, text)).min(style.size);
        let (size, lines) = if one_line >= style.wished {
            (one_line, std::iter::once(0..text.len()).collect())
        } else {
            let tallest = |_: usize| style.wished;
            let room = Room {
                width: style.width,
                size: style.wished,
                least: style.least,
                lines: style.lines,
                tallest: &tallest,
            };
            let fitted = fit(self.slots.pack, text, &room).map_err(|_| FaceError::NoteTooLong)?;
            (fitted.size, fitted.lines)
        };
        let above = std::mem::take(&mut self.items);
        let (sin, cos) = style.rotation.to_radians().sin_cos();
        for place in style.places {
            // More lines stand around the base line that one would have.
            let first = -(lines.len() as f64 - 1.0) / 2.0;
            for (index, range) in lines.iter().enumerate() {
                let down = (first + index as f64) * size * PITCH;
                let at = Point {
                    x: place.x + down * sin,
                    y: place.y + down * cos,
                };
                self.runs(
                    Role::Watermark,
                    line(text, range),
                    size,
                    at,
                    NOTE,
                    style.rotation,
                    100,
                );
            }
        }
        self.items.extend(above);
        Ok(())
    }

    /// A half-transparent note wrapped into a box over a picture.
    fn overprint(&mut self, text: &str, room: Rect) -> Result<(), FaceError> {
        let style = self.layout.overprint();
        let tallest = |lines: usize| room.height / (PITCH * lines as f64);
        let box_of = Room {
            width: room.width,
            size: style.size,
            least: style.least,
            lines: (room.height / 1.2) as usize,
            tallest: &tallest,
        };
        let fitted = fit(self.slots.pack, text, &box_of).map_err(|_| FaceError::NoteTooLong)?;
        let pitch = fitted.size * PITCH;
        let height = pitch * fitted.lines.len() as f64;
        // As often as it fits, evenly spread.
        let times = if style.repeated {
            ((room.height / height) as usize).max(1)
        } else {
            1
        };
        let step = room.height / times as f64;
        let inset = if style.repeated {
            (step - height) / 2.0
        } else {
            0.0
        };
        for time in 0..times {
            for (index, range) in fitted.lines.iter().enumerate() {
                let at = Point {
                    x: room.x,
                    y: room.y + step * time as f64 + inset + fitted.size + pitch * index as f64,
                };
                let part = line(text, range);
                self.runs(
                    Role::Overprint,
                    part,
                    fitted.size,
                    at,
                    OVERPRINT,
                    0.0,
                    style.opacity,
                );
            }
        }
        Ok(())
    }
}
