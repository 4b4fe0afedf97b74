//! Where an authority answers.

use std::fmt;
use std::str::FromStr;

/// An `http` or `https` address. Tokens prove themselves, so plain HTTP is what most authorities speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) secure: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) path: String,
}

/// The text is no address that can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an http or https URL without user, query or fragment")]
pub struct InvalidAddress;

impl Address {
    /// Whether it asks for TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let uri: hyper::Uri = text.parse().map_err(|_| InvalidAddress)?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(InvalidAddress),
        };
        let authority = uri.authority().ok_or(InvalidAddress)?;
        if authority.as_str().contains('@') || uri.query().is_some() || text.contains('#') {
            return Err(InvalidAddress);
        }
        Ok(Self {
            secure,
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            path: uri.path().to_owned(),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}{}", self.host, self.port, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("http://tsa.example.cn", "http://tsa.example.cn:80/"),
            ("https://tsa.example.cn/tsr", "https://tsa.example.cn:443/tsr"),
            ("http://127.0.0.1:3161/a/b", "http://127.0.0.1:3161/a/b"),
        ] {
            assert_eq!(
                text.parse::<Address>().map(|it| it.to_string()),
                Ok(written.to_owned())
            );
        }
        for text in [
            "",
            "tsa.example.cn",
            "ftp://tsa.example.cn",
            "http://a@b",
            "http://a/?b",
            "http://a/#b",
        ] {
            assert_eq!(text.parse::<Address>(), Err(InvalidAddress), "{text}");
        }
    }
}
