//! The licence: does the hub's engine begin a session for the user, and if not, what does it say?
//!
//! An answer of the hub's pages is no licence: a user without one gets all of them. The engine
//! refuses on its WebSocket.

#[cfg(test)]
mod tests;

use std::time::Duration;

use hublink_probe::{Ending, FailureKind, LoginMethod, SocketMessage, SocketSeen, Upgrade};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::{
    Case, Cause, Check, Confidence, Context, Meta, Owner, Proof, Reason, ReasonKind, Target, cause,
    fallback, passed,
};
use crate::http::outcome;
use crate::hub::SocketAnswer;
use crate::login::{self, LOGGED_IN, Login, LoginText};

/// Whether the user has a licence for the hub.
pub struct Licence;

/// What the engine said.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Evidence {
    /// The WebSocket of the engine, asked for in the session of the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<SocketSeen>,
}

/// What a message of the engine says of the session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Word {
    /// It begins: there is a licence.
    Begins,
    /// No access pass.
    NoneAllocated,
    /// An access pass is being set up.
    Syncing,
    /// More passes were given out than there are.
    Excluded,
    /// More than five sessions.
    TooMany,
    /// The server has no licence.
    ServerUnlicensed,
    /// The engine or the repository is down.
    ServicesDown,
    /// The session is none, or none any more.
    SessionEnded,
    /// A state that ends the session, of unknown meaning.
    Unknown,
}

/// What a message says, if it decides anything. Messages about apps and side services do not.
fn word(message: &SocketMessage) -> Option<Word> {
    match message.topic.as_str() {
        "OnConnected" => state(message.session_state.as_deref()?),
        "OnAuthenticationInformation" => {
            (message.must_authenticate == Some(true)).then_some(Word::SessionEnded)
        }
        "OnLicenseAccessDenied" => Some(Word::NoneAllocated),
        "OnLicenseAccessDeniedPendingUserSync" => Some(Word::Syncing),
        "OnExcessLicenseAssignment" => Some(Word::Excluded),
        "OnMaxParallelSessionsExceeded" => Some(Word::TooMany),
        "OnEngineWebsocketFailed"
        | "OnNoEngineAvailable"
        | "OnRepositoryWebsocketFailed"
        | "OnNoRepositoryAvailable" => Some(Word::ServicesDown),
        "OnSessionTimedOut" | "OnSessionClosed" | "OnSessionLoggedOut" => Some(Word::SessionEnded),
        topic => state(topic),
    }
}

fn state(state: &str) -> Option<Word> {
    match state {
        "SESSION_CREATED" | "SESSION_ATTACHED" => Some(Word::Begins),
        "SESSION_ERROR_NO_LICENSE" | "SESSION_ERROR_LICENSE_RENEW" => Some(Word::ServerUnlicensed),
        "SESSION_ERROR_LIMIT_EXCEEDED"
        | "SESSION_ERROR_SECURITY_HEADER_CHANGED"
        | "SESSION_ACCESS_CONTROL_SETUP_FAILURE" => Some(Word::Unknown),
        _ => None,
    }
}

/// A message in its own words, without the person's.
fn shown(message: &SocketMessage) -> String {
    match &message.session_state {
        Some(state) => format!("{} {state}", message.topic),
        None => message.topic.clone(),
    }
}

impl Evidence {
    /// The first message that decides.
    fn decides(&self) -> Option<(Word, &SocketMessage)> {
        let messages = &self.socket.as_ref()?.messages;
        messages.iter().find_map(|message| Some((word(message)?, message)))
    }

    fn said(&self, wanted: Word) -> Option<Proof> {
        let (word, message) = self.decides().filter(|(word, _)| *word == wanted)?;
        let proof = Proof::default().compared("the engine says", "SESSION_CREATED", shown(message));
        let proof = message.text.iter().fold(proof, |proof, text| proof.and("in words", text));
        Some(match word {
            Word::SessionEnded | Word::Unknown => proof,
            _ => proof.not("an answer of the pages: the engine itself says it"),
        })
    }

