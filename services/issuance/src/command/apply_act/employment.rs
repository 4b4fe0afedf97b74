//! What ends with an employment: the consents given to that employer, and what it asks for (design §4).

use domain::ids::PersonId;
use domain::notification::NotificationKind;
use domain::register::RegisterEntry;
use jiff::Timestamp;
use postgres::{Error, Tx};

use crate::command::notify::{self, Notification};
use crate::store::issuing::{consent, copy_request};

/// Ends what belongs to any other employer than that of the entry, in the transaction of its act. A registration that
/// has ended has none; one that comes back to the same employer needs a new consent.
pub(super) async fn end_consents(tx: &mut Tx, entry: &RegisterEntry, at: Timestamp) -> Result<(), Error> {
    let person: PersonId = entry.person;
    let employer = (!entry.is_ended()).then(|| entry.employer.id.as_uuid());
    for (ended, employer) in consent::end_with_employment(tx, person, employer, at).await? {
        let told = Notification {
            kind: NotificationKind::ConsentEnded,
            person,
            employer: Some(employer.into()),
            subject: format!("consents/{ended}"),
            day: None,
            days_left: None,
            at,
            once: None,
        };
        notify::push(tx, &told).await?;
    }
    copy_request::lapse_with_employment(tx, person, employer, at).await
}
