//! How soon does a busy agent get free? Learnt from the conversations and the work after them that have ended, and from
//! how long those that go on have lasted.

use crate::words::{Micros, Span};

/// Ages that are told apart: each second up to 16 s, then eight to an octave; the last one is open.
const BINS: usize = 64;
/// Seconds that have a bin of their own.
const FINE: u64 = 16;
/// What one ended conversation keeps of its weight with each further one: a half after 400.
const KEEP: f64 = 1.0 - core::f64::consts::LN_2 / 400.0;
/// So many ends at the mean rate each age is believed to have seen beforehand.
const PRIOR_ENDS: f64 = 1.0;
/// The first guess at a mean, in seconds, and how many ends it is worth: short, since who gets free too late is dropped for.
const PRIOR_TALK: f64 = 60.0;
const PRIOR_WRAP_UP: f64 = 10.0;
const PRIOR_MEAN_ENDS: f64 = 3.0;

/// What an agent is busy with.
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

/// The laws of conversation and wrap-up as learnt, and the chances to be free soon that follow from them.
#[derive(Debug, Clone)]
pub(super) struct Handling {
    talk: Law,
    wrap_up: Law,
    /// The two spans from now that the chances are for, in seconds.
    horizons: [f64; 2],
    /// By age of a conversation, and of wrap-up: the chance to be free within each horizon.
    from_talk: [[f64; BINS]; 2],
    from_wrap_up: [[f64; BINS]; 2],
    ended: u32,
}

/// How many ends pass until the chances are computed anew.
const REFRESH: u32 = 10;

/// A law of time as its hazards by age.
#[derive(Debug, Clone)]
struct Law {
    ended: [f64; BINS],
    lived_s: [f64; BINS],
    hazard: [f64; BINS],
    prior_s: f64,
}

impl Law {
    fn new(prior_s: f64) -> Self {
        Self { ended: [0.0; BINS], lived_s: [0.0; BINS], hazard: [1.0 / prior_s; BINS], prior_s }
    }

    fn heard(&mut self, lasted: Span) {
        for (ended, lived) in self.ended.iter_mut().zip(&mut self.lived_s) {
            *ended *= KEEP;
            *lived *= KEEP;
        }
        let seconds = seconds(lasted);
        let last = bin_of(seconds);
        live(&mut self.lived_s, seconds);
        self.ended[last] += 1.0;
    }

    fn refresh(&mut self, going_on: impl Iterator<Item = f64>) {
        let mut lived = self.lived_s;
        going_on.for_each(|seconds| live(&mut lived, seconds));
        let ends: f64 = self.ended.iter().sum();
        let time: f64 = lived.iter().sum();
        let mean = (ends + PRIOR_MEAN_ENDS) / (time + PRIOR_MEAN_ENDS * self.prior_s);
        for (hazard, (ended, lived)) in self.hazard.iter_mut().zip(self.ended.iter().zip(&lived)) {
            *hazard = (ended + PRIOR_ENDS) / (lived + PRIOR_ENDS / mean);
        }
    }

    fn mean(&self) -> f64 {
        let ends: f64 = self.ended.iter().sum();
        let time: f64 = self.lived_s.iter().sum();
        (time + PRIOR_MEAN_ENDS * self.prior_s) / (ends + PRIOR_MEAN_ENDS)
    }

    /// The chance that what has lasted `age` ends within a second more.
    fn ends_within_a_second(&self, age: f64) -> f64 {
        let hazard = self.hazard[bin_of(age)].min(4.0);
        hazard / (1.0 + hazard / 2.0)
    }
}

fn live(lived: &mut [f64; BINS], seconds: f64) {
    for (bin, lived) in lived.iter_mut().enumerate() {
        let from = start_of(bin);
        if from >= seconds {
            break;
        }
        let to = if bin + 1 < BINS { start_of(bin + 1).min(seconds) } else { seconds };
        *lived += to - from;
    }
}

fn bin_of(seconds: f64) -> usize {
    let whole = seconds as u64;
    if whole < FINE {
        return whole as usize;
    }
    let octave = whole.ilog2() - 4;
    let within = (whole >> (octave + 1)) & 7;
    (FINE as usize + octave as usize * 8 + within as usize).min(BINS - 1)
}

