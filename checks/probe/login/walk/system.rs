//! The Windows login by the system's own packages, as browsers do it: Negotiate where the hub
//! offers it, else NTLM.
//!
//! Nothing is delegated, and the system is asked for a login to the host of this connection alone.
//! The password of a named account is shown to the system once: a domain controller that it asks
//! counts wrong ones as a hub does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use hyper::Method;
use hyper::header::AUTHORIZATION;
use url::Url;

use super::super::binding;
use super::super::desk::Turn;
use super::super::guard::{Guarded, Letter};
use super::super::mechanism::Stuck;
use super::super::secret::Account;
use super::super::system::{Holds, Packages, Silent, Talk, Wish, challenge_in};
use super::door::offers;
use super::windows::{Offered, TOLERANT, broken, encoded};
use super::{End, Hop, Walk, wiped};
use crate::{Exchange, LoginMethod, LoginPackage, NotSent, StepKind, SystemRefusal};

/// The time for one message. A domain controller that is out of reach is looked for by name and
/// then asked on several ports; what takes longer leaves no time for a login.
const MESSAGE_LIMIT: Duration = Duration::from_secs(15);

/// The most messages of one conversation. Windows takes three, and four if both sides have to agree
/// on a mechanism first.
const MESSAGES_LIMIT: usize = 8;

/// Statuses of SSPI that the way on depends on.
mod status {
    pub(super) const TARGET_UNKNOWN: u32 = 0x8009_0303;
    pub(super) const SECPKG_NOT_FOUND: u32 = 0x8009_0305;
    pub(super) const LOGON_DENIED: u32 = 0x8009_030c;
    pub(super) const NO_CREDENTIALS: u32 = 0x8009_030e;
    pub(super) const NO_AUTHENTICATING_AUTHORITY: u32 = 0x8009_0311;

    /// Nobody judged the account, so that another package may have it.
    pub(super) const NOT_JUDGED: [u32; 4] =
        [TARGET_UNKNOWN, SECPKG_NOT_FOUND, NO_CREDENTIALS, NO_AUTHENTICATING_AUTHORITY];
}

/// Whose login it is, and who speaks.
type Speaker<'a> = (&'a Arc<dyn Packages>, Option<&'a Arc<Account>>);

/// A scheme, and the package that speaks it.
#[derive(Clone, Copy)]
struct Way {
    scheme: &'static str,
    package: LoginPackage,
}

/// How one way ended, if it did not end the login.
enum Past {
    Through(Option<Url>),
    /// Nothing secret was sent to the hub, and nobody judged the account.
    Closed {
        why: End,
        connection: Option<Guarded>,
    },
}

/// A connection that the next message goes over.
struct Reached {
    open: Guarded,
    seen: Exchange,
    begun: Instant,
    /// It was open since the step before.
    stayed: bool,
}

