//! How soon does a busy agent get free? Learnt from the conversations and the work after them that have ended, and from
//! how long those that go on have lasted.
//!
//! Each of the two laws is kept as its hazards by age: ends seen at an age over the time that was lived at it (the
//! estimate of Kaplan and Meier, 1958, in bins), drawn towards the mean rate where little has been seen. What goes on
//! still counts as time lived, so that long conversations are not overlooked in the first hour.

use alloc::vec::Vec;

use crate::words::{Micros, Span};

/// Ages that are told apart: each second up to 16 s, then eight to an octave; the last one, from 15 min on, is open.
const BINS: usize = 64;
/// Seconds that have a bin of their own.
const FINE: usize = 16;
/// What an end keeps of its weight with each further one: a half after 400.
const KEEP: f64 = 1.0 - core::f64::consts::LN_2 / 400.0;
/// So many ends at the mean rate each age is taken to have seen beforehand.
const PRIOR_ENDS: f64 = 1.0;
/// The first guesses at the means, in seconds, and how many ends they are worth.
const PRIOR_TALK: f64 = 60.0;
const PRIOR_WRAP_UP: f64 = 10.0;
const PRIOR_MEAN_ENDS: f64 = 3.0;
/// How many ends pass until the chances are computed anew. In a large pool ten are soon there and change little, so it is
/// an end for each so many agents.
const REFRESH: u32 = 10;
const AGENTS_FOR_EACH_END: u32 = 10;
/// A horizon that moves by less, in seconds, is still the same.
const HORIZON_MOVES: f64 = 0.25;

/// What keeps an agent busy, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy {
    pub(crate) since: Micros,
    pub(crate) with: Work,
}

/// One of the two things that keep an agent busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// A conversation, or one about to begin.
    Talk,
    /// The work after it, which the campaign ends at that moment at the latest.
    WrapUp { until: Micros },
}

/// Both laws, and the chances to be free soon that follow from them.
#[derive(Debug, Clone)]
pub(super) struct Handling {
    talk: Law,
    wrap_up: Law,
    /// The two spans from now that the chances are for.
    horizons: [Horizon; 2],
    /// By age of the conversation: the chance to be free within each horizon, where it was asked for since the last refresh.
    from_talk: [Option<[f64; 2]>; BINS],
    /// The same by age of the work after it.
    from_wrap_up: [Option<[f64; 2]>; BINS],
    /// The chance that a conversation which begins now is over, with its work, within what lies between the horizons.
    at_once: f64,
    ends_since_refresh: u32,
}

/// A law of time.
#[derive(Debug, Clone)]
struct Law {
    prior_s: f64,
    /// By age: ends seen, and seconds lived; both decayed.
    ended: [f64; BINS],
    lived_s: [f64; BINS],
    mean_s: f64,
    /// By age: the chance to end within a second more, as of the last refresh.
    ends: [f64; BINS],
}

/// A span from now, in seconds.
#[derive(Debug, Clone)]
struct Horizon {
    span: f64,
    /// For each step of it: the chance that the work after a conversation which ends in it is over in what is left.
    work_over: Vec<f64>,
}

impl Handling {
    pub(super) fn new() -> Self {
        Self {
            talk: Law::new(PRIOR_TALK),
            wrap_up: Law::new(PRIOR_WRAP_UP),
            horizons: [const { Horizon { span: 0.0, work_over: Vec::new() } }; 2],
            from_talk: [None; BINS],
            from_wrap_up: [None; BINS],
            at_once: 0.0,
            ends_since_refresh: REFRESH,
        }
    }

    /// A conversation has ended.
    pub(super) fn talked(&mut self, lasted: Span) {
        self.talk.heard(lasted);
        self.ends_since_refresh += 1;
    }

    /// The work after one has ended.
    pub(super) fn wrapped_up(&mut self, lasted: Span) {
        self.wrap_up.heard(lasted);
        self.ends_since_refresh += 1;
    }

    /// Mean of a conversation and its work together, in seconds.
    pub(super) fn mean(&self) -> f64 {
        self.talk.mean_s + self.wrap_up.mean_s
    }

