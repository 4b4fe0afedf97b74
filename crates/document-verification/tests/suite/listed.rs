//! What a status list says of a file, and every list that is not to be believed. That the place travels in the sealed record of a real
//! file is proved by the journey of a lapse.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use document_verification::trust::{BundleFiles, Named, SigningKey, StatusListKey, TrustError};
use document_verification::{
    DocumentStanding, ListStatus, Outcome, Report, TrustBundle, Verdict, conclude_listed, consult,
};
use domain::certificate::StatusListEntry;
use jiff::{SignedDuration, Timestamp};
use status_list::{Bits, Es256Signer, Status, StatusList, StatusListToken, Terms};

use crate::fixture::{COPY, OFFICE, ORIGINAL, at, judged, now};

const URI: &str = "https://verify.example.cn/status/0";
const PLACE: u64 = 4711;

fn signer() -> Es256Signer {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    Es256Signer::named_by_digest(der.expect("a key").as_ref()).expect("a key")
}

fn listed(key: &Es256Signer, from: Timestamp, until: Option<Timestamp>) -> StatusListKey {
    let public = key.verifier().expect("its public half");
    StatusListKey {
        public_key: hex::encode(public.point()),
        from,
        until,
    }
}

/// The bundle of the office, which names these keys of status lists too.
fn bundle(keys: &[StatusListKey]) -> Result<TrustBundle, TrustError> {
    let authorities = OFFICE.authorities();
    let parts = OFFICE.bundle_parts(&[], authorities.clone());
    let also = Named {
        status_list_keys: keys,
        ..Named::default()
    };
    let key = SigningKey::from_seed(&[7; 32]).expect("a seed");
    let signed = TrustBundle::sign_naming(&parts.draft(authorities), also, &key)?;
    TrustBundle::open(&BundleFiles {
        statement: &signed.statement,
        signature: signed.signature.as_bytes(),
        key: signed.key.as_bytes(),
        ..parts.files()
    })
}

/// The report on a whole file whose record names a place.
fn report(file: &[u8]) -> Report {
    let mut report = judged(file);
    let record = report.facts.record.as_mut().expect("it has its record");
    record.status_list = Some(StatusListEntry {
        uri: URI.to_owned(),
        index: PLACE,
    });
    report
}

fn token(key: &Es256Signer, status: Status, uri: &str, issued: Timestamp) -> String {
    let mut list = StatusList::new(Bits::Two, 1 << 20);
    assert!(list.set(4711, status));
    let terms = Terms::new(60, 3_600).expect("within bounds");
    StatusListToken::sign_at(&list, (uri, Some(42)), terms, issued, key).expect("signed")
}

#[test]
fn a_list_gives_a_whole_file_its_standing_as_of_its_time() {
    let (key, now) = (signer(), now());
    let bundle = bundle(&[listed(&key, now, None)]).expect("a bundle");
    for (status, told, result, verdict) in [
        (Status::Valid, ListStatus::Valid, Outcome::Pass, Verdict::Valid),
        (
            Status::Invalid,
            ListStatus::Invalid,
            Outcome::Fail,
            Verdict::ListedInvalid,
        ),
        (
            Status::Suspended,
            ListStatus::Suspended,
            Outcome::Fail,
            Verdict::RegistrationSuspended,
        ),
    ] {
        let report = report(&ORIGINAL.ofd);
        // Trailing white space is what editors and shells leave.
        let consulted = consult(&report, &bundle, &(token(&key, status, URI, now) + "\n"), now);
        assert_eq!(consulted.finding.result, result);
        let listing = consulted.listing.expect("it is to be believed");
        assert_eq!((listing.status, listing.stale_since), (told, None));
        assert_eq!(
            (listing.as_of.as_second(), listing.position),
            (now.as_second(), Some(42))
        );
        let (found, text, _) = conclude_listed(&report, &listing, now).expect("the file is authentic");
        assert_eq!(found, verdict);
        assert!(
            text.zh.starts_with("【样本】"),
            "a specimen stays one: {}",
            text.zh
        );
        assert!(text.zh.contains(&listing.as_of.to_string()), "{}", text.zh);
    }
    let altered = Report {
        document: DocumentStanding::Altered,
        ..report(&ORIGINAL.pdf)
    };
    let consulted = consult(&altered, &bundle, &token(&key, Status::Valid, URI, now), now);
    let listing = consulted.listing.expect("the list itself is good");
    assert_eq!(
        conclude_listed(&altered, &listing, now),
        None,
        "no list mends a file"
    );
}

