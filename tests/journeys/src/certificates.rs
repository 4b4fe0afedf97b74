//! Waiting for documents, where the wire has no position for them.

use std::time::Duration;

use api::issuance::v1::{Certificate, DocumentFormat, Purpose, UseCopy, certificate};
use api::types::v1::Position;
use api::verification::v1::{Verdict, Verification};
use testkit::actors::{Answer, Checker, Holder};

const LOOKS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);
/// Whom copies are for.
pub const RECIPIENT: &str = "无锡市公共资源交易中心";

/// The holder's current certificate once its documents are sealed.
///
/// # Panics
/// If that takes longer than ten seconds.
pub async fn issued(holder: &Holder, seen: Option<Position>) -> Certificate {
    let mut last = None;
    for _ in 0..LOOKS {
        let certificates = holder
            .certificates(seen.clone())
            .await
            .expect("the holder's own certificates");
        last = certificates.into_iter().find(|one| one.superseded_at.is_none());
        match last {
            Some(current) if current.state() == certificate::State::Issued => return current,
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
    panic!("the documents were not made in time: {last:?}");
}

/// A use copy for a tender.
pub async fn tender_copy(holder: &mut Holder, certificate: &str, reference: &str) -> Answer<UseCopy> {
    let made = holder
        .create_use_copy(certificate, Purpose::Tender, reference, RECIPIENT)
        .await?;
    Ok(made.copy.unwrap_or_default())
}

/// OFD and PDF of an original or a copy.
///
/// # Panics
/// If they cannot be had.
pub async fn both(holder: &mut Holder, name: &str) -> (Vec<u8>, Vec<u8>) {
    let (_, ofd) = holder.download(name, DocumentFormat::Ofd).await.expect("the OFD");
    let (_, pdf) = holder.download(name, DocumentFormat::Pdf).await.expect("the PDF");
    (ofd, pdf)
}

/// The answer about a file that was just issued, once the feed has told verification of it.
///
/// # Panics
/// If the question is refused.
pub async fn file_known(checker: &Checker, content: &[u8]) -> Verification {
    let mut answer = checker.file(content, None).await.expect("answered");
    for _ in 0..LOOKS {
        if answer.verdict() != Verdict::NotIssuedHere {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        answer = checker.file(content, None).await.expect("answered");
    }
    answer
}
