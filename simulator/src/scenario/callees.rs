//! Who is called.

use serde::Deserialize;

use super::time::{each_later, law, profile};
use super::{Checked, Factor, Greetings, Leads, ListDay, Probability, Rate, Scale, Shift, Time};
use crate::world::{Callees, RING_LIMIT};

/// What sums of shares may be off by.
const ROUNDING: f64 = 1e-9;

/// The people who are called.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with `answer_rate`, `answer` and `ring_out`")]
pub struct CalleeFields {
    /// Share of dials that a person answers.
    pub answer_rate: Rate,
    /// What it is multiplied with by the number of the attempt on a lead; the last figure holds for all later ones.
    #[serde(default)]
    pub by_attempt: Vec<Factor>,
    /// What it is multiplied with from each day on of the list's age, which is counted from 0 within a window.
    #[serde(default)]
    pub by_list_age: Vec<(ListDay, Factor)>,
    /// After how long they answer. Whoever is not there within 120 s, stretched by `answer_scale`, is not waited for: the
    /// dialer ends all that rings for longer, whatever becomes of it.
    pub answer: Time,
    /// From each hour on, what that is multiplied with.
    #[serde(default)]
    pub answer_scale: Scale,
    /// How long after the answer they hang up if nobody has come; never, if left out.
    pub patience: Option<Time>,
    /// Share of all dials that end at once: busy, or no such number. At hours, and on attempts, at which so many people
    /// answer that not all shares have room, voicemail is left out first, then machines and then these.
    #[serde(default)]
    pub busy: Probability,
    /// After how long those end; needed where there are any, and more than no time.
    pub busy_after: Option<Time>,
    /// Of the dials that no person answers, the share that a machine takes: known as one by the carrier, no agent needed.
    #[serde(default)]
    pub machine: Probability,
    /// After how long it is known; needed where there are any, and more than no time.
    pub machine_after: Option<Time>,
    /// Of the same, the share that a machine takes which nobody can tell from a person, until an agent listens to it.
    #[serde(default)]
    pub voicemail: Probability,
    /// How long the agent does; needed where there are any, and more than no time.
    pub voicemail_talk: Option<Time>,
    /// What is heard of whoever answers; nothing, if left out, and then nobody can be told from machines.
    pub greetings: Option<Greetings>,
    /// After how long all others stop to ring; more than no time.
    pub ring_out: Time,
    /// How many leads the list has; without end, if left out. At its end the campaign is completed.
    pub leads: Option<Leads>,
}

impl CalleeFields {
    pub(super) fn check(&self, shift: &Shift) -> Checked {
        for (field, time) in self.times() {
            time.check(&format!("callees.{field}"))?;
        }
        self.answer_rate.check("callees.answer_rate")?;
        self.check_list_age(shift)?;
        each_later("callees.answer_scale", self.answer_scale.iter().map(|(hour, _)| hour.0))?;
        if let Some(greetings) = &self.greetings {
            greetings.check("callees.greetings")?;
        }
        self.check_time_passes()?;
        self.check_in_time()?;
        if self.machine.0 + self.voicemail.0 > 1.0 {
            let problem = format!("with the {} of `machine` it is more than 1", self.machine);
            return Err(("callees.voicemail".to_owned(), problem));
        }
        self.check_shares_fit()
    }

    /// The list gets older from day to day of a window, and is new in the next.
    fn check_list_age(&self, shift: &Shift) -> Checked {
        let field = "callees.by_list_age";
        each_later(field, self.by_list_age.iter().map(|(day, _)| f64::from(day.0)))?;
        let window = shift.window_days;
        match (1..).zip(&self.by_list_age).find(|(_, (day, _))| day.0 >= window.0) {
            None => Ok(()),
            Some((nth, (day, _))) => {
                let problem = format!(
                    "no list comes to day {day}, counted from 0: `shift.window_days` is {window}, and each window has a new one"
                );
                Err((format!("{field}.{nth}"), problem))
            }
        }
    }

