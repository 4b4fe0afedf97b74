//! A small signed document from the fixtures, and the command line tools that judge it.

use pdf::{
    Advance, AttachmentSlot, Content, Document, FontFace, FontRef, FontSubset, Glyph, Image, ImageRef,
    Metadata, OpacityRef, PageSize, Path, Permission, Point, Rect, Rgb, SealField, SignatureText, Template,
    TemplateBuilder, Text, Unsigned,
};

const FIXED_FONT: &[u8] = include_bytes!("../../fixtures/fixed.ttf");
const SMALL_FONT: &[u8] = include_bytes!("../../fixtures/small.ttf");
pub(crate) const PHOTO: &[u8] = include_bytes!("../../fixtures/photo.jpg");
pub(crate) const IDENTIFIER: &str = "1.2.156.3003.2.SPECIMEN.000000001.00000000000000000001.001.X";
pub(crate) const NAME: &str = "张𠮷𬭚";
pub(crate) const NUMBER: &str = "A123-45.6789";

fn glyphs(list: &str) -> Vec<Glyph> {
    list.lines()
        .map(|line| {
            let mut fields = line.split('\t');
            let mut field = || fields.next().expect("the fixtures are sound");
            Glyph {
                id: field().parse().expect("the fixtures are sound"),
                character: char::from_u32(u32::from_str_radix(field(), 16).expect("the fixtures are sound"))
                    .expect("the fixtures are sound"),
                advance: field().parse().expect("the fixtures are sound"),
            }
        })
        .collect()
}

fn fixed_glyphs() -> Vec<Glyph> {
    glyphs(include_str!("../../fixtures/fixed.tsv"))
}

fn small_glyphs() -> Vec<Glyph> {
    glyphs(include_str!("../../fixtures/small.tsv"))
}

fn ids(glyphs: &[Glyph], text: &str) -> Vec<u16> {
    text.chars()
        .map(|character| {
            glyphs
                .iter()
                .find(|glyph| glyph.character == character)
                .expect("the fixtures are sound")
                .id
        })
        .collect()
}

/// A ring with a cross in it, 8-bit coverage.
fn seal_coverage(side: u16) -> Vec<u8> {
    let middle = f64::from(side - 1) / 2.0;
    (0..side)
        .flat_map(|y| (0..side).map(move |x| (f64::from(x) - middle, f64::from(y) - middle)))
        .map(|(x, y)| {
            let distance = x.hypot(y) / middle;
            let ring = (0.88..0.98).contains(&distance);
            let cross = distance < 0.4 && (x.abs() < middle * 0.06 || y.abs() < middle * 0.06);
            if ring || cross { 255 } else { 0 }
        })
        .collect()
}

pub(crate) struct Layout {
    template: Template,
    small: FontRef,
    photo: ImageRef,
    handwriting_slot: ImageRef,
    handwriting: Image<'static>,
    small_glyphs: Vec<Glyph>,
    veil: OpacityRef,
}

pub(crate) const XML: &[u8] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><certificate/>".as_bytes();

pub(crate) fn layout(permission: Permission, attachment: bool) -> Layout {
    let fixed_glyphs = fixed_glyphs();
    let mut builder = TemplateBuilder::new(PageSize::A4, "zh-CN");
    let face = FontFace::read("JianzhengSerif", FIXED_FONT).expect("the fixtures are sound");
    let fixed = builder.fixed_font(
        face,
        FontSubset {
            program: FIXED_FONT,
            glyphs: &fixed_glyphs,
        },
    );
    let small =
        builder.document_font(FontFace::read("JianzhengSerif", SMALL_FONT).expect("the fixtures are sound"));
    let photo = builder.image_slot();
    let handwriting_slot = builder.image_slot();
    let veil = builder.opacity(25);
    if attachment {
        builder.attachment(AttachmentSlot {
            file_name: "certificate.xml",
            media_type: "application/xml",
            description: "元数据",
        });
    }
    let mut content = builder.content();
    let mut frame = Path::new();
    frame.rectangle(Rect {
        x: 10.0,
        y: 10.0,
        width: 190.0,
        height: 277.0,
    });
    content.stroke(&frame, Rgb(160, 120, 40), 0.8);
    let mut line = |text: &str, x, y, size, advance| {
        content.text(
            &Text {
                font: fixed,
                size,
                origin: Point { x, y },
                color: Rgb::BLACK,
                rotation: 0.0,
                advance,
            },
            &ids(&fixed_glyphs, text),
        );
    };
    line("注册证书", 70.0, 50.0, 14.0, Advance::Spaced(4.0));
    line("姓名：", 30.0, 100.0, 5.0, Advance::Natural);
    line("编号：", 30.0, 115.0, 5.0, Advance::Natural);
    let seal_image =
        Image::tinted(Rgb::SEAL_RED, 240, 240, &seal_coverage(240)).expect("the fixtures are sound");
    let seal = SealField {
        field_name: "Seal",
        appearance: Some((
            Rect {
                x: 130.0,
                y: 215.0,
                width: 45.0,
                height: 45.0,
            },
            seal_image,
        )),
        permission,
        contents_reserve: 4096,
    };
    let template = builder.compile(&content, &seal).expect("the fixtures are sound");
    let stroke: Vec<u8> = (0..60u16 * 30)
        .map(|i| if (i % 60) / 2 == i / 60 { 255 } else { 0 })
        .collect();
    let handwriting = Image::tinted(Rgb::BLACK, 60, 30, &stroke).expect("the fixtures are sound");
    Layout {
        template,
        small,
        photo,
        handwriting_slot,
        handwriting,
        small_glyphs: small_glyphs(),
        veil,
    }
}

