//! 聘用单位: identity owns them; the province hands them over and is told what came of it.

use std::collections::HashSet;

use domain::credit_code::CreditCode;
use domain::import::{Column, RowFault};
use domain::province::Province;
use jiff::Timestamp;
use tabular::Row;

use super::cells::{Cells, divided};
use super::heading::Heading;
use super::{Note, Work, sorted};
use crate::error::Error;
use crate::peer::identity::bulk::{EmployerStated, Recorded};

struct Line {
    row: u32,
    stated: EmployerStated,
}

/// Classes of enterprise qualification as the legacy exchange names them (domain §6).
const CLASSES: [(&str, &str); 6] = [
    ("施工", "CONSTRUCTION"),
    ("勘察", "SURVEY"),
    ("设计", "DESIGN"),
    ("监理", "SUPERVISION"),
    ("招标代理", "TENDER_AGENCY"),
    ("造价咨询", "COST_CONSULTING"),
];

fn judge(own: Province, heading: &Heading, row: &Row, now: Timestamp) -> Result<Line, Vec<Note>> {
    let mut cells = Cells::new(heading, row, now);
    let title = cells.text(Column::EmployerTitle, 200);
    let text = cells.required(Column::CreditCode);
    let credit_code = text.and_then(|text| match CreditCode::parse(text) {
        Ok(code) => Some(code),
        Err(error) => cells.fault(Column::CreditCode, &error),
    });
    if let Some(province) = cells.optional(Column::EmployerProvince)
        && province != own.code()
        && province != own.prefix().to_string()
    {
        let _: Option<()> = cells.fault(Column::EmployerProvince, &RowFault::OtherProvince);
    }
    let words = cells.required(Column::EmployerQualifications).map(divided);
    let classes = words.and_then(|words| {
        let known = |word: &&str| CLASSES.iter().find(|(zh, code)| zh == word || code == word);
        let classes: Option<Vec<&'static str>> =
            words.iter().map(|word| known(word).map(|one| one.1)).collect();
        classes.or_else(|| cells.fault(Column::EmployerQualifications, &RowFault::Word))
    });
    let read = || {
        Some(Line {
            row: row.number,
            stated: EmployerStated {
                title: title?,
                credit_code: credit_code?,
                classes: classes?,
            },
        })
    };
    let read = read();
    cells.finish(read)
}

/// Hands the piece to identity, or asks what it would do; how many were recorded, and what is said of the rest. After a
/// crash the same rows come back as on record.
pub(crate) async fn hand_over(
    work: Work<'_>,
    heading: Heading,
    rows: Vec<Row>,
) -> Result<(usize, Vec<Note>), Error> {
    let (own, now) = (work.deps.province, work.now);
    let mut sorted = sorted(rows, move |row| judge(own, &heading, row, now)).await?;
    let mut seen = HashSet::new();
    sorted.keep(
        |line| line.row,
        |line| {
            let first = seen.insert(line.stated.credit_code.as_str().to_owned());
            (!first).then_some((Column::CreditCode, RowFault::TwiceInFile))
        },
    );
    let stated: Vec<_> = sorted.good.iter().map(|line| line.stated.clone()).collect();
    let answers = work
        .deps
        .identity
        .record_employers(&stated, !work.writes, &work.purpose())
        .await?;
    let mut recorded = 0;
    for (line, answer) in sorted.good.iter().zip(answers) {
        let fault = match answer {
            Recorded::Now => {
                recorded += 1;
                continue;
            }
            Recorded::Unchanged => RowFault::AlreadyRecorded,
            Recorded::Differs => RowFault::RecordedDifferently,
        };
        sorted
            .notes
            .push(Note::new(line.row, Some(Column::CreditCode), &fault));
    }
    Ok((recorded, sorted.notes))
}
