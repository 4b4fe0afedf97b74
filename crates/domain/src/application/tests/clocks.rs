//! Limits of the authorities: pauses, the extension, and what silence means.

use proptest::prelude::*;

use super::*;
use crate::calendar::{day_of, plus_days};
use crate::validity::{LeapDay, RenewalRule, Validity};

fn calendar() -> &'static HolidayCalendar {
    HolidayCalendar::official()
}

fn clock(application: &Application, since: Timestamp) -> StepClock {
    application.start_clock(guide(), since).expect("a limit runs")
}

/// Ready to be decided by the ministry since day 4: no specialty of it is co-reviewed.
fn reviewed() -> Application {
    let submitted = submitted(guide(), &[Specialty::Building]);
    let accepted = moved(submitted.accept(guide(), province(100), held(), at(2)));
    moved(accepted.record_review(guide(), province(101), true, "", at(4)))
}

fn renewal(timely: bool) -> Application {
    let filing = Filing {
        renewal: Some(RenewalFiling {
            ends_on: day_of(at(40)),
            timely,
        }),
        ..filing(guide())
    };
    moved(confirmed(ApplicationType::Renewal, &[Specialty::Building]).submit(&filing, account(10), at(1)))
}

#[test]
fn every_step_has_its_limit_and_its_authority() {
    let province_of = Authority::Province(jiangsu());
    for (application, step, authorities, days) in [
        (submitted(guide(), HYDROPOWER), Step::Accept, vec![province_of], 5),
        (accepted(), Step::Review, vec![province_of], 20),
        (
            joint_pending(),
            Step::JointReview,
            vec![Authority::JointReviewer(JointReviewer::WaterResources)],
            10,
        ),
        (reviewed(), Step::Decide, vec![Authority::Ministry], 20),
        (decided(), Step::Announce, vec![province_of], 10),
    ] {
        let clock = clock(&application, at(4));
        assert_eq!((clock.step, &clock.authorities), (step, &authorities));
        let deadline = calendar().deadline(day_of(at(4)), days);
        assert_eq!(clock.deadline(calendar()), Some(deadline), "{step}");
    }
    assert_eq!(
        publicized().start_clock(guide(), at(4)),
        None,
        "the public's days, nobody's limit"
    );
}

#[test]
fn a_hearing_stops_the_clock_and_what_it_took_does_not_count() {
    let file = reviewed();
    let running = clock(&file, at(4));
    let expert = (PauseGround::ExpertReview, 30);
    let pause = |officer, (ground, days): (PauseGround, u16), reason: &str, day| {
        let (file, clock) = (file.clone(), running.clone());
        file.pause_clock(clock, officer, (ground, days), reason, calendar(), at(day))
    };
    for (result, reason) in [
        (pause(province(101), expert, "论证", 8), "WRONG_AUTHORITY"),
        (pause(ministry(1), expert, " ", 8), "GROUNDS_MISSING"),
        (
            pause(ministry(1), (PauseGround::Hearing, 0), "听证", 8),
            "PAUSE_LENGTH",
        ),
        (pause(ministry(1), expert, "论证", 60), "LIMIT_OVER"),
    ] {
        assert_eq!(result.expect_err("no pause").reason(), reason);
    }
    let (stopped, paused, event) = pause(ministry(1), expert, "论证", 8).expect("stopped");
    assert_eq!(
        (event.act, event.from, event.to),
        (Act::PauseClock, StateKind::Reviewed, StateKind::Reviewed)
    );
    assert_eq!(event.article, "行政许可法 art 45");
    assert_eq!(paused.deadline(calendar()), None);
    assert!(!paused.is_overrun(calendar(), day_of(at(200))));
    assert!(
        paused
            .open_pause()
            .expect("open")
            .reason
            .contains("专家评审：论证（预计30日）")
    );
    let again = stopped
        .clone()
        .pause_clock(paused.clone(), ministry(1), expert, "论证", calendar(), at(9));
    assert_eq!(again.expect_err("stopped already").reason(), "CLOCK_PAUSED");
    let (_, resumed, _) = stopped
        .clone()
        .resume_clock(paused, ministry(2), at(38))
        .expect("runs again");
    let lost = calendar().working_days_between(plus_days(day_of(at(8)), -1), plus_days(day_of(at(38)), -1));
    let before = running.deadline(calendar()).expect("a day").day;
    let after = resumed.deadline(calendar()).expect("a day").day;
    assert_eq!(calendar().working_days_between(before, after), lost);
    let running_again = stopped.resume_clock(resumed, ministry(2), at(39));
    assert_eq!(running_again.expect_err("it runs").reason(), "CLOCK_NOT_PAUSED");
    let early = submitted(guide(), HYDROPOWER);
    let accept = clock(&early, at(1));
    let silence = early.pause_clock(accept, province(100), expert, "论证", calendar(), at(2));
    assert_eq!(
        silence.expect_err("silence cannot be bought").reason(),
        "APPLICATION_STATE"
    );
}

