//! 失效: recorded by two officers, effective at once, told to the nation, undone with both records kept.

use std::collections::BTreeMap;

use api::exchange::v1 as exchange;
use api::exchange::v1::provincial_event::Event;
use api::exchange::v1::pull_changes_response::Event as News;
use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, EndCause, NotificationKind as Kind, SealReissueReason, StatusCode};
use jiff::ToSpan as _;
use postgres::sqlx;
use tonic::Status;
use wire::create_application_request::Details;
use wire::lapse::State;
use wire::lapse_row::State as Row;
use wire::record_lapse_request::Subject;

use crate::notifying::kinds;
use crate::story::paper;
use crate::world::{Actor, Employment, Holder, World, id, officer, reason, wire as day};

pub(crate) fn named(holder: &Holder) -> String {
    format!("persons/{}", holder.id)
}

impl World {
    pub(crate) fn recording(&self, subject: Subject, ground: wire::LapseGround) -> wire::RecordLapseRequest {
        wire::RecordLapseRequest {
            request_id: id(),
            subject: Some(subject),
            ground: ground.into(),
            effective_on: Some(day(self.today())),
            reference: "（2024）苏01破7号".to_owned(),
            statement: String::new(),
            evidence: vec![paper("%PDF-1.7 破产裁定书".as_bytes())],
            report: String::new(),
        }
    }

    pub(crate) async fn record_lapse(
        &self,
        actor: &Actor,
        message: wire::RecordLapseRequest,
    ) -> Result<wire::Lapse, Status> {
        let answer = self.lapses().record_lapse(self.signed(actor, message)).await?;
        Ok(answer.into_inner().lapse.expect("the record comes back"))
    }

    async fn undo(&self, actor: &Actor, name: &str, people: &[&Holder]) -> Result<wire::Lapse, Status> {
        let message = wire::UndoLapseRequest {
            request_id: id(),
            name: name.to_owned(),
            people: people.iter().map(|one| named(one)).collect(),
            reference: "（2024）苏01民终9号".to_owned(),
            statement: "判决确认劳动关系存续".to_owned(),
            evidence: vec![paper("%PDF-1.7 判决书".as_bytes())],
        };
        let answer = self.lapses().undo_lapse(self.signed(actor, message)).await?;
        Ok(answer.into_inner().lapse.expect("the record comes back"))
    }

    pub(crate) async fn confirm_lapse(&self, actor: &Actor, name: &str) -> Result<wire::Lapse, Status> {
        Ok(self.confirm_as(actor, name, &id()).await?.lapse.expect("shown"))
    }

    async fn confirm_as(
        &self,
        actor: &Actor,
        name: &str,
        request_id: &str,
    ) -> Result<wire::ConfirmLapseResponse, Status> {
        let message = wire::ConfirmLapseRequest {
            request_id: request_id.to_owned(),
            name: name.to_owned(),
        };
        let answer = self.lapses().confirm_lapse(self.signed(actor, message)).await?;
        Ok(answer.into_inner())
    }

    pub(crate) async fn refuse_lapse(
        &self,
        actor: &Actor,
        name: &str,
        grounds: &str,
    ) -> Result<wire::Lapse, Status> {
        let message = wire::RefuseLapseRequest {
            request_id: id(),
            name: name.to_owned(),
            grounds: grounds.to_owned(),
        };
        let answer = self.lapses().refuse_lapse(self.signed(actor, message)).await?;
        Ok(answer.into_inner().lapse.expect("the record comes back"))
    }

    async fn lapse(&self, name: &str) -> wire::Lapse {
        let message = wire::GetLapseRequest {
            name: name.to_owned(),
        };
        let request = self.signed(&officer("provinces/32"), message);
        let answer = self.lapses().get_lapse(request).await.expect("shown");
        answer.into_inner().lapse.expect("the record comes back")
    }

