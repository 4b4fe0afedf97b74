use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tlog::{
    AddCheckpoint, Cosigner, Edge, FullTile, Hash, Leaf, LogSigner, Memory, MemoryTiles, Note, Origin,
    Quorum, TILE_WIDTH, TilePath, Witness, WitnessRefusal, consistency, encode_bundle,
};

use super::{Fault, Found, Source, Web, audit};

const ORIGIN: &str = "log.example/audited";
const NOON: Timestamp = Timestamp::constant(1_790_000_000, 0);

/// A log with its entries, which may be told differently.
struct Log {
    signer: LogSigner,
    entries: Vec<Vec<u8>>,
    tiles: MemoryTiles,
    full: Vec<FullTile>,
    notes: Vec<Note>,
}

fn witness(number: u8) -> Witness {
    let cosigner = Cosigner::from_seed(&format!("{number}.example/witness"), &[number; 32]).expect("a name");
    let origin = Origin::new(ORIGIN).expect("a line");
    Witness::new(cosigner, origin, vec![Log::new().signer.verifier().clone()])
}

fn quorum() -> Quorum {
    let witnesses = (1..=3).map(|number| witness(number).verifier().clone()).collect();
    let log = vec![Log::new().signer.verifier().clone()];
    Quorum::new(Origin::new(ORIGIN).expect("a line"), log, witnesses, 2).expect("two of three")
}

impl Log {
    fn new() -> Self {
        Self {
            signer: LogSigner::from_seed(ORIGIN, &[77; 32]).expect("a name"),
            entries: Vec::new(),
            tiles: MemoryTiles::default(),
            full: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Appends entries, the first of which may be another one.
    fn grow(&mut self, by: u64, mark: u8) {
        for _ in 0..by {
            let mut commitment = [mark; 32];
            commitment[..8].copy_from_slice(&(self.entries.len() as u64).to_be_bytes());
            let leaf = Leaf::Facts(commitment);
            let append = self.tiles.edge().append([leaf.hash()]);
            self.full.extend(append.full.iter().cloned());
            assert!(self.tiles.apply(append));
            self.entries.push(leaf.encode());
        }
    }

    fn size(&self) -> u64 {
        self.tiles.edge().size()
    }

    /// States the tree, and shows it to some witnesses, which remember.
    fn state(&mut self, witnesses: &mut [(Witness, Memory)]) -> Vec<Result<(), WitnessRefusal>> {
        let mut note = self.signer.sign(self.size(), self.tiles.edge().root());
        let mut outcomes = Vec::new();
        for (witness, memory) in witnesses {
            let old_size = match memory {
                Memory::Remembered(known) => known.size,
                Memory::Enrolled | Memory::Lost => 0,
            };
            let proof = consistency(&self.tiles, old_size, self.size()).unwrap_or_default();
            let request = AddCheckpoint {
                old_size,
                proof,
                checkpoint: note.clone(),
            };
            match witness.add_checkpoint(memory, &request, NOON) {
                Ok(pending) => {
                    *memory = Memory::Remembered(pending.memory().clone());
                    note = note.with(pending.release());
                    outcomes.push(Ok(()));
                }
                Err(refusal) => outcomes.push(Err(refusal)),
            }
        }
        self.notes.push(note);
        outcomes
    }

    /// Writes the layout of C2SP.
    fn publish(&self, folder: &Path) {
        let write = |path: String, bytes: &[u8]| {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, bytes).expect("written");
        };
        for (index, chunk) in (0..).zip(self.entries.chunks(256)) {
            let bundle = encode_bundle(chunk.iter().map(Vec::as_slice)).expect("short entries");
            write(TilePath::Entries(index, chunk.len() as u64).to_string(), &bundle);
        }
        for tile in &self.full {
            write(
                TilePath::Hashes(tile.id, TILE_WIDTH).to_string(),
                &Hash::concat(&tile.hashes),
            );
        }
        for (id, width) in Edge::tiles(self.size()) {
            let hashes = Hash::concat(self.tiles.edge().partial(id.level));
            write(TilePath::Hashes(id, width).to_string(), &hashes);
        }
        let last = self.notes.last().expect("it said something");
        write("checkpoint".to_owned(), last.to_string().as_bytes());
        for (nth, note) in self.notes.iter().enumerate() {
            write(format!("checkpoints/{nth}"), note.to_string().as_bytes());
        }
    }
}

fn observers(numbers: &[u8]) -> Vec<(Witness, Memory)> {
    numbers
        .iter()
        .map(|number| (witness(*number), Memory::Enrolled))
        .collect()
}

async fn audited(folder: &Path, known: Option<&Note>) -> Found {
    let source = Source::Folder(folder.to_owned());
    audit(&source, &quorum(), known).await.expect("it can be read")
}

fn codes(found: &Found) -> Vec<&'static str> {
    found.faults.iter().map(Fault::code).collect()
}

