//! The keeper's journal beside the register's intents.

use std::collections::{BTreeMap, BTreeSet};

use domain::store_check::Difference;
use uuid::Uuid;

use super::StoresChecked;
use crate::error::Error;
use crate::issuing::Issuing;
use crate::peer::seal::JournalAct;
use crate::store::issuing::document::Format;
use crate::store::issuing::intent::Digests;
use crate::store::issuing::store_check::{self, SetRow};

/// Compares the sets of a span with the acts of the same span, which were read after them.
pub(super) async fn compare(
    issuing: &Issuing,
    sets: &[SetRow],
    journal: &[JournalAct],
    findings: &mut StoresChecked,
) -> Result<(), Error> {
    findings.acts += journal.len() as u64;
    let known: BTreeMap<Uuid, &SetRow> = sets.iter().map(|set| (set.id, set)).collect();
    let mut strangers = BTreeSet::new();
    let mut signed = BTreeSet::new();
    for act in journal {
        match known.get(&act.intent).and_then(|set| set.intent.as_ref()) {
            None => {
                strangers.insert(act.intent);
            }
            Some(intent) if intended(intent, act.format) != Some(act.digest) => findings.add(
                Difference::JournalDigestDiffers,
                format!("intents/{}/{}", act.intent, act.format.name()),
            ),
            Some(_) => {}
        }
        if act.signed {
            signed.insert((act.intent, act.format.name()));
        }
    }
    // An intent is stored before the keeper is asked: looked for again, it is there, or was never.
    let strangers: Vec<Uuid> = strangers.into_iter().collect();
    let since = store_check::intents(&issuing.read, &strangers).await?;
    for intent in strangers.iter().filter(|intent| !since.contains(intent)) {
        findings.add(Difference::JournalWithoutIntent, format!("intents/{intent}"));
    }
    for set in sets {
        for (document, _) in &set.documents {
            let subject = || format!("intents/{}/{}", set.id, document.format.name());
            if set.intent.is_none() {
                findings.add(Difference::DocumentWithoutIntent, subject());
            }
            if !signed.contains(&(set.id, document.format.name())) {
                findings.add(Difference::DocumentWithoutSignature, subject());
            }
        }
    }
    Ok(())
}

fn intended(intent: &Digests, format: Format) -> Option<[u8; 32]> {
    match format {
        Format::Ofd => Some(intent.ofd_data_hash),
        Format::Pdf => Some(intent.pdf_digest),
        Format::PdfSm2 => intent.pdf_sm3,
    }
}
