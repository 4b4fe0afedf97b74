//! Nouns, rules and lifecycles of the registration of Level-1 constructors (一级建造师).
//!
//! No I/O, no async, no clock, no randomness: time and ids are arguments. Every rule names the article or the section of
//! the domain reference (`domain §x`) it rests on; whatever is refused says so with a stable reason, the article and a
//! sentence for people ([`reason::Reason`]).
#![cfg_attr(not(test), deny(clippy::panic, clippy::unreachable))]

pub mod announcement;
pub mod application;
pub mod authority;
pub mod availability;
pub mod bulk_issue;
pub mod calendar;
pub mod cancellation;
pub mod case_file;
pub mod certificate;
pub mod check;
pub mod correction;
pub mod credit_code;
pub mod document_number;
pub mod employment;
pub mod fact;
pub mod four_eyes;
pub mod ids;
pub mod import;
pub mod lapse;
pub mod licence_identifier;
pub mod name;
pub mod national_act;
pub mod notice;
pub mod notification;
pub mod opinion;
pub mod paper_certificate_number;
pub mod person_link;
pub mod policy;
pub mod province;
pub mod qualification;
pub mod reason;
pub mod reconciliation;
pub mod refusal;
pub mod register;
pub mod registration_number;
pub mod reminder;
pub mod restoration;
pub mod seal;
pub mod specialty;
pub mod standing;
pub mod store_check;
pub mod stream_repair;
pub mod succession;
mod text;
pub mod use_copy;
pub mod validity;
pub mod work;
