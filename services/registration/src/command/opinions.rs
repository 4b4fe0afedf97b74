//! An officer's words: given as they stand, or made of a template of the officer's authority.

use std::collections::BTreeMap;

use domain::opinion::{OpinionText, TemplateRef};
use postgres::Tx;
use uuid::Uuid;

use super::Call;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::opinion_template;

/// Words, or a template with what fills its places.
#[derive(Debug, Clone)]
pub(crate) enum Words {
    Given(String),
    Template {
        id: Uuid,
        values: BTreeMap<String, String>,
    },
}

/// The text, and the version of the template that it was made of: the one in force when it is read.
pub(super) async fn worded(
    deps: &Deps,
    call: &Call,
    words: &Words,
) -> Result<(String, Option<TemplateRef>), Error> {
    let (id, values) = match words {
        Words::Given(text) => return Ok((text.clone(), None)),
        Words::Template { id, values } => (*id, values),
    };
    let read = async |tx: &mut Tx| opinion_template::latest(tx, id).await;
    let known = deps.reader.snapshot("read an opinion template", read).await?;
    let own = |authority| {
        let grants = call.scope.grants().iter();
        grants
            .filter_map(|grant| grant.authority.parse().ok())
            .any(|held: domain::authority::Authority| held == authority)
    };
    let known = known
        .filter(|known| own(known.authority))
        .ok_or_else(Error::not_found)?;
    let text = OpinionText::parse(&known.title, &known.text)?.fill(values)?;
    Ok((text, Some(known.version)))
}
