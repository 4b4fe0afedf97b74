//! The raster that is drawn on, and what each act of drawing takes from the budget.

use ofd::drawing::{Cap, Clip, Join, Paint, Segment, Stroke};
use tiny_skia::{
    Color, FillRule, FilterQuality, GradientStop, LineCap, LineJoin, LinearGradient, Mask, Path, PathBuilder,
    Pattern, Pixmap, Point, Rect, Shader, SpreadMode, StrokeDash, Transform,
};

use super::{matrix, narrow};
use crate::budget::Spending;

/// Work of one segment, in pixels.
const PER_SEGMENT: u64 = 64;
/// Dashes of one stroke at most: each is a path of its own.
const MOST_DASHES: f32 = 20_000.0;
/// A turn in radians.
const QUARTER: f64 = std::f64::consts::FRAC_PI_2;

pub(super) struct Canvas {
    pixmap: Pixmap,
    page: Transform,
    mask: Option<Mask>,
    pub(super) spending: Spending,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32, page: Transform, spending: Spending) -> Option<Self> {
        let mut pixmap = Pixmap::new(width, height)?;
        pixmap.fill(Color::WHITE);
        Some(Self {
            pixmap,
            page,
            mask: None,
            spending,
        })
    }

    pub(super) fn into_rgb(self) -> Vec<u8> {
        let pixels = self.pixmap.pixels().iter();
        pixels
            .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
            .collect()
    }

    fn whole(&self) -> u64 {
        u64::from(self.pixmap.width()) * u64::from(self.pixmap.height())
    }

    /// Takes the work of drawing `path` from the budget; false if nothing of it would be seen or nothing is left.
    fn afford(&mut self, path: &Path, transform: Transform, margin: f32) -> bool {
        let Some(bounds) = path.bounds().transform(transform) else {
            return false;
        };
        #[expect(clippy::cast_precision_loss, reason = "sides of at most some thousand pixels")]
        let (width, height) = (self.pixmap.width() as f32, self.pixmap.height() as f32);
        let wide = (bounds.right() + margin).min(width) - (bounds.left() - margin).max(0.0);
        let high = (bounds.bottom() + margin).min(height) - (bounds.top() - margin).max(0.0);
        if wide <= 0.0 || high <= 0.0 {
            return true;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an area on the page, which is bounded"
        )]
        let area = (wide * high) as u64;
        self.spending.work(
            area + u64::try_from(path.len())
                .unwrap_or(u64::MAX)
                .saturating_mul(PER_SEGMENT),
        )
    }

    /// Sets what is seen of the next object. A clip that cannot be drawn hides it.
    pub(super) fn clip(&mut self, clips: &[Clip], place: Transform) -> bool {
        self.mask = None;
        for clip in clips {
            if !self.spending.work(self.whole() * 2) {
                return false;
            }
            let Some(mut area) = Mask::new(self.pixmap.width(), self.pixmap.height()) else {
                return false;
            };
            for part in &clip.areas {
                let boundary = part.boundary;
                let shift = Transform::from_translate(narrow(boundary.x), narrow(boundary.y));
                let own = matrix(&part.matrix)
                    .post_concat(shift)
                    .post_concat(place)
                    .post_concat(self.page);
                if let Some(path) = outline(&part.segments).filter(|path| drawable(path, own)) {
                    area.fill_path(&path, rule(part.even_odd), true, own);
                }
            }
            match &mut self.mask {
                None => self.mask = Some(area),
                Some(mask) => {
                    for (one, two) in mask.data_mut().iter_mut().zip(area.data()) {
                        *one = (*one).min(*two);
                    }
                }
            }
        }
        true
    }

    /// Sets a rectangle of the page as what is seen of the next object.
    pub(super) fn clip_to(&mut self, rect: Rect) -> bool {
        let mask = Mask::new(self.pixmap.width(), self.pixmap.height());
        let (true, Some(mut mask)) = (self.spending.work(self.whole()), mask) else {
            return false;
        };
        mask.fill_path(&PathBuilder::from_rect(rect), FillRule::Winding, true, self.page);
        self.mask = Some(mask);
        true
    }

    pub(super) fn fill(
        &mut self,
        path: &Path,
        paint: &Paint,
        even_odd: bool,
        own: Transform,
        alpha: u8,
    ) -> bool {
        let all = own.post_concat(self.page);
        if !drawable(path, all) || !self.afford(path, all, 0.0) {
            return false;
        }
        let Some(shader) = shader(paint, alpha) else {
            return false;
        };
        let paint = tiny_skia::Paint {
            shader,
            ..tiny_skia::Paint::default()
        };
        self.pixmap
            .fill_path(path, &paint, rule(even_odd), all, self.mask.as_ref());
        true
    }

    pub(super) fn stroke(&mut self, path: &Path, stroke: &Stroke, own: Transform, alpha: u8) -> bool {
        let all = own.post_concat(self.page);
        let width = narrow(stroke.width);
        let reach = width * all.sx.abs().max(all.sy.abs()).max(all.kx.abs()).max(all.ky.abs());
        let sound = drawable(path, all) && width.is_finite() && width >= 0.0 && reach.is_finite();
        if !sound || !self.afford(path, all, reach) {
            return false;
        }
        let Some(shader) = shader(&stroke.paint, alpha) else {
            return false;
        };
        let paint = tiny_skia::Paint {
            shader,
            ..tiny_skia::Paint::default()
        };
        let line = tiny_skia::Stroke {
            width,
            miter_limit: narrow(stroke.miter_limit).clamp(1.0, 100.0),
            line_cap: match stroke.cap {
                Cap::Butt => LineCap::Butt,
                Cap::Round => LineCap::Round,
                Cap::Square => LineCap::Square,
            },
            line_join: match stroke.join {
                Join::Miter => LineJoin::Miter,
                Join::Round => LineJoin::Round,
                Join::Bevel => LineJoin::Bevel,
            },
            dash: self.dashes(path, stroke),
        };
        self.pixmap
            .stroke_path(path, &paint, &line, all, self.mask.as_ref());
        true
    }

    /// The pattern of dashes, unless it would cut the path into too many.
    fn dashes(&mut self, path: &Path, stroke: &Stroke) -> Option<StrokeDash> {
        let mut dashes: Vec<f32> = stroke.dashes.iter().map(|dash| narrow(*dash)).collect();
        if dashes.len() % 2 == 1 {
            dashes.extend_from_within(..);
        }
        let period: f32 = dashes.iter().sum();
        let bounds = path.bounds();
        #[expect(clippy::cast_precision_loss, reason = "a count of segments, far below 2^24")]
        let length = (bounds.width() + bounds.height()) * path.len() as f32;
        let pieces = length / period;
        if dashes.is_empty()
            || pieces.is_nan()
            || pieces > MOST_DASHES
            || !self.spending.work(PER_SEGMENT * 1_000)
        {
            return None;
        }
        StrokeDash::new(dashes, narrow(stroke.offset))
    }

    /// Draws a picture over the unit square of `own`.
    pub(super) fn picture(&mut self, picture: &Pixmap, own: Transform, alpha: u8) -> bool {
        let all = own.post_concat(self.page);
        let Some(square) = Rect::from_xywh(0.0, 0.0, 1.0, 1.0).map(PathBuilder::from_rect) else {
            return false;
        };
        if !drawable(&square, all) || !self.afford(&square, all, 0.0) {
            return false;
        }
        let Some(smaller) = self.reduced(picture, all) else {
            return false;
        };
        let picture = smaller.as_ref().unwrap_or(picture);
        #[expect(clippy::cast_precision_loss, reason = "sides of a picture, far below 2^24")]
        let fit = Transform::from_scale(1.0 / picture.width() as f32, 1.0 / picture.height() as f32);
        let paint = tiny_skia::Paint {
            shader: Pattern::new(
                picture.as_ref(),
                SpreadMode::Pad,
                FilterQuality::Bilinear,
                f32::from(alpha) / 255.0,
                fit,
            ),
            ..tiny_skia::Paint::default()
        };
        self.pixmap
            .fill_path(&square, &paint, FillRule::Winding, all, self.mask.as_ref());
        true
    }

    /// The picture halved until it is less than twice as large as it is shown, so that it is not sampled with gaps; the
    /// inner nothing if it is small enough, the outer one if the budget does not suffice.
    #[expect(clippy::option_option, reason = "no need and no means are two things")]
    fn reduced(&mut self, picture: &Pixmap, all: Transform) -> Option<Option<Pixmap>> {
        let (wide, high) = (all.sx.hypot(all.ky), all.kx.hypot(all.sy));
        let mut smaller: Option<Pixmap> = None;
        loop {
            let now = smaller.as_ref().unwrap_or(picture);
            let (width, height) = (now.width(), now.height());
            #[expect(clippy::cast_precision_loss, reason = "sides of a picture, far below 2^24")]
            let large = width as f32 >= wide * 2.0 && height as f32 >= high * 2.0;
            if !large || width < 2 || height < 2 {
                return Some(smaller);
            }
            if !self.spending.work(u64::from(width) * u64::from(height)) {
                return None;
            }
            smaller = Some(halved(now)?);
        }
    }
}

