//! Calls of the system that nothing can end early, each on a thread of its own.
//!
//! The runtime must neither run them nor wait for them when it ends, so its own pool of threads is
//! not for them.

use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout_at;

/// How many calls of one kind may be under way. One that never returns keeps its place.
pub(crate) type Places = &'static Semaphore;

/// Calls that are made seldom: verdicts on chains, proxy scripts, login packages.
pub(crate) static CALLS: Semaphore = Semaphore::const_new(16);

/// Why a call has returned nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NoReturn {
    /// It was not made: too many are under way, or no thread can be had, with the system's number.
    NoPlace(Option<i32>),
    /// It is still under way.
    OutOfTime,
    /// It broke off.
    Lost,
}

/// What a call returns, if it does in the time allowed.
pub(crate) async fn aside<T: Send + 'static>(
    places: Places,
    limit: Duration,
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoReturn> {
    let deadline = tokio::time::Instant::now() + limit;
    // Nobody closes the semaphore; whoever waits in vain has not asked.
    let Ok(Ok(place)) = timeout_at(deadline, places.acquire()).await else {
        return Err(NoReturn::NoPlace(None));
    };
    let (send, receive) = oneshot::channel();
    let thread = std::thread::Builder::new().name("system call".into());
    let begun = thread.spawn(move || {
        // The receiver may have stopped waiting; then nobody needs the answer.
        drop(send.send(call()));
        drop(place);
    });
    begun.map_err(|error| NoReturn::NoPlace(error.raw_os_error()))?;
    match timeout_at(deadline, receive).await {
        Ok(returned) => returned.map_err(|_| NoReturn::Lost),
        Err(_) => Err(NoReturn::OutOfTime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_is_not_waited_for_longer_than_allowed() {
        static PLACES: Semaphore = Semaphore::const_new(1);
        assert_eq!(aside(&PLACES, Duration::from_secs(5), || 7).await, Ok(7));
        let begun = std::time::Instant::now();
        let (end, wait) = std::sync::mpsc::channel::<()>();
        let hangs = aside(&PLACES, Duration::from_millis(50), move || wait.recv().is_err());
        assert_eq!(hangs.await, Err(NoReturn::OutOfTime));
        let next = aside(&PLACES, Duration::from_millis(20), || 7).await;
        assert_eq!(next, Err(NoReturn::NoPlace(None)), "the other one still has the place");
        assert!(begun.elapsed() < Duration::from_secs(5));
        drop(end);
        assert_eq!(aside(&PLACES, Duration::from_secs(5), || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn a_call_that_breaks_off_is_lost() {
        static PLACES: Semaphore = Semaphore::const_new(1);
        let broken = aside(&PLACES, Duration::from_secs(5), || -> u8 { panic!("as it may") });
        assert_eq!(broken.await, Err(NoReturn::Lost));
    }
}
