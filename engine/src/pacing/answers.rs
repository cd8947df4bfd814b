//! How likely does a ringing call still become a person? Learnt from the calls that have ended.

use alloc::collections::VecDeque;

use crate::words::{Micros, Span};

/// Width of a bin of ages.
const BIN: Span = Span::millis(500);
/// Bins kept: a minute. Whatever rings longer is counted in the last one.
const BINS: usize = 120;
/// Calls after which a past call counts half.
const HALF_LIFE: f64 = 1_000.0;
/// The same of the quick estimate, which only watches for a change of the list.
const QUICK_HALF_LIFE: f64 = 60.0;
/// How many calls the first guess is worth.
const PRIOR_WEIGHT: f64 = 30.0;
/// The first guess: high, since to expect too few answers is what drops people.
const PRIOR: f64 = 0.4;
/// Standard deviations added for safety: too low an estimate costs drops, too high a one only time.
const CAUTION: f64 = 0.5;
/// By so many standard deviations the quick estimate must lie above the slow one to be believed instead.
const ALARM: f64 = 3.0;

/// The answer probability, its curve over the age of a call, and the ages of the calls in flight.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    known: Option<f64>,
    slow: Share,
    quick: Share,
    /// By age at their end: calls that were answered by a person, and all others.
    answered: [f64; BINS],
    failed: [f64; BINS],
    /// Calls in flight by the bin of time they were dialled in, oldest first.
    flying: VecDeque<(u64, u32)>,
    /// What a call of each age still counts for, as a share of a fresh one; rebuilt every [`REFRESH`] calls.
    weight: [f64; BINS],
    since_refresh: u32,
    answer_time: f64,
    earliest: f64,
}

/// After how many calls the weights of ages are computed anew.
const REFRESH: u32 = 20;
/// What a call keeps of its weight from one refresh to the next: a half after [`HALF_LIFE`] calls.
const KEPT_BY_REFRESH: f64 = 1.0 - core::f64::consts::LN_2 * REFRESH as f64 / HALF_LIFE;

/// A decayed share with a prior.
#[derive(Debug, Clone, Copy)]
struct Share {
    hits: f64,
    trials: f64,
    keep: f64,
}

impl Share {
    /// `ln 2 / half-life` is lost with each trial.
    fn new(half_life: f64) -> Self {
        let keep = 1.0 - core::f64::consts::LN_2 / half_life;
        Self { hits: PRIOR * PRIOR_WEIGHT, trials: PRIOR_WEIGHT, keep }
    }

    fn heard(&mut self, hit: bool) {
        self.hits = self.hits * self.keep + if hit { 1.0 } else { 0.0 };
        self.trials = self.trials * self.keep + 1.0;
    }

    fn mean(self) -> f64 {
        self.hits / self.trials
    }

    fn variance(self) -> f64 {
        let mean = self.mean();
        mean * (1.0 - mean) / self.trials
    }
}

impl Answers {
    pub(super) fn new(known: Option<f64>) -> Self {
        Self {
            known,
            slow: Share::new(HALF_LIFE),
            quick: Share::new(QUICK_HALF_LIFE),
            answered: [0.0; BINS],
            failed: [0.0; BINS],
            flying: VecDeque::new(),
            weight: [1.0; BINS],
            since_refresh: 0,
            answer_time: 10.0,
            earliest: 0.0,
        }
    }

    /// A call leaves.
    pub(super) fn dialled(&mut self, at: Micros) {
        let bin = at.0 / BIN.0;
        match self.flying.back_mut() {
            Some((last, count)) if *last == bin => *count += 1,
            _ => self.flying.push_back((bin, 1)),
        }
    }

    /// A call that left at `dialled` is no longer in flight; without an end it never was one.
    pub(super) fn landed(&mut self, dialled: Micros) {
        let bin = dialled.0 / BIN.0;
        let place = self.flying.binary_search_by_key(&bin, |(bin, _)| *bin);
        let Ok(place) = place else { return };
        self.flying[place].1 -= 1;
        while self.flying.front().is_some_and(|(_, count)| *count == 0) {
            self.flying.pop_front();
        }
    }

    /// What has become of a call: a person, or not.
    pub(super) fn heard(&mut self, age: Span, person: bool) {
        self.slow.heard(person);
        self.quick.heard(person);
        let bin = bin_of(age);
        if person {
            self.answered[bin] += 1.0;
            self.answer_time += (age.0 as f64 / 1e6 - self.answer_time) * 0.01;
        } else {
            self.failed[bin] += 1.0;
        }
        self.since_refresh += 1;
        if self.since_refresh >= REFRESH {
            self.refresh();
        }
    }

