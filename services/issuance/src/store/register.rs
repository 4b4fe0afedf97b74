//! Room `register`.

pub(crate) mod act;
pub(crate) mod active_registration;
pub(crate) mod entry;
pub(crate) mod history;
pub(crate) mod national_act;
pub(crate) mod person;
pub(crate) mod person_link;
pub(crate) mod registration_number;
pub(crate) mod transition;

/// Column names that bind each envelope to its place; they are authenticated with it and never change.
pub(crate) mod column {
    pub(crate) const ACT: &str = "register.act.record";
    pub(crate) const ENTRY: &str = "register.entry.entry";
    pub(crate) const HOLDER: &str = "register.entry.facts";
    pub(crate) const NATIONAL_ACT: &str = "register.national_act.record";
    /// The document of somebody who is merged into the person.
    pub(crate) const LINKED_DOCUMENT: &str = "register.person_link.document";
    /// The decision behind an act of the nation, in the object store.
    pub(crate) const DECISION: &str = "register.national_act.decision";
    /// A photo in the object store.
    pub(crate) const PHOTO: &str = "register.photo";
    /// The picture of a handwritten signature in the object store.
    pub(crate) const SIGNATURE_IMAGE: &str = "register.signature_image";
}
