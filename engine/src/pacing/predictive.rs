//! Predictive pacing: dial while one more call is expected to drop fewer people than the budget allows.
//!
//! What it knows it has learnt: how likely and how soon people answer ([`Answers`]), how long agents are busy. From
//! that follows what a further call costs ([`Drops`]); what it may cost follows from the budget of the window
//! ([`Budget`]). Below one token of budget it is one line for each idle agent, which by itself drops nobody.

use super::answers::Answers;
use super::budget::Budget;
use super::drops::{Drops, Outlook};
use super::{Pool, PredictiveRules};
use crate::words::{Micros, Span};

/// How many conversations the first guess at their length is worth, and what it is, in seconds.
const HANDLE_PRIOR_WEIGHT: f64 = 3.0;
const HANDLE_PRIOR: f64 = 60.0;
/// What a past conversation keeps of its weight with each new one.
const HANDLE_KEEP: f64 = 0.995;

/// One campaign's predictive pacing at work.
#[derive(Debug, Clone)]
pub(crate) struct Predictive {
    patience: f64,
    answers: Answers,
    budget: Budget,
    drops: Option<Drops>,
    /// By Little's law the mean time of a conversation and its work is the agents' busy time per conversation; both
    /// decayed.
    busy_s: f64,
    conversations: f64,
    looked: Micros,
    pool: Pool,
}

impl Predictive {
    pub(crate) fn new(rules: PredictiveRules, patience: Span, now: Micros) -> Self {
        let known = rules.answer_rate.map(|rate| f64::from(rate.0) / 1_000.0);
        Self {
            patience: patience.0 as f64 / 1e6,
            answers: Answers::new(known),
            budget: Budget::new(f64::from(rules.drop_limit.0) / 1_000.0, rules.window),
            drops: None,
            busy_s: HANDLE_PRIOR * HANDLE_PRIOR_WEIGHT,
            conversations: HANDLE_PRIOR_WEIGHT,
            looked: now,
            pool: Pool::default(),
        }
    }

    /// A call leaves the gate.
    pub(crate) fn dialled(&mut self, now: Micros) {
        self.answers.dialled(now);
    }

    /// A person has answered a call of that moment.
    pub(crate) fn answered(&mut self, dialled: Micros, now: Micros) {
        self.answers.landed(dialled);
        self.answers.heard(now.since(dialled), true);
        self.budget.answered(now, self.agents());
    }

    /// A call of that moment has ended unanswered. Where the trunk or we ourselves failed, it says nothing about people.
    pub(crate) fn unanswered(&mut self, dialled: Micros, now: Micros, says_something: bool) {
        self.answers.landed(dialled);
        if says_something {
            self.answers.heard(now.since(dialled), false);
        }
    }

    /// Somebody who answered was joined with an agent.
    pub(crate) fn connected(&mut self) {
        self.busy_s *= HANDLE_KEEP;
        self.conversations = self.conversations * HANDLE_KEEP + 1.0;
    }

    /// Somebody who answered was not joined with an agent in time.
    pub(crate) fn dropped(&mut self) {
        self.budget.dropped();
    }

    /// Sees the pool as it is; what it was until now lasted until now.
    pub(crate) fn look(&mut self, now: Micros, pool: Pool) {
        self.busy_s += f64::from(self.pool.busy) * now.since(self.looked).0 as f64 / 1e6;
        (self.looked, self.pool) = (now, pool);
        let outlook = self.outlook();
        if self.agents() > 0 && !self.drops.as_ref().is_some_and(|drops| drops.fits(&outlook)) {
            self.drops = Some(Drops::expect(outlook));
        }
    }

    /// How many further dials may start.
    pub(crate) fn dials(&self, now: Micros, pool: Pool) -> u32 {
        // Whoever waits has a claim on the next agent, and with nobody idle nothing is worth dialling.
        let idle = pool.ready.saturating_sub(pool.waiting);
        let one_each = idle.saturating_sub(pool.in_flight);
        let price = self.budget.price(self.agents(), pool.waiting);
        let (Some(price), Some(drops)) = (price.filter(|_| idle > 0), &self.drops) else { return one_each };
        let room = drops.dial_up_to(idle, price) - self.answers.in_flight(now);
        if room < 1.0 { one_each } else { one_each.max(room as u32) }
    }

    fn agents(&self) -> u32 {
        self.pool.ready + self.pool.busy
    }

    fn outlook(&self) -> Outlook {
        Outlook {
            agents: self.agents(),
            answer: self.answers.probability(),
            handle: (self.busy_s / self.conversations).max(1.0),
            ring: self.answers.answer_time().max(0.5),
            patience: self.patience,
        }
    }
}