#[tokio::test]
async fn a_log_that_only_grows_is_sound_and_a_rewritten_leaf_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut log, mut seen) = (Log::new(), observers(&[1, 2]));
    log.grow(300, 0);
    assert_eq!(log.state(&mut seen), [Ok(()), Ok(())]);
    let known = log.notes[0].clone();
    log.grow(400, 0);
    assert_eq!(log.state(&mut seen), [Ok(()), Ok(())]);
    log.publish(folder.path());
    let found = audited(folder.path(), Some(&known)).await;
    assert_eq!((codes(&found), found.size, found.checkpoints), (vec![], 700, 4));
    assert_eq!(found.witnessed.map(|seen| seen.checkpoint.size), Some(700));

    // An entry of the first bundle is told differently, with everything above it left as it was.
    let bundle = folder.path().join("tile/entries/000");
    let mut bytes = std::fs::read(&bundle).expect("there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&bundle, &bytes).expect("written");
    let found = audited(folder.path(), None).await;
    assert!(
        codes(&found).contains(&"ROOT_DIFFERS") && codes(&found).contains(&"TILE_DIFFERS"),
        "{:?}",
        codes(&found)
    );
    // What is no entry ends the audit there; one that is gone too.
    bytes[2] ^= 1;
    std::fs::write(&bundle, &bytes).expect("written");
    assert!(codes(&audited(folder.path(), None).await).contains(&"ENTRY_UNKNOWN"));
    std::fs::remove_file(&bundle).expect("there");
    let found = audited(folder.path(), None).await;
    assert_eq!(codes(&found), ["ENTRIES_UNREADABLE", "ENTRIES_MISSING"]);
}

#[tokio::test]
async fn a_fork_shown_to_disjoint_witnesses_has_no_quorum_and_both_heads_are_evidence() {
    let (mut here, mut there) = (observers(&[1]), observers(&[3]));
    let mut both = Log::new();
    both.grow(10, 0);
    both.state(&mut here);
    let (mut one, mut other) = (Log::new(), Log::new());
    for (log, mark, seen) in [(&mut one, 0, &mut here), (&mut other, 9, &mut there)] {
        log.grow(12, mark);
        assert_eq!(log.state(seen), [Ok(())], "each sees one history");
    }
    for log in [&one, &other] {
        assert!(
            quorum().verify(&log.notes[0]).is_err(),
            "one of three is no quorum"
        );
    }
    // Whoever has cosigned one cosigns the other no more, and keeps both.
    let refused = other.state(&mut here).remove(0);
    assert!(matches!(refused, Err(WitnessRefusal::Fork(kept)) if kept.note.text() == one.notes[0].text()));

    let folder = tempfile::tempdir().expect("a folder");
    one.publish(folder.path());
    let found = audited(folder.path(), Some(&other.notes[0])).await;
    let fork = found.faults.iter().find_map(|fault| match fault {
        Fault::Fork(both) => Some(both.clone()),
        _ => None,
    });
    let fork = fork.expect("one size, two roots");
    assert_ne!(fork.0.text(), fork.1.text());
    assert_eq!(codes(&found), ["FORK", "NOT_WITNESSED", "ROOT_DIFFERS"]);
}

