//! Finding a path.

use super::{MAX_DEPTH, MAX_SIGNATURE_CHECKS, Trust, check};
use crate::{certificate::Certificate, finding::Finding, scheme::Unusable};

/// A path, leaf first, with how its links hold.
pub(super) struct Path {
    pub(super) certificates: Vec<Certificate>,
    /// For each certificate but the last, how its signature stands against the next one.
    pub(super) links: Vec<Link>,
    trusted: bool,
    exhausted: bool,
}

/// How a certificate's signature stands against the next in the path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Signed,
    Mismatch,
    /// The algorithm proves nothing, or nothing may be verified with the issuer's key.
    Unusable(Unusable),
}

impl Path {
    pub(super) fn anchor(&self) -> Finding {
        if self.trusted {
            Finding::pass(check::ANCHOR)
        } else if self.exhausted {
            Finding::fail(check::ANCHOR, "path_too_long")
        } else {
            Finding::fail(check::ANCHOR, "no_trusted_root")
        }
    }
}

struct Search<'a> {
    trust: &'a Trust<'a>,
    signatures_left: usize,
    exhausted: bool,
    best: Option<Vec<(Certificate, Option<Link>)>>,
}

/// Looks for a path in which every signature holds and that ends at a root. Without one, the longest attempt is
/// returned, so that the findings can say where it breaks.
pub(super) fn path(leaf: &Certificate, trust: &Trust<'_>) -> Path {
    let mut search = Search {
        trust,
        signatures_left: MAX_SIGNATURE_CHECKS,
        exhausted: false,
        best: None,
    };
    let mut steps = vec![(leaf.clone(), None)];
    let trusted = search.extend(&mut steps);
    if !trusted {
        steps = search.best.take().unwrap_or(steps);
    }
    let links = steps.iter().filter_map(|(_, link)| *link).collect();
    let certificates = steps.into_iter().map(|(certificate, _)| certificate).collect();
    Path {
        certificates,
        links,
        trusted,
        exhausted: search.exhausted,
    }
}

impl Search<'_> {
    /// Extends `steps` to a trusted root, or restores it.
    fn extend(&mut self, steps: &mut Vec<(Certificate, Option<Link>)>) -> bool {
        let Some((last, _)) = steps.last().cloned() else {
            return false;
        };
        if self.trust.roots.contains(&last) {
            return true;
        }
        self.remember(steps);
        if steps.len() >= MAX_DEPTH {
            self.exhausted = true;
            return false;
        }
        let mut candidates = self.candidates(&last, steps);
        candidates.sort_by_key(|(_, link)| *link != Link::Signed);
        for (candidate, link) in candidates {
            if let Some(step) = steps.last_mut() {
                step.1 = Some(link);
            }
            steps.push((candidate, None));
            if link == Link::Signed {
                if self.extend(steps) {
                    return true;
                }
            } else {
                self.remember(steps);
            }
            steps.pop();
            if let Some(step) = steps.last_mut() {
                step.1 = None;
            }
        }
        false
    }

    /// Keeps the attempt with most links that hold, then the longest.
    fn remember(&mut self, steps: &[(Certificate, Option<Link>)]) {
        let rank = |steps: &[(Certificate, Option<Link>)]| {
            (
                steps
                    .iter()
                    .filter(|(_, link)| *link == Some(Link::Signed))
                    .count(),
                steps.len(),
            )
        };
        if self.best.as_deref().is_none_or(|best| rank(steps) > rank(best)) {
            self.best = Some(steps.to_vec());
        }
    }

    /// Certificates named as the issuer of `certificate` whose key identifier does not contradict, roots first.
    fn candidates(
        &mut self,
        certificate: &Certificate,
        steps: &[(Certificate, Option<Link>)],
    ) -> Vec<(Certificate, Link)> {
        let mut found: Vec<(Certificate, Link)> = Vec::new();
        for candidate in self.trust.roots.iter().chain(self.trust.intermediates) {
            let named = candidate.subject() == certificate.issuer();
            let identified = match (certificate.authority_key_id(), candidate.subject_key_id()) {
                (Some(wanted), Some(offered)) => wanted == offered,
                _ => true,
            };
            let known = steps.iter().any(|(step, _)| step == candidate)
                || found.iter().any(|(one, _)| one == candidate);
            if !named || !identified || known {
                continue;
            }
            if self.signatures_left == 0 {
                self.exhausted = true;
                break;
            }
            self.signatures_left -= 1;
            found.push((candidate.clone(), link(certificate, candidate)));
        }
        found
    }
}

fn link(certificate: &Certificate, issuer: &Certificate) -> Link {
    match (certificate.signature_scheme(), issuer.verifying_key()) {
        // That the two places differ is no algorithm, but a certificate that nobody issued like this.
        (Err(Unusable::Differing), _) => Link::Mismatch,
        (Err(fault), _) | (_, Err(fault)) => Link::Unusable(fault),
        (Ok(_), Ok(key)) if certificate.verify_signature(key).is_ok() => Link::Signed,
        (Ok(_), Ok(_)) => Link::Mismatch,
    }
}
