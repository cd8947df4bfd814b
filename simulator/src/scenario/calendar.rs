//! What a scenario says by the clocks of a place: its zone, when its house opens, and drop windows of the calendar.

use engine::pacing::WindowSpan;
use engine::words::Micros;
use engine::zone::Zone;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use serde::Deserialize;

use super::bare::named;
use super::{Checked, ClockTime, Probability, milli};

/// The engine holds eight windows at most, and `shift.window_days` is one.
const MOST_WINDOWS: usize = 7;

/// A zone by its name in the IANA database, such as `Europe/London`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct ZoneName(TimeZone);

impl TryFrom<String> for ZoneName {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        // Of one that is unknown there are no rules.
        let zone = TimeZoneDatabase::bundled().get(&name).ok().filter(|zone| zone.iana_name().is_some());
        zone.map(Self).ok_or_else(|| {
            format!("{name:?} is no zone of the IANA database, such as \"Europe/London\" or \"UTC\"")
        })
    }
}

impl Default for ZoneName {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl ZoneName {
    /// The zone as the engine knows it.
    pub(super) fn rules(&self) -> Zone {
        let name = self.0.iana_name().expect("it was found by its name");
        Zone::named(name).expect("it was found in the same database")
    }
}

/// How a moment is written.
const FORM: &str = "%Y-%m-%d %H:%M";

/// A moment by the clocks of the campaign's zone: from 2020 to 2099, such as `2026-03-28 18:00`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Opening(DateTime);

impl TryFrom<String> for Opening {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        // A parser of any date and time would take a date alone for midnight, and pass over an offset.
        let opening = DateTime::strptime(FORM, &text).ok().filter(|at| (2020..=2099).contains(&at.year()));
        opening.map(Self).ok_or_else(|| {
            format!("{text:?} is no date with a time from 2020 to 2099, such as \"2026-03-28 18:00\"")
        })
    }
}

impl Opening {
    /// Whether the clocks of a zone show it at all, or what is wrong with it.
    pub(super) fn check(self, zone: &ZoneName) -> Result<(), String> {
        let moment = zone.0.to_ambiguous_timestamp(self.0);
        match moment.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => Ok(()),
            AmbiguousOffset::Gap { .. } => {
                let after = zone.0.to_datetime(moment.compatible().expect("years that the calendar has"));
                Err(format!(
                    "clocks in {} leave out {}, when they are set forward: give \"{}\", or a time before",
                    zone.0.iana_name().expect("it was found by its name"),
                    self.0.strftime(FORM),
                    after.strftime(FORM)
                ))
            }
        }
    }

    /// The moment. Of a time that clocks show twice it is the first.
    pub(super) fn in_zone(self, zone: &ZoneName) -> Micros {
        let moment = zone.0.to_timestamp(self.0).expect("years that the calendar has");
        Micros(u64::try_from(moment.as_microsecond()).expect("it is after 1970"))
    }

    /// The time of the clock.
    pub(super) fn clock(self) -> ClockTime {
        let [hour, minute] = [self.0.hour(), self.0.minute()].map(i8::unsigned_abs).map(u32::from);
        ClockTime(100 * hour + minute)
    }
}

/// A drop window of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { limit = 0.03, span = \"day\" }")]
pub struct DropWindow {
    /// Most drops per answered call in each, 0.001 to 0.1.
    pub limit: Probability,
    /// The stretch of time.
    pub span: CalendarSpan,
}

/// A stretch of time of the calendar in the campaign's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum CalendarSpan {
    /// Each day.
    Day,
    /// Each month.
    Month,
}

named!(CalendarSpan, "\"day\" or \"month\"");

impl CalendarSpan {
    /// By its name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// Whether the windows are such as the engine takes.
pub(super) fn check(windows: &[DropWindow]) -> Checked {
    for (nth, window) in (1..).zip(windows) {
        window
            .limit
            .check_drop_limit()
            .map_err(|problem| (format!("campaign.windows.{nth}.limit"), problem))?;
    }
    if windows.len() > MOST_WINDOWS {
        let problem = format!("{} are more than {MOST_WINDOWS}", windows.len());
        return Err(("campaign.windows".to_owned(), problem));
    }
    Ok(())
}

impl Probability {
    /// Whether it can be a drop limit, or why not: the dialer counts in thousandths.
    pub(super) fn check_drop_limit(self) -> Result<(), String> {
        self.check_thousandths(0.1)
    }

    /// Whether it is a number of thousandths up to that share, or why not.
    pub(super) fn check_thousandths(self, most: f64) -> Result<(), String> {
        let thousandths = self.0 * 1_000.0;
        if !(0.001..=most).contains(&self.0) {
            Err(format!("{self} is not between 0.001 and {most}"))
        } else if (thousandths - libm::round(thousandths)).abs() > 1e-6 {
            Err(format!("{self} has more than three decimals, such as 0.025 has"))
        } else {
            Ok(())
        }
    }
}

impl DropWindow {
    pub(crate) fn rules(&self) -> engine::pacing::DropWindow {
        let span = match self.span {
            CalendarSpan::Day => WindowSpan::Day,
            CalendarSpan::Month => WindowSpan::Month,
        };
        engine::pacing::DropWindow { limit: milli(self.limit.0), span }
    }
}
