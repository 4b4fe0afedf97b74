//! The signed list of an announcement (公告名单), its corrections (更正公告), and the numbers that people had.

use announcement_list::{Fault, RowProof, SignedList, is_list};
use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, CancellationGround, CorrectedFact};
use gm::PublicKey;
use jiff::civil::date;
use postgres::sqlx;
use tonic::Status;
use wire::ListingFault;
use wire::application::State;
use wire::download_announcement_request::Format;

use crate::filing::{correcting, on_ground, registered};
use crate::story::{Officers, WATER};
use crate::world::{Actor, Employment, Holder, World, id, officer, reason};

/// What an outsider has: the public keys.
async fn keys(world: &World) -> Vec<PublicKey> {
    let answer = world
        .announcements()
        .list_announcement_keys(wire::ListAnnouncementKeysRequest {})
        .await
        .expect("public")
        .into_inner();
    let read = |key: wire::AnnouncementKey| PublicKey::from_spki(&key.public_key).expect("a key");
    answer.keys.into_iter().map(read).collect()
}

async fn download(world: &World, name: &str, format: Format) -> wire::DownloadAnnouncementResponse {
    let message = wire::DownloadAnnouncementRequest {
        name: name.to_owned(),
        format: format.into(),
    };
    let answer = world.announcements().download_announcement(message).await;
    answer.expect("public").into_inner()
}

async fn list(world: &World, name: &str) -> SignedList {
    SignedList::parse(&download(world, name, Format::Json).await.content).expect("a list")
}

async fn prove(world: &World, name: &str, row: i32) -> Result<RowProof, Status> {
    let message = wire::ProveAnnouncementRowRequest {
        name: name.to_owned(),
        row,
    };
    let answer = world.announcements().prove_announcement_row(message).await?;
    Ok(RowProof::parse(&answer.into_inner().proof).expect("a proof"))
}

async fn shown(world: &World, name: &str) -> wire::Announcement {
    let message = wire::GetAnnouncementRequest {
        name: name.to_owned(),
    };
    let answer = world.announcements().get_announcement(message).await;
    answer
        .expect("public")
        .into_inner()
        .announcement
        .expect("an announcement")
}

/// Two people of one firm whose initial registrations are cleared to be announced.
async fn two_cleared() -> (World, Employment, [(Holder, String); 2]) {
    let world = World::start().await;
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let mut cleared = Vec::new();
    for ordinal in [1, 2] {
        let holder = world.person(ordinal);
        world.qualify(&holder, WATER, date(2022, 3, 1)).await;
        let name = world
            .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
            .await;
        world.granted(&name).await;
        cleared.push((holder, name));
    }
    let message = wire::OpenPublicityRequest {
        request_id: id(),
        applications: cleared.iter().map(|(_, name)| name.clone()).collect(),
    };
    let request = world.signed(&officer("provinces/32"), message);
    let opened = world
        .announcements()
        .open_publicity(request)
        .await
        .expect("in publicity");
    world.advance(30);
    let publicity = opened.into_inner().publicity.expect("it comes back").name;
    let closed = world.close_publicity(&publicity).await.expect("closed");
    assert!(
        closed.outcomes.iter().all(|outcome| outcome.cleared),
        "{closed:?}"
    );
    let cleared = cleared.try_into().unwrap_or_else(|_| panic!("two"));
    (world, firm, cleared)
}

async fn propose(
    world: &World,
    actor: &Actor,
    announcement: &str,
    rows: &[(ListingFault, i32, &str)],
) -> Result<wire::AnnouncementCorrection, Status> {
    let message = wire::CorrectAnnouncementRequest {
        request_id: id(),
        announcement: announcement.to_owned(),
        rows: rows
            .iter()
            .map(|(fault, row, application)| wire::RowCorrection {
                fault: (*fault).into(),
                row: *row,
                application: (*application).to_owned(),
            })
            .collect(),
        grounds: "经核查".to_owned(),
    };
    let answer = world
        .announcement_corrections()
        .correct_announcement(world.signed(actor, message))
        .await?;
    Ok(answer.into_inner().correction.expect("the correction comes back"))
}

async fn publish(
    world: &World,
    actor: &Actor,
    name: &str,
) -> Result<wire::PublishCorrectionResponse, Status> {
    let message = wire::PublishCorrectionRequest {
        request_id: id(),
        name: name.to_owned(),
    };
    let answer = world
        .announcement_corrections()
        .publish_correction(world.signed(actor, message))
        .await?;
    Ok(answer.into_inner())
}

