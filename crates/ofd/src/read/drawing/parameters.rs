//! Drawing parameters (`DrawParam`): named sets of attributes in resource files.

use std::collections::BTreeMap;

use super::attributes::Inherited;
use crate::read::model::Document;
use crate::read::package::Package;
use crate::read::value::id;
use crate::read::xml::Element;

/// Parameters that follow others are followed so far.
const DEEPEST: usize = 8;

/// All parameters of a document.
#[derive(Debug, Default)]
pub(super) struct Parameters(BTreeMap<u64, Inherited>);

impl Parameters {
    /// Reads the resource files anew; what cannot be read has no parameters.
    pub(super) fn read(package: &Package<'_>, document: &Document) -> Self {
        let mut known = Self::default();
        let mut ignored = Vec::new();
        let Ok(tree) = package.tree(&document.path, "Document", &mut ignored) else {
            return known;
        };
        let Ok(Some(common)) = tree.root().only("CommonData") else {
            return known;
        };
        let named = common
            .children()
            .filter(|child| matches!(child.name(), "PublicRes" | "DocumentRes"));
        for resources in named.take(package.limits().items) {
            let folder = document.folder();
            let Ok(path) = package.locate(resources.text(), folder, folder, &mut ignored) else {
                continue;
            };
            if let Ok(tree) = package.tree(&path, "Res", &mut ignored) {
                known.add(tree.root(), package.limits().items);
            }
        }
        known
    }

    fn add(&mut self, root: Element<'_, '_>, most: usize) {
        let stated: BTreeMap<u64, Element<'_, '_>> = root
            .all("DrawParams")
            .flat_map(|all| all.all("DrawParam"))
            .take(most)
            .filter_map(|one| Some((id(one.attribute("ID")?).ok()?, one)))
            .collect();
        for (number, one) in &stated {
            let mut line = vec![*one];
            while let Some(base) = line.last().and_then(|last| last.attribute("Relative")) {
                match id(base).ok().and_then(|base| stated.get(&base)) {
                    Some(base) if line.len() < DEEPEST => line.push(*base),
                    _ => break,
                }
            }
            let all = line
                .into_iter()
                .rev()
                .fold(Inherited::default(), |known, one| known.overridden_by(one));
            self.0.insert(*number, all);
        }
    }

    /// What `element` inherits: the parameters that it names, or those of where it stands.
    pub(super) fn of(&self, element: Element<'_, '_>, around: &Inherited) -> Inherited {
        element
            .attribute("DrawParam")
            .and_then(|number| id(number).ok())
            .and_then(|number| self.0.get(&number))
            .unwrap_or(around)
            .clone()
    }
}
