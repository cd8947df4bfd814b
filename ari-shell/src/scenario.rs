//! One day of a campaign, as it is on record, as a scenario for `simulator`: what would another pacing have made of it?
//!
//! Who was there is taken as it was: when each agent came, rested and went. What callees and agents did is drawn anew, in each
//! simulated day, from what was observed: how many answered in each hour, how soon, how long they talked. So the simulated days
//! differ from each other as real ones would, and from the recorded one by no more, if the scenario stands for the floor; what
//! was recorded stands in the file for `simulator` to say so. What was not seen cannot be drawn: where nobody waited, as under
//! progressive pacing, nobody hung up while waiting, and other pacings look worse than they would be.
//!
//! What no scenario has is left out, and said where it is: call flows, dials that failed at the carriers, who told persons from
//! machines, retries (the answer rate of each hour has the mix of attempts that were made in it), and that several nodes have
//! agents of their own. The pacing is the one that is in force, whatever it was on that day.

mod callees;
mod crew;
mod law;
mod read;
#[cfg(test)]
mod tests;
mod text;

use engine::pacing::Pacing;
use engine::words::{Micros, Span};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::{Campaign, Carrier};
use crate::moment;
use crate::report::Period;
use crate::store::{Standing, Store, StoreError};
use callees::Callees;
use crew::Crew;
use read::Traffic;

/// Answers at least that callees are known by.
const ENOUGH: u64 = 30;

/// A day on record.
#[derive(Debug)]
pub struct Day<'c> {
    campaign: &'c Campaign,
    /// As configured, or as it was changed since.
    pacing: Pacing,
    is_changed: bool,
    /// Those that the campaign goes through.
    carriers: Vec<&'c Carrier>,
    date: Date,
    zone: TimeZone,
    /// From when the first agent came, or the first call, to a little after the last call.
    hours: Period,
    crew: Crew,
    callees: Callees,
    /// Dialers that had a part in it.
    nodes: u64,
}

/// Why a day makes no scenario.
#[derive(Debug, thiserror::Error)]
pub enum NoScenario {
    /// The database did not give it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What callees do in a call flow is not simulated.
    #[error("takes its callees through a call flow, which no scenario has")]
    Flow,
    /// There is too little to go by.
    #[error(
        "has too little on record of {date}: {ENOUGH} answers and a conversation are needed to know its callees by, and there \
         are {answers} and {talks}"
    )]
    TooLittle {
        /// The day.
        date: Date,
        /// Calls that somebody answered.
        answers: u64,
        /// Conversations from their beginning to their end.
        talks: usize,
    },
}

impl<'c> Day<'c> {
    /// Reads a day of a campaign, from midnight to midnight by the clocks of its zone, or for 24 hours. All reads see the same
    /// moment of the database.
    ///
    /// # Errors
    /// [`NoScenario`] where there is not enough on record, or the database fails.
    ///
    /// # Panics
    /// With a date before 1970 or at the calendar's end.
    pub async fn read(
        store: &Store,
        standing: &Standing,
        campaign: &'c Campaign,
        carriers: &'c [Carrier],
        date: Date,
    ) -> Result<Self, NoScenario> {
        if campaign.flow.is_some() {
            return Err(NoScenario::Flow);
        }
        let zone = campaign.clocks();
        let traffic = Traffic::read(store, standing.id, whole_day(date, &zone)).await?;
        let day = Self::of(&traffic, campaign, carriers, (date, zone))?;
        let changed = standing.paced.as_ref().and_then(|paced| paced.of(&campaign.pacing));
        let is_changed = changed.is_some();
        Ok(Self { pacing: changed.unwrap_or(day.pacing), is_changed, ..day })
    }

    fn of(
        traffic: &Traffic,
        campaign: &'c Campaign,
        carriers: &'c [Carrier],
        (date, zone): (Date, TimeZone),
    ) -> Result<Self, NoScenario> {
        let callees = Callees::of(&traffic.calls, campaign.greeting + campaign.message_within);
        let crew = Crew::of(traffic);
        let (Some(came), Some(first), ENOUGH.., false) =
            (crew.came(), traffic.dials().next(), callees.answers, crew.talk.is_empty())
        else {
            return Err(NoScenario::TooLittle { date, answers: callees.answers, talks: crew.talk.len() });
        };
        let hours = Period { from: minute_of(came.min(first)), to: crew.closes };
        let carriers = carriers.iter().filter(|carrier| campaign.carriers.contains(&carrier.name)).collect();
        let pacing = campaign.pacing.clone();
        let (is_changed, nodes) = (false, traffic.nodes);
        Ok(Self { campaign, pacing, is_changed, carriers, date, zone, hours, crew, callees, nodes })
    }

    /// What to look at where the pacing in force may be another than that day's: since when it has been changed is not on record.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        let Self { pacing, is_changed, .. } = self;
        is_changed.then(|| {
            format!(
                "It is paced as `campaign pace` has it: {pacing}. Where that was said after this day, put what was in force then into \
                 [campaign] and [recorded]."
            )
        })
    }

    /// Calls that went through to their callees, agents, and calls that failed before, which the scenario has none of.
    #[must_use]
    pub fn counts(&self) -> (u64, usize, u64) {
        (self.callees.dials(), self.crew.shifts.len(), self.callees.failed)
    }
}

/// No day of a scenario is longer.
const LONGEST: Span = Span::secs(24 * 3_600);

/// From midnight to midnight, but for the last hour of one on which clocks are set back.
fn whole_day(date: Date, zone: &TimeZone) -> Period {
    let midnight = |date: Date| {
        let midnight = zone.to_timestamp(date.at(0, 0, 0, 0)).ok().and_then(moment::micros);
        midnight.expect("the command line takes dates from 2020 to 2099")
    };
    let (from, next) = (midnight(date), midnight(date.tomorrow().expect("the calendar goes on")));
    Period { from, to: next.min(from + LONGEST) }
}

/// The minute that it lies in: a scenario's house opens at a full one.
const fn minute_of(at: Micros) -> Micros {
    const MINUTE: u64 = Span::secs(60).0;
    Micros(at.0 - at.0 % MINUTE)
}
