//! Path objects.

use super::error::WriteError;
use super::object::{Color, Rect, Stroke, alpha};
use super::xml::{Xml, number};

/// Path commands in millimetres relative to the path's boundary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathData {
    out: String,
    start: (f64, f64),
    faulty: bool,
}

impl PathData {
    /// An empty path.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a new figure.
    pub fn move_to(&mut self, x: f64, y: f64) -> &mut Self {
        self.start = (x, y);
        self.command('M', &[x, y])
    }

    /// A straight line.
    pub fn line_to(&mut self, x: f64, y: f64) -> &mut Self {
        self.command('L', &[x, y])
    }

    /// A cubic Bézier curve.
    pub fn curve_to(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, x: f64, y: f64) -> &mut Self {
        self.command('B', &[x1, y1, x2, y2, x, y])
    }

    /// Closes the figure, with a line back to its start: there are readers for which `C` alone draws none.
    pub fn close(&mut self) -> &mut Self {
        let (x, y) = self.start;
        self.command('L', &[x, y]).command('C', &[])
    }

    pub(super) fn length(&self) -> usize {
        self.out.len()
    }

    /// A number as it is written.
    fn place(&mut self, value: f64) -> String {
        let mut text = String::with_capacity(8);
        self.faulty |= number(&mut text, value).is_err();
        text
    }

    fn command(&mut self, letter: char, values: &[f64]) -> &mut Self {
        if !self.out.is_empty() {
            self.out.push(' ');
        }
        self.out.push(letter);
        for value in values {
            self.out.push(' ');
            self.faulty |= number(&mut self.out, *value).is_err();
        }
        self
    }
}

/// A few characters that are written dozens of times: sixteen bytes are copied in one step, and then cut.
struct Word {
    bytes: [u8; 16],
    length: usize,
}

impl Word {
    const NOTHING: Self = Self {
        bytes: [0; 16],
        length: 0,
    };

    /// The number with its command: a coordinate has at most twelve characters.
    fn new(text: &str) -> Self {
        let mut bytes = [0; 16];
        let length = text.len().min(bytes.len());
        bytes
            .iter_mut()
            .zip(text.bytes())
            .for_each(|(to, from)| *to = from);
        Self { bytes, length }
    }

    fn append(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
    }
}

/// Lines and areas.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The box on the page; the data is relative to its corner.
    pub boundary: Rect,
    /// The commands.
    pub data: PathData,
    /// The line, if drawn.
    pub stroke: Option<Stroke>,
    /// The area, if filled.
    pub fill: Option<Color>,
    /// Opacity, 255 is opaque.
    pub alpha: u8,
}

impl Path {
    /// A straight line.
    #[must_use]
    pub fn line(from: (f64, f64), to: (f64, f64), stroke: Stroke) -> Self {
        let half = stroke.width / 2.0;
        let (left, top) = (from.0.min(to.0) - half, from.1.min(to.1) - half);
        let boundary = Rect::new(
            left,
            top,
            (from.0 - to.0).abs() + stroke.width,
            (from.1 - to.1).abs() + stroke.width,
        );
        let mut data = PathData::new();
        data.move_to(from.0 - left, from.1 - top)
            .line_to(to.0 - left, to.1 - top);
        Self {
            boundary,
            data,
            stroke: Some(stroke),
            fill: None,
            alpha: 255,
        }
    }

    /// A square grid of black modules, as of a QR code: [`Path::runs`] of those that are `dark` at column and row.
    #[must_use]
    pub fn modules(square: Rect, side: u16, mut dark: impl FnMut(u16, u16) -> bool) -> Self {
        let mut runs = Vec::new();
        for row in 0..side {
            let mut column = 0_u16;
            while column < side {
                let from = column;
                while column < side && dark(column, row) {
                    column += 1;
                }
                if column > from {
                    runs.push((row, from, column));
                }
                column += 1;
            }
        }
        Self::runs(square, side, runs)
    }

    /// Black modules, drawn as one stroked line per horizontal run.
    ///
    /// `side` is the number of modules in a row, `runs` are row, first column and column after the last of each run of
    /// dark ones. `square` has no quiet zone. Choose it so that a module is a round number of hundredths of a millimetre
    /// at least: the path is the largest text of a page. To keep it short, the boundary begins half a module above the
    /// square, so that the middles of rows are whole modules down.
    #[must_use]
    pub fn runs(square: Rect, side: u16, runs: impl IntoIterator<Item = (u16, u16, u16)>) -> Self {
        let module = square.width / f64::from(side.max(1));
        let mut data = PathData::new();
        let places: Vec<String> = (0..=side).map(|c| data.place(f64::from(c) * module)).collect();
        let each = |word: fn(&str) -> String| places.iter().map(|place| Word::new(&word(place))).collect();
        let starts: Vec<Word> = each(|x| format!(" M {x}"));
        let lines: Vec<Word> = each(|y| format!(" {y} L "));
        let ends: Vec<Word> = each(str::to_owned);
        let rows: Vec<Word> = each(|y| format!(" {y}"));
        let mut out = Vec::with_capacity(usize::from(side) * usize::from(side) * 8);
        runs.into_iter().for_each(|(row, from, to)| {
            let (row, from, to) = (usize::from(row) + 1, usize::from(from), usize::from(to));
            for word in [starts.get(from), lines.get(row), ends.get(to), rows.get(row)] {
                word.unwrap_or(&Word::NOTHING).append(&mut out);
            }
        });
        // No space before the first command.
        let text = str::from_utf8(out.get(1..).unwrap_or_default());
        data.out.push_str(text.expect("numbers and letters"));
        let stroke = Stroke {
            color: Color::BLACK,
            width: module,
        };
        let above = module / 2.0;
        let boundary = Rect::new(square.x, square.y - above, square.width, square.height + above);
        Self {
            boundary,
            data,
            stroke: Some(stroke),
            fill: None,
            alpha: 255,
        }
    }

    pub(super) fn write(&self, xml: &mut Xml, id: u64) -> Result<(), WriteError> {
        if self.data.faulty {
            return Err(WriteError::Coordinate);
        }
        xml.raw("<ofd:PathObject").whole("ID", id);
        self.boundary.attribute(xml, "Boundary")?;
        if let Some(stroke) = self.stroke {
            xml.numbers("LineWidth", &[stroke.width])?;
        }
        alpha(xml, self.alpha);
        xml.raw(if self.stroke.is_some() {
            " Stroke=\"true\""
        } else {
            " Stroke=\"false\""
        });
        xml.raw(if self.fill.is_some() {
            " Fill=\"true\">"
        } else {
            " Fill=\"false\">"
        });
        if let Some(stroke) = self.stroke {
            stroke.color.element(xml, "StrokeColor");
        }
        if let Some(fill) = self.fill {
            fill.element(xml, "FillColor");
        }
        xml.raw("<ofd:AbbreviatedData>")
            .raw(&self.data.out)
            .raw("</ofd:AbbreviatedData></ofd:PathObject>");
        Ok(())
    }
}
