//! How likely does a ringing call still become a person? Learnt from the calls that have ended.

use alloc::collections::VecDeque;

use libm::sqrt;

use crate::words::{Micros, Span};

/// Width of a bin of ages.
const BIN: Span = Span::millis(500);
/// Bins kept: a minute. Whatever rings longer is counted in the last one.
const BINS: usize = 120;
/// Calls after which a past call counts half.
const HALF_LIFE: f64 = 1_000.0;
/// The same of the quick estimate, which only watches for a change of the list.
const QUICK_HALF_LIFE: f64 = 60.0;
/// How many calls the first guess is worth, and how many calls a segment must have to count as much as the whole.
const PRIOR_WEIGHT: f64 = 30.0;
/// The first guess: high, since to expect too few answers is what drops people.
const PRIOR: f64 = 0.4;
/// Standard deviations added for safety: too low an estimate costs drops, too high a one only time.
const CAUTION: f64 = 0.5;
/// By so many standard deviations the quick estimate must lie above the slow one to be believed instead.
const ALARM: f64 = 2.5;
/// What the ages of answers and of other ends tell apart must be more than so many times the variance of chance; by this
/// much of it they are drawn together (after James and Stein, 1961). Where age says nothing, its noise would cost time.
const CHANCE: f64 = 2.0;
/// After how many calls the weights of ages are computed anew.
const REFRESH: u32 = 20;
/// What a call keeps of its weight from one refresh to the next: a half after [`HALF_LIFE`] calls.
const KEPT_BY_REFRESH: f64 = 1.0 - core::f64::consts::LN_2 * REFRESH as f64 / HALF_LIFE;
/// After so many calls without an answer a list is dead, or the way to it is.
const DEAD: u32 = 500;
/// The first guess at the mean time from dial to answer, in seconds, and what each answer changes of it.
const ANSWER_TIME: f64 = 10.0;
const ANSWER_TIME_STEP: f64 = 0.01;

/// Attempts that answer alike: the first on a lead, the second, and all later ones.
const SEGMENTS: usize = 3;

/// The answer probability, its curve over the age of a call, and the ages of the calls in flight.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    known: Option<f64>,
    slow: Share,
    quick: Share,
    /// Without a first guess: where little has been seen, the whole is believed.
    segments: [Share; SEGMENTS],
    /// To plan with, and by what share of itself it may well be too low; as they follow from the shares.
    probability: f64,
    doubt: f64,
    /// By age at their end: calls that were answered by a person, and all others.
    answered: [f64; BINS],
    failed: [f64; BINS],
    /// Calls in flight by the bin of time they were dialled in, oldest first, and by segment; as they are weighed.
    flying: VecDeque<(u64, [f64; SEGMENTS])>,
    /// What a call of each age still counts for, as a share of a fresh one; rebuilt every [`REFRESH`] calls.
    weight: [f64; BINS],
    since_refresh: u32,
    /// Calls since the last that a person answered.
    since_answer: u32,
    answer_time: f64,
}

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
        mean * (1.0 - mean).max(0.0) / self.trials
    }
}

impl Answers {
    pub(super) fn new(known: Option<f64>) -> Self {
        let mut answers = Self {
            known,
            slow: Share::new(HALF_LIFE),
            quick: Share::new(QUICK_HALF_LIFE),
            segments: [Share { hits: 0.0, trials: 0.0, ..Share::new(HALF_LIFE) }; SEGMENTS],
            probability: PRIOR,
            doubt: 0.0,
            answered: [0.0; BINS],
            failed: [0.0; BINS],
            flying: VecDeque::new(),
            weight: [1.0; BINS],
            since_refresh: 0,
            since_answer: 0,
            answer_time: ANSWER_TIME,
        };
        answers.plan();
        answers
    }

    /// A call leaves: the `nth` on its lead.
    pub(super) fn dialled(&mut self, at: Micros, nth: u32) {
        let bin = at.0 / BIN.0;
        // Mostly it is the last; what a process before has dialled comes in no order.
        let after = self.flying.iter().rev().take_while(|(other, _)| *other > bin).count();
        let behind = self.flying.len() - after;
        let place = match behind.checked_sub(1).filter(|&last| self.flying[last].0 == bin) {
            Some(there) => there,
            None => {
                self.flying.insert(behind, (bin, [0.0; SEGMENTS]));
                behind
            }
        };
        self.flying[place].1[segment_of(nth)] += 1.0;
    }

