//! The desk (办事) of the portal, as the simplest of browsers uses it: one request per connection, one cookie.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use testkit::actors::Citizen;

/// What came back.
pub struct Page {
    /// Of HTTP.
    pub status: u16,
    head: String,
    /// A page or a file.
    pub body: Vec<u8>,
}

impl Page {
    /// The page as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a hidden field.
    ///
    /// # Panics
    /// If the page has no such field.
    pub fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let field = format!("name=\"{name}\" value=\"");
        let (_, rest) = text.split_once(&field).expect("the page has the field");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// A line of the head.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Somebody at the desk.
pub struct Desk {
    portal: SocketAddr,
    cookie: String,
    form_key: String,
}

impl Desk {
    /// Signs in with password and second factor.
    ///
    /// # Panics
    /// If the portal does not let them in.
    pub fn sign_in(portal: SocketAddr, citizen: &mut Citizen) -> Self {
        let code = citizen.code();
        let fields = [
            ("document_kind", "CITIZEN_IDENTITY_CARD"),
            ("document_number", &citizen.person.document_number),
            ("password", &citizen.person.password),
            ("code", &code),
        ];
        let answer = send(portal, "POST", "/my/sign-in", "", &fields);
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer.header("set-cookie").expect("a session");
        for word in ["HttpOnly", "SameSite=Strict", "Path=/my"] {
            assert!(cookie.contains(word), "{cookie}");
        }
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let mut desk = Self {
            portal,
            cookie,
            form_key: String::new(),
        };
        desk.form_key = desk.page().hidden("form_key");
        desk
    }

    /// `GET /my`
    pub fn page(&self) -> Page {
        send(self.portal, "GET", "/my", &self.cookie, &[])
    }

    /// Sends a form of the page.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut all = vec![("form_key", self.form_key.as_str())];
        all.extend_from_slice(fields);
        send(self.portal, "POST", path, &self.cookie, &all)
    }

    /// Sends a form that was not on the page.
    pub fn post_foreign(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        send(self.portal, "POST", path, &self.cookie, fields)
    }

    /// Proves the second factor once more.
    ///
    /// # Panics
    /// If it is not taken.
    pub fn step_up(&self, citizen: &mut Citizen) {
        let code = citizen.code();
        let answer = self.post("/my/step-up", &[("code", &code)]);
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
}

/// A page that anybody may have.
#[must_use]
pub fn get(portal: SocketAddr, path: &str) -> Page {
    send(portal, "GET", path, "", &[])
}

/// HTTP/1.0: files come whole, without chunks.
fn send(portal: SocketAddr, method: &str, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Page {
    let pairs = fields
        .iter()
        .map(|(key, value)| format!("{key}={}", percent(value)));
    let body = pairs.collect::<Vec<_>>().join("&");
    let head = format!(
        "{method} {path} HTTP/1.0\r\nhost: {portal}\r\ncookie: {cookie}\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(portal).expect("the portal listens");
    stream.write_all(head.as_bytes()).expect("it takes the head");
    stream.write_all(body.as_bytes()).expect("it takes the form");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let ends = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a head");
    let head = String::from_utf8_lossy(&answer[..ends]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Page {
        status: status.expect("a status"),
        head,
        body: answer[ends + 4..].to_vec(),
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
