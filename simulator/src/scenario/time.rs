//! How long things take, and how figures go over the day.

use engine::words::Span;
use serde::{Deserialize, Deserializer};

use super::figure::plain;
use super::{Checked, Count, Factor, Hour, Hours, Probability, Seconds, bare};
use crate::draw::Law;
use crate::world::Profile;

/// Time is counted in whole microseconds.
const MOMENT_S: f64 = 1e-6;

/// A law that a time is drawn from. All in seconds; `after` is added to each draw.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    remote = "Self",
    rename_all = "snake_case",
    deny_unknown_fields,
    expecting = "a table of the law's figures, such as { mean = 90 } or { from = 6, to = 24 }"
)]
pub enum Time {
    /// Always the same.
    Fixed(Seconds),
    /// Even between two times.
    Uniform {
        /// The shortest.
        from: Seconds,
        /// The longest.
        to: Seconds,
    },
    /// Exponential.
    Exponential {
        /// Its mean.
        mean: Seconds,
        /// Added to it.
        #[serde(default)]
        after: Seconds,
    },
    /// Gamma with a whole shape.
    Gamma {
        /// Its shape.
        shape: Count,
        /// Its mean.
        mean: Seconds,
        /// Added to it.
        #[serde(default)]
        after: Seconds,
    },
    /// Lognormal.
    Lognormal {
        /// Its mean.
        mean: Seconds,
        /// Deviation divided by mean.
        cv: Factor,
        /// Added to it.
        #[serde(default)]
        after: Seconds,
    },
    /// One of several laws.
    Mixture(Vec<Part>),
    /// One of these times, each equally likely: durations as they were observed.
    OneOf(Vec<Seconds>),
}

/// A part of a mixture.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { share = 0.7, of = { fixed = 5 } }")]
pub struct Part {
    /// The share of draws that are of this law. All shares together are 1.
    pub share: Probability,
    /// The law.
    pub of: Time,
}

impl Time {
    pub(super) fn check(&self, field: &str) -> Checked {
        match self {
            Self::Uniform { from, to } if from.0 > to.0 => {
                let problem = format!("ends at {to} s, before it starts at {from} s");
                Err((field.to_owned(), problem))
            }
            Self::Mixture(parts) if parts.is_empty() => {
                let problem = "has no parts: give one such as { share = 1, of = { fixed = 5 } }".to_owned();
                Err((format!("{field}.mixture"), problem))
            }
            Self::Mixture(parts) => {
                let sum: f64 = parts.iter().map(|part| part.share.0).sum();
                if (sum - 1.0).abs() > 1e-6 {
                    let problem = format!("the shares of the mixture are {sum}, and not 1");
                    return Err((format!("{field}.mixture"), problem));
                }
                let check = |(nth, part): (u32, &Part)| part.of.check(&format!("{field}.mixture.{nth}.of"));
                (1..).zip(parts).try_for_each(check)
            }
            Self::OneOf(times) if times.is_empty() => {
                let problem = "has no times: give one in seconds such as 12.5".to_owned();
                Err((format!("{field}.one_of"), problem))
            }
            Self::Fixed(_)
            | Self::Uniform { .. }
            | Self::Exponential { .. }
            | Self::Gamma { .. }
            | Self::Lognormal { .. }
            | Self::OneOf(_) => Ok(()),
        }
    }

    /// Whether it can be nothing but no time at all: what takes less than a microsecond does not pass.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Self::Mixture(parts) => parts.iter().all(|part| part.share.0 == 0.0 || part.of.is_nothing()),
            Self::Fixed(_)
            | Self::Uniform { .. }
            | Self::Exponential { .. }
            | Self::Gamma { .. }
            | Self::Lognormal { .. }
            | Self::OneOf(_) => self.reach() < MOMENT_S,
        }
    }

    /// The shortest that it may take; in seconds.
    pub(super) fn least(&self) -> f64 {
        match self {
            Self::Fixed(seconds) => seconds.0,
            Self::Uniform { from, .. } => from.0,
            Self::Exponential { after, .. } | Self::Gamma { after, .. } | Self::Lognormal { after, .. } => {
                after.0
            }
            Self::Mixture(parts) => {
                let drawn = parts.iter().filter(|part| part.share.0 > 0.0);
                drawn.map(|part| part.of.least()).fold(f64::INFINITY, f64::min)
            }
            Self::OneOf(times) => times.iter().map(|time| time.0).fold(f64::INFINITY, f64::min),
        }
    }

    /// Whether some of it is over by a limit of the dialer's, which is said in words.
    pub(super) fn check_in_time(&self, field: &str, limit: Span, said: &str) -> Checked {
        let (least, limit) = (self.least(), limit.0 as f64 / 1e6);
        if least <= limit {
            return Ok(());
        }
        Err((field.to_owned(), format!("{} s are longer than the {limit} s {said}", plain(least))))
    }

    /// The longest that it may take, or its mean where that has no end; in seconds.
    pub(super) fn reach(&self) -> f64 {
        match self {
            Self::Fixed(seconds) => seconds.0,
            Self::Uniform { to, .. } => to.0,
            Self::Exponential { mean, after }
            | Self::Gamma { mean, after, .. }
            | Self::Lognormal { mean, after, .. } => mean.0 + after.0,
            Self::Mixture(parts) => parts.iter().map(|part| part.of.reach()).fold(0.0, f64::max),
            Self::OneOf(times) => times.iter().map(|time| time.0).fold(0.0, f64::max),
        }
    }

    pub(super) fn law(&self) -> Law {
        match self {
            Self::Fixed(seconds) => Law::Fixed { seconds: seconds.0 },
            Self::Uniform { from, to } => Law::Uniform { from: from.0, to: to.0 },
            Self::Exponential { mean, after } => Law::Exponential { mean: mean.0, after: after.0 },
            Self::Gamma { shape, mean, after } => Law::Gamma { shape: shape.0, mean: mean.0, after: after.0 },
            Self::Lognormal { mean, cv, after } => Law::Lognormal { mean: mean.0, cv: cv.0, after: after.0 },
            Self::Mixture(parts) => {
                Law::Mixture { parts: parts.iter().map(|part| (part.share.0, part.of.law())).collect() }
            }
            Self::OneOf(times) => Law::OneOf { seconds: times.iter().map(|time| time.0).collect() },
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(of: D) -> Result<Self, D::Error> {
        bare::kind(of)
    }
}

impl bare::Kind for Time {
    const MEANT: &str = "a law such as { fixed = 20 } or { exponential = { mean = 90 } }";

    fn read<'de, D: Deserializer<'de>>(of: D) -> Result<Self, D::Error> {
        Self::deserialize(of)
    }

    fn of_figure(figure: f64) -> String {
        format!("{0} is no law: give {{ fixed = {0} }}", plain(figure))
    }
}

/// The law of a time that may be left out, and is then no time at all.
pub(super) fn law(time: Option<&Time>) -> Law {
    time.map_or(Law::AT_ONCE, Time::law)
}

/// How a share goes over the day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    remote = "Self",
    rename_all = "snake_case",
    deny_unknown_fields,
    expecting = "a table such as { mean = 0.2, swing = 0.1, period = 3 }"
)]
pub enum Rate {
    /// The same all day.
    Flat(Probability),
    /// From each hour on, the share beside it.
    Steps(Vec<(Hour, Probability)>),
    /// In a straight line from each hour's share to the next.
    Ramp(Vec<(Hour, Probability)>),
    /// `mean + swing * sin(2 pi t / period)`.
    Sine {
        /// The middle.
        mean: Probability,
        /// How far it goes to either side.
        swing: Probability,
        /// In hours.
        period: Hours,
    },
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(of: D) -> Result<Self, D::Error> {
        bare::kind(of)
    }
}

