//! Predictive pacing: dial while one more call is expected to drop fewer people than the budget allows.
//!
//! What it knows it has learnt: how likely and how soon people answer ([`Answers`]), how soon agents get free
//! ([`Handling`]). From that follows what a further call costs ([`Drops`]); what it may cost follows from the budget of
//! each window ([`Budget`]). Behind the gate of the budget it is one line for each idle agent, which by itself drops
//! nobody.
//!
//! Somebody who answers waits a little, so whoever gets free within that time counts as idle already, by their chance to
//! be; the others as busy for as long as their ages say.

use alloc::vec::Vec;

use libm::sqrt;

use super::answers::Answers;
use super::budget::{Budget, Prospect};
use super::drops::{Drops, Outlook};
use super::handling::{Busy, Handling};
use super::pace::{Bound, Pace, Target};
use super::{DropWindow, Pool, PredictiveRules, WindowCount, share};
use crate::agent::AgentState;
use crate::words::{Micros, Milli, Span};
use crate::zone::Zone;

/// The chances of the agents are looked at anew after so long, though nothing has happened.
const TICK: Span = Span::millis(500);
/// Shortest mean time from dial to answer to reckon with, in seconds.
const SHORTEST_RING: f64 = 0.5;
/// Share of their time that agents are taken to be busy, to say how many answers are still to come.
const UTILISATION: f64 = 0.8;
/// By so many deviations the answer probability is taken to be higher where a whole crowd is called for.
const CROWD: f64 = 4.0;
/// So many deviations more answers than are expected, and fewer agents who get free, are reckoned with where the window
/// could not make up for what they drop.
const STROKE: f64 = 4.0;
/// Never more calls in flight, counted as fresh ones, for each agent of the pool: where so few answer, it is the list that is wrong.
const MOST_FOR_EACH_AGENT: f64 = 40.0;
/// After so long no call that leaves now is answered any more: no campaign lets one take longer to ring and ring.
const LATEST_ANSWER: Span = Span::secs(245);
/// Between what shares of the busy agents get free while a call rings, as far as one reckons with it.
const FREED: (f64, f64) = (0.001, 0.99);

/// One campaign's predictive pacing at work.
#[derive(Debug, Clone)]
pub(crate) struct Predictive {
    strict: bool,
    patience: f64,
    answers: Answers,
    handling: Handling,
    budget: Budget,
    drops: Option<Drops>,
    pool: Pool,
    forecast: Forecast,
    /// Up to how many calls may be in flight, counted as fresh ones, and what keeps them to that; as of the last look.
    up_to: f64,
    bound: Bound,
    /// The drops that a window could still make up for, and up to how many calls, counted as fresh ones, hardly ever drop
    /// more; as of the last look.
    spare: u32,
    safe: f64,
    /// So many are, as of the last look and with those dialled since.
    in_flight: f64,
    /// The drops that an answer might cost then; `None` where pacing kept to one line for each idle agent.
    price: Option<f64>,
}

/// When agents get free, as of a moment.
#[derive(Debug, Clone, Copy, Default)]
struct Forecast {
    looked: Micros,
    pool: (u32, u32),
    /// Busy agents expected to be free while somebody waits, and while a call rings and somebody waits.
    free: [f64; 2],
}

impl Predictive {
    /// `patience` is how long somebody who has answered may wait for an agent.
    pub(crate) fn new(rules: &PredictiveRules, patience: Span, zone: Zone, now: Micros) -> Self {
        Self {
            strict: rules.strict,
            patience: patience.0 as f64 / 1e6,
            answers: Answers::new(rules.answer_rate.map(share)),
            handling: Handling::new(),
            budget: Budget::new(&rules.windows, zone, now),
            drops: None,
            pool: Pool::default(),
            forecast: Forecast::default(),
            up_to: 0.0,
            bound: Bound::Price,
            spare: 0,
            safe: 0.0,
            in_flight: 0.0,
            price: None,
        }
    }

    /// The campaign has begun at that moment.
    pub(crate) fn begins(&mut self, at: Micros) {
        self.budget.begins(at);
    }

    /// Goes on with what an earlier process has counted in each window.
    pub(crate) fn goes_on(&mut self, counts: &[WindowCount]) {
        self.budget.goes_on(counts);
    }

    /// Each window has that limit from now on, in the order of the rules.
    pub(crate) fn is_held_to(&mut self, windows: &[DropWindow]) {
        self.budget.is_held_to(windows);
    }

    /// What each window has counted.
    pub(crate) fn counts(&self) -> Vec<WindowCount> {
        self.budget.counts()
    }

