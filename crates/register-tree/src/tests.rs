//! What the tree promises, over registrations nobody chose.

use std::collections::BTreeMap;

use domain::ids::{EmployerId, PersonId};
use domain::province::Province;
use domain::register::EndCause;
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn jiangsu() -> Province {
    Province::from_code("32").expect("Jiangsu")
}

fn row(serial: u32) -> Row {
    let digits = RegistrationDigits::allocate(jiangsu(), 2018, 2020, serial).expect("digits");
    let term = Validity {
        from: date(2024, 5, 1),
        to: date(2027, 4, 30),
    };
    Row {
        number: RegistrationNumber::new(jiangsu(), digits),
        person: PersonId::from_uuid(Uuid::from_u128(serial.into())),
        employer: EmployerId::from_uuid(Uuid::from_u128(7)),
        specialties: vec![(Specialty::Building, term), (Specialty::Municipal, term)],
        standing: Standing::InForce,
    }
}

fn leaf(row: &Row) -> (Key, Digest) {
    (row.key(), row.digest())
}

/// The buckets where two trees differ, and how many levels were looked at.
fn descend(here: &Tree, there: &Tree) -> (Vec<Path>, u8) {
    if here.nodes().root() == there.nodes().root() {
        return (Vec::new(), 1);
    }
    let mut nodes = vec![Path::ROOT];
    let mut steps = 1;
    while nodes.iter().any(|node| !node.is_bucket()) {
        nodes = differing(
            &nodes,
            |path| here.nodes().get(path),
            |path| there.nodes().get(path),
        );
        steps += 1;
    }
    (nodes, steps)
}

#[test]
fn everything_that_both_sides_know_is_in_the_digest_and_the_order_of_specialties_is_not() {
    let known = row(1);
    let moved = known
        .number
        .moved_to(Province::from_code("31").expect("Shanghai"));
    let mut later = known.specialties.clone();
    later[0].1.to = date(2027, 5, 1);
    let ended = |cause| Row {
        standing: Standing::Ended { cause },
        ..known.clone()
    };
    let others = [
        Row {
            number: moved,
            ..known.clone()
        },
        Row {
            person: PersonId::from_uuid(Uuid::from_u128(9)),
            ..known.clone()
        },
        Row {
            employer: EmployerId::from_uuid(Uuid::from_u128(9)),
            ..known.clone()
        },
        Row {
            specialties: later,
            ..known.clone()
        },
        Row {
            specialties: known.specialties[..1].to_vec(),
            ..known.clone()
        },
        Row {
            standing: Standing::Suspended { until: None },
            ..known.clone()
        },
        Row {
            standing: Standing::Suspended {
                until: Some(date(2026, 1, 1)),
            },
            ..known.clone()
        },
        ended(EndCause::Cancelled),
        ended(EndCause::Fraud),
        ended(EndCause::WronglyGranted),
    ];
    let mut digests: Vec<_> = others.iter().map(Row::digest).chain([known.digest()]).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), others.len() + 1);
    assert_eq!(
        others[0].key(),
        known.key(),
        "digits stay in a move, and so does the place"
    );
    let mut turned = known.clone();
    turned.specialties.reverse();
    assert_eq!(turned.digest(), known.digest());
    let bare = Row {
        specialties: Vec::new(),
        ..ended(EndCause::Fraud)
    };
    assert_eq!(bare.digest(), ended(EndCause::Fraud).digest());
}

#[test]
fn paths_are_read_as_they_are_written_and_nothing_else_is() {
    let bucket = Path::bucket(0x0a3f);
    assert_eq!(bucket.to_string(), "0a3f");
    let mut way = vec![bucket];
    way.extend(std::iter::successors(bucket.parent(), |node| node.parent()));
    let written: Vec<_> = way.iter().map(Path::to_string).collect();
    assert_eq!(written, ["0a3f", "0a3", "0a", "0", ""]);
    for path in way {
        assert_eq!(Path::parse(&path.to_string()), Some(path));
        assert_eq!(Path::new(path.level(), path.place()), Some(path));
        assert_eq!(path.children().count(), if path.is_bucket() { 0 } else { 16 });
    }
    for wrong in ["0A3F", "+a3f", "0a3f0", "g", "0x1"] {
        assert_eq!(Path::parse(wrong), None, "{wrong}");
    }
    assert_eq!(Path::new(1, 16), None);
}

