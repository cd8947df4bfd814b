//! The loop that moves the dial level: a sample each second, drop percentages each minute, the level every 15 s.

use std::collections::VecDeque;

use engine::words::{Micros, Span};

use super::Rules;
use super::level::{self, Averages};
use super::log::Figures;
use super::seen::{Counts, Seen};

/// How long it sleeps between two iterations.
const SLEEP: Span = Span::secs(1);
/// How many samples it looks back.
const SAMPLES: usize = 15;
/// After how many iterations the level is moved.
const LEVEL_EVERY: u32 = 15;
/// After how many iterations the drop percentages are refreshed. The first iteration does so too.
const FIGURES_EVERY: u32 = 60;

/// The loop at work.
#[derive(Debug, Clone)]
pub(super) struct Adapt {
    level: f64,
    samples: VecDeque<Counts>,
    figures: Figures,
    next: Micros,
    since_level: u32,
    since_figures: u32,
}

impl Adapt {
    pub(super) const fn new(rules: &Rules, now: Micros) -> Self {
        Self {
            level: rules.level,
            samples: VecDeque::new(),
            figures: Figures {
                calls_today: 0,
                drops_today: 0.0,
                calls_last_minute: 0,
                drops_last_minute: 0.0,
            },
            next: now,
            since_level: 0,
            since_figures: FIGURES_EVERY,
        }
    }

    /// The dial level in force.
    pub(super) const fn level(&self) -> f64 {
        self.level
    }

    /// When the next iteration is due.
    pub(super) const fn next(&self) -> Micros {
        self.next
    }

    /// One iteration on the server's day and clock. Stale figures go on to brake until they are refreshed.
    pub(super) fn iterates(&mut self, now: Micros, (day, clock): (u64, u32), rules: &Rules, seen: &mut Seen) {
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(seen.counts());
        if self.since_figures >= FIGURES_EVERY {
            self.figures = seen.log.figures(now, day);
            self.since_figures = 0;
        }
        let averages = self.averages();
        if self.since_level >= LEVEL_EVERY {
            if averages.agents > 0.0 {
                self.level = level::next(rules, self.level, averages, &self.figures, clock);
            }
            self.since_level = 0;
        }
        self.since_figures += 1;
        self.since_level += 1;
        self.next = now + SLEEP;
    }

    fn averages(&self) -> Averages {
        let mean = |of: fn(&Counts) -> u32| {
            let sum: u32 = self.samples.iter().map(of).sum();
            f64::from(sum) / self.samples.len() as f64
        };
        Averages {
            ready: mean(|counts| counts.ready),
            waiting: mean(|counts| counts.live),
            agents: mean(|counts| counts.logged_in),
        }
    }
}
