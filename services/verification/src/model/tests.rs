use domain::certificate::{Purpose, UseCopyFacts};
use domain::ids::CopyId;
use domain::province::Province;
use domain::registration_number::RegistrationNumber;

use domain::validity::UsePeriodCap;
use jiff::civil::date;

use super::apply::Fault;
use super::*;
use crate::change::{Change, DocumentChange, EntryChange};
use crate::fixture::{self, heartbeat, next, tell, tell_person};

fn moved(ordinal: u32) -> EntryChange {
    let entry = fixture::entry(ordinal);
    let before = entry.number;
    let shanghai = Province::from_code("31").expect("a province");
    EntryChange {
        number: before.moved_to(shanghai),
        aliases: vec![before],
        ..entry
    }
}

#[test]
fn what_was_applied_before_is_ignored() {
    let model = fixture::empty();
    tell_person(&model, 1);
    let position = model.marks.position();
    let stale = next(0, Change::Entry(Box::new(moved(1))));
    model.apply(stale).expect("a duplicate is no fault");
    assert_eq!(model.marks.position(), position);
    let slot = model.by_number(fixture::number(1)).expect("known");
    assert_eq!(
        model.read(slot, |person| person.entry().map(|entry| entry.number)),
        Some(fixture::number(1))
    );
}

#[test]
fn a_gap_stops_the_feed_and_takes_nothing_in() {
    let model = fixture::empty();
    let fault = model.apply(next(1, Change::Entry(Box::new(fixture::entry(1)))));
    assert_eq!(
        fault,
        Err(Fault::Gap {
            after: 0,
            position: 2
        })
    );
    assert_eq!(model.by_number(fixture::number(1)), None);
}

#[test]
fn a_document_of_a_version_never_told_stops_the_feed() {
    let model = fixture::empty();
    let fault = model.apply(next(0, Change::Document(fixture::file(1, b'o'))));
    assert_eq!(fault, Err(Fault::UnknownLicence { position: 1 }));
    assert_eq!(model.marks.position(), 0);
}

#[test]
fn only_a_heartbeat_at_the_position_reached_makes_answers_fresh() {
    let model = fixture::empty();
    let bound = std::time::Duration::from_secs(1);
    let mut erased = heartbeat(&model);
    erased.position = 1;
    model
        .apply(erased)
        .expect("in place of a change about somebody who was erased");
    assert_eq!(model.marks.position(), 1);
    assert_eq!(model.marks.as_of(fixture::recorded_at(), bound), None);
    let mut ahead = heartbeat(&model);
    ahead.position = 5;
    assert_eq!(
        model.apply(ahead),
        Err(Fault::Gap {
            after: 1,
            position: 5
        })
    );
    model.apply(heartbeat(&model)).expect("a heartbeat");
    let as_of = model
        .marks
        .as_of(fixture::recorded_at(), bound)
        .expect("caught up");
    assert!(!as_of.stale);
    let later = as_of.fresh_until + jiff::SignedDuration::from_millis(1);
    assert!(model.marks.as_of(later, bound).expect("caught up").stale);
}

#[test]
fn a_moved_registration_is_found_by_both_prefixes_and_by_its_new_document_only() {
    let model = fixture::empty();
    tell_person(&model, 1);
    let renewed = EntryChange {
        document: fixture::document(2),
        ..moved(1)
    };
    let now = renewed.number;
    tell(&model, [Change::Entry(Box::new(renewed))]);
    let slot = model.by_number(now).expect("by the new prefix");
    assert_eq!(model.by_number(fixture::number(1)), Some(slot));
    let index = |ordinal| model.indices.document(&fixture::document(ordinal));
    assert_eq!(model.by_document(index(1)), None);
    assert_eq!(model.by_document(index(2)), Some(slot));
    // The short form names the same digits under the same prefix.
    assert_eq!(
        RegistrationNumber::parse(&now.short())
            .ok()
            .and_then(|number| model.by_number(number)),
        Some(slot)
    );
}