    async fn lapses_of(&self, actor: &Actor, person: &str) -> Result<Vec<wire::Lapse>, Status> {
        let message = wire::ListLapsesRequest {
            filter: Some(wire::list_lapses_request::Filter::Person(person.to_owned())),
            ..Default::default()
        };
        let answer = self.lapses().list_lapses(self.signed(actor, message)).await?;
        Ok(answer.into_inner().lapses)
    }

    async fn lapse_rows(&self, name: &str) -> BTreeMap<String, wire::LapseRow> {
        let (mut rows, mut page_token) = (BTreeMap::new(), String::new());
        loop {
            let message = wire::ListLapseRowsRequest {
                lapse: name.to_owned(),
                page_size: 200,
                page_token,
            };
            let request = self.signed(&officer("provinces/32"), message);
            let page = self
                .lapses()
                .list_lapse_rows(request)
                .await
                .expect("listed")
                .into_inner();
            rows.extend(page.rows.into_iter().map(|row| (row.person.clone(), row)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return rows;
            }
        }
    }

    fn lapsed(&self) -> Vec<exchange::LapseApplied> {
        let events = self.nation.register().events.clone();
        let rows = events.into_iter().filter_map(|event| match event.event {
            Some(Event::LapseApplied(row)) => Some(row),
            _ => None,
        });
        rows.collect()
    }

    /// The reasons of refusals on record under a verb.
    async fn refusals(&self, verb: &str) -> Vec<String> {
        let mut owner = self.database.owner_connection().await;
        let rows = sqlx::query_scalar(
            "SELECT reason FROM shared.audit WHERE verb = $1 AND outcome = 'refused' ORDER BY id",
        );
        let rows = rows.bind(verb.to_owned()).fetch_all(&mut owner).await;
        rows.expect("the audit can be read")
    }

    /// So many more who are registered with the employer of somebody, in the tables that the service itself reads; the
    /// first of them from a later day on. Returns that one.
    async fn colleagues(&self, of: &Holder, count: i32, later_by: i32) -> String {
        let mut owner = self.database.owner_connection().await;
        let clone = "WITH made AS (
                INSERT INTO registration.person (id, wrapped_key, sealed_facts, document_index, fetched_at)
                SELECT gen_random_uuid(), wrapped_key, sealed_facts, document_index || int4send(n), fetched_at
                FROM registration.person, generate_series(1, $2) AS n WHERE id = $1
                RETURNING id),
             numbered AS (SELECT id, row_number() OVER () AS n FROM made)
             INSERT INTO registration.active_registration (person_id, registration_number, employer_id, specialties,
                 announced_at, application_id, position, employer_title)
             SELECT numbered.id, '苏1322022202' || lpad((n + 40000)::text, 7, '0'), employer_id,
                 CASE WHEN n = 1 THEN replace(specialties::text, $3, $4)::jsonb ELSE specialties END,
                 announced_at, application_id, position, employer_title
             FROM registration.active_registration, numbered WHERE person_id = $1
             RETURNING person_id, specialties::text";
        let begins = self.registration(of).await.expect("registered").specialties;
        let from = begins.first().and_then(|one| one.valid_from).expect("a term");
        let from = jiff::civil::date(
            i16::try_from(from.year).expect("a year"),
            i8::try_from(from.month).expect("a month"),
            i8::try_from(from.day).expect("a day"),
        );
        let later = from.checked_add(later_by.days()).expect("in range");
        let made: Vec<(uuid::Uuid, String)> = sqlx::query_as(clone)
            .bind(of.id)
            .bind(count)
            .bind(from.to_string())
            .bind(later.to_string())
            .fetch_all(&mut owner)
            .await
            .expect("cloned");
        let found = made.iter().find(|(_, terms)| terms.contains(&later.to_string()));
        format!("persons/{}", found.expect("one of them").0)
    }
}

pub(crate) async fn registered() -> (World, Holder, Employment) {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.registered(&holder, &firm).await;
    (world, holder, firm)
}

