//! The exponential pool that is like a scenario's: the one whose limit can be computed.

use super::{Agents, Amd, CalleeFields, Hour, OwnShift, Pauses, Probability, Rate, Scale, Scenario, Time};
use crate::limit::Case;

/// Shorter patience is none: the solver knows 0, or a tenth of a second and more.
const NO_PATIENCE_S: f64 = 0.1;

impl Scenario {
    /// The pool with this scenario's means: agents at work at a time, handle time, time to an answer, share of
    /// answers over the day, by persons and by machines that agents find out, and how long an answered caller waits. Its times are
    /// exponential and its answer rate is known and does not move. It knows nothing of the factors by attempt: how many dials are
    /// which attempt depends on who is dialled when, and so on the pacing.
    ///
    /// `None` where callees may hang up before they are dropped: they have answered and are no drops, and so pay for drops
    /// that no pool without them could have. What is the limit there is no limit here. Nor where persons are told from machines
    /// first, which takes its time and drops those who are mistaken.
    #[must_use]
    pub fn pool(&self, drop: f64) -> Option<Case> {
        let patience_s = self.campaign.greeting.0 + self.campaign.answer_within.0;
        // Where persons must first be told from machines, it may take longer until one is dropped.
        let is_heard = self.callees.greetings.is_some();
        let hangs_up =
            self.callees.patience.as_ref().is_some_and(|time| is_heard || time.least() < patience_s);
        if hangs_up || self.campaign.amd != Amd::Off {
            return None;
        }
        let (hours, days) = (self.shift.hours.0, self.shift.window_days.0.min(self.shift.days.0));
        let persons = self.callees.persons(hours, days);
        let machines = self.callees.found_out(persons);
        let answers = persons + machines;
        Some(Case {
            agents: self.at_work(),
            answer_rate: answers,
            talk_s: self.handle_s(if machines > 0.0 { machines / answers } else { 0.0 }),
            ring_s: self.callees.answer.mean_s() * mean_of_scale(&self.callees.answer_scale, hours),
            drop,
            patience_s: if patience_s < NO_PATIENCE_S { 0.0 } else { patience_s },
        })
    }

    /// How many agents are at work at a time, as each of them finds on average; at least one. The best for a pool of so many is no
    /// less than the best for all who are there in turn, since each further agent adds less to it.
    fn at_work(&self) -> u32 {
        let closing = self.shift.hours.0;
        let mut changes: Vec<(f64, f64)> =
            self.groups().flat_map(|group| group.comes_and_goes(closing)).collect();
        changes.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (mut since, mut present, mut hours, mut met) = (0.0, 0.0, 0.0, 0.0);
        for (at, by) in changes {
            // Two breaks of the same agents may meet.
            let there = f64::max(present, 0.0);
            hours += there * (at - since);
            met += there * there * (at - since);
            (since, present) = (at, present + by);
        }
        if hours > 0.0 { (libm::round(met / hours) as u32).max(1) } else { 1 }
    }

    /// Talk and wrap-up of an agent, over all groups, with such a share of machines.
    fn handle_s(&self, machines: f64) -> f64 {
        let listens_s = self.callees.voicemail_talk.as_ref().map_or(0.0, Time::mean_s);
        let handle_s = |group: &Agents| {
            let talk_s = group.talk.mean_s() * mean_of_scale(&group.talk_scale, self.shift.hours.0);
            talk_s + machines * (listens_s - talk_s) + group.wrap_up.as_ref().map_or(0.0, Time::mean_s)
        };
        let sum: f64 = self.groups().map(|group| f64::from(group.count.0) * handle_s(group)).sum();
        sum / f64::from(self.headcount())
    }
}

impl CalleeFields {
    /// The share of first attempts that persons answer, over a window of so many days.
    fn persons(&self, hours: f64, days: u32) -> f64 {
        let by_list_age = self.by_list_age.iter().map(|(day, factor)| (f64::from(day.0), factor.0));
        (self.answer_rate.mean(hours) * mean_of_steps(by_list_age, f64::from(days))).min(1.0)
    }