#[test]
fn a_merged_person_is_found_by_the_documents_of_both_ids_until_they_are_split() {
    let model = fixture::empty();
    tell_person(&model, 1);
    tell_person(&model, 2);
    let slot = |ordinal| model.by_number(fixture::number(ordinal)).expect("known");
    let (stays, away) = (slot(1), slot(2));
    let index = |ordinal| model.indices.document(&fixture::document(ordinal));
    let merged = EntryChange {
        other_documents: vec![fixture::document(2), fixture::document(3)],
        ..fixture::entry(1)
    };
    tell(&model, [Change::Entry(Box::new(merged))]);
    for ordinal in 1..=3 {
        assert_eq!(model.by_document(index(ordinal)), Some(stays), "{ordinal}");
    }
    let before = |ordinal| model.by_document_before_merge(index(ordinal));
    assert_eq!((before(1), before(2), before(3)), (None, Some(away), None));
    assert_eq!(slot(2), away, "a number leads to the registration that had it");
    tell(&model, [Change::Entry(Box::new(fixture::entry(1)))]);
    let after: Vec<_> = (1..=3).map(|ordinal| model.by_document(index(ordinal))).collect();
    assert_eq!(after, [Some(stays), Some(away), None]);
}

#[test]
fn files_and_tokens_lead_to_their_version_and_identifiers_come_back_whole() {
    let model = fixture::empty();
    tell_person(&model, 3);
    tell(&model, [Change::Copy(fixture::copy(3))]);
    let original = model.by_file(&fixture::digest(3, b'o')).expect("issued");
    assert_eq!(original.copy, None);
    assert_eq!(model.by_token(&fixture::digest(3, b't')), Some(original));
    assert_eq!(model.identifier(original.licence), Some(fixture::licence(3, 1)));
    assert_eq!(
        model.by_licence(&fixture::licence(3, 1)),
        Some((original.slot, original.licence))
    );
    assert_eq!(model.by_licence(&fixture::licence(4, 1)), None);
    assert_eq!(
        model.digest_recorded_at(&fixture::digest(3, b'o')),
        Some(fixture::recorded_at())
    );
    assert_eq!(model.digest_recorded_at(&fixture::digest(3, b'x')), None);
    assert_eq!(model.by_file(&fixture::digest(3, b'x')), None);
}

#[test]
fn a_record_shows_neither_name_nor_document_number() {
    let model = fixture::empty();
    tell_person(&model, 1);
    let slot = model.by_number(fixture::number(1)).expect("known");
    let shown = model.read(slot, |person| format!("{person:?}"));
    let message = format!("{:?}", next(0, Change::Entry(Box::new(fixture::entry(1)))));
    for secret in [fixture::name(1).expose(), fixture::document(1).expose(), "欧阳"] {
        assert!(!shown.contains(secret) && !message.contains(secret));
    }
}

#[test]
fn facts_of_a_copy_are_those_of_its_version_and_no_others() {
    let facts = certificate_face::specimen::record("欧阳子明", 3);
    let key = FactsKey::new([7; 32]);
    let mark = key.mark(&facts);
    assert!(mark.covers(&key, &facts));
    assert_ne!(mark, FactsKey::new([8; 32]).mark(&facts));
    let use_copy = UseCopyFacts {
        copy_id: CopyId::from_uuid(Uuid::from_u128(5)),
        purpose: Purpose::Tender,
        purpose_reference: "ZB-2026-001".to_owned(),
        recipient: "样本招标人".to_owned(),
        made_at: fixture::recorded_at(),
        use_until: date(2026, 10, 31),
        capped_by: UsePeriodCap::Days,
    };
    let copy = facts.for_copy(use_copy, &[facts.specialties[1].specialty]);
    assert!(mark.covers(&key, &copy));
    let mut fewer = facts;
    fewer.specialties.pop();
    assert!(!mark.covers(&key, &fewer), "an original lists every specialty");
    let mut other = copy;
    other.employer.name.push('某');
    assert!(!mark.covers(&key, &other));
}