fn start_of(bin: usize) -> f64 {
    if bin < FINE as usize {
        return bin as f64;
    }
    let (octave, within) = ((bin - FINE as usize) / 8, (bin - FINE as usize) % 8);
    ((8 + within) << (octave + 1)) as f64
}

fn middle_of(bin: usize) -> f64 {
    if bin + 1 < BINS { (start_of(bin) + start_of(bin + 1)) / 2.0 } else { start_of(bin) }
}

fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1e6
}

impl Handling {
    pub(super) fn new() -> Self {
        Self {
            talk: Law::new(PRIOR_TALK),
            wrap_up: Law::new(PRIOR_WRAP_UP),
            horizons: [0.0; 2],
            from_talk: [[0.0; BINS]; 2],
            from_wrap_up: [[0.0; BINS]; 2],
            ended: REFRESH,
        }
    }

    /// A conversation has ended.
    pub(super) fn talked(&mut self, lasted: Span) {
        self.talk.heard(lasted);
        self.ended += 1;
    }

    /// The work after one has ended.
    pub(super) fn wrapped_up(&mut self, lasted: Span) {
        self.wrap_up.heard(lasted);
        self.ended += 1;
    }

    /// Mean of both together, in seconds.
    pub(super) fn mean(&self) -> f64 {
        self.talk.mean() + self.wrap_up.mean()
    }

    /// Computes the chances anew where enough has happened, or where other horizons are asked for.
    pub(super) fn refresh(&mut self, now: Micros, horizons: [f64; 2], busy: impl Iterator<Item = Busy> + Clone) {
        let moved = |a: f64, b: f64| (a - b).abs() > 0.25;
        let other = moved(horizons[0], self.horizons[0]) || moved(horizons[1], self.horizons[1]);
        if self.ended < REFRESH && !other {
            return;
        }
        self.ended = 0;
        self.horizons = horizons;
        let ages = |talks: bool| {
            busy.clone()
                .filter(move |busy| matches!(busy.with, Work::Talk) == talks)
                .map(move |busy| seconds(now.since(busy.since)))
        };
        self.talk.refresh(ages(true));
        self.wrap_up.refresh(ages(false));
        for (h, &horizon) in horizons.iter().enumerate() {
            for bin in 0..BINS {
                self.from_wrap_up[h][bin] = self.free_from_wrap_up(middle_of(bin), horizon);
            }
            for bin in 0..BINS {
                self.from_talk[h][bin] = self.free_from_talk(middle_of(bin), horizon);
            }
        }
    }

    fn free_from_wrap_up(&self, age: f64, within: f64) -> f64 {
        let mut still = 1.0;
        let (mut age, mut left) = (age, within);
        while left > 0.0 {
            let step = left.min(1.0);
            still *= 1.0 - step * self.wrap_up.ends_within_a_second(age);
            (age, left) = (age + 1.0, left - 1.0);
        }
        1.0 - still
    }

    fn free_from_talk(&self, age: f64, within: f64) -> f64 {
        let (mut talks, mut free) = (1.0, 0.0);
        let (mut age, mut left) = (age, within);
        while left > 0.0 {
            let step = left.min(1.0);
            let ends = talks * step * self.talk.ends_within_a_second(age);
            free += ends * self.free_from_wrap_up(0.0, left - step / 2.0);
            talks -= ends;
            (age, left) = (age + 1.0, left - 1.0);
        }
        free
    }

    /// Of those busy now, how many are expected to be free within each horizon.
    pub(super) fn free_within(&self, now: Micros, busy: impl Iterator<Item = Busy>) -> [f64; 2] {
        let mut free = [0.0; 2];
        for busy in busy {
            let age = bin_of(seconds(now.since(busy.since)));
            for (h, free) in free.iter_mut().enumerate() {
                *free += match busy.with {
                    Work::Talk => self.from_talk[h][age],
                    Work::WrapUp { until } if seconds(until.since(now)) <= self.horizons[h] => 1.0,
                    Work::WrapUp { .. } => self.from_wrap_up[h][age],
                };
            }
        }
        free
    }
}
