//! A day as it goes: agents, calls and drops in each five minutes, over all days.

use maud::{Markup, html};

use super::chart::{Drawing, Form, Frame, both, line, rule, surface, text};
use super::scale::Scale;
use super::{Report, Shown, share};
use crate::study::{BIN, Bin};

/// One panel's height, and the room below it.
const PANEL: f64 = 150.0;
const GAP: f64 = 46.0;
const TOP: f64 = 34.0;

/// Over all days, five minutes each.
struct Course {
    /// Where the bins end, in hours.
    ends: Vec<f64>,
    busy: Vec<f64>,
    manned: Vec<f64>,
    ringing: Vec<f64>,
    lines: Vec<f64>,
    /// Drops per answer since the opening, in percent, at each bin's end; 0 until somebody has answered.
    drops: Vec<f64>,
    /// So many bins have passed by then.
    unanswered: usize,
}

impl Course {
    fn of(shown: &Shown) -> Self {
        let study = &shown.outcome.study;
        let hours = shown.outcome.scenario.shift.hours.0;
        let bin_hours = BIN.0 as f64 / 3.6e9;
        let ends: Vec<f64> =
            (1..=study.course.bins.len()).map(|nth| (nth as f64 * bin_hours).min(hours)).collect();
        let lasts =
            |end: f64| if end < hours { bin_hours } else { hours - bin_hours * (ends.len() - 1) as f64 };
        let level = |of: fn(&Bin) -> u64| {
            let mean =
                |(end, bin): (&f64, &Bin)| of(bin) as f64 / (lasts(*end) * 3.6e9 * study.days.len() as f64);
            ends.iter().zip(&study.course.bins).map(mean).collect::<Vec<f64>>()
        };
        let (mut drops, mut answers) = (0, 0);
        let so_far = |bin: &Bin| {
            drops += bin.drops;
            answers += bin.answers;
            if answers == 0 { 0.0 } else { 100.0 * drops as f64 / answers as f64 }
        };
        Self {
            busy: level(|bin| bin.busy_us),
            manned: level(|bin| bin.busy_us + bin.idle_us),
            ringing: level(|bin| bin.ringing_us),
            lines: level(|bin| bin.lines_us),
            drops: study.course.bins.iter().map(so_far).collect(),
            unanswered: study.course.bins.iter().take_while(|bin| bin.answers == 0).count(),
            ends,
        }
    }

    /// Drops per answer, from when there were answers.
    fn drops_through(&self, frame: &Frame) -> Vec<(f64, f64)> {
        let mut points = self.through(frame, &self.drops);
        if self.unanswered == self.ends.len() {
            points.clear();
        } else if self.unanswered > 0 {
            points.drain(..=self.unanswered);
        }
        points
    }

    /// A level through the middles of the bins, from the opening to the closing.
    fn through(&self, frame: &Frame, level: &[f64]) -> Vec<(f64, f64)> {
        let mut points = vec![frame.at(0.0, level[0])];
        let mut begins = 0.0;
        for (&end, &level) in self.ends.iter().zip(level) {
            points.push(frame.at(f64::midpoint(begins, end), level));
            begins = end;
        }
        points.push(frame.at(begins, level[level.len() - 1]));
        points
    }
}

/// One setting closely, or several over each other.
pub(super) fn plot(report: &Report) -> Markup {
    let shown = if report.compares() { report.shown() } else { vec![report.stand()] };
    let drawn = Drawn {
        courses: shown.iter().map(|shown| (shown.colour.as_str(), Course::of(shown))).collect(),
        limit: 100.0 * report.experiment.drop_limit,
    };
    html! {
        (report.legend(&shown))
        (both("Agents, calls and drops over the day", |form| drawn.draw(form)))
    }
}

/// Courses, each with its colour.
struct Drawn<'a> {
    courses: Vec<(&'a str, Course)>,
    /// The drop limit in percent.
    limit: f64,
}

