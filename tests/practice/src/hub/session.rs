//! What a Sense hub tells somebody who is logged in.

use serde_json::json;
use url::Url;

use super::Outcome;
use super::http::Reply;
use super::sense::Visit;
use super::socket;
use super::state::guid;
use crate::behaviour::{Site, Topic};
use crate::people::{DOMAIN, DesktopLink, SocketFault};

impl Visit<'_> {
    pub(super) fn user(&self) -> Reply {
        if self.request.method == "DELETE" {
            return self.log_out();
        }
        let login = self
            .request
            .parameter("targetUri")
            .and_then(|target| Url::parse(&target).ok())
            .and_then(|target| target.host_str().map(|host| self.inner.allows(host)))
            .unwrap_or(false);
        let (directory, user) = self.identity();
        let identity = match self.session {
            Some(_) => json!({
                "userDirectory": directory,
                "userId": user,
                "userName": "Practice User",
                "logoutUri": format!("{}{}/qps/user", self.inner.base(self.request), self.prefix),
            }),
            None if self.inner.behaviour.site == Site::SenseAnonymous => json!({
                "userDirectory": "NONE",
                "userId": format!("anonymous{}", guid()),
                "session": "inactive",
            }),
            None if login => json!({ "session": "inactive", "loginUri": self.login_address() }),
            None => json!({ "session": "inactive" }),
        };
        Reply::json(200, &identity)
    }

    /// The directory and the name of whoever is logged in.
    fn identity(&self) -> (String, String) {
        let memory = self.inner.lock();
        let session = self.session.as_ref().and_then(|session| memory.sessions.get(session));
        let account = session.map_or("", |session| session.account.as_str());
        match account.split_once('\\') {
            Some((directory, user)) => (directory.to_owned(), user.to_owned()),
            None => (DOMAIN.to_owned(), account.to_owned()),
        }
    }

    /// The same key in query and header proves that a page of the hub asks.
    pub(super) fn has_key(&self) -> bool {
        let key = self.request.parameter("xrfkey").filter(|key| key.len() == 16);
        key.is_some() && key.as_deref() == self.request.header("X-Qlik-Xrfkey")
    }

    fn log_out(&self) -> Reply {
        if !self.has_key() {
            return without_key();
        }
        if let Some(session) = &self.session {
            self.inner.lock().sessions.remove(session);
        }
        Reply::new(204)
    }

    pub(super) fn token(&self) -> Reply {
        if self.session.is_none() {
            return self.to_login();
        }
        let token = self.inner.issue(guid());
        self.inner.lock().tokens.insert(token.clone());
        Reply::new(204).with("qlik-csrf-token", token)
    }

    pub(super) fn desktop_link(&self) -> Reply {
        let label = self.inner.name.split('.').next().unwrap_or_default();
        let behaviour = &self.inner.behaviour;
        let origin = if behaviour.front.is_some() {
            self.inner.base(self.request)
        } else {
            let scheme = behaviour.link_scheme.unwrap_or("https");
            format!("{scheme}://{}:{}", self.inner.name, self.inner.port)
        };
        let own = format!("{origin}{}", behaviour.link_path);
        let (uri, name) = match behaviour.desktop_link {
            DesktopLink::Absent => return Reply::html(404, "<h1>Not found</h1>"),
            DesktopLink::Same => (own, label.to_owned()),
            DesktopLink::Named(name) => (own, name.to_owned()),
            DesktopLink::Other(uri) => (uri.to_owned(), label.to_owned()),
            DesktopLink::Empty => (String::new(), String::new()),
        };
        let attributes = json!({ "magicLinkHostUri": uri, "magicLinkFriendlyName": name });
        Reply::json(200, &json!({ "data": [{ "type": "DesktopLink", "attributes": attributes }] }))
    }

    /// What the hub offers this user.
    pub(super) fn features(&self) -> Reply {
        let known = self.inner.behaviour.desktop_link != DesktopLink::Absent;
        let features = if known { vec!["desktopLink", "streams"] } else { vec!["streams"] };
        let attributes = json!({ "features": features });
        Reply::json(200, &json!({ "data": { "type": "Privileges", "attributes": attributes } }))
    }

    /// Without a session the WebSocket opens to say so; with one it wants the token as well.
    pub(super) fn engine(&self) -> Outcome {
        let behaviour = &self.inner.behaviour;
        match behaviour.socket_fault {
            Some(SocketFault::Refused(status)) => {
                let page = Reply::html(status, "<h1>Refused</h1>").with("Server", "nginx");
                return Outcome::Reply(page);
            }
            Some(SocketFault::Page) => {
                let page = Reply::html(200, "<title>Welcome</title>").with("Server", "nginx");
                return Outcome::Reply(page);
            }
            Some(SocketFault::Reset) => return Outcome::HangUp,
            Some(SocketFault::Hostile(what)) => {
                return match socket::upgrade(self.request, Vec::new(), None) {
                    Outcome::Upgrade { accept, .. } => {
                        Outcome::Hostile { what, accept: Some(accept) }
                    }
                    other => other,
                };
            }
            Some(SocketFault::Silent) => return Outcome::Silence,
            Some(SocketFault::TokenFirst) if self.session.is_none() => {
                return Outcome::Reply(forbidden());
            }
            _ => {}
        }
        let cut = behaviour.socket_cut_after;
        if self.session.is_none() {
            let messages = vec![socket::must_authenticate(&self.login_address())];
            return socket::upgrade(self.request, messages, cut);
        }
        let token = self.request.parameter("qlik-csrf-token");
        let known = token.is_some_and(|token| self.inner.lock().tokens.contains(&token));
        let origin = self.request.header("Origin").is_none_or(|origin| {
            Url::parse(origin)
                .ok()
                .and_then(|url| url.host_str().map(|host| self.inner.allows(host)))
                == Some(true)
        });
        if !known || !origin || behaviour.socket_fault == Some(SocketFault::Forbidden) {
            return Outcome::Reply(forbidden());
        }
        if let Some(SocketFault::Cut(milliseconds)) = behaviour.socket_fault {
            let after = std::time::Duration::from_millis(milliseconds);
            return socket::upgrade(self.request, Vec::new(), Some(after));
        }
        let messages = match behaviour.topic {
            Topic::MustAuthenticate => vec![socket::must_authenticate(&self.login_address())],
            topic => socket::welcome(topic),
        };
        socket::upgrade(self.request, messages, cut)
    }
}

pub(super) fn without_key() -> Reply {
    Reply::html(403, "XSRF prevention check failed. Possible XSRF discovered.")
}

fn forbidden() -> Reply {
    Reply::html(403, "<h1>Forbidden</h1>")
}