#[test]
fn a_decision_is_extended_once_by_another_who_answers_for_it() {
    let file = reviewed();
    let running = clock(&file, at(4));
    let nothing = file
        .clone()
        .extend_limit(running.clone(), guide(), ministry(2), calendar(), at(8));
    assert_eq!(
        nothing.expect_err("not asked for").reason(),
        "EXTENSION_NOT_REQUESTED"
    );
    let asked = file.request_extension(running.clone(), ministry(1), "案情复杂", calendar(), at(8));
    let (file, asked, _) = asked.expect("asked");
    assert_eq!(
        asked.deadline(calendar()),
        running.deadline(calendar()),
        "asking changes nothing"
    );
    let own = file
        .clone()
        .extend_limit(asked.clone(), guide(), ministry(1), calendar(), at(9));
    assert_eq!(own.expect_err("own request").reason(), "SAME_OFFICER");
    let other = file
        .clone()
        .extend_limit(asked.clone(), guide(), province(3), calendar(), at(9));
    assert_eq!(other.expect_err("another authority").reason(), "WRONG_AUTHORITY");
    let late = file
        .clone()
        .extend_limit(asked.clone(), guide(), ministry(2), calendar(), at(60));
    assert_eq!(late.expect_err("over").reason(), "LIMIT_OVER");
    let (file, extended, event) = file
        .extend_limit(asked, guide(), ministry(2), calendar(), at(9))
        .expect("extended");
    assert_eq!(event.article, "行政许可法 art 42");
    assert_eq!(
        extended.deadline(calendar()),
        Some(calendar().deadline(day_of(at(4)), 30))
    );
    let twice = file.request_extension(extended, ministry(1), "再延", calendar(), at(10));
    assert_eq!(twice.expect_err("once").reason(), "ALREADY_EXTENDED");
    let early = accepted();
    let review = clock(&early, at(2));
    let not_the_decision = early.request_extension(review, province(100), "忙", calendar(), at(3));
    assert_eq!(
        not_the_decision.expect_err("decisions only").reason(),
        "APPLICATION_STATE"
    );
}

#[test]
fn silence_counts_as_acceptance_from_the_receipt_and_the_clock_does_it() {
    let file = submitted(guide(), HYDROPOWER);
    let running = clock(&file, at(1));
    let last = running.deadline(calendar()).expect("a day").day;
    let early = file
        .clone()
        .deem_accepted(&running, calendar(), Claim::Pending, start_of(last));
    assert_eq!(refused(early), "LIMIT_RUNS");
    let next = start_of(plus_days(last, 1));
    let (deemed, event) = file
        .deem_accepted(&running, calendar(), Claim::Pending, next)
        .expect("deemed accepted");
    assert_eq!(
        (event.actor, event.act, event.at),
        (Actor::Clock, Act::DeemAccepted, next)
    );
    let acceptance = deemed.state().acceptance().expect("accepted");
    assert_eq!((acceptance.by, acceptance.at), (None, at(1)));
    assert!(
        deemed.state().steps_taken().is_empty(),
        "no officer took the step"
    );
    let reviewed = deemed.record_review(guide(), province(100), true, "", next);
    assert!(reviewed.is_ok(), "any officer may review: nobody accepted");
}

