//! An OFD package.

use ofd::{CheckMethod, Document, Limits, Package, Refusal, SignatureFile, SignatureKind};

use crate::seal;
use crate::tree::{Node, bytes};

pub(crate) fn show(file: &[u8]) -> Result<Node, Refusal> {
    let package = Package::open(file, &Limits::default())?;
    let mut shown = Node::of("OFD 文件", "OFD package", bytes(file.len()));
    shown.extend(package.findings().iter().map(finding));
    let mut entries = Node::of("包内文件", "entries", package.entries().len());
    entries.extend(package.entries().iter().map(|entry| {
        let length = entry
            .bytes()
            .map_or_else(|| "无法读取 unreadable".to_owned(), |b| bytes(b.len()));
        Node::of("文件", "entry", format!("/{} {length}", entry.name()))
    }));
    match package.documents() {
        Ok(documents) => {
            shown.extend(documents.iter().map(|one| document(&package, one)));
        }
        Err(refusal) => {
            shown.push(unreadable("文档", "document", &refusal));
        }
    }
    shown.extend(integrity(&package));
    shown.push(entries);
    Ok(shown)
}

fn document(package: &Package<'_>, document: &Document) -> Node {
    let mut shown = Node::of("文档", "document", format!("/{}", document.path));
    let info = &document.info;
    shown
        .say_if("文档标识", "document identifier", info.doc_id.as_deref())
        .say_if("标题", "title", info.title.as_deref())
        .say_if("作者", "author", info.author.as_deref())
        .say_if(
            "创建日期",
            "created",
            info.creation_date.as_ref().map(|date| &date.text),
        )
        .say_if(
            "修改日期",
            "modified",
            info.modification_date.as_ref().map(|date| &date.text),
        )
        .say_if("制作软件", "creator", info.creator.as_deref())
        .say_if("软件版本", "creator version", info.creator_version.as_deref());
    shown.extend(info.custom_datas.iter().map(|data| {
        let mut shown = Node::new("自定义数据", "custom data");
        shown
            .say("名称", "name", &data.name)
            .say("值", "value", &data.value);
        shown
    }));
    shown.extend(document.findings.iter().map(finding));
    shown.extend((0..document.pages.len()).map(|index| page(package, document, index)));
    shown.extend(document.templates.iter().map(|template| {
        Node::of(
            "模板页",
            "template page",
            format!("{} /{}", template.id, template.path),
        )
    }));
    shown.extend(document.fonts.iter().map(|font| {
        let path = font
            .path
            .as_deref()
            .map_or_else(|| "未嵌入 not embedded".to_owned(), |path| format!("/{path}"));
        Node::of("字体", "font", format!("{} {} {path}", font.id, font.name))
    }));
    shown.extend(document.images.iter().map(|image| {
        let format = image.format.as_deref().unwrap_or("?");
        Node::of("图片", "image", format!("{} {format} /{}", image.id, image.path))
    }));
    shown.extend(document.attachments.iter().map(|attachment| {
        Node::of(
            "附件",
            "attachment",
            format!("{} /{}", attachment.name, attachment.path),
        )
    }));
    shown.extend(document.annotations.iter().map(|annotation| {
        Node::of(
            "注释",
            "annotations",
            format!("{} /{}", page_of(document, annotation.page), annotation.path),
        )
    }));
    shown.extend(document.custom_tags.iter().map(|tags| {
        Node::of(
            "自定义标引",
            "custom tags",
            format!("/{} {} 项 fields", tags.path, tags.fields.len()),
        )
    }));
    match package.signatures(document) {
        Ok(signatures) => {
            shown.extend(signatures.iter().map(|one| signature(package, document, one)));
        }
        Err(refusal) => {
            shown.push(unreadable("签名", "signatures", &refusal));
        }
    }
    shown
}

fn page(package: &Package<'_>, document: &Document, index: usize) -> Node {
    let path = document.pages.get(index).map_or("", |page| page.path.as_str());
    let mut shown = Node::of("页", "page", format!("{} /{path}", index + 1));
    match package.page(document, index) {
        Ok(content) => {
            shown
                .say("文字", "text runs", content.runs.len())
                .say("图像", "images", content.images.len())
                .say("图形", "paths", content.paths);
            shown.extend(content.findings.iter().map(finding));
        }
        Err(refusal) => shown.value = Some(format!("{} /{path} 无法读取 unreadable: {refusal}", index + 1)),
    }
    shown
}

