//! Interrupts a flow at a chosen external call, as a crash or a network failure does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use custodian_engine::{Fault, RequestObserver};
use serde_json::Value;

use crate::random_faults::RandomFaults;
use crate::request_rules::RequestRules;

/// How the chosen call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The request is lost once. The SDK may retry it.
    RequestLost,
    /// The response is lost once. The SDK may retry the request.
    ResponseLost,
    /// The process crashes before the call.
    CrashBefore,
    /// The process crashes after the call, before its response.
    CrashAfter,
    /// This database request and all later ones never respond. A call of another service fails at once instead, without effect. Not
    /// in [`Self::ALL`], because a caller without a timeout would wait for ever.
    Hang,
}

impl Interruption {
    pub const ALL: [Self; 4] = [Self::RequestLost, Self::ResponseLost, Self::CrashBefore, Self::CrashAfter];
}

type Callback = Box<dyn FnOnce() + Send>;

/// A call that a test expects, and before which its callback runs. If this is dropped before the call was made, it fails the test:
/// without the callback, the test would prove nothing.
#[must_use = "dropped at once, it fails the test"]
pub struct ExpectedCall(Arc<AtomicBool>);

impl ExpectedCall {
    /// The callback also records that the call was made.
    fn of(callback: impl FnOnce() + Send + 'static) -> (Self, Callback) {
        let made = Arc::new(AtomicBool::new(false));
        let expected = Self(Arc::clone(&made));
        let recording = move || {
            made.store(true, Ordering::SeqCst);
            callback();
        };
        (expected, Box::new(recording))
    }

    /// Whether the call was made. For tests in which the call is optional: the drop no longer fails them.
    pub fn was_made(self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }
}

impl Drop for ExpectedCall {
    fn drop(&mut self) {
        let is_fulfilled = self.0.load(Ordering::SeqCst) || std::thread::panicking();
        assert!(is_fulfilled, "the call before which a callback should run was never made");
    }
}

/// The call before which a callback runs.
#[derive(Clone, Copy)]
enum Awaited {
    Operation(&'static str),
    /// The number of calls before it.
    Call(usize),
}

#[derive(Default)]
struct State {
    calls: usize,
    planned: Option<(usize, Interruption)>,
    crashed: bool,
    callback: Option<(Awaited, Callback)>,
}

/// Intercepts every call to the database and the other services, except the sending of a webhook: a test sets its result in
/// `attempt_reports`. Database requests are also checked against the rules.
#[derive(Default)]
pub struct FaultInjector {
    state: Mutex<State>,
    pub rules: Arc<RequestRules>,
    /// Random faults of the database requests that are not interrupted. Calls of the other services have none.
    pub random_faults: RandomFaults,
}

impl FaultInjector {
    pub fn with_rules(rules: Arc<RequestRules>) -> Self {
        Self { rules, ..Self::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Restarts the count of calls, and interrupts call number `at` (the first is 0).
    pub fn interrupt(&self, at: usize, interruption: Interruption) {
        *self.state() = State { planned: Some((at, interruption)), ..State::default() };
    }

    /// Restarts the count of calls, and lets every call pass.
    pub fn reset(&self) {
        *self.state() = State::default();
    }

    /// The number of calls since the last `interrupt` or `reset`.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Whether the planned crash or hang has begun.
    pub fn has_crashed(&self) -> bool {
        self.state().crashed
    }

    /// Runs `callback` once, just before the next call of `operation`.
    pub fn before_next(
        &self,
        operation: &'static str,
        callback: impl FnOnce() + Send + 'static,
    ) -> ExpectedCall {
        let (expected, callback) = ExpectedCall::of(callback);
        self.state().callback = Some((Awaited::Operation(operation), callback));
        expected
    }

    /// Restarts the count of calls, and runs `callback` just before call number `at` (the first is 0).
    pub fn before_call(&self, at: usize, callback: impl FnOnce() + Send + 'static) -> ExpectedCall {
        let (expected, callback) = ExpectedCall::of(callback);
        *self.state() = State { callback: Some((Awaited::Call(at), callback)), ..State::default() };
        expected
    }

    /// The fault of the next call.
    pub fn intercept(&self, operation: &str) -> Fault {
        let callback = {
            let mut state = self.state();
            let calls = state.calls;
            let is_due = state.callback.as_ref().is_some_and(|(awaited, _)| match awaited {
                Awaited::Operation(awaited) => *awaited == operation,
                Awaited::Call(at) => *at == calls,
            });
            state.callback.take_if(|_| is_due)
        };
        if let Some((_, callback)) = callback {
            callback();
        }
        let mut state = self.state();
        state.calls += 1;
        if state.crashed {
            let hangs = state.planned.is_some_and(|(_, interruption)| interruption == Interruption::Hang);
            return if hangs { Fault::Hang } else { Fault::LoseRequest };
        }
        let Some((_, interruption)) = state.planned.filter(|(at, _)| at + 1 == state.calls) else {
            return Fault::None;
        };
        state.crashed =
            matches!(interruption, Interruption::CrashBefore | Interruption::CrashAfter | Interruption::Hang);
        match interruption {
            Interruption::RequestLost | Interruption::CrashBefore => Fault::LoseRequest,
            Interruption::ResponseLost | Interruption::CrashAfter => Fault::LoseResponse,
            Interruption::Hang => Fault::Hang,
        }
    }
}

impl RequestObserver for FaultInjector {
    fn on_request(&self, operation: &str, body: &Value) -> Fault {
        self.rules.on_request(operation, body);
        match self.intercept(operation) {
            Fault::None => self.random_faults.on_request(operation, body),
            fault => fault,
        }
    }

    fn wants_consumed_capacity(&self) -> bool {
        self.rules.wants_consumed_capacity()
    }

    fn on_consumed_capacity(&self, operation: &str, consumed: &Value) {
        self.rules.on_consumed_capacity(operation, consumed);
    }
}
