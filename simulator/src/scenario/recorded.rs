//! `[recorded]`: what the real floor had on such a day, to hold the simulated one against.

use serde::Deserialize;

use super::{Calls, Checked, Count, Hours, Pacing, Probability};

/// One day of a real floor. It changes nothing of what is played.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table with `pacing`, `dials`, `answers`, `drops` and `hung_up_waiting`"
)]
pub struct Recorded {
    /// What the floor was paced by, as `campaign.pacing` has it.
    pub pacing: Pacing,
    /// How many agents it had, of all groups, where that is known.
    pub agents: Option<Count>,
    /// How long it was open, where that is known.
    pub hours: Option<Hours>,
    /// Share of the agents' time that was conversation or the work after it, where it is known.
    pub utilisation: Option<Probability>,
    /// Calls placed.
    pub dials: Calls,
    /// Of these, answered; at most `dials`.
    pub answers: Calls,
    /// Of the answers, those without an agent in time; at most `answers`.
    pub drops: Calls,
    /// Of the answers, those who hung up before their time for an agent was over, who are no drops; at most what `drops` leaves
    /// of `answers`.
    pub hung_up_waiting: Calls,
}

impl Recorded {
    pub(super) fn check(&self) -> Checked {
        self.pacing.check("recorded.pacing")?;
        let wrong = |field: &str, problem| Err((format!("recorded.{field}"), problem));
        let [dials, answers, drops, hung_up] =
            [self.dials, self.answers, self.drops, self.hung_up_waiting].map(|calls| calls.0);
        if answers > dials {
            return wrong("answers", format!("{answers} are more than the {dials} dials"));
        }
        if drops > answers {
            return wrong("drops", format!("{drops} are more than the {answers} answers"));
        }
        let others = answers - drops;
        if hung_up > others {
            let problem = format!("{hung_up} are more than the {others} answers that are no drops");
            return wrong("hung_up_waiting", problem);
        }
        Ok(())
    }
}