impl Layout {
    pub(crate) fn content(&self, name: &str, number: &str) -> Content {
        let glyphs = &self.small_glyphs;
        let mut content = self.template.content();
        let mut line = |text: &str, x, y, size, rotation, advance| {
            content.text(
                &Text {
                    font: self.small,
                    size,
                    origin: Point { x, y },
                    color: Rgb(20, 20, 20),
                    rotation,
                    advance,
                },
                &ids(glyphs, text),
            );
        };
        let each = vec![5.0; name.chars().count().saturating_sub(1)];
        line(name, 50.0, 100.0, 5.0, 0.0, Advance::Each(&each));
        line(number, 50.0, 115.0, 5.0, 0.0, Advance::Natural);
        content.image(
            self.photo,
            Rect {
                x: 150.0,
                y: 80.0,
                width: 25.0,
                height: 35.0,
            },
        );
        content.image(
            self.handwriting_slot,
            Rect {
                x: 50.0,
                y: 130.0,
                width: 30.0,
                height: 15.0,
            },
        );
        let code = qrcodegen::QrCode::encode_text(number, qrcodegen::QrCodeEcc::Medium)
            .expect("the fixtures are sound");
        let side = u16::try_from(code.size()).expect("the fixtures are sound");
        content.modules(
            Point { x: 30.0, y: 220.0 },
            32.0 / f64::from(side),
            Rgb::BLACK,
            (0..side)
                .flat_map(|row| (0..side).map(move |column| (row, column, column + 1)))
                .filter(|&(row, column, _)| code.get_module(column.into(), row.into())),
        );
        content.opacity(self.veil);
        content.text(
            &Text {
                font: self.small,
                size: 18.0,
                origin: Point { x: 60.0, y: 200.0 },
                color: Rgb(120, 120, 120),
                rotation: 35.0,
                advance: Advance::Natural,
            },
            &ids(glyphs, "ABC 2026"),
        );
        content.opacity(OpacityRef::FULL);
        content
    }

    pub(crate) fn unsigned(&self, name: &str, number: &str, attachment: Option<&[u8]>) -> Unsigned {
        self.assemble(&self.content(name, number), PHOTO, attachment)
    }

    pub(crate) fn assemble(&self, content: &Content, photo: &[u8], attachment: Option<&[u8]>) -> Unsigned {
        let relations = ["sha-256:00ff", "https://verify.example/?id=1&v=2"];
        self.template
            .assemble(&Document {
                metadata: Metadata {
                    identifier: IDENTIFIER,
                    title: "注册证书（样本）",
                    creator: "样本机关 & Specimen <Authority>",
                    description: None,
                    relations: &relations,
                    producer: "Jianzheng",
                    created: "2026-11-23T02:03:04Z".parse().expect("the fixtures are sound"),
                },
                content,
                fonts: &[FontSubset {
                    program: SMALL_FONT,
                    glyphs: &self.small_glyphs,
                }],
                images: &[
                    Image::jpeg(photo).expect("the fixtures are sound"),
                    self.handwriting.clone(),
                ],
                attachment,
                signature: SignatureText {
                    signed_at: "2026-11-23T02:03:05Z".parse().expect("the fixtures are sound"),
                    name: "样本机关",
                    reason: Some("Specimen (test)"),
                    location: None,
                    contact: None,
                },
                file_id: *b"0123456789abcdef",
            })
            .expect("the fixtures are sound")
    }
}

/// The fixture's picture made as long as a usual photo by comment segments.
pub(crate) fn large_photo() -> Vec<u8> {
    let filler = [&[0xFF, 0xFE, 0x5D, 0xC0], [b' '; 0x5DBE].as_slice()].concat();
    [&PHOTO[..2], filler.as_slice(), &PHOTO[2..]].concat()
}

pub(crate) fn sample_unsigned() -> Unsigned {
    layout(Permission::NoChanges, false).unsigned(NAME, NUMBER, None)
}