    /// Computes the chances anew where enough has ended for so many agents, or where other horizons are asked for.
    pub(super) fn refresh(
        &mut self,
        now: Micros,
        agents: u32,
        horizons: [f64; 2],
        busy: impl Iterator<Item = Busy> + Clone,
    ) {
        let moved =
            horizons.iter().zip(&self.horizons).any(|(to, from)| (to - from.span).abs() > HORIZON_MOVES);
        if self.ends_since_refresh < REFRESH.max(agents / AGENTS_FOR_EACH_END) && !moved {
            return;
        }
        self.ends_since_refresh = 0;
        let ages = |talks| {
            busy.clone()
                .filter(move |busy| (busy.with == Work::Talk) == talks)
                .map(move |busy| seconds(now.since(busy.since)))
        };
        self.talk.refresh(ages(true));
        self.wrap_up.refresh(ages(false));
        (self.from_talk, self.from_wrap_up) = ([None; BINS], [None; BINS]);
        self.horizons = horizons.map(|span| Horizon::new(span, &self.wrap_up));
        let between = Horizon::new(horizons[1] - horizons[0], &self.wrap_up);
        self.at_once = between.free_from_talk(&self.talk, 0);
    }

    /// The chance that a conversation which begins now is over, with its work, within what lies between the horizons.
    pub(super) const fn at_once(&self) -> f64 {
        self.at_once
    }

    /// Of those busy now, how many are expected to be free within each horizon.
    pub(super) fn free_within(&mut self, now: Micros, busy: impl Iterator<Item = Busy>) -> [f64; 2] {
        let Self { talk, wrap_up, horizons, from_talk, from_wrap_up, .. } = self;
        let mut free = [0.0; 2];
        busy.for_each(|Busy { since, with }| {
            let age = bin_of(now.since(since));
            let chances = match with {
                Work::Talk => *from_talk[age].get_or_insert_with(|| {
                    horizons.each_ref().map(|horizon| horizon.free_from_talk(talk, middle_of(age)))
                }),
                Work::WrapUp { until } => {
                    let left = seconds(until.since(now));
                    let [soon, later] = *from_wrap_up[age].get_or_insert_with(|| {
                        horizons
                            .each_ref()
                            .map(|horizon| free_from_wrap_up(wrap_up, middle_of(age), horizon.span))
                    });
                    [
                        if left <= horizons[0].span { 1.0 } else { soon },
                        if left <= horizons[1].span { 1.0 } else { later },
                    ]
                }
            };
            free[0] += chances[0];
            free[1] += chances[1];
        });
        free
    }
}

impl Horizon {
    fn new(span: f64, wrap_up: &Law) -> Self {
        let Steps { whole, rest } = Steps::of(span);
        let over =
            |after: u32, step: f64| free_from_wrap_up(wrap_up, 0, span - f64::from(after) - step / 2.0);
        let work_over = (0..whole).map(|after| over(after, 1.0)).chain([over(whole, rest)]).collect();
        Self { span, work_over }
    }

    /// The conversation ends at some step, and its work in what is left: that chance is the same at every age.
    fn free_from_talk(&self, talk: &Law, age: u32) -> f64 {
        let Steps { whole, rest } = Steps::of(self.span);
        let (steps, last) = talk.ends_from(age, whole);
        let (mut goes_on, mut free) = (1.0, 0.0);
        for (ends, work_over) in steps.zip(&self.work_over) {
            let ends = goes_on * ends;
            free += ends * work_over;
            goes_on -= ends;
        }
        free + goes_on * rest * last * self.work_over[whole as usize]
    }
}

fn free_from_wrap_up(wrap_up: &Law, age: u32, within: f64) -> f64 {
    let Steps { whole, rest } = Steps::of(within);
    let (steps, last) = wrap_up.ends_from(age, whole);
    let goes_on = steps.fold(1.0, |goes_on, ends| goes_on * (1.0 - ends));
    1.0 - goes_on * (1.0 - rest * last)
}