    /// A call that left at `dialled` is no longer in flight; without an end it never was one.
    pub(super) fn landed(&mut self, dialled: Micros, nth: u32) {
        let bin = dialled.0 / BIN.0;
        let Ok(place) = self.flying.binary_search_by_key(&bin, |(bin, _)| *bin) else { return };
        let count = &mut self.flying[place].1[segment_of(nth)];
        *count = (*count - 1.0).max(0.0);
        while self.flying.front().is_some_and(|(_, counts)| *counts == [0.0; SEGMENTS]) {
            self.flying.pop_front();
        }
    }

    /// What has become of a call: a person, or not.
    pub(super) fn heard(&mut self, age: Span, nth: u32, person: bool) {
        self.slow.heard(person);
        self.quick.heard(person);
        self.segments[segment_of(nth)].heard(person);
        self.plan();
        self.since_answer = if person { 0 } else { self.since_answer.saturating_add(1) };
        let bin = bin_of(age);
        if person {
            self.answered[bin] += 1.0;
            self.answer_time += (age.0 as f64 / 1e6 - self.answer_time) * ANSWER_TIME_STEP;
        } else {
            self.failed[bin] += 1.0;
        }
        self.since_refresh += 1;
        if self.since_refresh >= REFRESH {
            self.refresh();
        }
    }

    /// The answer probability to plan with.
    pub(super) const fn probability(&self) -> f64 {
        self.probability
    }

    /// Whether nobody answers any more, so that nothing is known of those who would.
    pub(super) const fn are_dead(&self) -> bool {
        self.since_answer >= DEAD
    }

    /// By what share of itself the probability may well be too low.
    pub(super) const fn doubt(&self) -> f64 {
        self.doubt
    }

    /// What to plan with, now that the shares have moved.
    fn plan(&mut self) {
        self.probability = self.cautious();
        self.doubt = if self.known.is_some() { 0.0 } else { sqrt(self.slow.variance()) / self.slow.mean() };
    }

    /// The slow estimate with some caution, or the quick one where it shows that the list has become better.
    fn cautious(&self) -> f64 {
        if let Some(known) = self.known {
            return known;
        }
        let (slow, quick) = (self.slow.mean(), self.quick.mean());
        let apart = (quick - slow) * (quick - slow) > ALARM * ALARM * self.quick.variance();
        let (mean, variance) =
            if quick > slow && apart { (quick, self.quick.variance()) } else { (slow, self.slow.variance()) };
        (mean + CAUTION * sqrt(variance)).clamp(0.005, 0.98)
    }

    /// Mean time from dial to answer, in seconds.
    pub(super) const fn answer_time(&self) -> f64 {
        self.answer_time
    }

    /// The calls in flight, each counted as what it still is of a fresh one.
    pub(super) fn in_flight(&self, now: Micros) -> f64 {
        let now = now.0 / BIN.0;
        let worth = self.segments_worth();
        let weigh = |(bin, counts): &(u64, [f64; SEGMENTS])| {
            let age = usize::try_from(now - bin).unwrap_or(usize::MAX).min(BINS - 1);
            let calls: f64 = counts.iter().zip(worth).map(|(count, worth)| count * worth).sum();
            calls * self.weight[age]
        };
        self.flying.iter().map(weigh).sum()
    }

    /// What a call counts for that leaves now, the `nth` on its lead.
    pub(super) fn worth_of_fresh(&self, nth: u32) -> f64 {
        self.segments_worth()[segment_of(nth)] * self.weight[0]
    }

    /// What a call of each segment is worth of an average one: its own share, held back to the whole where it has seen
    /// little.
    fn segments_worth(&self) -> [f64; SEGMENTS] {
        let whole = self.slow.mean();
        self.segments.map(|segment| {
            let own = (segment.hits + PRIOR_WEIGHT * whole) / (segment.trials + PRIOR_WEIGHT);
            if self.known.is_some() { 1.0 } else { own / whole }
        })
    }

    /// By Bayes: of calls that reach an age, a share `p S(a) / (p S(a) + (1 - p) F(a))` is still answered, where `S` and
    /// `F` are the shares of answers and of other ends that come later than `a`, as far as they can be told apart.
    fn refresh(&mut self) {
        self.since_refresh = 0;
        for decayed in [&mut self.answered, &mut self.failed] {
            decayed.iter_mut().for_each(|count| *count *= KEPT_BY_REFRESH);
        }
        let (people, others): (f64, f64) = (self.answered.iter().sum(), self.failed.iter().sum());
        if people == 0.0 || others == 0.0 {
            return;
        }
        let probability = self.probability;
        let (mut later_people, mut later_others) = (people, others);
        for bin in 0..BINS {
            let [person, other] = told_apart([(later_people, people), (later_others, others)]);
            let (person, other) = (probability * person, (1.0 - probability) * other);
            let still = if person + other > 0.0 { person / (person + other) } else { 0.0 };
            self.weight[bin] = (still / probability).min(1.5);
            later_people = (later_people - self.answered[bin]).max(0.0);
            later_others = (later_others - self.failed[bin]).max(0.0);
        }
    }
}

