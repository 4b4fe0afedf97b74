//! The status list token (draft §5.1): a JWT of type `statuslist+jwt`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::key::{Es256Verifier, TokenSigner};
use crate::list::{Bits, ListFault, Status, StatusList};
use crate::shard::SHARD_SIZE;
use crate::terms::Terms;

const TYPE: &str = "statuslist+jwt";
const ALGORITHM: &str = "ES256";
/// How far the publisher's clock may be ahead, in seconds.
const SKEW: i64 = 60;

/// Where a certificate's status stands (draft §6.1): the `status_list` of its `status`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// The index.
    pub idx: u32,
    /// The list: the `sub` of its token.
    pub uri: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
    /// Extensions that have to be understood: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iat: i64,
    exp: i64,
    ttl: u32,
    /// Of the publisher's register, where it says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    status_list: Packed,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    bits: u8,
    lst: String,
}

/// How much is read of what strangers send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a token.
    pub token: usize,
    /// Entries of a list.
    pub entries: u32,
}

impl Default for Limits {
    /// A shard that does not compress at all, and room for the rest.
    fn default() -> Self {
        Self {
            token: 512 * 1024,
            entries: SHARD_SIZE,
        }
    }
}

/// Why a token is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenFault {
    /// Longer than what is read.
    #[error("the token is longer than what is read")]
    Large,
    /// Not three parts of base64url, or not the JSON that they should be.
    #[error("not a status list token: {0}")]
    Shape(&'static str),
    /// Of another type, algorithm, or with extensions.
    #[error("the header is not that of a status list signed with ES256")]
    Header,
    /// Signed by a key that is not known.
    #[error("signed by an unknown key")]
    Key,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// Of another list.
    #[error("the token is of another list")]
    Uri,
    /// No list inside.
    #[error(transparent)]
    List(#[from] ListFault),
    /// The keeper of the key did not answer.
    #[error("the keeper of the key did not sign")]
    Sign,
}

/// Why a list has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReadFault {
    /// Issued in the future.
    #[error("the list is from the future")]
    NotYet,
    /// Past its `exp`: it says nothing any more.
    #[error("the list has expired")]
    Expired,
    /// No such entry.
    #[error("the list has no such entry")]
    Index,
    /// A value that this register does not give.
    #[error("the list has value {0}, which means nothing here")]
    Value(u8),
}

/// How old an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Within its `ttl`.
    Fresh {
        /// When it is to be fetched again.
        until: Timestamp,
    },
    /// Older, and not expired: good for those who cannot ask.
    Stale {
        /// When it should have been fetched again.
        since: Timestamp,
    },
}

/// What a list says of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: Status,
    /// When the list was issued.
    pub as_of: Timestamp,
    /// How old that is.
    pub freshness: Freshness,
    /// When the list says nothing any more.
    pub expires_at: Timestamp,
}

/// A token that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusListToken {
    uri: String,
    issued_at: Timestamp,
    stale_at: Timestamp,
    expires_at: Timestamp,
    position: Option<u64>,
    list: StatusList,
}

impl StatusListToken {
    /// Signs a list as it stands now.
    ///
    /// # Errors
    /// If the keeper of the key does not sign.
    pub fn sign(
        list: &StatusList,
        uri: &str,
        terms: Terms,
        now: Timestamp,
        key: &impl TokenSigner,
    ) -> Result<String, TokenFault> {
        Self::sign_at(list, (uri, None), terms, now, key)
    }

