//! Random walks: whatever anybody tries in whatever order, nothing is announced that did not pass every gate.

use super::*;

/// A small generator of its own, so that a failing walk can be named by its seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn officer(&mut self) -> Officer {
        let n = u128::from(self.below(3));
        match self.below(4) {
            0 => ministry(n),
            1 => water(n),
            _ => province(n),
        }
    }

    fn claim(&mut self) -> Claim {
        match self.below(3) {
            0 => Claim::Pending,
            _ => held(),
        }
    }
}

fn attempt(application: Application, draw: &mut Draw, day: i32, mostly: &'static PolicyProfile) -> Moved {
    let policy = match draw.below(8) {
        0 => direct(),
        1 => guide(),
        _ => mostly,
    };
    let officer = draw.officer();
    let favourable = draw.below(6) != 0;
    let (holder, now) = (account(10), at(day));
    match draw.below(26) {
        25 => {
            let successor = EmployerId::from_uuid(uuid(90 + u128::from(draw.below(2))));
            let from = application.rests_on().unwrap_or(successor);
            application.follow_employer((from, successor), now)
        }
        0 => application.request_employment(holder, now),
        1 => application.confirm_employment(account(11), now),
        2 | 3 => application.submit(&filing(policy), holder, now),
        4 => application.request_correction(policy, officer, vec!["补充".to_owned()], now),
        5 | 6 => application.accept(policy, officer, draw.claim(), now),
        7 | 8 => application.record_review(policy, officer, favourable, "理由", now),
        9 => application.request_joint_review(policy, officer, now),
        10 => {
            let specialty = Specialty::WaterAndHydropower;
            application.record_joint_review(policy, officer, specialty, favourable, "理由", now)
        }
        11 | 12 => application.grant(policy, officer, &[], now),
        13 => {
            let opens = crate::calendar::day_of(now);
            let closes = crate::calendar::plus_days(opens, 12 + i32::try_from(draw.below(6)).unwrap_or(0));
            let publicity = (PublicityId::from_uuid(uuid(30)), opens, closes);
            application.open_publicity(policy, HolidayCalendar::official(), officer, publicity, now)
        }
        14 => match draw.below(4) {
            0 => application.raise_objection(ObjectionId::from_uuid(uuid(60)), now),
            _ => application.resolve_objection(
                policy,
                officer,
                (ObjectionId::from_uuid(uuid(60)), favourable),
                "理由",
                now,
            ),
        },
        15 => application.close_publicity(Actor::System, now),
        16 => {
            let hash = if draw.below(4) == 0 { "other" } else { HASH };
            application.clear(
                policy,
                ClearanceGrant {
                    announce_by: at(day + 3),
                    ..grant()
                },
                hash,
                now,
            )
        }
        17 => application.settle_claim(draw.claim(), now),
        18 => application.revise(holder, now),
        19 => application.hand_over(draw.below(3) != 0, holder, now),
        20 => application.confirm_and_complete(&filing(policy), account(11), now),
        21 if draw.below(4) == 0 => application.return_for_review(policy, "REGISTRATION_ENDED", now),
        21 | 22 => application.complete(policy, grant(), HASH, now),
        // What ends a walk is rare.
        23 => match draw.below(90) {
            0 => application.withdraw(Actor::Holder { account: holder }, "不再办理", now),
            1 => application.withdraw(Actor::Officer(officer), "证据不足", now),
            2 | 3 => application.reject_employment(account(11), "未解除", now),
            4 => {
                let evidence = TerminationEvidence::Judgment {
                    material: MaterialId::from_uuid(uuid(70)),
                };
                let ended_on = date(2026, 2, 28);
                let termination = Termination { ended_on, evidence };
                application.show_termination(termination, Actor::Holder { account: holder }, now)
            }
            5 => application.refuse(policy, officer, &[], "理由", now),
            6..20 => application.release_clearance(Actor::System, now),
            _ => application.file_on_own_motion(&filing(policy), officer, now),
        },
        24 if draw.below(2) == 0 => application.submit_by_employer(&filing(policy), account(11), now),
        _ => application.announce(policy, officer, notice(), SKEW, now),
    }
}

fn assert_every_gate_was_passed(application: &Application) {
    let ApplicationState::Announced(announced) = application.state() else {
        return;
    };
    let policy = PolicyBook::builtin()
        .find(application.policy.as_ref().expect("submitted"))
        .expect("known");
    let decision = &announced.cleared.decision;
    let acceptance = &decision.reviewed.acceptance;
    assert_eq!(decision.verdict, Verdict::Granted);
    assert_eq!(
        acceptance.by.map(|by| by.authority),
        Some(policy.accepting_authority.of(application.jurisdiction))
    );
    assert_eq!(
        decision.by.authority,
        policy.deciding_authority.of(application.jurisdiction)
    );
    assert_eq!(
        announced.by.authority,
        policy.announcing_authority.of(application.jurisdiction)
    );
    assert!(acceptance.claim.is_settled());
    assert!(announced.at + SKEW <= announced.cleared.announce_by);
    assert_eq!(announced.cleared.application_hash, HASH);
    for required in policy.joint_reviews(application.kind, &application.specialties) {
        let opinion = decision
            .joint
            .iter()
            .find(|known| known.specialty == required.0)
            .expect("joint review");
        assert!(opinion.opinion.favourable);
        assert_eq!(opinion.opinion.by.authority, Authority::JointReviewer(required.1));
    }
    assert_eq!(decision.reviewed.opinion.is_some(), policy.provincial_review);
    if let Some(opinion) = &decision.reviewed.opinion {
        assert_ne!(Some(opinion.by.id), acceptance.by.map(|by| by.id));
    }
    match policy.publicity_days(application.kind) {
        Some(days) => {
            let publicity = announced.cleared.publicity.as_ref().expect("publicity");
            let least = HolidayCalendar::official().deadline(publicity.opens_on, days).day;
            assert!(publicity.closes_on >= least);
            assert!(crate::calendar::day_of(announced.cleared.at) > publicity.closes_on);
        }
        None => assert!(announced.cleared.publicity.is_none()),
    }
}

