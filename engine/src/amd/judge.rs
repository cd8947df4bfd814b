//! A person says something short and waits for an answer; a machine talks on. That is all the judge goes by.

use super::{Verdict, VerdictCause};
use crate::words::{Micros, Span};

/// By what a judge tells persons from machines. All times are of the callee's own talk and silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct JudgeRules {
    /// Who is silent for so long from the answer on is taken for a machine; 500 ms to 10 s.
    pub initial_silence: Span,
    /// Who talks for longer than this, pauses aside, is taken for a machine; 200 ms to 10 s.
    pub greeting: Span,
    /// Who has said something shorter and is then silent for so long is taken for a person; 100 ms to 5 s.
    pub after_greeting_silence: Span,
    /// After so long nobody is sure; 1 s to 30 s.
    pub total: Span,
    /// The silence by which the PBX knows the end of talk; 50 ms to 1 s. So much later it tells of it.
    pub talk_silence: Span,
    /// How loud talk is, as the PBX measures it: the mean of its samples, of 32,768; 1 to 10,000.
    pub talk_level: u32,
}

/// Listens to one callee from their answer on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judge {
    rules: JudgeRules,
    began: Micros,
    /// How long they have talked, up to the present talk.
    talked: Span,
    now: Heard,
    /// Since when what they say may not have been told.
    missed: Option<Micros>,
}

/// What is heard at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// Nothing so far.
    Nothing,
    Talk {
        since: Micros,
    },
    /// Silence after talk.
    Pause {
        since: Micros,
    },
}

impl Judge {
    /// One who begins to listen when the callee answers; `talks` where they are heard to talk already.
    #[must_use]
    pub const fn new(rules: JudgeRules, answered: Micros, talks: bool) -> Self {
        let now = if talks { Heard::Talk { since: answered } } else { Heard::Nothing };
        Self { rules, began: answered, talked: Span::ZERO, now, missed: None }
    }

    /// From then on what the callee says may not have been told: nobody is sure of them any more.
    pub const fn misses(&mut self, from: Micros) {
        self.missed = Some(from);
    }

    /// Talk begins.
    pub const fn talk_began(&mut self, at: Micros) {
        if !self.hears_talk() {
            self.now = Heard::Talk { since: at };
        }
    }

    /// Talk has ended, as is told at this moment: it was so long, as far as it came after the answer.
    pub fn talk_ended(&mut self, told: Micros, lasted: Span) {
        let ended = Micros(told.0.saturating_sub(self.rules.talk_silence.0));
        let since = match self.now {
            Heard::Talk { since } => since,
            // Its beginning was not told.
            Heard::Nothing | Heard::Pause { .. } => Micros(ended.0.saturating_sub(lasted.0)),
        };
        let since = core::cmp::Ord::max(since, self.began);
        let heard = core::cmp::Ord::min(lasted, ended.since(since));
        self.talked = Span(self.talked.0 + heard.0);
        self.now = Heard::Pause { since: core::cmp::Ord::max(ended, self.began) };
    }

    /// Whether talk is heard, and else since when there has been silence.
    pub const fn quiet_since(&self) -> Option<Micros> {
        match self.now {
            _ if self.missed.is_some() => self.missed,
            Heard::Nothing => Some(self.began),
            Heard::Pause { since } => Some(since),
            Heard::Talk { .. } => None,
        }
    }

    /// Whether talk is heard.
    pub const fn hears_talk(&self) -> bool {
        matches!(self.now, Heard::Talk { .. })
    }

    /// What there is to be said by now, if anything.
    #[must_use]
    pub fn verdict(&self, now: Micros) -> Option<(Verdict, VerdictCause)> {
        if self.talked > self.rules.greeting && self.missed.is_none() {
            return Some((Verdict::Machine, VerdictCause::LongGreeting));
        }
        let (at, verdict, cause) = self.next();
        (at <= now).then_some((verdict, cause))
    }

    /// When there is something to be said at the latest.
    #[must_use]
    pub fn due(&self) -> Micros {
        self.next().0
    }

    /// What is said if nothing more is heard, and when. That a talk has ended is told late, so a talk is long only when
    /// its end would have been told.
    fn next(&self) -> (Micros, Verdict, VerdictCause) {
        if let Some(missed) = self.missed {
            return (missed, Verdict::NotSure, VerdictCause::NoVerdict);
        }
        let rules = &self.rules;
        let by_sound = match self.now {
            Heard::Nothing => {
                (self.began + rules.initial_silence, Verdict::Machine, VerdictCause::InitialSilence)
            }
            Heard::Talk { since } => {
                let left = Span(rules.greeting.0.saturating_sub(self.talked.0));
                (since + left + rules.talk_silence, Verdict::Machine, VerdictCause::LongGreeting)
            }
            Heard::Pause { since } => {
                (since + rules.after_greeting_silence, Verdict::Human, VerdictCause::ShortGreeting)
            }
        };
        let at_last = (self.began + rules.total, Verdict::NotSure, VerdictCause::TooLong);
        if at_last.0 < by_sound.0 { at_last } else { by_sound }
    }
}

impl Default for JudgeRules {
    /// As tuned on the sounds of `cargo bench -p tests --bench amd`, and on the callees of the simulator's `amd-parallel`, who
    /// are assumed and not measured. `greeting` trades persons for machines: there 1.5 s takes 10.6 % of the persons for
    /// machines and 0.9 % of the machines for persons, 1.9 s 7.1 and 1.7 %, 2.3 s 5.1 and 2.5 %, 3 s 3.2 and 3.4 %; up to 2.5 s
    /// agents meet as many persons an hour. `after_greeting_silence` decides which machines are taken for persons: 13.6 % after
    /// 0.5 s, 1.7 % after 0.9 s, 0.3 % after 1.2 s. The other two hardly matter.
    fn default() -> Self {
        Self {
            initial_silence: Span::millis(2_500),
            greeting: Span::millis(1_900),
            after_greeting_silence: Span::millis(900),
            total: Span::millis(5_000),
            talk_silence: Span::millis(250),
            talk_level: 256,
        }
    }
}

#[cfg(test)]
mod tests;
