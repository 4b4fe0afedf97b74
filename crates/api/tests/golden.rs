//! Every released version of what nation and provinces send each other, replayed: the bytes are read as the message beside
//! them, and written again to the same bytes. A golden that was released is never changed, only added to.

use std::path::{Path, PathBuf};

use api::exchange::v1::{ProvincialEvent, PullChangesResponse};
use api::schema::{self, UnknownSchema};
use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorSet};
use serde::de::DeserializeOwned;

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(of)
}

/// Name, bytes and JSON of each golden, in order of their names.
fn goldens(of: &str) -> Vec<(String, Vec<u8>, String)> {
    let read = |path: &Path| std::fs::read_to_string(path).expect("a golden");
    let mut found: Vec<_> = std::fs::read_dir(folder(of))
        .expect("goldens")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "hex"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let bytes = hex::decode(read(&path).trim()).expect("hexadecimal");
            (name, bytes, read(&path.with_extension("json")))
        })
        .collect();
    found.sort();
    found
}

fn replay<M: Message + DeserializeOwned + PartialEq + Default + std::fmt::Debug>(
    of: &str,
    read: impl Fn(&[u8]) -> Result<M, UnknownSchema>,
) -> Vec<String> {
    goldens(of)
        .into_iter()
        .map(|(name, bytes, json)| {
            let message = read(&bytes).expect("a known version");
            let meant: M = serde_json::from_str(&json).expect("the same message");
            assert_eq!(message, meant, "{name}");
            assert_eq!(message.encode_to_vec(), bytes, "{name}");
            name
        })
        .collect()
}

/// Fields of the one-of of a message.
fn kinds(message: &str) -> Vec<String> {
    let descriptors = FileDescriptorSet::decode(api::FILE_DESCRIPTOR_SET).expect("descriptors");
    let messages = descriptors
        .file
        .into_iter()
        .filter(|file| file.package() == "jianzheng.exchange.v1")
        .flat_map(|file| file.message_type);
    let found: DescriptorProto = messages
        .into_iter()
        .find(|known| known.name() == message)
        .expect("a message");
    let of_event = found.field.iter().filter(|field| field.oneof_index.is_some());
    of_event.map(|field| field.name().to_owned()).collect()
}

fn covers(kinds: &[String], goldens: &[String]) {
    for kind in kinds {
        assert!(
            goldens.iter().any(|golden| golden.starts_with(kind.as_str())),
            "{kind} has no golden"
        );
    }
}

#[test]
fn every_event_of_a_province_of_version_1_is_read_for_ever() {
    let goldens = replay("provincial_event/v1", schema::provincial_event);
    covers(&kinds("ProvincialEvent"), &goldens);
}

#[test]
fn every_piece_of_news_is_read_for_ever() {
    let read = |bytes: &[u8]| schema::news(PullChangesResponse::decode(bytes).map_err(|_| UnknownSchema)?);
    let goldens = replay("news/v1", read);
    covers(&kinds("PullChangesResponse"), &goldens);
}

#[test]
fn what_is_newer_is_not_guessed_at() {
    let (_, known, _) = goldens("provincial_event/v1").remove(0);
    let mut event = ProvincialEvent::decode(&*known).expect("an event");
    for schema_version in [0, 2, u32::MAX] {
        event.schema_version = schema_version;
        assert_eq!(
            schema::provincial_event(&event.encode_to_vec()),
            Err(UnknownSchema)
        );
    }
    event.schema_version = schema::PROVINCIAL_EVENT;
    event.event = None;
    assert_eq!(
        schema::provincial_event(&event.encode_to_vec()),
        Err(UnknownSchema)
    );
    assert_eq!(schema::provincial_event(b"\xff\xff"), Err(UnknownSchema));
    assert_eq!(schema::news(PullChangesResponse::default()), Err(UnknownSchema));
}
