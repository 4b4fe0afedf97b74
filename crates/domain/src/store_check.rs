//! What the daily comparison of journal, register, log and stored files may find (design §4, step 7), and what is to be done
//! about each.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::reason::findings;

findings! {
    /// Where two of the four do not agree.
    #[derive(Serialize, Deserialize)]
    pub enum Difference {
        /// The keeper did something that nobody here asked for.
        JournalWithoutIntent => "JOURNAL_WITHOUT_INTENT", "印章日志中的签章在登记册中没有签发意图", "the keeper's journal holds an act that the register never intended",
            "按密钥泄露预案第1至3步处置；如登记册由备份恢复，先按日志补回", "treat it as a compromise (runbook, steps 1 to 3), unless the register was restored from a backup: then rebuild the intent from the journal";
        /// The keeper signed other bytes.
        JournalDigestDiffers => "JOURNAL_DIGEST_DIFFERS", "印章日志与签发意图的摘要不一致", "journal and intent have different digests",
            "停用印章并查明；两者均只增不改", "suspend the seal and find out which was altered: neither can be by the programs";
        /// What is handed out was never journalled.
        DocumentWithoutSignature => "DOCUMENT_WITHOUT_SIGNATURE", "已签发的文件在印章日志中没有签章记录", "a document was issued whose signature the keeper's journal lacks",
            "核对印章服务数据库是否由备份恢复；补回日志备份", "look whether the keeper's database was restored from a backup, and bring back the journal";
        /// The intent is gone.
        DocumentWithoutIntent => "DOCUMENT_WITHOUT_INTENT", "已签发的文件没有签发意图", "a document was issued without an intent",
            "由备份恢复该行；意图只增不改", "restore the row from a backup: intents are only ever added";
        /// The row of a file is gone.
        DocumentRowMissing => "DOCUMENT_ROW_MISSING", "任务已完成但缺少文件记录", "a set is marked issued and the row of one of its files is not there",
            "由备份恢复该行；不能恢复的，用 StartBulk 重签该证书", "restore the row from a backup; where there is none issue the certificate anew (StartBulk)";
        /// Nothing will ever make its documents.
        VersionWithoutJob => "VERSION_WITHOUT_JOB", "证书版本没有签发任务", "a certificate version has no issuing job",
            "由备份恢复该行", "restore the row from a backup";
        /// It is marked issued and has no set.
        VersionWithoutDocuments => "VERSION_WITHOUT_DOCUMENTS", "证书版本已标记签发但没有文件", "a version is marked issued and has no documents",
            "用 StartBulk 重签该证书", "issue the certificate anew (StartBulk)";
        /// The file is gone.
        BytesMissing => "BYTES_MISSING", "存储中缺少文件", "the bytes of a file are not in the object store",
            "由对象存储备份恢复；不能恢复的，用 StartBulk 重签该证书", "restore the object from a backup; where there is none issue the certificate anew (StartBulk)";
        /// The file is another.
        BytesDiffer => "BYTES_DIFFER", "存储的文件与登记的摘要不一致", "the stored bytes are not those that the register names",
            "由对象存储备份恢复，并查明何人改动", "restore the object from a backup, and find out who altered it";
        /// The facts record is another, or cannot be opened.
        FactsDiffer => "FACTS_DIFFER", "证书信息与其摘要不一致或不能打开", "a facts record does not open, or is not the one that its digest names",
            "由备份恢复该行，并查明何人改动", "restore the row from a backup, and find out who altered it";
        /// The log never got the version.
        FactsLeafMissing => "FACTS_LEAF_MISSING", "透明日志中没有该证书版本的叶子", "the log has no leaf of a certificate version as its facts are",
            "查明证书信息或日志何者被改动：jianzheng log audit", "find out which was altered, facts or log: `jianzheng log audit`";
        /// The log never got the file.
        DocumentLeafMissing => "DOCUMENT_LEAF_MISSING", "透明日志中没有该文件的叶子", "the log has no leaf of an issued file",
            "查明日志是否被改动：jianzheng log audit", "find out whether the log was altered: `jianzheng log audit`";
        /// What the log says is not what the change said.
        LeafDiffers => "LEAF_DIFFERS", "透明日志的叶子与登记变更不一致", "a leaf is not what its change says, or not what its hash says",
            "日志被改动：保全证据，见证人的检查点可以证明", "the log was altered: keep what is there; the witnesses' checkpoints prove it";
    }
}