    /// The share of dials that a machine answers which agents find out, where such a share is answered by persons. It is the
    /// first to be left out where there is no room for all.
    fn found_out(&self, persons: f64) -> f64 {
        let others = 1.0 - persons;
        let room = others - self.busy.0 - self.machine.0 * others;
        (self.voicemail.0 * others).min(room).max(0.0)
    }
}

impl Agents {
    /// At which hours how many of them come to work or go, or are back from a break; on average, and without those who are on a
    /// break that may come at any time.
    fn comes_and_goes(&self, closing: f64) -> Vec<(f64, f64)> {
        if self.shifts.is_empty() {
            return self.of_shift(&self.common_shift(), f64::from(self.count.0), closing);
        }
        let own = self.shifts.iter().cycle().take(self.count.0 as usize);
        own.flat_map(|shift| self.of_shift(shift, 1.0, closing)).collect()
    }

    fn of_shift(&self, shift: &OwnShift, agents: f64, closing: f64) -> Vec<(f64, f64)> {
        let hours = |time: Option<&Time>| time.map_or(0.0, Time::mean_s) / 3_600.0;
        let agents = agents * self.pauses.as_ref().map_or(1.0, Pauses::share_between);
        let begins = (shift.from.0 + hours(self.log_in.as_ref())).min(closing);
        let ends = shift.until.map_or(closing, |until| until.0 + hours(self.log_out.as_ref()));
        let ends = ends.clamp(begins, closing);
        let mut changes = vec![(begins, agents), (ends, -agents)];
        for one in &shift.breaks {
            let from = (one.at.0 + hours(one.within.as_ref())).clamp(begins, ends);
            let until = (from + hours(Some(&one.lasts))).min(ends);
            changes.extend([(from, -agents), (until, agents)]);
        }
        changes
    }
}

impl Pauses {
    /// The share of their time that agents do not spend on them.
    fn share_between(&self) -> f64 {
        let (every_s, lasts_s) = (self.every.mean_s(), self.lasts.mean_s());
        every_s / (every_s + lasts_s)
    }
}

impl Time {
    fn mean_s(&self) -> f64 {
        match self {
            Self::Fixed(seconds) => seconds.0,
            Self::Uniform { from, to } => f64::midpoint(from.0, to.0),
            Self::Exponential { mean, after }
            | Self::Gamma { mean, after, .. }
            | Self::Lognormal { mean, after, .. } => mean.0 + after.0,
            Self::Mixture(parts) => parts.iter().map(|part| part.share.0 * part.of.mean_s()).sum(),
            Self::OneOf(times) => times.iter().map(|time| time.0).sum::<f64>() / times.len() as f64,
        }
    }
}

impl Rate {
    /// Over a day of so many hours.
    fn mean(&self, hours: f64) -> f64 {
        match self {
            Self::Flat(share) => share.0,
            Self::Steps(steps) => mean_of_steps(steps.iter().map(|(from, share)| (from.0, share.0)), hours),
            Self::Ramp(points) => mean_of_ramp(points, hours),
            Self::Sine { mean, swing, period } => {
                let turn = 2.0 * core::f64::consts::PI / period.0;
                mean.0 + swing.0 * (1.0 - libm::cos(turn * hours)) / (turn * hours)
            }
        }
    }
}

/// Of a factor, over a day of so many hours.
fn mean_of_scale(scale: &Scale, hours: f64) -> f64 {
    mean_of_steps(scale.iter().map(|(from, factor)| (from.0, factor.0)), hours)
}

/// Of a figure that is 1 up to its first step, and from each on what stands beside it.
fn mean_of_steps(steps: impl Iterator<Item = (f64, f64)> + Clone, length: f64) -> f64 {
    let ends = steps.clone().map(|(from, _)| from).chain([length]);
    let levels = [(0.0, 1.0)].into_iter().chain(steps);
    let parts = levels.zip(ends).map(|((from, level), to)| (to.min(length) - from.min(length)) * level);
    parts.sum::<f64>() / length
}

