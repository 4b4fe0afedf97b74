//! Writes a one-page specimen, so that other readers can be tried on it.
//!
//! `cargo run -p ofd --example sample -- FONT.ttf SEAL.esl SIGNED.dat [PHOTO.jpg] OUT.ofd`
//!
//! The font must hold the glyphs of the texts below. Seal and signature value are copied as they are: the page and
//! the place of the seal are what is looked at, the signature will not verify.

use std::error::Error;
use std::fs;

use jiff::civil::date;
use ofd::{
    Annotation, AnnotationKind, Attachment, Color, Content, Creator, CustomData, DocId, Font, FontFile,
    FontId, Image, ImageFile, ImageFormat, Layout, Object, Page, Part, Path, PathData, Permissions, Provider,
    Rect, SignaturePlan, Size, Stamp, Stroke, TagIndex, Text, Transform, ValidPeriod,
};
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (font, seal, signed, photo, out) = match arguments.as_slice() {
        [font, seal, signed, out] => (font, seal, signed, None, out),
        [font, seal, signed, photo, out] => (font, seal, signed, Some(photo), out),
        _ => return Err("FONT SEAL SIGNED [PHOTO] OUT".into()),
    };
    let bytes = fs::read(font)?;
    let face = Font::parse(&bytes)?;
    for fault in face.faults() {
        println!("{fault}");
    }
    let part = Part::compressed(bytes.clone());
    let mut layout = Layout::new(
        Size::A4,
        Creator {
            name: "Jianzheng".to_owned(),
            version: "0.1.0".to_owned(),
        },
    );
    let fixed = layout.font("JianzhengSong-Fixed", FontFile::Constant(part.clone()));
    let own = layout.font("JianzhengSong-Own", FontFile::PerDocument);
    let picture = layout.image(ImageFormat::Jpeg, ImageFile::PerDocument);
    for (size, x, baseline, text) in [
        (9.0, 30.0, 45.0, "中华人民共和国一级建造师注册证书"),
        (5.0, 30.0, 80.0, "姓名"),
        (5.0, 30.0, 92.0, "注册编号"),
        (5.0, 30.0, 104.0, "聘用企业"),
        (4.0, 130.0, 250.0, "中华人民共和国住房和城乡建设部"),
    ] {
        layout.draw(line(fixed, &face, size, x, baseline, text));
    }
    let template = layout.compile()?;

    let mut content = Content::new(
        DocId([0xA5; 16]),
        "样本：一级建造师注册证书",
        "样本发证机关",
        date(2026, 11, 23),
    );
    content.custom_datas = vec![
        CustomData {
            name: "ZZMC".to_owned(),
            value: "样本".to_owned(),
        },
        CustomData {
            name: "ZZBH".to_owned(),
            value: "京1112026000001".to_owned(),
        },
    ];
    content.fonts.push((own, part));
    let mut page = Page::default();
    page.objects
        .push(line(own, &face, 5.0, 60.0, 80.0, "样本张𬭚明·𠮷").showing("CZZT"));
    page.objects
        .push(line(own, &face, 5.0, 60.0, 92.0, "京1112026000001").showing("ZZBH"));
    page.objects
        .push(line(own, &face, 5.0, 60.0, 104.0, "样本建筑工程有限公司（北京）").showing("KZ_empEnp"));
    let rule = Stroke {
        color: Color(200, 0, 0),
        width: 0.5,
    };
    page.objects
        .push(Path::line((25.0, 52.0), (185.0, 52.0), rule).into());
    page.objects
        .push(framed(Rect::new(20.0, 20.0, 170.0, 257.0)).into());
    page.objects
        .push(Path::modules(Rect::new(30.0, 220.0, 30.0, 30.0), 37, qr()?).into());
    if let Some(photo) = photo {
        content.images.push((picture, Part::stored(fs::read(photo)?)));
        page.objects
            .push(Image::new(picture, Rect::new(150.0, 60.0, 25.0, 35.0)).into());
    }
    content.pages.push(page);
    content.annotations.push(watermark(own));
    content.attachments.push(Attachment {
        name: "certificate".to_owned(),
        file_name: "certificate.xml".to_owned(),
        format: "xml".to_owned(),
        created: date(2026, 11, 23).at(8, 0, 0, 0),
        usage: "metadata".to_owned(),
        visible: false,
        bytes: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<certificate/>".into(),
    });
    content.tag_index = Some(TagIndex {
        type_id: "0".to_owned(),
        namespace: "https://jianzheng.example/certificate/1".to_owned(),
        root: "Certificate".to_owned(),
    });
    let period = ValidPeriod {
        start: date(2026, 11, 23).at(0, 0, 0, 0),
        end: date(2027, 5, 22).at(23, 59, 59, 0),
    };
    content.permissions = Some(Permissions {
        export: true,
        print_screen: true,
        print: true,
        valid_period: Some(period),
    });

    let plan = SignaturePlan {
        seal: Part::compressed(fs::read(seal)?),
        provider: Provider {
            name: "Jianzheng".to_owned(),
            version: "0.1.0".to_owned(),
            company: "Jianzheng".to_owned(),
        },
        time: "2026-11-23T08:00:00Z".parse()?,
        stamps: vec![Stamp::whole(0, Rect::new(140.0, 225.0, 45.0, 45.0))],
    };
    let sealed = template.prepare(&content, &plan)?.seal(&fs::read(signed)?);
    fs::write(out, sealed)?;
    Ok(())
}