impl Drawn<'_> {
    fn draw(&self, form: Form) -> Drawing {
        let hours = self.most(|course| &course.ends);
        let frame = |nth: f64, top: f64| {
            let above = TOP + nth * (PANEL + GAP);
            let end = form.width() - form.choose(94.0, 84.0);
            let x = Scale { from: 0.0, to: hours, start: form.choose(52.0, 36.0), end };
            Frame { x, y: Scale { from: 0.0, to: top, start: above + PANEL, end: above } }
        };
        let agents = frame(0.0, self.most(|course| &course.manned).max(1.0));
        let calls = frame(1.0, self.most(|course| &course.lines).max(1.0) * 1.05);
        let drops = frame(2.0, self.most(|course| &course.drops).max(1.25 * self.limit));
        let marks = html! {
            (self.of_agents(&agents))
            (self.of_calls(&calls))
            (self.of_drops(&drops))
            (drops.x_axis("hours since opening", 12))
        };
        Drawing { width: form.width(), height: TOP + 3.0 * (PANEL + GAP) + 4.0, marks }
    }

    fn most(&self, of: fn(&Course) -> &Vec<f64>) -> f64 {
        self.courses.iter().flat_map(|(_, course)| of(course)).copied().fold(0.0, f64::max)
    }

    /// A single course, which has room for surfaces and words.
    fn alone(&self) -> Option<&(&str, Course)> {
        (self.courses.len() == 1).then(|| &self.courses[0])
    }

    fn of_agents(&self, frame: &Frame) -> Markup {
        html! {
            @if let Some((colour, course)) = self.alone() {
                @let (busy, manned) = (course.through(frame, &course.busy), course.through(frame, &course.manned));
                @let (last, top) = (busy[busy.len() - 1].1, manned[manned.len() - 1].1);
                (surface(&busy, &floor(frame), "busy", colour))
                (surface(&manned, &busy, "idle", colour))
                (aside(frame, f64::midpoint(last, frame.y.start), "name", "busy"))
                (aside(frame, f64::midpoint(last, top).min(last - 10.0), "name", "idle"))
            }
            (frame.y_axis(if self.alone().is_some() { "agents" } else { "busy agents" }, 4))
            @for (colour, course) in &self.courses { (line(&course.through(frame, &course.busy), "curve", colour)) }
            (rule(floor(frame)[0], floor(frame)[1], "base"))
        }
    }

    fn of_calls(&self, frame: &Frame) -> Markup {
        html! {
            @if let Some((colour, course)) = self.alone() {
                @let (ringing, lines) = (course.through(frame, &course.ringing), course.through(frame, &course.lines));
                @let (upper, lower) = apart(lines[lines.len() - 1].1, ringing[ringing.len() - 1].1);
                (surface(&ringing, &floor(frame), "idle", colour))
                (aside(frame, upper, "name", "lines"))
                (aside(frame, lower, "name", "ringing"))
            }
            (frame.y_axis(if self.alone().is_some() { "calls at one time" } else { "lines, and of them ringing (thin)" }, 4))
            @for (colour, course) in &self.courses {
                (line(&course.through(frame, &course.lines), "curve", colour))
                (line(&course.through(frame, &course.ringing), "thin", colour))
            }
            (rule(floor(frame)[0], floor(frame)[1], "base"))
        }
    }

    fn of_drops(&self, frame: &Frame) -> Markup {
        let limit = frame.y.at(self.limit);
        let last = |course: &Course| course.drops_through(frame).last().map(|(_, y)| *y);
        let own = self.alone().and_then(|(_, course)| last(course));
        let (limit_name, own_name) = match own {
            Some(own) if own > limit => apart(limit, own),
            Some(own) => swapped(apart(own, limit)),
            None => (limit, limit),
        };
        html! {
            (frame.y_axis("drops per answer since opening, %", 4))
            (rule((frame.x.start, limit), (frame.x.end, limit), "legal"))
            @for (colour, course) in &self.courses {
                @let points = course.drops_through(frame);
                @if !points.is_empty() { (line(&points, "curve", colour)) }
            }
            (aside(frame, limit_name, "legal-name", &format!("limit {}", share(self.limit / 100.0))))
            @if own.is_some() { (aside(frame, own_name, "name", "so far")) }
        }
    }
}

fn floor(frame: &Frame) -> [(f64, f64); 2] {
    [(frame.x.start, frame.y.start), (frame.x.end, frame.y.start)]
}

/// Words to the right of the field.
fn aside(frame: &Frame, middle: f64, class: &str, words: &str) -> Markup {
    text(frame.x.end + 8.0, middle + 4.0, "start", class, words)
}

fn swapped((one, other): (f64, f64)) -> (f64, f64) {
    (other, one)
}

/// Two heights for words, at least a line from each other.
fn apart(upper: f64, lower: f64) -> (f64, f64) {
    let missing = (18.0 - (lower - upper)).max(0.0) / 2.0;
    (upper - missing, lower + missing)
}
