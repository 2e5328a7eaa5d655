//! Logins by the system's packages, which stand here as scripts of what they say.

use std::collections::VecDeque;
use std::sync::Mutex;

use zeroize::Zeroizing;

use super::server::{Reply, Saw, Server};
use super::*;
use crate::login::mechanism::{Mechanism, Stuck};
use crate::login::spnego::tests::ticket;
use crate::login::system::{Packages, Wish};
use crate::login::{Desk, With, log_in_within};
use crate::{LoginMethod, LoginOutcome, LoginPackage, LoginSeen, NotSent, StepKind, SystemRefusal};

const TARGET_UNKNOWN: u32 = 0x8009_0303;
const NOT_FOUND: u32 = 0x8009_0305;
const LOGON_DENIED: u32 = 0x8009_030c;
const NO_CONTROLLER: u32 = 0x8009_0311;
const WRONG_PRINCIPAL: u32 = 0x8009_0322;

/// What a package says, message after message.
type Said = Result<Vec<u8>, u32>;

#[derive(Default)]
struct Scripts {
    kerberos: Vec<Said>,
    negotiate: Vec<Said>,
    ntlm: Vec<Said>,
    /// Every conversation that was begun: package, target, bound or not.
    begun: Mutex<Vec<(LoginPackage, String, bool)>>,
}

impl Packages for Scripts {
    fn begin(&self, wish: &Wish) -> Result<Box<dyn Mechanism>, u32> {
        let begun = (wish.package, wish.target.clone(), wish.binding.is_some());
        self.begun.lock().expect("no panic").push(begun);
        let script = match wish.package {
            LoginPackage::Kerberos => &self.kerberos,
            LoginPackage::Negotiate => &self.negotiate,
            LoginPackage::Ntlm => &self.ntlm,
        };
        match script.first() {
            None => Err(NOT_FOUND),
            Some(_) => Ok(Box::new(Script(script.clone().into()))),
        }
    }
}

struct Script(VecDeque<Said>);

impl Mechanism for Script {
    fn step(&mut self, _: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, Stuck> {
        let said = self.0.pop_front().unwrap_or(Err(0x8009_0301));
        said.map(Zeroizing::new).map_err(Stuck::Refused)
    }
}

impl Scripts {
    fn begun(&self) -> Vec<LoginPackage> {
        self.begun.lock().expect("no panic").iter().map(|begun| begun.0).collect()
    }
}

fn message(kind: u8) -> Vec<u8> {
    [b"NTLMSSP\0", &[kind, 0, 0, 0][..], &[0; 28]].concat()
}

fn ntlm() -> Vec<Said> {
    vec![Ok(message(1)), Ok(message(3))]
}

/// A hub that offers these schemes: NTLM in both, and tickets with Negotiate.
fn offering(schemes: &'static [&'static str], mood: Mood) -> impl Fn(&Saw) -> Reply + Send + Sync {
    move |saw| {
        let login = saw.header("authorization").unwrap_or_default();
        let mut reply = windows(saw, mood);
        let Some(at) = reply.headers.iter().position(|(name, _)| name == "WWW-Authenticate") else {
            return reply;
        };
        let (name, said) = reply.headers.remove(at);
        let scheme = login.split(' ').next().filter(|scheme| !scheme.is_empty());
        match scheme {
            Some(scheme) if said.len() > 4 => {
                reply.headers.push((name, said.replace("NTLM", scheme)));
            }
            _ => reply
                .headers
                .extend(schemes.iter().map(|scheme| (name.clone(), (*scheme).to_owned()))),
        }
        reply
    }
}

fn takes_tickets(saw: &Saw) -> Reply {
    let login = saw.header("authorization").unwrap_or_default();
    match login.split_once(' ') {
        Some(("Negotiate", token)) if token.starts_with("YII") => {
            Reply::to(&format!("/hub/?qlikTicket={TICKET}"))
        }
        Some(_) => Reply::of(401, "").with("WWW-Authenticate", "Negotiate"),
        None => offering(&["Negotiate"], Mood::Accepts)(saw),
    }
}