/// Two shares, each drawn towards what they are together by as much of their difference as chance may have made.
fn told_apart(counts: [(f64, f64); 2]) -> [f64; 2] {
    let [(one, of_one), (other, of_other)] = counts;
    let together = (one + other) / (of_one + of_other);
    let chance = together * (1.0 - together) * (1.0 / of_one + 1.0 / of_other);
    let apart = one / of_one - other / of_other;
    let believed = if apart == 0.0 { 0.0 } else { (1.0 - CHANCE * chance / (apart * apart)).max(0.0) };
    [one / of_one, other / of_other].map(|share| together + (share - together) * believed)
}

fn bin_of(age: Span) -> usize {
    usize::try_from(age.0 / BIN.0).unwrap_or(usize::MAX).min(BINS - 1)
}

fn segment_of(nth: u32) -> usize {
    (nth.max(1) as usize - 1).min(SEGMENTS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_call_counts_for_less_where_people_answer_early() {
        let mut answers = Answers::new(None);
        for call in 0..400_u64 {
            let person = call % 5 == 0;
            answers.heard(Span::secs(if person { 5 + call % 7 } else { 22 }), 1, person);
        }
        for (dialled, expected) in [(100, 1.0), (92, 0.6), (80, 0.0)] {
            let mut answers = answers.clone();
            answers.dialled(Micros(dialled * 1_000_000), 1);
            let counts = answers.in_flight(Micros(100_000_000));
            assert!((counts - expected).abs() < 0.15, "dialled at {dialled} s it counts for {counts}");
        }
    }

    #[test]
    fn where_age_tells_nothing_its_noise_is_not_believed() {
        let mut drawn = 1_u64;
        let mut draw = |below: u64| {
            drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (drawn >> 33) % below
        };
        let mut off = 0.0;
        for _list in 0..20 {
            let mut answers = Answers::new(None);
            for _call in 0..400 {
                let (age, person) = (Span::secs(draw(20)), draw(10) == 0);
                answers.heard(age, 1, person);
            }
            off += answers.weight[..32].iter().map(|weight| (weight - 1.0).abs()).sum::<f64>();
        }
        // As they were counted, the ages are off by 0.098.
        assert!(off / (20.0 * 32.0) < 0.03, "{}", off / (20.0 * 32.0));
    }

    #[test]
    fn a_second_attempt_counts_for_what_second_attempts_are() {
        let mut answers = Answers::new(None);
        for call in 0..2_000_u64 {
            answers.heard(Span::secs(10), 1, call % 4 == 0);
            answers.heard(Span::secs(10), 2, call % 20 == 0);
        }
        let worth = |nth| {
            let mut answers = answers.clone();
            answers.dialled(Micros(100_000_000), nth);
            answers.in_flight(Micros(100_000_000))
        };
        assert!((worth(1) - 1.0 / 0.6).abs() < 0.2, "{}", worth(1));
        assert!((worth(2) - 0.2 / 0.6).abs() < 0.1, "{}", worth(2));
        assert!((worth(3) - 1.0).abs() < 0.1, "nobody has seen a third one: {}", worth(3));
    }

    #[test]
    fn a_better_list_is_believed_within_a_few_dozen_calls_and_a_known_rate_for_ever() {
        let mut learnt = Answers::new(None);
        let mut known = Answers::new(Some(0.3));
        (0..2_000_u64).for_each(|call| learnt.heard(Span::secs(10), 1, call % 10 == 0));
        assert!((learnt.probability() - 0.1).abs() < 0.02, "{}", learnt.probability());
        for call in 0..80_u64 {
            learnt.heard(Span::secs(10), 1, call % 5 < 2);
            known.heard(Span::secs(10), 1, false);
        }
        assert!(learnt.probability() > 0.25, "{}", learnt.probability());
        assert_eq!(known.probability(), 0.3);
    }

    #[test]
    fn what_flies_is_what_was_dialled_and_has_not_landed() {
        let mut answers = Answers::new(None);
        [1, 1, 2, 9].into_iter().for_each(|second| answers.dialled(Micros(second * 1_000_000), 1));
        assert!((answers.in_flight(Micros(10_000_000)) - 4.0).abs() < 1e-9);
        [1, 9].into_iter().for_each(|second| answers.landed(Micros(second * 1_000_000), 1));
        assert!((answers.in_flight(Micros(10_000_000)) - 2.0).abs() < 1e-9);
    }
}