#[tokio::test]
async fn a_lapse_takes_two_officers_a_ground_a_day_and_papers_and_reaches_the_nation_at_once() {
    let (world, holder, firm) = registered().await;
    let (one, two) = (officer("provinces/32"), officer("provinces/32"));
    let person = || Subject::Person(named(&holder));
    let new = |ground| world.recording(person(), ground);
    let ended = wire::LapseGround::EmploymentEnded;
    let tomorrow = world.today().checked_add(1.day()).expect("in range");
    let mut wrong = paper(b"%PDF-1.7 other");
    wrong.content = b"%PDF-1.7 swapped".to_vec().into();
    let refused: Vec<(&str, Actor, wire::RecordLapseRequest)> = vec![
        (
            "LAPSE_SEEN_BY_DATE",
            one.clone(),
            new(wire::LapseGround::TermExpired),
        ),
        ("LAPSE_SEEN_BY_DATE", one.clone(), new(wire::LapseGround::OverAge)),
        ("LAPSE_STATEMENT", one.clone(), new(wire::LapseGround::Other)),
        ("WRONG_AUTHORITY", officer("ministry"), new(ended)),
        (
            "LAPSE_IN_FUTURE",
            one.clone(),
            wire::RecordLapseRequest {
                effective_on: Some(day(tomorrow)),
                ..new(ended)
            },
        ),
        (
            "LAPSE_EVIDENCE_MISSING",
            one.clone(),
            wire::RecordLapseRequest {
                evidence: Vec::new(),
                ..new(ended)
            },
        ),
        (
            "MATERIAL_DIGEST_DIFFERS",
            one.clone(),
            wire::RecordLapseRequest {
                evidence: vec![wrong],
                ..new(ended)
            },
        ),
        (
            "LAPSE_SUBJECT",
            one.clone(),
            world.recording(Subject::Employer(firm.name.clone()), ended),
        ),
    ];
    let expected: Vec<_> = refused.iter().map(|(reason, ..)| (*reason).to_owned()).collect();
    for (expected, actor, message) in refused {
        assert_eq!(reason(world.record_lapse(&actor, message).await), expected);
    }
    assert_eq!(
        world.refusals("record_lapse").await,
        expected,
        "refusals are on record"
    );

    let message = new(ended);
    let recorded = world.record_lapse(&one, message.clone()).await.expect("recorded");
    assert_eq!(recorded.state(), State::Proposed);
    assert_eq!(recorded.article, "153号 art 16(4)");
    let again = world.record_lapse(&one, message).await.expect("repeated");
    assert_eq!(again.name, recorded.name, "a repetition finds the first");
    assert!(
        world
            .registration(&holder)
            .await
            .expect("registered")
            .ended_at
            .is_none(),
        "no effect before the second officer"
    );
    assert_eq!(
        reason(world.confirm_lapse(&one, &recorded.name).await),
        "FOUR_EYES_SAME_OFFICER"
    );
    assert_eq!(world.refusals("confirm_lapse").await, ["FOUR_EYES_SAME_OFFICER"]);

    let request = id();
    let confirmed = world
        .confirm_as(&two, &recorded.name, &request)
        .await
        .expect("confirmed");
    let position = confirmed.position.expect("a position");
    assert_eq!(confirmed.lapse.as_ref().map(|one| one.applied), Some(1));
    let again = world
        .confirm_as(&two, &recorded.name, &request)
        .await
        .expect("repeated");
    assert_eq!(again.position.as_ref(), Some(&position));
    assert_eq!(
        reason(world.confirm_lapse(&two, &recorded.name).await),
        "FOUR_EYES_SETTLED"
    );
    let mirror = world.registration(&holder).await.expect("still shown");
    assert_eq!(mirror.end_cause, "已与聘用单位解除聘用合同关系");
    assert!(mirror.ended_at.is_some());
    world.nation.applied(position.value).await;
    let told = world.lapsed();
    let [told] = told.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        (told.cause(), told.employer.as_str()),
        (EndCause::EmploymentEnded, "")
    );
    assert_eq!(
        (told.person.as_str(), told.effective_on, told.decided_by.as_str()),
        (named(&holder).as_str(), Some(day(world.today())), "provinces/32")
    );
    let heard = kinds(&world.told(&holder.actor, "persons/me").await.expect("own"));
    assert_eq!(heard.last(), Some(&Kind::Lapsed));
    let heard = kinds(&world.told(&firm.registrar, &firm.name).await.expect("own"));
    assert_eq!(heard.last(), Some(&Kind::Lapsed));

    let read = wire::ReadLapseEvidenceRequest {
        name: recorded.evidence.first().expect("a paper").name.clone(),
    };
    let mut chunks = world
        .lapses()
        .read_lapse_evidence(world.signed(&two, read))
        .await
        .expect("opened")
        .into_inner();
    let chunk = chunks.message().await.expect("no fault").expect("a chunk").chunk;
    assert_eq!(chunk, "%PDF-1.7 破产裁定书".as_bytes());
}

