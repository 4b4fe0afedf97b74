use proptest::prelude::*;

use super::*;
use crate::reason::Reason as _;

const PLAIN: Side = Side {
    registered: false,
    recorded: false,
    merged: false,
    survives_others: false,
};

#[test]
fn one_registration_stays_and_no_chain_is_made() {
    let formerly = Side {
        recorded: true,
        ..PLAIN
    };
    let registered = Side {
        registered: true,
        ..formerly
    };
    let merged = Side {
        merged: true,
        ..PLAIN
    };
    let survivor = Side {
        survives_others: true,
        ..PLAIN
    };
    for (away, stays) in [
        (PLAIN, registered),
        (PLAIN, survivor),
        (formerly, formerly),
        (formerly, registered),
    ] {
        assert_eq!(check_merge(away, stays), Ok(()));
    }
    for (pair, reason) in [
        ((registered, registered), "PERSONS_BOTH_REGISTERED"),
        ((registered, PLAIN), "PERSON_MERGE_OTHER_WAY"),
        ((formerly, PLAIN), "PERSON_MERGE_OTHER_WAY"),
        ((merged, PLAIN), "PERSON_MERGED"),
        ((survivor, PLAIN), "PERSON_MERGED"),
        ((PLAIN, merged), "PERSON_MERGED"),
    ] {
        let refused = check_merge(pair.0, pair.1).expect_err("refused");
        assert_eq!(refused.reason(), reason);
        assert!(!refused.text().zh.is_empty(), "says what cures it");
    }
}

/// What officers and provinces do to four ids.
#[derive(Debug, Clone, Copy)]
enum Step {
    Merge { away: usize, stays: usize },
    Split { away: usize },
    Register { who: usize },
    End { who: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let one = 0_usize..4;
    prop_oneof![
        (one.clone(), one.clone()).prop_map(|(away, stays)| Step::Merge { away, stays }),
        one.clone().prop_map(|away| Step::Split { away }),
        one.clone().prop_map(|who| Step::Register { who }),
        one.prop_map(|who| Step::End { who }),
    ]
}

/// Ids as the register keeps them.
#[derive(Debug, Default)]
struct Ids {
    survivor: [Option<usize>; 4],
    registered: [bool; 4],
    recorded: [bool; 4],
}

impl Ids {
    fn side(&self, who: usize) -> Side {
        Side {
            registered: self.registered[who],
            recorded: self.recorded[who],
            merged: self.survivor[who].is_some(),
            survives_others: self.survivor.contains(&Some(who)),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Merge { away, stays } => {
                if away != stays && check_merge(self.side(away), self.side(stays)).is_ok() {
                    self.survivor[away] = Some(stays);
                }
            }
            Step::Split { away } => self.survivor[away] = None,
            Step::Register { who } => {
                if check_beginning(self.side(who).merged).is_ok() {
                    self.registered[who] = true;
                    self.recorded[who] = true;
                }
            }
            Step::End { who } => self.registered[who] = false,
        }
    }
}

proptest! {
    #[test]
    fn in_whatever_order_a_human_being_has_one_registration(steps in proptest::collection::vec(step(), 0..40)) {
        let mut ids = Ids::default();
        for step in steps {
            ids.take(step);
            for who in 0..4 {
                let stands_for = ids.survivor[who].unwrap_or(who);
                prop_assert!(ids.survivor[stands_for].is_none(), "a chain: {ids:?}");
                let same = (0..4).filter(|other| ids.survivor[*other].unwrap_or(*other) == stands_for);
                prop_assert!(same.filter(|other| ids.registered[*other]).count() <= 1, "{ids:?}");
                prop_assert!(ids.recorded[stands_for] || !ids.recorded[who] , "a number is lost: {ids:?}");
            }
        }
    }
}
