//! Announcements for everybody: name, number, employer, specialties and type, and nothing else of a person.

use domain::ids::AnnouncementId;
use domain::name::PersonName;
use postgres::Tx;

use crate::app::Deps;
use crate::error::Error;
use crate::store::announcement::{self, Announcement, Line};
use crate::store::person;

/// An announcement with the names of its lines in the clear; a name is empty after erasure.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) announcement: Announcement,
    pub(crate) lines: Vec<(Option<PersonName>, Line)>,
}

/// By its id, for the answer of a write.
pub(crate) async fn find(deps: &Deps, id: AnnouncementId) -> Result<View, Error> {
    let read = async |tx: &mut Tx| {
        let found = announcement::find(tx, id).await?.ok_or_else(Error::not_found)?;
        view(deps, tx, found).await
    };
    deps.reader.snapshot("read announcement", read).await
}

/// By year and serial.
pub(crate) async fn find_numbered(deps: &Deps, year: i32, serial: i32) -> Result<View, Error> {
    let read = async |tx: &mut Tx| {
        let found = announcement::find_numbered(tx, year, serial)
            .await?
            .ok_or_else(Error::not_found)?;
        view(deps, tx, found).await
    };
    deps.reader.snapshot("read announcement", read).await
}

/// The newest ones before a year and serial.
pub(crate) async fn list(deps: &Deps, before: Option<(i32, i32)>, limit: u32) -> Result<Vec<View>, Error> {
    let read = async |tx: &mut Tx| {
        let mut views = Vec::new();
        for found in announcement::list(tx, before, limit.into()).await? {
            views.push(view(deps, tx, found).await?);
        }
        Ok::<_, Error>(views)
    };
    deps.reader.snapshot("list announcements", read).await
}

async fn view(deps: &Deps, tx: &mut Tx, announcement: Announcement) -> Result<View, Error> {
    let mut lines = Vec::new();
    for line in announcement::lines(tx, announcement.id).await? {
        let name = match person::announced_key(tx, line.person).await? {
            Some(wrapped) => {
                let key = deps.sealing.key(line.person.as_uuid(), wrapped)?;
                Some(deps.sealing.open_name(&key, line.sealed_name.clone())?)
            }
            None => None,
        };
        lines.push((name, line));
    }
    Ok(View { announcement, lines })
}