    /// A call leaves the gate: the `nth` on its lead.
    pub(crate) fn dialled(&mut self, now: Micros, nth: u32) {
        self.answers.dialled(now, nth);
        self.in_flight += self.answers.worth_of_fresh(nth);
    }

    /// A person has answered a call of that moment, which may have taken some time to know.
    pub(crate) fn answered(&mut self, dialled: Micros, nth: u32, answered: Micros, now: Micros) {
        self.answers.landed(dialled, nth);
        self.answers.heard(now.since(dialled), nth, true);
        self.budget.answered(answered, now);
    }

    /// A call of that moment has ended unanswered. Where the trunk or we ourselves failed, it says nothing about people.
    pub(crate) fn unanswered(&mut self, dialled: Micros, nth: u32, now: Micros, says_something: bool) {
        self.answers.landed(dialled, nth);
        if says_something {
            self.answers.heard(now.since(dialled), nth, false);
        }
    }

    /// An agent has left a state in which they were for so long.
    pub(crate) fn agent_was(&mut self, state: AgentState, lasted: Span) {
        match state {
            AgentState::OnCall => self.handling.talked(lasted),
            AgentState::WrapUp => self.handling.wrapped_up(lasted),
            AgentState::Offline
            | AgentState::Paused
            | AgentState::Ready
            | AgentState::Previewing
            | AgentState::Reserved
            | AgentState::Ringing => {}
        }
    }

    /// Somebody who answered at that moment was not joined with an agent in time.
    pub(crate) fn dropped(&mut self, answered: Micros) {
        self.budget.dropped(answered);
    }

    /// A machine that answered at that moment and was not connected may have been a person: that part of a drop.
    pub(crate) fn doubted(&mut self, answered: Micros, part: Milli, now: Micros) {
        self.budget.doubted(answered, part, now);
    }

    /// Whoever answered at that moment was no person.
    pub(crate) fn was_a_machine(&mut self, answered: Micros) {
        self.budget.was_a_machine(answered);
    }

    /// Sees the pool as it is, and when the campaign will stop to dial where that is known, and decides.
    pub(crate) fn look(
        &mut self,
        now: Micros,
        pool: Pool,
        closes_at: Option<Micros>,
        busy: impl Iterator<Item = Busy> + Clone,
    ) {
        self.pool = pool;
        self.up_to = self.decide(now, closes_at, busy).unwrap_or_default();
        self.in_flight = self.answers.in_flight(now);
    }

    /// How many further dials may start.
    pub(crate) fn dials(&self, now: Micros, pool: Pool) -> u32 {
        let one_each = pool.unclaimed().saturating_sub(pool.in_flight);
        let room = |up_to: f64| (up_to - self.in_flight).max(0.0) as u32;
        let ahead = room(self.up_to).min(room(self.safe).max(though_all_answer(self.spare, pool)));
        one_each.max(if self.strict { ahead.min(self.affordable(now, pool)) } else { ahead })
    }

    /// Whether the budget has the drop that one agent fewer comes to at most, besides those of the agents who are `taken`.
    pub(crate) fn spares_one(&self, now: Micros, pool: Pool, taken: u32) -> bool {
        let bears = self.price.is_some() && self.budget.tokens(now) >= f64::from(taken + 1);
        bears && (!self.strict || self.affordable(now, pool) > 0)
    }

    /// Of so many calls none could drop more than the budget has, though all were answered at once.
    ///
    /// Invariant, from which strict mode keeps its limit at every moment: tokens are at least the calls in flight and
    /// those waiting, less the ready agents. An answer that finds an agent takes one of each; one that is dropped takes a
    /// call and a token; every other end takes a call; an agent who gets free adds to the other side.
    ///
    /// What pacing does not decide can break it: an agent who leaves, or whose join fails while the callee goes on waiting;
    /// somebody who waits and is hung up on by an operator; a call that is given up and answered all the same before it is gone;
    /// a limit that is lowered with calls in the air; and machine detection, which takes tokens away afterwards, for answers
    /// that were none and for machines that may have been persons.
    fn affordable(&self, now: Micros, pool: Pool) -> u32 {
        let tokens = self.budget.tokens(now + LATEST_ANSWER).max(0.0) as u32;
        though_all_answer(tokens, pool).saturating_sub(pool.waiting)
    }

