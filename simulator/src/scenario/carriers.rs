//! Through whom calls go.

use serde::Deserialize;

use super::time::law;
use super::{Channels, Checked, Count, Failures, Hour, Probability, Seconds, SipResponse, Time, Weight};
use crate::world::{self, SETUP_LIMIT};

/// What the dialer's limit is for, in words.
const FIRST_RING: &str = "that the dialer waits for the first ring";

/// A carrier. Without any there is one that has room for everything and never fails.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { name = \"near\", channels = 40 }")]
pub struct Carrier {
    /// Its name, which no other has.
    pub name: String,
    /// Its share of the calls against the other carriers'.
    #[serde(default = "one")]
    pub weight: Weight,
    /// Most calls at a time.
    #[serde(default = "any_channels")]
    pub channels: Channels,
    /// Most new calls a second.
    #[serde(default = "any_rate")]
    pub calls_per_second: Count,
    /// How long from the dial to the first ring; no time at all if left out. A call that does not ring within 30 s is given up by
    /// the dialer.
    pub dial_delay: Option<Time>,
    /// So many failures in a row make it rest, as in the dialer's own configuration.
    #[serde(default = "ten")]
    pub failures_to_rest: Failures,
    /// For so long.
    #[serde(default = "half_a_minute")]
    pub rest: Seconds,
    /// Times in which it fails.
    #[serde(default)]
    pub storms: Vec<Storm>,
}

/// A time in which a carrier fails.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { from = 1, until = 2, share = 0.8, response = 503 }"
)]
pub struct Storm {
    /// When it begins.
    pub from: Hour,
    /// When it ends.
    pub until: Hour,
    /// Share of the calls in that time that fail.
    pub share: Probability,
    /// The SIP response that those get.
    pub response: SipResponse,
    /// After how long; at once if left out. After 30 s the dialer has given up.
    pub after: Option<Time>,
}

const fn one() -> Weight {
    Weight(1)
}

const fn ten() -> Failures {
    Failures(10)
}

const fn any_channels() -> Channels {
    Channels(100_000)
}

const fn any_rate() -> Count {
    Count(10_000)
}

const fn half_a_minute() -> Seconds {
    Seconds(30.0)
}

impl Carrier {
    /// The one that a scenario without any has.
    pub(super) fn unlimited() -> Self {
        Self {
            name: "trunk".to_owned(),
            weight: one(),
            channels: any_channels(),
            calls_per_second: any_rate(),
            dial_delay: None,
            failures_to_rest: ten(),
            rest: half_a_minute(),
            storms: Vec::new(),
        }
    }

    /// `at` is where the carrier stands in the file, `closing` the hour of closing time.
    pub(super) fn check(&self, at: &str, closing: f64) -> Checked {
        let wrong = |field: &str, problem| Err((format!("{at}.{field}"), problem));
        if self.name.trim().is_empty() {
            return wrong("name", "is empty: give one such as \"near\"".to_owned());
        }
        if !(1.0..=3_600.0).contains(&self.rest.0) {
            return wrong("rest", format!("{} s is not between 1 and 3600 s", self.rest));
        }
        if let Some(delay) = &self.dial_delay {
            delay.check(&format!("{at}.dial_delay"))?;
            delay.check_in_time(&format!("{at}.dial_delay"), SETUP_LIMIT, FIRST_RING)?;
        }
        for (nth, storm) in (1..).zip(&self.storms) {
            storm.check(&format!("{at}.storms.{nth}"), closing)?;
        }
        Ok(())
    }

    pub(super) fn way(&self) -> world::Carrier {
        let storm = |storm: &Storm| world::Storm {
            from: storm.from.span(),
            until: storm.until.span(),
            share: storm.share.0,
            response: storm.response.0,
            after: law(storm.after.as_ref()),
        };
        world::Carrier {
            name: self.name.clone(),
            weight: self.weight.0,
            channels: self.channels.0,
            calls_per_second: self.calls_per_second.0,
            failures_to_rest: self.failures_to_rest.0,
            rest: self.rest.span(),
            dial_delay: law(self.dial_delay.as_ref()),
            storms: self.storms.iter().map(storm).collect(),
        }
    }
}

/// Whether each has a name of its own.
pub(super) fn check_names(carriers: &[Carrier]) -> Checked {
    for (nth, carrier) in carriers.iter().enumerate() {
        if let Some(first) = carriers[..nth].iter().position(|other| other.name == carrier.name) {
            let problem = format!("{:?} is that of carrier {} already", carrier.name, first + 1);
            return Err((format!("carriers.{}.name", nth + 1), problem));
        }
    }
    Ok(())
}

impl Storm {
    fn check(&self, at: &str, closing: f64) -> Checked {
        let wrong = |field: &str, problem| Err((format!("{at}.{field}"), problem));
        if self.from.0 >= closing {
            return wrong("from", format!("{} is after closing time, which is hour {closing}", self.from));
        }
        if self.until.0 <= self.from.0 {
            let problem = format!("ends at hour {}, before it starts at {}", self.until, self.from);
            return wrong("until", problem);
        }
        if let Some(after) = &self.after {
            after.check(&format!("{at}.after"))?;
            after.check_in_time(&format!("{at}.after"), SETUP_LIMIT, FIRST_RING)?;
        }
        Ok(())
    }
}
