//! The test server: Desktop cannot log in to one, and nothing that a user can see shows one.
//!
//! So it is only ever suspected, by elimination: everything was examined and is well, and the user
//! says that Desktop refuses all the same.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::HubAddress;
use crate::certificate::Certificate;
use crate::client::Client;
use crate::clock::Clock;
use crate::dns::Dns;
use crate::frame::{
    Case, Cause, Check, Confidence, Context, EndedCheck, Meta, Owner, Proof, Reason, ReasonKind,
    Severity, Status, Target, cause, fallback, is_of_direct_way, passed, passed_on_direct_way, ran,
};
use crate::http::Http;
use crate::hub::Hub;
use crate::hubs_file::HubsFile;
use crate::licence::Licence;
use crate::link::Link;
use crate::login::{LOGGED_IN, Login};
use crate::proxy::Proxy;
use crate::tcp::Tcp;
use crate::tls::Tls;

/// Whether the hub may be a test server.
pub struct TestServer;

/// How all the other checks ended.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Evidence {
    /// Every check before this one.
    pub examined: Vec<EndedCheck>,
    /// Parts of the hub's name, or of the link's, that test servers often have. No proof.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub hints: Vec<String>,
}

/// What test servers are often called, as a whole part of a name.
const HINTS: [&str; 5] = ["test", "dev", "uat", "stage", "qa"];

impl Check for TestServer {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "test-server",
        title: "nothing points at a test server",
        docs: "Qlik does not support Desktop's login to servers with a test licence. No sign of \
               such a licence is known that a user could see, so this check looks at nothing of \
               its own: it suspects a test server only if every other check was examined and is \
               well, up to the engine that begins a session, and the user says that Desktop still \
               refuses (--desktop-refuses, or the answer to the question at the end of a run). \
               Without that word it says nothing. A name with `test` in it proves nothing either.",
        // It judges how all of them ended; without a login there is nothing to be surprised at.
        needs: &[
            ran::<HubsFile>(),
            ran::<Link>(),
            ran::<Client>(),
            ran::<Proxy>(),
            passed_on_direct_way::<Dns>(),
            passed_on_direct_way::<Tcp>(),
            ran::<Tls>(),
            ran::<Certificate>(),
            ran::<Clock>(),
            ran::<Http>(),
            ran::<Hub>(),
            passed::<Login>(),
            ran::<Licence>(),
        ],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[
        Cause {
            title: "The hub may be a test server, which Qlik does not support for Desktop.",
            explain: "Desktop refuses although every step up to the engine works for you. What \
                      remains are things that nobody can see from here: a test licence of the \
                      server, or a kind of access that lets you use the hub but not Desktop. This \
                      is a suspicion by elimination and no finding.",
            remedy: &[
                "Ask your Qlik admin whether <host> runs on a test licence; if so use the link of the production server.",
            ],
            owner: Owner::QlikAdmin,
            confidence: Confidence::Possible,
            look_alikes: &[
                "an analyzer licence (licence/analyzer-only), which looks just alike",
                "a name with test in it: many production servers have one",
                "a check that was skipped: then something else may be wrong there",
            ],
            see: &[
                "Qlik help, Configuring client authentication (the statement)",
                "Qlik support article 1713031",
                "no mark of a test licence was found in anything a user can read",
            ],
            verify: LOGGED_IN,
            ..cause("test-server/suspected-test-licence", suspected)
        },
        Cause {
            title: "Desktop refuses, and not everything could be examined.",
            ..fallback("test-server/unexplained", unexplained)
        },
    ];

    fn not_applicable(target: &Target) -> Option<Reason> {
        let cloud = target.hub().is_some_and(HubAddress::is_cloud);
        let reason = Reason::of(ReasonKind::NotApplicable);
        cloud.then(|| reason.detail("a test licence is one of Qlik Sense servers"))
    }

    fn not_asked(case: &Case) -> Option<Reason> {
        let reason = Reason::of(ReasonKind::NotAsked);
        case.facts.account.is_none().then(|| reason.detail("no login was asked for"))
    }

    async fn probe(cx: &Context) -> Evidence {
        let link = cx.of::<Link>().and_then(|link| link.name.clone()).unwrap_or_default();
        Evidence { examined: cx.ended.clone(), hints: hints(cx.case.host(), &link) }
    }