impl Law {
    const fn new(prior_s: f64) -> Self {
        Self { prior_s, ended: [0.0; BINS], lived_s: [0.0; BINS], mean_s: prior_s, ends: [0.0; BINS] }
    }

    fn heard(&mut self, lasted: Span) {
        for decayed in [&mut self.ended, &mut self.lived_s] {
            decayed.iter_mut().for_each(|count| *count *= KEEP);
        }
        live(&mut self.lived_s, seconds(lasted));
        self.ended[bin_of(lasted)] += 1.0;
        self.mean_s = mean(&self.ended, &self.lived_s, self.prior_s);
    }

    /// The hazards, with what goes on now counted as time lived.
    fn refresh(&mut self, going_on: impl Iterator<Item = f64>) {
        let mut lived = self.lived_s;
        going_on.for_each(|seconds| live(&mut lived, seconds));
        let mean = mean(&self.ended, &lived, self.prior_s);
        self.ends = core::array::from_fn(|bin| {
            within_a_second((self.ended[bin] + PRIOR_ENDS) / (lived[bin] + PRIOR_ENDS * mean))
        });
    }

    /// The chances to end within a second more, for each of so many seconds from an age on, and for the one after them.
    fn ends_from(&self, age: u32, seconds: u32) -> (impl Iterator<Item = f64>, f64) {
        let ends = |second| self.ends[bin_of_second(second)];
        ((age..age + seconds).map(ends), ends(age + seconds))
    }
}

/// The chance to end within a second at so many ends per second: `1 - exp(-h)`, to second order.
const fn within_a_second(hazard: f64) -> f64 {
    (hazard / (1.0 + hazard / 2.0)).min(1.0)
}

fn mean(ended: &[f64; BINS], lived_s: &[f64; BINS], prior_s: f64) -> f64 {
    let (ends, time): (f64, f64) = (ended.iter().sum(), lived_s.iter().sum());
    (time + PRIOR_MEAN_ENDS * prior_s) / (ends + PRIOR_MEAN_ENDS)
}

/// Adds a life to the time lived at each age.
fn live(lived: &mut [f64; BINS], seconds: f64) {
    let last = bin_of_second(seconds as u32);
    for (lived, width) in lived[..last].iter_mut().zip(&WIDTHS) {
        *lived += width;
    }
    lived[last] += seconds - STARTS[last];
}

/// A span in steps of a second: how many whole ones, and how long the last is, which is shorter.
struct Steps {
    whole: u32,
    rest: f64,
}

impl Steps {
    fn of(span: f64) -> Self {
        let whole = span as u32;
        Self { whole, rest: span - f64::from(whole) }
    }
}

fn bin_of(lasted: Span) -> usize {
    bin_of_second(u32::try_from(lasted.0 / 1_000_000).unwrap_or(u32::MAX))
}

/// The bin of the ages between a whole second and the next.
fn bin_of_second(second: u32) -> usize {
    BIN_OF.get(second as usize).map_or(BINS - 1, |&bin| usize::from(bin))
}

/// The second with which the last bin begins, which is open.
const LAST_SECOND: u32 = start_of(BINS - 1) as u32;

/// The bin of each whole second, since they are asked for with every agent who is busy.
const BIN_OF: [u8; LAST_SECOND as usize + 1] = {
    let mut bins = [0; LAST_SECOND as usize + 1];
    let (mut second, mut bin) = (0, 0);
    while second < bins.len() {
        if bin + 1 < BINS && start_of(bin + 1) <= second as f64 {
            bin += 1;
        }
        bins[second] = bin as u8;
        second += 1;
    }
    bins
};

/// The age at which each bin begins, in seconds.
const STARTS: [f64; BINS] = {
    let mut starts = [0.0; BINS];
    let mut bin = 0;
    while bin < BINS {
        starts[bin] = start_of(bin);
        bin += 1;
    }
    starts
};