impl bare::Kind for Rate {
    const MEANT: &str = "a share over the day such as { flat = 0.2 } or { steps = [[0, 0.1], [4, 0.3]] }";

    fn read<'de, D: Deserializer<'de>>(of: D) -> Result<Self, D::Error> {
        Self::deserialize(of)
    }

    fn of_figure(figure: f64) -> String {
        format!("{0} is not said to hold all day: give {{ flat = {0} }}", plain(figure))
    }
}

impl Rate {
    pub(super) fn check(&self, field: &str) -> Checked {
        match self {
            Self::Steps(points) => begins_at_the_opening(&format!("{field}.steps"), points),
            Self::Ramp(points) => begins_at_the_opening(&format!("{field}.ramp"), points),
            Self::Sine { mean, swing, .. } if mean.0 - swing.0 < 0.0 || mean.0 + swing.0 > 1.0 => {
                let problem = format!("{mean} and {swing} go below 0 or above 1");
                Err((format!("{field}.sine"), problem))
            }
            Self::Flat(_) | Self::Sine { .. } => Ok(()),
        }
    }

    /// The lowest share that it comes to.
    pub(super) fn lowest(&self) -> f64 {
        match self {
            Self::Flat(share) => share.0,
            Self::Steps(points) | Self::Ramp(points) => {
                points.iter().map(|(_, share)| share.0).fold(1.0, f64::min)
            }
            Self::Sine { mean, swing, .. } => mean.0 - swing.0,
        }
    }

    pub(super) fn profile(&self) -> Profile {
        let plain =
            |points: &[(Hour, Probability)]| points.iter().map(|(at, share)| (at.0, share.0)).collect();
        match self {
            Self::Flat(share) => Profile::Steps(vec![(0.0, share.0)]),
            Self::Steps(points) => Profile::Steps(plain(points)),
            Self::Ramp(points) => Profile::Ramp(plain(points)),
            Self::Sine { mean, swing, period } => {
                Profile::Sine { mean: mean.0, swing: swing.0, period: period.0 }
            }
        }
    }
}

fn begins_at_the_opening(field: &str, points: &[(Hour, Probability)]) -> Checked {
    if points.is_empty() {
        return Err((
            field.to_owned(),
            "has no shares: give the first at hour 0, such as [0, 0.2]".to_owned(),
        ));
    }
    if let Some((hour, _)) = points.first().filter(|(hour, _)| hour.0 != 0.0) {
        return Err((
            field.to_owned(),
            format!("begins at hour {hour}: give the first at hour 0, such as [0, 0.2]"),
        ));
    }
    each_later(field, points.iter().map(|(hour, _)| hour.0))
}

/// From each hour on, a factor; before the first it is 1.
pub type Scale = Vec<(Hour, Factor)>;

pub(super) fn profile(scale: &Scale) -> Profile {
    Profile::Steps(scale.iter().map(|(at, factor)| (at.0, factor.0)).collect())
}

pub(super) fn each_later(field: &str, moments: impl Iterator<Item = f64>) -> Checked {
    let mut before = f64::NEG_INFINITY;
    for (nth, moment) in (1..).zip(moments) {
        if moment <= before {
            return Err((
                format!("{field}.{nth}"),
                format!("{} is not later than {}, the one before", plain(moment), plain(before)),
            ));
        }
        before = moment;
    }
    Ok(())
}