    /// As [`StatusListToken::sign`], saying that the list holds every change up to a position of the publisher's register (claim
    /// `position`, which is ours).
    ///
    /// # Errors
    /// If the keeper of the key does not sign.
    pub fn sign_at(
        list: &StatusList,
        (uri, position): (&str, Option<u64>),
        terms: Terms,
        now: Timestamp,
        key: &impl TokenSigner,
    ) -> Result<String, TokenFault> {
        let (iat, exp, ttl) = terms.at(now);
        let header = Header {
            alg: ALGORITHM.to_owned(),
            kid: key.key_id().to_owned(),
            typ: TYPE.to_owned(),
            crit: None,
        };
        let claims = Claims {
            sub: uri.to_owned(),
            iat,
            exp,
            ttl,
            position,
            status_list: Packed {
                bits: list.bits() as u8,
                lst: URL_SAFE_NO_PAD.encode(list.compress()),
            },
        };
        let message = format!("{}.{}", part(&header)?, part(&claims)?);
        let signature = key.sign(message.as_bytes()).ok_or(TokenFault::Sign)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Checks the token of the list `uri`. Nothing is inflated before its signature holds.
    ///
    /// # Errors
    /// If it is not to be believed.
    pub fn open(token: &str, uri: &str, keys: &[Es256Verifier], limits: Limits) -> Result<Self, TokenFault> {
        if token.len() > limits.token {
            return Err(TokenFault::Large);
        }
        let shape = TokenFault::Shape("it is not three parts");
        let (message, signature) = token.rsplit_once('.').ok_or(shape)?;
        let (header, claims) = message.split_once('.').ok_or(shape)?;
        let header: Header = read(header, "its header")?;
        if header.alg != ALGORITHM || header.typ != TYPE || header.crit.is_some() {
            return Err(TokenFault::Header);
        }
        let key = keys
            .iter()
            .find(|key| key.key_id() == header.kid)
            .ok_or(TokenFault::Key)?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| TokenFault::Signature)?;
        if !key.verifies(message.as_bytes(), &signature) {
            return Err(TokenFault::Signature);
        }
        let claims: Claims = read(claims, "its claims")?;
        if claims.sub != uri {
            return Err(TokenFault::Uri);
        }
        Self::read(claims, limits)
    }

    fn read(claims: Claims, limits: Limits) -> Result<Self, TokenFault> {
        let packed = claims.status_list;
        let bits = Bits::new(packed.bits).ok_or(TokenFault::Shape("its bits"))?;
        let lst = URL_SAFE_NO_PAD
            .decode(packed.lst)
            .map_err(|_| TokenFault::Shape("its list"))?;
        let list = StatusList::decompress(bits, &lst, limits.entries)?;
        let at = |seconds: i64| Timestamp::from_second(seconds).map_err(|_| TokenFault::Shape("its times"));
        let stale = claims.iat.saturating_add(claims.ttl.into()).min(claims.exp);
        Ok(Self {
            uri: claims.sub,
            issued_at: at(claims.iat)?,
            stale_at: at(stale)?,
            expires_at: at(claims.exp)?,
            position: claims.position,
            list,
        })
    }

    /// Which list.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// When it was issued.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// When it should be fetched again.
    #[must_use]
    pub const fn stale_at(&self) -> Timestamp {
        self.stale_at
    }

    /// When it says nothing any more.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Up to which position of the publisher's register it holds every change, where it says so.
    #[must_use]
    pub const fn position(&self) -> Option<u64> {
        self.position
    }

    /// What the list says of an entry at an instant of the reader's clock.
    ///
    /// # Errors
    /// If it says nothing.
    pub fn answer(&self, index: u32, now: Timestamp) -> Result<Answer, ReadFault> {
        if self.issued_at.as_second() > now.as_second().saturating_add(SKEW) {
            return Err(ReadFault::NotYet);
        }
        if now >= self.expires_at {
            return Err(ReadFault::Expired);
        }
        let value = self.list.value(index).ok_or(ReadFault::Index)?;
        let freshness = if now < self.stale_at {
            Freshness::Fresh { until: self.stale_at }
        } else {
            Freshness::Stale { since: self.stale_at }
        };
        Ok(Answer {
            status: Status::try_from(value).map_err(ReadFault::Value)?,
            as_of: self.issued_at,
            freshness,
            expires_at: self.expires_at,
        })
    }
}

fn part(json: &impl Serialize) -> Result<String, TokenFault> {
    let json = serde_json::to_vec(json).map_err(|_| TokenFault::Shape("it is no JSON"))?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn read<T: for<'de> Deserialize<'de>>(part: &str, what: &'static str) -> Result<T, TokenFault> {
    let json = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenFault::Shape(what))?;
    serde_json::from_slice(&json).map_err(|_| TokenFault::Shape(what))
}
