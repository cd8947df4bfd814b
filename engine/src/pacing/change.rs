//! How hard a campaign dials can be changed while it dials, within its mode. Another mode is another way of work, with agents who
//! are reserved or not, windows that count and call flows: it takes another configuration.

use core::fmt;
use core::ops::RangeInclusive;

use super::pace::Percent;
use super::{DropWindow, Pacing, PredictiveRules};
use crate::words::Milli;

/// What a ratio's level may be, in thousandths.
pub(crate) const LEVELS: RangeInclusive<u32> = 1_000..=10_000;
/// What a broadcast may dial in a minute.
pub(crate) const DIALS_A_MINUTE: RangeInclusive<u32> = 1..=6_000;
/// What a window's limit may be, in thousandths.
pub(crate) const DROP_LIMITS: RangeInclusive<u32> = 1..=100;

/// What is changed of a campaign's pacing while it dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PacingChange {
    /// Of [`Pacing::Ratio`]: lines for each ready agent in thousandths; 1,000 to 10,000.
    Level(Milli),
    /// Of [`Pacing::Broadcast`]: dials a minute; 1 to 6,000.
    PerMinute(u32),
    /// Of [`Pacing::Predictive`]: most drops per answered call in any of its windows, in thousandths; 1 up to the highest limit
    /// that they are configured with. A window whose own limit is lower keeps it.
    DropLimit(Milli),
}

/// A change, and of what. It survives the process, but not another configuration: whoever wrote that had the last word.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Paced {
    /// The pacing that was configured when it was made.
    pub from: Pacing,
    /// What was changed of it.
    pub change: PacingChange,
}

impl Paced {
    /// What a change makes of what is configured; `None` where nothing is changed, or only to what is configured anyway.
    ///
    /// # Errors
    /// [`UnfitChange`] as [`Pacing::changed`] has it.
    pub fn by(change: Option<PacingChange>, configured: &Pacing) -> Result<Option<Self>, UnfitChange> {
        let Some(change) = change else { return Ok(None) };
        let differs = configured.changed(change)? != *configured;
        Ok(differs.then(|| Self { from: configured.clone(), change }))
    }

    /// The pacing that comes of it; `None` where the campaign is configured otherwise by now.
    pub fn of(&self, configured: &Pacing) -> Option<Pacing> {
        if self.from == *configured { configured.changed(self.change).ok() } else { None }
    }
}

/// A change that does not go with a campaign's pacing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UnfitChange {
    /// As configured.
    pub pacing: Pacing,
    /// What was wanted.
    pub change: PacingChange,
}

impl Pacing {
    /// As it is with a change made.
    ///
    /// # Errors
    /// [`UnfitChange`] where the change is one of another mode, out of its range, or above the limits that are configured.
    pub fn changed(&self, change: PacingChange) -> Result<Self, UnfitChange> {
        let pacing = match (self, change) {
            (Self::Ratio { .. }, PacingChange::Level(level)) if LEVELS.contains(&level.0) => {
                Self::Ratio { level }
            }
            (Self::Broadcast { .. }, PacingChange::PerMinute(per_minute))
                if DIALS_A_MINUTE.contains(&per_minute) =>
            {
                Self::Broadcast { per_minute }
            }
            (Self::Predictive(rules), PacingChange::DropLimit(limit))
                if DROP_LIMITS.contains(&limit.0) && limit <= rules.highest_limit() =>
            {
                Self::Predictive(rules.capped(limit))
            }
            _ => return Err(UnfitChange { pacing: self.clone(), change }),
        };
        Ok(pacing)
    }

    /// Its mode, in the words of the configuration.
    pub const fn mode(&self) -> &'static str {
        match self {
            Self::Progressive => "progressive",
            Self::Preview(_) => "preview",
            Self::Ratio { .. } => "ratio",
            Self::Predictive(_) => "predictive",
            Self::Broadcast { .. } => "broadcast",
            Self::Allotted => "allotted",
        }
    }

    /// The key of what can be changed of it while it dials.
    const fn key(&self) -> Option<&'static str> {
        match self {
            Self::Ratio { .. } => Some("level"),
            Self::Predictive(_) => Some("drop_limit"),
            Self::Broadcast { .. } => Some("per_minute"),
            Self::Progressive | Self::Preview(_) | Self::Allotted => None,
        }
    }
}