#[test]
fn what_is_signed_names_purpose_province_and_pair() {
    let pair = Pair {
        sequence: 258,
        number: 3,
    };
    let at = jiff::Timestamp::UNIX_EPOCH;
    let message = statement(jiangsu(), pair, &[9; 32], at);
    assert!(message.starts_with(b"jianzheng exchange register equal v132\0\0\0\0\0\0\x01\x02"));
    let other = Pair {
        sequence: 3,
        number: 258,
    };
    assert_ne!(message, statement(jiangsu(), other, &[9; 32], at));
}

proptest! {
    #[test]
    fn the_root_depends_on_the_rows_alone(serials in prop::collection::btree_set(1_u32..99_999, 0..60)) {
        let leaves: Vec<_> = serials.iter().map(|serial| leaf(&row(*serial))).collect();
        let whole = Tree::new(leaves.clone());
        let mut grown = Tree::default();
        for (key, digest) in leaves.iter().rev() {
            grown.set(*key, Some([1; 32]));
            grown.set(*key, Some(*digest));
        }
        prop_assert_eq!(grown.nodes().root(), whole.nodes().root());
        for (key, _) in &leaves {
            grown.set(*key, None);
        }
        prop_assert_eq!(grown.nodes().root(), Tree::default().nodes().root());
        prop_assert_eq!(Tree::default().nodes().root(), empty(0));
    }

    #[test]
    fn one_changed_row_is_found_in_five_steps(
        serials in prop::collection::btree_set(1_u32..99_999, 1..60), at: prop::sample::Index, gone: bool,
    ) {
        let serials: Vec<_> = serials.into_iter().collect();
        let here = Tree::new(serials.iter().map(|serial| leaf(&row(*serial))));
        let mut there = here.clone();
        let changed = row(serials[at.index(serials.len())]);
        let wrong = Row { standing: Standing::Suspended { until: None }, ..changed.clone() };
        there.set(changed.key(), (!gone).then(|| wrong.digest()));
        let (buckets, steps) = descend(&here, &there);
        prop_assert_eq!(&buckets, &[changed.key().bucket()]);
        prop_assert_eq!(steps, 5);
        let known = |tree: &Tree| tree.bucket(buckets[0]).into_iter().collect::<BTreeMap<_, _>>();
        let (ours, theirs) = (known(&here), known(&there));
        let differ: Vec<_> = ours.iter().filter(|(key, digest)| theirs.get(key) != Some(digest)).collect();
        prop_assert_eq!(differ, [(&changed.key(), &changed.digest())]);
    }

    #[test]
    fn nodes_that_were_needed_are_enough_to_climb(
        serials in prop::collection::btree_set(1_u32..99_999, 2..60), at: prop::sample::Index,
    ) {
        let leaves: Vec<_> = serials.iter().map(|serial| leaf(&row(*serial))).collect();
        let (key, digest) = leaves[at.index(leaves.len())];
        let mut before = Tree::new(leaves.clone());
        before.set(key, Some([3; 32]));
        let bucket = key.bucket();
        let needed = Nodes::needed(&[bucket].into());
        prop_assert_eq!(needed.len(), 64);
        let mut read = Nodes::default();
        for path in needed {
            if let Some(known) = before.nodes().get(path) {
                read.insert(path, known);
            }
        }
        let after = Tree::new(leaves);
        let mut rows = after.bucket(bucket);
        rows.reverse();
        prop_assert!(rows.contains(&(key, digest)));
        let changed = read.climb(&[(bucket, bucket_digest(rows))].into());
        prop_assert_eq!(changed.len(), 5);
        prop_assert_eq!(read.root(), after.nodes().root());
    }
}
