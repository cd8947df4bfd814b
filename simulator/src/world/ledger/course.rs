//! The course of a day: what went on in each five minutes, and how many lines and calls a second it took.
//!
//! Everything in it is a sum of whole numbers, so that days can be added up in any order.

use engine::words::{Micros, Span};

/// How long a bin lasts.
pub const BIN: Span = Span::secs(300);
const SECOND: Span = Span::secs(1);

/// Five minutes of a day. Times are in microseconds: of agents, or of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bin {
    /// Agents' time in conversation or in the work after it.
    pub busy_us: u64,
    /// Agents' time of waiting for a call.
    pub idle_us: u64,
    /// Calls' time of ringing.
    pub ringing_us: u64,
    /// Calls' time on a line, of any kind.
    pub lines_us: u64,
    /// Calls placed.
    pub dials: u64,
    /// Calls that a person has answered.
    pub answers: u64,
    /// Answers that found no agent in time.
    pub drops: u64,
}

/// How often, or for how long, a number has been seen: its weights by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(Vec<u64>);

/// What went on in a day, or in many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Course {
    /// Five minutes each, from the opening on; the last may be shorter.
    pub bins: Vec<Bin>,
    /// The time, in microseconds, with so many lines in use.
    pub lines: Tally,
    /// The seconds, by the clock, in which so many calls were placed.
    pub calls_per_second: Tally,
    present: Present,
}

/// What is going on, while the day lasts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Present {
    opening: Micros,
    closing: Micros,
    /// Up to when lines and ringing have been put down.
    noted: Micros,
    lines: u32,
    ringing: u32,
    /// The second of the day of the last dial, and how many there have been in it.
    second: u64,
    in_second: u64,
}

impl Course {
    /// A day begins, with so many calls still on a line, and so many of them ringing.
    pub(crate) fn opens(&mut self, opening: Micros, closing: Micros, lines: u32, ringing: u32) {
        let bins = closing.since(opening).0.div_ceil(BIN.0);
        self.bins = vec![Bin::default(); usize::try_from(bins).expect("a day has 288 at most")];
        self.present = Present { opening, closing, noted: opening, lines, ringing, ..Present::default() };
    }

    pub(crate) fn placed(&mut self, now: Micros) {
        self.note(now);
        self.present.lines += 1;
        self.present.ringing += 1;
        let second = now.since(self.present.opening).0 / SECOND.0;
        if second != self.present.second {
            self.calls_per_second.add(self.present.in_second, 1);
            self.present.in_second = 0;
            self.present.second = second;
        }
        self.present.in_second += 1;
        self.count(now, |bin| bin.dials += 1);
    }

    pub(crate) fn answered(&mut self, now: Micros) {
        self.note(now);
        self.present.ringing -= 1;
        self.count(now, |bin| bin.answers += 1);
    }

    /// Whoever answered at that moment was a machine, and no answer.
    pub(crate) fn was_a_machine(&mut self, answered: Micros) {
        self.count(answered, |bin| bin.answers = bin.answers.saturating_sub(1));
    }

    pub(crate) fn ended(&mut self, now: Micros, answered: bool) {
        self.note(now);
        self.present.lines -= 1;
        self.present.ringing -= u32::from(!answered);
    }

    pub(crate) fn dropped(&mut self, now: Micros) {
        self.count(now, |bin| bin.drops += 1);
    }

    pub(crate) fn waited(&mut self, since: Micros, until: Micros) {
        self.spread(since, until, |bin, time| bin.idle_us += time);
    }

    pub(crate) fn worked(&mut self, since: Micros, until: Micros) {
        self.spread(since, until, |bin, time| bin.busy_us += time);
    }

    /// Puts down what is still going on, and the seconds in which no call was placed.
    pub(crate) fn closes(&mut self) {
        let Present { opening, closing, in_second, .. } = self.present;
        self.note(closing);
        self.calls_per_second.add(in_second, 1);
        self.present.in_second = 0;
        let silent =
            closing.since(opening).0.div_ceil(SECOND.0).saturating_sub(self.calls_per_second.total());
        self.calls_per_second.add(0, silent);
    }

    /// Adds another course to this one, bin by bin.
    pub(crate) fn add(&mut self, other: &Self) {
        self.bins.resize(self.bins.len().max(other.bins.len()), Bin::default());
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            bin.busy_us += more.busy_us;
            bin.idle_us += more.idle_us;
            bin.ringing_us += more.ringing_us;
            bin.lines_us += more.lines_us;
            bin.dials += more.dials;
            bin.answers += more.answers;
            bin.drops += more.drops;
        }
        self.lines.add_all(&other.lines);
        self.calls_per_second.add_all(&other.calls_per_second);
    }

    /// Lines and ringing up to now, before they change.
    fn note(&mut self, now: Micros) {
        let Present { noted, closing, lines, ringing, .. } = self.present;
        let until = now.min(closing);
        if until <= noted {
            return;
        }
        self.lines.add(u64::from(lines), until.since(noted).0);
        self.spread(noted, until, |bin, time| {
            bin.lines_us += u64::from(lines) * time;
            bin.ringing_us += u64::from(ringing) * time;
        });
        self.present.noted = until;
    }

    fn count(&mut self, now: Micros, change: impl Fn(&mut Bin)) {
        let nth = now.since(self.present.opening).0 / BIN.0;
        // What happens after closing time belongs to the last bin.
        let last = self.bins.len() - 1;
        change(&mut self.bins[usize::try_from(nth).map_or(last, |nth| nth.min(last))]);
    }

    /// Gives each bin its part of a time that lies within the day.
    fn spread(&mut self, since: Micros, until: Micros, give: impl Fn(&mut Bin, u64)) {
        let into_day = |moment: Micros| moment.min(self.present.closing).since(self.present.opening).0;
        let (mut from, to) = (into_day(since), into_day(until));
        while from < to {
            let nth = from / BIN.0;
            let end = ((nth + 1) * BIN.0).min(to);
            give(&mut self.bins[usize::try_from(nth).expect("bins are few")], end - from);
            from = end;
        }
    }
}

impl Tally {
    /// That number, with that much more weight.
    pub(crate) fn add(&mut self, number: u64, weight: u64) {
        let number = usize::try_from(number).expect("calls and lines are few");
        if number >= self.0.len() {
            self.0.resize(number + 1, 0);
        }
        self.0[number] += weight;
    }

    fn add_all(&mut self, other: &Self) {
        for (number, &weight) in (0..).zip(&other.0) {
            self.add(number, weight);
        }
    }

    /// All weights together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The least number that, with the smaller ones, has that share of the weight; 0 where there is none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> u64 {
        let wanted = share * self.total() as f64;
        let mut sum = 0.0;
        let reaches = |&weight: &u64| {
            sum += weight as f64;
            sum >= wanted
        };
        self.0.iter().position(reaches).unwrap_or_default() as u64
    }

    /// The largest number seen.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.0.iter().rposition(|&weight| weight > 0).unwrap_or_default() as u64
    }
}