    /// The answer probability to plan with: the slow estimate with some caution, or the quick one where it shows that
    /// the list has become better.
    pub(super) fn probability(&self) -> f64 {
        if let Some(known) = self.known {
            return known;
        }
        let (slow, quick) = (self.slow.mean(), self.quick.mean());
        let apart = (quick - slow) * (quick - slow) > ALARM * ALARM * self.quick.variance();
        let (mean, variance) =
            if quick > slow && apart { (quick, self.quick.variance()) } else { (slow, self.slow.variance()) };
        (mean + CAUTION * root(variance)).clamp(0.005, 0.98)
    }

    /// Mean time from dial to answer, in seconds.
    pub(super) const fn answer_time(&self) -> f64 {
        self.answer_time
    }

    /// The age before which hardly anybody answers, in seconds.
    pub(super) const fn earliest(&self) -> f64 {
        self.earliest
    }

    /// The calls in flight, each counted as what it still is of a fresh one.
    pub(super) fn in_flight(&self, now: Micros) -> f64 {
        let now = now.0 / BIN.0;
        let weigh = |&(bin, count): &(u64, u32)| {
            let age = usize::try_from(now - bin).unwrap_or(usize::MAX).min(BINS - 1);
            f64::from(count) * self.weight[age]
        };
        self.flying.iter().map(weigh).sum()
    }

    /// By Bayes: of calls that reach an age, a share `p S(a) / (p S(a) + (1 - p) F(a))` is still answered, where `S` and
    /// `F` are the shares of answers and of other ends that come later than `a`.
    fn refresh(&mut self) {
        self.since_refresh = 0;
        for count in self.answered.iter_mut().chain(&mut self.failed) {
            *count *= KEPT_BY_REFRESH;
        }
        let probability = self.probability();
        let (people, others): (f64, f64) = (self.answered.iter().sum(), self.failed.iter().sum());
        if people < 10.0 || others < 10.0 {
            return;
        }
        let mut early = 0.0;
        let few = self.answered.iter().take_while(|&&count| { early += count; early <= 0.02 * people }).count();
        self.earliest = few as f64 * BIN.0 as f64 / 1e6;
        let (mut later_people, mut later_others) = (people, others);
        for bin in 0..BINS {
            let person = probability * later_people / people;
            let other = (1.0 - probability) * later_others / others;
            let still = if person + other > 0.0 { person / (person + other) } else { 0.0 };
            self.weight[bin] = (still / probability).min(1.5);
            later_people = (later_people - self.answered[bin]).max(0.0);
            later_others = (later_others - self.failed[bin]).max(0.0);
        }
    }
}

fn bin_of(age: Span) -> usize {
    usize::try_from(age.0 / BIN.0).unwrap_or(usize::MAX).min(BINS - 1)
}

/// Square root by Newton's steps, the same everywhere.
fn root(of: f64) -> f64 {
    if of <= 0.0 {
        return 0.0;
    }
    let mut root = if of < 1.0 { 1.0 } else { of };
    for _ in 0..40 {
        root = 0.5 * (root + of / root);
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_call_counts_for_less_where_people_answer_early() {
        let mut answers = Answers::new(None);
        for call in 0..400_u64 {
            let person = call % 5 == 0;
            answers.heard(Span::secs(if person { 5 + call % 7 } else { 22 }), person);
        }
        for (dialled, expected) in [(100, 1.0), (92, 0.6), (80, 0.0)] {
            let mut answers = answers.clone();
            answers.dialled(Micros(dialled * 1_000_000));
            let counts = answers.in_flight(Micros(100_000_000));
            assert!((counts - expected).abs() < 0.15, "dialled at {dialled} s it counts for {counts}");
        }
    }

    #[test]
    fn a_better_list_is_believed_within_a_few_dozen_calls_and_a_known_rate_for_ever() {
        let mut learnt = Answers::new(None);
        let mut known = Answers::new(Some(0.3));
        (0..2_000_u64).for_each(|call| learnt.heard(Span::secs(10), call % 10 == 0));
        assert!((learnt.probability() - 0.1).abs() < 0.02, "{}", learnt.probability());
        for call in 0..80_u64 {
            learnt.heard(Span::secs(10), call % 5 < 2);
            known.heard(Span::secs(10), false);
        }
        assert!(learnt.probability() > 0.25, "{}", learnt.probability());
        assert_eq!(known.probability(), 0.3);
    }

    #[test]
    fn what_flies_is_what_was_dialled_and_has_not_landed() {
        let mut answers = Answers::new(None);
        [1, 1, 2, 9].into_iter().for_each(|second| answers.dialled(Micros(second * 1_000_000)));
        assert_eq!(answers.in_flight(Micros(10_000_000)), 4.0);
        [1, 9].into_iter().for_each(|second| answers.landed(Micros(second * 1_000_000)));
        assert_eq!(answers.in_flight(Micros(10_000_000)), 2.0);
    }
}
