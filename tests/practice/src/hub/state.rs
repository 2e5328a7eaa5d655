//! What a hub knows and remembers.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ring::rand::{SecureRandom as _, SystemRandom};
use time::OffsetDateTime;
use time::macros::format_description;

use super::http::SeenRequest;
use super::ntlm::{Challenge, Refusal};
use crate::behaviour::Behaviour;

/// What a hub gets from its world.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) clock: Clock,
    pub(crate) places: Places,
    pub(crate) issuer_file: Vec<u8>,
    pub(crate) tickets: Tickets,
    /// The ports to listen on; 0 for any that is free.
    pub(crate) port: u16,
    pub(crate) login_port: u16,
}

/// The tickets of all hubs of a world, each good for one visit to one hub: a login module elsewhere
/// makes them too.
#[derive(Clone, Default)]
pub(crate) struct Tickets(Arc<Mutex<HashMap<String, Ticket>>>);

/// Where a ticket is good, and for whom.
struct Ticket {
    hub: String,
    account: String,
}

impl Tickets {
    /// A ticket for the hub of this name.
    pub(crate) fn make(&self, hub: &str, account: &str) -> String {
        let ticket = sixteen();
        let good_for = Ticket { hub: hub.to_owned(), account: account.to_owned() };
        self.lock().insert(ticket.clone(), good_for);
        ticket
    }

    /// Whose ticket this is, if it was made for this hub; it is used up.
    pub(crate) fn redeem(&self, ticket: &str, hub: &str) -> Option<String> {
        self.lock().remove(ticket).filter(|made| made.hub == hub).map(|made| made.account)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Ticket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The world's time: it starts at the moment the world was made for, and runs.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    start: OffsetDateTime,
    since: Instant,
}

impl Clock {
    pub(crate) fn starting_at(start: OffsetDateTime) -> Self {
        Self { start, since: Instant::now() }
    }

    fn now(self) -> OffsetDateTime {
        self.start + self.since.elapsed()
    }
}

/// The ports of all hubs of a world, by name.
#[derive(Clone, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<String, u16>>>);

impl Places {
    pub(crate) fn add(&self, name: &str, port: u16) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.insert(name.to_owned(), port);
    }

    /// Whether a hub of this world has the name.
    pub(crate) fn knows(&self, host: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(host)
    }

    /// `host:port` for a hub of this world, else the name alone, which means the usual port.
    pub(crate) fn authority(&self, host: &str) -> String {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(host).map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

pub(crate) struct Inner {
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) login_port: Option<u16>,
    pub(crate) behaviour: Behaviour,
    pub(crate) setting: Setting,
    memory: Mutex<Memory>,
}

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) requests: Vec<SeenRequest>,
    pub(crate) first_asked: Option<Instant>,
    pub(crate) connections: usize,
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) tokens: HashSet<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) issued: Vec<String>,
}

/// Somebody who is logged in.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) account: String,
    pub(crate) inactive: bool,
}

/// One attempt to log in, as a server counts them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// The account as it was written, such as `PRACTICE\\user`; empty for an API key.
    pub account: String,
    /// How.
    pub way: Way,
    /// Why it failed, if it did.
    pub refusal: Option<Refusal>,
}

/// The ways to log in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// The third message of NTLM.
    Ntlm,
    /// A form.
    Form,
    /// An API key.
    Key,
    /// Basic, which no hub offers of its own accord.
    Basic,
}

/// What belongs to one connection.
#[derive(Default)]
pub(crate) struct Talk {
    /// An NTLM login lives on one connection: the third message counts only where the challenge was sent.
    pub(crate) challenge: Option<Challenge>,
    /// The certificate this connection was made with.
    pub(crate) leaf: Option<Vec<u8>>,
    /// The connection's number.
    pub(crate) connection: usize,
}

impl Inner {
    pub(crate) fn new(
        name: &str,
        port: u16,
        login_port: Option<u16>,
        behaviour: Behaviour,
        setting: Setting,
    ) -> Self {
        Self {
            name: name.to_owned(),
            port,
            login_port,
            behaviour,
            setting,
            memory: Mutex::default(),
        }
    }

    /// A panic in a test's thread leaves the memory usable: every change to it is a single step.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a request and says how long its answer has to wait.
    pub(crate) fn record(&self, request: SeenRequest) -> Duration {
        let mut memory = self.lock();
        memory.requests.push(request);
        let begun = *memory.first_asked.get_or_insert_with(Instant::now);
        self.behaviour.first_answer_after.saturating_sub(begun.elapsed())
    }

    /// Remembers something that is good for one visitor only.
    pub(crate) fn issue(&self, value: String) -> String {
        self.lock().issued.push(value.clone());
        value
    }

    pub(crate) fn note(&self, account: &str, way: Way, refusal: Option<Refusal>) {
        self.lock().attempts.push(Attempt { account: account.to_owned(), way, refusal });
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.setting.clock.now() + self.behaviour.clock_offset
    }

    pub(crate) fn date(&self) -> String {
        let format = format_description!(
            "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
        );
        self.now()
            .to_offset(time::UtcOffset::UTC)
            .format(&format)
            .expect("the format asks only for what a date has")
    }

    /// `https://host:port` as the client called it.
    pub(crate) fn base(&self, request: &SeenRequest) -> String {
        let scheme = if self.behind_tls(request) { "https" } else { "http" };
        let own = format!("{}:{}", self.name, self.port);
        format!("{scheme}://{}", request.header("Host").unwrap_or(&own))
    }

    /// Whether the client spoke TLS, with the hub or with the server in front of it.
    pub(crate) fn behind_tls(&self, request: &SeenRequest) -> bool {
        request.encrypted || self.behaviour.front.is_some()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        let others = self.behaviour.other_names.iter().map(String::as_str);
        std::iter::once(self.name.as_str()).chain(others).collect()
    }

    pub(crate) fn allows(&self, host: &str) -> bool {
        let known = |name: &str| name.eq_ignore_ascii_case(host);
        match &self.behaviour.allow_list {
            Some(list) => list.iter().any(|name| known(name)),
            None => self.names().into_iter().any(known),
        }
    }
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system's random source worked when the keys were made");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

/// A random identifier in the form of a GUID.
pub(crate) fn guid() -> String {
    let text = hex(&random::<16>());
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

/// Sixteen characters, as tickets and tokens have.
pub(crate) fn sixteen() -> String {
    hex(&random::<8>()).to_ascii_uppercase()
}