impl PredictiveRules {
    fn highest_limit(&self) -> Milli {
        self.windows.iter().map(|window| window.limit).fold(Milli(0), Ord::max)
    }

    /// The same, with no window that allows more.
    fn capped(&self, most: Milli) -> Self {
        let capped = |window: &DropWindow| DropWindow { limit: Ord::min(window.limit, most), ..*window };
        Self { windows: self.windows.iter().map(capped).collect(), ..self.clone() }
    }
}

impl PacingChange {
    /// The key in the configuration.
    const fn key(self) -> &'static str {
        match self {
            Self::Level(_) => "level",
            Self::PerMinute(_) => "per_minute",
            Self::DropLimit(_) => "drop_limit",
        }
    }

    /// The mode that it belongs to.
    const fn mode(self) -> &'static str {
        match self {
            Self::Level(_) => "ratio",
            Self::PerMinute(_) => "broadcast",
            Self::DropLimit(_) => "predictive",
        }
    }
}

/// What it keeps to, such as `level 2.5`; of a mode that has no figures, its name.
impl fmt::Display for Pacing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Progressive | Self::Preview(_) | Self::Allotted => f.write_str(self.mode()),
            Self::Ratio { level } => write!(f, "level {}", Ratio(*level)),
            Self::Broadcast { per_minute } => write!(f, "{per_minute} dials a minute"),
            Self::Predictive(rules) => {
                f.write_str("drops up to ")?;
                for (nth, window) in rules.windows.iter().enumerate() {
                    let between = if nth == 0 { "" } else { ", " };
                    write!(f, "{between}{window}")?;
                }
                Ok(())
            }
        }
    }
}

/// A value with its key, as in the configuration.
impl fmt::Display for PacingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.key())?;
        match self {
            Self::Level(level) => Ratio(*level).fmt(f),
            Self::PerMinute(per_minute) => per_minute.fmt(f),
            Self::DropLimit(limit) => Percent(*limit).fmt(f),
        }
    }
}

impl fmt::Display for UnfitChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pacing, change } = self;
        if pacing.key() == Some(change.key()) {
            write!(f, "{change} is out of range; give {}", Room(pacing))
        } else {
            write!(
                f,
                "{change} belongs to mode = {:?}, and the campaign has mode = {:?}, of which {} can be changed while it \
                 dials; to dial in another way, change `mode` in the file and start `run` anew",
                change.mode(),
                pacing.mode(),
                pacing.key().unwrap_or("nothing"),
            )
        }
    }
}

/// Between what a pacing can be changed.
struct Room<'a>(&'a Pacing);

impl fmt::Display for Room<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Pacing::Ratio { .. } => {
                write!(f, "{} to {}", Ratio(Milli(*LEVELS.start())), Ratio(Milli(*LEVELS.end())))
            }
            Pacing::Broadcast { .. } => write!(f, "{} to {}", DIALS_A_MINUTE.start(), DIALS_A_MINUTE.end()),
            Pacing::Predictive(rules) => {
                let (least, most) = (Milli(*DROP_LIMITS.start()), rules.highest_limit());
                write!(f, "{} to {}, the highest limit in the file", Percent(least), Percent(most))
            }
            Pacing::Progressive | Pacing::Preview(_) | Pacing::Allotted => f.write_str("nothing"),
        }
    }
}

impl core::error::Error for UnfitChange {}

/// Thousandths, with as many decimals as they need.
struct Ratio(Milli);

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Milli(thousandths)) = *self;
        let (whole, part) = (thousandths / 1_000, thousandths % 1_000);
        match part {
            0 => write!(f, "{whole}"),
            _ if part % 100 == 0 => write!(f, "{whole}.{}", part / 100),
            _ if part % 10 == 0 => write!(f, "{whole}.{:02}", part / 10),
            _ => write!(f, "{whole}.{part:03}"),
        }
    }
}
