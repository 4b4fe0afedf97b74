use std::path::PathBuf;

use secrecy::SecretString;

use super::Section;

/// The database of a service. Read it where there is one.
#[derive(Debug, Clone)]
pub struct Database {
    /// `host`: a name, an address or the folder of a unix socket.
    pub host: String,
    /// `port`
    pub port: u16,
    /// `name` of the database.
    pub name: String,
    /// `user`: the `_app` role.
    pub user: String,
    /// `password_file`; absent with peer authentication.
    pub password: Option<SecretString>,
    /// `ca`: with it the connection is TLS and verified.
    pub ca: Option<PathBuf>,
    /// `connections`: the most that the pool opens.
    pub connections: u32,
}

impl Database {
    /// Reads `[database]` of the file's root.
    pub fn read(root: &mut Section) -> Option<Self> {
        let mut section = root.section("database");
        let host = section.required("host");
        let port = section.or("port", 5432);
        let name = section.required("name");
        let user = section.required("user");
        let password = section.optional_secret_file("password_file");
        let ca = section.optional_location("ca");
        let connections = section.or("connections", 8);
        if connections == 0 {
            section.fault("connections", "must be at least 1");
        }
        Some(Self {
            host: host?,
            port,
            name: name?,
            user: user?,
            password,
            ca,
            connections,
        })
    }
}
