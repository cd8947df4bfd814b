//! What predictive pacing makes of the moment, in an operator's words.

use core::fmt;

use super::{DropWindow, WindowSpan};
use crate::words::{Milli, Span};

/// How far ahead of its agents a campaign dials just now, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pace {
    /// Up to how many calls may be in the air, counted as fresh ones: one that has rung for long counts for less.
    pub up_to: u32,
    /// Agents at work: ready, on a call or in its work.
    pub agents: u32,
    /// Those of them who are ready and on whom nobody who waits has a claim.
    pub idle: u32,
    /// Dials that a person answers, in thousandths, as pacing reckons with them: somewhat more than it has seen.
    pub answer_rate: Milli,
    /// The window that allows the fewest drops just now, which rules.
    pub window: DropWindow,
    /// Drops that it still allows, in hundredths; below 0 where it is over its limit.
    pub drops_left: i64,
    /// What decides.
    pub target: Target,
}

/// What a pace is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Target {
    /// To drop this share of the answers.
    Spend {
        /// Drops per answer, in thousandths.
        drops: Milli,
        /// How many answers one drop more has to bring for a further call to be placed; at least 1. It is one over the price
        /// of an answer, by which the calls in the air are bounded.
        a_drop_brings: u32,
        /// What keeps the calls in the air to so many.
        bound: Bound,
    },
    /// To drop nobody: one line for each idle agent, until answers have earned what a drop costs.
    Save,
    /// To find out whether anybody answers at all: one line for each idle agent.
    Probe,
    /// Nothing: no agent is at work.
    Wait,
}

/// What keeps the calls in the air to so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Bound {
    /// What a drop more has to bring.
    Price,
    /// What the window bears or makes up for, should more be answered than expected.
    Surprise,
    /// What a strict limit bears, though all of them are answered at once.
    Strict,
    /// More are never placed for an agent, however few are answered.
    Lines,
}

impl Pace {
    /// Whether it goes by something else than `before`, and not only by other figures.
    #[must_use]
    pub fn differs(&self, before: &Self) -> bool {
        let bound = |pace: &Self| match pace.target {
            Target::Spend { bound, .. } => Some(bound),
            Target::Save | Target::Probe | Target::Wait => None,
        };
        let has_window = matches!(self.target, Target::Spend { .. } | Target::Save);
        core::mem::discriminant(&self.target) != core::mem::discriminant(&before.target)
            || bound(self) != bound(before)
            || has_window && self.window != before.window
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { up_to, agents, idle, answer_rate, window, drops_left, target } = self;
        let left = Decimal { hundredths: *drops_left };
        match target {
            Target::Spend { drops, a_drop_brings, bound } => write!(
                f,
                "up to {up_to} calls in the air for {agents} agents, {idle} of them idle, since {} of the dials are \
                 answered{}. It aims at dropping {} of the answers, and the limit of {window} has room for {left} drops; \
                 one drop more has to bring {a_drop_brings} {}",
                Percent(*answer_rate),
                match bound {
                    Bound::Price => "",
                    Bound::Surprise => " and the window bears no more should more of them be",
                    Bound::Strict => " and a strict limit bears no more should all of them be",
                    Bound::Lines => " and more are never placed for an agent",
                },
                Percent(*drops),
                if *a_drop_brings == 1 { "answer" } else { "answers" },
            ),
            Target::Save => write!(
                f,
                "one call for each idle agent ({idle} of {agents}) until answers have earned another drop: the limit of \
                 {window} has room for {left}"
            ),
            Target::Probe => write!(
                f,
                "one call for each idle agent ({idle} of {agents}), since of the last 500 calls nobody answered one"
            ),
            Target::Wait => write!(f, "no call, since no agent is at work"),
        }
    }
}

impl fmt::Display for DropWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", Percent(self.limit))?;
        match self.span {
            WindowSpan::Block(Span(length)) if length % DAY == 0 => write!(f, "in {} d", length / DAY),
            WindowSpan::Block(Span(length)) if length % HOUR == 0 => write!(f, "in {} h", length / HOUR),
            WindowSpan::Block(Span(length)) => write!(f, "in {} min", length / MINUTE),
            WindowSpan::Day => write!(f, "a day"),
            WindowSpan::Month => write!(f, "a month"),
        }
    }
}

