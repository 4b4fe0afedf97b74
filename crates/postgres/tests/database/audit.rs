use postgres::audit::{
    FORMAT, Fault, Line, Outcome, Read, Reader, Record, Report, Verified, head, link, links, pending, verify,
    verify_export,
};
use postgres::hash::GENESIS;
use postgres::test_support::TestDatabase;
use postgres::{Database, Error, Tx};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};

use crate::{count, example, instant, open_account};

fn record(subject: &str) -> Record<'_> {
    Record {
        at: instant(1),
        actor: "officers/7",
        verb: "decide_application",
        article: "住建部令第45号第14条",
        subject,
        outcome: Outcome::Done,
        evidence: json!({"b": [1, 2.50, null], "a": {"digest": "00ff", "完": true}}),
    }
}

async fn audit(database: &Database, subject: &str) {
    database
        .run_tx("decide", async |tx: &mut Tx| tx.audit(record(subject)).await)
        .await
        .unwrap();
}

async fn link_all(database: &Database) -> usize {
    let (_, linked) = database
        .run_tx("chain audit", async |tx: &mut Tx| link(tx, 100).await)
        .await
        .unwrap();
    linked
}

async fn verified(test: &TestDatabase) -> Verified {
    test.reader()
        .await
        .snapshot("verify audit", async |tx: &mut Tx| verify(tx).await)
        .await
        .unwrap()
}

#[tokio::test]
async fn committed_records_are_numbered_densely_and_verify() {
    let test = example().await;
    let database = test.database().await;
    assert_eq!(verified(&test).await.head.hash, GENESIS);
    audit(&database, "applications/1").await;
    let gone: Result<(), Error> = database
        .run_tx("decide", async |tx: &mut Tx| {
            tx.audit(record("applications/2")).await?;
            Err(Error::inconsistent("application", "state", 2))
        })
        .await;
    assert!(gone.is_err());
    audit(&database, "applications/3").await;
    assert_eq!(link_all(&database).await, 2);
    audit(&database, "applications/4").await;

    let state = verified(&test).await;
    assert_eq!((state.head.sequence, state.pending, state.faults), (2, 1, vec![]));
    assert_eq!(link_all(&database).await, 1);
    assert_eq!(link_all(&database).await, 0);
    let state = verified(&test).await;
    assert_eq!((state.head.sequence, state.pending, state.faults), (3, 0, vec![]));
}

