//! The login by a page with a password form.

use hyper::Method;
use hyper::header::ORIGIN;
use url::Url;
use zeroize::Zeroizing;

use super::super::desk::Turn;
use super::super::guard::Letter;
use super::super::page::{PasswordForm, asks_for_password};
use super::super::secret::Account;
use super::{End, HOPS_LIMIT, Hop, Walk};
use crate::http::is_one_time;
use crate::{LoginMethod, StepKind};

impl Walk<'_> {
    /// Sends the form, and tells where the server leads from here.
    pub(super) async fn through_form(
        &mut self,
        form: &PasswordForm,
        account: &Account,
        turn: &mut Turn<'_>,
    ) -> Result<Option<Url>, End> {
        self.seen.method = Some(LoginMethod::Forms);
        // Before the form is filled in.
        self.request(&form.action)?;
        let origin = Zeroizing::new(form.action.origin().ascii_serialization());
        let letter = Letter::new(Method::POST).with(ORIGIN, origin);
        let before = self.seen.cookies.len();
        let letter = letter.with_form(form.filled(account));
        let hop = self.send_secret(StepKind::Post, &form.action, letter, turn).await?;
        match hop.status() {
            401 => Err(End::Rejected),
            200..=299 if self.has_new_session(before) => Ok(None),
            200..=299 if form.is_again_in(&hop.exchange.body, &hop.url) => Err(End::Rejected),
            // A redirect that wants the form sent again (307, 308) is not followed.
            301..=303 => self.follow(form, hop, before).await,
            _ => Err(End::Unclear),
        }
    }

    /// A ticket or a new session says that the account was accepted, and the form once more that
    /// it was not, unless the hub itself sent us back to it: then only the cookie was lost.
    async fn follow(
        &mut self,
        form: &PasswordForm,
        mut hop: Hop,
        before: usize,
    ) -> Result<Option<Url>, End> {
        let mut went_home = false;
        for _ in 0..HOPS_LIMIT {
            let next = hop.next();
            if self.has_new_session(before) || next.as_ref().is_some_and(has_ticket) {
                return Ok(next);
            }
            if let Some(next) = next {
                went_home |= next.path() == self.home.path();
                hop = self.get(StepKind::Ticket, &next).await.map_err(|_| End::Unclear)?;
                continue;
            }
            let again = form.is_again_in(&hop.exchange.body, &hop.url);
            let asks = asks_for_password(&hop.exchange.body);
            let needed = self.seen.step(StepKind::LoginPage).is_some();
            return match hop.status() {
                200..=299 if again && !went_home => Err(End::Rejected),
                200..=299 if !asks && went_home && needed => Ok(None),
                _ => Err(End::Unclear),
            };
        }
        Err(End::Unclear)
    }

    /// A session cookie that was not there before the form was sent.
    fn has_new_session(&self, before: usize) -> bool {
        let (old, new) = self.seen.cookies.split_at(before);
        new.iter()
            .any(|cookie| cookie.is_session && !old.iter().any(|known| known.name == cookie.name))
    }
}

/// Whether an address carries a ticket.
fn has_ticket(url: &Url) -> bool {
    let ticket = |name: &str| is_one_time(name) && name.to_ascii_lowercase().contains("ticket");
    url.query_pairs().any(|(name, value)| ticket(&name) && !value.is_empty())
}