/// Proposed by one officer and published by another; returns the correcting announcement.
async fn corrected(
    world: &World,
    announcement: &str,
    rows: &[(ListingFault, i32, &str)],
) -> wire::Announcement {
    let proposed = propose(world, &officer("provinces/32"), announcement, rows).await;
    let proposed = proposed.expect("proposed").name;
    let published = publish(world, &officer("provinces/32"), &proposed)
        .await
        .expect("published");
    let position = published.position.expect("a position");
    world.nation.applied(position.value).await;
    published.announcement.expect("an announcement")
}

#[tokio::test]
async fn a_list_verifies_from_outside_and_one_row_is_proved_without_the_other() {
    let (world, _firm, [(one, first), (two, second)]) = two_cleared().await;
    let published = world.publish(&[&first, &second]).await.expect("announced");
    let announcement = published.announcement.expect("an announcement");
    let (name, keys) = (announcement.name.as_str(), keys(&world).await);
    let file = download(&world, name, Format::Json).await;
    assert!(
        is_list(&file.content) && file.media_type == "application/json",
        "{}",
        file.file_name
    );
    let list = SignedList::parse(&file.content).expect("a list");
    assert_eq!(list.verify(&keys).expect("signed").shown, 2);
    assert_eq!(list.verify(&[]).err(), Some(Fault::UnknownKey));
    assert_eq!(list.statement.number, announcement.number);
    let text = String::from_utf8(file.content.to_vec()).expect("text");
    for holder in [&one, &two] {
        assert!(text.contains(&holder.person.full_name), "{text}");
        assert!(
            !text.contains(&holder.person.document_number) && !text.contains(&holder.id.to_string()),
            "{text}"
        );
    }

    let proof = prove(&world, name, 2).await.expect("a proof");
    let proved = proof.verify(&keys).expect("on the list");
    assert_eq!(
        (proved.row.name.as_str(), proved.row.kind.as_str()),
        (two.person.full_name.as_str(), "初始注册")
    );
    let text = String::from_utf8(proof.to_json()).expect("text");
    assert!(!text.contains(&one.person.full_name), "{text}");
    for beyond in [0, 3, -1] {
        assert_eq!(reason(prove(&world, name, beyond).await), "NOT_FOUND");
    }

    let table = download(&world, name, Format::Csv).await;
    assert_eq!(
        table.content,
        announcement_list::csv(&list).as_bytes(),
        "the table follows from the list"
    );
    let heads = wire::ListAnnouncementsRequest {
        heads_only: true,
        ..Default::default()
    };
    let heads = world
        .announcements()
        .list_announcements(heads)
        .await
        .expect("public")
        .into_inner();
    let head = heads.announcements.first().expect("one");
    assert!(head.rows.is_empty() && head.row_count == 2, "{head:?}");
}

#[tokio::test]
async fn what_is_announced_cannot_be_changed_by_the_program_and_erasure_leaves_it_verifiable() {
    let (world, _firm, [(one, first), (_, second)]) = two_cleared().await;
    let published = world.publish(&[&first, &second]).await.expect("announced");
    let name = published.announcement.expect("an announcement").name;
    let before = list(&world, &name).await;
    for change in [
        "UPDATE registration.announcement SET number = 'x'",
        "UPDATE registration.announcement SET signature = ''",
        "DELETE FROM registration.announcement",
        "UPDATE registration.announcement_row SET employer_title = 'x'",
        "UPDATE registration.announcement_row SET commitment = sealed_salt",
        "DELETE FROM registration.announcement_row",
        "TRUNCATE registration.announcement_row",
        "DELETE FROM registration.announcement_key",
        "UPDATE registration.announcement_key SET spki = ''",
    ] {
        let done = world
            .database
            .database()
            .await
            .run_tx("alter", async |tx| -> Result<(), postgres::Error> {
                sqlx::query(sqlx::AssertSqlSafe(change))
                    .execute(tx.conn())
                    .await?;
                Ok(())
            })
            .await;
        assert!(done.is_err(), "{change}");
    }
    assert_eq!(list(&world, &name).await, before);

    let mut owner = world.database.owner_connection().await;
    sqlx::query("UPDATE registration.person SET wrapped_key = ''::bytea WHERE id = $1")
        .bind(one.id)
        .execute(&mut owner)
        .await
        .expect("erased");
    let after = list(&world, &name).await;
    assert_eq!(after.verify(&keys(&world).await).expect("signed").shown, 1);
    assert_eq!(after.statement, before.statement);
    let text = String::from_utf8(after.to_json()).expect("text");
    assert!(!text.contains(&one.person.full_name), "{text}");
    assert_eq!(reason(prove(&world, &name, 1).await), "NOT_FOUND");
}

