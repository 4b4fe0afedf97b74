//! A small signed document from the fixtures, and the command line tools that judge it.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test binary uses a part of this module"
)]

use std::{
    path::{Path as FilePath, PathBuf},
    process::{Command, Output},
};

use pdf::{
    Advance, AttachmentSlot, Content, Document, FontFace, FontRef, FontSubset, Glyph, Image, ImageRef,
    Metadata, OpacityRef, PageSize, Path, Permission, Point, Rect, Rgb, SealField, SignatureText, Template,
    TemplateBuilder, Text, Unsigned,
};

pub const FIXED_FONT: &[u8] = include_bytes!("../../fixtures/fixed.ttf");
pub const SMALL_FONT: &[u8] = include_bytes!("../../fixtures/small.ttf");
pub const PHOTO: &[u8] = include_bytes!("../../fixtures/photo.jpg");
pub const IDENTIFIER: &str = "1.2.156.3003.2.SPECIMEN.000000001.00000000000000000001.001.X";
pub const NAME: &str = "张𠮷𬭚";
pub const NUMBER: &str = "A123-45.6789";

pub fn glyphs(list: &str) -> Vec<Glyph> {
    list.lines()
        .map(|line| {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap();
            Glyph {
                id: field().parse().unwrap(),
                character: char::from_u32(u32::from_str_radix(field(), 16).unwrap()).unwrap(),
                advance: field().parse().unwrap(),
            }
        })
        .collect()
}

pub fn fixed_glyphs() -> Vec<Glyph> {
    glyphs(include_str!("../../fixtures/fixed.tsv"))
}

pub fn small_glyphs() -> Vec<Glyph> {
    glyphs(include_str!("../../fixtures/small.tsv"))
}

pub fn ids(glyphs: &[Glyph], text: &str) -> Vec<u16> {
    text.chars()
        .map(|character| {
            glyphs
                .iter()
                .find(|glyph| glyph.character == character)
                .unwrap()
                .id
        })
        .collect()
}

/// A ring with a cross in it, 8-bit coverage.
pub fn seal_coverage(side: u16) -> Vec<u8> {
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

pub struct Layout {
    pub template: Template,
    pub small: FontRef,
    pub photo: ImageRef,
    pub handwriting: ImageRef,
    pub veil: OpacityRef,
}

pub const XML: &[u8] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><certificate/>".as_bytes();

pub fn layout(permission: Permission, attachment: bool) -> Layout {
    let fixed_glyphs = fixed_glyphs();
    let mut builder = TemplateBuilder::new(PageSize::A4, "zh-CN");
    let face = FontFace::read("JianzhengSerif", FIXED_FONT).unwrap();
    let fixed = builder.fixed_font(
        face,
        FontSubset {
            program: FIXED_FONT,
            glyphs: &fixed_glyphs,
        },
    );
    let small = builder.document_font(FontFace::read("JianzhengSerif", SMALL_FONT).unwrap());
    let photo = builder.image_slot();
    let handwriting = builder.image_slot();
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
    let seal_image = Image::tinted(Rgb::SEAL_RED, 240, 240, &seal_coverage(240)).unwrap();
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
    let template = builder.compile(&content, &seal).unwrap();
    Layout {
        template,
        small,
        photo,
        handwriting,
        veil,
    }
}

impl Layout {
    pub fn content(&self, name: &str, number: &str) -> Content {
        let glyphs = small_glyphs();
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
                &ids(&glyphs, text),
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
            self.handwriting,
            Rect {
                x: 50.0,
                y: 130.0,
                width: 30.0,
                height: 15.0,
            },
        );
        let code = qrcodegen::QrCode::encode_text(number, qrcodegen::QrCodeEcc::Medium).unwrap();
        let side = u16::try_from(code.size()).unwrap();
        content.modules(
            Point { x: 30.0, y: 220.0 },
            32.0 / f64::from(side),
            side,
            Rgb::BLACK,
            |x, y| code.get_module(i32::from(x), i32::from(y)),
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
            &ids(&glyphs, "ABC 2026"),
        );
        content.opacity(OpacityRef::FULL);
        content
    }

    pub fn unsigned(&self, name: &str, number: &str, attachment: Option<&[u8]>) -> Unsigned {
        let stroke: Vec<u8> = (0..60u16 * 30)
            .map(|i| if (i % 60) / 2 == i / 60 { 255 } else { 0 })
            .collect();
        let images = [
            Image::jpeg(PHOTO).unwrap(),
            Image::tinted(Rgb::BLACK, 60, 30, &stroke).unwrap(),
        ];
        let glyphs = small_glyphs();
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
                    created: "2026-11-23T02:03:04Z".parse().unwrap(),
                },
                content: &self.content(name, number),
                fonts: &[FontSubset {
                    program: SMALL_FONT,
                    glyphs: &glyphs,
                }],
                images: &images,
                attachment,
                signature: SignatureText {
                    signed_at: "2026-11-23T02:03:05Z".parse().unwrap(),
                    name: "样本机关",
                    reason: Some("Specimen (test)"),
                    location: None,
                    contact: None,
                },
                file_id: *b"0123456789abcdef",
            })
            .unwrap()
    }
}

pub fn sample_unsigned() -> Unsigned {
    layout(Permission::NoChanges, false).unsigned(NAME, NUMBER, None)
}

/// Runs a tool that the machine must have.
pub fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program} must be installed for this test: {error}"))
}

pub fn run_ok(program: &str, arguments: &[&str]) -> String {
    let output = run(program, arguments);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A folder with a throw-away P-256 key and certificate.
pub struct Signer {
    pub folder: tempfile::TempDir,
}

pub fn text_of(path: &FilePath) -> &str {
    path.to_str().unwrap()
}

impl Signer {
    pub fn new() -> Self {
        let signer = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let (key, certificate) = (signer.path("key.pem"), signer.path("certificate.pem"));
        run_ok(
            "openssl",
            &[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "30",
                "-subj",
                "/C=CN/O=SPECIMEN/CN=Specimen document signer",
                "-addext",
                "keyUsage=critical,digitalSignature,nonRepudiation",
                "-keyout",
                text_of(&key),
                "-out",
                text_of(&certificate),
            ],
        );
        signer
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A CAdES signature over the bytes, made by OpenSSL.
    pub fn cms(&self, signed: &[u8]) -> Vec<u8> {
        let (input, output) = (self.path("signed.bin"), self.path("signature.der"));
        std::fs::write(&input, signed).unwrap();
        run_ok(
            "openssl",
            &[
                "cms",
                "-sign",
                "-binary",
                "-cades",
                "-md",
                "sha256",
                "-outform",
                "DER",
                "-signer",
                text_of(&self.path("certificate.pem")),
                "-inkey",
                text_of(&self.path("key.pem")),
                "-in",
                text_of(&input),
                "-out",
                text_of(&output),
            ],
        );
        std::fs::read(output).unwrap()
    }

    pub fn sign(&self, unsigned: Unsigned) -> Vec<u8> {
        let [_, first, second, _] = unsigned.byte_range();
        let signed = [&unsigned.bytes()[..first], &unsigned.bytes()[second..]].concat();
        let cms = self.cms(&signed);
        unsigned.sign(&cms).unwrap()
    }

    pub fn store(&self, name: &str, file: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, file).unwrap();
        text_of(&path).to_owned()
    }
}
