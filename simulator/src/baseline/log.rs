//! The call log, and the drop percentages that are drawn from it.

use std::collections::VecDeque;

use engine::words::{AttemptId, Micros, Span};

const MINUTE: Span = Span::secs(60);

/// The log of the present day, as far as anybody looks at it.
#[derive(Debug, Clone)]
pub(super) struct Log {
    british: bool,
    day: u64,
    today: Tally,
    /// The rows of the last minute, in order.
    recent: VecDeque<Row>,
}

/// A call in the log, by when it was answered or had ended unanswered.
#[derive(Debug, Clone, Copy)]
struct Row {
    at: Micros,
    attempt: AttemptId,
    dropped: bool,
}

/// What a day has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// Calls in the log.
    pub(super) calls: u64,
    /// Of these, dropped.
    pub(super) drops: u64,
    /// Of these, dispositioned by an agent as a person. A conversation that goes on is none yet.
    pub(super) people: u64,
    /// Of these, dispositioned by an agent as a machine.
    pub(super) machines: u64,
}

/// The figures that the dial level goes by; percentages are of 100.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Figures {
    pub(super) calls_today: u64,
    /// Drops per answer.
    pub(super) drops_today: f64,
    pub(super) calls_last_minute: u64,
    /// Drops per call, answered or not.
    pub(super) drops_last_minute: f64,
}

impl Figures {
    /// Whether the last minute was mostly drops.
    pub(super) fn is_emergency(&self) -> bool {
        self.calls_last_minute > 20 && self.drops_last_minute > 50.0
    }

    /// Whether the day's drops are above the limit.
    pub(super) fn is_above(&self, limit: f64) -> bool {
        self.calls_today > 50 && self.drops_today > limit
    }
}

impl Tally {
    /// Drops per answer in percent with two decimals. An answer is what was dispositioned as a person, or dropped.
    ///
    /// The British formula takes off the drops as many as were machines, by the share of machines among what agents got.
    pub(super) fn drop_percentage(self, british: bool) -> f64 {
        let (drops, people, machines) = (self.drops as f64, self.people as f64, self.machines as f64);
        let passed = people + machines;
        let share = if british && passed > 0.0 { machines / passed } else { 0.0 };
        let drops = drops * (1.0 - share);
        let percent = 100.0 * drops / (people + drops).max(1.0);
        (percent * 100.0).round() / 100.0
    }
}

impl Log {
    pub(super) fn new(british: bool) -> Self {
        Self { british, day: 0, today: Tally::default(), recent: VecDeque::new() }
    }

    /// A call gets its row: when it is answered, or when its line is given up.
    pub(super) fn logged(&mut self, at: Micros, day: u64, attempt: AttemptId) {
        // Nobody asks for figures where an administrator has fixed the level.
        self.forget(at);
        self.today(day).calls += 1;
        self.recent.push_back(Row { at, attempt, dropped: false });
    }

    /// A call that has its row was dropped.
    pub(super) fn dropped(&mut self, day: u64, attempt: AttemptId) {
        self.today(day).drops += 1;
        if let Some(row) = self.recent.iter_mut().rev().find(|row| row.attempt == attempt) {
            row.dropped = true;
        }
    }

    /// An agent has said what a call was.
    pub(super) fn dispositioned(&mut self, day: u64, machine: bool) {
        let today = self.today(day);
        if machine { today.machines += 1 } else { today.people += 1 }
    }

    /// The figures as they are now.
    pub(super) fn figures(&mut self, now: Micros, day: u64) -> Figures {
        self.forget(now);
        let british = self.british;
        let today = *self.today(day);
        let calls = self.recent.len() as u64;
        let drops = self.recent.iter().filter(|row| row.dropped).count();
        Figures {
            calls_today: today.calls,
            drops_today: today.drop_percentage(british),
            calls_last_minute: calls,
            drops_last_minute: 100.0 * drops as f64 / calls.max(1) as f64,
        }
    }

    /// What is older than a minute is looked at by nobody.
    fn forget(&mut self, now: Micros) {
        while self.recent.front().is_some_and(|row| row.at + MINUTE <= now) {
            self.recent.pop_front();
        }
    }

    /// The day's tally, which begins anew at midnight.
    fn today(&mut self, day: u64) -> &mut Tally {
        if day != self.day {
            (self.day, self.today) = (day, Tally::default());
        }
        &mut self.today
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_counted_by_answer_and_by_the_british_formula_without_the_machines_among_them() {
        for ((drops, people, machines), british, expected) in [
            ((0, 0, 0), false, 0.0),
            ((1, 0, 0), false, 100.0),
            ((3, 97, 0), false, 3.0),
            ((1, 2, 0), false, 33.33),
            // What agents have marked as a machine is no answer.
            ((3, 97, 50), false, 3.0),
            // The published check of the British formula.
            ((29, 9, 7), true, 64.44),
            ((29, 9, 7), false, 76.32),
        ] {
            let tally = Tally { calls: 1_000, drops, people, machines };
            assert_eq!(tally.drop_percentage(british), expected, "{tally:?}");
        }
    }

    #[test]
    fn the_last_minute_counts_all_its_calls_and_the_day_only_what_was_answered() {
        let mut log = Log::new(false);
        let at = |second: u64| Micros(second * 1_000_000);
        for second in 0..90 {
            log.logged(at(second), 0, AttemptId(second));
        }
        (60..70).for_each(|attempt| log.dropped(0, AttemptId(attempt)));
        (0..10).for_each(|_| log.dispositioned(0, false));
        let figures = log.figures(at(90), 0);
        let expected = Figures {
            calls_today: 90,
            drops_today: 50.0,
            calls_last_minute: 59,
            drops_last_minute: 1_000.0 / 59.0,
        };
        assert_eq!(figures, expected);
    }

    #[test]
    fn no_more_is_kept_than_the_last_minute_though_nobody_asks_for_figures() {
        let mut log = Log::new(false);
        for second in 0..10_000 {
            log.logged(Micros(second * 1_000_000), 0, AttemptId(second));
        }
        assert_eq!(log.recent.len(), 60);
    }

    #[test]
    fn the_day_begins_anew_at_midnight() {
        let mut log = Log::new(false);
        log.logged(Micros(0), 0, AttemptId(1));
        log.dropped(0, AttemptId(1));
        let figures = log.figures(Micros(1), 1);
        assert_eq!((figures.calls_today, figures.drops_today, figures.calls_last_minute), (0, 0.0, 1));
    }
}
