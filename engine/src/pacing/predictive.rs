//! Predictive pacing: dial while one more call is expected to drop fewer people than the budget allows.
//!
//! What it knows it has learnt: how likely and how soon people answer ([`Answers`]), how soon agents get free
//! ([`Handling`]). From that follows what a further call costs ([`Drops`]); what it may cost follows from the budget of the window
//! ([`Budget`]). Below one token of budget it is one line for each idle agent, which by itself drops nobody.

use super::answers::Answers;
use super::budget::Budget;
use super::drops::{Drops, Outlook};
use super::handling::{Busy, Handling};
use super::{Pool, PredictiveRules};
use crate::words::{Micros, Span};

/// One campaign's predictive pacing at work.
#[derive(Debug, Clone)]
pub(crate) struct Predictive {
    patience: f64,
    answers: Answers,
    handling: Handling,
    budget: Budget,
    drops: Option<Drops>,
    pool: Pool,
    /// How many calls may be in flight, counted as fresh ones.
    up_to: f64,
}

impl Predictive {
    pub(crate) fn new(rules: PredictiveRules, patience: Span, _now: Micros) -> Self {
        let known = rules.answer_rate.map(|rate| f64::from(rate.0) / 1_000.0);
        Self {
            patience: patience.0 as f64 / 1e6,
            answers: Answers::new(known),
            handling: Handling::new(),
            budget: Budget::new(f64::from(rules.drop_limit.0) / 1_000.0, rules.window),
            drops: None,
            pool: Pool::default(),
            up_to: 0.0,
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

    /// An agent's conversation has ended.
    pub(crate) fn talked(&mut self, lasted: Span) {
        self.handling.talked(lasted);
    }

    /// An agent's work after a conversation has ended.
    pub(crate) fn wrapped_up(&mut self, lasted: Span) {
        self.handling.wrapped_up(lasted);
    }

    /// Somebody who answered was not joined with an agent in time.
    pub(crate) fn dropped(&mut self) {
        self.budget.dropped();
    }

    /// Sees the pool as it is, and decides.
    pub(crate) fn look(&mut self, now: Micros, pool: Pool, busy: impl Iterator<Item = Busy> + Clone) {
        self.pool = pool;
        let agents = self.agents();
        if agents == 0 {
            self.up_to = 0.0;
            return;
        }
        let idle = pool.ready.saturating_sub(pool.waiting);
        let Some(price) = self.budget.price(agents, pool.waiting) else {
            self.up_to = 0.0;
            return;
        };
        let earliest = self.answers.earliest();
        let soon = self.patience + earliest;
        let ring = (self.answers.answer_time() - earliest).max(0.5);
        self.handling.refresh(now, [soon, soon + ring], busy.clone());
        let [by_soon, later] = self.handling.free_within(now, busy);
        let outlook = Outlook { agents, answer: self.answers.probability(), ring };
        let drops = match &mut self.drops {
            Some(drops) if drops.fits(&outlook) => drops,
            other => other.insert(Drops::expect(outlook)),
        };
        let rest = (f64::from(agents) - f64::from(idle) - by_soon).max(0.01);
        let share = ((later - by_soon) / rest).clamp(0.001, 0.99);
        let handle = ring * (1.0 - share / 2.0) / share;
        self.up_to = drops.dial_up_to(f64::from(idle) + by_soon, handle, price);
    }

    /// How many further dials may start.
    pub(crate) fn dials(&self, now: Micros, pool: Pool) -> u32 {
        // Whoever waits has a claim on the next agent.
        let idle = pool.ready.saturating_sub(pool.waiting);
        let one_each = idle.saturating_sub(pool.in_flight);
        let room = self.up_to - self.answers.in_flight(now);
        if room < 1.0 { one_each } else { one_each.max(room as u32) }
    }

    fn agents(&self) -> u32 {
        self.pool.ready + self.pool.busy
    }
}
