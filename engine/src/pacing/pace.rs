//! What predictive pacing makes of the moment, in an operator's words.

use core::fmt;

use crate::words::Milli;

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
    /// Drops that the window which is nearest to its limit still allows, in hundredths; below 0 where it is over it.
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
    },
    /// To drop nobody: one line for each idle agent, until answers have earned what a drop costs.
    Save,
    /// To find out whether anybody answers at all: one line for each idle agent.
    Probe,
    /// Nothing: no agent is at work.
    Wait,
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { up_to, agents, idle, answer_rate, drops_left, target } = self;
        let left = Decimal { hundredths: *drops_left };
        match target {
            Target::Spend { drops, a_drop_brings } => write!(
                f,
                "up to {up_to} calls in the air for {agents} agents, {idle} of them idle, since {} of the dials are \
                 answered. It aims at dropping {} of the answers, and the limit has room for {left} drops; one drop \
                 more has to bring {a_drop_brings} answers",
                Percent(*answer_rate),
                Percent(*drops),
            ),
            Target::Save => write!(
                f,
                "one call for each idle agent ({idle} of {agents}) until answers have earned another drop: the limit has \
                 room for {left}"
            ),
            Target::Probe => write!(
                f,
                "one call for each idle agent ({idle} of {agents}), since of the last 500 calls nobody answered one"
            ),
            Target::Wait => write!(f, "no call, since no agent is at work"),
        }
    }
}

/// Thousandths, as a percentage.
struct Percent(Milli);

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

    #[test]
    fn a_pace_is_told_in_a_sentence() {
        let spend = Target::Spend { drops: Milli(26), a_drop_brings: 27 };
        let pace = |target, drops_left| Pace {
            up_to: 14,
            agents: 10,
            idle: 2,
            answer_rate: Milli(251),
            drops_left,
            target,
        };
        let paces =
            [pace(spend, 427), pace(Target::Save, -61), pace(Target::Probe, 99), pace(Target::Wait, 0)];
        let told: Vec<String> = paces.iter().map(Pace::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @"
    up to 14 calls in the air for 10 agents, 2 of them idle, since 25.1 % of the dials are answered. It aims at dropping 2.6 % of the answers, and the limit has room for 4.2 drops; one drop more has to bring 27 answers
    one call for each idle agent (2 of 10) until answers have earned another drop: the limit has room for -0.7
    one call for each idle agent (2 of 10), since of the last 500 calls nobody answered one
    no call, since no agent is at work
    ");
    }
}