#[tokio::test]
async fn a_typo_and_a_row_that_should_never_have_been_are_corrected_and_the_old_list_stays() {
    let (world, holder, firm) = registered().await;
    let listed = world
        .announcements()
        .list_announcements(wire::ListAnnouncementsRequest::default())
        .await
        .expect("public");
    let old = listed.into_inner().announcements.remove(0);
    let before = list(&world, &old.name).await;

    {
        let mut people = world.identity.people.lock().expect("no panic");
        let person = people.get_mut(&format!("persons/{}", holder.id)).expect("known");
        "王更名".clone_into(&mut person.full_name);
    }
    let said = (&[][..], Some(correcting(&[CorrectedFact::Name])));
    let typo = world
        .filed(&holder, &firm, ApplicationType::Correction, said)
        .await
        .expect("filed");
    let early = propose(
        &world,
        &officer("provinces/32"),
        &old.name,
        &[(ListingFault::Typo, 1, &typo)],
    )
    .await;
    assert_eq!(reason(early), "ANNOUNCEMENT_CORRECTION_NOT_CLEARED");
    world.granted(&typo).await;
    world.stands(&holder, &typo, State::Cleared).await;
    let (first, second) = (officer("provinces/32"), officer("provinces/32"));
    let rows = [(ListingFault::Typo, 1, typo.as_str())];
    let wrong = [(ListingFault::NeverShouldHaveBeen, 1, typo.as_str())];
    assert_eq!(
        reason(propose(&world, &first, &old.name, &wrong).await),
        "ANNOUNCEMENT_CORRECTION_WRONG_REMEDY"
    );
    let beyond = [(ListingFault::Typo, 2, typo.as_str())];
    assert_eq!(
        reason(propose(&world, &first, &old.name, &beyond).await),
        "ANNOUNCEMENT_CORRECTION_UNKNOWN_ROW"
    );
    assert_eq!(
        reason(propose(&world, &officer("ministry"), &old.name, &rows).await),
        "WRONG_AUTHORITY"
    );
    let proposed = propose(&world, &first, &old.name, &rows).await.expect("proposed");
    assert_eq!(
        reason(publish(&world, &first, &proposed.name).await),
        "ANNOUNCEMENT_CORRECTION_SAME_OFFICER"
    );
    let waiting = wire::ListAnnouncementCorrectionsRequest::default();
    let waiting = world
        .announcement_corrections()
        .list_announcement_corrections(world.signed(&second, waiting))
        .await
        .expect("listed");
    assert_eq!(waiting.into_inner().corrections, std::slice::from_ref(&proposed));
    let published = publish(&world, &second, &proposed.name).await.expect("published");
    world
        .nation
        .applied(published.position.expect("a position").value)
        .await;
    let correction = published.announcement.expect("an announcement");
    assert_eq!(
        (correction.corrects.as_str(), correction.corrects_number.as_str()),
        (old.name.as_str(), old.number.as_str())
    );
    let row = &correction.rows[0];
    assert_eq!(
        (row.full_name.as_str(), row.fault(), row.corrected_row),
        ("王更名", ListingFault::Typo, 1)
    );
    assert_eq!(
        reason(publish(&world, &second, &proposed.name).await),
        "ANNOUNCEMENT_CORRECTION_SETTLED"
    );
    assert_eq!(
        list(&world, &old.name).await,
        before,
        "the old list stays as it was"
    );
    let pointed = shown(&world, &old.name).await.corrected;
    assert_eq!(
        (pointed[0].row, pointed[0].fault(), &pointed[0].number),
        (1, ListingFault::Typo, &correction.number)
    );
    let signed = list(&world, &correction.name).await;
    signed.verify(&keys(&world).await).expect("signed");
    assert_eq!(signed.statement.corrects.as_deref(), Some(old.number.as_str()));
    let table = String::from_utf8(
        download(&world, &correction.name, Format::Csv)
            .await
            .content
            .to_vec(),
    )
    .expect("text");
    assert!(
        table.contains("更正事项,原公告序号\r\n") && table.contains(",笔误,1\r\n"),
        "{table}"
    );

    // 撤销: the row should never have been.
    let opener = officer("provinces/32");
    let details = wire::CancellationDetails {
        statement: "撤销决定书 苏建撤〔2023〕1号".to_owned(),
        ..on_ground(CancellationGround::RegistrationRevoked)
    };
    let void = world
        .open_cancellation(&opener, &holder, details)
        .await
        .expect("a draft")
        .name;
    world.attach_missing_as(&opener, &void).await;
    world
        .submit_application(&opener, &void, true)
        .await
        .expect("filed");
    let officers = Officers::new();
    world
        .record_review(&officers.reviewer, &void, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
    world
        .decide_application(&officers.ministry, &void, true, "")
        .await
        .expect("granted");
    world.stands(&holder, &void, State::Cleared).await;
    let rows = [(ListingFault::NeverShouldHaveBeen, 1, void.as_str())];
    let taken_back = corrected(&world, &old.name, &rows).await;
    assert_eq!(taken_back.rows[0].fault(), ListingFault::NeverShouldHaveBeen);
    let after = world.registration(&holder).await.expect("remembered");
    assert!(after.ended_at.is_some(), "the registration has ended");
    assert_eq!(
        reason(propose(&world, &opener, &old.name, &rows).await),
        "ANNOUNCEMENT_CORRECTION_NOT_CLEARED"
    );
    let pointed = shown(&world, &old.name).await.corrected;
    assert_eq!(pointed.len(), 2, "{pointed:?}");
    assert_eq!(list(&world, &old.name).await, before);
}

#[tokio::test]
async fn an_omitted_row_is_announced_by_the_correction_and_a_proposal_can_be_taken_back() {
    let (world, _firm, [(_, first), (left_out, second)]) = two_cleared().await;
    let old = world
        .publish(&[&first])
        .await
        .expect("announced")
        .announcement
        .expect("one");
    assert!(world.registration(&left_out).await.is_err());
    let (one, other) = (officer("provinces/32"), officer("provinces/32"));
    let rows = [(ListingFault::Omitted, 0, second.as_str())];
    let placed = [(ListingFault::Omitted, 1, second.as_str())];
    assert_eq!(
        reason(propose(&world, &one, &old.name, &placed).await),
        "ANNOUNCEMENT_CORRECTION_UNKNOWN_ROW"
    );
    assert_eq!(
        reason(propose(&world, &one, &old.name, &[]).await),
        "ANNOUNCEMENT_CORRECTION_ROWS"
    );
    let proposed = propose(&world, &one, &old.name, &rows).await.expect("proposed");
    let message = wire::DeclineCorrectionRequest {
        request_id: id(),
        name: proposed.name.clone(),
        grounds: "另行核查".to_owned(),
    };
    let declined = world
        .announcement_corrections()
        .decline_correction(world.signed(&one, message))
        .await
        .expect("taken back");
    let state = declined.into_inner().correction.expect("it comes back").state();
    assert_eq!(state, wire::announcement_correction::State::Declined);
    assert_eq!(
        reason(publish(&world, &other, &proposed.name).await),
        "ANNOUNCEMENT_CORRECTION_SETTLED"
    );
    let correction = corrected(&world, &old.name, &rows).await;
    assert_eq!(
        (
            correction.rows[0].full_name.as_str(),
            correction.rows[0].corrected_row
        ),
        (left_out.person.full_name.as_str(), 0)
    );
    assert!(
        world.registration(&left_out).await.is_ok(),
        "registered from now on"
    );
    list(&world, &correction.name)
        .await
        .verify(&keys(&world).await)
        .expect("signed");
}

#[tokio::test]
async fn officers_find_a_registration_by_either_form_of_its_number_and_others_find_nothing() {
    let (world, holder, _firm) = registered().await;
    let registration = world.registration(&holder).await.expect("registered");
    let number = registration.registration_number.clone();
    assert_eq!(registration.numbers.len(), 1);
    assert!(registration.numbers[0].from.is_some() && registration.numbers[0].to.is_none());
    let search = async |actor: &Actor, number: &str| {
        let message = wire::ListRegistrationsRequest {
            registration_number: number.to_owned(),
            ..Default::default()
        };
        let answer = world
            .registrations()
            .list_registrations(world.signed(actor, message))
            .await?;
        Ok::<_, Status>(answer.into_inner().registrations)
    };
    let short = domain::registration_number::RegistrationNumber::parse(&number)
        .expect("a number")
        .short();
    assert_eq!(short.chars().count(), 13);
    let other = world.person(2);
    for asked in [number.as_str(), short.as_str(), &format!(" {number} ")] {
        let found = search(&officer("provinces/32"), asked).await.expect("found");
        assert_eq!(found.len(), 1, "{asked}");
        assert_eq!(found[0].registration_number, number);
        assert_eq!(search(&other.actor, asked).await.expect("nothing"), []);
        assert_eq!(
            search(&officer("provinces/33"), asked).await.expect("nothing"),
            []
        );
    }
    let elsewhere = number.replacen('苏', "沪", 1);
    assert_eq!(
        search(&officer("provinces/32"), &elsewhere)
            .await
            .expect("nothing"),
        [],
        "no recorded alias"
    );
    assert_eq!(
        reason(search(&officer("provinces/32"), "苏1").await),
        "INVALID_ARGUMENT"
    );
}
