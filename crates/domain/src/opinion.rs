//! Opinion templates (意见模板): words that an authority's officers use again, with places to fill in.
//!
//! An opinion keeps its text as given; the template and its version are kept beside it, so that a later version changes
//! nothing that was said.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::reason::reasons;

/// Longest text of a template, and of an opinion made of one, in characters.
const TEXT: usize = 2000;
/// Longest name of a template.
const TITLE: usize = 60;

/// The version of a template that an opinion was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRef {
    /// Which.
    pub id: Uuid,
    /// From 1.
    pub version: u32,
}

/// The words of a template; places are written `{材料名称}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpinionText {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Place(String),
}

impl OpinionText {
    /// Reads a template.
    ///
    /// # Errors
    /// Empty or too long, a brace without its pair, or a place without a name.
    pub fn parse(title: &str, text: &str) -> Result<Self, TemplateError> {
        let length = text.chars().count();
        if title.trim().is_empty() || title.chars().count() > TITLE || length == 0 || length > TEXT {
            return Err(TemplateError::Length);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let (place, after) = after.split_once('}').ok_or(TemplateError::Braces)?;
            if words.contains('}') || place.contains('{') || place.trim().is_empty() {
                return Err(TemplateError::Braces);
            }
            parts.push(Part::Words(words.to_owned()));
            parts.push(Part::Place(place.trim().to_owned()));
            rest = after;
        }
        if rest.contains('}') {
            return Err(TemplateError::Braces);
        }
        parts.push(Part::Words(rest.to_owned()));
        Ok(Self { parts })
    }

    /// The places to fill in, each once.
    #[must_use]
    pub fn places(&self) -> BTreeSet<&str> {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Place(name) => Some(name.as_str()),
                Part::Words(_) => None,
            })
            .collect()
    }

    /// The opinion with every place filled in. What is filled in is taken as it stands: braces in it open no place.
    ///
    /// # Errors
    /// A place is not filled in, or a value has no place; all are named. Or the whole is too long.
    pub fn fill(&self, values: &BTreeMap<String, String>) -> Result<String, TemplateError> {
        let places = self.places();
        let filled = |name: &&str| values.get(*name).is_none_or(|value| value.trim().is_empty());
        let missing: Vec<_> = places.iter().copied().filter(filled).collect();
        if !missing.is_empty() {
            return Err(TemplateError::Missing {
                places: missing.join("、"),
            });
        }
        let unknown: Vec<_> = values
            .keys()
            .map(String::as_str)
            .filter(|name| !places.contains(name))
            .collect();
        if !unknown.is_empty() {
            return Err(TemplateError::Unknown {
                places: unknown.join("、"),
            });
        }
        let text: String = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Words(words) => words.as_str(),
                Part::Place(name) => values.get(name).map_or("", |value| value.trim()),
            })
            .collect();
        if text.chars().count() > TEXT {
            return Err(TemplateError::Length);
        }
        Ok(text)
    }
}

reasons! {
    /// Why a template is not taken, or not filled in.
    pub enum TemplateError {
        /// Empty or too long.
        Length => "OPINION_TEMPLATE_LENGTH", "domain §1.13",
            "模板名称或者内容为空或过长。", "The template is empty or too long.";
        /// Braces do not pair.
        Braces => "OPINION_TEMPLATE_BRACES", "domain §1.13",
            "模板中的填写项须写作“{{名称}}”。", "A place is written as a name in braces.";
        /// Places are not filled in.
        Missing { /** Which. */ places: String } => "OPINION_PLACES_MISSING", "domain §1.13",
            "意见模板尚有未填写的内容：{places}。", "Places of the template are not filled in: {places}.";
        /// Values without a place.
        Unknown { /** Which. */ places: String } => "OPINION_PLACES_UNKNOWN", "domain §1.13",
            "意见模板没有这些填写项：{places}。", "The template has no such places: {places}.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn every_place_is_filled_in_and_nothing_else_is_given() {
        let text = OpinionText::parse("社保不符", "经核查，{期间}社保缴纳单位为{单位}，与{单位}不一致。")
            .expect("a template");
        assert_eq!(text.places(), ["单位", "期间"].into());
        let filled = text
            .fill(&values(&[("期间", "2026年1月"), ("单位", "甲{公司}")]))
            .expect("filled");
        assert_eq!(
            filled,
            "经核查，2026年1月社保缴纳单位为甲{公司}，与甲{公司}不一致。"
        );
        let missing = TemplateError::Missing {
            places: "单位".to_owned(),
        };
        assert_eq!(
            text.fill(&values(&[("期间", "2026年1月"), ("单位", " ")])),
            Err(missing)
        );
        let unknown = TemplateError::Unknown {
            places: "姓名".to_owned(),
        };
        assert_eq!(
            text.fill(&values(&[("期间", "1"), ("单位", "2"), ("姓名", "3")])),
            Err(unknown)
        );
    }

    #[test]
    fn a_template_is_whole() {
        for broken in ["{", "}", "甲{乙", "甲}乙", "{}", "{ }", "{甲{乙}}"] {
            assert_eq!(
                OpinionText::parse("名称", broken),
                Err(TemplateError::Braces),
                "{broken}"
            );
        }
        assert_eq!(OpinionText::parse(" ", "同意"), Err(TemplateError::Length));
        assert_eq!(
            OpinionText::parse("名称", &"长".repeat(2001)),
            Err(TemplateError::Length)
        );
        assert!(
            OpinionText::parse("同意", "同意初审。")
                .expect("plain")
                .places()
                .is_empty()
        );
    }
}