/// Each pixel the mean of four.
fn halved(picture: &Pixmap) -> Option<Pixmap> {
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    let row = usize::try_from(picture.width()).ok()? * 4;
    let rows = picture.data().chunks_exact(row * 2);
    let mut data = Vec::with_capacity(picture.data().len() / 4);
    for pair in rows {
        let (upper, lower) = pair.split_at(row);
        for (upper, lower) in upper.chunks_exact(8).zip(lower.chunks_exact(8)) {
            let [(left, right), (below_left, below_right)] = [upper.split_at(4), lower.split_at(4)];
            let four = left.iter().zip(right).zip(below_left.iter().zip(below_right));
            data.extend(four.map(|((a, b), (c, d))| {
                let sum = [a, b, c, d].map(|value| u16::from(*value)).iter().sum::<u16>();
                u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX)
            }));
        }
    }
    Pixmap::from_vec(data, tiny_skia::IntSize::from_wh(width, height)?)
}

/// Whether a path can be drawn at all: finite, and not so large that arithmetic fails.
fn drawable(path: &Path, transform: Transform) -> bool {
    const LARGE: f32 = 1_000_000.0;
    transform.is_finite()
        && path.bounds().transform(transform).is_some_and(|bounds| {
            [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()]
                .iter()
                .all(|value| value.abs() < LARGE)
        })
}

