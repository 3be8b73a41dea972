//! What is under way on a connection. One on which nothing is, or whose client does not take its responses, lapses: a
//! place among the connections, and the memory of responses, are not held for ever. hyper has no such time of its own
//! before it knows the version of HTTP, nor for HTTP/2; and a client that opens no window of HTTP/2 has nothing written
//! to it that could fail.

use crate::limits::Limits;
use crate::pace::Pace;
use bytes::{Buf, Bytes};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};

/// What is under way on one connection.
pub struct Conversation {
    /// How long nothing may be under way.
    head_time: Duration,
    /// How long no byte of a response may be taken.
    idle_time: Duration,
    state: Mutex<State>,
}

struct State {
    /// Requests that have no response yet.
    requests: usize,
    /// Bodies of responses that are not taken to their end.
    parcels: usize,
    /// How these are taken, since there are any.
    pace: Pace,
    /// When there was last something under way; at first, when the connection came about.
    quiet_since: Instant,
}

impl Conversation {
    /// A connection that has just come about.
    pub fn new(limits: &Limits) -> Arc<Self> {
        Self::within(limits.head_time(), limits.idle_time())
    }

    fn within(head_time: Duration, idle_time: Duration) -> Arc<Self> {
        let state = State { requests: 0, parcels: 0, pace: Pace::new(idle_time), quiet_since: Instant::now() };
        Arc::new(Self { head_time, idle_time, state: Mutex::new(state) })
    }

    /// A request is under way until what this returns is dropped.
    pub fn request(self: &Arc<Self>) -> UnderWay {
        self.state().requests += 1;
        UnderWay { conversation: Arc::clone(self) }
    }

    /// The body of a response, with the room that is reserved for it.
    pub fn parcel(self: &Arc<Self>, bytes: Bytes, room: Option<OwnedSemaphorePermit>) -> Parcel {
        let mut state = self.state();
        if state.parcels == 0 {
            state.pace = Pace::new(self.idle_time);
        }
        state.parcels += 1;
        drop(state);
        Parcel { bytes, conversation: Arc::clone(self), _room: room }
    }

    /// Waits until nothing has been under way, or no byte of a response has been taken, for too long; and for `grace`
    /// more.
    pub async fn lapsed(&self, grace: Duration) {
        loop {
            let end = self.end() + grace;
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }

    /// When it lapses if it stays as it is; while a request is under way, when to look again.
    fn end(&self) -> Instant {
        let state = self.state();
        let busy = state.requests > 0 || state.parcels > 0;
        let quiet = if busy { Instant::now() } else { state.quiet_since } + self.head_time;
        if state.parcels > 0 { quiet.min(state.pace.until()) } else { quiet }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way.
pub struct UnderWay {
    conversation: Arc<Conversation>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.conversation.state();
        state.requests -= 1;
        state.quiet_since = Instant::now();
    }
}

/// The body of a response until the client has taken it: HTTP/2 may keep it for as long as the client opens no window
/// for it.
pub struct Parcel {
    bytes: Bytes,
    conversation: Arc<Conversation>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Buf for Parcel {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, bytes: usize) {
        self.bytes.advance(bytes);
        self.conversation.state().pace.moved(bytes);
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        let mut state = self.conversation.state();
        state.parcels -= 1;
        state.quiet_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    /// Long enough for every other time here to pass.
    const LONG: Duration = Duration::from_secs(60);

    fn conversation() -> Arc<Conversation> {
        Conversation::within(Duration::from_millis(20), Duration::from_millis(20))
    }

    #[tokio::test]
    async fn silence_lapses() {
        assert!(timeout(LONG, conversation().lapsed(Duration::ZERO)).await.is_ok());
    }

    #[tokio::test]
    async fn a_request_under_way_does_not_lapse() {
        let conversation = conversation();
        let request = conversation.request();
        assert!(timeout(Duration::from_millis(200), conversation.lapsed(Duration::ZERO)).await.is_err());
        drop(request);
        assert!(timeout(LONG, conversation.lapsed(Duration::ZERO)).await.is_ok());
    }

    #[tokio::test]
    async fn a_response_that_is_not_taken_lapses_whatever_else_is_asked_for() {
        let conversation = conversation();
        let _request = conversation.request();
        let _parcel = conversation.parcel(Bytes::from_static(b"twelve bytes"), None);
        assert!(timeout(LONG, conversation.lapsed(Duration::ZERO)).await.is_ok());
    }
}