impl Walk<'_> {
    /// Goes through, and tells where the server leads from here.
    pub(super) async fn through_system(
        &mut self,
        mut hop: Hop,
        speaker: Speaker<'_>,
        turn: &mut Turn<'_>,
    ) -> Result<Option<Url>, End> {
        let offered = self.offered(&hop)?;
        let mut ended = End::NotSent(NotSent::OnlyKerberos);
        for way in ways(offered, self.attempt.challenge_only) {
            match self.go(&hop.url, hop.connection.take(), (way, speaker), turn).await? {
                Past::Through(next) => return Ok(next),
                Past::Closed { why, connection } => (ended, hop.connection) = (why, connection),
            }
        }
        match speaker {
            (_, Some(account)) if self.lacks_packages() => {
                self.through_windows(hop, account, turn).await
            }
            // A ticket for a named account would cost a second look at its password.
            (packages, None) if ended == End::NotSent(NotSent::OnlyKerberos) => {
                self.ask_for_ticket(&hop.url, packages).await;
                Err(ended)
            }
            _ => Err(ended),
        }
    }

    /// Whether the system has nothing that could have spoken.
    fn lacks_packages(&self) -> bool {
        let lacks = |refusal: &SystemRefusal| refusal.status == Some(status::SECPKG_NOT_FOUND);
        !self.seen.refusals.is_empty() && self.seen.refusals.iter().all(lacks)
    }

    async fn go(
        &mut self,
        url: &Url,
        connection: Option<Guarded>,
        (way, (packages, account)): (Way, Speaker<'_>),
        turn: &mut Turn<'_>,
    ) -> Result<Past, End> {
        let mut reached = self.reach(url, connection).await?;
        // The certificate that the login is bound to is that of the connection it goes over.
        let wish = Wish {
            package: way.package,
            account: account.cloned(),
            target: self.target(url)?,
            binding: binding::end_point(reached.open.leaf()),
        };
        let bound = wish.binding.is_some();
        let mut talk = match Talk::begin(packages, wish, self.patience()).await {
            Ok(talk) => talk,
            Err(silent) => return self.stopped(way, (silent, Some(reached.open)), turn),
        };
        (self.seen.by_system, self.seen.channel_binding) = (true, bound);
        if account.is_some() && way.package != LoginPackage::Ntlm {
            // A domain controller may be shown the password with the first message.
            turn.about_to_send();
        }
        let mut answer = None;
        for number in 0..MESSAGES_LIMIT {
            let (asked, is_first) = (Instant::now(), number == 0);
            let (next, message) = match talk.step(answer.take(), self.patience()).await {
                Ok(said) => said,
                Err(silent) => {
                    let unused = is_first.then_some(reached.open);
                    return self.stopped(way, (silent, unused), turn);
                }
            };
            talk = next;
            reached.begun += asked.elapsed();
            let holds = Holds::of(&message);
            if message.is_empty() {
                break;
            }
            self.seen.method = method(way, holds).or(self.seen.method);
            if is_first && !reached.open.is_open().await {
                reached = self.reach(url, None).await?;
            }
            let said = (way.scheme, message.as_slice(), holds);
            let hop = self.hand_over(url, (reached, is_first), said, turn).await?;
            let status = hop.status();
            match (status, holds, token(&hop, way.scheme)) {
                (401, Holds::NtlmThird, _) => return Err(End::Rejected),
                (401, _, Some(token)) => {
                    self.seen.challenge = challenge_in(&token).or(self.seen.challenge.take());
                    answer = Some(token);
                }
                (401, Holds::NtlmFirst, None) if way.package == LoginPackage::Negotiate => {
                    let why = End::NotSent(NotSent::OnlyKerberos);
                    return Ok(Past::Closed { why, connection: hop.connection });
                }
                (_, Holds::NtlmFirst, _) => return Err(End::Broken),
                (200..=399, _, _) => return Ok(Past::Through(hop.next())),
                _ => return Err(End::Unclear),
            }
            if self.attempt.challenge_only {
                return Err(NotSent::ChallengeOnly.into());
            }
            let Some(mut open) = hop.connection else { break };
            if !open.is_open().await {
                break;
            }
            reached = self.stay(url, open)?;
        }
        Err(if self.seen.attempts == 0 { End::Broken } else { End::Unclear })
    }

    /// The connection of the step before if it is still open, else a new one.
    async fn reach(&mut self, url: &Url, connection: Option<Guarded>) -> Result<Reached, End> {
        if let Some(mut open) = connection
            && open.is_open().await
        {
            return Ok(self.stay(url, open)?);
        }
        let opened = self.open(StepKind::Negotiate, url).await;
        let (open, seen, begun) = opened.map_err(broken)?;
        Ok(Reached { open, seen, begun, stayed: false })
    }

    fn stay(&self, url: &Url, open: Guarded) -> Result<Reached, NotSent> {
        let seen = self.kept(url)?;
        Ok(Reached { open, seen, begun: Instant::now(), stayed: true })
    }

    /// Sends a message. One that proves nobody may be sent again over a new connection, if the
    /// open one ends just then and the conversation does not hang on it yet.
    async fn hand_over(
        &mut self,
        url: &Url,
        (reached, is_first): (Reached, bool),
        (scheme, message, holds): (&str, &[u8], Holds),
        turn: &mut Turn<'_>,
    ) -> Result<Hop, End> {
        let text = encoded(message);
        self.known.add(&text);
        let letter = || Letter::new(Method::GET).with(AUTHORIZATION, wiped(&[scheme, " ", &text]));
        let Reached { open, seen, begun, stayed } = reached;
        if holds != Holds::NtlmFirst {
            self.about_to_send(turn)?;
            let kind = StepKind::Authenticate;
            let said = self.say(kind, url, (seen, begun), (open, stayed), letter()).await;
            return said.map_err(|_| End::Broken);
        }
        let kind = StepKind::Negotiate;
        match self.say(kind, url, (seen, begun), (open, stayed), letter()).await {
            Err(_) if stayed && is_first => self.send(kind, url, letter()).await.map_err(broken),
            said => said.map_err(broken),
        }
    }

    /// The system went no further. A connection over which nothing was sent can be used again.
    fn stopped(
        &mut self,
        way: Way,
        (silent, unused): (Silent, Option<Guarded>),
        turn: &mut Turn<'_>,
    ) -> Result<Past, End> {
        let of_answer = unused.is_none();
        let Some(refusal) = refusal(way.package, silent, of_answer) else {
            return Err(End::Broken);
        };
        self.seen.refusals.push(refusal);
        let why = End::NotSent(NotSent::SystemRefused);
        match refusal.status {
            _ if self.seen.attempts > 0 => Err(End::Unclear),
            Some(status::LOGON_DENIED) if !of_answer => {
                turn.about_to_send();
                Err(End::Rejected)
            }
            Some(status) if status::NOT_JUDGED.contains(&status) => {
                Ok(Past::Closed { why, connection: unused })
            }
            _ => Err(why),
        }
    }

    /// Why there is no ticket for a hub that takes nothing else. It would go nowhere.
    async fn ask_for_ticket(&mut self, url: &Url, packages: &Arc<dyn Packages>) {
        let package = LoginPackage::Kerberos;
        let Ok(target) = self.target(url) else { return };
        let wish = Wish { package, account: None, target, binding: None };
        let silent = match Talk::begin(packages, wish, self.patience()).await {
            Ok(talk) => talk.step(None, self.patience()).await.err(),
            Err(silent) => Some(silent),
        };
        let refusal = silent.and_then(|silent| refusal(package, silent, false));
        self.seen.refusals.extend(refusal);
    }

    fn target(&self, url: &Url) -> Result<String, NotSent> {
        Ok(format!("HTTP/{}", self.place(url).ok_or(NotSent::OtherHost)?.host))
    }

    fn patience(&self) -> Duration {
        self.left().min(MESSAGE_LIMIT)
    }
}