#[test]
fn every_file_of_every_version_and_copy_is_found_however_many_there_are() {
    let model = fixture::empty();
    tell_person(&model, 1);
    let of = |licence, copy, kind: u8, token: u8| {
        Change::Document(DocumentChange {
            licence,
            copy,
            sha256: fixture::digest(1, kind),
            token: Some(fixture::digest(1, token)),
            generation: 1,
        })
    };
    let (first, second) = (fixture::licence(1, 1), fixture::licence(1, 2));
    let copy = fixture::copy(1);
    let id = copy.copy;
    tell(
        &model,
        [
            Change::Copy(copy),
            Change::Version(Box::new(fixture::version(1, 2))),
            of(first.clone(), None, b'q', b't'),
            of(first.clone(), None, b'q', b't'),
            of(first.clone(), Some(id), b'c', b'u'),
            of(second.clone(), None, b'n', b'v'),
        ],
    );
    let found = |kind: u8| {
        let document = model.by_file(&fixture::digest(1, kind)).expect("issued");
        (model.identifier(document.licence).expect("known"), document.copy)
    };
    for (kind, licence, copy) in [
        (b'o', &first, None),
        (b'p', &first, None),
        (b'q', &first, None),
        (b'c', &first, Some(0)),
        (b'n', &second, None),
    ] {
        assert_eq!(found(kind), (licence.clone(), copy), "{}", char::from(kind));
    }
    for (token, file) in [(b't', b'o'), (b'u', b'c'), (b'v', b'n')] {
        let by_token = model.by_token(&fixture::digest(1, token));
        assert_eq!(
            by_token,
            model.by_file(&fixture::digest(1, file)),
            "{}",
            char::from(token)
        );
    }
}

#[test]
fn everybody_is_found_by_every_key_while_the_register_grows() {
    let model = fixture::empty();
    let people = 2_000;
    for ordinal in 0..people {
        tell_person(&model, ordinal);
    }
    for ordinal in (0..people).step_by(3) {
        tell(&model, [Change::Entry(Box::new(moved(ordinal)))]);
    }
    for ordinal in 0..people {
        let slot = model.by_number(fixture::number(ordinal)).expect("by number");
        let document = model.indices.document(&fixture::document(ordinal));
        assert_eq!(model.by_document(document), Some(slot));
        let licence = model
            .by_licence(&fixture::licence(ordinal, 1))
            .expect("by identifier");
        assert_eq!(licence.0, slot);
        for found in [
            model.by_file(&fixture::digest(ordinal, b'o')),
            model.by_file(&fixture::digest(ordinal, b'p')),
            model.by_token(&fixture::digest(ordinal, b't')),
        ] {
            assert_eq!(found.map(|document| document.slot), Some(slot));
        }
        let number = model.read(slot, |person| person.entry().map(|entry| entry.number));
        assert_eq!(number == Some(fixture::number(ordinal)), ordinal % 3 != 0);
    }
}

#[test]
fn a_file_that_was_made_anew_is_known_and_known_to_be_superseded() {
    let model = fixture::empty();
    tell_person(&model, 1);
    let of = |kind: u8, token: u8, generation: u16| {
        Change::Document(DocumentChange {
            licence: fixture::licence(1, 1),
            copy: None,
            sha256: fixture::digest(1, kind),
            token: Some(fixture::digest(1, token)),
            generation,
        })
    };
    let made_anew = |kind: u8| {
        let sha256 = fixture::digest(1, kind);
        let document = model.by_file(&sha256).expect("the register issued it");
        model.is_made_anew(&sha256, &document)
    };
    tell(&model, [of(b'x', b't', 1), of(b'x', b't', 1)]);
    assert!(!made_anew(b'x'));
    tell(&model, [of(b'y', b'w', 2), of(b'z', b'w', 2)]);
    assert!(made_anew(b'x') && !made_anew(b'y') && !made_anew(b'z'));
    tell(&model, [of(b'a', b's', 3)]);
    assert!(made_anew(b'x') && made_anew(b'y') && !made_anew(b'a'));
    for token in [b't', b'w', b's'] {
        assert!(
            model.by_token(&fixture::digest(1, token)).is_some(),
            "every symbol that was printed leads on"
        );
    }
}
