use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::authority::Authority;
use crate::ids::OfficerId;
use crate::province::Province;

fn officer(n: u128, province: &str) -> Officer {
    Officer {
        id: OfficerId::from_uuid(Uuid::from_u128(n)),
        authority: Authority::Province(Province::from_code(province).expect("a province")),
    }
}

fn uploaded(kind: ImportKind) -> Import {
    Import {
        id: ImportId::from_uuid(Uuid::from_u128(7)),
        kind,
        uploaded_by: officer(1, "32"),
        uploaded_at: Timestamp::UNIX_EPOCH,
        state: ImportState::Checking,
    }
}

const AT: Timestamp = Timestamp::UNIX_EPOCH;

#[test]
fn a_register_is_started_by_another_officer_than_who_uploaded_it() {
    let checked = uploaded(ImportKind::Register).finish(AT);
    assert_eq!(
        checked.clone().start(officer(1, "32"), AT),
        Err(ImportRefused::SameOfficer)
    );
    assert_eq!(
        checked.clone().start(officer(2, "33"), AT),
        Err(ImportRefused::OtherAuthority)
    );
    assert!(checked.start(officer(2, "32"), AT).is_ok());
    let other = uploaded(ImportKind::Qualifications).finish(AT);
    assert!(other.start(officer(1, "32"), AT).is_ok());
}

#[test]
fn nothing_is_written_before_the_check_and_nothing_after_the_end() {
    let import = uploaded(ImportKind::Facts);
    assert_eq!(
        import.clone().start(officer(1, "32"), AT),
        Err(ImportRefused::NotChecked)
    );
    let running = import.finish(AT).start(officer(1, "32"), AT).expect("started");
    assert_eq!(
        running.clone().start(officer(1, "32"), AT),
        Err(ImportRefused::Settled)
    );
    let done = running.clone().finish(AT);
    assert_eq!(done.clone().finish(AT), done);
    assert_eq!(done.cancel(officer(1, "32"), AT), Err(ImportRefused::Settled));
    let cancelled = running.cancel(officer(2, "32"), AT).expect("cancelled");
    assert!(!cancelled.finish(AT).state.is_working());
}

#[test]
fn rows_are_given_back_to_nobody_but_who_brought_them() {
    let import = uploaded(ImportKind::Register);
    assert!(import.check_download(officer(1, "32")).is_ok());
    assert_eq!(
        import.check_download(officer(2, "32")),
        Err(ImportRefused::NotUploader)
    );
}

#[test]
fn every_heading_means_one_column_of_its_layout() {
    for kind in ImportKind::ALL.iter().copied() {
        for column in kind.required().iter().chain(kind.optional()).copied() {
            for heading in column.headings() {
                assert_eq!(Column::of_heading(kind, heading), Some(column), "{heading}");
            }
        }
    }
    assert_eq!(
        Column::of_heading(ImportKind::Register, " ＺＣＢＨ "),
        Some(Column::RegistrationNumber)
    );
    assert_eq!(Column::of_heading(ImportKind::Employers, "姓名"), None);
}

/// docs/imports.md names every column with its headings, and every reason of a row.
#[test]
fn the_layouts_are_documented() {
    let page = include_str!("../../../../docs/imports.md");
    for kind in ImportKind::ALL.iter().copied() {
        let heading = format!("## {} ", kind.name());
        let section = page.split(&heading).nth(1).expect(kind.name());
        let section = section.split("\n## ").next().unwrap_or_default();
        for (columns, must) in [(kind.required(), "必填"), (kind.optional(), "选填")] {
            for column in columns {
                let names = column
                    .headings()
                    .iter()
                    .map(|one| format!("`{one}`"))
                    .collect::<Vec<_>>();
                let line = format!("| {} | {must} |", names.join(" "));
                assert!(section.contains(&line), "{}: {line}", kind.name());
            }
        }
    }
    for (reason, _) in RowFault::REASONS {
        assert!(page.contains(&format!("`{reason}`")), "{reason}");
    }
}
