//! The one way by which anything secret leaves this program.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use ring::digest;
use zeroize::Zeroizing;

use crate::http::{Answer, Channel, Outgoing, dial, headed};
use crate::tls::hex;
use crate::tunnel::Line;
use crate::{
    Exchange, Failure, FailureKind, NotSent, Operation, Request, Scheme, TrustedHost, World,
};

/// A connection to a trusted host that showed the judged certificate and proved that it has its
/// key. There is no other way to one of these, and [`Letter`]s go by no other way.
///
/// The certificate is compared anew on every connection: the handshake itself accepts whatever is
/// shown, so that it can be judged.
pub(crate) struct Guarded {
    channel: Channel,
}

impl Guarded {
    /// Connects, unless nothing secret may go there.
    pub(crate) async fn open(
        trusted: &[TrustedHost],
        request: &Request,
        line: Line<'_>,
        seen: &mut Exchange,
    ) -> Result<Self, NotSent> {
        let barred = |seen: &mut Exchange, why| {
            seen.failure = Some(Failure::of(Operation::SendRequest, FailureKind::NotPermitted));
            Err(why)
        };
        if request.scheme != Scheme::Https {
            return barred(seen, NotSent::PlainHttp);
        }
        let port = request.to.port();
        let Some(place) = trusted.iter().find(|place| place.is_at(&request.host, port)) else {
            return barred(seen, NotSent::OtherHost);
        };
        let Some(channel) = dial(seen, request, line).await else {
            return Err(NotSent::NoConnection);
        };
        let leaf = channel.leaf.as_deref().map(fingerprint);
        if leaf.as_deref() != Some(&place.leaf_sha256) {
            return barred(seen, NotSent::OtherCertificate);
        }
        Ok(Self { channel })
    }

    /// The certificate of this connection.
    pub(crate) fn leaf(&self) -> &[u8] {
        self.channel.leaf.as_deref().unwrap_or_default()
    }

    /// Sends a request and reads the answer.
    pub(crate) async fn say(
        &mut self,
        seen: &mut Exchange,
        (request, letter): (&Request, Letter),
        world: &dyn World,
    ) -> Option<Answer> {
        let outgoing = letter.outgoing(request);
        self.channel.say(seen, outgoing, request.answer_limit, world).await
    }

    /// Whether the server will take another request on this connection.
    pub(crate) async fn is_open(&mut self) -> bool {
        // The answer before was read to its end: whether the connection lives is known at once.
        self.channel.is_open(Duration::from_secs(1)).await
    }

    /// The connection itself, whose server was found to be the right one.
    pub(crate) fn into_channel(self) -> Channel {
        self.channel
    }

    /// Closes the connection.
    pub(crate) async fn hang_up(self, seen: &mut Exchange) {
        self.channel.hang_up(seen).await;
    }
}

impl TrustedHost {
    pub(crate) fn is_at(&self, host: &str, port: u16) -> bool {
        self.host.eq_ignore_ascii_case(host) && self.to.port() == port
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, der).as_ref())
}

/// What of a request is secret: headers and body. Both are overwritten when they are dropped;
/// the buffer into which hyper copies the headers is not.
pub(crate) struct Letter {
    method: Method,
    headers: Vec<(HeaderName, Zeroizing<String>)>,
    form: Option<Zeroizing<Vec<u8>>>,
}

impl Letter {
    pub(crate) fn new(method: Method) -> Self {
        Self { method, headers: Vec::new(), form: None }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: Zeroizing<String>) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn with_form(mut self, form: Zeroizing<Vec<u8>>) -> Self {
        self.form = Some(form);
        self
    }

    pub(crate) fn outgoing(self, request: &Request) -> Option<Outgoing> {
        let builder = hyper::Request::builder().method(self.method).uri(&request.path);
        let mut builder = headed(builder, request);
        for (name, value) in self.headers {
            let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(value)).ok()?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        let Some(form) = self.form else { return builder.body(Full::default()).ok() };
        builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        builder.body(Full::new(Bytes::from_owner(form))).ok()
    }
}
