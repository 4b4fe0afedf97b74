//! Corrections of announcements, for officers.

use domain::announcement::{AnnouncementCorrection, AnnouncementCorrectionState};
use domain::ids::AnnouncementCorrectionId;
use postgres::Tx;
use uuid::Uuid;

use super::announcement::Numbered;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::announcement::{self, Announcement};
use crate::store::announcement_correction;

/// A correction, the announcement it is of, and the one that said it.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) correction: AnnouncementCorrection,
    pub(crate) of: Announcement,
    pub(crate) by: Option<Announcement>,
}

/// One by its id.
pub(crate) async fn find(deps: &Deps, id: AnnouncementCorrectionId) -> Result<View, Error> {
    let read = async |tx: &mut Tx| {
        let found = announcement_correction::find(tx, id).await?;
        view(tx, found.ok_or_else(Error::not_found)?).await
    };
    deps.reader
        .snapshot("read correction of an announcement", read)
        .await
}

/// Those that wait, or all of one announcement.
pub(crate) async fn list(
    deps: &Deps,
    of: Option<&Numbered>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<View>, Error> {
    let read = async |tx: &mut Tx| {
        let of = match of {
            None => None,
            Some((by, year, serial)) => {
                let found = announcement::find_numbered(tx, by, *year, *serial).await?;
                Some(found.ok_or_else(Error::not_found)?.id)
            }
        };
        let mut views = Vec::new();
        for found in announcement_correction::list(tx, of, after, limit.into()).await? {
            views.push(view(tx, found).await?);
        }
        Ok::<_, Error>(views)
    };
    deps.reader
        .snapshot("list corrections of announcements", read)
        .await
}

async fn view(tx: &mut Tx, correction: AnnouncementCorrection) -> Result<View, Error> {
    let lost = || Error::internal("a correction of no announcement");
    let of = announcement::find(tx, correction.announcement)
        .await?
        .ok_or_else(lost)?;
    let by = match correction.state() {
        AnnouncementCorrectionState::Published { announcement, .. } => {
            announcement::find(tx, *announcement).await?
        }
        _ => None,
    };
    Ok(View { correction, of, by })
}
