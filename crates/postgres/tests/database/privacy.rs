use std::error::Error as _;

use postgres::{Error, Tx};

use crate::{example, open_account};

const NAME: &str = "欧阳娜娜-11010119900307002X";

/// Each of these makes PostgreSQL answer with a message or DETAIL that quotes the value.
#[tokio::test]
async fn no_value_reaches_an_error_or_the_servers_log() {
    let test = example().await;
    let database = test.database().await;
    let mut errors = Vec::new();
    for statement in [
        // unique: DETAIL  Key (name)=(…) already exists
        "INSERT INTO example.account (id, name, balance) VALUES (2, $1, 0)",
        // check: DETAIL  Failing row contains (…)
        "INSERT INTO example.account (id, name, balance) VALUES (3, $1, -1)",
        // not null: DETAIL  Failing row contains (…)
        "INSERT INTO example.account (id, name) VALUES (3, $1)",
        // invalid input syntax for type integer: "…"
        "INSERT INTO example.account (id, name, balance) VALUES ($1::text::integer, 'b', 0)",
        // invalid input syntax for type date: "…"
        "INSERT INTO example.transfer (account, day) VALUES (1, $1::text::date)",
        // invalid input syntax for type uuid: "…"
        "SELECT $1::text::uuid",
        // RAISE with the value in its message, detail and hint
        "SELECT example.complain($1)",
    ] {
        let error = database.run_tx("leak", async |tx: &mut Tx| -> Result<(), Error> {
            open_account(tx, 1, NAME, 0).await?;
            sqlx::query(statement).bind(NAME).execute(tx.conn()).await?;
            Ok(())
        });
        errors.push((statement, error.await));
    }
    for (statement, result) in errors {
        let error = result.unwrap_err();
        let mut shown = format!("{error} {error:?} {error:#?}");
        let mut cause = error.source();
        while let Some(error) = cause {
            shown.push_str(&format!("{error} {error:?}"));
            cause = error.source();
        }
        assert!(
            !shown.contains("欧阳") && !shown.contains("1101011990"),
            "{statement}: {shown}"
        );
    }
    let log = test.server_log();
    assert!(
        log.contains("database system is ready"),
        "the log is the server's"
    );
    assert!(!log.contains("欧阳") && !log.contains("1101011990") && !log.contains("INSERT INTO"));
}

/// A value that does not decode is told by its column alone.
#[tokio::test]
async fn a_value_of_another_type_is_not_shown() {
    let test = example().await;
    let reader = test.reader().await;
    let wrong = sqlx::query_as::<_, (i64,)>("SELECT '欧阳娜娜'::text AS name")
        .fetch_one(reader.pool())
        .await;
    let error = Error::from(wrong.unwrap_err());
    assert!(matches!(error, Error::Inconsistent { .. }));
    assert!(!format!("{error} {error:?}").contains("欧阳"));
}
