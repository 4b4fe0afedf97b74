//! What a suspension (暂扣) withholds: while it lasts nothing of a certificate is handed out (domain §1.6). What was handed
//! out before is not destroyed; whoever verifies it is told of the suspension.

use jiff::civil::Date;

use super::{RegisterEntry, RegistrationState};
use crate::reason::{BilingualText, Reason};

/// Why nothing of a certificate is handed out: neither a file nor a new use copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate is suspended")]
pub struct CertificateSuspended {
    /// The last day, where the decision states one.
    pub until: Option<Date>,
}

impl CertificateSuspended {
    const NAME: &str = "CERTIFICATE_SUSPENDED";
    const ARTICLE: &str = "domain §1.6";
    /// For the table of errors.
    pub const REASONS: &'static [(&'static str, &'static str)] = &[(Self::NAME, Self::ARTICLE)];
}

impl Reason for CertificateSuspended {
    fn reason(&self) -> &'static str {
        Self::NAME
    }

    fn article(&self) -> &'static str {
        Self::ARTICLE
    }

    fn text(&self) -> BilingualText {
        match self.until {
            Some(until) => BilingualText::new(
                format!(
                    "注册证书已被暂扣，至{until}（含当日）止，期间不得下载证书或办理加注件；期满次日自动恢复，无需办理；\
                     对暂扣不服的，可申请行政复议或者提起行政诉讼。"
                ),
                format!(
                    "The certificate is suspended until {until}, that day included: nothing is downloaded or copied until \
                     then. It opens by itself on the day after; the suspension can be appealed."
                ),
            ),
            None => BilingualText::new(
                "注册证书已被暂扣，决定未载明截止日，发还前不得下载证书或办理加注件；请按暂扣决定整改后向注册机关申请发还；\
                 对暂扣不服的，可申请行政复议或者提起行政诉讼。",
                "The certificate is suspended and the decision states no last day: nothing is downloaded or copied before \
                 it is returned. Cure what the decision names and ask the registration authority to return it; the \
                 suspension can be appealed.",
            ),
        }
    }
}

impl RegisterEntry {
    /// Whether files and use copies of its certificate may be had on a day, as far as a suspension goes. That the
    /// certificate counts at all is the version's to say.
    ///
    /// # Errors
    /// It is suspended that day.
    pub fn check_not_suspended(&self, day: Date) -> Result<(), CertificateSuspended> {
        match self.state {
            RegistrationState::Suspended { until, .. } if until.is_none_or(|until| day <= until) => {
                Err(CertificateSuspended { until })
            }
            _ => Ok(()),
        }
    }
}
