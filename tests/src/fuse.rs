//! A fuse: cuts a flow off at a chosen call to the outside, as a crash or a bad line would.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use custodian_engine::{Fate, Watch};
use serde_json::Value;

use crate::rules::Rules;
use crate::weather::Weather;

/// How the chosen call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The call is lost, once; the SDK may try again.
    Lost,
    /// The call's answer is lost, once; the SDK may try again.
    AnswerLost,
    /// The process dies before the call.
    DiesBefore,
    /// The process dies after the call, before its answer.
    DiesAfter,
    /// Neither the call nor any after it is ever answered. Not one of [`Self::ALL`]: whoever waits needs a limit.
    Hangs,
}

impl Cut {
    pub const ALL: [Self; 4] = [Self::Lost, Self::AnswerLost, Self::DiesBefore, Self::DiesAfter];
}

type Meanwhile = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    calls: usize,
    cut: Option<(usize, Cut)>,
    dead: bool,
    meanwhile: Option<(&'static str, Meanwhile)>,
}

/// Stands before every call to the database and to the other ends, and keeps the rules beside it.
#[derive(Default)]
pub struct Fuse {
    state: Mutex<State>,
    pub rules: Arc<Rules>,
    /// What becomes of calls that the fuse lets pass.
    pub weather: Weather,
}

impl Fuse {
    /// A fuse beside these rules.
    pub fn with(rules: Arc<Rules>) -> Self {
        Self { rules, ..Self::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts from zero again, and cuts call number `at` (the first is 0).
    pub fn cut(&self, at: usize, cut: Cut) {
        *self.state() = State { cut: Some((at, cut)), ..State::default() };
    }

    /// Counts from zero again and lets everything pass.
    pub fn mend(&self) {
        *self.state() = State::default();
    }

    /// The calls since it was last cut or mended.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Whether the process has died.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Runs something else just before the next call of `operation`, and once.
    pub fn meanwhile(&self, operation: &'static str, run: impl FnOnce() + Send + 'static) {
        self.state().meanwhile = Some((operation, Box::new(run)));
    }

    /// What becomes of the next call.
    pub fn call(&self, operation: &str) -> Fate {
        let meanwhile = {
            let mut state = self.state();
            let now = state.meanwhile.as_ref().is_some_and(|(wanted, _)| *wanted == operation);
            state.meanwhile.take_if(|_| now)
        };
        if let Some((_, run)) = meanwhile {
            run();
        }
        let mut state = self.state();
        state.calls += 1;
        if state.dead {
            return if state.cut.is_some_and(|(_, cut)| cut == Cut::Hangs) { Fate::Hang } else { Fate::Lose };
        }
        let Some((_, cut)) = state.cut.filter(|(at, _)| at + 1 == state.calls) else {
            return Fate::Pass;
        };
        state.dead = matches!(cut, Cut::DiesBefore | Cut::DiesAfter | Cut::Hangs);
        match cut {
            Cut::Lost | Cut::DiesBefore => Fate::Lose,
            Cut::AnswerLost | Cut::DiesAfter => Fate::LoseAnswer,
            Cut::Hangs => Fate::Hang,
        }
    }
}

impl Watch for Fuse {
    fn request(&self, operation: &str, body: &Value) -> Fate {
        self.rules.request(operation, body);
        match self.call(operation) {
            Fate::Pass => self.weather.request(operation, body),
            cut => cut,
        }
    }

    fn meters(&self) -> bool {
        self.rules.meters()
    }

    fn cost(&self, operation: &str, consumed: &Value) {
        self.rules.cost(operation, consumed);
    }
}
