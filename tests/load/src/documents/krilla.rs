//! The reference: the same face drawn by krilla (feature `references`).

use anyhow::{Context as _, Result, anyhow};
use certificate_face::code::Code;
use certificate_face::face::{Figure, Item, Kind, Picture, Slots, Stroke as Piece, TextLine, compose, fixed};
use certificate_face::facts::FaceFacts;
use certificate_face::font::{Font, FontPack};
use certificate_face::geometry;
use certificate_face::layout::Layout;
use certificate_face::template::Template;
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::text::TextDirection;
use krilla::{Document, SerializeSettings};
use sha2::{Digest as _, Sha256};

/// Points per millimetre.
const SCALE: f64 = 72.0 / 25.4;

/// What all documents share, prepared once.
pub(super) struct Reference {
    layout: Layout,
    settings: SerializeSettings,
    fonts: [krilla::text::Font; 3],
    fixed: Vec<Item<'static>>,
    seal: Image,
}

/// SHA-256 of the file, standing for that of the byte range.
pub(super) fn digest(file: &[u8]) -> [u8; 32] {
    Sha256::digest(file).into()
}

impl Reference {
    pub(super) fn new(template: &Template, seal_picture: &[u8]) -> Result<Self> {
        let pack = FontPack::shared();
        let font = |font: Font| {
            let bytes = pack.typeface(font).bytes().to_vec();
            krilla::text::Font::new(bytes.into(), 0).context("a font of the pack")
        };
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A3_U)
            .finish()
            .map_err(|error| anyhow!("{error:?}"))?;
        let layout = *template.layout();
        Ok(Self {
            settings: SerializeSettings {
                configuration,
                ..SerializeSettings::default()
            },
            fonts: [font(Font::Song)?, font(Font::Bold)?, font(Font::Fallback)?],
            fixed: fixed(pack, &layout, Kind::Original, true),
            seal: Image::from_png(seal_picture.to_vec().into(), false).map_err(|error| anyhow!(error))?,
            layout,
        })
    }

    /// The whole file.
    pub(super) fn page(&self, facts: &FaceFacts<'_>, photo: &[u8], signature: &[u8]) -> Result<Vec<u8>> {
        let none = |_: char| false;
        let face = compose(&self.layout, &Slots::new(FontPack::shared(), &none), facts)?;
        let code = Code::new(facts.code)?;
        let photo = Image::from_jpeg(photo.to_vec().into(), false).map_err(|error| anyhow!(error))?;
        let signature = Image::from_png(signature.to_vec().into(), false).map_err(|error| anyhow!(error))?;
        let mut document = Document::new_with(self.settings.clone());
        let date = DateTime::new(2026).month(5).day(1).hour(10).minute(0).second(0);
        document.set_metadata(
            Metadata::new()
                .title("一级建造师注册证书".to_owned())
                .authors(vec![facts.issuer.to_owned()])
                .language("zh-CN".to_owned())
                .document_id(facts.licence_identifier.to_owned())
                .creation_date(date),
        );
        let attached = document.embed_file(EmbeddedFile {
            path: "certificate.xml".to_owned(),
            mime_type: MimeType::new("application/xml"),
            description: Some("电子证照元数据".to_owned()),
            association_kind: AssociationKind::Data,
            data: facts.record.as_bytes().to_vec().into(),
            modification_date: Some(date),
            compress: None,
            location: None,
        });
        attached.context("one file of the name")?;
        let (width, height) = self.layout.page();
        let size = PageSettings::from_wh(points(width), points(height)).context("a page")?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for item in self.fixed.iter().chain(&face.items) {
            match item {
                Item::Text(line) => self.text(&mut surface, line),
                Item::Figure(figure) => draw(&mut surface, figure),
                Item::Picture(Picture::Photo, rect) => image(&mut surface, &photo, *rect),
                Item::Picture(Picture::Signature, rect) => image(&mut surface, &signature, *rect),
                Item::Code(room) => symbol(&mut surface, &code, *room),
            }
        }
        image(&mut surface, &self.seal, self.layout.seal());
        surface.finish();
        page.finish();
        document.finish().map_err(|error| anyhow!("{error:?}"))
    }

    fn text(&self, surface: &mut Surface<'_>, line: &TextLine<'_>) {
        let [song, bold, fallback] = &self.fonts;
        let font = match line.slot.font() {
            Font::Song => song,
            Font::Bold => bold,
            Font::Fallback => fallback,
        };
        let (x, y) = (points(line.origin.x), points(line.origin.y));
        surface.set_fill(Some(fill(line.color, line.opacity)));
        surface.set_stroke(None);
        if line.rotation != 0.0 {
            surface.push_transform(&Transform::from_rotate_at(-line.rotation as f32, x, y));
        }
        surface.draw_text(
            Point::from_xy(x, y),
            font.clone(),
            points(line.size),
            &line.text,
            false,
            TextDirection::LeftToRight,
        );
        if line.rotation != 0.0 {
            surface.pop();
        }
    }
}

fn draw(surface: &mut Surface<'_>, figure: &Figure) {
    let mut path = PathBuilder::new();
    for piece in &figure.path {
        match *piece {
            Piece::Move(p) => path.move_to(points(p.x), points(p.y)),
            Piece::Line(p) => path.line_to(points(p.x), points(p.y)),
            Piece::Curve(a, b, c) => path.cubic_to(
                points(a.x),
                points(a.y),
                points(b.x),
                points(b.y),
                points(c.x),
                points(c.y),
            ),
            Piece::Close => path.close(),
        }
    }
    let stroke = figure.stroke.map(|(color, width)| Stroke {
        paint: ink(color).into(),
        width: points(width),
        ..Stroke::default()
    });
    draw_path(
        surface,
        path.finish(),
        figure.fill.map(|color| fill(color, 100)),
        stroke,
    );
}

/// One filled rectangle for each run of dark modules, all in one path.
fn symbol(surface: &mut Surface<'_>, code: &Code, room: geometry::Rect) {
    let place = code.place(room);
    let module = place.width / f64::from(code.side());
    let mut path = PathBuilder::new();
    for (row, from, to) in code.runs() {
        let rect = Rect::from_xywh(
            points(place.x + f64::from(from) * module),
            points(place.y + f64::from(row) * module),
            points(f64::from(to - from) * module),
            points(module),
        );
        if let Some(rect) = rect {
            path.push_rect(rect);
        }
    }
    draw_path(
        surface,
        path.finish(),
        Some(fill(geometry::Color(0, 0, 0), 100)),
        None,
    );
}

fn draw_path(surface: &mut Surface<'_>, path: Option<Path>, fill: Option<Fill>, stroke: Option<Stroke>) {
    surface.set_fill(fill);
    surface.set_stroke(stroke);
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn image(surface: &mut Surface<'_>, image: &Image, rect: geometry::Rect) {
    if let Some(size) = Size::from_wh(points(rect.width), points(rect.height)) {
        surface.push_transform(&Transform::from_translate(points(rect.x), points(rect.y)));
        surface.draw_image(image.clone(), size);
        surface.pop();
    }
}

fn fill(color: geometry::Color, opacity: u8) -> Fill {
    Fill {
        paint: ink(color).into(),
        opacity: NormalizedF32::new(f32::from(opacity) / 100.0).unwrap_or(NormalizedF32::ONE),
        rule: FillRule::NonZero,
    }
}

fn ink(color: geometry::Color) -> rgb::Color {
    rgb::Color::new(color.0, color.1, color.2)
}

fn points(millimetres: f64) -> f32 {
    (millimetres * SCALE) as f32
}