fn refuses_tickets(saw: &Saw) -> Reply {
    let login = saw.header("authorization").unwrap_or_default();
    if login.is_empty() {
        return offering(&["Negotiate"], Mood::Accepts)(saw);
    }
    Reply::of(401, "").with("WWW-Authenticate", "Negotiate oRQwEqADCgECoQsGCSqGSIb3EgECAg==")
}

/// The signed-on user logs in.
async fn signed_on(server: &Server, scripts: &Arc<Scripts>) -> LoginSeen {
    at_desk(&Desk::default(), server, scripts).await
}

async fn at_desk(desk: &Desk, server: &Server, scripts: &Arc<Scripts>) -> LoginSeen {
    let attempt = LoginAttempt { with: AccountKind::SignedOn, ..attempt(server) };
    with(desk, &attempt, With::SignedOn(Arc::<Scripts>::clone(scripts))).await
}

async fn with(desk: &Desk, attempt: &LoginAttempt, with: With) -> LoginSeen {
    let world = world();
    // Boxed, because a login is a long way and every test would hold it whole.
    Box::pin(log_in_within(Duration::from_secs(10), desk, attempt, &with, world.line())).await
}

fn statuses(seen: &LoginSeen) -> Vec<(LoginPackage, Option<u32>, bool)> {
    let of = |one: &SystemRefusal| (one.package, one.status, one.of_answer);
    seen.refusals.iter().map(of).collect()
}

#[tokio::test]
async fn the_signed_on_user_goes_the_way_to_its_end() {
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let scripts = Arc::new(Scripts { ntlm: ntlm(), ..Scripts::default() });
    let seen = signed_on(&server, &scripts).await;
    assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Accepted, 1), "{seen:?}");
    assert_eq!(seen.method, Some(LoginMethod::Ntlm));
    assert!(seen.by_system && seen.channel_binding && seen.refusals.is_empty());
    let challenge = seen.challenge.as_ref().expect("a challenge");
    assert_eq!(challenge.netbios_domain.as_deref(), Some("CORP"));
    let kinds: Vec<_> = seen.steps.iter().map(|step| step.kind).collect();
    let way = [
        StepKind::Entrance,
        StepKind::LoginPage,
        StepKind::Negotiate,
        StepKind::Authenticate,
        StepKind::Ticket,
        StepKind::Hub,
    ];
    assert_eq!(kinds, way);
    let saw = server.saw();
    assert_eq!((saw[2].connection, saw[3].connection), (saw[1].connection, saw[1].connection));
    let begun = scripts.begun.lock().expect("no panic").clone();
    assert_eq!(begun, [(LoginPackage::Ntlm, "HTTP/hub.test".to_owned(), true)]);
}

#[tokio::test]
async fn a_ticket_is_sent_once() {
    let server = Server::start("hub.test", takes_tickets).await;
    let scripts = Arc::new(Scripts { negotiate: vec![Ok(ticket())], ..Scripts::default() });
    let seen = signed_on(&server, &scripts).await;
    assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Accepted, 1), "{seen:?}");
    assert_eq!((seen.method, seen.challenge), (Some(LoginMethod::NegotiateKerberos), None));
    let sent = server.saw().iter().filter(|saw| saw.header("authorization").is_some()).count();
    assert_eq!(sent, 1);
}