/// Which stored files a comparison reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Every one.
    All,
    /// Those whose turn it is.
    Turn(Turn),
}

/// Files are read in turn: each once in a number of days, by its digest, and whatever was made since the run before in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The day of the run before. Days without a run are made up for by the next.
    pub since: Date,
    /// The day of this run.
    pub today: Date,
    /// Days in which every file is read; more than 0.
    pub over: u16,
}

impl Reading {
    /// Whether a file with this SHA-256 that was made on `made_on` is read.
    #[must_use]
    pub fn reads(self, digest: &[u8; 32], made_on: Date) -> bool {
        match self {
            Self::All => true,
            Self::Turn(turn) => made_on >= turn.since || turn.comes_to(digest),
        }
    }
}

impl Turn {
    /// Whether the turn of a file falls on one of the days after the run before, up to today.
    fn comes_to(self, digest: &[u8; 32]) -> bool {
        let over = i64::from(self.over.max(1));
        let days = i64::from((self.today - self.since).get_days());
        let [a, b, ..] = *digest;
        let own = i64::from(u16::from_be_bytes([a, b])) % over;
        let today = i64::from((self.today - Date::ZERO).get_days());
        // How many days ago its turn was last.
        (today - own).rem_euclid(over) < days
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;

    use super::*;

    const BEGAN: Date = date(2026, 3, 1);

    fn file(n: u16) -> [u8; 32] {
        let mut digest = [7; 32];
        digest[..2].copy_from_slice(&n.wrapping_mul(40_503).to_be_bytes());
        digest
    }

    #[test]
    fn every_file_is_read_once_in_the_days_of_a_turn_whatever_days_were_missed() {
        let made_on = date(2025, 1, 1);
        for runs in [&[1, 2, 3, 4, 5, 6, 7][..], &[1, 4, 5, 7], &[7]] {
            let mut times = [0; 500];
            let mut since = BEGAN;
            for day in runs {
                let today = BEGAN.saturating_add(day.days());
                let reading = Reading::Turn(Turn {
                    since,
                    today,
                    over: 7,
                });
                for (n, times) in (0..).zip(&mut times) {
                    *times += u32::from(reading.reads(&file(n), made_on));
                }
                since = today;
            }
            assert_eq!(times, [1; 500], "{runs:?}");
        }
    }

    #[test]
    fn what_was_made_since_the_run_before_is_read_and_a_turn_of_one_day_reads_everything() {
        let today = BEGAN.saturating_add(1.day());
        let turn = |over| {
            Reading::Turn(Turn {
                since: BEGAN,
                today,
                over,
            })
        };
        let long_ago = date(2025, 1, 1);
        let read = (0..1000).filter(|n| turn(30).reads(&file(*n), long_ago)).count();
        assert!((20..=50).contains(&read), "about a thirtieth: {read}");
        assert!((0..1000).all(|n| turn(30).reads(&file(n), BEGAN) && turn(30).reads(&file(n), today)));
        assert!(
            (0..1000).all(|n| turn(1).reads(&file(n), long_ago) && Reading::All.reads(&file(n), long_ago))
        );
        let again = Reading::Turn(Turn {
            since: today,
            today,
            over: 30,
        });
        assert!(
            !(0..1000).any(|n| again.reads(&file(n), long_ago)),
            "a second run of a day"
        );
    }

    #[test]
    fn every_difference_has_its_own_name_and_says_what_to_do() {
        for difference in Difference::ALL {
            assert_eq!(Difference::from_code(difference.code()), Some(*difference));
            let advice = difference.advice();
            assert!(!advice.zh.is_empty() && !advice.en.is_empty());
        }
    }
}
