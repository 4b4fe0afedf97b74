//! Asking the register how a certificate file stands now: `jianzheng verify FILE --trust DIR --online`.

mod client;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use api::convert::{Read as _, read_term};
use api::identity::v1::IssueClientTokenRequest;
use api::verification::v1 as wire;
use api::verification::v1::verify_document_request::Part;
use domain::reason::BilingualText;
use service_runtime::tls::PeerChannel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::OnlineAnswer;
use client::Client;

/// Size of one chunk of an upload.
const CHUNK: usize = 64 << 10;
/// How long to wait for the whole answer unless told.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the register's access records say unless told.
const PURPOSE: &str = "核验证照文件";

/// Whether and how the register is asked.
#[derive(Debug, Default, clap::Args)]
pub struct Options {
    /// 同时向登记册查询现状 Also asks the register how the certificate stands now.
    #[arg(long, conflicts_with = "at")]
    pub online: bool,
    /// 客户端证书与服务地址：演示留下的目录，或其中的 client.json；默认为信任包所在的目录
    /// Client identity and endpoints: the folder that `jianzheng demo` leaves, or its client.json; else beside the bundle.
    #[arg(long, value_name = "DIR|FILE", requires = "online")]
    pub client: Option<PathBuf>,
    /// 最长等待秒数（默认 10） Seconds to wait for the register at most (10).
    #[arg(long, value_name = "SECONDS", requires = "online", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: Option<u64>,
    /// 查询用途，记入登记册的访问记录 Why it is asked; kept in the register's access records.
    #[arg(long, value_name = "TEXT", requires = "online")]
    pub purpose: Option<String>,
}

/// The register, ready to be asked.
pub(super) struct Register {
    client: Client,
    patience: Duration,
    purpose: String,
}

/// A channel to one of the services that a client's folder names.
pub(crate) fn channel(place: &Path, service: &str) -> Result<PeerChannel> {
    Ok(client::Opener::new(place)?.open(service)?.1)
}

impl Options {
    /// The register, if it is to be asked. `trust` is the folder of the trust bundle.
    ///
    /// # Errors
    /// Client identity or endpoints cannot be used. Nothing has been asked then.
    pub(super) fn register(&self, trust: &Path) -> Result<Option<Register>> {
        if !self.online {
            return Ok(None);
        }
        let beside = || trust.join("..");
        let place = self.client.clone().unwrap_or_else(beside);
        Ok(Some(Register {
            client: Client::open(&place).with_context(|| format!("--client {}", place.display()))?,
            patience: self.timeout.map_or(PATIENCE, Duration::from_secs),
            purpose: self.purpose.clone().unwrap_or_else(|| PURPOSE.to_owned()),
        }))
    }
}

impl Register {
    /// Its answer about a file. An answer that is too old says nothing.
    ///
    /// # Errors
    /// There is none that counts, and why.
    pub(super) async fn ask(&self, file: &[u8]) -> Result<OnlineAnswer> {
        let seconds = self.patience.as_secs();
        tokio::time::timeout(self.patience, self.answer(file))
            .await
            .map_err(|_| anyhow!("{seconds} 秒内没有答复 no answer within {seconds} s"))?
    }

    async fn answer(&self, file: &[u8]) -> Result<OnlineAnswer> {
        let token = self.token().await?;
        let header = Part::Header(wire::DocumentHeader {
            min_position: None,
            allow_stale: false,
            purpose: self.purpose.clone(),
        });
        let chunks: Vec<_> = file
            .chunks(CHUNK)
            .map(|chunk| Part::Chunk(chunk.to_vec().into()))
            .collect();
        let parts = std::iter::once(header).chain(chunks);
        let parts: Vec<_> = parts
            .map(|part| wire::VerifyDocumentRequest { part: Some(part) })
            .collect();
        let mut request = self.request(tokio_stream::iter(parts));
        let bearer = format!("Bearer {token}").parse().context("access token")?;
        request.metadata_mut().insert("authorization", bearer);
        let answer = self.client.verification().verify_document(request).await;
        let answer = answer.map_err(|status| told("verification", &self.client.verification_at, &status))?;
        let answer = answer.into_inner().verification;
        read(answer.context("答复为空 the answer is empty")?)
    }

    /// A token bound to the client's certificate.
    async fn token(&self) -> Result<String> {
        let message = IssueClientTokenRequest {
            audiences: self.client.audiences.clone(),
            scopes: self.client.scopes.clone(),
        };
        let answer = self
            .client
            .access()
            .issue_client_token(self.request(message))
            .await;
        let answer = answer.map_err(|status| told("identity", &self.client.identity_at, &status))?;
        Ok(answer.into_inner().access_token)
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.patience);
        request
    }
}

fn read(answer: wire::Verification) -> Result<OnlineAnswer> {
    let as_of = answer.as_of.clone().unwrap_or_default();
    let time = as_of.time.read("as_of.time").ok();
    if as_of.stale {
        let time = time.map(|time| time.to_string()).unwrap_or_default();
        bail!("登记册的数据已过时效（截至 {time}） the register's data are stale (as of {time})");
    }
    let verdict = read_term::<wire::Verdict, _>(answer.verdict, "verdict")
        .map_err(|_| anyhow!("答复的结论无法识别 the verdict of the answer is unknown"))?;
    let text = |text: &Option<api::types::v1::BilingualText>| {
        let text = text.clone().unwrap_or_default();
        BilingualText::new(text.zh, text.en)
    };
    Ok(OnlineAnswer {
        verdict,
        text: text(&answer.text),
        next_step: text(&answer.next),
        message: answer,
    })
}

/// A call that was not answered, for people: who, where, and why.
fn told(service: &str, address: &str, status: &Status) -> anyhow::Error {
    let who = format!("{service} ({address})");
    let Some(info) = status.get_details_error_info() else {
        return match status.code() {
            Code::Unavailable => anyhow!("{who} 无法连接 cannot be reached: {}", causes(status)),
            Code::DeadlineExceeded | Code::Cancelled => {
                anyhow!("{who} 未在时限内答复 did not answer in time")
            }
            code => anyhow!("{who}: {code:?} {}", causes(status)),
        };
    };
    let localized = status.get_details_localized_message();
    let zh = localized.map(|text| text.message).unwrap_or_default();
    anyhow!("{who} 拒绝 refused: {} {zh} {}", info.reason, status.message())
}

/// The text of an error and of what caused it, innermost last.
fn causes(status: &Status) -> String {
    let mut texts = vec![status.message().to_owned()];
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        let text = error.to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
        cause = error.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests;
