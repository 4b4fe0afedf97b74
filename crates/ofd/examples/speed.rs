//! Time per document of making, and of reading with all digests checked, on one thread.
//!
//! `cargo run --release -p ofd --example speed -- FONT.ttf`, where FONT is a subset of a dozen KB: it stands for the
//! font of the fixed wording and, stored anew each time, for the small font of each document. Photo (25 KB), seal
//! (20 KB) and signature value (21 KB) are filler of the usual size, which does not deflate. The signature itself
//! and the making of the font are not in these numbers.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use jiff::civil::date;
use ofd::{
    Attachment, Content, Creator, CustomData, DocId, Font, FontFile, FontId, GlyphState, Image, ImageFile,
    ImageFormat, ImageId, Layout, Limits, Object, Package, Page, Part, Path, Provider, Rect, SignaturePlan,
    Size, Stamp, TagIndex, Template, Text,
};
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

const DOCUMENTS: u32 = 1000;
const FIXED: [&str; 17] = [
    "中华人民共和国一级建造师注册证书",
    "姓名",
    "性别",
    "出生日期",
    "注册编号",
    "聘用企业",
    "注册专业",
    "有效期",
    "个人签名",
    "签名日期",
    "使用有效期",
    "请登录中国建造师网微信公众号扫一扫查询",
    "中华人民共和国住房和城乡建设部",
    "签发日期",
    "证照标识",
    "身份证件号码",
    "资格证书管理号",
];
const OWN: [(&str, &str); 11] = [
    ("CZZT", "样本张三"),
    ("XB", "男"),
    ("CSRQ", "1985年06月07日"),
    ("ZZBH", "京1112026202600001"),
    ("KZ_empEnp", "样本建筑工程有限公司（北京）第一分公司"),
    ("KZ_specSub", "建筑工程（有效期：2026-11-23至2029-11-22）"),
    ("KZ_specSub", "市政公用工程（有效期：2026-11-23至2029-11-22）"),
    ("ZZYXQJZRQ", "2029年11月22日"),
    ("ZZBFRQ", "2026年11月23日"),
    (
        "ZZBS",
        "1.2.156.3005.2.11990000000000000D000.11990000000000000D.JS2026000000012345.001.H",
    ),
    ("JZJYXQJZSJ", "2027年05月22日"),
];

struct Bench {
    template: Template,
    own: FontId,
    photo: ImageId,
    font: Vec<u8>,
    picture: Vec<u8>,
    qr: QrCode,
    plan: SignaturePlan,
}

fn main() -> Result<(), Box<dyn Error>> {
    let font = fs::read(std::env::args().nth(1).ok_or("FONT.ttf")?)?;
    let bench = Bench::new(font)?;
    let kept = Part::stored(bench.picture.clone());
    let value = filler(21_000);
    let sealed = bench.make(0, &kept)?.seal(&value);
    println!("{} bytes a document", sealed.len());
    report("make, photo digested at upload", || {
        (0..DOCUMENTS).try_for_each(|n| {
            bench
                .make(n, &kept)
                .map(|made| drop(black_box(made.seal(&value))))
        })
    })?;
    report("make, photo digested per document", || {
        (0..DOCUMENTS).try_for_each(|n| {
            let photo = Part::stored(bench.picture.clone());
            bench
                .make(n, &photo)
                .map(|made| drop(black_box(made.seal(&value))))
        })
    })?;
    report("open and inflate", || {
        (0..DOCUMENTS).try_for_each(|_| {
            black_box(Package::open(&sealed, &Limits::default())?);
            Ok(())
        })
    })?;
    report("read structure and check all digests", || {
        (0..DOCUMENTS).try_for_each(|_| check(&sealed, false))
    })?;
    report("the same, text and glyphs of the page", || {
        (0..DOCUMENTS).try_for_each(|_| check(&sealed, true))
    })
}

/// The best of five rounds.
fn report(what: &str, mut round: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        round()?;
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(DOCUMENTS));
    }
    println!("{best:8.1} us  {:7.0} /s  {what}", 1e6 / best);
    Ok(())
}