    /// The engine begins a session: the user has a licence of some kind.
    #[must_use]
    pub fn is_licensed(&self) -> bool {
        self.decides().is_some_and(|(word, _)| word == Word::Begins)
    }
}

/// What the engine said if it takes the session for none. The cause is one of the login.
#[must_use]
pub fn session_ended(seen: &Evidence) -> Option<String> {
    let (_, message) = seen.decides().filter(|(word, _)| *word == Word::SessionEnded)?;
    Some(message.topic.clone())
}

/// The first message comes within a second where the services are warm.
const LISTEN: Duration = Duration::from_secs(10);

impl Check for Licence {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "licence",
        title: "the engine begins a session for the user",
        docs: "In the session of the login it fetches a token and asks for the WebSocket that \
               Desktop uses after the login. There the engine says whether it begins a session, \
               or why not: no access pass, one that is being set up or was given out too often, \
               too many sessions, a server without a licence, services that are down. Nothing is \
               sent on it, and no page for administrators is asked. Qlik Cloud is not asked: an \
               API key shows nothing of a licence for Desktop.",
        needs: &[passed::<Login>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = CAUSES;

    fn not_applicable(target: &Target) -> Option<Reason> {
        let cloud = target.hub().is_some_and(crate::address::HubAddress::is_cloud);
        let reason = Reason::of(ReasonKind::NotApplicable);
        cloud.then(|| reason.detail("Qlik Cloud shows no licence for Desktop to a program"))
    }

    fn not_asked(case: &Case) -> Option<Reason> {
        let reason = Reason::of(ReasonKind::NotAsked);
        case.facts.account.is_none().then(|| reason.detail("no login was asked for"))
    }

    async fn probe(cx: &Context) -> Evidence {
        let login = cx.of::<Login>().and_then(|seen| seen.seen.as_ref());
        let session = login.and_then(|login| login.session);
        let with_user = login.is_some_and(|login| login.method != Some(LoginMethod::ApiKey));
        let request = login::request(cx, "/app/engineData");
        let (Some(session), Some(request), true) = (session, request, with_user) else {
            return Evidence::default();
        };
        let prefix = cx.case.facts.hub.as_ref().and_then(|hub| hub.prefix.clone());
        let upgrade = Upgrade { request, session: Some(session), prefix, listen: LISTEN };
        Evidence { socket: Some(cx.world.open_socket(&upgrade).await) }
    }

    fn nothing_to_judge(seen: &Evidence, case: &Case) -> Option<Reason> {
        let reason = Reason::of(ReasonKind::CouldNotLook);
        let Some(socket) = &seen.socket else {
            return Some(reason.detail("the login left no session to ask in"));
        };
        let told = seen.decides().is_some() || by_page(case).is_some();
        if !told && let Some(why) = not_asked_for(socket) {
            return Some(reason.detail(format!("the WebSocket could not be asked for: {why}")));
        }
        // What is cut before the engine said anything did not come to its end.
        let cut = SocketAnswer::of(socket.clone()).cut().is_some();
        (socket.upgraded && !told && !cut).then(|| {
            let seconds = socket.open_ms / 1000.0;
            reason.detail(format!("the engine said nothing of the session within {seconds:.0} s"))
        })
    }
}

const TOPICS: &str = "Qlik's own load tester and web client of June 2019 (names of the messages)";

const CAUSES: &[Cause<Evidence>] = &[
    Cause {
        title: "You are logged in, but no Qlik licence is assigned to you.",
        explain: "Whoever has an account can log in; to work with the hub, an administrator must \
                  give the user an access pass. The hub's pages do not show the difference.",
        remedy: &["Ask your Qlik admin to allocate user or professional access to <account>."],
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "a licence that is being set up at this moment",
            "a rejected account: it would not have come this far",
        ],
        see: &[
            "Qlik developer help, Proxy Service API",
            "Qlik help, client authentication",
            TOPICS,
        ],
        verify: LOGGED_IN,
        ..cause("licence/none-allocated", none_allocated)
    },
    Cause {
        title: "Your licence is being set up at this moment.",
        explain: "A new access pass reaches the server after some minutes.",
        remedy: &["Wait a few minutes and run hublink again; if it stays, tell your Qlik admin."],
        look_alikes: &["no access pass at all, which has a message of its own"],
        see: &[TOPICS],
        verify: LOGGED_IN,
        ..cause("licence/still-syncing", still_syncing)
    },
    Cause {
        title: "Your licence assignment is excluded, because more are assigned than the server's \
                licence allows.",
        explain: "When a licence shrinks, the assignments beyond its number stop counting until an \
                  administrator frees some.",
        remedy: &[
            "Ask your Qlik admin to free an assignment and to allocate it to <account> again.",
        ],
        owner: Owner::QlikAdmin,
        look_alikes: &["no access pass at all, which has a message of its own"],
        see: &[TOPICS, "the reason is inferred"],
        verify: LOGGED_IN,
        ..cause("licence/assignment-excluded", assignment_excluded)
    },
    Cause {
        title: "You have too many sessions open at the same time (five are allowed).",
        explain: "Each login takes one of five sessions, that of hublink too, and gives it back \
                  when it ends or after a pause. By Qlik's own word the message also comes wrongly \
                  to users without any licence (licence/none-allocated).",
        remedy: &[
            "Close other Qlik windows, wait 30 minutes (session time-out), and run hublink again.",
        ],
        confidence: Confidence::Likely,
        look_alikes: &["no access pass (licence/none-allocated), for which the same message comes"],
        see: &["Qlik support article 2103625", TOPICS, "that a bare login counts: one source"],
        verify: LOGGED_IN,
        ..cause("licence/too-many-sessions", too_many_sessions)
    },
    Cause {
        title: "The hub itself has no valid licence at the moment.",
        explain: "Without a valid licence the server begins no session for anybody.",
        remedy: &["Ask your Qlik admin to renew or activate the licence of <host>."],
        owner: Owner::QlikAdmin,
        look_alikes: &["a user without access pass: the message then is about the user"],
        see: &[TOPICS],
        verify: LOGGED_IN,
        ..cause("licence/server-unlicensed", server_unlicensed)
    },
    Cause {
        title: "The licence could not be checked, because the engine or repository behind the hub is \
                down.",
        explain: "The hub's proxy answers, and the service behind it that begins sessions does not.",
        remedy: &[
            "Ask your Qlik admin to check engine and repository services and the virtual proxy's load-balancing nodes.",
        ],
        owner: Owner::QlikAdmin,
        look_alikes: &["a missing licence, which has messages of its own"],
        see: &["Qlik developer help, Proxy Service API", TOPICS],
        verify: LOGGED_IN,
        ..cause("licence/services-down", services_down)
    },
    Cause {
        title: "You may have a licence that lets you use the hub but not Desktop (analyzer).",
        explain: "The engine begins a session for every kind of licence. By Qlik's text Desktop \
                  needs user access or professional access; whether an analyzer is refused was \
                  never seen by us, and no user can see the kind of a licence.",
        remedy: &[
            "Ask your Qlik admin which access <account> has; Desktop needs user or professional access.",
        ],
        owner: Owner::QlikAdmin,
        confidence: Confidence::Possible,
        look_alikes: &[
            "a test server (test-server/suspected-test-licence), which looks just alike",
        ],
        see: &["Qlik help, Configuring client authentication (2018, 2023)", "unconfirmed"],
        verify: LOGGED_IN,
        ..cause("licence/analyzer-only", analyzer_only)
    },
    Cause {
        title: "The engine begins no session, and no cause that hublink knows fits.",
        ..fallback("licence/unexplained", unexplained)
    },
];