const fn rule(even_odd: bool) -> FillRule {
    if even_odd {
        FillRule::EvenOdd
    } else {
        FillRule::Winding
    }
}

fn shader(paint: &Paint, alpha: u8) -> Option<Shader<'static>> {
    let color = |[red, green, blue, own]: [u8; 4]| {
        let both = u32::from(own) * u32::from(alpha) / 255;
        Color::from_rgba8(red, green, blue, u8::try_from(both).unwrap_or(u8::MAX))
    };
    match paint {
        Paint::Solid(solid) => Some(Shader::SolidColor(color(*solid))),
        Paint::Axial { start, end, stops } => {
            let point = |[x, y]: [f64; 2]| Point::from_xy(narrow(x), narrow(y));
            let stops = stops
                .iter()
                .map(|(at, stop)| GradientStop::new(narrow(*at), color(*stop)))
                .collect();
            LinearGradient::new(
                point(*start),
                point(*end),
                stops,
                SpreadMode::Pad,
                Transform::identity(),
            )
        }
    }
}

/// The path of some segments; nothing if it draws nothing.
pub(super) fn outline(segments: &[Segment]) -> Option<Path> {
    let mut path = PathBuilder::new();
    let mut last = [0.0; 2];
    let mut start = last;
    for segment in segments {
        match *segment {
            Segment::Move(to) => {
                path.move_to(narrow(to[0]), narrow(to[1]));
                start = to;
                last = to;
            }
            Segment::Line(to) => {
                path.line_to(narrow(to[0]), narrow(to[1]));
                last = to;
            }
            Segment::Quadratic(control, to) => {
                path.quad_to(
                    narrow(control[0]),
                    narrow(control[1]),
                    narrow(to[0]),
                    narrow(to[1]),
                );
                last = to;
            }
            Segment::Cubic(one, two, to) => {
                let [one, two, end] = [one, two, to].map(|[x, y]| [narrow(x), narrow(y)]);
                path.cubic_to(one[0], one[1], two[0], two[1], end[0], end[1]);
                last = to;
            }
            Segment::Arc {
                radii,
                rotation,
                large,
                sweep,
                end,
            } => {
                arc(&mut path, last, radii, rotation.to_radians(), large, sweep, end);
                last = end;
            }
            Segment::Close => {
                path.close();
                last = start;
            }
        }
    }
    path.finish()
}