    fn nothing_to_judge(seen: &Evidence, case: &Case) -> Option<Reason> {
        let broken = seen
            .examined
            .iter()
            .find(|one| one.status == Status::Failed && one.cause.as_deref() != Some(ANALYZER));
        if let Some(broken) = broken {
            let why = broken.cause.clone();
            return Some(Reason::because(why.unwrap_or_else(|| broken.check.clone())));
        }
        if !case.of::<Licence>().is_some_and(crate::licence::Evidence::is_licensed) {
            let detail = "the licence was not examined to its end";
            return Some(Reason::of(ReasonKind::Because).detail(detail));
        }
        match case.facts.desktop_refuses {
            Some(true) if !seen.examined.iter().all(|one| is_well(one, case)) => {
                let detail = "Desktop refuses, and not everything was examined and is well";
                Some(Reason::of(ReasonKind::CouldNotLook).detail(detail))
            }
            Some(true) => None,
            Some(false) => Some(Reason::of(ReasonKind::NotApplicable).detail("Desktop logs in")),
            None => Some(Reason::of(ReasonKind::NotAsked).detail(
                "a test server would look just like this; only Desktop can tell: \
                 --desktop-refuses, if it does",
            )),
        }
    }
}

/// What is suspected beside a test server, for the same reasons.
const ANALYZER: &str = "licence/analyzer-only";

/// The parts of names that stand by themselves: `qlik-test` has one, `latest` and `contest` none.
fn hints(host: &str, name: &str) -> Vec<String> {
    let parts = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric());
        parts.map(str::to_lowercase).collect()
    };
    let found = parts(host).into_iter().chain(parts(name));
    let mut found: Vec<String> = found.filter(|part| HINTS.contains(&part.as_str())).collect();
    found.dedup();
    found
}

/// Whether a check was examined and is well, or asks what does not arise.
fn is_well(one: &EndedCheck, case: &Case) -> bool {
    let not_needed = case.goes_through_proxy() && is_of_direct_way(&one.check);
    match one.status {
        Status::Passed => true,
        Status::Failed => one.cause.as_deref() == Some(ANALYZER),
        Status::Skipped => one.reason == Some(ReasonKind::NotApplicable) || not_needed,
        Status::Errored | Status::Warned => not_needed,
    }
}

fn refuses(e: &Evidence, case: &Case) -> bool {
    case.facts.desktop_refuses == Some(true) && !e.examined.is_empty()
}

fn suspected(e: &Evidence, case: &Case) -> Option<Proof> {
    let licence = case.of::<Licence>().filter(|licence| licence.is_licensed())?;
    if !refuses(e, case) || !e.examined.iter().all(|one| is_well(one, case)) {
        return None;
    }
    let well: Vec<&str> = e.examined.iter().map(|one| one.check.as_str()).collect();
    let socket = licence.socket.as_ref();
    let mut messages = socket.into_iter().flat_map(|socket| &socket.messages);
    let state = messages.find_map(|message| message.session_state.clone());
    let proof = Proof::seen("examined and well", well.join(", "))
        .and("the engine says", state.unwrap_or_else(|| "SESSION_CREATED".to_owned()))
        .and("the user says", "Desktop refuses all the same")
        .and("beside it", "licence/analyzer-only cannot be told from it")
        .not("every other cause that hublink knows: all checks were made and none of them holds");
    Some(match e.hints[..] {
        [] => proof,
        _ => proof.and("a name that test servers often have, no proof", e.hints.join(", ")),
    })
}

fn unexplained(e: &Evidence, case: &Case) -> Option<Proof> {
    let not_well: Vec<&EndedCheck> = e.examined.iter().filter(|one| !is_well(one, case)).collect();
    if !refuses(e, case) || not_well.is_empty() {
        return None;
    }
    let proof = Proof::seen("the user says", "Desktop refuses although a login works here");
    let proof = not_well.iter().fold(proof, |proof, one| {
        let why = one.cause.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
        proof.and(one.check.as_str(), format!("{}{why}", one.status.label()))
    });
    // What degrades or was not examined may be why, and has words of its own.
    Some(proof.severity(Severity::Informs))
}