/// Why the engine was never asked, though there is a session. Such an answer, or none, says nothing
/// of a licence.
fn not_asked_for(socket: &SocketSeen) -> Option<String> {
    let seen = &socket.exchange;
    // What was trusted for the login is not what answers now; another node of a balancer may do so
    // with a good certificate of its own.
    if seen.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::NotPermitted) {
        return Some("the place is not the one whose certificate was examined".to_owned());
    }
    let unheard = matches!(
        seen.ending,
        Ending::NoConnection
            | Ending::NoHandshake
            | Ending::NoTunnel
            | Ending::Silence
            | Ending::Stalled
    );
    (!socket.upgraded && (unheard || seen.status == Some(429))).then(|| outcome(seen))
}

/// What a page says of the licence after the login, as older hubs do it.
fn by_page(case: &Case) -> Option<LoginText> {
    let about = [
        LoginText::NoAccessPass,
        LoginText::AccessSyncing,
        LoginText::AssignmentExcluded,
        LoginText::NoValidLicence,
        LoginText::LicenceNotRenewed,
    ];
    let said = &case.of::<Login>()?.texts;
    about.into_iter().find(|text| said.contains(text))
}

fn said_or_shown(e: &Evidence, case: &Case, word: Word, texts: &[LoginText]) -> Option<Proof> {
    let on_page = || {
        let text = by_page(case).filter(|text| texts.contains(text) && e.decides().is_none())?;
        Some(Proof::seen("the page says after the login", text.label()))
    };
    e.said(word).or_else(on_page)
}