/// Every move is in the table that docs/lifecycles.md shows, from a state that is not final.
fn assert_a_documented_move(seed: u64, from: StateKind, next: &Application, event: &ApplicationEvent) {
    assert!(!from.is_final(), "seed {seed}: moved on from {from}");
    assert_eq!((event.from, event.to), (from, next.state().kind()), "seed {seed}");
    assert!(
        documented(event.act, event.from, event.to),
        "seed {seed}: {} from {} to {} is not documented",
        event.act,
        event.from,
        event.to
    );
}

/// A cancellation ends only by an announcement past every gate, or by the word of both parties where the policy says so.
fn assert_both_parties_spoke(seed: u64, application: &Application) {
    let ApplicationState::Completed(completed) = application.state() else {
        return;
    };
    let details = application.cancellation().expect("only cancellations complete");
    let book = PolicyBook::builtin();
    let policy = book
        .find(application.policy.as_ref().expect("fixed"))
        .expect("known");
    assert!(application.completes_at_confirmation(policy), "seed {seed}");
    assert!(details.commitment && details.whole, "seed {seed}");
    assert_eq!(details.initiator, CancellationInitiator::Holder, "seed {seed}");
    assert!(completed.submission.confirmation.is_some(), "seed {seed}");
}

#[test]
fn no_sequence_of_moves_leads_a_type_where_the_lifecycle_does_not() {
    let mut ends = std::collections::BTreeMap::<(&str, StateKind), u32>::new();
    let kinds = [
        (ApplicationType::Cancellation, CancellationInitiator::Holder, true),
        (
            ApplicationType::Cancellation,
            CancellationInitiator::Holder,
            false,
        ),
        (
            ApplicationType::Cancellation,
            CancellationInitiator::Employer,
            true,
        ),
        (
            ApplicationType::Cancellation,
            CancellationInitiator::Authority,
            true,
        ),
        (ApplicationType::Correction, CancellationInitiator::Holder, true),
        (ApplicationType::SealReissue, CancellationInitiator::Holder, true),
        (ApplicationType::Addition, CancellationInitiator::Holder, true),
        (
            ApplicationType::Reregistration,
            CancellationInitiator::Holder,
            true,
        ),
    ];
    for seed in 0..480 {
        let mut draw = Draw(seed);
        let (kind, initiator, whole) = kinds[usize::try_from(seed).expect("small") % kinds.len()];
        let mostly = if seed % 16 < 8 { direct() } else { guide() };
        let mut new = new(kind, &[Specialty::Building]);
        if kind == ApplicationType::Cancellation {
            new.particulars = Particulars::Cancellation(cancelling(initiator, whole));
        }
        let actor = match initiator {
            CancellationInitiator::Holder => Actor::Holder { account: account(10) },
            CancellationInitiator::Employer => Actor::Registrar { account: account(11) },
            CancellationInitiator::Authority => Actor::Officer(province(0)),
        };
        let mut application = moved(Application::create_by(new, actor, at(0)));
        let mut day = 0;
        for _ in 0..1_500 {
            day += i32::from(draw.below(6) == 0);
            let from = application.state().kind();
            if let Ok((next, event)) = attempt(application.clone(), &mut draw, day, mostly) {
                assert_a_documented_move(seed, from, &next, &event);
                assert_eq!(next.kind, kind);
                application = next;
            }
        }
        assert_every_gate_was_passed(&application);
        assert_both_parties_spoke(seed, &application);
        if application.state().acceptance().is_some() && initiator == CancellationInitiator::Authority {
            let acceptance = application.state().acceptance().expect("filed");
            assert!(acceptance.submission.confirmation.is_none());
        }
        let by = if kind == ApplicationType::Cancellation {
            initiator.name()
        } else {
            kind.name()
        };
        *ends.entry((by, application.state().kind())).or_default() += 1;
    }
    let reached = |by, state| ends.get(&(by, state)).copied().unwrap_or_default();
    assert!(reached("本人", StateKind::Completed) > 0, "{ends:?}");
    for by in [
        "本人",
        "聘用单位",
        "注册机关",
        "信息更正",
        "执业印章补办",
        "增项注册",
        "重新注册",
    ] {
        assert!(reached(by, StateKind::Announced) > 0, "{by}: {ends:?}");
    }
    for by in ["聘用单位", "注册机关", "信息更正"] {
        assert_eq!(reached(by, StateKind::Completed), 0, "{by}: {ends:?}");
    }
}

#[test]
fn nothing_is_announced_that_did_not_pass_every_gate() {
    let mut announced = 0;
    for seed in 0..400 {
        let mut draw = Draw(seed);
        let specialty = if seed % 2 == 0 {
            Specialty::WaterAndHydropower
        } else {
            Specialty::Building
        };
        let mut application = moved(Application::create(
            new(ApplicationType::Initial, &[specialty]),
            account(10),
            at(0),
        ));
        let mut day = 0;
        for _ in 0..2_000 {
            day += i32::from(draw.below(6) == 0);
            let from = application.state().kind();
            if let Ok((next, event)) = attempt(application.clone(), &mut draw, day, guide()) {
                assert_a_documented_move(seed, from, &next, &event);
                application = next;
            }
        }
        announced += u32::from(application.state().kind() == StateKind::Announced);
        assert_every_gate_was_passed(&application);
    }
    assert!(
        announced > 40,
        "only {announced} walks reached the announcement: the test says little"
    );
}