    fn decide(
        &mut self,
        now: Micros,
        closes_at: Option<Micros>,
        busy: impl Iterator<Item = Busy> + Clone,
    ) -> Option<f64> {
        let (pool, agents) = (self.pool, self.pool.ready + self.pool.busy);
        self.price = None;
        if agents == 0 || self.answers.are_dead() {
            return None;
        }
        let prospect = Prospect {
            now,
            agents,
            waiting: pool.waiting,
            answers_per_s: f64::from(agents) * UTILISATION / self.handling.mean(),
            closes_at,
        };
        self.price = self.budget.price(&prospect);
        let price = self.price?;
        let ring = self.answers.answer_time().max(SHORTEST_RING);
        let [soon, later] = self.foresee(now, ring, busy);
        let idle = f64::from(pool.unclaimed());
        let still_busy = (f64::from(agents) - idle - soon).max(FREED.0);
        let handle = mean_of((later - soon) / still_busy, ring);
        let fresh = mean_of(self.handling.at_once(), ring);
        let (answer, doubt) = (self.answers.probability(), self.answers.doubt());
        let outlook = Outlook { agents, answer, ring, doubt, fresh };
        let up_to = self.tables(outlook).dial_up_to(answer, idle + soon, handle, price);
        // What could be answered at once must find an agent or a token, even if more answer than expected.
        let bearable = (idle + soon + self.budget.tokens(now).max(0.0)) / (answer * (1.0 + CROWD * doubt));
        // What is in the air cannot be called back, so it is kept to what the rest of the window makes up for.
        let spare = (self.budget.makes_up_for(&prospect) - f64::from(pool.waiting)).max(0.0);
        (self.spare, self.safe) = (spare as u32, answers_of_a_stroke(idle, soon, spare) / answer);
        let most = f64::from(agents) * MOST_FOR_EACH_AGENT;
        let bounds = [(up_to, Bound::Price), (bearable, Bound::Surprise), (most, Bound::Lines)];
        let (up_to, bound) = tightest(bounds);
        self.bound = bound;
        Some(up_to)
    }

    /// What the last look has led to.
    pub(crate) fn pace(&self, now: Micros) -> Pace {
        let (pool, milli) = (self.pool, |share: f64| Milli((share * 1_000.0 + 0.5) as u32));
        let agents = pool.ready + pool.busy;
        let (up_to, bound) = self.bounded(now);
        let (window, drops_left) = self.budget.ruling(now);
        let target = match self.price {
            _ if agents == 0 => Target::Wait,
            _ if self.answers.are_dead() => Target::Probe,
            None => Target::Save,
            Some(price) => {
                Target::Spend { drops: milli(self.budget.aim()), a_drop_brings: (1.0 / price) as u32, bound }
            }
        };
        Pace {
            up_to: up_to as u32,
            agents,
            idle: pool.unclaimed(),
            answer_rate: milli(self.answers.probability()),
            window,
            drops_left: (drops_left * 100.0) as i64,
            target,
        }
    }

    /// Up to how many calls the last look allows in flight, and what keeps them to that.
    fn bounded(&self, now: Micros) -> (f64, Bound) {
        let Pool { ready, waiting, .. } = self.pool;
        let rest = self.safe.max(f64::from(ready) + f64::from(self.spare));
        let strict = if self.strict {
            let tokens = self.budget.tokens(now + LATEST_ANSWER).max(0.0);
            (f64::from(ready) + tokens - f64::from(waiting)).max(0.0)
        } else {
            f64::INFINITY
        };
        let (up_to, bound) =
            tightest([(self.up_to, self.bound), (rest, Bound::Surprise), (strict, Bound::Strict)]);
        (up_to.max(f64::from(self.pool.unclaimed())), bound)
    }

    /// How many of the busy agents are free soon, looked at anew when one of them has changed or some time has passed.
    fn foresee(&mut self, now: Micros, ring: f64, busy: impl Iterator<Item = Busy> + Clone) -> [f64; 2] {
        let pool = (self.pool.ready, self.pool.busy);
        if self.forecast.pool != pool || now.since(self.forecast.looked) >= TICK {
            self.handling.refresh(now, pool.0 + pool.1, [self.patience, self.patience + ring], busy.clone());
            let free = self.handling.free_within(now, busy);
            self.forecast = Forecast { looked: now, pool, free };
        }
        self.forecast.free
    }

    fn tables(&mut self, outlook: Outlook) -> &mut Drops {
        match &mut self.drops {
            Some(drops) if drops.fits(&outlook) => {}
            stale => *stale = Some(Drops::expect(outlook)),
        }
        self.drops.as_mut().expect("they were made just now")
    }
}

/// The bound that allows the fewest, and how many; the first of equal ones.
fn tightest(bounds: [(f64, Bound); 3]) -> (f64, Bound) {
    bounds.into_iter().min_by(|one, other| one.0.total_cmp(&other.0)).expect("there are three")
}

