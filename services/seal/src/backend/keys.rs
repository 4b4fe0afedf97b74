//! A backend that holds keys: signatures are put together here, and the key only ever sees a digest.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use gm::{PublicKey, Signer, cades};
use personal_data::OsRandom;
use rand_core::UnwrapErr;

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

    fn sign_one(&self, order: &Order) -> Result<Made, Fault> {
        let own = order.making.chain(order.kind).first();
        let public = own.and_then(gm::Certificate::public_key);
        let public = public.ok_or(Fault::Unsupported("the certificate's key is of a foreign kind"))?;
        let at = whole_second(order.at);
        let signer = || {
            self.0
                .signer(&order.making.key(order.kind), public, order.making.specimen)
        };
        let value = match order.kind {
            Kind::Ofd => {
                let tbs = order.making.stamp.tbs(at, &order.digest);
                let tbs = tbs.map_err(|_| Fault::OutOfValidity)?;
                let signature = signer()?.sign_digest(&tbs.digest(), &mut UnwrapErr(OsRandom));
                let signature = signature.map_err(|error| Fault::Unavailable(error.to_string()))?;
                tbs.finish(&signature)
                    .map_err(|error| Fault::AnswerInvalid(error.to_string()))?
            }
            Kind::Pdf | Kind::PdfSm2 => {
                if !own.is_some_and(|own| own.is_valid_at(at)) {
                    return Err(Fault::OutOfValidity);
                }
                let sign = match order.kind {
                    Kind::PdfSm2 => cades::sign_gm,
                    Kind::Ofd | Kind::Pdf => cades::sign,
                };
                let chain = order.making.chain(order.kind);
                let signed = sign(&order.digest, &signer()?, chain, &mut UnwrapErr(OsRandom));
                signed.map_err(|error| Fault::Unavailable(error.to_string()))?
            }
        };
        Ok(Made { value, at })
    }
}

impl<H: KeyHolder> SealBackend for Keys<H> {
    fn sign(self: Arc<Self>, orders: Vec<Order>) -> BoxFuture<'static, Vec<Result<Made, Fault>>> {
        let count = orders.len();
        blocking(move || orders.iter().map(|order| self.sign_one(order)).collect())
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