#[tokio::test]
async fn a_log_that_went_back_behind_what_is_known_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut log, mut seen) = (Log::new(), observers(&[1, 2]));
    log.grow(5, 0);
    log.state(&mut seen);
    log.publish(folder.path());
    log.grow(5, 0);
    log.state(&mut seen);
    let found = audited(folder.path(), Some(&log.notes[1])).await;
    assert_eq!(codes(&found), ["ENTRIES_UNREADABLE", "ENTRIES_MISSING"]);

    // Somebody else's checkpoint says nothing about this log.
    let strange = LogSigner::from_seed(ORIGIN, &[1; 32]).expect("a name");
    std::fs::write(
        folder.path().join("checkpoint"),
        strange.sign(5, log.tiles.edge().root()).to_string(),
    )
    .expect("written");
    let found = audited(folder.path(), None).await;
    assert_eq!(codes(&found), ["CHECKPOINT_NOT_OF_THE_LOG"]);
}

/// Serves a folder below `/log`, three answers a connection; a file `checkpoints/0` is the page of checkpoints.
fn served(folder: PathBuf) -> Source {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    // Ends with the process: the listener waits for whoever comes.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answers(stream.expect("somebody"), &folder);
        }
    });
    Source::Web(Web::new(&format!("http://{address}/log/"), None).expect("an address"))
}

fn answers(mut stream: TcpStream, folder: &Path) {
    for _ in 0..3 {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_exact(&mut byte).is_err() {
                return;
            }
            head.extend(byte);
        }
        let head = String::from_utf8(head).expect("text");
        let path = head.split(' ').nth(1).and_then(|path| path.strip_prefix("/log/"));
        let content = std::fs::read(folder.join(path.expect("below the prefix")));
        let (status, body) = content.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
        let whole = [head.as_bytes(), &body].concat();
        stream.write_all(&whole).expect("it listens");
    }
}

#[tokio::test]
async fn a_log_is_audited_over_http_with_every_checkpoint_that_is_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut log, mut seen) = (Log::new(), observers(&[1, 2]));
    for _ in 0..2 {
        log.grow(300, 0);
        assert_eq!(log.state(&mut seen), [Ok(()), Ok(())]);
    }
    log.publish(folder.path());
    std::fs::remove_dir_all(folder.path().join("checkpoints")).expect("there");
    let source = served(folder.path().to_owned());
    let audited = async || audit(&source, &quorum(), None).await;
    let found = audited().await.expect("read");
    assert_eq!((codes(&found), found.size, found.checkpoints), (vec![], 600, 1));

    // As our portals serve them: the first page holds all, the page after the last is empty.
    let framed = |note: &Note| {
        let note = note.to_string();
        let length = u16::try_from(note.len()).expect("short").to_be_bytes();
        [&length[..], note.as_bytes()].concat()
    };
    let page: Vec<u8> = log.notes.iter().flat_map(framed).collect();
    let write = |after: u64, page: &[u8]| {
        std::fs::create_dir_all(folder.path().join("checkpoints")).expect("made");
        std::fs::write(folder.path().join(format!("checkpoints/{after}")), page).expect("written");
    };
    write(0, &page);
    write(600, b"");
    let found = audited().await.expect("read");
    assert_eq!((codes(&found), found.checkpoints), (vec![], 3));
    // A root that was stated once and is not that of the entries.
    let lie = log.signer.sign(450, log.tiles.edge().root());
    write(300, &framed(&lie));
    write(0, &framed(&log.notes[0]));
    write(450, &framed(&log.notes[1]));
    let found = audited().await.expect("read");
    assert_eq!((codes(&found), found.checkpoints), (vec!["ROOT_DIFFERS"], 4));

    write(0, &page[..page.len() - 1]);
    assert!(audited().await.is_err(), "a page that breaks off says nothing");
    std::fs::remove_file(folder.path().join("checkpoint")).expect("there");
    assert!(audited().await.is_err());
    assert!(Web::new("https://log.example/", None).is_err(), "no roots");
    for address in [
        "log.example",
        "ftp://log.example/",
        "http://u@log.example/",
        "http://log.example/?a",
    ] {
        assert!(Web::new(address, None).is_err(), "{address}");
    }
}