fn check(sealed: &[u8], page_too: bool) -> Result<(), Box<dyn Error>> {
    let package = Package::open(sealed, &Limits::default())?;
    let document = package.documents()?.remove(0);
    let signatures = package.signatures(&document)?;
    let signature = signatures.first().ok_or("a signature")?;
    let report = package.check_references(signature, &signatures);
    if !(report.intact() && report.complete() && report.closed) {
        return Err("not intact".into());
    }
    if page_too {
        let page = package.page(&document, 0)?;
        for declared in &document.fonts {
            let font = Font::parse(package.font_bytes(&document, declared.id)?.ok_or("a font")?)?;
            let runs = page.runs.iter().filter(|run| run.font == declared.id);
            black_box(
                runs.flat_map(|run| run.text.chars())
                    .filter(|c| font.state(*c) == GlyphState::Drawn)
                    .count(),
            );
        }
        black_box(page.text());
    }
    Ok(())
}

impl Bench {
    fn new(font: Vec<u8>) -> Result<Self, Box<dyn Error>> {
        let creator = Creator {
            name: "Jianzheng".to_owned(),
            version: "0.1.0".to_owned(),
        };
        let mut layout = Layout::new(Size::A4, creator);
        let fixed = layout.font("Fixed", FontFile::Constant(Part::compressed(font.clone())));
        let own = layout.font("Own", FontFile::PerDocument);
        let photo = layout.image(ImageFormat::Jpeg, ImageFile::PerDocument);
        for (row, text) in (0..).zip(FIXED) {
            layout.draw(line(fixed, 30.0, row, text));
        }
        let segments = QrSegment::make_segments("https://jianzheng.example/v/0123456789ABCDEFGHJKMNPQRS");
        let (version, mask) = (Version::new(5), Some(Mask::new(3)));
        let qr =
            QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, version, version, mask, false)?;
        let plan = SignaturePlan {
            seal: Part::compressed(filler(20_300)),
            provider: Provider {
                name: "Jianzheng".to_owned(),
                version: "0.1.0".to_owned(),
                company: "Jianzheng".to_owned(),
            },
            time: "2026-11-23T08:00:00Z".parse()?,
            stamps: vec![Stamp::whole(0, Rect::new(142.0, 243.5, 45.0, 45.0))],
        };
        Ok(Self {
            template: layout.compile()?,
            own,
            photo,
            font,
            picture: filler(25_300),
            qr,
            plan,
        })
    }

    fn make(&self, n: u32, photo: &Part) -> Result<ofd::Unsealed, Box<dyn Error>> {
        let id = u128::from(n).to_be_bytes();
        let mut content = Content::new(DocId(id), "一级建造师注册证书", "样本机关", date(2026, 11, 23));
        content.custom_datas = OWN
            .iter()
            .map(|(name, value)| CustomData {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        content.fonts.push((self.own, Part::stored(self.font.clone())));
        content.images.push((self.photo, photo.clone()));
        let mut objects: Vec<Object> = (0..)
            .zip(OWN)
            .map(|(row, (field, text))| line(self.own, 70.0, row, text).showing(field))
            .collect();
        objects.push(Image::new(self.photo, Rect::new(150.0, 60.0, 25.0, 35.0)).into());
        let square = Rect::new(30.0, 240.0, 29.6, 29.6);
        let dark = |x: u16, y: u16| self.qr.get_module(x.into(), y.into());
        objects.push(Path::modules(square, 37, dark).into());
        content.pages.push(Page { objects });
        content.attachments.push(Attachment {
            name: "certificate".to_owned(),
            file_name: "certificate.xml".to_owned(),
            format: "xml".to_owned(),
            created: date(2026, 11, 23).at(8, 0, 0, 0),
            usage: "metadata".to_owned(),
            visible: false,
            bytes: OWN
                .iter()
                .map(|(name, value)| format!("<{name}>{value}</{name}>"))
                .collect::<String>()
                .into(),
        });
        content.tag_index = Some(TagIndex {
            type_id: "0".to_owned(),
            namespace: "https://jianzheng.example/certificate/1".to_owned(),
            root: "Certificate".to_owned(),
        });
        Ok(self.template.prepare(&content, &self.plan)?)
    }
}

fn line(font: FontId, x: f64, row: u8, text: &str) -> Object {
    let gaps = text.chars().count() - 1;
    Text::new(font, 4.2, x, 40.0 + 10.0 * f64::from(row), text, vec![4.2; gaps]).into()
}

/// Bytes that do not deflate, the same every time.
fn filler(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[3]
        })
        .collect()
}
