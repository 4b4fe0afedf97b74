//! Announcements for everybody: name, number, employer, specialties and type, and nothing else of a person.

use announcement_list::{ListSignature, ListedRow, Salt, SignedList, Withheld};
use domain::ids::AnnouncementId;
use domain::name::PersonName;
use jiff::Timestamp;
use postgres::Tx;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::listing::{self, Head};
use crate::store::announcement::{self, Announcement, CorrectedLine, Line};
use crate::store::person;

/// What opens a line; gone after erasure.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) name: PersonName,
    salt: Salt,
}

/// An announcement with its lines opened, and how it stands to others.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) announcement: Announcement,
    pub(crate) lines: Vec<(Option<Opened>, Line)>,
    /// The one that it corrects.
    pub(crate) corrects: Option<Announcement>,
    /// What later ones say of its lines.
    pub(crate) corrected: Vec<CorrectedLine>,
}

/// How an announcement is named: announcing authority, year, serial.
pub(crate) type Numbered = (String, i32, i32);

/// By its id, for the answer of a write.
pub(crate) async fn find(deps: &Deps, id: AnnouncementId) -> Result<View, Error> {
    let read = async |tx: &mut Tx| {
        let found = announcement::find(tx, id).await?.ok_or_else(Error::not_found)?;
        view(deps, tx, found).await
    };
    deps.reader.snapshot("read announcement", read).await
}

/// By authority, year and serial.
pub(crate) async fn find_numbered(deps: &Deps, (by, year, serial): &Numbered) -> Result<View, Error> {
    let read = async |tx: &mut Tx| {
        let found = announcement::find_numbered(tx, by, *year, *serial)
            .await?
            .ok_or_else(Error::not_found)?;
        view(deps, tx, found).await
    };
    deps.reader.snapshot("read announcement", read).await
}

/// The newest ones before an instant and id.
pub(crate) async fn list(
    deps: &Deps,
    before: Option<(Timestamp, Uuid)>,
    limit: u32,
) -> Result<Vec<View>, Error> {
    let read = async |tx: &mut Tx| {
        let mut views = Vec::new();
        for found in announcement::list(tx, before, limit.into()).await? {
            views.push(view(deps, tx, found).await?);
        }
        Ok::<_, Error>(views)
    };
    deps.reader.snapshot("list announcements", read).await
}

/// The signed list (公告名单): what anyone can check with the public key alone.
pub(crate) async fn signed_list(deps: &Deps, numbered: &Numbered) -> Result<SignedList, Error> {
    let View {
        announcement: found,
        lines,
        corrects,
        ..
    } = find_numbered(deps, numbered).await?;
    let head = Head {
        number: &found.number,
        announced_by: &found.announced_by,
        announced_at: found.announced_at,
        corrects: corrects.as_ref().map(|corrects| corrects.number.as_str()),
    };
    let statement = listing::statement(deps.province, &head, lines.len(), found.root);
    let rows = (1..).zip(&lines).map(|(ordinal, (opened, line))| match opened {
        Some(opened) => ListedRow::Shown(listing::row(ordinal, &opened.name, line, opened.salt)),
        None => ListedRow::Withheld(Withheld {
            ordinal,
            commitment: line.commitment,
        }),
    });
    let signature = ListSignature::new(found.key_id, &found.signature);
    Ok(SignedList::new(statement, signature, rows.collect()))
}

/// The public keys that signed here, with their first use, the newest first.
pub(crate) async fn keys(deps: &Deps) -> Result<Vec<(Vec<u8>, Timestamp)>, Error> {
    let read = async |tx: &mut Tx| announcement::keys(tx).await;
    Ok(deps.reader.snapshot("list announcement keys", read).await?)
}

async fn view(deps: &Deps, tx: &mut Tx, announcement: Announcement) -> Result<View, Error> {
    let mut lines = Vec::new();
    for line in announcement::lines(tx, announcement.id).await? {
        let opened = match person::announced_key(tx, line.person).await? {
            Some(wrapped) => {
                let key = deps.sealing.key(line.person.as_uuid(), wrapped)?;
                Some(Opened {
                    name: deps.sealing.open_name(&key, line.sealed_name.clone())?,
                    salt: Salt(
                        deps.sealing
                            .open_salt(&key, line.application, line.sealed_salt.clone())?,
                    ),
                })
            }
            None => None,
        };
        lines.push((opened, line));
    }
    let corrects = match announcement.corrects {
        Some(id) => announcement::find(tx, id).await?,
        None => None,
    };
    Ok(View {
        corrected: announcement::corrections(tx, announcement.id).await?,
        corrects,
        announcement,
        lines,
    })
}