/// How many further calls drop no more than that, though all in the air are answered at once.
fn though_all_answer(drops: u32, pool: Pool) -> u32 {
    (drops + pool.ready).saturating_sub(pool.in_flight)
}

/// How many answers may be expected, so that hardly ever more than `spare` of them find no agent though they come at one
/// stroke: `idle` agents are there and `soon` are expected. Both come as they please, so their difference deviates by the
/// root of their sum, and is skewed as a Poisson law is (Cornish and Fisher's next term).
fn answers_of_a_stroke(idle: f64, soon: f64, spare: f64) -> f64 {
    let bearable = (idle + 2.0 * soon + spare - STROKE * STROKE / 6.0).max(0.0);
    let both = 0.5 * (sqrt(STROKE * STROKE + 4.0 * bearable) - STROKE);
    (both * both - soon).max(0.0)
}

/// The mean of an exponential law by which that share is over after so long, to second order.
fn mean_of(share: f64, after: f64) -> f64 {
    let share = share.clamp(FREED.0, FREED.1);
    after * (1.0 - share / 2.0) / share
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;
    use crate::pacing::{DropWindow, WindowSpan};
    use crate::words::Milli;

    /// What nature does next.
    #[derive(Debug, Clone, Copy)]
    enum Turn {
        Answer,
        NoAnswer,
        AgentFree,
    }

    /// Pacing held to 3 % a day, which knows how many of a thousand dials are answered.
    fn fresh(strict: bool, answer_rate: u32) -> Predictive {
        let rules = PredictiveRules {
            windows: vec![DropWindow { limit: Milli(30), span: WindowSpan::Day }],
            answer_rate: Some(Milli(answer_rate)),
            strict,
        };
        Predictive::new(&rules, Span::ZERO, Zone::default(), Micros(0))
    }

    /// Plays a pool against nature, and gives the fewest tokens that were ever left.
    fn fewest_tokens(strict: bool, agents: u32, turns: &[Turn]) -> f64 {
        let mut pacing = fresh(strict, 100);
        let mut pool = Pool { ready: agents, ..Pool::default() };
        let mut fewest = f64::INFINITY;
        for (nth, turn) in turns.iter().enumerate() {
            let now = Micros(1_000_000 * nth as u64);
            pacing.look(now, pool, None, core::iter::empty());
            let dials = pacing.dials(now, pool);
            (0..dials).for_each(|_| pacing.dialled(now, 1));
            pool.in_flight += dials;
            match turn {
                Turn::Answer if pool.in_flight > 0 => {
                    pool.in_flight -= 1;
                    pacing.answered(now, 1, now, now);
                    match pool.ready.checked_sub(1) {
                        Some(ready) => (pool.ready, pool.busy) = (ready, pool.busy + 1),
                        None => pacing.dropped(now),
                    }
                }
                Turn::NoAnswer if pool.in_flight > 0 => {
                    pool.in_flight -= 1;
                    pacing.unanswered(now, 1, now, true);
                }
                Turn::AgentFree if pool.busy > 0 => (pool.ready, pool.busy) = (pool.ready + 1, pool.busy - 1),
                Turn::Answer | Turn::NoAnswer | Turn::AgentFree => {}
            }
            fewest = fewest.min(pacing.budget.tokens(now));
        }
        fewest
    }

    fn turns() -> impl Strategy<Value = Vec<Turn>> {
        let turn = prop_oneof![
            4 => Just(Turn::Answer),
            1 => Just(Turn::NoAnswer),
            4 => Just(Turn::AgentFree),
        ];
        // A calm morning that earns tokens, then anything.
        let calm = (200..600_usize).prop_map(|pairs| [Turn::Answer, Turn::AgentFree].repeat(pairs));
        (calm, proptest::collection::vec(turn, 0..400))
            .prop_map(|(calm, wild)| calm.into_iter().chain(wild).collect())
    }

    proptest! {
        #[test]
        fn a_strict_limit_holds_at_every_moment_whatever_nature_does(agents in 1..60_u32, turns in turns()) {
            let fewest = fewest_tokens(true, agents, &turns);
            prop_assert!(fewest > -1e-9, "{fewest}");
        }
    }

    /// Predictive pacing after so many answers that all found an agent, as of a look at that pool.
    fn after(
        answers: u32,
        strict: bool,
        answer_rate: u32,
        closes_at: Option<Micros>,
        pool: Pool,
    ) -> Predictive {
        let mut pacing = fresh(strict, answer_rate);
        (0..answers).for_each(|_| pacing.answered(Micros(0), 1, Micros(0), Micros(0)));
        pacing.look(Micros(1), pool, closes_at, core::iter::empty());
        pacing
    }

    #[test]
    fn a_pace_names_what_keeps_the_calls_in_the_air_to_so_many() {
        let pool = Pool { ready: 30, ..Pool::default() };
        let bound = |strict, answer_rate, closes_at| {
            let pace = after(400, strict, answer_rate, closes_at, pool).pace(Micros(1));
            let Target::Spend { bound, .. } = pace.target else { panic!("{pace}, with twelve tokens") };
            bound
        };
        // Four hundred answers are twelve tokens: with thirty agents a strict limit bears 42 answers at once.
        assert_eq!(bound(true, 100, None), Bound::Strict);
        assert_eq!(bound(false, 100, None), Bound::Price);
        assert_eq!(bound(false, 100, Some(Micros(2))), Bound::Surprise, "nothing makes up for anything");
        assert_eq!(bound(false, 1, None), Bound::Lines);
    }

    proptest! {
        #[test]
        fn where_nothing_is_in_the_air_a_pace_names_as_many_calls_as_are_dialled(
            (answers, strict, answer_rate) in (0..2_000_u32, any::<bool>(), 1..=1_000_u32),
            (ready, busy, waiting) in (0..40_u32, 1..40_u32, 0..10_u32),
            closes in any::<bool>(),
        ) {
            let pool = Pool { ready, busy, waiting, ..Pool::default() };
            let pacing = after(answers, strict, answer_rate, closes.then_some(Micros(2)), pool);
            let pace = pacing.pace(Micros(1));
            prop_assert_eq!(pace.up_to, pacing.dials(Micros(1), pool), "{}", pace);
        }
    }

    #[test]
    fn an_agent_can_be_taken_as_long_as_the_budget_has_the_drop_that_this_may_come_to() {
        let pool = Pool { ready: 1, busy: 9, in_flight: 30, waiting: 0 };
        let spares = |answers, strict, pool, taken| {
            let mut pacing = after(answers, strict, 100, None, Pool { in_flight: 0, ..pool });
            pacing.look(Micros(1), pool, None, core::iter::empty());
            pacing.spares_one(Micros(1), pool, taken)
        };
        assert!(!spares(30, false, pool, 0), "it has none yet");
        assert!(spares(40, false, pool, 0), "it has one");
        assert!(!spares(40, false, pool, 1), "that is for the agent who was taken before");
        assert!(spares(80, false, pool, 1));
        assert!(!spares(40, true, pool, 0), "all thirty may answer at once");
        assert!(spares(40, true, Pool { in_flight: 1, ..pool }, 0), "one answer has ann, or else the token");
    }

    /// How likely it is that more than so many remain of what comes when others go, both by Poisson laws of these means.
    fn chance_of_more_than(beyond: i32, come: f64, go: f64) -> f64 {
        let law = |mean: f64| {
            let next = move |&(weight, nth): &(f64, f64)| Some((weight * mean / nth, nth + 1.0));
            let weights = core::iter::successors(Some((1.0, 1.0)), next).map(|(weight, _)| weight).take(200);
            let sum: f64 = weights.clone().sum();
            weights.map(move |weight| weight / sum)
        };
        let left =
            |gone: i32| law(come).skip(usize::try_from(beyond + gone + 1).expect("it is not negative"));
        law(go).zip(0..).map(|(chance, gone)| chance * left(gone).sum::<f64>()).sum()
    }

    #[test]
    fn a_stroke_of_answers_hardly_ever_drops_more_than_can_be_made_up_for() {
        for (idle, soon, spare) in
            [(0, 0.0, 3), (1, 0.0, 2), (3, 0.0, 2), (2, 0.5, 4), (0, 2.0, 6), (6, 8.0, 12)]
        {
            let answers = answers_of_a_stroke(f64::from(idle), soon, f64::from(spare));
            let chance = chance_of_more_than(idle + spare, answers, soon);
            assert!(chance < 1e-4, "{idle} idle, {soon} soon, {spare} spare: {answers} with {chance}");
        }
    }

    #[test]
    fn a_limit_that_is_not_strict_is_broken_by_a_burst_of_answers() {
        let calm = [Turn::Answer, Turn::AgentFree].repeat(600);
        let burst = [Turn::Answer].repeat(200);
        let turns = [calm, burst].concat();
        assert!(fewest_tokens(false, 30, &turns) < 0.0);
        assert!(fewest_tokens(true, 30, &turns) >= 0.0);
    }
}
