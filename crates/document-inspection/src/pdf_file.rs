//! A PDF file.

use gm::signed_data::SignedData;
use pdf::verify::{self, Coverage, Signature, SignatureKind};
use pdf::{Limits, Pdf, ReadError, text};

use crate::signed_data;
use crate::tree::{Node, bytes, yes};

pub(crate) fn show(file: &[u8]) -> Result<Node, ReadError> {
    let pdf = Pdf::open(file, Limits::default())?;
    let mut shown = Node::of("PDF 文件", "PDF file", bytes(file.len()));
    shown.push(metadata(&pdf));
    shown.say("对象", "objects", pdf.object_numbers().count());
    shown.extend(pdf.revisions().iter().enumerate().map(|(index, revision)| {
        let end = revision
            .end
            .map_or_else(|| "?".to_owned(), |(_, end)| end.to_string());
        Node::of(
            "修订",
            "revision",
            format!(
                "{}，{} 个对象 objects，止于 ends at {end}",
                index + 1,
                revision.objects.len()
            ),
        )
    }));
    match pdf.pages() {
        Ok(pages) => {
            shown.extend(pages.iter().enumerate().map(|(index, page)| {
                let [x0, y0, x1, y1] = page.media_box;
                let runs = text::page_text(&pdf, page).map_or_else(
                    |error| format!("文字无法读取 text unreadable: {error}"),
                    |text| format!("{} 段文字 text runs", text.runs.len()),
                );
                Node::of(
                    "页",
                    "page",
                    format!("{}，{} × {} pt，{runs}", index + 1, x1 - x0, y1 - y0),
                )
            }));
        }
        Err(error) => {
            shown.say("页", "pages", format!("无法读取 unreadable: {error}"));
        }
    }
    match verify::examine(&pdf) {
        Ok(examination) => {
            shown.extend(examination.faults().map(|finding| {
                let said = format!("{} {}", finding.check.name(), finding.detail);
                Node::of("异常", "finding", said.trim_end())
            }));
            shown.extend(examination.signatures.iter().map(signature));
            shown.extend(
                examination
                    .empty_fields
                    .iter()
                    .map(|name| Node::of("空签名域", "empty field", name)),
            );
        }
        Err(error) => {
            shown.say("签名", "signatures", format!("无法读取 unreadable: {error}"));
        }
    }
    Ok(shown)
}

fn metadata(pdf: &Pdf<'_>) -> Node {
    let mut shown = Node::new("元数据", "metadata");
    match pdf.xmp() {
        Ok(Some(xmp)) => {
            let archival = xmp.part.as_deref().map(|part| {
                format!(
                    "PDF/A-{part}{}",
                    xmp.conformance.as_deref().unwrap_or_default().to_lowercase()
                )
            });
            shown
                .say_if("标准", "conformance", archival)
                .say_if("标题", "title", xmp.title.as_deref())
                .say_if("作者", "creator", xmp.creator.as_deref())
                .say_if("标识", "identifier", xmp.identifier.as_deref());
            shown.extend(
                xmp.relations
                    .iter()
                    .map(|relation| Node::of("关联", "relation", relation)),
            );
        }
        Ok(None) => shown.value = Some("无 none".to_owned()),
        Err(error) => shown.value = Some(format!("无法读取 unreadable: {error}")),
    }
    shown
}

fn signature(signature: &Signature<'_>) -> Node {
    let kind = match signature.kind {
        SignatureKind::Signature => "签名 signature",
        SignatureKind::DocumentTimeStamp => "文档时间戳 document time stamp",
    };
    let coverage = match signature.coverage {
        Coverage::WholeFile => "全文 whole file".to_owned(),
        Coverage::Revision { index, later } => {
            format!(
                "第 {} 次修订 revision {}，其后还有 later {later}",
                index + 1,
                index + 1
            )
        }
        Coverage::Unsound => "无法确定 unsound".to_owned(),
    };
    let mut shown = Node::of("签名", "signature", format!("{}，{kind}", signature.field));
    let [_, first, second, third] = signature.byte_range;
    shown
        .say("子过滤器", "sub filter", &signature.sub_filter)
        .say("字节范围", "byte range", format!("0 {first} {second} {third}"))
        .say("覆盖", "coverage", coverage)
        .say("认证签名", "certifying", yes(signature.certifying))
        .say_if("修改权限", "DocMDP", signature.doc_mdp)
        .say_if("自述时间", "claimed time", signature.claimed_time.as_deref())
        .say_if("自述姓名", "claimed name", signature.claimed_name.as_deref())
        .say_if("理由", "reason", signature.reason.as_deref());
    shown.push(match SignedData::parse(&signature.cms) {
        Ok(data) if signature.kind == SignatureKind::Signature => signed_data::show(&data),
        Ok(_) => signed_data::time_stamp(&signature.cms),
        Err(error) => Node::of("签名数据", "signed data", format!("无法读取 unreadable: {error}")),
    });
    shown
}
