//! What is told, and how it goes over the wire.

use api::convert::instant;
use api::types::v1 as types;
use domain::ids::PersonId;
use domain::notification::{Addressee, NotificationKind, Particulars};
use domain::specialty::Specialty;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Tx, notification};
use uuid::Uuid;

use crate::Error;

const TABLE: &str = "shared.notification";

/// What is told, and to whom. Ids, kinds and days only.
#[derive(Debug, Clone)]
pub struct Notification {
    /// What happened.
    pub kind: NotificationKind,
    /// Each is told for itself.
    pub to: Vec<Addressee>,
    /// Whom it is about.
    pub person: Option<PersonId>,
    /// Resource name of what it is about.
    pub subject: String,
    /// Day, days left and specialty that it names.
    pub particulars: Particulars,
    /// Register time of what happened.
    pub at: Timestamp,
    /// Names what is told once and never again, such as one reminder; the addressee is added to it.
    pub once: Option<String>,
}

impl Notification {
    /// With the day it is about.
    #[must_use]
    pub fn on(mut self, day: Option<Date>) -> Self {
        self.particulars.day = day;
        self
    }
}

/// Stores a notification for every addressee, in the transaction of what it tells of. Returns how many were told: what
/// is told once and was told before is left out.
///
/// # Errors
/// The database's.
pub async fn tell(tx: &mut Tx, told: &Notification) -> Result<usize, postgres::Error> {
    tell_all(tx, std::slice::from_ref(told)).await
}

/// Stores notifications in their order, as [`tell`].
///
/// # Errors
/// The database's.
pub async fn tell_all(tx: &mut Tx, told: &[Notification]) -> Result<usize, postgres::Error> {
    let rows: Vec<_> = told.iter().flat_map(rows).collect();
    notification::insert_all(tx, &rows).await
}

fn rows(told: &Notification) -> impl Iterator<Item = notification::Notification> {
    told.to.iter().map(|addressee| notification::Notification {
        id: Uuid::now_v7(),
        position: None,
        kind: told.kind.code().to_owned(),
        addressee: addressee.to_string(),
        person: told.person.map(PersonId::as_uuid),
        subject: told.subject.clone(),
        specialty: told.particulars.specialty.map(|one| one.code().to_owned()),
        day: told.particulars.day,
        days_left: told.particulars.days.map(i32::from),
        recorded_at: told.at,
        once: told.once.as_ref().map(|once| format!("{once} {addressee}")),
    })
}

/// A stored notification as the wire has it, with its text.
pub(crate) fn encode(
    collection: &str,
    row: notification::Notification,
) -> Result<types::Notification, Error> {
    let bad = |column| postgres::Error::inconsistent(TABLE, column, row.id);
    let kind = NotificationKind::from_code(&row.kind).ok_or_else(|| bad("kind"))?;
    let specialty = row
        .specialty
        .as_deref()
        .map(|code| Specialty::from_text(code).ok_or_else(|| bad("specialty")))
        .transpose()?;
    let days = row
        .days_left
        .map(|days| u16::try_from(days).map_err(|_| bad("days_left")))
        .transpose()?;
    let text = kind.text(Particulars {
        day: row.day,
        days,
        specialty,
    });
    Ok(types::Notification {
        name: format!("{collection}/{}", row.id),
        position: row
            .position
            .and_then(|position| u64::try_from(position).ok())
            .unwrap_or_default(),
        kind: types::NotificationKind::from(kind).into(),
        addressee: row.addressee,
        person: row
            .person
            .map(|person| PersonId::from_uuid(person).resource_name())
            .unwrap_or_default(),
        subject: row.subject,
        specialty: specialty
            .map(|specialty| types::Specialty::from(specialty).into())
            .unwrap_or_default(),
        day: row.day.map(Into::into),
        days_left: days.unwrap_or_default().into(),
        recorded_at: Some(instant(row.recorded_at)),
        text: Some(types::BilingualText {
            zh: text.zh,
            en: text.en,
        }),
    })
}
