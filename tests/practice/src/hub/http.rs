//! HTTP/1.1 by hand: a hub must also be able to answer in ways that no HTTP library would.

use std::fmt::Write as _;
use std::io;

use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Qlik's proxy accepts 16384 bytes and 100 lines; twice that leaves room to send too much on purpose.
const LONGEST_HEAD: usize = 32_768;
const MOST_HEADERS: usize = 200;

/// The longest body a login form can need, by far.
const LONGEST_BODY: usize = 65_536;

/// A request as the hub received it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeenRequest {
    /// `GET` and so on.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// What follows the question mark, undecoded.
    pub query: String,
    /// Names as sent, with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// The connection it came on, counted from 1.
    pub connection: usize,
}

impl SeenRequest {
    /// The first header of this name, in any letter case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The first query parameter of this name, decoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
    }

    pub(crate) fn asks_to_close(&self) -> bool {
        self.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// The first cookie of this name.
    pub(crate) fn cookie(&self, wanted: &str) -> Option<&str> {
        self.header("Cookie")?
            .split("; ")
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
    }

    /// The same request as a server in front passes it on that removes a header.
    pub(crate) fn without(&self, header: &str) -> Self {
        let mut passed_on = self.clone();
        passed_on.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(header));
        passed_on
    }
}

/// What came in place of the next request.
pub(crate) enum Incoming {
    Request(SeenRequest),
    /// Not HTTP, for example a TLS hello.
    Malformed,
    End,
}

/// Reads one request; what follows it stays in `buffer`.
pub(crate) async fn read<S>(stream: &mut S, buffer: &mut Vec<u8>, encrypted: bool) -> Incoming
where
    S: AsyncRead + Unpin,
{
    loop {
        match parse_head(buffer, encrypted) {
            Head::Complete(request, length) => {
                buffer.drain(..length);
                return read_body(stream, buffer, request).await;
            }
            Head::Malformed => return Incoming::Malformed,
            Head::Partial if buffer.len() > LONGEST_HEAD => return Incoming::Malformed,
            Head::Partial => {}
        }
        if !matches!(stream.read_buf(buffer).await, Ok(read) if read > 0) {
            return Incoming::End;
        }
    }
}

enum Head {
    Complete(SeenRequest, usize),
    Partial,
    Malformed,
}

fn parse_head(buffer: &[u8], encrypted: bool) -> Head {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Head::Partial,
        Err(_) => return Head::Malformed,
    };
    let (path, query) = parsed
        .path
        .map(|target| target.split_once('?').unwrap_or((target, "")))
        .expect("a complete request line has a target");
    let request = SeenRequest {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_owned(), value)
            })
            .collect(),
        body: Vec::new(),
        encrypted,
        connection: 0,
    };
    Head::Complete(request, length)
}

async fn read_body<S>(stream: &mut S, buffer: &mut Vec<u8>, mut request: SeenRequest) -> Incoming
where
    S: AsyncRead + Unpin,
{
    let length = request.header("Content-Length").and_then(|value| value.parse().ok()).unwrap_or(0);
    if length > LONGEST_BODY {
        return Incoming::Malformed;
    }
    while buffer.len() < length {
        if !matches!(stream.read_buf(buffer).await, Ok(read) if read > 0) {
            return Incoming::End;
        }
    }
    request.body = buffer.drain(..length).collect();
    Incoming::Request(request)
}

/// An answer; `Date`, `Server` and `Content-Length` are added when it is written.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Ends the connection afterwards.
    pub(crate) last: bool,
    /// Announces this many bytes more than are sent.
    pub(crate) missing: usize,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), last: false, missing: 0 }
    }

    pub(crate) fn html(status: u16, page: impl Into<Vec<u8>>) -> Self {
        Self::new(status).with_body("text/html; charset=utf-8", page)
    }

    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status).with_body("application/json;charset=utf-8", value.to_string())
    }

    pub(crate) fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self::new(status).with("Location", location)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn with_body(self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.with("Content-Type", kind) }
    }

    /// The same with the request in its words and in a header: in the titles of its errors, in that
    /// of its page, or else at the beginning.
    pub(crate) fn echoing(mut self, request: &SeenRequest) -> Self {
        let header = |name| request.header(name).unwrap_or_default();
        let sent = [
            header("Authorization"),
            header("Cookie"),
            &request.query,
            &String::from_utf8_lossy(&request.body),
            &percent_decode_str(&String::from_utf8_lossy(&request.body)).decode_utf8_lossy(),
        ]
        .join(" ");
        // A body where there was none would need a type too.
        if !self.body.is_empty() {
            self.body = repeating(&self.body, &sent);
        }
        let visible: String = sent.chars().filter(|c| c.is_ascii() && !c.is_control()).collect();
        self.with("X-Debug", visible)
    }

    pub(crate) fn last(self) -> Self {
        Self { last: true, ..self }
    }

    fn head(&self, date: &str) -> String {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let mut line = |name: &str, value: &str| {
            write!(head, "{name}: {value}\r\n").expect("writing to a String cannot fail");
        };
        line("Date", date);
        if !self.headers.iter().any(|(name, _)| *name == "Server") {
            line("Server", "Microsoft-HTTPAPI/2.0");
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        // Neither a protocol switch nor "no content" may announce a length.
        if self.status != 101 && self.status != 204 {
            line("Content-Length", &(self.body.len() + self.missing).to_string());
        }
        if self.last {
            line("Connection", "close");
        }
        head.push_str("\r\n");
        head
    }

    pub(crate) async fn write<S>(
        &self,
        stream: &mut S,
        date: &str,
        bodiless: bool,
    ) -> io::Result<()>
    where
        S: AsyncWrite + Unpin,
    {
        stream.write_all(self.head(date).as_bytes()).await?;
        if !bodiless {
            stream.write_all(&self.body).await?;
        }
        stream.flush().await
    }
}

/// A body that can still be read as what it is, with a text in it.
fn repeating(body: &[u8], sent: &str) -> Vec<u8> {
    if let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(body) {
        let errors = value.get_mut("errors").and_then(|errors| errors.as_array_mut());
        for error in errors.into_iter().flatten() {
            error["title"] = sent.into();
        }
        if let Some(object) = value.as_object_mut() {
            object.insert("sent".to_owned(), sent.into());
        }
        return value.to_string().into_bytes();
    }
    let page = String::from_utf8_lossy(body);
    match page.split_once("<title>") {
        Some((before, after)) => format!("{before}<title>{sent} {after}").into_bytes(),
        None => format!("<title>{sent}</title>\n{page}").into_bytes(),
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        511 => "Network Authentication Required",
        _ => "Unnamed",
    }
}