fn with_account(proof: Proof, case: &Case) -> Proof {
    let who = login::account(case);
    proof.and("the user", &who).value("account", who)
}

fn none_allocated(e: &Evidence, case: &Case) -> Option<Proof> {
    let proof = said_or_shown(e, case, Word::NoneAllocated, &[LoginText::NoAccessPass])?;
    Some(with_account(proof, case))
}

fn still_syncing(e: &Evidence, case: &Case) -> Option<Proof> {
    said_or_shown(e, case, Word::Syncing, &[LoginText::AccessSyncing])
}

fn assignment_excluded(e: &Evidence, case: &Case) -> Option<Proof> {
    let proof = said_or_shown(e, case, Word::Excluded, &[LoginText::AssignmentExcluded])?;
    Some(with_account(proof, case))
}

fn too_many_sessions(e: &Evidence, case: &Case) -> Option<Proof> {
    let proof = e.said(Word::TooMany)?;
    let wrongly = "licence/none-allocated: Qlik's message comes wrongly to users without any too";
    Some(with_account(proof.and("may also be", wrongly), case))
}

fn server_unlicensed(e: &Evidence, case: &Case) -> Option<Proof> {
    let texts = [LoginText::NoValidLicence, LoginText::LicenceNotRenewed];
    let proof = said_or_shown(e, case, Word::ServerUnlicensed, &texts)?;
    Some(proof.not("a user without access pass: the message is about the server"))
}

fn services_down(e: &Evidence, _: &Case) -> Option<Proof> {
    e.said(Word::ServicesDown)
}

fn analyzer_only(e: &Evidence, case: &Case) -> Option<Proof> {
    let refuses = case.facts.desktop_refuses == Some(true) && e.is_licensed();
    let (_, message) = e.decides().filter(|_| refuses)?;
    let proof = Proof::seen("the engine says", shown(message))
        .and("the user says", "Desktop refuses although all looks well here")
        .not("a user without any licence: the engine begins a session");
    Some(with_account(proof, case))
}

fn unexplained(e: &Evidence, case: &Case) -> Option<Proof> {
    let socket = e.socket.as_ref()?;
    if e.is_licensed() || e.decides().is_none() && by_page(case).is_some() {
        return None;
    }
    let proof = Proof::seen("the engine's WebSocket", outcome(&socket.exchange));
    let proof = match &socket.token {
        Some(token) if !socket.token_given => proof.and("its token", outcome(token)),
        _ => proof,
    };
    let messages = socket.messages.iter().take(8);
    let proof = messages.fold(proof, |proof, message| proof.and("the engine says", shown(message)));
    Some(match &socket.closed {
        Some(closed) => {
            let code = closed.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
            proof.and("closed with code", code)
        }
        None => proof,
    })
}