#[tokio::test]
async fn a_wrong_lapse_is_undone_by_two_officers_and_both_records_stay() {
    let (world, holder, _) = registered().await;
    let (one, two) = (officer("provinces/32"), officer("provinces/32"));
    let before = world.registration(&holder).await.expect("registered");
    let message = world.recording(
        Subject::Person(named(&holder)),
        wire::LapseGround::EmploymentEnded,
    );
    let recorded = world.record_lapse(&one, message).await.expect("recorded");
    assert_eq!(
        reason(world.undo(&one, &recorded.name, &[]).await),
        "LAPSE_NOTHING_TO_UNDO"
    );
    world
        .confirm_lapse(&two, &recorded.name)
        .await
        .expect("confirmed");
    let undoing = world.undo(&one, &recorded.name, &[]).await.expect("recorded");
    assert_eq!(
        reason(world.confirm_lapse(&one, &undoing.name).await),
        "FOUR_EYES_SAME_OFFICER"
    );
    assert!(
        world
            .registration(&holder)
            .await
            .expect("shown")
            .ended_at
            .is_some(),
        "still lapsed until then"
    );
    let confirmed = world
        .confirm_as(&two, &undoing.name, &id())
        .await
        .expect("confirmed");
    let after = world.registration(&holder).await.expect("registered");
    assert_eq!(after, before, "as before: terms, number, certificate");
    world
        .nation
        .applied(confirmed.position.expect("a position").value)
        .await;
    let told = world.lapsed();
    let undone = world
        .nation
        .register()
        .events
        .last()
        .cloned()
        .and_then(|event| event.event);
    let Some(Event::LapseUndone(undone)) = undone else {
        panic!("an undoing")
    };
    assert_eq!(told.first().map(|row| &row.row), Some(&undone.undone_row));

    let shown = world.lapse(&recorded.name).await;
    assert_eq!((shown.applied, shown.undone), (0, 1));
    assert_eq!(shown.undone_by, std::slice::from_ref(&undoing.name));
    for (actor, person) in [(&one, named(&holder)), (&holder.actor, "persons/me".to_owned())] {
        let both = world.lapses_of(actor, &person).await.expect("listed");
        let names: Vec<_> = both.iter().map(|lapse| lapse.name.clone()).collect();
        assert_eq!(
            names,
            [recorded.name.clone(), undoing.name.clone()],
            "both stay visible"
        );
    }
    let other = world.person(2);
    assert_eq!(
        reason(world.lapses_of(&other.actor, &named(&holder)).await),
        "PERMISSION_DENIED"
    );
    let heard = kinds(&world.told(&holder.actor, "persons/me").await.expect("own"));
    assert_eq!(heard.last(), Some(&Kind::LapseUndone));
    assert_eq!(
        reason(world.undo(&one, &recorded.name, &[]).await),
        "LAPSE_NOTHING_TO_UNDO",
        "once"
    );

    // The register refuses the undoing: the lapse is in force again.
    world.nation.tell(News::LapseRefused(exchange::LapseRefused {
        person: named(&holder),
        row: undone.row,
        reason: "NOTHING_TO_UNDO".to_owned(),
    }));
    while world.lapse(&undoing.name).await.refused == 0 {
        tokio::task::yield_now().await;
    }
    let mirror = world.registration(&holder).await.expect("shown");
    assert_eq!(mirror.end_cause, "已与聘用单位解除聘用合同关系");
}

