//! What a reader would show, and how it may mislead.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    ("glyph_missing", "有文字无法显示", "a character is not drawn"),
    (
        "font_not_embedded",
        "字体未嵌入，显示内容取决于阅读器",
        "the font is not embedded: what is shown depends on the reader",
    ),
    (
        "font_not_understood",
        "字体无法检查",
        "the font cannot be checked",
    ),
    (
        "glyphs_chosen_by_number",
        "以字形编号显示文字，无法核对",
        "glyphs are chosen by number and cannot be compared",
    ),
    (
        "document_beside_the_signed_one",
        "文件包中另有未签章的文档",
        "an unsigned document stands beside the signed one",
    ),
    (
        "no_stamp",
        "签章没有在页面上显示印章",
        "the seal is shown on no page",
    ),
    (
        "stamp_on_no_page",
        "印章所在页面不存在",
        "the stamp is on a page that does not exist",
    ),
    ("stamp_without_size", "印章没有大小", "the stamp has no size"),
    (
        "stamp_clipped_away",
        "印章被完全裁去",
        "the stamp is clipped away",
    ),
    ("stamp_off_page", "印章在页面之外", "the stamp lies off the page"),
    (
        "stamp_partly_off_page",
        "印章部分在页面之外",
        "the stamp lies partly off the page",
    ),
    (
        "stamp_clipped",
        "印章被裁剪，只显示一部分",
        "only a part of the stamp is shown",
    ),
    (
        "stamp_of_another_size",
        "印章显示的大小与印章数据不符",
        "the stamp is shown in another size than the seal's",
    ),
    (
        "picture_is_a_document",
        "图像是嵌入的文档，未予显示和判断",
        "the picture is a document of its own, which was not examined",
    ),
    (
        "picture_format_unknown",
        "图像格式未知",
        "an unknown picture format",
    ),
    (
        "picture_not_of_its_format",
        "图像与所称格式不符",
        "the picture is not of the format that is stated",
    ),
    (
        "picture_too_large",
        "图像像素过多",
        "the picture has too many pixels",
    ),
    (
        "document_without_pages",
        "文档没有页面",
        "the document has no pages",
    ),
    (
        "too_much_drawn_over",
        "注释或模板对象过多，未逐一比较",
        "too many annotations or template objects to compare",
    ),
    (
        "annotation_over_content",
        "注释遮盖了页面内容",
        "an annotation is drawn over the page's content",
    ),
    (
        "template_over_content",
        "前景模板遮盖了页面内容",
        "a template in the foreground is drawn over the page's content",
    ),
    (
        "glyph_unlike_the_font_pack",
        "字形与证书字库不同",
        "drawn otherwise than by the font pack of certificates",
    ),
    (
        "characters_share_a_glyph",
        "不同的字使用同一字形",
        "different characters are drawn by one glyph",
    ),
    (
        "glyph_differs_from_text",
        "显示的字形与文字不符",
        "the glyphs drawn are those of other characters than the text",
    ),
    (
        "font_program_too_long",
        "字体程序过长，未予运行",
        "the font brings a long program, which was not run",
    ),
];