/// Of a figure that goes in straight lines from point to point, the first at hour 0, and then stays.
fn mean_of_ramp(points: &[(Hour, Probability)], hours: f64) -> f64 {
    let lines = points.windows(2).map(|ends| {
        let [(from, low), (to, high)] = [0, 1].map(|end: usize| (ends[end].0.0, ends[end].1.0));
        let until = to.min(hours);
        let reached = low + (high - low) * (until - from) / (to - from);
        (until - from).max(0.0) * f64::midpoint(low, reached)
    });
    let (last, level) = points.last().map_or((0.0, 0.0), |(hour, share)| (hour.0, share.0));
    (lines.sum::<f64>() + (hours - last).max(0.0) * level) / hours
}

#[cfg(test)]
mod tests {
    use crate::scenario::{self, Amd, Count, Hours, Probability};
    use crate::{limit, study};

    #[test]
    fn the_pool_has_the_means_of_its_scenario() {
        let case = |name| {
            let mut scenario = scenario::load(name).expect("a preset");
            scenario.callees.patience = None;
            let case = scenario.pool(0.03).expect("nobody hangs up");
            let figures = [case.answer_rate, case.talk_s, case.ring_s, case.patience_s];
            (case.agents, figures.map(|figure| libm::round(figure * 1e4) / 1e4))
        };
        assert_eq!(case("exponential"), (10, [0.3, 120.0, 10.0, 0.0]));
        assert_eq!(case("realistic-flat"), (10, [0.22, 110.0, 10.0, 3.2]));
        // Four hours of 0.10 and four of 0.38.
        assert_eq!(case("realistic-step"), (10, [0.24, 110.0, 10.0, 3.2]));
        // Two and two thirds swings, of which the last goes up for an hour and a half and down for half of one.
        assert_eq!(case("realistic-sine"), (10, [0.2307, 110.0, 10.0, 3.2]));
        // Eight agents with 90 s, which are half as much again for an eighth of the day, and 20 s, and four with 0.7 x 7 s,
        // 0.3 x 300 s and 15 s, of whom ten are there at a time; but 0.0809 of 0.2721 who answer are machines, to which they
        // listen for 6 s. The list is new on the first of two days, and answers take twice as long for half of each.
        assert_eq!(case("everything"), (10, [0.2721, 87.1521, 15.0, 3.2]));
    }

    #[test]
    fn what_the_means_are_multiplied_with_in_the_course_of_the_day_and_the_window_is_in_them() {
        let case = |name: &str, text: &str| {
            let mut scenario = scenario::load(name).expect("a preset");
            scenario.callees.patience = None;
            scenario.shift = toml::from_str(text).expect("a shift");
            let case = scenario.pool(0.03).expect("nobody hangs up");
            [case.answer_rate, case.talk_s, case.ring_s].map(|figure| libm::round(figure * 1e4) / 1e4)
        };
        // Conversations of 90 s last twice as long for three hours, and answers take twice as long from noon on.
        assert_eq!(case("talk-shock", "days = 10\nhours = 8"), [0.22, 143.75, 10.0]);
        assert_eq!(case("talk-shock", "days = 10\nhours = 2"), [0.22, 110.0, 10.0]);
        assert_eq!(case("latency-shift", "days = 10\nhours = 8"), [0.22, 110.0, 9.0]);
        // The list's first day, two days with 0.9 of its answers, and all others with 0.75.
        assert_eq!(case("retries", "days = 10\nhours = 8\nwindow_days = 5"), [0.1892, 110.0, 10.0]);
        assert_eq!(case("retries", "days = 2\nhours = 8\nwindow_days = 5"), [0.209, 110.0, 10.0]);
    }

    #[test]
    fn talks_that_were_observed_have_their_mean() {
        let mut scenario = scenario::load("exponential").expect("a preset");
        scenario.agents.talk = toml::from_str("one_of = [12.5, 40, 75]").expect("a time");
        assert_eq!(scenario.pool(0.03).expect("nobody hangs up").talk_s, 42.5);
    }

