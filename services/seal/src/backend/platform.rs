//! The external e-seal platform (国家统一电子印章系统 or its like, 国令716 art 9): TBS_Sign goes out, SES_Signature comes back.
//!
//! The contract is decision 0019: one HTTPS request per batch, mutual TLS, JSON, and for each order a `requestId` made of
//! intent and kind, by which the platform gives at most one signature. A TBS states the instant at which the journal first
//! recorded the act, so that asking again after a lost answer asks for the same bytes.

mod check;
mod http;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tracing::warn;

use self::http::Endpoint;
pub(crate) use self::http::Settings;
use super::{Fault, Made, NewKey, Order, SealBackend};
use crate::making::{KeyName, Kind, whole_second};

/// Most orders of one request: at 30 KB each a request stays below 2 MB.
const BATCH: usize = 64;

/// The one platform that this service calls.
#[derive(Debug)]
pub(crate) struct Platform {
    endpoint: Endpoint,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    orders: Vec<WireOrder<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireOrder<'a> {
    request_id: String,
    /// esID of the seal.
    seal_code: &'a str,
    /// DER of TBS_Sign, base64.
    tbs: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    results: Vec<WireResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireResult {
    request_id: String,
    /// `OK`, or why not.
    code: String,
    #[serde(default)]
    message: String,
    /// DER of SES_Signature, base64.
    signature: Option<String>,
}

impl Platform {
    /// Reads certificates and key; calls nobody yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self, String> {
        Ok(Self {
            endpoint: Endpoint::new(settings)?,
        })
    }

    /// One request for orders of one making.
    async fn ask(&self, orders: &[Order]) -> Vec<Result<Made, Fault>> {
        let prepared: Vec<_> = orders.iter().map(prepare).collect();
        let wire: Vec<WireOrder<'_>> = orders
            .iter()
            .zip(&prepared)
            .filter_map(|(order, tbs)| {
                Some(WireOrder {
                    request_id: request_id(order),
                    seal_code: order.making.stamp.seal().es_id(),
                    tbs: STANDARD.encode(tbs.as_ref().ok()?),
                })
            })
            .collect();
        if wire.is_empty() {
            return prepared
                .into_iter()
                .map(|tbs| Err(tbs.err().unwrap_or(Fault::OutOfValidity)))
                .collect();
        }
        let answer = self.exchange(&Request { orders: wire }).await;
        orders
            .iter()
            .zip(prepared)
            .map(|(order, tbs)| {
                let tbs = tbs?;
                let results = answer.as_ref().map_err(Clone::clone)?;
                let id = request_id(order);
                let mut own = results.iter().filter(|result| result.request_id == id);
                match (own.next(), own.next()) {
                    (Some(result), None) => judge(order, &tbs, result),
                    _ => Err(Fault::AnswerInvalid(
                        "an order has no answer, or several".to_owned(),
                    )),
                }
            })
            .collect()
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<Vec<WireResult>, Fault> {
        let body =
            serde_json::to_vec(request).map_err(|_| Fault::Unsupported("the request cannot be written"))?;
        let answer = self.endpoint.post(body).await?;
        let answer: Response = serde_json::from_slice(&answer)
            .map_err(|_| Fault::AnswerInvalid("the answer is not the contract's JSON".to_owned()))?;
        Ok(answer.results)
    }
}

/// The key by which the platform signs an order at most once.
fn request_id(order: &Order) -> String {
    format!("{}/{}", order.intent, order.kind.code())
}

/// The TBS of an order: the same however often it is asked for.
fn prepare(order: &Order) -> Result<Vec<u8>, Fault> {
    if order.kind != Kind::Ofd {
        return Err(Fault::Unsupported("an e-seal platform seals OFD documents only"));
    }
    let tbs = order
        .making
        .stamp
        .tbs(whole_second(order.recorded_at), &order.digest);
    Ok(tbs.map_err(|_| Fault::OutOfValidity)?.to_der())
}

fn judge(order: &Order, tbs: &[u8], result: &WireResult) -> Result<Made, Fault> {
    let signature = match (result.code.as_str(), &result.signature) {
        ("OK", Some(signature)) => signature,
        ("OK", None) => return Err(Fault::AnswerInvalid("OK without a signature".to_owned())),
        _ => {
            return Err(Fault::Refused {
                code: printable(&result.code, 40),
                message: printable(&result.message, 200),
            });
        }
    };
    let value = STANDARD
        .decode(signature)
        .map_err(|_| Fault::AnswerInvalid("the signature is not base64".to_owned()))?;
    check::check(&value, tbs, &order.making.stamp)
        .inspect_err(|fault| warn!(alarm = true, intent = %order.intent, error = %fault, "the e-seal platform's answer is refused"))?;
    Ok(Made {
        value,
        at: whole_second(order.recorded_at),
    })
}

/// Somebody else's text, short and on one line.
fn printable(text: &str, most: usize) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(most)
        .collect()
}

impl SealBackend for Platform {
    fn sign(self: Arc<Self>, orders: Vec<Order>) -> BoxFuture<'static, Vec<Result<Made, Fault>>> {
        async move {
            let mut outcomes = Vec::with_capacity(orders.len());
            for part in orders.chunks(BATCH) {
                outcomes.extend(self.ask(part).await);
            }
            outcomes
        }
        .boxed()
    }

    fn create_key(self: Arc<Self>, _: KeyName, _: String) -> BoxFuture<'static, Result<NewKey, Fault>> {
        let fault = Fault::Unsupported("the platform makes its seals and keys itself");
        std::future::ready(Err(fault)).boxed()
    }

    fn destroy_key(self: Arc<Self>, _: KeyName) -> BoxFuture<'static, Result<(), Fault>> {
        // It is not ours to destroy: the officer has the platform cancel the seal, and records that here.
        std::future::ready(Ok(())).boxed()
    }

    fn makes_keys(&self) -> bool {
        false
    }
}
