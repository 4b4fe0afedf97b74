//! A small certificate-like document, and a font made by hand so that its contents are known.

use jiff::civil::date;
use ofd::{
    Annotation, AnnotationKind, Attachment, Color, Content, Creator, CustomData, DocId, FontFile, FontId,
    Image, ImageFile, ImageFormat, ImageId, Layout, Object, Page, Part, Path, Permissions, Provider, Rect,
    SignaturePlan, Size, Stamp, Stroke, TagIndex, Template, Text, Transform, ValidPeriod,
};

/// A template with one constant and one per-document font, and one per-document image.
pub(crate) struct Fixture {
    pub(crate) template: Template,
    pub(crate) own: FontId,
    pub(crate) photo: ImageId,
}

pub(crate) const WORDING: &str = "姓名注册编号";

impl Fixture {
    pub(crate) fn new() -> Self {
        let creator = Creator {
            name: "Jianzheng".to_owned(),
            version: "1".to_owned(),
        };
        let mut layout = Layout::new(Size::A4, creator);
        let fixed = layout.font("Fixed", FontFile::Constant(Part::compressed(font(WORDING))));
        let own = layout.font("Own", FontFile::PerDocument);
        let photo = layout.image(ImageFormat::Png, ImageFile::PerDocument);
        layout.draw(line(fixed, 30.0, 80.0, "姓名"));
        layout.draw(line(fixed, 30.0, 92.0, "注册编号"));
        Self {
            template: layout.compile().expect("the layout is sound"),
            own,
            photo,
        }
    }

    /// A document naming `name` and `number`.
    pub(crate) fn content(&self, name: &str, number: &str) -> Content {
        let mut content = Content::new(DocId([0x5A; 16]), "样本", "样本机关", date(2026, 11, 23));
        content.custom_datas = vec![data("CZZT", name), data("ZZBH", number)];
        content
            .fonts
            .push((self.own, Part::stored(font(&format!("{name}{number}样本")))));
        content
            .images
            .push((self.photo, Part::stored(b"\x89PNG not looked into".to_vec())));
        let objects = vec![
            line(self.own, 60.0, 80.0, name).showing("CZZT"),
            line(self.own, 60.0, 92.0, number).showing("ZZBH"),
            Path::line(
                (25.0, 52.0),
                (185.0, 52.0),
                Stroke {
                    color: Color(200, 0, 0),
                    width: 0.5,
                },
            )
            .into(),
            Path::modules(Rect::new(30.0, 220.0, 30.0, 30.0), 3, |x, y| (x + y) % 2 == 0).into(),
            Image::new(self.photo, Rect::new(150.0, 60.0, 25.0, 35.0)).into(),
        ];
        content.pages.push(Page { objects });
        content.annotations.push(watermark(self.own));
        content.attachments.push(Attachment {
            name: "certificate".to_owned(),
            file_name: "certificate.xml".to_owned(),
            format: "xml".to_owned(),
            created: date(2026, 11, 23).at(8, 0, 0, 0),
            usage: "metadata".to_owned(),
            visible: false,
            bytes: b"<certificate/>".to_vec(),
        });
        content.tag_index = Some(TagIndex {
            type_id: "0".to_owned(),
            namespace: "https://jianzheng.example/certificate/1".to_owned(),
            root: "Certificate".to_owned(),
        });
        let start = date(2026, 11, 23).at(0, 0, 0, 0);
        let end = date(2027, 5, 22).at(23, 59, 59, 0);
        content.permissions = Some(Permissions {
            export: true,
            print_screen: false,
            print: true,
            valid_period: Some(ValidPeriod { start, end }),
        });
        content
    }

    /// A sealed package of it.
    pub(crate) fn sealed(&self, name: &str, number: &str) -> Vec<u8> {
        let unsealed = self
            .template
            .prepare(&self.content(name, number), &plan())
            .expect("the content is sound");
        unsealed.seal(b"the signature value, which this crate does not understand")
    }
}

pub(crate) fn plan() -> SignaturePlan {
    SignaturePlan {
        seal: Part::compressed(b"the seal, which this crate does not understand".to_vec()),
        provider: Provider {
            name: "Jianzheng".to_owned(),
            version: "1".to_owned(),
            company: "样本".to_owned(),
        },
        time: "2026-11-23T08:00:00Z".parse().expect("a timestamp"),
        stamps: vec![Stamp::whole(0, Rect::new(142.0, 243.5, 45.0, 45.0))],
    }
}

