use std::collections::HashSet;

use jiff::Timestamp;
use postgres::hash::{GENESIS, sha256};
use postgres::inbox::{self, Arrival, BatchArrival};
use postgres::outbox::{self, Envelope, Event, link_hash};
use postgres::{Database, Error, Tx};
use proptest::prelude::*;

use crate::{example, instant};

const STREAM: &str = "provinces/32";

fn event(payload: &[u8]) -> Event<'_> {
    Event {
        format: 1,
        payload,
        at: instant(5),
    }
}

async fn push(database: &Database, payload: &[u8]) -> Result<i64, Error> {
    database
        .run_tx("announce", async |tx: &mut Tx| {
            Ok(tx.push_event(STREAM, event(payload)).await?.sequence)
        })
        .await
}

async fn sent(database: &Database) -> Vec<Envelope> {
    database
        .run_tx("send", async |tx: &mut Tx| {
            outbox::read_after(tx, STREAM, 0, 1_000).await
        })
        .await
        .unwrap()
}

async fn receive(database: &Database, envelope: &Envelope) -> Arrival {
    database
        .run_tx("apply", async |tx: &mut Tx| {
            inbox::receive(tx, envelope, instant(9)).await
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn events_of_concurrent_transactions_are_numbered_without_a_gap() {
    let test = example().await;
    let database = test.database().await;
    let mut pushing = tokio::task::JoinSet::new();
    for number in 0..20_u8 {
        let database = database.clone();
        pushing.spawn(async move {
            database
                .run_tx("announce", async |tx: &mut Tx| {
                    tx.push_events(STREAM, &[event(&[number, 0]), event(&[number, 1])])
                        .await?;
                    // Every third is undone after it had its numbers.
                    if number % 3 == 0 {
                        Err(Error::inconsistent("announcement", "state", number))
                    } else {
                        Ok(())
                    }
                })
                .await
        });
    }
    let committed = pushing.join_all().await.into_iter().filter(Result::is_ok).count();
    let envelopes = sent(&database).await;
    assert_eq!(envelopes.len(), committed * 2);
    let mut before = GENESIS;
    for (index, envelope) in envelopes.iter().enumerate() {
        assert_eq!(envelope.sequence, i64::try_from(index).unwrap() + 1);
        assert_eq!(envelope.previous_hash, before);
        assert_eq!(
            envelope.payload[1],
            u8::try_from(index % 2).unwrap(),
            "events of one act stay together"
        );
        before = envelope.hash();
    }
    let head = database
        .run_tx("head", async |tx: &mut Tx| outbox::head(tx, STREAM).await)
        .await
        .unwrap();
    assert_eq!(
        (head.sequence, head.hash),
        (envelopes.last().unwrap().sequence, before)
    );
}

#[tokio::test]
async fn streams_do_not_wait_for_each_other() {
    let test = example().await;
    let database = test.database().await;
    database
        .run_tx("announce", async |tx: &mut Tx| -> Result<(), Error> {
            tx.push_event("provinces/44", event(b"slow")).await?;
            // Would wait for ever if both streams had one head.
            assert_eq!(push(&database, b"quick").await?, 1);
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn receipts_tell_up_to_where_the_receiver_signed() {
    let test = example().await;
    let database = test.database().await;
    for payload in [b"1", b"2", b"3"] {
        push(&database, payload).await.unwrap();
    }
    let record = async |sequence, receipt: &'static [u8]| {
        database
            .run_tx("keep receipt", async |tx: &mut Tx| {
                outbox::record_receipt(tx, STREAM, sequence, receipt, instant(6)).await?;
                outbox::receipted(tx, STREAM).await
            })
            .await
    };
    assert_eq!(record(2, b"signature").await.unwrap(), 2);
    assert_eq!(record(2, b"another signature").await.unwrap(), 2);
    assert_eq!(record(3, b"signature").await.unwrap(), 3);
    let unsent = record(4, b"signature").await.unwrap_err();
    assert_eq!(unsent.constraint(), Some("outbox_receipt_of_event"));
    let kept: Vec<u8> = sqlx::query_scalar("SELECT receipt FROM shared.outbox_receipt WHERE sequence = 2")
        .fetch_one(test.reader().await.pool())
        .await
        .unwrap();
    assert_eq!(kept, b"signature", "the first receipt stands");
}

#[tokio::test]
async fn an_event_is_applied_once_and_in_order() {
    let (province, nation) = (example().await, example().await);
    let (sender, receiver) = (province.database().await, nation.database().await);
    for payload in [b"1", b"2", b"3"] {
        push(&sender, payload).await.unwrap();
    }
    let envelopes = sent(&sender).await;
    assert_eq!(
        receive(&receiver, &envelopes[1]).await,
        Arrival::Gap { expected: 1 }
    );
    assert!(
        matches!(receive(&receiver, &envelopes[0]).await, Arrival::Next(position) if position.sequence == 1)
    );
    assert_eq!(receive(&receiver, &envelopes[0]).await, Arrival::Duplicate);
    assert_eq!(
        receive(&receiver, &envelopes[2]).await,
        Arrival::Gap { expected: 2 }
    );
    for envelope in &envelopes[1..] {
        assert!(matches!(receive(&receiver, envelope).await, Arrival::Next(_)));
    }
    let source = receiver
        .run_tx("look", async |tx: &mut Tx| inbox::source(tx, STREAM).await)
        .await
        .unwrap();
    assert_eq!(source.position.hash, envelopes[2].hash());
}

#[tokio::test]
async fn an_event_whose_effect_was_undone_comes_again() {
    let test = example().await;
    let database = test.database().await;
    let envelope = first_envelope(b"payload");
    let undone: Result<(), Error> = database
        .run_tx("apply", async |tx: &mut Tx| {
            assert!(matches!(
                inbox::receive(tx, &envelope, instant(9)).await?,
                Arrival::Next(_)
            ));
            Err(Error::inconsistent("register", "entry", 1))
        })
        .await;
    assert!(undone.is_err());
    assert!(matches!(receive(&database, &envelope).await, Arrival::Next(_)));
}

#[tokio::test]
async fn one_event_arriving_twice_at_once_is_applied_once() {
    let test = example().await;
    let database = test.database().await;
    let envelope = first_envelope(b"payload");
    let (one, other) = tokio::join!(receive(&database, &envelope), receive(&database, &envelope));
    let arrivals = [one, other];
    assert!(arrivals.contains(&Arrival::Duplicate));
    assert!(arrivals.iter().any(|arrival| matches!(arrival, Arrival::Next(_))));
}

#[tokio::test]
async fn a_sender_that_contradicts_itself_is_a_fork() {
    let test = example().await;
    let database = test.database().await;
    let first = first_envelope(b"one story");
    assert!(matches!(receive(&database, &first).await, Arrival::Next(_)));
    let other_bytes = first_envelope(b"another story");
    assert_eq!(
        receive(&database, &other_bytes).await,
        Arrival::Fork { sequence: 1 }
    );
    let elsewhere = Envelope {
        sequence: 2,
        previous_hash: sha256(b"elsewhere"),
        ..first.clone()
    };
    assert_eq!(
        receive(&database, &elsewhere).await,
        Arrival::Fork { sequence: 2 }
    );
}

#[tokio::test]
async fn a_stopped_source_stands_still_alone_until_it_is_resumed() {
    let test = example().await;
    let database = test.database().await;
    let envelope = first_envelope(b"payload");
    let stop = async |reason: &'static str| {
        database
            .run_tx("stop source", async |tx: &mut Tx| {
                inbox::stop(tx, STREAM, reason, instant(9)).await?;
                inbox::source(tx, STREAM).await
            })
            .await
            .unwrap()
    };
    assert_eq!(stop("FORK").await.stopped.as_deref(), Some("FORK"));
    assert_eq!(
        stop("GAP").await.stopped.as_deref(),
        Some("FORK"),
        "the first reason stands"
    );
    assert_eq!(receive(&database, &envelope).await, Arrival::Stopped);
    let neighbour = Envelope {
        stream: "provinces/44".to_owned(),
        ..envelope.clone()
    };
    assert!(matches!(receive(&database, &neighbour).await, Arrival::Next(_)));
    let resume = async || {
        database
            .run_tx("resume", async |tx: &mut Tx| inbox::resume(tx, STREAM).await)
            .await
    };
    resume().await.unwrap();
    assert!(matches!(receive(&database, &envelope).await, Arrival::Next(_)));
    assert!(
        matches!(resume().await, Err(Error::RowCount { actual: 0, .. })),
        "it was not stopped any more"
    );
}

#[tokio::test]
async fn a_stream_may_begin_at_a_snapshot_both_sides_know() {
    let (province, nation) = (example().await, example().await);
    let (sender, receiver) = (province.database().await, nation.database().await);
    let snapshot = sha256(b"the register as it was");
    sender
        .run_tx("open", async |tx: &mut Tx| {
            outbox::open(tx, STREAM, &snapshot).await
        })
        .await
        .unwrap();
    push(&sender, b"first").await.unwrap();
    let envelope = sent(&sender).await.remove(0);
    assert_eq!((envelope.sequence, envelope.previous_hash), (1, snapshot));
    receiver
        .run_tx("open", async |tx: &mut Tx| {
            inbox::open(tx, STREAM, &snapshot).await
        })
        .await
        .unwrap();
    assert!(matches!(receive(&receiver, &envelope).await, Arrival::Next(_)));
    let again = receiver
        .run_tx("open", async |tx: &mut Tx| {
            inbox::open(tx, STREAM, &snapshot).await
        })
        .await;
    assert_eq!(again.unwrap_err().constraint(), Some("inbox_head_pkey"));
}

async fn receive_all(database: &Database, envelopes: &[Envelope]) -> BatchArrival {
    database
        .run_tx("apply", async |tx: &mut Tx| {
            let arrival = inbox::receive_all(tx, envelopes).await?;
            if let BatchArrival::Next { applied } = arrival {
                inbox::record_all(tx, &envelopes[applied..], instant(9)).await?;
            }
            Ok::<_, Error>(arrival)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_batch_is_taken_from_where_it_is_new_and_a_fork_inside_is_found() {
    let (province, nation) = (example().await, example().await);
    let (sender, receiver) = (province.database().await, nation.database().await);
    for payload in [b"1", b"2", b"3", b"4"] {
        push(&sender, payload).await.unwrap();
    }
    let all = sent(&sender).await;
    assert_eq!(receive_all(&receiver, &all[1..]).await, BatchArrival::Gap);
    assert_eq!(
        receive_all(&receiver, &all[..2]).await,
        BatchArrival::Next { applied: 0 }
    );
    assert_eq!(
        receive_all(&receiver, &all[..3]).await,
        BatchArrival::Next { applied: 2 }
    );
    assert_eq!(
        receive_all(&receiver, &all[..2]).await,
        BatchArrival::Next { applied: 2 }
    );
    let mut forked = all.clone();
    forked[1].payload = b"another story".to_vec();
    assert_eq!(
        receive_all(&receiver, &forked).await,
        BatchArrival::Fork { index: 1 }
    );
    let mut elsewhere = all[3].clone();
    elsewhere.previous_hash = sha256(b"elsewhere");
    assert_eq!(
        receive_all(&receiver, &[elsewhere]).await,
        BatchArrival::Fork { index: 0 }
    );
    let passed = receiver
        .run_tx("pass over", async |tx: &mut Tx| {
            let next = &all[3];
            let position = outbox::Position {
                sequence: next.sequence,
                hash: next.hash(),
            };
            let first = inbox::pass_over(tx, STREAM, (&position, &next.previous_hash), instant(9)).await?;
            let second = inbox::pass_over(tx, STREAM, (&position, &next.previous_hash), instant(9)).await?;
            Ok::<_, Error>((first, second))
        })
        .await
        .unwrap();
    assert_eq!(passed, (true, false), "once, and only the next");
    assert_eq!(
        receive_all(&receiver, &all).await,
        BatchArrival::Next { applied: 4 }
    );
}

#[tokio::test]
async fn a_restored_outbox_takes_its_own_events_back_and_no_others() {
    let (before, after) = (example().await, example().await);
    let (lost, restored) = (before.database().await, after.database().await);
    for payload in [b"1", b"2", b"3"] {
        push(&lost, payload).await.unwrap();
    }
    let all = sent(&lost).await;
    push(&restored, b"1").await.unwrap();
    let put_back = async |envelopes: &[Envelope]| {
        restored
            .run_tx("put back", async |tx: &mut Tx| {
                outbox::put_back(tx, STREAM, envelopes).await
            })
            .await
            .unwrap()
    };
    let mut other = all[1].clone();
    other.previous_hash = sha256(b"elsewhere");
    assert!(!put_back(&[other]).await);
    assert!(!put_back(&all[2..]).await, "without a gap");
    assert!(put_back(&all[1..]).await);
    let hashes = |envelopes: &[Envelope]| envelopes.iter().map(Envelope::hash).collect::<Vec<_>>();
    assert_eq!(hashes(&sent(&restored).await), hashes(&all), "byte for byte");
    push(&restored, b"4").await.unwrap();
    assert_eq!(
        sent(&restored).await[3].previous_hash,
        all[2].hash(),
        "and goes on"
    );
}

fn first_envelope(payload: &[u8]) -> Envelope {
    Envelope {
        stream: STREAM.to_owned(),
        sequence: 1,
        format: 1,
        previous_hash: GENESIS,
        payload: payload.to_vec(),
        at: Timestamp::UNIX_EPOCH,
    }
}

proptest! {
    /// Bytes cannot wander from one field into the next, nor one field be changed alone.
    #[test]
    fn different_events_have_different_hashes(
        events in proptest::collection::hash_set(("[a-z/0-9]{0,4}", 0_i64..3, 1_i32..3, proptest::collection::vec(any::<u8>(), 0..3)), 1..40)
    ) {
        let hashes: HashSet<_> =
            events.iter().map(|(stream, sequence, format, payload)| link_hash(stream, *sequence, *format, &GENESIS, payload)).collect();
        prop_assert_eq!(hashes.len(), events.len());
    }
}
