//! Import (导入) of what was kept elsewhere: qualifications, employers, facts, and an existing register (domain §6).
//!
//! A file is first checked as a whole and changes nothing; an officer who has read the report starts it. A register is
//! started by another officer than the one who uploaded it: it makes people registered (101号 art 16 by analogy).

mod column;
mod fault;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use column::Column;
pub use fault::RowFault;

use crate::authority::Officer;
use crate::ids::ImportId;
use crate::reason::reasons;

reasons! {
    /// Why a step of an import is refused.
    pub enum ImportRefused {
        /// The file cannot be read as a table within the limits.
        File { /** What is wrong. */ what: String } => "IMPORT_FILE_UNREADABLE", "domain §6",
            "导入文件无法读取或超出限制：{what}。", "The file cannot be read, or is beyond the limits: {what}.";
        /// Columns that the layout needs are not in the heading.
        ColumnsMissing { /** Which. */ columns: String } => "IMPORT_COLUMNS_MISSING", "domain §6",
            "导入文件缺少必需的列：{columns}。", "Required columns are missing: {columns}.";
        /// Two columns of the heading mean the same.
        ColumnTwice { /** Which. */ column: String } => "IMPORT_COLUMN_TWICE", "domain §6",
            "列“{column}”出现多次。", "The column {column} stands there more than once.";
        /// It is still being checked.
        NotChecked => "IMPORT_NOT_CHECKED", "domain §6",
            "导入文件尚未检查完毕。", "The file has not been checked to its end.";
        /// Started, completed or cancelled already.
        Settled => "IMPORT_SETTLED", "domain §6",
            "该导入已开始、已完成或已取消。", "The import has been started, completed or cancelled.";
        /// The same officer may not upload and start a register.
        SameOfficer => "IMPORT_SAME_OFFICER", "101号 art 16",
            "注册名册的上传与导入不得由同一人办理。", "The officer who uploaded a register may not start its import.";
        /// Another authority's officer.
        OtherAuthority => "IMPORT_OTHER_AUTHORITY", "101号 art 5",
            "须由上传该文件的机关办理。", "It belongs to the authority that uploaded the file.";
        /// Rows of a file are given back to whoever brought it.
        NotUploader => "IMPORT_NOT_UPLOADER", "domain §6",
            "只有上传人可以下载未通过的行。", "Only the officer who uploaded the file may download its failed rows.";
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $zh:literal, $article:literal;)*) => {
        /// What a file holds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ImportKind {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl ImportKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name, as stored and sent.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The word people know.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// The provision that what it records bears on.
            #[must_use]
            pub const fn article(self) -> &'static str {
                match self { $(Self::$name => $article,)* }
            }
        }
    };
}

kinds! {
    /// 资格证书.
    Qualifications = "QUALIFICATIONS", "资格证书", "153号 art 3";
    /// 聘用单位; recorded by identity, which owns them.
    Employers = "EMPLOYERS", "聘用单位", "101号 art 7";
    /// 事实记录, proposed for a second officer to confirm.
    Facts = "FACTS", "事实记录", "153号 art 15";
    /// 注册名册: who is registered in the province.
    Register = "REGISTER", "注册名册", "domain §1.8, §6";
}

impl ImportKind {
    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// Whether who uploads may not start: what a row of it does takes effect at once.
    #[must_use]
    pub const fn needs_second_officer(self) -> bool {
        matches!(self, Self::Register)
    }
}

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportState {
    /// Every row is judged; nothing is written but the report.
    Checking,
    /// Waits for an officer who has read the report.
    Checked,
    /// Rows are written.
    Running {
        /// Who started it.
        by: Officer,
        /// When.
        at: Timestamp,
    },
    /// Terminal: every row was written or failed.
    Completed {
        /// Who started it.
        by: Officer,
        /// When the last row was done.
        at: Timestamp,
    },
    /// Terminal: rows written before it stay.
    Cancelled {
        /// By whom.
        by: Officer,
        /// When.
        at: Timestamp,
    },
}

impl ImportState {
    /// Stable name, as stored and sent.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Checking => "CHECKING",
            Self::Checked => "CHECKED",
            Self::Running { .. } => "RUNNING",
            Self::Completed { .. } => "COMPLETED",
            Self::Cancelled { .. } => "CANCELLED",
        }
    }

    /// Whether rows are left to be judged or written.
    #[must_use]
    pub const fn is_working(&self) -> bool {
        matches!(self, Self::Checking | Self::Running { .. })
    }
}

/// An import and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// What the file holds.
    pub kind: ImportKind,
    /// Who brought it.
    pub uploaded_by: Officer,
    /// When.
    pub uploaded_at: Timestamp,
    /// Where it stands.
    pub state: ImportState,
}

impl Import {
    /// Starts writing: an officer of the same authority, for a register another one.
    ///
    /// # Errors
    /// Not checked yet, started before, the same officer, or another authority.
    pub fn start(self, by: Officer, at: Timestamp) -> Result<Self, ImportRefused> {
        self.check_authority(by)?;
        match self.state {
            ImportState::Checked => {}
            ImportState::Checking => return Err(ImportRefused::NotChecked),
            _ => return Err(ImportRefused::Settled),
        }
        if self.kind.needs_second_officer() && by.id == self.uploaded_by.id {
            return Err(ImportRefused::SameOfficer);
        }
        Ok(Self {
            state: ImportState::Running { by, at },
            ..self
        })
    }

    /// The last row was judged, or done.
    #[must_use]
    pub fn finish(self, now: Timestamp) -> Self {
        let state = match self.state {
            ImportState::Checking => ImportState::Checked,
            ImportState::Running { by, .. } => ImportState::Completed { by, at: now },
            settled => settled,
        };
        Self { state, ..self }
    }

    /// Stops it before its end. What was written stays.
    ///
    /// # Errors
    /// Settled, or another authority.
    pub fn cancel(self, by: Officer, at: Timestamp) -> Result<Self, ImportRefused> {
        self.check_authority(by)?;
        if matches!(
            self.state,
            ImportState::Completed { .. } | ImportState::Cancelled { .. }
        ) {
            return Err(ImportRefused::Settled);
        }
        Ok(Self {
            state: ImportState::Cancelled { by, at },
            ..self
        })
    }

    /// Whether the rows of the file may be given to somebody.
    ///
    /// # Errors
    /// It is not who brought them.
    pub fn check_download(&self, by: Officer) -> Result<(), ImportRefused> {
        self.check_authority(by)?;
        if by.id == self.uploaded_by.id {
            Ok(())
        } else {
            Err(ImportRefused::NotUploader)
        }
    }

    fn check_authority(&self, by: Officer) -> Result<(), ImportRefused> {
        if by.authority == self.uploaded_by.authority {
            Ok(())
        } else {
            Err(ImportRefused::OtherAuthority)
        }
    }
}

#[cfg(test)]
mod tests;