/// What is tried, in this order. For a challenge alone NTLM's first message is enough, which asks
/// nobody and proves nobody.
fn ways(offered: Offered, challenge_only: bool) -> Vec<Way> {
    let Offered { ntlm, negotiate } = offered;
    let bare = LoginPackage::Ntlm;
    if challenge_only {
        let scheme = if ntlm { "NTLM" } else { "Negotiate" };
        return vec![Way { scheme, package: bare }];
    }
    let both = [
        negotiate.then_some(Way { scheme: "Negotiate", package: LoginPackage::Negotiate }),
        ntlm.then_some(Way { scheme: "NTLM", package: bare }),
    ];
    both.into_iter().flatten().collect()
}

fn method(way: Way, holds: Holds) -> Option<LoginMethod> {
    match holds {
        Holds::Ticket => Some(LoginMethod::NegotiateKerberos),
        Holds::NtlmThird if way.scheme == "Negotiate" => Some(LoginMethod::NegotiateNtlm),
        Holds::NtlmFirst | Holds::NtlmThird if way.scheme == "NTLM" => Some(LoginMethod::Ntlm),
        _ => None,
    }
}

/// What the server said in this scheme.
fn token(hop: &Hop, scheme: &str) -> Option<Vec<u8>> {
    let mut offers = offers(&hop.headers).into_iter();
    let answer = offers.find(|offer| offer.scheme.eq_ignore_ascii_case(scheme))?;
    TOLERANT.decode(answer.token?).ok()
}

/// `None` if it is not the system that went no further.
fn refusal(package: LoginPackage, silent: Silent, of_answer: bool) -> Option<SystemRefusal> {
    let status = match silent {
        Silent::InTime => None,
        Silent::Stuck(Stuck::Refused(status)) => Some(status),
        Silent::Stuck(Stuck::NotTheProtocol | Stuck::OtherMechanism) => return None,
    };
    Some(SystemRefusal { package, status, of_answer })
}