/// The directory knew who it is, so the hub's refusal says nothing of the account.
#[tokio::test]
async fn a_ticket_that_the_hub_refuses_accuses_nobody() {
    let server = Server::start("hub.test", refuses_tickets).await;
    let said = vec![Ok(ticket()), Err(WRONG_PRINCIPAL)];
    let scripts = Arc::new(Scripts { negotiate: said, ..Scripts::default() });
    let seen = signed_on(&server, &scripts).await;
    assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Unclear, 1), "{seen:?}");
    assert_eq!(statuses(&seen), [(LoginPackage::Negotiate, Some(WRONG_PRINCIPAL), true)]);
    let silent = Arc::new(Scripts { negotiate: vec![Ok(ticket())], ..Scripts::default() });
    let server = Server::start("hub.test", |saw| {
        let mut reply = refuses_tickets(saw);
        for (_, value) in reply.headers.iter_mut().filter(|(_, value)| value.len() > 9) {
            value.truncate("Negotiate".len());
        }
        reply
    })
    .await;
    let seen = signed_on(&server, &silent).await;
    assert_eq!((seen.outcome, seen.refusals.len()), (LoginOutcome::Unclear, 0), "{seen:?}");
}

#[tokio::test]
async fn where_only_kerberos_is_taken_the_system_tells_why_there_is_no_ticket() {
    for status in [TARGET_UNKNOWN, NO_CONTROLLER] {
        let server = Server::start("hub.test", takes_tickets).await;
        let scripts = Arc::new(Scripts {
            negotiate: ntlm(),
            kerberos: vec![Err(status)],
            ..Scripts::default()
        });
        let seen = signed_on(&server, &scripts).await;
        assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::NotSent, 0), "{seen:?}");
        assert_eq!((seen.why_not, seen.method), (Some(NotSent::OnlyKerberos), None));
        assert_eq!(statuses(&seen), [(LoginPackage::Kerberos, Some(status), false)]);
        assert_eq!(server.attempts(), 0);
    }
}

/// It would show the password to a domain controller a second time.
#[tokio::test]
async fn no_ticket_is_asked_for_with_a_named_account() {
    let server = Server::start("hub.test", takes_tickets).await;
    let scripts = Arc::new(Scripts {
        negotiate: ntlm(),
        kerberos: vec![Err(TARGET_UNKNOWN)],
        ..Scripts::default()
    });
    let account = Arc::new(Account { user: r"CORP\alice".to_owned(), password: secret(PASSWORD) });
    let by = With::PasswordBy(Arc::<Scripts>::clone(&scripts), account);
    let seen = with(&Desk::default(), &attempt(&server), by).await;
    assert_eq!(seen.why_not, Some(NotSent::OnlyKerberos), "{seen:?}");
    assert_eq!(scripts.begun(), [LoginPackage::Negotiate]);
}

#[tokio::test]
async fn without_a_ticket_a_hub_that_takes_ntlm_gets_that() {
    for status in [TARGET_UNKNOWN, NO_CONTROLLER, NOT_FOUND] {
        let hub = offering(&["Negotiate", "NTLM"], Mood::Accepts);
        let server = Server::start("hub.test", hub).await;
        let scripts =
            Arc::new(Scripts { negotiate: vec![Err(status)], ntlm: ntlm(), ..Scripts::default() });
        let seen = signed_on(&server, &scripts).await;
        assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Accepted, 1), "{seen:?}");
        assert_eq!(seen.method, Some(LoginMethod::Ntlm));
        assert_eq!(statuses(&seen), [(LoginPackage::Negotiate, Some(status), false)]);
        assert_eq!(server.saw()[1].connection, server.saw()[2].connection, "it is kept");
    }
}