/// Text with the font's own advances, and glyph numbers for its rare characters.
fn line(id: FontId, font: &Font<'_>, size: f64, x: f64, baseline: f64, text: &str) -> Object {
    let glyphs: Vec<u16> = text.chars().map(|c| font.glyph(c).unwrap_or_default()).collect();
    let advance = |glyph: &u16| font.advance(*glyph).unwrap_or(1.0) * size;
    let advances = glyphs.iter().take(glyphs.len() - 1).map(advance).collect();
    Text {
        glyphs: Some(glyphs),
        ..Text::new(id, size, x, baseline, text, advances)
    }
    .into()
}

fn framed(boundary: Rect) -> Path {
    let mut data = PathData::new();
    let (w, h) = (boundary.width - 1.0, boundary.height - 1.0);
    data.move_to(1.0, 1.0)
        .line_to(w, 1.0)
        .line_to(w, h)
        .line_to(1.0, h)
        .close();
    let stroke = Stroke {
        color: Color(150, 120, 40),
        width: 1.0,
    };
    Path {
        boundary,
        data,
        stroke: Some(stroke),
        fill: None,
        alpha: 255,
    }
}

fn qr() -> Result<impl FnMut(u16, u16) -> bool, Box<dyn Error>> {
    let token = QrSegment::make_segments("https://jianzheng.example/v/0123456789ABCDEFGHJKMNPQRS");
    let version = Version::new(5);
    let code = QrCode::encode_segments_advanced(
        &token,
        QrCodeEcc::Medium,
        version,
        version,
        Some(Mask::new(3)),
        false,
    )?;
    Ok(move |x: u16, y: u16| code.get_module(x.into(), y.into()))
}

/// A diagonal note over the page, as on use copies.
fn watermark(font: FontId) -> Annotation {
    let boundary = Rect::new(30.0, 130.0, 150.0, 70.0);
    let (sin, cos) = 20_f64.to_radians().sin_cos();
    let text = Text {
        color: Color(180, 180, 180),
        alpha: 120,
        transform: Some(Transform {
            boundary: Rect::new(0.0, 0.0, 150.0, 70.0),
            matrix: [cos, -sin, sin, cos, 0.0, 50.0],
        }),
        ..Text::new(font, 10.0, 10.0, 10.0, "样本样本样本样本", vec![11.0; 7])
    };
    Annotation {
        page: 0,
        kind: AnnotationKind::Watermark,
        creator: "Jianzheng".to_owned(),
        modified: date(2026, 11, 23),
        boundary,
        objects: vec![text.into()],
    }
}