    #[test]
    fn a_machine_that_agents_find_out_is_an_answer_that_keeps_them_for_as_long_as_they_listen() {
        let mut scenario = scenario::load("exponential").expect("a preset");
        (scenario.shift.days, scenario.callees.voicemail) = (Count(4), Probability(0.5));
        scenario.callees.voicemail_talk =
            Some(toml::from_str("exponential = { mean = 60 }").expect("a time"));
        let pool = scenario.pool(0.03).expect("nobody hangs up");
        // Of ten calls three are answered by persons, who talk for 120 s, and half of the other seven by machines.
        let figures = [pool.answer_rate, pool.talk_s].map(|figure| libm::round(figure * 1e4) / 1e4);
        assert_eq!(figures, [0.65, 87.6923]);
        let utilisation = study::run(&scenario, 1, || ()).utilisation;
        let limit = limit::solve(&pool).expect("it has one").utilisation;
        assert!(utilisation < limit, "{utilisation} is beyond the best, {limit}");
    }

    #[test]
    fn where_persons_are_told_from_machines_first_there_is_no_such_pool() {
        let mut scenario = scenario::load("amd-off").expect("a preset");
        scenario.callees.patience = None;
        for (amd, has_pool) in [(Amd::Off, true), (Amd::Gate, false), (Amd::Parallel, false)] {
            scenario.campaign.amd = amd;
            assert_eq!(scenario.pool(0.03).is_some(), has_pool, "{amd:?}");
        }
    }

    #[test]
    fn the_agents_of_a_pool_are_those_who_are_at_work_at_a_time() {
        let agents = |text: &str| {
            let mut scenario = scenario::load("exponential").expect("a preset");
            let more = format!("count = 10\ntalk = {{ fixed = 60 }}\n{text}");
            scenario.agents = toml::from_str(&more).expect("agents");
            scenario.pool(0.03).expect("nobody hangs up").agents
        };
        for (text, at_work) in [
            ("", 10),
            ("from = 2\nuntil = 6", 10),
            ("breaks = [{ at = 4, within = { fixed = 60 }, lasts = { fixed = 1800 } }]", 10),
            ("pauses = { every = { fixed = 1500 }, lasts = { exponential = { mean = 300 } } }", 8),
            ("shifts = [{ until = 4 }, { from = 4 }]", 5),
            // Five for four hours and ten for four, so that 40 of 60 hours are those of one of ten.
            ("shifts = [{ until = 6 }, { from = 2 }]", 8),
            (
                "shifts = [{ until = 5 }, { from = 1 }]\nlog_in = { fixed = 3600 }\nlog_out = { fixed = 3600 }",
                9,
            ),
            ("log_in = { fixed = 36000 }", 1),
        ] {
            assert_eq!(agents(text), at_work, "{text}");
        }
    }

    #[test]
    fn a_scenario_whose_callees_may_hang_up_before_they_are_dropped_has_no_such_pool() {
        // Its callees are dropped after 3.2 s.
        let mut scenario = scenario::load("realistic-flat").expect("a preset");
        for (patience, has_pool) in
            [("fixed = 3.1", false), ("fixed = 3.2", true), ("exponential = { mean = 60 }", false)]
        {
            let time = toml::from_str(patience).expect("a time");
            scenario.callees.patience = Some(time);
            assert_eq!(scenario.pool(0.03).is_some(), has_pool, "{patience}");
        }
    }

    #[test]
    fn a_ramp_is_averaged_up_to_closing_time_and_stays_where_it_ends() {
        let mut scenario = scenario::load("everything").expect("a preset");
        (scenario.callees.patience, scenario.callees.voicemail) = (None, Probability(0.0));
        scenario.callees.by_list_age.clear();
        // From 0.15 at the opening to 0.30 after two hours.
        for (hours, mean) in [(1.0, 0.1875), (2.0, 0.225), (4.0, 0.2625)] {
            scenario.shift.hours = Hours(hours);
            let seen = scenario.pool(0.03).expect("nobody hangs up").answer_rate;
            assert!((seen - mean).abs() < 1e-12, "{hours} hours: {seen}, and not {mean}");
        }
    }
}