/// A domain controller counts wrong passwords as a hub does.
#[tokio::test]
async fn what_a_domain_controller_rejects_goes_to_no_hub() {
    let account = || Account { user: r"CORP\alice".to_owned(), password: secret(PASSWORD) };
    for named in [true, false] {
        let hub = || offering(&["Negotiate", "NTLM"], Mood::Accepts);
        let server = Server::start("hub.test", hub()).await;
        let said = vec![Err(LOGON_DENIED)];
        let scripts = Arc::new(Scripts { negotiate: said, ntlm: ntlm(), ..Scripts::default() });
        let by = || {
            let packages = Arc::<Scripts>::clone(&scripts);
            if named {
                With::PasswordBy(packages, Arc::new(account()))
            } else {
                With::SignedOn(packages)
            }
        };
        let kind = if named { AccountKind::Password } else { AccountKind::SignedOn };
        let tried = LoginAttempt { with: kind, ..attempt(&server) };
        let desk = Desk::default();
        let seen = with(&desk, &tried, by()).await;
        assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Rejected, 0), "{seen:?}");
        assert_eq!(scripts.begun(), [LoginPackage::Negotiate], "and nothing else is tried");
        assert!(server.saw().iter().all(|saw| saw.header("authorization").is_none()));
        let next = with(&desk, &tried, by()).await;
        assert_eq!(next.why_not, Some(NotSent::HeldBack));
        assert_eq!(scripts.begun().len(), 1);
    }
}

#[tokio::test]
async fn a_rejection_of_the_signed_on_user_ends_all_further_attempts() {
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Rejects)).await;
    let scripts = Arc::new(Scripts { ntlm: ntlm(), ..Scripts::default() });
    let desk = Desk::default();
    assert_eq!(at_desk(&desk, &server, &scripts).await.outcome, LoginOutcome::Rejected);
    assert_eq!(at_desk(&desk, &server, &scripts).await.why_not, Some(NotSent::HeldBack));
    assert_eq!(server.attempts(), 1);
}

#[tokio::test]
async fn a_challenge_alone_costs_no_ticket_and_no_proof() {
    for schemes in [&["Negotiate"][..], &["Negotiate", "NTLM"]] {
        let server = Server::start("hub.test", offering(schemes, Mood::Accepts)).await;
        let scripts =
            Arc::new(Scripts { negotiate: vec![Ok(ticket())], ntlm: ntlm(), ..Scripts::default() });
        let asked =
            LoginAttempt { with: AccountKind::SignedOn, challenge_only: true, ..attempt(&server) };
        let by = With::SignedOn(Arc::<Scripts>::clone(&scripts));
        let seen = with(&Desk::default(), &asked, by).await;
        assert_eq!((seen.why_not, seen.attempts), (Some(NotSent::ChallengeOnly), 0), "{seen:?}");
        assert!(seen.challenge.is_some());
        assert_eq!(scripts.begun(), [LoginPackage::Ntlm]);
        assert_eq!(server.attempts(), 0);
    }
}

#[tokio::test]
async fn the_signed_on_user_has_no_password_for_a_form() {
    let server = Server::start("hub.test", |saw| forms(saw, Mood::Accepts)).await;
    let scripts = Arc::new(Scripts { ntlm: ntlm(), ..Scripts::default() });
    let seen = signed_on(&server, &scripts).await;
    assert_eq!((seen.why_not, seen.attempts), (Some(NotSent::PasswordForm), 0), "{seen:?}");
    assert!(server.saw().iter().all(|saw| saw.method == "GET"));
    assert!(scripts.begun().is_empty());
}

/// The system is not even asked where nothing may go.
#[tokio::test]
async fn the_signed_on_user_goes_nowhere_that_is_not_trusted() {
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let elsewhere = server.origin().replace("hub.test", "other.test");
    let leads_away = Server::start("hub.test", move |_| Reply::to(&elsewhere)).await;
    let scripts =
        Arc::new(Scripts { negotiate: vec![Ok(ticket())], ntlm: ntlm(), ..Scripts::default() });
    let with_kind = |to: &Server| LoginAttempt { with: AccountKind::SignedOn, ..attempt(to) };
    let mut other_certificate = with_kind(&server);
    other_certificate.trusted[0].leaf_sha256 = "00".repeat(32);
    let mut plain = with_kind(&server);
    plain.entrance.scheme = Scheme::Http;
    for (tried, why) in [
        (other_certificate, NotSent::OtherCertificate),
        (plain, NotSent::PlainHttp),
        (with_kind(&leads_away), NotSent::OtherHost),
    ] {
        let by = With::SignedOn(Arc::<Scripts>::clone(&scripts));
        let seen = with(&Desk::default(), &tried, by).await;
        assert_eq!((seen.why_not, seen.attempts), (Some(why), 0), "{seen:?}");
    }
    assert!(scripts.begun().is_empty());
    assert!(server.saw().is_empty());
}