/// An arc as cubic curves (SVG 1.1, F.6.5: from end points to the centre).
fn arc(
    path: &mut PathBuilder,
    from: [f64; 2],
    radii: [f64; 2],
    rotation: f64,
    large: bool,
    sweep: bool,
    to: [f64; 2],
) {
    let [mut rx, mut ry] = radii.map(f64::abs);
    let (sin, cos) = rotation.sin_cos();
    let (dx, dy) = ((from[0] - to[0]) / 2.0, (from[1] - to[1]) / 2.0);
    let (x, y) = (cos * dx + sin * dy, cos * dy - sin * dx);
    if rx == 0.0 || ry == 0.0 || (x == 0.0 && y == 0.0) {
        path.line_to(narrow(to[0]), narrow(to[1]));
        return;
    }
    let stretch = (x / rx).powi(2) + (y / ry).powi(2);
    if stretch > 1.0 {
        rx *= stretch.sqrt();
        ry *= stretch.sqrt();
    }
    let square = (rx * y).powi(2) + (ry * x).powi(2);
    let away = (((rx * ry).powi(2) - square).max(0.0) / square).sqrt();
    let away = if large == sweep { -away } else { away };
    let (cx, cy) = (away * rx * y / ry, -away * ry * x / rx);
    let angle = |x: f64, y: f64| y.atan2(x);
    let first = angle((x - cx) / rx, (y - cy) / ry);
    let mut turn = angle((-x - cx) / rx, (-y - cy) / ry) - first;
    if sweep && turn < 0.0 {
        turn += QUARTER * 4.0;
    } else if !sweep && turn > 0.0 {
        turn -= QUARTER * 4.0;
    }
    let centre = [
        cos * cx - sin * cy + f64::midpoint(from[0], to[0]),
        sin * cx + cos * cy + f64::midpoint(from[1], to[1]),
    ];
    let place = |x: f64, y: f64| {
        let (x, y) = (rx * x, ry * y);
        [
            narrow(centre[0] + cos * x - sin * y),
            narrow(centre[1] + sin * x + cos * y),
        ]
    };
    let pieces = if turn.abs() > QUARTER * 3.0 { 4 } else { 3 };
    let step = turn / f64::from(pieces);
    let handle = 4.0 / 3.0 * (step / 4.0).tan();
    for piece in 0..pieces {
        let (s0, c0) = (first + step * f64::from(piece)).sin_cos();
        let (s1, c1) = (first + step * f64::from(piece + 1)).sin_cos();
        let one = place(c0 - handle * s0, s0 + handle * c0);
        let two = place(c1 + handle * s1, s1 - handle * c1);
        let end = place(c1, s1);
        path.cubic_to(one[0], one[1], two[0], two[1], end[0], end[1]);
    }
}
