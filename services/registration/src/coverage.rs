//! Whether a name can be drawn on a certificate, asked before it is accepted (design §4).

use std::sync::Arc;

use certificate_face::font::FontPack;

use crate::error::{Error, NAME_CANNOT_BE_DRAWN};

/// Knows which characters the fonts of the certificate have.
pub trait GlyphCoverage: Send + Sync {
    /// The characters of `text` that no font has.
    fn missing(&self, text: &str) -> Vec<char>;
}

impl GlyphCoverage for FontPack {
    fn missing(&self, text: &str) -> Vec<char> {
        Self::missing(self, text)
    }
}

/// The same off the async threads: the first rare name unpacks a font.
pub(crate) async fn require(coverage: &Arc<dyn GlyphCoverage>, name: &str) -> Result<(), Error> {
    let (coverage, name) = (Arc::clone(coverage), name.to_owned());
    tokio::task::spawn_blocking(move || check(&*coverage, &name))
        .await
        .map_err(Error::internal)?
}

/// Refuses a name with a character that would be a box, by its code point, and says what the person can do.
pub(crate) fn check(coverage: &dyn GlyphCoverage, name: &str) -> Result<(), Error> {
    let missing = coverage.missing(name);
    if missing.is_empty() {
        return Ok(());
    }
    let points: Vec<_> = missing
        .iter()
        .map(|character| format!("U+{:04X}", u32::from(*character)))
        .collect();
    let points = points.join(" ");
    let zh = format!(
        "姓名中的字（{points}）尚不在证书字库中，暂不能制证。请先核对姓名用字：如系早年自造字，请改为国家标准编码的字；\
         确为本人用字的，请将上述代码点告知注册管理部门，待字库补充后再申请。"
    );
    let en = format!(
        "The certificate's fonts do not have {points} yet. Check the spelling; if it is right, report the code points to the \
         register and apply again once they are added."
    );
    let refusal = NAME_CANNOT_BE_DRAWN
        .refusal()
        .metadata("code_points", points)
        .metadata("text_zh", zh)
        .metadata("text_en", en);
    Err(Error::Refused {
        refusal,
        article: "GB 18030-2022".to_owned(),
    })
}
