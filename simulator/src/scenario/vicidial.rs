//! `pacing = { vicidial = { .. } }`: what a VICIdial administrator would set.

use serde::Deserialize;

use super::Checked;
use super::bare::named;
use super::calendar::Opening;
use super::figure::{CallsPerSecond, ClockTime, DialLevel, Knob, Probability, Seconds};
use crate::baseline::{Method, Rules};

/// When a day opens of which nothing is said.
const USUAL_OPENING: ClockTime = ClockTime(900);

/// A campaign as VICIdial paces it, by the names and defaults of its own screens where they have one.
///
/// Not all of VICIdial is played: see the notes of the baseline. Above all, how long a callee who has answered waits for an
/// agent is the scenario's (`greeting` and `answer_within`), as for every policy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { method = \"ratio\", level = 2.0 }")]
pub struct Vicidial {
    /// How the dial level moves.
    pub method: VicidialMethod,
    /// The dial level: lines for each agent who is ready or on a call, 1 to 20. Adapting methods begin with it.
    #[serde(default = "defaults::level")]
    pub level: DialLevel,
    /// The highest that an adapting method may raise it to ("adaptive maximum level"), 1 to 20.
    #[serde(default = "defaults::max_level")]
    pub max_level: DialLevel,
    /// Whether only ready agents have lines ("available only ratio tally").
    #[serde(default)]
    pub available_only: bool,
    /// By how many percent idle agents raise the level more, and waiting calls lower it less ("adaptive intensity");
    /// -40 to 40.
    #[serde(default)]
    pub intensity: Knob,
    /// How many calls are to wait, or below 0 how many agents ("dial level difference target"); -40 to 40.
    #[serde(default)]
    pub target: Knob,
    /// Drops per answer since midnight above which the level is braked ("drop percentage limit"), 0.001 to 1.
    #[serde(default = "defaults::drop_limit")]
    pub drop_limit: Probability,
    /// When the first day opens, as hours times 100 and minutes; by `shift.opens`, or else at 900, if left out. Only the tapered
    /// method and midnight go by it.
    pub opens: Option<ClockTime>,
    /// Until when the tapered method eases its brake ("latest server time").
    #[serde(default = "defaults::latest")]
    pub latest: ClockTime,
    /// How long a call may ring. The callees of a scenario end it themselves; this only holds ghost lines. 26 is what
    /// administrators use, not the 60 of a new campaign.
    #[serde(default = "defaults::dial_timeout")]
    pub dial_timeout: Seconds,
    /// How long VICIdial would let a callee wait. The scenario decides that; this only holds ghost lines.
    #[serde(default = "defaults::drop_call_seconds")]
    pub drop_call_seconds: Seconds,
    /// Calls placed a second, one after the other ("outbound calls per second").
    #[serde(default = "defaults::cps")]
    pub cps: CallsPerSecond,
    /// Whether a call that rang out counts as a line until 7 s after the two times above.
    #[serde(default = "defaults::ghost_lines")]
    pub ghost_lines: bool,
    /// Whether drops are counted by the British formula.
    #[serde(default)]
    pub british: bool,
}

/// VICIdial's dial methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum VicidialMethod {
    /// The level stays.
    Ratio,
    /// It adapts, and is 1 while there are too many drops.
    AdaptHardLimit,
    /// It adapts, and is halved while there are too many drops.
    AdaptAverage,
    /// It adapts, and with too many drops falls the faster the later it is.
    AdaptTapered,
}

named!(VicidialMethod, "\"ratio\", \"adapt_hard_limit\", \"adapt_average\" or \"adapt_tapered\"");

/// As VICIdial has them, but where a field says otherwise.
mod defaults {
    use super::{CallsPerSecond, ClockTime, DialLevel, Probability, Seconds};

    pub(super) const fn level() -> DialLevel {
        DialLevel(1.0)
    }

    pub(super) const fn max_level() -> DialLevel {
        DialLevel(3.0)
    }

    pub(super) const fn drop_limit() -> Probability {
        Probability(0.03)
    }

    pub(super) const fn latest() -> ClockTime {
        ClockTime(2_100)
    }

    pub(super) const fn dial_timeout() -> Seconds {
        Seconds(26.0)
    }

    pub(super) const fn drop_call_seconds() -> Seconds {
        Seconds(5.0)
    }

    pub(super) const fn cps() -> CallsPerSecond {
        CallsPerSecond(5)
    }

    pub(super) const fn ghost_lines() -> bool {
        true
    }
}

impl Vicidial {
    /// What no field can tell alone.
    pub(super) fn check(&self, place: &str) -> Checked {
        let wrong = |field: &str, problem| Err((format!("{place}.{field}"), problem));
        if self.level.0 > self.max_level.0 && self.method != VicidialMethod::Ratio {
            let problem = format!("{} is above max_level = {}", self.level, self.max_level);
            return wrong("level", problem);
        }
        if self.drop_limit.0 < 0.001 {
            return wrong("drop_limit", format!("{} is not between 0.001 and 1", self.drop_limit));
        }
        for (field, time) in [("opens", self.opens), ("latest", Some(self.latest))] {
            if let Some(time) = time.filter(|time| time.0 % 100 > 59) {
                return wrong(field, format!("{} is no time: an hour has 60 minutes", time.0));
            }
        }
        Ok(())
    }

    /// `opens` is when the house does, where that is said.
    pub(super) fn rules(self, opens: Option<Opening>) -> Rules {
        let opens = self.opens.or(opens.map(Opening::clock)).unwrap_or(USUAL_OPENING);
        Rules {
            method: match self.method {
                VicidialMethod::Ratio => Method::Ratio,
                VicidialMethod::AdaptHardLimit => Method::HardLimit,
                VicidialMethod::AdaptAverage => Method::Average,
                VicidialMethod::AdaptTapered => Method::Tapered,
            },
            level: self.level.0,
            max_level: self.max_level.0,
            available_only: self.available_only,
            intensity: self.intensity.0,
            target: self.target.0,
            drop_limit: 100.0 * self.drop_limit.0,
            opens: opens.minutes(),
            latest: self.latest.0,
            dial_timeout: self.dial_timeout.span(),
            drop_call: self.drop_call_seconds.span(),
            calls_per_second: self.cps.0,
            ghost_lines: self.ghost_lines,
            british: self.british,
        }
    }
}