/// A record with a lower id may commit after one with a higher id was linked; it is linked then.
#[tokio::test]
async fn a_record_that_commits_late_is_linked_late() {
    let test = example().await;
    let database = test.database().await;
    database
        .run_tx("slow decision", async |tx: &mut Tx| -> Result<(), Error> {
            tx.audit(record("applications/slow")).await?;
            audit(&database, "applications/quick").await;
            assert_eq!(link_all(&database).await, 1);
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(link_all(&database).await, 1);
    let state = verified(&test).await;
    assert_eq!((state.head.sequence, state.faults), (2, vec![]));
}

#[tokio::test]
async fn two_linkers_at_once_take_turns() {
    let test = example().await;
    let database = test.database().await;
    for _ in 0..10 {
        audit(&database, "applications/1").await;
    }
    let (one, other) = tokio::join!(link_all(&database), link_all(&database));
    assert_eq!(one + other, 10);
    let state = verified(&test).await;
    assert_eq!((state.head.sequence, state.faults), (10, vec![]));
}

#[tokio::test]
async fn a_refusal_is_recorded_although_its_transaction_is_undone() {
    let test = example().await;
    let database = test.database().await;
    let refused = database
        .run_tx("open account", async |tx: &mut Tx| {
            open_account(tx, 1, "a", 0).await?;
            open_account(tx, 1, "a", 0).await
        })
        .await;
    assert_eq!(refused.unwrap_err().constraint(), Some("account_pkey"));
    let outcome = Outcome::Refused {
        reason: "ACCOUNT_EXISTS",
    };
    database
        .record_refusal(Record {
            outcome,
            ..record("accounts/1")
        })
        .await
        .unwrap();
    let (accounts, row) = database
        .run_tx("read", async |tx: &mut Tx| -> Result<_, Error> {
            let row: (String, String, String) =
                sqlx::query_as("SELECT outcome, reason, recorded_by FROM shared.audit")
                    .fetch_one(tx.conn())
                    .await?;
            Ok((count(tx, "example.account").await?, row))
        })
        .await
        .unwrap();
    assert_eq!(accounts, 0);
    assert_eq!(
        row,
        ("refused".into(), "ACCOUNT_EXISTS".into(), "record refusal".into())
    );
}

#[tokio::test]
async fn nobody_acts_without_a_name() {
    let test = example().await;
    let database = test.database().await;
    let nameless = Record {
        actor: "",
        ..record("applications/1")
    };
    let error = database
        .run_tx("decide", async |tx: &mut Tx| tx.audit(nameless.clone()).await)
        .await;
    assert_eq!(error.unwrap_err().constraint(), Some("audit_actor_named"));
}

/// What somebody with the owner's rights can do to the tables, and what verification says about it.
#[tokio::test]
async fn every_way_of_rewriting_history_is_found() {
    for (rewriting, found) in [
        (
            "UPDATE shared.audit SET actor = 'officers/8' WHERE id = 2",
            vec![Fault::Altered { sequence: 2 }],
        ),
        (
            r#"UPDATE shared.audit SET evidence = '{"a": 1}' WHERE id = 2"#,
            vec![Fault::Altered { sequence: 2 }],
        ),
        (
            "DELETE FROM shared.audit_link WHERE sequence = 2; DELETE FROM shared.audit WHERE id = 2",
            vec![Fault::Gap { sequence: 2 }, Fault::Broken { sequence: 3 }],
        ),
        (
            "DELETE FROM shared.audit_link WHERE sequence = 3; DELETE FROM shared.audit WHERE id = 3",
            vec![Fault::HeadMismatch { sequence: 2 }],
        ),
        (
            "DELETE FROM shared.audit_pending WHERE audit_id = 4",
            vec![Fault::Unlinked { audit: 4 }],
        ),
        (
            "ALTER TABLE shared.audit_link DROP CONSTRAINT audit_link_record; DELETE FROM shared.audit WHERE id = 2",
            vec![Fault::Missing { sequence: 2 }],
        ),
        (
            "UPDATE shared.audit_link SET sequence = 9 WHERE sequence = 1;
             UPDATE shared.audit_link SET sequence = 1 WHERE sequence = 2;
             UPDATE shared.audit_link SET sequence = 2 WHERE sequence = 9",
            vec![
                Fault::Broken { sequence: 1 },
                Fault::Altered { sequence: 1 },
                Fault::Broken { sequence: 2 },
                Fault::Altered { sequence: 2 },
                Fault::Broken { sequence: 3 },
            ],
        ),
        (
            "UPDATE shared.audit SET subject = CASE id WHEN 1 THEN 'applications/2' ELSE 'applications/1' END
             WHERE id IN (1, 2)",
            vec![Fault::Altered { sequence: 1 }, Fault::Altered { sequence: 2 }],
        ),
    ] {
        let test = example().await;
        let database = test.database().await;
        for subject in ["applications/1", "applications/2", "applications/3"] {
            audit(&database, subject).await;
        }
        assert_eq!(link_all(&database).await, 3);
        audit(&database, "applications/4").await;
        assert_eq!(verified(&test).await.faults, vec![]);
        test.owner_connection()
            .await
            .execute(sqlx::raw_sql(AssertSqlSafe(rewriting)))
            .await
            .unwrap();
        assert_eq!(verified(&test).await.faults, found, "{rewriting}");
    }
}

/// What the program's own role can do to the tables: add and link, nothing else.
#[tokio::test]
async fn the_program_cannot_rewrite_its_audit() {
    let test = example().await;
    let database = test.database().await;
    audit(&database, "applications/1").await;
    assert_eq!(link_all(&database).await, 1);
    for statement in [
        "UPDATE shared.audit SET actor = 'officers/8'",
        "DELETE FROM shared.audit",
        "TRUNCATE shared.audit CASCADE",
        "UPDATE shared.audit_link SET hash = previous_hash",
        "DELETE FROM shared.audit_link",
        "ALTER TABLE shared.audit DISABLE TRIGGER ALL",
    ] {
        let tried = database
            .run_tx("rewrite history", async |tx: &mut Tx| -> Result<(), Error> {
                sqlx::query(statement).execute(tx.conn()).await?;
                Ok(())
            })
            .await;
        let said = tried.expect_err(statement).to_string();
        assert!(said.contains("42501"), "{statement}: {said}");
    }
    let state = verified(&test).await;
    assert_eq!((state.head.sequence, state.faults), (1, vec![]));
}

/// A read is recorded with what was read, by kind and name.
#[tokio::test]
async fn a_read_names_what_was_read() {
    let test = example().await;
    let database = test.database().await;
    database
        .run_tx("read material", async |tx: &mut Tx| {
            let reader = Reader {
                at: instant(1),
                actor: "officers/7",
                verb: "read_material",
                purpose: "",
            };
            let read = [Read::new("material", "provinces/32/applications/1/materials/2")];
            tx.audit_read(reader, "provinces/32/applications/1", &read).await
        })
        .await
        .unwrap();
    assert_eq!(link_all(&database).await, 1);
    let lines = export(&test, |_| true).await;
    assert!(lines[1].contains(
        r#"{\"read\": [{\"kind\": \"material\", \"name\": \"provinces/32/applications/1/materials/2\"}]}"#
    ));
}

async fn export(test: &TestDatabase, told: impl Fn(&str) -> bool + Send + Sync) -> Vec<String> {
    let reader = test.reader().await;
    let (head, pending, found) = reader
        .snapshot("export audit", async |tx: &mut Tx| {
            let head = head(tx).await?;
            Ok::<_, Error>((head, pending(tx).await?, links(tx, 0, head.sequence, 100).await?))
        })
        .await
        .unwrap();
    let begin = Line::Begin {
        format: FORMAT.to_owned(),
        service: "nation/example".to_owned(),
        exported_at: instant(2),
        filter: String::new(),
        after: postgres::audit::Head::START.into(),
    };
    let mut records = 0;
    let mut lines = vec![begin.to_json()];
    for linked in found {
        let told = linked.entry.as_ref().is_some_and(|entry| told(&entry.subject));
        records += u64::from(told);
        lines.push(Line::of(linked, told).to_json());
    }
    let head = head.into();
    lines.push(
        Line::End {
            head,
            records,
            pending,
        }
        .to_json(),
    );
    lines
}

fn check(lines: &[String]) -> Report {
    verify_export(lines.iter().map(|line| Ok(line.trim_end().to_owned()))).unwrap()
}

/// The exported lines are enough to check the chain, also where a filter left records out.
#[tokio::test]
async fn an_export_verifies_without_the_database() {
    let test = example().await;
    let database = test.database().await;
    for subject in ["applications/1", "applications/2", "applications/3"] {
        audit(&database, subject).await;
    }
    assert_eq!(link_all(&database).await, 3);
    let whole = export(&test, |_| true).await;
    let report = check(&whole);
    assert_eq!(
        (report.records, report.head.sequence, report.faults),
        (3, 3, vec![])
    );
    let part = export(&test, |subject| subject == "applications/2").await;
    assert!(!part[1].contains("applications") && part[2].contains("applications/2"));
    let report = check(&part);
    assert_eq!(
        (report.records, report.head.sequence, report.faults),
        (1, 3, vec![])
    );

    let mut altered = whole.clone();
    altered[2] = altered[2].replace("officers/7", "officers/8");
    assert_eq!(check(&altered).faults, vec![Fault::Altered { sequence: 2 }]);
    let mut without = part;
    without.remove(1);
    let faults = vec![Fault::Gap { sequence: 1 }, Fault::Broken { sequence: 2 }];
    assert_eq!(check(&without).faults, faults);
    let cut = verify_export(whole[..3].iter().map(|line| Ok(line.trim_end().to_owned())));
    assert!(cut.is_err());
}
