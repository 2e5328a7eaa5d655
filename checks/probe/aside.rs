//! Calls of the system that nothing can end early, each on a thread of its own.
//!
//! The runtime must neither run them nor wait for them when it ends, so its own pool of threads is
//! not for them.

use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout_at;

/// How many calls may be under way. One that never returns keeps its place.
static CALLS: Semaphore = Semaphore::const_new(16);

/// What a call returns; `None` if it does not in the time allowed, or could not be made.
pub(crate) async fn aside<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let deadline = tokio::time::Instant::now() + limit;
    let place = timeout_at(deadline, CALLS.acquire()).await.ok()?.ok()?;
    let (send, receive) = oneshot::channel();
    let thread = std::thread::Builder::new().name("system call".into());
    let begun = thread.spawn(move || {
        // The receiver may have stopped waiting; then nobody needs the answer.
        drop(send.send(call()));
        drop(place);
    });
    begun.ok()?;
    timeout_at(deadline, receive).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_is_not_waited_for_longer_than_allowed() {
        assert_eq!(aside(Duration::from_secs(5), || 7).await, Some(7));
        let (end, wait) = std::sync::mpsc::channel::<()>();
        let hangs = aside(Duration::from_millis(20), move || wait.recv());
        assert!(hangs.await.is_none());
        drop(end);
    }
}
