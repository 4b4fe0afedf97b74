//! How to reach a database: a section of a service's configuration file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::Error;

/// Settings of one database and role. Exactly one of `socket` and `host` is set; over TCP TLS is always
/// verified against `tls_ca`, and nothing is taken from the environment or from home directories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Directory of the server's Unix socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// Host name, checked against the server's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Port, 5432 unless given (it is part of the socket's name, too).
    #[serde(default = "default_port")]
    pub port: u16,
    /// Name of the database.
    pub database: String,
    /// Role to log in as: `<service>_app` at run time, `<service>_owner` to migrate.
    pub role: String,
    /// File that holds the role's password and nothing else; absent with peer authentication or a client certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Certificates that may sign the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_ca: Option<PathBuf>,
    /// Client certificate, with `tls_key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_certificate: Option<PathBuf>,
    /// Key of the client certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// Connections of the pool; small pools win (a handful per core).
    #[serde(default = "default_connections")]
    pub max_connections: u32,
    /// Milliseconds a statement may run before the server ends it.
    #[serde(default = "default_statement_timeout")]
    pub statement_timeout_ms: u32,
    /// Milliseconds to wait for a free connection or a lock.
    #[serde(default = "default_wait_timeout")]
    pub wait_timeout_ms: u32,
}

impl Settings {
    /// A role of a database behind a Unix socket, everything else by default.
    #[must_use]
    pub fn on_socket(
        socket: impl Into<PathBuf>,
        database: impl Into<String>,
        role: impl Into<String>,
    ) -> Self {
        Self {
            socket: Some(socket.into()),
            host: None,
            port: default_port(),
            database: database.into(),
            role: role.into(),
            password_file: None,
            tls_ca: None,
            tls_certificate: None,
            tls_key: None,
            max_connections: default_connections(),
            statement_timeout_ms: default_statement_timeout(),
            wait_timeout_ms: default_wait_timeout(),
        }
    }

    /// The same database as another role.
    #[must_use]
    pub fn with_role(&self, role: String, password_file: Option<PathBuf>) -> Self {
        Self {
            role,
            password_file,
            ..self.clone()
        }
    }

    /// Every fault of these settings, each naming its key. Opens nothing.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        match (&self.socket, &self.host) {
            (None, None) => faults.push("socket or host is missing".to_owned()),
            (Some(_), Some(_)) => faults.push("socket and host exclude each other".to_owned()),
            (Some(socket), None) if !socket.is_absolute() => faults.push("socket is not absolute".to_owned()),
            (None, Some(_)) if self.tls_ca.is_none() => {
                faults.push("tls_ca is missing: TCP needs TLS".to_owned());
            }
            _ => {}
        }
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            faults.push("tls_certificate and tls_key go together".to_owned());
        }
        for (key, value) in [("database", &self.database), ("role", &self.role)] {
            if !is_identifier(value) {
                faults.push(format!("{key} is no plain name (a-z, 0-9, _)"));
            }
        }
        if self.max_connections == 0 || self.max_connections > 100 {
            faults.push("max_connections is not between 1 and 100".to_owned());
        }
        for (key, path) in [
            ("password_file", &self.password_file),
            ("tls_ca", &self.tls_ca),
            ("tls_certificate", &self.tls_certificate),
            ("tls_key", &self.tls_key),
        ] {
            if path.as_ref().is_some_and(|path| !path.is_file()) {
                faults.push(format!("{key} is not a file"));
            }
        }
        faults
    }

    /// The same server and role, another database.
    #[must_use]
    pub fn with_database(&self, database: impl Into<String>) -> Self {
        Self {
            database: database.into(),
            ..self.clone()
        }
    }

    pub(crate) fn options(&self, application: &str) -> Result<PgConnectOptions, Error> {
        let faults = self.faults();
        if !faults.is_empty() {
            return Err(Error::Settings(faults));
        }
        let mut options = PgConnectOptions::new_without_pgpass()
            .port(self.port)
            .username(&self.role)
            .database(&self.database)
            .application_name(application)
            .statement_cache_capacity(256)
            .options([
                // A notice says what a repeated migration skips, and may quote values.
                ("client_min_messages", "warning".to_owned()),
                ("statement_timeout", self.statement_timeout_ms.to_string()),
                ("lock_timeout", self.wait_timeout_ms.to_string()),
                (
                    "idle_in_transaction_session_timeout",
                    self.statement_timeout_ms.to_string(),
                ),
            ]);
        options = match (&self.socket, &self.host) {
            (Some(socket), _) => options.socket(socket).ssl_mode(PgSslMode::Disable),
            (None, host) => options
                .host(host.as_deref().unwrap_or_default())
                .ssl_mode(PgSslMode::VerifyFull),
        };
        if let Some(ca) = &self.tls_ca {
            options = options.ssl_root_cert(ca);
        }
        if let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) {
            options = options.ssl_client_cert(certificate).ssl_client_key(key);
        }
        match self.password()? {
            Some(password) => Ok(options.password(&password)),
            None => Ok(options),
        }
    }

    /// The address as a URL with the password inside, for tools that take nothing else (the query macros).
    ///
    /// # Errors
    /// If the password file cannot be read.
    pub fn url(&self) -> Result<String, Error> {
        let password = self
            .password()?
            .map(|word| format!(":{word}"))
            .unwrap_or_default();
        let place = match &self.socket {
            Some(socket) => {
                format!(
                    "localhost:{}/{}?host={}",
                    self.port,
                    self.database,
                    socket.display()
                )
            }
            None => {
                let host = self.host.as_deref().unwrap_or_default();
                format!("{host}:{}/{}?sslmode=verify-full", self.port, self.database)
            }
        };
        Ok(format!("postgres://{}{password}@{place}", self.role))
    }

    fn password(&self) -> Result<Option<String>, Error> {
        let Some(file) = &self.password_file else {
            return Ok(None);
        };
        match std::fs::read_to_string(file) {
            Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) => Err(Error::Settings(vec![format!("password_file: {}", error.kind())])),
        }
    }
}

pub(crate) fn is_identifier(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.len() <= 63 && name.bytes().all(plain)
}

fn default_port() -> u16 {
    5432
}

fn default_connections() -> u32 {
    6
}

fn default_statement_timeout() -> u32 {
    30_000
}

fn default_wait_timeout() -> u32 {
    10_000
}