#[test]
fn an_undecided_timely_renewal_counts_as_granted_after_its_end() {
    let accepted = |timely| moved(renewal(timely).accept(guide(), province(100), held(), at(2)));
    assert_eq!(refused(renewal(true).deem_renewed(at(41))), "APPLICATION_STATE");
    assert_eq!(refused(accepted(false).deem_renewed(at(41))), "APPLICATION_STATE");
    assert_eq!(refused(accepted(true).deem_renewed(at(40))), "LIMIT_RUNS");
    let (deemed, event) = accepted(true).deem_renewed(at(41)).expect("deemed renewed");
    assert_eq!((event.actor, event.to), (Actor::Clock, StateKind::DeemedRenewed));
    assert_eq!(event.article, "行政许可法 art 50");
    assert!(deemed.state().kind().is_final() && deemed.state().acceptance().is_some());
    let reviewed = moved(accepted(true).record_review(guide(), province(101), true, "", at(3)));
    assert_eq!(
        reviewed.undecided_renewal().map(|filing| filing.ends_on),
        Some(day_of(at(40)))
    );
    let granted = moved(reviewed.grant(guide(), ministry(1), &[], at(4)));
    assert_eq!(granted.undecided_renewal(), None);
    assert_eq!(
        refused(granted.deem_renewed(at(41))),
        "APPLICATION_STATE",
        "decided in time"
    );
}

proptest! {
    #[test]
    fn pauses_and_extensions_only_ever_move_a_deadline_on_by_what_they_took(
        start in 0i32..7000, days in 1u16..30, gaps in prop::collection::vec((0i32..10, 0i32..15), 0..4), more in 0u16..11
    ) {
        let started = plus_days(date(2005, 1, 3), start);
        let mut limit = crate::calendar::TimeLimit { started, working_days: days, pauses: Vec::new() };
        let plain = limit.deadline(calendar()).expect("running").day;
        let mut day = started;
        let mut lost = 0;
        for (gap, length) in gaps {
            let from = plus_days(day, gap + 1);
            // A pause begins before the limit is over.
            if from > limit.deadline(calendar()).expect("running").day {
                break;
            }
            let to = plus_days(from, length - 1);
            limit.pauses.push(crate::calendar::Pause { from, to: Some(to), reason: String::new() });
            lost += calendar().working_days_between(plus_days(from, -1), to.max(plus_days(from, -1)));
            day = to.max(from);
        }
        let paused = limit.deadline(calendar()).expect("running").day;
        prop_assert_eq!(calendar().working_days_between(plain, paused), lost);
        limit.working_days += more;
        let extended = limit.deadline(calendar()).expect("running").day;
        prop_assert_eq!(calendar().working_days_between(paused, extended), u32::from(more));
        prop_assert!(calendar().kind_of(extended).working);
    }

    #[test]
    fn a_renewal_is_timely_up_to_the_thirtieth_day_before_its_first_end(
        start in 0i32..6000, other in 0i32..400, filed_before in 0i32..120
    ) {
        let term = Validity::initial(plus_days(date(2006, 1, 1), start), LeapDay::LastOfFebruary);
        let later = Validity { to: plus_days(term.to, other), ..term };
        let filed = plus_days(term.to, -filed_before);
        let filing = RenewalFiling::of([later, term], RenewalRule::default(), filed, None).expect("terms");
        prop_assert_eq!(filing.ends_on, term.to);
        prop_assert_eq!(filing.timely, (30..=90).contains(&filed_before));
    }
}