/// Text of size 5 set solid.
pub(crate) fn line(font: FontId, x: f64, baseline: f64, text: &str) -> Object {
    let gaps = text.chars().count().saturating_sub(1);
    Text::new(font, 5.0, x, baseline, text, vec![5.0; gaps]).into()
}

fn data(name: &str, value: &str) -> CustomData {
    CustomData {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn watermark(font: FontId) -> Annotation {
    let boundary = Rect::new(0.0, 0.0, 100.0, 40.0);
    let transform = Transform {
        boundary,
        matrix: [0.8, -0.6, 0.6, 0.8, 0.0, 30.0],
    };
    let text = Text {
        alpha: 90,
        transform: Some(transform),
        ..Text::new(font, 10.0, 0.0, 10.0, "样本", vec![11.0])
    };
    Annotation {
        page: 0,
        kind: AnnotationKind::Watermark,
        creator: "Jianzheng".to_owned(),
        modified: date(2026, 11, 23),
        boundary: Rect::new(50.0, 130.0, 100.0, 40.0),
        objects: vec![text.into()],
    }
}

/// A TrueType font that draws a triangle for every character of `characters` and a blank for the space.
pub(crate) fn font(characters: &str) -> Vec<u8> {
    let mut codes: Vec<u32> = characters.chars().map(u32::from).chain([0x20]).collect();
    codes.sort_unstable();
    codes.dedup();
    let glyphs = u16::try_from(codes.len() + 1).expect("a test font is small");
    let triangle = triangle();
    let (mut glyf, mut loca) = (triangle.clone(), vec![0_u32]);
    for code in &codes {
        loca.push(u32::try_from(glyf.len()).expect("a test font is small"));
        if *code != 0x20 {
            glyf.extend_from_slice(&triangle);
        }
    }
    loca.push(u32::try_from(glyf.len()).expect("a test font is small"));
    let tables: Vec<(&[u8; 4], Vec<u8>)> = vec![
        (b"OS/2", vec![0; 96]),
        (b"cmap", cmap(&codes)),
        (b"glyf", glyf),
        (b"head", head()),
        (
            b"hhea",
            words(&[1, 0, 880, 0xff88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ),
        (
            b"hmtx",
            [words(&[1000, 0]), vec![0; 2 * usize::from(glyphs - 1)]].concat(),
        ),
        (
            b"loca",
            loca.iter().flat_map(|offset| offset.to_be_bytes()).collect(),
        ),
        (b"maxp", [words(&[1, 0, glyphs]), vec![0; 26]].concat()),
        (b"name", words(&[0, 0, 6])),
        (b"post", [words(&[3, 0]), vec![0; 28]].concat()),
    ];
    assemble(&tables)
}

fn assemble(tables: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let count = u16::try_from(tables.len()).expect("ten tables");
    let mut out = [words(&[1, 0, count]), words(&[128, 3, 32])].concat();
    let mut body = Vec::new();
    let start = 12 + 16 * tables.len();
    for (tag, table) in tables {
        out.extend_from_slice(*tag);
        out.extend_from_slice(&[0; 4]);
        for value in [start + body.len(), table.len()] {
            out.extend_from_slice(&u32::try_from(value).expect("a test font is small").to_be_bytes());
        }
        body.extend_from_slice(table);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    out.extend_from_slice(&body);
    out
}

fn head() -> Vec<u8> {
    let mut head = vec![0; 54];
    head[18..20].copy_from_slice(&1000_u16.to_be_bytes());
    head[50..52].copy_from_slice(&1_u16.to_be_bytes());
    head
}

/// One contour of three points, padded to four bytes.
fn triangle() -> Vec<u8> {
    let mut glyph = words(&[1, 0, 0, 500, 500, 2, 0]);
    glyph.extend_from_slice(&[1, 1, 1]);
    glyph.extend(words(&[0, 500, 0xff06, 0, 0, 500]));
    glyph.resize(glyph.len().next_multiple_of(4), 0);
    glyph
}

/// Format 12 with a group per character; glyphs count from 1.
fn cmap(codes: &[u32]) -> Vec<u8> {
    let count = u32::try_from(codes.len()).expect("a test font is small");
    let mut out = words(&[0, 1, 3, 10, 0, 12, 12, 0]);
    for value in [16 + 12 * count, 0, count] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    for (index, code) in (1_u32..).zip(codes) {
        for value in [*code, *code, index] {
            out.extend_from_slice(&value.to_be_bytes());
        }
    }
    out
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}