#[tokio::test]
async fn the_signed_on_user_is_used_only_if_asked_for() {
    use crate::World as _;

    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let attempt = LoginAttempt { with: AccountKind::SignedOn, ..attempt(&server) };
    let unasked = world_with(|options| options.account = None);
    assert_eq!(unasked.log_in(&attempt).await.why_not, Some(NotSent::NoCredentials));
    let preflight = world_with(|options| {
        options.account = None;
        (options.signed_on, options.no_passwords) = (true, true);
    });
    assert_eq!(preflight.log_in(&attempt).await.why_not, Some(NotSent::NoCredentials));
    assert!(preflight.account().is_none());
    assert!(server.saw().is_empty());
    let asked = world_with(|options| (options.account, options.signed_on) = (None, true));
    assert_eq!(asked.account().map(|account| account.kind), Some(AccountKind::SignedOn));
}

/// A system that has no packages speaks NTLM of ours, bound to the same connection.
#[tokio::test]
async fn a_named_account_needs_no_packages() {
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let account = Arc::new(Account { user: r"CORP\alice".to_owned(), password: secret(PASSWORD) });
    let by = With::PasswordBy(Arc::new(Scripts::default()), account);
    let seen = with(&Desk::default(), &attempt(&server), by).await;
    assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Accepted, 1), "{seen:?}");
    assert!(seen.channel_binding && !seen.by_system);
    let nobody = Arc::new(Scripts::default());
    let seen = signed_on(&server, &nobody).await;
    assert_eq!((seen.why_not, seen.attempts), (Some(NotSent::SystemRefused), 0), "{seen:?}");
}

/// It may look for a domain controller that cannot be reached.
#[tokio::test]
async fn a_system_that_says_nothing_is_waited_for_no_longer_than_the_login_has() {
    struct Hangs;
    impl Packages for Hangs {
        fn begin(&self, _: &Wish) -> Result<Box<dyn Mechanism>, u32> {
            std::thread::sleep(Duration::from_secs(4));
            Err(NO_CONTROLLER)
        }
    }
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let attempt = LoginAttempt { with: AccountKind::SignedOn, ..attempt(&server) };
    let (world, desk) = (world(), Desk::default());
    let begun = std::time::Instant::now();
    let limit = Duration::from_millis(800);
    let with = With::SignedOn(Arc::new(Hangs));
    let seen = log_in_within(limit, &desk, &attempt, &with, world.line()).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(seen.why_not, Some(NotSent::SystemRefused), "{seen:?}");
    assert_eq!(statuses(&seen), [(LoginPackage::Ntlm, None, false)]);
}

#[tokio::test]
async fn what_a_package_says_stays_here() {
    let server = Server::start("hub.test", |saw| {
        let login = saw.header("authorization").unwrap_or_default().to_owned();
        let mut reply = takes_tickets(saw);
        if login.starts_with("Negotiate YII") {
            reply = Reply::of(500, &format!("what is {login}?"));
        }
        reply
    })
    .await;
    let scripts = Arc::new(Scripts { negotiate: vec![Ok(ticket())], ..Scripts::default() });
    let seen = signed_on(&server, &scripts).await;
    assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Unclear, 1), "{seen:?}");
    let text = STANDARD.encode(ticket());
    let told = serde_json::to_string(&seen).expect("JSON") + &format!("{seen:?}");
    assert!(!told.contains(&text[4..40]), "{told}");
    let bodies = seen.steps.iter().map(|step| String::from_utf8_lossy(&step.exchange.body));
    for body in bodies {
        assert!(!body.contains(&text), "{body}");
    }
}