/// A page by its number, for people; by its identifier where the document has no such page.
fn page_of(document: &Document, id: u64) -> String {
    let index = document.pages.iter().position(|page| page.id == id);
    index.map_or_else(
        || format!("无此页 no page with ID {id}"),
        |index| format!("页 page {}", index + 1),
    )
}

fn signature(package: &Package<'_>, document: &Document, signature: &SignatureFile) -> Node {
    let kind = match signature.entry.kind {
        SignatureKind::Seal => "签章 seal",
        SignatureKind::Sign => "签名 sign",
    };
    let mut shown = Node::of(
        "签名",
        "signature",
        format!("{} {kind} /{}", signature.entry.id, signature.entry.path),
    );
    let method = match &signature.check_method {
        CheckMethod::Sm3 => "SM3",
        CheckMethod::Other(other) => other.as_str(),
    };
    shown
        .say_if("签名软件", "provider", signature.provider.as_deref())
        .say_if("签名方法", "signature method", signature.method.as_deref())
        .say_if(
            "自述时间",
            "stated time",
            signature.date_time.as_ref().map(|time| &time.text),
        )
        .say("摘要方法", "check method", method);
    let mut covered = Node::of("保护的文件", "references", signature.references.len());
    covered.extend(
        signature
            .references
            .iter()
            .map(|reference| Node::of("文件", "file", &reference.file_ref)),
    );
    shown.push(covered);
    shown.extend(signature.stamps.iter().map(|stamp| {
        let at = stamp.boundary;
        let clip = if stamp.clip.is_some() {
            "，裁剪 clipped"
        } else {
            ""
        };
        Node::of(
            "印章位置",
            "stamp",
            format!(
                "{}，{} {} {} {} mm{clip}",
                page_of(document, stamp.page),
                at.x,
                at.y,
                at.width,
                at.height
            ),
        )
    }));
    shown.extend(signature.findings.iter().map(finding));
    shown.push(match package.file(&signature.signed_value) {
        Ok(value) => seal::value_from_der(value),
        Err(refusal) => unreadable("签名值", "signature value", &refusal),
    });
    if let Some(path) = &signature.seal {
        // The seal inside the signed value is shown there; a seal file of its own only where it differs or stands alone.
        match package.file(path) {
            Ok(file) if !repeated(package, signature, file) => {
                shown.push(seal::seal_from_der(file));
            }
            Ok(file) => {
                shown.say(
                    "印章文件",
                    "seal file",
                    format!(
                        "/{path} {}，与签章中一致 as in the signed seal",
                        bytes(file.len())
                    ),
                );
            }
            Err(refusal) => {
                shown.push(unreadable("印章文件", "seal file", &refusal));
            }
        }
    }
    shown
}

fn repeated(package: &Package<'_>, signature: &SignatureFile, file: &[u8]) -> bool {
    let value = package.file(&signature.signed_value).unwrap_or_default();
    seal_format::SignedSeal::parse(value).is_ok_and(|signed| signed.seal().der() == file)
}

fn integrity(package: &Package<'_>) -> Option<Node> {
    let list = match package.integrity_list() {
        Ok(list) => list?,
        Err(refusal) => return Some(unreadable("完整性列表", "integrity list", &refusal)),
    };
    let mut shown = Node::of(
        "完整性列表",
        "integrity list",
        format!("GM/T 0099，/{}", list.path),
    );
    shown.say_if("制作软件", "creator", list.creator.as_deref()).say(
        "列出的文件",
        "listed",
        list.listed.len(),
    );
    shown.extend(list.missing.iter().map(|path| Node::of("缺失", "missing", path)));
    shown.extend(
        list.unlisted
            .iter()
            .map(|path| Node::of("未列出", "unlisted", path)),
    );
    shown.extend(list.findings.iter().map(finding));
    if let Some(path) = &list.signed_value {
        shown.push(match package.file(path) {
            Ok(value) => seal::value_from_der(value),
            Err(refusal) => unreadable("签名值", "signature value", &refusal),
        });
    }
    Some(shown)
}

fn finding(finding: &ofd::Finding) -> Node {
    let path = finding.path.as_deref().unwrap_or_default();
    Node::of("异常", "finding", format!("{} {path}", finding.kind).trim_end())
}

fn unreadable(zh: &'static str, en: &'static str, refusal: &Refusal) -> Node {
    Node::of(zh, en, format!("无法读取 unreadable: {refusal}"))
}
