//! Notifications of the nation, stored with what they tell of; a job then puts them into the stream.

use domain::ids::{EmployerId, PersonId};
use domain::notification::{Addressee, NotificationKind, Particulars};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;

/// What is told. Ids, kinds and days only.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) kind: NotificationKind,
    /// Whom it is about.
    pub(crate) person: PersonId,
    /// Told as well where the kind concerns employers.
    pub(crate) employer: Option<EmployerId>,
    /// Resource name of what it is about.
    pub(crate) subject: String,
    pub(crate) day: Option<Date>,
    pub(crate) days_left: Option<u16>,
    pub(crate) at: Timestamp,
    /// Names what is told once and never again; the addressee is added to it.
    pub(crate) once: Option<String>,
}

/// Stores a notification for everybody whom its kind concerns, in the transaction of what it tells of.
pub(crate) async fn push(tx: &mut Tx, told: &Notification) -> Result<(), postgres::Error> {
    push_all(tx, std::slice::from_ref(told)).await
}

/// Stores notifications in their order, as [`push`].
pub(crate) async fn push_all(tx: &mut Tx, told: &[Notification]) -> Result<(), postgres::Error> {
    let told: Vec<_> = told.iter().map(addressed).collect();
    notification_service::tell_all(tx, &told).await?;
    Ok(())
}

fn addressed(told: &Notification) -> notification_service::Notification {
    let audience = told.kind.audience();
    let person = audience.person.then_some(Addressee::Person(told.person));
    let employer = told
        .employer
        .filter(|_| audience.employer)
        .map(Addressee::Employer);
    notification_service::Notification {
        kind: told.kind,
        to: [person, employer].into_iter().flatten().collect(),
        person: Some(told.person),
        subject: told.subject.clone(),
        particulars: Particulars {
            day: told.day,
            days: told.days_left,
            specialty: None,
        },
        at: told.at,
        once: told.once.clone(),
    }
}

/// Holder and old employer hear of a change before it takes effect: whoever did not want it can still object.
pub(crate) async fn change_cleared(
    tx: &mut Tx,
    person: PersonId,
    left: EmployerId,
    application: &str,
    at: Timestamp,
) -> Result<(), postgres::Error> {
    let told = Notification {
        kind: NotificationKind::ChangeCleared,
        person,
        employer: Some(left),
        subject: application.to_owned(),
        day: None,
        days_left: None,
        at,
        once: None,
    };
    push(tx, &told).await
}
