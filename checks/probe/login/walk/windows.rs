//! The Windows login: NTLM by its own name, or inside Negotiate. All three messages go over one
//! connection; the second and third without a pause that could break it.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD};
use hyper::Method;
use hyper::header::AUTHORIZATION;
use url::Url;
use zeroize::Zeroizing;

use super::super::binding;
use super::super::desk::Turn;
use super::super::guard::{Guarded, Letter};
use super::super::mechanism::{Mechanism, Stuck};
use super::super::ntlm::{Ingredients, Ntlm};
use super::super::secret::Account;
use super::super::spnego::Negotiate;
use super::door::offers;
use super::{End, Hop, Walk, wiped};
use crate::{Ending, Exchange, LoginMethod, NotSent, StepKind};

/// Servers differ in whether they pad.
pub(super) const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// What of the schemes on offer can be spoken: one of them at least.
#[derive(Clone, Copy)]
pub(super) struct Offered {
    pub(super) ntlm: bool,
    pub(super) negotiate: bool,
}

/// What the first message brought.
enum Told {
    Challenge(Guarded, Vec<u8>),
    /// The server offers the login again, as if it had not been asked.
    Nothing,
}

impl Walk<'_> {
    /// Goes through, and tells where the server leads from here.
    pub(super) async fn through_windows(
        &mut self,
        hop: Hop,
        account: &Account,
        turn: &mut Turn<'_>,
    ) -> Result<Option<Url>, End> {
        let Offered { ntlm, .. } = self.offered(&hop)?;
        let leaf = hop.connection.as_ref().map(|connection| connection.leaf().to_vec());
        let host = self.place(&hop.url).ok_or(NotSent::OtherHost)?.host.clone();
        let from = Ingredients {
            account,
            host: &host,
            binding: leaf.as_deref().and_then(binding::of),
            nonce: self.line.world.random().to_le_bytes(),
            now: self.line.world.now(),
        };
        if ntlm {
            self.seen.method = Some(LoginMethod::Ntlm);
            let bound = from.binding.is_some();
            let mut mechanism = Ntlm::new(from);
            self.seen.channel_binding = bound;
            let told = self.first(&hop.url, hop.connection, "NTLM", &mut mechanism).await?;
            let Told::Challenge(connection, challenge) = told else { return Err(End::Broken) };
            let third = mechanism.step(Some(&challenge)).map_err(|_| End::Broken)?;
            self.seen.challenge = mechanism.challenge().cloned();
            return self.last(&hop.url, connection, ("NTLM", &third), turn).await;
        }
        // One of the two was offered.
        self.negotiate(hop, from, turn).await
    }

    /// What of the schemes on offer can be spoken.
    pub(super) fn offered(&mut self, hop: &Hop) -> Result<Offered, NotSent> {
        let offered: Vec<_> = offers(&hop.headers).into_iter().map(|offer| offer.scheme).collect();
        let has = |name: &str| offered.iter().any(|offer| offer.eq_ignore_ascii_case(name));
        let found = Offered { ntlm: has("NTLM"), negotiate: has("Negotiate") };
        let basic = has("Basic") || has("Digest");
        self.seen.offered = offered;
        if found.ntlm || found.negotiate {
            Ok(found)
        } else {
            Err(if basic { NotSent::OnlyBasic } else { NotSent::NoLoginPage })
        }
    }

    /// NTLM inside Negotiate: wrapped as the standard says, else bare. Neither first message holds
    /// anything secret, so the second try costs nothing.
    async fn negotiate(
        &mut self,
        hop: Hop,
        from: Ingredients<'_>,
        turn: &mut Turn<'_>,
    ) -> Result<Option<Url>, End> {
        let bound = from.binding.is_some();
        let wrapped = Negotiate::wrapped(Ntlm::signing(from));
        let bare = Negotiate::bare(Ntlm::new(from));
        let mut connection = hop.connection;
        for mut mechanism in [wrapped, bare] {
            let told = self.first(&hop.url, connection.take(), "Negotiate", &mut mechanism).await?;
            let Told::Challenge(open, challenge) = told else { continue };
            let third = match mechanism.step(Some(&challenge)) {
                Ok(third) => third,
                Err(Stuck::OtherMechanism) => continue,
                Err(Stuck::NotTheProtocol | Stuck::Refused(_)) => return Err(End::Broken),
            };
            self.seen.method = Some(LoginMethod::NegotiateNtlm);
            self.seen.channel_binding = bound;
            self.seen.challenge = mechanism.challenge().cloned();
            return self.last(&hop.url, open, ("Negotiate", &third), turn).await;
        }
        Err(NotSent::OnlyKerberos.into())
    }

    /// The first message. Over the connection of the step before if it is still open, as browsers
    /// do; if that one ends just then, once more over a new one.
    async fn first(
        &mut self,
        url: &Url,
        mut connection: Option<Guarded>,
        scheme: &'static str,
        mechanism: &mut dyn Mechanism,
    ) -> Result<Told, End> {
        let message = mechanism.step(None).map_err(|_| End::Broken)?;
        if let Some(open) = &mut connection
            && !open.is_open().await
        {
            connection = None;
        }
        let text = encoded(&message);
        self.known.add(&text);
        let value = || wiped(&[scheme, " ", &text]);
        let letter = || Letter::new(Method::GET).with(AUTHORIZATION, value());
        let stayed = match connection {
            Some(open) => self.on(StepKind::Negotiate, url, open, letter()).await.ok(),
            None => None,
        };
        let hop = match stayed {
            Some(hop) => hop,
            None => self.send(StepKind::Negotiate, url, letter()).await.map_err(broken)?,
        };
        let mut offers = offers(&hop.headers).into_iter();
        let answer = offers.find(|offer| offer.scheme.eq_ignore_ascii_case(scheme));
        let answer = answer.and_then(|offer| offer.token).filter(|_| hop.status() == 401);
        let Some(challenge) = answer.and_then(|text| TOLERANT.decode(text).ok()) else {
            return Ok(Told::Nothing);
        };
        match hop.connection {
            Some(connection) => Ok(Told::Challenge(connection, challenge)),
            None => Err(End::Broken),
        }
    }

    /// The third message: the only one that proves the password.
    async fn last(
        &mut self,
        url: &Url,
        mut connection: Guarded,
        (scheme, message): (&str, &[u8]),
        turn: &mut Turn<'_>,
    ) -> Result<Option<Url>, End> {
        if !connection.is_open().await {
            return Err(End::Broken);
        }
        let text = encoded(message);
        self.known.add(&text);
        let value = wiped(&[scheme, " ", &text]);
        let letter = Letter::new(Method::GET).with(AUTHORIZATION, value);
        self.about_to_send(turn)?;
        let hop = self.on(StepKind::Authenticate, url, connection, letter).await;
        let hop = hop.map_err(|_| End::Broken)?;
        match hop.status() {
            401 => Err(End::Rejected),
            200..=399 => Ok(hop.next()),
            _ => Err(End::Unclear),
        }
    }

    /// Sends a letter on an open connection.
    pub(super) async fn on(
        &mut self,
        kind: StepKind,
        url: &Url,
        connection: Guarded,
        letter: Letter,
    ) -> Result<Hop, NotSent> {
        let seen = self.kept(url)?;
        self.say(kind, url, (seen, Instant::now()), (connection, true), letter).await
    }

    /// What is seen of a request over a connection that is open already, before it is sent.
    pub(super) fn kept(&self, url: &Url) -> Result<Exchange, NotSent> {
        let request = self.request(url)?;
        let via = request.via.as_ref().map(|via| via.proxy.clone());
        Ok(Exchange { via, ..Exchange::of(&request, Ending::NoConnection) })
    }
}

/// Between the legs of a login a missing answer is a break; what bars the way stays what it is.
pub(super) fn broken(why: NotSent) -> End {
    if why == NotSent::NoConnection { End::Broken } else { End::NotSent(why) }
}

pub(super) fn encoded(message: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(message.len().div_ceil(3) * 4));
    STANDARD.encode_string(message, &mut text);
    text
}