#[tokio::test]
async fn an_employer_of_many_lapses_in_batches_with_a_row_that_fails_and_one_that_is_refused() {
    const PEOPLE: usize = 520;
    let (world, holder, firm) = registered().await;
    let late = world.colleagues(&holder, 519, 5).await;
    let (one, two) = (officer("provinces/32"), officer("provinces/32"));
    let message = world.recording(
        Subject::Employer(firm.name.clone()),
        wire::LapseGround::EmployerBankrupt,
    );
    let events = world.nation.register().events.len();
    let recorded = world.record_lapse(&one, message).await.expect("recorded");
    let began = std::time::Instant::now();
    let confirmed = world
        .confirm_as(&two, &recorded.name, &id())
        .await
        .expect("confirmed");
    let first = confirmed.lapse.expect("shown");
    println!(
        "confirmed in {:?}: {} applied, {} failed",
        began.elapsed(),
        first.applied,
        first.failed
    );
    assert_eq!(first.applied + first.failed, 500, "one transaction");
    assert!(confirmed.position.is_some());
    let settled = loop {
        let shown = world.lapse(&recorded.name).await;
        if shown.waiting == 0 {
            break shown;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((settled.applied, settled.failed), (519, 1));
    let rows = world.lapse_rows(&recorded.name).await;
    assert_eq!(rows.len(), PEOPLE);
    let failed = &rows[&late];
    assert_eq!(
        (failed.state(), failed.reason.as_str()),
        (Row::Failed, "LAPSE_BEFORE_TERM")
    );
    assert!(
        failed
            .text
            .as_ref()
            .is_some_and(|text| text.zh.contains("依法撤销"))
    );
    world
        .nation
        .applied(u64::try_from(events + PEOPLE - 1).expect("small"))
        .await;
    println!("the nation has all of them after {:?}", began.elapsed());
    let told = world.lapsed();
    assert_eq!(told.len(), PEOPLE - 1);
    assert!(
        told.iter()
            .all(|row| row.employer == firm.name && row.cause() == EndCause::EmployerBankrupt)
    );
    assert!(told.iter().all(|row| row.person != late));

    let refused = told
        .iter()
        .find(|row| row.person == named(&holder))
        .expect("a row");
    world.nation.tell(News::LapseRefused(exchange::LapseRefused {
        person: refused.person.clone(),
        row: refused.row.clone(),
        reason: "CLEARANCE_OPEN".to_owned(),
    }));
    while world.lapse(&recorded.name).await.refused == 0 {
        tokio::task::yield_now().await;
    }
    let mirror = world.registration(&holder).await.expect("registered");
    assert!(mirror.ended_at.is_none(), "what the register refused is put back");
    let other = told
        .iter()
        .find(|row| row.person != named(&holder))
        .expect("a row");
    let person: uuid::Uuid = other
        .person
        .trim_start_matches("persons/")
        .parse()
        .expect("an id");
    let wrong = Holder { id: person, ..holder };
    let undoing = world
        .undo(&one, &recorded.name, &[&wrong])
        .await
        .expect("recorded");
    let undone = world.confirm_lapse(&two, &undoing.name).await.expect("confirmed");
    assert_eq!(undone.applied, 1, "for the one named alone");
    assert_eq!(
        world.lapse_rows(&recorded.name).await[&other.person].state(),
        Row::Undone
    );
}

#[tokio::test]
async fn what_is_cleared_is_announced_first_and_an_open_application_comes_to_nothing_after_a_lapse() {
    let (world, holder, firm) = registered().await;
    let (one, two) = (officer("provinces/32"), officer("provinces/32"));
    let lost = wire::SealReissueDetails {
        reason: SealReissueReason::Lost.into(),
        ..Default::default()
    };
    let said = || (&[][..], Some(Details::SealReissue(lost.clone())));
    let reissue = ApplicationType::SealReissue;
    let cleared = world.filed(&holder, &firm, reissue, said()).await.expect("filed");
    world.granted(&cleared).await;
    world
        .stands(&holder, &cleared, wire::application::State::Cleared)
        .await;
    let message = || {
        let subject = Subject::Person(named(&holder));
        world.recording(subject, wire::LapseGround::EmploymentEnded)
    };
    assert_eq!(
        reason(world.record_lapse(&one, message()).await),
        "APPLICATION_CLEARED"
    );
    world.publish(&[&cleared]).await.expect("announced");

    let open = world.filed(&holder, &firm, reissue, said()).await.expect("filed");
    world.accept_application(&one, &open, "").await.expect("accepted");
    let recorded = world.record_lapse(&one, message()).await.expect("recorded");
    world
        .confirm_lapse(&two, &recorded.name)
        .await
        .expect("confirmed");
    let shown = world.application(&holder.actor, &open).await.expect("shown");
    assert_eq!(
        shown.state(),
        wire::application::State::Accepted,
        "the file stands where it stood"
    );
    world
        .record_review(&two, &open, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
    let granted = world
        .decide_application(&officer("ministry"), &open, true, "")
        .await;
    assert_eq!(
        crate::story::rules(granted),
        ["NOT_REGISTERED"],
        "but cannot be granted any more"
    );
    let withdrawn = world.withdraw_application(&holder.actor, &open, "已失效").await;
    assert_eq!(
        withdrawn.expect("withdrawn").state(),
        wire::application::State::Withdrawn
    );
}

#[tokio::test]
async fn what_the_nation_does_to_a_registration_is_seen_and_told_here() {
    let (world, holder, firm) = registered().await;
    let at = || Some(api::convert::instant(world.now()));
    let taken = |status: StatusCode| exchange::NationalActTaken {
        person: named(&holder),
        status_code: status.into(),
        cause: 0,
        until: None,
        at: at(),
    };
    let until = world.today().checked_add(90.days()).expect("in range");
    world
        .nation
        .tell(News::NationalActTaken(exchange::NationalActTaken {
            until: Some(day(until)),
            ..taken(StatusCode::Suspended)
        }));
    let suspended = loop {
        let shown = world.registration(&holder).await.expect("registered");
        if shown.suspended_at.is_some() {
            break shown;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(suspended.suspended_until, Some(day(until)));
    world
        .nation
        .tell(News::NationalActTaken(taken(StatusCode::Valid)));
    while world
        .registration(&holder)
        .await
        .expect("registered")
        .suspended_at
        .is_some()
    {
        tokio::task::yield_now().await;
    }
    world
        .nation
        .tell(News::NationalActTaken(exchange::NationalActTaken {
            cause: EndCause::Penalty.into(),
            ..taken(StatusCode::Stripped)
        }));
    let stripped = loop {
        let shown = world.registration(&holder).await.expect("registered");
        if shown.ended_at.is_some() {
            break shown;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(stripped.end_cause, "依法被吊销注册证书");
    for (actor, addressee) in [
        (&holder.actor, "persons/me"),
        (&firm.registrar, firm.name.as_str()),
    ] {
        let heard = kinds(&world.told(actor, addressee).await.expect("own"));
        assert!(
            heard.ends_with(&[Kind::Suspended, Kind::Restored, Kind::Stripped]),
            "{heard:?}"
        );
    }
}
