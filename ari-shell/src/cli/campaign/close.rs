//! `campaign close`: when a campaign is to pause by itself, by the clocks of its zone.

use std::str::FromStr;

use engine::words::Micros;
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use crate::config::Campaign;
use crate::moment::{date, micros, time_of_day, timestamp};

/// What `--at` says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cli) enum When {
    /// It is to go on.
    Never,
    /// At this moment.
    Moment(Timestamp),
    /// When the zone's clocks show this.
    Local(DateTime),
    /// When they show this the next time.
    Next(Time),
}

impl FromStr for When {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self::Never);
        }
        if let Ok(moment) = text.parse() {
            return Ok(Self::Moment(moment));
        }
        let local = |(on, at)| Some(Self::Local(date(on)?.to_datetime(time_of_day(at)?)));
        let next = || time_of_day(text).map(Self::Next);
        text.split_once([' ', 'T']).map_or_else(next, local).ok_or(
            "write a time of the campaign's zone, such as 17:30 or \"2026-11-26 17:30\", a moment such as \
             2026-11-26T17:30:00Z, or never",
        )
    }
}

impl When {
    /// The moment that is meant by a campaign. Of a time that clocks show twice it is the first; one that they leave out
    /// is as long after the change as it would have been without it. `None` where it lies beyond all calendars.
    pub(super) fn of(self, campaign: &Campaign, now: Micros) -> Option<Option<Micros>> {
        let zone = campaign.clocks();
        let moment = match self {
            Self::Never => return Some(None),
            Self::Moment(moment) => moment,
            Self::Local(local) => zone.to_timestamp(local).ok()?,
            Self::Next(time) => next(time, &zone, timestamp(now))?,
        };
        micros(moment).map(Some)
    }
}

fn next(time: Time, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = zone.to_datetime(now).date();
    let on = |date: jiff::civil::Date| zone.to_timestamp(date.to_datetime(time)).ok();
    on(today).filter(|moment| *moment > now).or_else(|| on(today.tomorrow().ok()?))
}

/// A moment by the clocks of a campaign, such as `2026-11-26 17:30:00 GMT`.
pub(super) fn shown(at: Micros, campaign: &Campaign) -> String {
    timestamp(at).to_zoned_datetime(campaign.clocks()).strftime("%F %T %Z").to_string()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn a_closing_time_is_the_zones_a_moment_or_never() {
        let zone = TimeZoneDatabase::bundled().get("Europe/London").expect("a zone");
        let now = moment("2026-06-01T12:00:00Z");
        for (text, expected) in [
            ("17:30", Some("2026-06-01T16:30:00Z")),
            ("13:00", Some("2026-06-02T12:00:00Z")),
            ("13:00:01", Some("2026-06-01T12:00:01Z")),
            ("2026-06-01T17:30:00Z", Some("2026-06-01T17:30:00Z")),
            ("2026-06-01T17:30:00-04:00", Some("2026-06-01T21:30:00Z")),
            ("2026-12-01 17:30", Some("2026-12-01T17:30:00Z")),
            // Clocks go from 1:00 to 2:00, and from 2:00 to 1:00.
            ("2026-03-29 01:30", Some("2026-03-29T01:30:00Z")),
            ("2026-10-25 01:30", Some("2026-10-25T00:30:00Z")),
            // Another zone than the campaign's would be passed over.
            ("17:30+02:00", None),
            ("17:30[Europe/Paris]", None),
            ("2026-12-01 17:30[America/New_York]", None),
            ("half past five", None),
            // One form for all dates and times.
            ("20261201 17:30", None),
            ("2026-12-01 1730", None),
            ("2026-12-01", None),
            ("1730", None),
            ("17", None),
            ("17:30:00.5", None),
            ("2026-12-01T17:30:15", Some("2026-12-01T17:30:15Z")),
            ("25:00", None),
            ("2026-02-30 17:30", None),
            ("", None),
        ] {
            let read = text.parse::<When>().ok().map(|when| match when {
                When::Never => panic!("{text} is not never"),
                When::Moment(moment) => moment,
                When::Local(local) => zone.to_timestamp(local).expect("within the calendar"),
                When::Next(time) => next(time, &zone, now).expect("within the calendar"),
            });
            assert_eq!(read, expected.map(moment), "{text:?}");
        }
        assert_eq!("never".parse(), Ok(When::Never));
    }
}