    /// Where more people answer all else has less room, but where fewest do it has to have enough.
    fn check_shares_fit(&self) -> Checked {
        let answered = self.fewest_answers();
        let machines = (self.machine.0 + self.voicemail.0) * (1.0 - answered);
        let sum = answered + self.busy.0 + machines;
        if sum <= 1.0 + ROUNDING {
            return Ok(());
        }
        let shown = |share: f64| libm::round(share * 1_000.0) / 1_000.0;
        let problem = format!(
            "with {} answered, {} busy and {} taken by machines it is {}, which is more than 1 even where fewest answer",
            shown(answered),
            self.busy.0,
            shown(machines),
            shown(sum)
        );
        Err(("callees.busy".to_owned(), problem))
    }

    /// The lowest share that answers, at any hour, attempt and age of the list.
    fn fewest_answers(&self) -> f64 {
        let by_attempt = self.by_attempt.iter().map(|factor| factor.0).min_by(f64::total_cmp);
        // Before the first day with a factor it is 1.
        let young = self.by_list_age.first().filter(|(day, _)| day.0 > 0).map(|_| 1.0);
        let by_list_age =
            self.by_list_age.iter().map(|(_, factor)| factor.0).chain(young).min_by(f64::total_cmp);
        let share = self.answer_rate.lowest() * by_attempt.unwrap_or(1.0) * by_list_age.unwrap_or(1.0);
        share.min(1.0)
    }

    /// Calls that end at the moment at which they begin make room for others at the same moment, and so without end.
    fn check_time_passes(&self) -> Checked {
        let nothing = "is no time at all, ";
        if self.ring_out.is_nothing() {
            let problem = format!("{nothing}and then the day would never pass: give more than 0 s");
            return Err(("callees.ring_out".to_owned(), problem));
        }
        for (field, time, share_of, share) in [
            ("busy_after", &self.busy_after, "busy", self.busy),
            ("machine_after", &self.machine_after, "machine", self.machine),
            ("voicemail_talk", &self.voicemail_talk, "voicemail", self.voicemail),
        ] {
            if share.0 > 0.0 && time.as_ref().is_none_or(Time::is_nothing) {
                let problem =
                    format!("{nothing}which does not go with `{share_of}` = {share}: give more than 0 s");
                return Err((format!("callees.{field}"), problem));
            }
        }
        Ok(())
    }

    fn check_in_time(&self) -> Checked {
        let said = "after which the dialer lets nobody's telephone ring any more";
        let ends = [
            ("answer", Some(&self.answer)),
            ("busy_after", self.busy_after.as_ref()),
            ("machine_after", self.machine_after.as_ref()),
            ("ring_out", Some(&self.ring_out)),
        ];
        for (field, time) in ends {
            time.map_or(Ok(()), |time| time.check_in_time(&format!("callees.{field}"), RING_LIMIT, said))?;
        }
        Ok(())
    }

    fn times(&self) -> impl Iterator<Item = (&'static str, &Time)> {
        [
            ("answer", Some(&self.answer)),
            ("patience", self.patience.as_ref()),
            ("busy_after", self.busy_after.as_ref()),
            ("machine_after", self.machine_after.as_ref()),
            ("voicemail_talk", self.voicemail_talk.as_ref()),
            ("ring_out", Some(&self.ring_out)),
        ]
        .into_iter()
        .filter_map(|(field, time)| Some((field, time?)))
    }

    pub(super) fn people(&self) -> Callees {
        Callees {
            answer_rate: self.answer_rate.profile(),
            by_attempt: self.by_attempt.iter().map(|factor| factor.0).collect(),
            by_list_age: self.by_list_age.iter().map(|(day, factor)| (day.0, factor.0)).collect(),
            answer: self.answer.law(),
            answer_scale: profile(&self.answer_scale),
            patience: self.patience.as_ref().map(Time::law),
            busy: self.busy.0,
            busy_after: law(self.busy_after.as_ref()),
            voicemail: self.voicemail.0,
            voicemail_talk: law(self.voicemail_talk.as_ref()),
            machine: self.machine.0,
            machine_after: law(self.machine_after.as_ref()),
            greetings: self.greetings.as_ref().map(Greetings::voices),
            ring_out: self.ring_out.law(),
            leads: self.leads.map(|leads| u64::from(leads.0)),
        }
    }
}
