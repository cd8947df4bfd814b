//! What did the agent say of the call, and what becomes of the lead by it?

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::retry::{Attempted, Decision, Ended, RetryRule, RetryRules};
use super::{Fate, WhyExhausted};
use crate::call::CallResult;
use crate::words::{Micros, Span};

/// What a campaign's agents may say of a call that they talked on. Each call is given exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dispositions {
    /// All of them, each code once; at least one.
    pub list: Vec<Disposition>,
    /// The code that is written where the agent says nothing in time.
    pub default: String,
    /// How long an agent stays in wrap-up until they have said something; 1 s to 24 h. `None`: the wrap-up lasts as long as
    /// the campaign's does, and a disposition ends it sooner.
    pub demanded_within: Option<Span>,
}

/// One disposition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Disposition {
    /// How it is written: 1 to 32 printable characters.
    pub code: String,
    /// How people read it.
    pub label: String,
    /// Whether a person was talked to. Where none was, the lead is tried again as if nobody had answered.
    pub human: bool,
    /// What the lead comes to by it.
    pub meaning: Meaning,
    /// Its own rule for trying again, in place of the campaign's; only with [`Meaning::Open`].
    pub retry: Option<RetryRule>,
}

/// What a disposition means for the lead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Meaning {
    /// The rules for trying again decide.
    Open,
    /// It has come to its aim.
    Completed,
    /// Another call is agreed on.
    Callback,
    /// The number is not to be called any more.
    DoNotCall {
        /// The list that it is put on; the house's own, which every campaign keeps to, where none is named.
        list: Option<String>,
    },
    /// Nobody can do anything with the number. Another of the lead's has its turn; without one the lead has come to its end.
    Unworkable,
}

impl Dispositions {
    /// The disposition of that code.
    pub fn find(&self, code: &str) -> Option<&Disposition> {
        self.list.iter().find(|disposition| disposition.code == code)
    }

    /// Whether they can work: what is wrong, and what would be right.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for Disposition { code, meaning, retry, .. } in &self.list {
            let fits = (1..=32).contains(&code.chars().count()) && !code.chars().any(char::is_control);
            if !fits {
                return Err(format!("{code:?} is no code: use 1 to 32 printable characters"));
            }
            if !seen.insert(code) {
                return Err(format!("{code:?} is there twice"));
            }
            if retry.is_some() && *meaning != Meaning::Open {
                return Err(format!("{code:?} has a rule for trying again, and means that there is no need"));
            }
        }
        match self.find(&self.default) {
            None => Err(format!("the default {:?} is none of them", self.default)),
            Some(Disposition { meaning: Meaning::Callback, .. }) => {
                Err(format!("the default {:?} would need a moment to call back at", self.default))
            }
            Some(_) => Ok(()),
        }
    }
}

impl Disposition {
    /// What becomes of the queue item of a call that an agent talked on. Decided once for each call. `callback` is for when
    /// another call was agreed on.
    pub fn decide(
        &self,
        rules: &RetryRules,
        made: Attempted<'_>,
        ended: &Ended,
        callback: Option<Micros>,
    ) -> Decision {
        let result = if self.human { CallResult::Connected } else { CallResult::NoAnswer };
        let ended = Ended { result, completed: false, ..*ended };
        let fate = match (&self.meaning, callback) {
            (Meaning::Callback, Some(at)) => Fate::Retry(at),
            (Meaning::Open | Meaning::Callback, _) => {
                return match &self.retry {
                    Some(rule) => rules.decide_by(Some(rule), made, &ended),
                    None => rules.decide(made, &ended),
                };
            }
            (Meaning::Completed, _) => Fate::Completed,
            (Meaning::DoNotCall { .. }, _) => Fate::Exhausted(WhyExhausted::DoNotCall),
            (Meaning::Unworkable, _) => return rules.without_number(made, &ended),
        };
        Decision { fate, next_number: None, past: made.past.after(made.number, &ended) }
    }
}

#[cfg(test)]
mod tests;
