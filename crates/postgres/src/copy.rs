//! Many rows at once: `COPY … FROM STDIN` in PostgreSQL's binary format, which costs the server neither arrays to take
//! apart nor a conflict to look for. For rows by the hundred; a unique key that is taken fails the whole statement.

use uuid::Uuid;

use crate::types::SqlTimestamp;
use crate::{Error, Tx};

/// Rows in the binary format, each column as its type is sent.
#[derive(Debug)]
pub struct Rows {
    columns: i16,
    bytes: Vec<u8>,
}

/// One row; its columns are given in the order of the statement.
#[derive(Debug)]
pub struct Row<'a>(&'a mut Vec<u8>);

impl Rows {
    /// No row yet, of so many columns; with room for `rows` of about `size` bytes.
    #[must_use]
    pub fn new(columns: i16, rows: usize, size: usize) -> Self {
        let mut bytes = Vec::with_capacity(HEADER.len() + rows * size + TRAILER.len());
        bytes.extend_from_slice(HEADER);
        Self { columns, bytes }
    }

    /// Begins a row.
    pub fn row(&mut self) -> Row<'_> {
        self.bytes.extend_from_slice(&self.columns.to_be_bytes());
        Row(&mut self.bytes)
    }
}

impl Row<'_> {
    /// A `uuid`.
    pub fn uuid(&mut self, value: Uuid) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    /// A `text`.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    /// A `bytea`, or any column in its own binary form.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.field(&[value])
    }

    /// A `jsonb`, from its text.
    pub fn json(&mut self, value: &str) -> &mut Self {
        self.field(&[&[JSONB_VERSION], value.as_bytes()])
    }

    /// An `integer`.
    pub fn integer(&mut self, value: i32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// A `bigint`.
    pub fn bigint(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// A `timestamptz`.
    pub fn timestamp(&mut self, value: SqlTimestamp) -> &mut Self {
        self.bigint(value.micros())
    }

    fn field(&mut self, parts: &[&[u8]]) -> &mut Self {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let length = i32::try_from(length).expect("a column is far below the limit of 1 GiB");
        self.0.extend_from_slice(&length.to_be_bytes());
        for part in parts {
            self.0.extend_from_slice(part);
        }
        self
    }
}

impl Tx {
    /// Adds rows to `into`, a table with its columns: `"shared.outbox (stream, sequence)"`. Returns how many.
    ///
    /// # Errors
    /// The database's; [`Error::Constraint`] if any row is refused, and then none is stored.
    pub async fn copy_in(&mut self, into: &'static str, rows: Rows) -> Result<u64, Error> {
        let mut bytes = rows.bytes;
        bytes.extend_from_slice(TRAILER);
        let statement = format!("COPY {into} FROM STDIN (FORMAT binary)");
        let mut copy = self.conn().copy_in_raw(&statement).await?;
        copy.send(bytes).await?;
        Ok(copy.finish().await?)
    }
}

/// Signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Where a row would say its number of columns.
const TRAILER: &[u8] = &(-1_i16).to_be_bytes();
const JSONB_VERSION: u8 = 1;
