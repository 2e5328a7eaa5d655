//! Whose turn it is, what became of the account so far, and the sessions that came of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use super::jar::Jar;
use super::known::Known;
use super::secret::Secret;
use crate::{AccountKind, LoginOutcome, NotSent, SessionId, TrustedHost};

/// A directory that locks accounts does so after three wrong passwords at the soonest. A hub that
/// takes one and says nothing counts as if it might have been wrong.
const UNCLEAR_LIMIT: u32 = 2;

/// One for a run.
#[derive(Default)]
pub(crate) struct Desk {
    turn: tokio::sync::Mutex<()>,
    records: Mutex<BTreeMap<AccountKind, Record>>,
    sessions: Mutex<BTreeMap<SessionId, Arc<Session>>>,
}

/// What became of an account so far.
#[derive(Clone, Copy, Default)]
struct Record {
    was_rejected: bool,
    unclear: u32,
}

/// What a login left behind.
pub(crate) struct Session {
    /// The hub's start page: a key goes to its host alone.
    pub(crate) home: Url,
    pub(crate) trusted: Vec<TrustedHost>,
    pub(crate) jar: Mutex<Jar>,
    pub(crate) key: Option<Arc<Secret>>,
    pub(crate) known: Mutex<Known>,
}

/// A turn at the desk: nobody else logs in while it is held.
pub(crate) struct Turn<'a> {
    desk: &'a Desk,
    kind: AccountKind,
    sent: bool,
    _held: tokio::sync::MutexGuard<'a, ()>,
}

impl Desk {
    /// Waits for a turn; tells why the account is not sent any more.
    pub(crate) async fn turn(&self, kind: AccountKind) -> Result<Turn<'_>, NotSent> {
        let held = self.turn.lock().await;
        let record = held_open(&self.records).get(&kind).copied().unwrap_or_default();
        if record.was_rejected {
            Err(NotSent::HeldBack)
        } else if record.unclear >= UNCLEAR_LIMIT {
            Err(NotSent::TooManyUnclear)
        } else {
            Ok(Turn { desk: self, kind, sent: false, _held: held })
        }
    }

    pub(crate) fn keep(&self, session: Session) -> SessionId {
        let mut sessions = held_open(&self.sessions);
        // As many as hubs at most.
        let last = sessions.last_key_value().map_or(0, |(id, _)| id.0);
        let id = SessionId(last.saturating_add(1));
        sessions.insert(id, Arc::new(session));
        id
    }

    pub(crate) fn session(&self, id: SessionId) -> Option<Arc<Session>> {
        held_open(&self.sessions).get(&id).cloned()
    }

    pub(crate) fn forget(&self, id: SessionId) {
        held_open(&self.sessions).remove(&id);
    }
}

impl Turn<'_> {
    /// Before anything secret is sent. Whoever is stopped after it leaves an unclear attempt.
    pub(crate) fn about_to_send(&mut self) {
        if !self.sent {
            self.sent = true;
            self.change(|record| record.unclear += 1);
        }
    }

    /// What the server said of the account.
    pub(crate) fn settle(self, outcome: LoginOutcome) {
        let said = matches!(outcome, LoginOutcome::Accepted | LoginOutcome::Rejected);
        if self.sent && said {
            self.change(|record| {
                record.unclear -= 1;
                record.was_rejected |= outcome == LoginOutcome::Rejected;
            });
        }
    }

    fn change(&self, change: impl FnOnce(&mut Record)) {
        change(held_open(&self.desk.records).entry(self.kind).or_default());
    }
}

/// A panic elsewhere leaves these whole: nothing that is done with them can stop half-way.
pub(crate) fn held_open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn visit(desk: &Desk, outcome: Option<LoginOutcome>) -> Result<(), NotSent> {
        let mut turn = desk.turn(AccountKind::Password).await?;
        turn.about_to_send();
        if let Some(outcome) = outcome {
            turn.settle(outcome);
        }
        Ok(())
    }

    #[tokio::test]
    async fn the_first_rejection_ends_all_attempts_of_its_kind() {
        let desk = Desk::default();
        assert_eq!(visit(&desk, Some(LoginOutcome::Accepted)).await, Ok(()));
        assert_eq!(visit(&desk, Some(LoginOutcome::Rejected)).await, Ok(()));
        assert_eq!(visit(&desk, None).await, Err(NotSent::HeldBack));
        assert!(desk.turn(AccountKind::ApiKey).await.is_ok());
    }

    #[tokio::test]
    async fn a_third_attempt_after_two_without_an_answer_is_not_made() {
        let desk = Desk::default();
        assert_eq!(visit(&desk, Some(LoginOutcome::Unclear)).await, Ok(()));
        // Given up in the middle: nothing was settled.
        assert_eq!(visit(&desk, None).await, Ok(()));
        assert_eq!(visit(&desk, None).await, Err(NotSent::TooManyUnclear));
    }
}