#[test]
fn a_list_that_is_old_still_counts_and_says_so_until_it_expires() {
    let (key, now) = (signer(), now());
    let bundle = bundle(&[listed(&key, now, None)]).expect("a bundle");
    let token = token(&key, Status::Valid, URI, now);
    let later = now + SignedDuration::from_secs(61);
    let consulted = consult(&report(&ORIGINAL.ofd), &bundle, &token, later);
    let found = (consulted.finding.result, consulted.finding.reason);
    assert_eq!(found, (Outcome::Warning, "status_list_not_the_newest"));
    assert!(consulted.listing.expect("still").stale_since.is_some());
    // Whatever the list says, the copy itself says when it ends.
    let over = at("2026-11-01T00:00:00Z");
    let fresh = self::token(&key, Status::Valid, URI, over);
    let copy = report(&COPY.pdf);
    let listing = consult(&copy, &bundle, &fresh, over)
        .listing
        .expect("it is to be believed");
    let (verdict, ..) = conclude_listed(&copy, &listing, over).expect("authentic");
    assert_eq!(verdict, Verdict::CopyExpired);
}

#[test]
fn a_list_that_is_not_to_be_believed_says_nothing() {
    let (key, now) = (signer(), now());
    let bundle = bundle(&[listed(&key, now, None)]).expect("a bundle");
    let good = token(&key, Status::Valid, URI, now);
    let expired = now + SignedDuration::from_hours(1);
    let (rest, signature) = good.rsplit_once('.').expect("three parts");
    let (claims, _) = rest.rsplit_once('.').expect("three parts");
    let cases = [
        (good.clone(), expired, "status_list_expired"),
        (
            token(&key, Status::Valid, URI, expired),
            now,
            "status_list_from_the_future",
        ),
        (
            token(&key, Status::Valid, "https://verify.example.cn/status/1", now),
            now,
            "status_list_is_another",
        ),
        (
            token(&signer(), Status::Valid, URI, now),
            now,
            "status_list_key_unknown",
        ),
        (
            format!("{claims}.e30.{signature}"),
            now,
            "status_list_signature_wrong",
        ),
        (String::new(), now, "status_list_unreadable"),
        ("x".repeat(600_000), now, "status_list_unreadable"),
    ];
    for (token, at, reason) in cases {
        let consulted = consult(&report(&ORIGINAL.ofd), &bundle, &token, at);
        let found = (consulted.finding.result, consulted.finding.reason);
        assert_eq!(found, (Outcome::CannotSay, reason));
        assert!(consulted.listing.is_none());
        assert!(
            consulted.finding.zh().starts_with("状态列表："),
            "{}",
            consulted.finding.zh()
        );
    }
    let unnamed = consult(&judged(&ORIGINAL.ofd), &bundle, &good, now);
    assert_eq!(unnamed.finding.reason, "status_list_not_named");
    for beyond in [1 << 20, u64::MAX] {
        let mut report = report(&ORIGINAL.ofd);
        let record = report.facts.record.as_mut().expect("it has its record");
        record.status_list.as_mut().expect("just named").index = beyond;
        let consulted = consult(&report, &bundle, &good, now);
        assert_eq!(consulted.finding.reason, "status_list_no_such_place");
    }
}

#[test]
fn a_key_is_good_from_its_first_day_to_the_end_of_the_last_list_that_it_signed() {
    let (key, now) = (signer(), now());
    let token = token(&key, Status::Valid, URI, now);
    let day = SignedDuration::from_hours(24);
    for (from, until, good) in [
        (now, Some(now), true),
        (now - day, Some(now - day), true),
        (now - day * 3, Some(now - day * 2), false),
        (now + day, None, false),
    ] {
        let bundle = bundle(&[listed(&key, from, until)]).expect("a bundle");
        let consulted = consult(&report(&ORIGINAL.ofd), &bundle, &token, now);
        assert_eq!(consulted.listing.is_some(), good, "{from} {until:?}");
    }
    let none = StatusListKey {
        public_key: "04".to_owned(),
        ..listed(&key, now, None)
    };
    assert!(matches!(bundle(&[none]), Err(TrustError::Statement(_))));
}