/// In microseconds.
const MINUTE: u64 = 60_000_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Thousandths, as a percentage.
pub(super) struct Percent(pub(super) Milli);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Milli(thousandths)) = self;
        write!(f, "{}.{} %", thousandths / 10, thousandths % 10)
    }
}

/// Hundredths, to one place.
struct Decimal {
    hundredths: i64,
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.hundredths.div_euclid(10);
        let sign = if tenths < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::*;

    fn pace(target: Target, drops_left: i64) -> Pace {
        let window = DropWindow { limit: Milli(30), span: WindowSpan::Day };
        Pace { up_to: 14, agents: 10, idle: 2, answer_rate: Milli(251), window, drops_left, target }
    }

    fn spend(a_drop_brings: u32, bound: Bound) -> Target {
        Target::Spend { drops: Milli(26), a_drop_brings, bound }
    }

    #[test]
    fn a_pace_is_told_in_a_sentence() {
        let spans = [
            WindowSpan::Month,
            WindowSpan::Block(Span::secs(30 * 86_400)),
            WindowSpan::Block(Span::secs(5_400)),
        ];
        let in_span = |span| Pace {
            window: DropWindow { limit: Milli(15), span },
            ..pace(spend(1, Bound::Price), 427)
        };
        let paces = [
            pace(spend(27, Bound::Price), 427),
            pace(spend(27, Bound::Surprise), 427),
            pace(spend(27, Bound::Strict), 427),
            pace(spend(27, Bound::Lines), 427),
            pace(Target::Save, -61),
            pace(Target::Probe, 99),
            pace(Target::Wait, 0),
        ];
        let told: Vec<String> =
            paces.into_iter().chain(spans.map(in_span)).map(|pace| pace.to_string()).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        up to 14 calls in the air for 10 agents, 2 of them idle, since 25.1 % of the dials are answered. It aims at dropping 2.6 % of the answers, and the limit of 3.0 % a day has room for 4.2 drops; one drop more has to bring 27 answers
        up to 14 calls in the air for 10 agents, 2 of them idle, since 25.1 % of the dials are answered and the window bears no more should more of them be. It aims at dropping 2.6 % of the answers, and the limit of 3.0 % a day has room for 4.2 drops; one drop more has to bring 27 answers
        up to 14 calls in the air for 10 agents, 2 of them idle, since 25.1 % of the dials are answered and a strict limit bears no more should all of them be. It aims at dropping 2.6 % of the answers, and the limit of 3.0 % a day has room for 4.2 drops; one drop more has to bring 27 answers
        up to 14 calls in the air for 10 agents, 2 of them idle, since 25.1 % of the dials are answered and more are never placed for an agent. It aims at dropping 2.6 % of the answers, and the limit of 3.0 % a day has room for 4.2 drops; one drop more has to bring 27 answers
        one call for each idle agent (2 of 10) until answers have earned another drop: the limit of 3.0 % a day has room for -0.7
        one call for each idle agent (2 of 10), since of the last 500 calls nobody answered one
        no call, since no agent is at work
        up to 14 calls in the air for 10 agents, 2 of them idle, since 25.1 % of the dials are answered. It aims at dropping 2.6 % of the answers, and the limit of 1.5 % a month has room for 4.2 drops; one drop more has to bring 1 answer
        up to 14 calls in the air for 10 agents, 2 of them idle, since 25.1 % of the dials are answered. It aims at dropping 2.6 % of the answers, and the limit of 1.5 % in 30 d has room for 4.2 drops; one drop more has to bring 1 answer
        up to 14 calls in the air for 10 agents, 2 of them idle, since 25.1 % of the dials are answered. It aims at dropping 2.6 % of the answers, and the limit of 1.5 % in 90 min has room for 4.2 drops; one drop more has to bring 1 answer
        ");
    }

    #[test]
    fn a_pace_differs_by_what_it_goes_by_and_not_by_its_figures() {
        let before = pace(spend(27, Bound::Price), 427);
        let figures = Pace { up_to: 3, idle: 0, drops_left: 2, ..pace(spend(31, Bound::Price), 427) };
        assert!(!figures.differs(&before));
        let month = Pace { window: DropWindow { span: WindowSpan::Month, ..before.window }, ..before };
        let nobody = pace(Target::Wait, 0);
        assert!(!Pace { window: month.window, ..nobody }.differs(&nobody), "it names no window");
        for other in [pace(spend(27, Bound::Surprise), 427), pace(Target::Save, 427), month] {
            assert!(other.differs(&before), "{other}");
        }
    }
}
