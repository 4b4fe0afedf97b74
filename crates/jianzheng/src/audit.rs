//! `jianzheng audit verify FILE`: checks an exported audit with nothing but the file.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use postgres::audit::{Head, Report, verify_export};

use crate::verify::USAGE;

/// What can be done with an audit.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 离线核验导出的审计 Checks an exported audit: 0 sound, 1 manipulated, 64 no export.
    Verify {
        /// 导出文件 The file that ExportAudit gave.
        file: PathBuf,
        /// 期望的链尾（十六进制） The hash of the chain's end as known from elsewhere, such as a later export or VerifyAudit.
        #[arg(long)]
        head: Option<String>,
    },
}

/// Runs the command.
pub fn run(command: &Command) -> Result<ExitCode> {
    let Command::Verify { file, head } = command;
    let open = File::open(file).with_context(|| file.display().to_string())?;
    let report = match verify_export(BufReader::new(open).lines()) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("不是完整的审计导出文件 no complete export: {error}");
            return Ok(ExitCode::from(USAGE));
        }
    };
    let ends_elsewhere = head
        .as_ref()
        .is_some_and(|head| !head.eq_ignore_ascii_case(&hex(&report.head)));
    print!("{}", page(&report, ends_elsewhere));
    Ok(if report.faults.is_empty() && !ends_elsewhere {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn hex(head: &Head) -> String {
    head.hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn page(report: &Report, ends_elsewhere: bool) -> String {
    let (from, to) = (report.after.sequence + 1, report.head.sequence);
    let mut page = format!(
        "审计 audit      {}\n范围 range      {from}–{to}\n记录 records    {}\n链尾 head       {}\n",
        report.service,
        report.records,
        hex(&report.head)
    );
    if !report.filter.is_empty() {
        page.push_str(&format!("条件 filter     {}\n", report.filter));
    }
    if report.after.sequence > 0 {
        page.push_str("说明 note       之前的链未随附 the chain before this part is taken for granted\n");
    }
    if report.pending > 0 {
        page.push_str(&format!(
            "待入链 pending  {} 导出时尚未入链 not linked yet when exported\n",
            report.pending
        ));
    }
    for fault in &report.faults {
        let (zh, en) = fault.text();
        page.push_str(&format!("异常 fault      {} {zh} ({en})\n", fault.code()));
    }
    if ends_elsewhere {
        page.push_str("异常 fault      链尾与给定的不符 the chain ends elsewhere than stated\n");
    }
    page.push_str(if report.faults.is_empty() && !ends_elsewhere {
        "结论 verdict    审计链完整 sound\n"
    } else {
        "结论 verdict    审计被改动 manipulated\n"
    });
    page
}

#[cfg(test)]
mod tests {
    use postgres::audit::Fault;

    use super::*;

    #[test]
    fn the_page_names_the_fault_and_its_place() {
        let mut report = Report {
            service: "provinces/32/registration".to_owned(),
            filter: String::new(),
            after: Head::START,
            head: Head {
                sequence: 7,
                hash: [0xab; 32],
            },
            records: 7,
            pending: 0,
            faults: Vec::new(),
        };
        assert!(page(&report, false).contains("审计链完整"));
        assert!(page(&report, true).contains("审计被改动"));
        report.faults.push(Fault::Altered { sequence: 3 });
        let said = page(&report, false);
        assert!(
            said.contains("ALTERED 第 3 号记录") && said.contains("审计被改动"),
            "{said}"
        );
    }
}
