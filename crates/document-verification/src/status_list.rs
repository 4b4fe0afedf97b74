//! What a status list says of a file (decision 0027): a signed list that somebody fetched, about whichever of its million places they
//! like, handed in beside the file.

use domain::certificate::StatusListEntry;
use domain::reason::BilingualText;
use domain::standing::{DocumentStanding, Verdict, explain};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use status_list::{Freshness, Limits, ListFault, ReadFault, Status, StatusListToken, TokenFault};

use crate::conclusion::{OfflineStanding, marked_if_specimen, offline_standing};
use crate::finding::{Finding, check};
use crate::report::Report;
use crate::trust::TrustBundle;

/// No list outlasts its day: a key that signs no more is good for so long.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// The status of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListStatus {
    /// 有效.
    Valid,
    /// 无效: superseded, ended, run out, or, of a copy, revoked or past its use period.
    Invalid,
    /// 暂扣.
    Suspended,
}

/// What a list that is to be believed says of the place that a file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The list.
    pub uri: String,
    /// The status.
    pub status: ListStatus,
    /// When the list was issued.
    pub as_of: Timestamp,
    /// Since when a newer one could have been had; none while it is fresh.
    pub stale_since: Option<Timestamp>,
    /// When it says nothing any more.
    pub expires_at: Timestamp,
    /// Up to which position of the register it holds every change.
    pub position: Option<u64>,
}

/// A finding about a list, and what it says if it is to be believed.
#[derive(Debug, Clone)]
pub struct Consulted {
    /// Of the check [`check::STATUS_LIST`].
    pub finding: Finding,
    /// What it says.
    pub listing: Option<Listing>,
}

/// Reads the place that a file names from a list's token, at an instant of the reader's clock. What the file names counts only if its
/// seal does: ask [`Report::document`] first.
#[must_use]
pub fn consult(report: &Report, bundle: &TrustBundle, token: &str, now: Timestamp) -> Consulted {
    match read(report, bundle, token, now) {
        Ok(listing) => Consulted {
            finding: finding(&listing),
            listing: Some(listing),
        },
        Err(reason) => Consulted {
            finding: Finding::cannot_say(check::STATUS_LIST, reason),
            listing: None,
        },
    }
}

fn read(report: &Report, bundle: &TrustBundle, token: &str, now: Timestamp) -> Result<Listing, &'static str> {
    let record = report.facts.record.as_ref();
    let place = record.and_then(|record| record.status_list.as_ref());
    let StatusListEntry { uri, index } = place.ok_or("status_list_not_named")?;
    let index = u32::try_from(*index).map_err(|_| "status_list_no_such_place")?;
    let keys = bundle.status_list_keys(|from, until| {
        let latest = until.and_then(|until| until.checked_add(LONGEST).ok());
        from <= now && latest.is_none_or(|latest| now <= latest)
    });
    let token =
        StatusListToken::open(token.trim_end(), uri, &keys, Limits::default()).map_err(unbelievable)?;
    let answer = token.answer(index, now).map_err(|fault| match fault {
        ReadFault::NotYet => "status_list_from_the_future",
        ReadFault::Expired => "status_list_expired",
        ReadFault::Index => "status_list_no_such_place",
        ReadFault::Value(_) => "status_list_unreadable",
    })?;
    Ok(Listing {
        uri: uri.clone(),
        status: match answer.status {
            Status::Valid => ListStatus::Valid,
            Status::Invalid => ListStatus::Invalid,
            Status::Suspended => ListStatus::Suspended,
        },
        as_of: answer.as_of,
        stale_since: match answer.freshness {
            Freshness::Fresh { .. } => None,
            Freshness::Stale { since } => Some(since),
        },
        expires_at: answer.expires_at,
        position: token.position(),
    })
}

const fn unbelievable(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::Key => "status_list_key_unknown",
        TokenFault::Signature => "status_list_signature_wrong",
        TokenFault::Uri => "status_list_is_another",
        TokenFault::Large
        | TokenFault::Shape(_)
        | TokenFault::Header
        | TokenFault::List(ListFault::Compression | ListFault::Large)
        | TokenFault::Sign => "status_list_unreadable",
    }
}

fn finding(listing: &Listing) -> Finding {
    let found = match (listing.status, listing.stale_since) {
        (ListStatus::Valid, None) => Finding::pass(check::STATUS_LIST),
        (ListStatus::Valid, Some(_)) => Finding::warning(check::STATUS_LIST, "status_list_not_the_newest"),
        (ListStatus::Invalid, _) => Finding::fail(check::STATUS_LIST, "listed_invalid"),
        (ListStatus::Suspended, _) => Finding::fail(check::STATUS_LIST, "listed_suspended"),
    };
    found.about(listing.as_of.to_string())
}

/// The verdict that a list leads to where the register is not asked, with what to do next; none unless the file is authentic.
#[must_use]
pub fn conclude_listed(
    report: &Report,
    listing: &Listing,
    now: Timestamp,
) -> Option<(Verdict, BilingualText, BilingualText)> {
    if report.document != DocumentStanding::Authentic {
        return None;
    }
    let verdict = match listing.status {
        _ if offline_standing(report, now) == OfflineStanding::Ended => Verdict::CopyExpired,
        ListStatus::Valid => Verdict::Valid,
        ListStatus::Invalid => Verdict::ListedInvalid,
        ListStatus::Suspended => Verdict::RegistrationSuspended,
    };
    let (text, next) = explain(verdict, None);
    let as_of = listing.as_of;
    let text = BilingualText::new(
        format!("{}（状态列表截至{as_of}）", text.zh),
        format!("{} (by the status list as of {as_of})", text.en),
    );
    let (text, next) = marked_if_specimen(report, (text, next));
    Some((verdict, text, next))
}
