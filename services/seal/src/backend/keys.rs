//! A backend that holds keys: signatures are put together here, and the key only ever sees a digest.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use gm::{PublicKey, Signer, cades};
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal_format::TbsSign;

use super::request::certification_request;
use super::{Fault, Made, NewKey, Order, SealBackend};
use crate::making::{KeyName, Kind, whole_second};

/// Whoever holds keys. Its calls block.
pub(crate) trait KeyHolder: Send + Sync + fmt::Debug + 'static {
    /// Whether keys lie in files of this machine.
    const SOFTWARE: bool;

    /// The key of this name, for the certificate with this public key; `specimen` is the certificate's mark.
    fn signer(&self, name: &KeyName, public: &PublicKey, specimen: bool) -> Result<Arc<dyn Signer>, Fault>;

    /// Makes a key, or finds the one it made.
    fn create(&self, name: &KeyName) -> Result<PublicKey, Fault>;

    /// Destroys a key; one that is gone is no fault.
    fn destroy(&self, name: &KeyName) -> Result<(), Fault>;
}

/// The backend over a holder of keys.
#[derive(Debug)]
pub(crate) struct Keys<H>(H);

impl<H: KeyHolder> Keys<H> {
    /// Over `holder`.
    pub(crate) const fn new(holder: H) -> Self {
        Self(holder)
    }

    /// Signs every order, and those of one seal for OFD in one batch: its key shares work among them.
    fn sign_all(&self, orders: &[Order]) -> Vec<Result<Made, Fault>> {
        let mut by_key: BTreeMap<KeyName, Vec<usize>> = BTreeMap::new();
        let seals = orders
            .iter()
            .enumerate()
            .filter(|(_, order)| order.kind == Kind::Ofd);
        for (index, order) in seals {
            by_key
                .entry(order.making.key(order.kind))
                .or_default()
                .push(index);
        }
        let mut sealed = BTreeMap::new();
        for indices in by_key.into_values() {
            let of_key: Vec<&Order> = indices.iter().filter_map(|index| orders.get(*index)).collect();
            sealed.extend(indices.into_iter().zip(self.seal_together(&of_key)));
        }
        let outcomes = orders.iter().enumerate();
        outcomes
            .map(|(index, order)| sealed.remove(&index).unwrap_or_else(|| self.sign_pdf(order)))
            .collect()
    }

    /// Seals orders of one key. If the key refuses a batch, each is asked for by itself and has its own outcome.
    fn seal_together(&self, orders: &[&Order]) -> Vec<Result<Made, Fault>> {
        let tbs = orders.iter().map(|order| {
            let tbs = order.making.stamp.tbs(whole_second(order.at), &order.digest);
            tbs.map_err(|_| Fault::OutOfValidity)
        });
        let tbs: Vec<Result<TbsSign<'_>, Fault>> = tbs.collect();
        let digests: Vec<[u8; 32]> = tbs.iter().flatten().map(TbsSign::digest).collect();
        let signed = orders.first().map_or(Ok(Vec::new()), |order| {
            let signed = self
                .signer(order)?
                .sign_digests(&digests, &mut UnwrapErr(OsRandom));
            signed.map_err(|error| Fault::Unavailable(error.to_string()))
        });
        let mut signatures = match (signed, orders) {
            (Ok(signatures), _) => signatures.into_iter(),
            // What is wrong with the order itself is told before what is wrong with the key.
            (Err(fault), [_]) => {
                return tbs
                    .into_iter()
                    .map(|tbs| tbs.and_then(|_| Err(fault.clone())))
                    .collect();
            }
            (Err(_), _) => {
                return orders
                    .iter()
                    .flat_map(|order| self.seal_together(&[*order]))
                    .collect();
            }
        };
        let finished = orders.iter().zip(tbs).map(|(order, tbs)| {
            let tbs = tbs?;
            let missing = || Fault::AnswerInvalid("fewer signatures than digests".to_owned());
            let value = tbs.finish(&signatures.next().ok_or_else(missing)?);
            Ok(Made {
                value: value.map_err(|error| Fault::AnswerInvalid(error.to_string()))?,
                at: whole_second(order.at),
            })
        });
        finished.collect()
    }

    /// The key that an order is signed with.
    fn signer(&self, order: &Order) -> Result<Arc<dyn Signer>, Fault> {
        let own = order.making.chain(order.kind).first();
        let public = own.and_then(gm::Certificate::public_key);
        let public = public.ok_or(Fault::Unsupported("the certificate's key is of a foreign kind"))?;
        self.0
            .signer(&order.making.key(order.kind), public, order.making.specimen)
    }

    fn sign_pdf(&self, order: &Order) -> Result<Made, Fault> {
        let chain = order.making.chain(order.kind);
        let at = whole_second(order.at);
        if !chain.first().is_some_and(|own| own.is_valid_at(at)) {
            return Err(Fault::OutOfValidity);
        }
        let sign = match order.kind {
            Kind::PdfSm2 => cades::sign_gm,
            Kind::Ofd | Kind::Pdf => cades::sign,
        };
        let signer = self.signer(order)?;
        let value = sign(&order.digest, &signer, chain, &mut UnwrapErr(OsRandom));
        let value = value.map_err(|error| Fault::Unavailable(error.to_string()))?;
        Ok(Made { value, at })
    }
}

impl<H: KeyHolder> SealBackend for Keys<H> {
    fn sign(self: Arc<Self>, orders: Vec<Order>) -> BoxFuture<'static, Vec<Result<Made, Fault>>> {
        let count = orders.len();
        blocking(move || self.sign_all(&orders))
            .map(move |outcome| outcome.unwrap_or_else(|fault: Fault| vec![Err(fault); count]))
            .boxed()
    }

    fn create_key(
        self: Arc<Self>,
        name: KeyName,
        title: String,
    ) -> BoxFuture<'static, Result<NewKey, Fault>> {
        blocking(move || {
            let public = self.0.create(&name)?;
            // Keys in files are made for specimens only; the certificate will say so.
            let signer = self.0.signer(&name, &public, true)?;
            let request = certification_request(&signer, &title)?;
            Ok(NewKey { public, request })
        })
        .map(Result::flatten)
        .boxed()
    }

    fn destroy_key(self: Arc<Self>, name: KeyName) -> BoxFuture<'static, Result<(), Fault>> {
        blocking(move || self.0.destroy(&name))
            .map(Result::flatten)
            .boxed()
    }

    fn is_software(&self) -> bool {
        H::SOFTWARE
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Fault::Unavailable("the work was given up".to_owned()))
}