/// How many seconds each bin is wide but the last, which is open.
const WIDTHS: [f64; BINS - 1] = {
    let mut widths = [0.0; BINS - 1];
    let mut bin = 0;
    while bin < widths.len() {
        widths[bin] = STARTS[bin + 1] - STARTS[bin];
        bin += 1;
    }
    widths
};

const fn start_of(bin: usize) -> f64 {
    match bin.checked_sub(FINE) {
        None => bin as f64,
        Some(beyond) => ((8 + beyond % 8) << (beyond / 8 + 1)) as f64,
    }
}

/// The whole second in the middle of a bin.
fn middle_of(bin: usize) -> u32 {
    f64::midpoint(start_of(bin), start_of(bin + 1)) as u32
}

fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(10_000_000_000);

    fn talking(for_s: u64) -> Busy {
        Busy { since: NOW - Span::secs(for_s), with: Work::Talk }
    }

    fn free(handling: &mut Handling, horizon: f64, busy: Busy) -> f64 {
        let all = core::iter::once(busy);
        handling.refresh(NOW, 10, [horizon, horizon + 1.0], all.clone());
        handling.free_within(NOW, all)[0]
    }

    #[test]
    fn every_age_has_its_bin_and_every_bin_its_ages() {
        for second in 0..2_000 {
            let bin = bin_of_second(second);
            assert!(start_of(bin) <= f64::from(second), "{second} s in bin {bin}");
            assert!(bin == BINS - 1 || f64::from(second) < start_of(bin + 1), "{second} s in bin {bin}");
        }
    }

    #[test]
    fn where_all_talks_last_the_same_their_end_is_foreseen() {
        let mut handling = Handling::new();
        for _ in 0..400 {
            handling.talked(Span::secs(100));
            handling.wrapped_up(Span::secs(2));
        }
        let early = free(&mut handling, 10.0, talking(20));
        let late = free(&mut handling, 10.0, talking(98));
        assert!(early < 0.1 && late > 0.5, "{early} after 20 s and {late} after 98 s");
    }

    #[test]
    fn a_law_without_memory_frees_whoever_has_talked_for_however_long() {
        let mut handling = Handling::new();
        // The quantiles of an exponential law with mean 60 s: -60 ln(1 - u), by its series.
        for nth in 0..2_000_u32 {
            let u = f64::from((nth * 997) % 2_000) / 2_000.0;
            let quantile: f64 = (1..400).map(|k| power(u, k) / f64::from(k)).sum();
            handling.talked(Span((60e6 * quantile) as u64));
            handling.wrapped_up(Span::ZERO);
        }
        for age in [1, 30, 100] {
            let free = free(&mut handling, 10.0, talking(age));
            assert!((free - 0.154).abs() < 0.05, "after {age} s: {free}");
        }
    }

    fn power(of: f64, times: u32) -> f64 {
        (0..times).fold(1.0, |power, _| power * of)
    }

    #[test]
    fn an_end_that_the_campaign_sets_is_known_to_the_second() {
        let wraps_up = |for_s| {
            let until = NOW + Span::secs(for_s);
            let busy = Busy { since: NOW, with: Work::WrapUp { until } };
            free(&mut Handling::new(), 5.0, busy)
        };
        assert_eq!(wraps_up(5), 1.0);
        assert!(wraps_up(600) < 0.5, "{}", wraps_up(600));
    }

    #[test]
    fn talks_that_go_on_are_time_lived() {
        let mut handling = Handling::new();
        (0..20).for_each(|_| handling.talked(Span::secs(10)));
        let long = core::iter::repeat_n(talking(300), 20);
        handling.refresh(NOW, 10, [5.0, 15.0], long.clone());
        let patient = handling.free_within(NOW, core::iter::once(talking(60)))[0];
        let mut hasty = Handling::new();
        (0..20).for_each(|_| hasty.talked(Span::secs(10)));
        hasty.refresh(NOW, 10, [5.0, 15.0], core::iter::empty());
        let naive = hasty.free_within(NOW, core::iter::once(talking(60)))[0];
        assert!(patient < naive / 2.0, "{patient} and without them {naive}");
    }
}
