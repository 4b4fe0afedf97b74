//! Announcements (公告): the list of them, and one with its rows.

use api::convert::read_term;
use api::registration::v1 as wire;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::announcement::ListingFault;
use domain::application::ApplicationType;
use domain::province::Province;
use domain::specialty::Specialty;

use super::{html, terms};

/// Provinces, or the announcements of one.
#[derive(Template)]
#[template(path = "announcements.html")]
pub(crate) struct AnnouncementsPage {
    province: Option<Province>,
    provinces: Vec<Province>,
    heads: Vec<Head>,
    next: String,
}

struct Head {
    address: String,
    number: String,
    day: String,
    rows: i32,
    corrects: String,
}

impl AnnouncementsPage {
    /// Whose announcements are shown.
    pub(crate) fn provinces(provinces: Vec<Province>) -> Self {
        Self {
            province: None,
            provinces,
            heads: Vec::new(),
            next: String::new(),
        }
    }

    /// Those of a province; `next` is where the following page begins.
    pub(crate) fn of(province: Province, announcements: Vec<wire::Announcement>, next: String) -> Self {
        let heads = announcements.into_iter().map(|one| Head {
            address: address(province, &one.name),
            day: moment(&one),
            number: one.number,
            rows: one.row_count,
            corrects: one.corrects_number,
        });
        Self {
            province: Some(province),
            provinces: Vec::new(),
            heads: heads.collect(),
            next,
        }
    }
}

impl IntoResponse for AnnouncementsPage {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}

/// One announcement.
#[derive(Template)]
#[template(path = "announcement.html")]
pub(crate) struct AnnouncementPage {
    province: Province,
    address: String,
    number: String,
    at: String,
    by: String,
    /// Address and number of the one that it corrects.
    corrects: Option<(String, String)>,
    rows: Vec<Row>,
    /// What later ones say of rows that were omitted here.
    omitted: Vec<String>,
}

struct Row {
    ordinal: usize,
    name: String,
    number: String,
    employer: String,
    specialties: String,
    kind: &'static str,
    /// On a correcting announcement: what was wrong.
    fault: Option<&'static str>,
    corrected_row: i32,
    /// What later ones say of it.
    corrected: Vec<(&'static str, String)>,
}

impl AnnouncementPage {
    /// None where it says something that no version of this program knows.
    pub(crate) fn new(province: Province, told: wire::Announcement) -> Option<Self> {
        let said = |row: i32| -> Option<Vec<(&'static str, String)>> {
            let of_row = told.corrected.iter().filter(|said| said.row == row);
            of_row
                .map(|said| Some((fault(said.fault)?, said.number.clone())))
                .collect()
        };
        let mut rows = Vec::new();
        for (index, row) in told.rows.iter().enumerate() {
            let ordinal = index + 1;
            rows.push(Row {
                ordinal,
                name: row.full_name.clone(),
                number: row.registration_number.clone(),
                employer: row.employer_title.clone(),
                specialties: specialties(&row.specialties)?,
                kind: read_term::<api::types::v1::ApplicationType, ApplicationType>(row.r#type, "type")
                    .ok()?
                    .name(),
                fault: if row.fault == 0 {
                    None
                } else {
                    Some(fault(row.fault)?)
                },
                corrected_row: row.corrected_row,
                corrected: said(i32::try_from(ordinal).ok()?)?,
            });
        }
        let corrects = (!told.corrects.is_empty())
            .then(|| (address(province, &told.corrects), told.corrects_number.clone()));
        let omitted = said(0)?.into_iter().map(|(_, number)| number).collect();
        Some(Self {
            province,
            address: address(province, &told.name),
            at: moment(&told),
            by: match told.announced_by.as_str() {
                "ministry" => "国务院住房城乡建设主管部门".to_owned(),
                _ => format!("{}住房城乡建设主管部门", province.name()),
            },
            corrects,
            rows,
            omitted,
            number: told.number,
        })
    }

    fn corrects_something(&self) -> bool {
        self.corrects.is_some()
    }
}

impl IntoResponse for AnnouncementPage {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}

fn fault(number: i32) -> Option<&'static str> {
    let fault = read_term::<wire::ListingFault, ListingFault>(number, "fault").ok()?;
    Some(fault.name())
}

fn specialties(numbers: &[i32]) -> Option<String> {
    let names: Option<Vec<_>> = numbers
        .iter()
        .map(|number| {
            let read = read_term::<api::types::v1::Specialty, Specialty>(*number, "specialties");
            Some(read.ok()?.name())
        })
        .collect();
    Some(names?.join("、"))
}

fn address(province: Province, name: &str) -> String {
    let number = name.rsplit('/').next().unwrap_or_default();
    format!("/announcements/{province}/{number}")
}

fn moment(told: &wire::Announcement) -> String {
    let at = told.announced_at.as_ref();
    let at = at.and_then(|at| jiff::Timestamp::new(at.seconds, at.nanos).ok());
    at.map(terms::instant).unwrap_or_default()
}
