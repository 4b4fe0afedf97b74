//! Snapshots: the model kept from one start to the next (decision 0033).
//!
//! One sealed file at a time, written beside the old one, made durable and renamed over it: a crash leaves the old or the new
//! one whole. It is read at start, and its position is resumed only if the register still has the same change there; a file
//! that is torn, altered, of another key or format or too old is passed over, and the register is read from its beginning.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use personal_data::{Cipher, OsRandom, SealedFileError};
use service_runtime::clock::{Clock as _, RegisterClock};
use service_runtime::config::Section;
use service_runtime::telemetry::{Gauge, gauge};
use tokio::time::Instant;

use crate::indices::Indices;
use crate::model::Model;
use crate::model::image::{Capture, ImageError};

const NAME: &str = "register.snapshot";
const UNFINISHED: &str = "register.snapshot.unfinished";
const CIPHERS: &[(&str, Cipher)] = &[("aes-256-gcm", Cipher::Aes256Gcm), ("sm4-gcm", Cipher::Sm4Gcm)];
/// What is read at once.
const BUFFER: usize = 1 << 18;

/// Where snapshots are kept, and how.
pub(crate) struct Snapshots {
    folder: PathBuf,
    every: Duration,
    oldest: Duration,
    cipher: Cipher,
    position: Gauge,
    passed_over: Gauge,
}

impl Snapshots {
    /// `[snapshot]`
    pub(crate) fn read_section(section: &mut Section) -> Option<Self> {
        let folder = section.folder("folder");
        let every = section.or("every", Duration::from_secs(600));
        let oldest = section.or("oldest", Duration::from_secs(30 * 86_400));
        if every < Duration::from_secs(1) {
            section.fault("every", "must be at least 1s");
        }
        if oldest.is_zero() || oldest > Duration::from_secs(366 * 86_400) {
            section.fault("oldest", "must be between 1ms and 366d");
        }
        let cipher = section.or("cipher", "aes-256-gcm".to_owned());
        let cipher = CIPHERS.iter().find(|(name, _)| *name == cipher);
        if cipher.is_none() {
            section.fault("cipher", "must be one of aes-256-gcm, sm4-gcm");
        }
        Some(Self {
            folder: folder?,
            every,
            oldest,
            cipher: cipher?.1,
            position: gauge(
                "verification.snapshot.position",
                "{change}",
                "position of the latest snapshot written or read",
            ),
            passed_over: gauge(
                "verification.snapshot.passed_over",
                "{file}",
                "1 where a snapshot was not used, by why",
            ),
        })
    }

    /// How often one is written, at most.
    pub(crate) fn every(&self) -> Duration {
        self.every
    }

    /// The model as it was kept; none if nothing usable is there, which is said.
    pub(crate) fn read(&self, indices: &Indices, clock: &RegisterClock) -> Option<Model> {
        let begun = Instant::now();
        let now = clock.now();
        let oldest = now.checked_sub(self.oldest).unwrap_or(now);
        let file = match File::open(self.path(NAME)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::info!("there is no snapshot: the register is read from its beginning");
                return None;
            }
            Err(error) => {
                self.pass_over(&ImageError::File(error.into()));
                return None;
            }
        };
        match Model::from_image(indices.clone(), BufReader::with_capacity(BUFFER, file), oldest) {
            Ok(model) => {
                let position = model.marks.position();
                self.position.record(position as f64, &[]);
                tracing::info!(position, elapsed = ?begun.elapsed(), "the snapshot is read");
                Some(model)
            }
            Err(error) => {
                self.pass_over(&error);
                None
            }
        }
    }

    /// Writes a picture; its position, or none if it could not be written, which is said: the next start then takes longer.
    pub(crate) fn write(&self, capture: &Capture) -> Option<u64> {
        let begun = Instant::now();
        let position = capture.position;
        match self.write_durably(capture) {
            Ok(()) => {
                self.position.record(position as f64, &[]);
                tracing::info!(position, elapsed = ?begun.elapsed(), "a snapshot is written");
                Some(position)
            }
            Err(error) => {
                tracing::warn!(%error, position, "no snapshot could be written");
                None
            }
        }
    }

    /// Removes what counts no more.
    pub(crate) fn remove(&self) {
        if let Err(error) = fs::remove_file(self.path(NAME))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a snapshot that counts no more could not be removed");
        }
    }

    fn write_durably(&self, capture: &Capture) -> Result<(), SealedFileError> {
        let unfinished = self.path(UNFINISHED);
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        let mut file = capture.files().write(file, self.cipher, &mut OsRandom)?;
        capture.write(&mut file)?;
        file.finish()?.sync_all()?;
        fs::rename(&unfinished, self.path(NAME))?;
        // The name is durable only with its folder.
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    fn pass_over(&self, error: &ImageError) {
        let why = match error {
            ImageError::File(SealedFileError::UnknownFormat) | ImageError::Format(_) => "format",
            ImageError::File(SealedFileError::Torn) => "torn",
            ImageError::File(SealedFileError::Unauthentic) => "altered",
            ImageError::File(SealedFileError::Io(_)) => "unreadable",
            ImageError::Malformed(_) => "malformed",
            ImageError::Old => "old",
        };
        self.passed_over.record(1.0, &[("why", why)]);
        tracing::warn!(%error, why, "the snapshot is passed over: the register is read from its beginning");
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::join(&self.folder, name)
    }
}
