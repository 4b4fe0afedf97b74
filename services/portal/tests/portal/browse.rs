//! The least of a browser: one request per connection, and what came back.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What came back.
pub(crate) struct Page {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// What stands in the element of an id, without tags.
    pub(crate) fn text_of(&self, id: &str) -> String {
        let (_, rest) = self
            .body
            .split_once(&format!("id=\"{id}\""))
            .unwrap_or_else(|| panic!("the page has no #{id}: {}", self.body));
        let (_, rest) = rest.split_once('>').expect("the tag ends");
        rest.split_once('<').expect("the text ends").0.to_owned()
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(
            self.body.contains(text),
            "`{text}` is not in the page:\n{}",
            self.body
        );
    }
}

pub(crate) async fn get(portal: SocketAddr, path: &str) -> Page {
    send(portal, "GET", path, "", b"").await
}

pub(crate) async fn post_form(portal: SocketAddr, path: &str, fields: &[(&str, &str)]) -> Page {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(key, value)| format!("{key}={}", percent(value)))
        .collect();
    let kind = "content-type: application/x-www-form-urlencoded\r\n";
    send(portal, "POST", path, kind, pairs.join("&").as_bytes()).await
}

pub(crate) async fn post_file(portal: SocketAddr, content: &[u8]) -> Page {
    let mut body =
        b"--frontier\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.ofd\"\r\n\r\n".to_vec();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--frontier--\r\n");
    let kind = "content-type: multipart/form-data; boundary=frontier\r\n";
    send(portal, "POST", "/verify/file", kind, &body).await
}

pub(crate) async fn send(portal: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> Page {
    let mut stream = TcpStream::connect(portal).await.expect("the portal listens");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {portal}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream
        .write_all(head.as_bytes())
        .await
        .expect("it takes the head");
    stream
        .write_all(body)
        .await
        .expect("it takes the whole body before it closes");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("it answers");
    let answer = String::from_utf8(answer).expect("pages are UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Page {
        status: status.expect("an answer has a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
