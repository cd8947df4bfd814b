//! What stands in the way of a lead's place in a campaign, at one moment.
//!
//! Calls keep their moments, so that of a moment that has passed it is known which calls there had been, what had come of them
//! and when the next was due. Lists, caps and the configuration have no past: such a moment is told of by what they are now.

use std::collections::BTreeMap;
use std::fmt;

use engine::words::{AttemptId, CampaignId, Micros, Number, QueueId, Span};
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::{ItemCard, LeadCard};
use crate::moment::utc;
use crate::numbers::Numbering;
use crate::store::{Bar, Named, Store, StoreError, bar_of, int, kept_until, last_drop, too_old_at};

/// Something that keeps a lead from being dialled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Obstacle {
    /// It was not there before.
    NotImported {
        /// When its import began.
        until: Micros,
    },
    /// It has come to its end.
    Ended {
        /// Its last call's result.
        result: Option<String>,
    },
    /// Its number is on a live call.
    OnCall {
        /// The attempt.
        attempt: AttemptId,
        /// Whose call it is.
        item: QueueId,
    },
    /// Its campaign is not in the configuration.
    NotConfigured,
    /// It has had all its attempts.
    NoAttemptsLeft {
        /// How many that are.
        cap: u32,
    },
    /// Its number is on a list that bars it.
    DoNotCall {
        /// The list's name.
        list: String,
    },
    /// Its number is on none of the lists of those who alone may be called.
    NotAllowed {
        /// The first of them.
        list: String,
    },
    /// A list that its campaign keeps to is too old: nobody is dialled.
    RegistryTooOld {
        /// The list's name.
        list: String,
    },
    /// It is not due.
    NotDue {
        /// Until then.
        until: Micros,
    },
    /// Its number has been called as often as a cap allows.
    TooOften {
        /// Until then.
        until: Micros,
    },
    /// Its number was dropped of late: it is dialled only with an agent reserved for it.
    AfterDrop {
        /// Until then.
        until: Micros,
    },
    /// The hours of its campaign, of the callee or of their law are closed.
    OutsideHours {
        /// Until then.
        until: Micros,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotImported { until } => write!(f, "it was not there before {}", utc(*until)),
            Self::Ended { result: Some(result) } => write!(f, "it has come to its end: {result}"),
            Self::Ended { result: None } => f.write_str("it has come to its end"),
            Self::OnCall { attempt, item } => {
                write!(f, "its number is on a live call: attempt {attempt}, of queue item {item}")
            }
            Self::NotConfigured => f.write_str("its campaign is not in the configuration"),
            Self::NoAttemptsLeft { cap } => write!(f, "it has had all its {cap} attempts"),
            Self::DoNotCall { list } => write!(f, "its number is on the do-not-call list {list:?}"),
            Self::NotAllowed { list } => {
                write!(f, "its number is not on the list {list:?} of those who alone may be called")
            }
            Self::RegistryTooOld { list } => {
                write!(f, "the do-not-call list {list:?} is older than its `max_age`: nobody is dialled")
            }
            Self::NotDue { until } => write!(f, "it is due from {} on", utc(*until)),
            Self::TooOften { until } => {
                write!(f, "its number has been called as often as a cap allows, until {}", utc(*until))
            }
            Self::AfterDrop { until } => {
                let until = utc(*until);
                write!(f, "its number was dropped: until {until} it is dialled only with an agent reserved")
            }
            Self::OutsideHours { until } => write!(f, "its hours are closed, until {}", utc(*until)),
        }
    }
}

/// What the configuration says of a campaign's leads.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The most attempts that a lead may have.
    pub cap: u32,
    /// How long a number that was dropped is dialled only with an agent reserved for it.
    pub after_drop: Span,
}

/// What leads are held against.
#[derive(Debug)]
pub struct Judge<H> {
    /// The moment that is asked about.
    pub at: Micros,
    /// How numbers are read: whether those that a country has not in use are told.
    pub numbering: Numbering,
    /// What is configured, by campaign.
    pub rules: BTreeMap<CampaignId, Rules>,
    /// Whether the hours let a campaign call a number then whose lead has given that zone, where it has, or when they will: the
    /// engine's answer.
    pub hours: H,
}

impl<H: FnMut(CampaignId, Number, Option<&str>) -> Result<(), Micros>> Judge<H> {
    /// Writes on a card what stands in the way of each place in a campaign, and which is to be dialled by a number that is not in
    /// use: that keeps nobody from dialling it. All reads see the same moment of the database.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails, or a row cannot be read.
    pub async fn judge(mut self, store: &Store, card: &mut LeadCard) -> Result<(), StoreError> {
        let mut tx = store.begin_reading().await?;
        for item in &mut card.items {
            let (obstacles, number) = match Place::at(&mut tx, item, self.at).await? {
                Ok(place) => (self.obstacles(&mut tx, item, &place).await?, Some(place.number)),
                Err(obstacle) => (vec![obstacle], None),
            };
            item.obstacles = Some(obstacles);
            item.not_in_use = number.and_then(|number| {
                let problem = self.numbering.in_use(number).err()?;
                Some(format!("{number} {problem}"))
            });
        }
        Ok(())
    }

    async fn obstacles(
        &mut self,
        tx: &mut AnyConnection,
        item: &ItemCard,
        place: &Place,
    ) -> Result<Vec<Obstacle>, StoreError> {
        let mut obstacles = self.of_its_own(item, place);
        obstacles.extend(live(tx, place.number, self.at).await?);
        obstacles.extend(self.of_lists(tx, item.campaign, place.number).await?);
        obstacles.extend(self.of_calls(tx, item.campaign, place.number).await?);
        Ok(obstacles)
    }

    /// What follows from its place, the configuration and the hours.
    fn of_its_own(&mut self, item: &ItemCard, place: &Place) -> Vec<Obstacle> {
        let Some(rules) = self.rules.get(&item.campaign) else { return vec![Obstacle::NotConfigured] };
        let mut obstacles = Vec::new();
        // A call that was agreed on is made however many there were.
        if place.attempts >= i64::from(rules.cap) && item.callback.is_none() {
            obstacles.push(Obstacle::NoAttemptsLeft { cap: rules.cap });
        }
        if place.due > self.at {
            obstacles.push(Obstacle::NotDue { until: place.due });
        }
        if let Err(until) = (self.hours)(item.campaign, place.number, place.zone.as_deref()) {
            obstacles.push(Obstacle::OutsideHours { until });
        }
        obstacles
    }

    async fn of_lists(
        &self,
        tx: &mut AnyConnection,
        campaign: CampaignId,
        number: Number,
    ) -> Result<Vec<Obstacle>, StoreError> {
        let bar = bar_of(tx, campaign, number).await?.map(|bar| match bar {
            Bar::On(list) => Obstacle::DoNotCall { list },
            Bar::NotOn(list) => Obstacle::NotAllowed { list },
        });
        let too_old = too_old_at(tx, campaign, self.at).await?;
        Ok(bar.into_iter().chain(too_old.map(|list| Obstacle::RegistryTooOld { list })).collect())
    }

    /// What follows from earlier calls to the number, whichever campaign made them.
    async fn of_calls(
        &self,
        tx: &mut AnyConnection,
        campaign: CampaignId,
        number: Number,
    ) -> Result<Vec<Obstacle>, StoreError> {
        let often = kept_until(tx, campaign, number, self.at).await?;
        let after_drop = self.rules.get(&campaign).map_or(Span::ZERO, |rules| rules.after_drop);
        let dropped = last_drop(tx, number, self.at).await?.map(|at| at + after_drop);
        let often = often.map(|until| Obstacle::TooOften { until });
        let dropped = dropped.filter(|until| *until > self.at).map(|until| Obstacle::AfterDrop { until });
        Ok(often.into_iter().chain(dropped).collect())
    }
}

/// A lead that waits in a campaign for its next call.
struct Place {
    /// The number that is dialled next.
    number: Number,
    zone: Option<String>,
    due: Micros,
    /// Those that count against the cap.
    attempts: i64,
}

/// How an item stands, and whether a call for it began or ended after `$2`: then it stood otherwise at that moment.
const STANDS: &str = "SELECT queue.id, COALESCE(next_number, queue.number) AS number, queue.number AS first, queue.state, last_result, \
         due_at, attempts - technical - recycled AS counted, leads.zone, imports.began_at AS imported_at, \
         CASE WHEN EXISTS (SELECT 1 FROM call_log WHERE call_log.queue_id = queue.id \
                 AND COALESCE(call_log.ended_at, call_log.created_at) > $2) \
             OR EXISTS (SELECT 1 FROM attempts WHERE attempts.id = queue.attempt_id AND attempts.created_at > $2) \
             THEN 1 ELSE 0 END AS went_on \
     FROM queue JOIN leads ON leads.id = queue.lead_id LEFT JOIN imports ON imports.id = leads.import_id \
     WHERE queue.id = $1";

/// What had come of the last call for an item that was over by a moment; what an agent had said of it by then decides.
const LAST: &str = "SELECT call_log.queue_id AS id, COALESCE(call_log.next_number, call_log.number) AS number, call_log.result, \
         call_log.nth - call_log.technical - call_log.recycled AS counted, \
         COALESCE(said.fate, call_log.fate) AS fate, COALESCE(said.retry_at, call_log.retry_at) AS retry_at \
     FROM call_log LEFT JOIN dispositions AS said \
         ON said.attempt_id = call_log.attempt_id AND said.given_at <= $2 \
     WHERE call_log.queue_id = $1 AND COALESCE(call_log.ended_at, call_log.created_at) <= $2 \
     ORDER BY call_log.created_at DESC, call_log.attempt_id DESC LIMIT 1";

impl Place {
    /// Where an item waited, or why it did not.
    async fn at(
        tx: &mut AnyConnection,
        item: &ItemCard,
        at: Micros,
    ) -> Result<Result<Self, Obstacle>, StoreError> {
        let (id, moment) = (int(item.id.0)?, int(at.0)?);
        let row = sqlx::query(STANDS).bind(id).bind(moment).fetch_one(&mut *tx).await?;
        let row = Named::new("queue", "id", &row);
        if let Some(until) = row.opt_moment("imported_at")?.filter(|imported| *imported > at) {
            return Ok(Err(Obstacle::NotImported { until }));
        }
        if row.int::<u8>("went_on")? == 1 {
            let last = sqlx::query(LAST).bind(id).bind(moment).fetch_optional(tx).await?;
            return Self::then(&row, last.as_ref());
        }
        if matches!(row.text("state")?.as_str(), "completed" | "exhausted") {
            return Ok(Err(Obstacle::Ended { result: row.opt_text("last_result")? }));
        }
        Ok(Ok(Self {
            number: row.number("number")?,
            zone: row.opt_text("zone")?,
            due: row.moment("due_at")?,
            attempts: row.int("counted")?,
        }))
    }

    /// Where it waited before it went on, by the last call until then.
    fn then(row: &Named<'_>, last: Option<&AnyRow>) -> Result<Result<Self, Obstacle>, StoreError> {
        let first =
            Self { number: row.number("first")?, zone: row.opt_text("zone")?, due: Micros(0), attempts: 0 };
        let Some(last) = last else { return Ok(Ok(first)) };
        let last = Named::new("call_log", "id", last);
        if last.text("fate")? != "retry" {
            return Ok(Err(Obstacle::Ended { result: Some(last.text("result")?) }));
        }
        Ok(Ok(Self {
            number: last.number("number")?,
            due: last.moment("retry_at")?,
            attempts: last.int("counted")?,
            ..first
        }))
    }
}

/// The call that a number was on at a moment.
const LIVE: &str = "SELECT attempt_id AS id, queue_id FROM call_log \
     WHERE number = $1 AND created_at <= $2 AND ended_at > $2 \
     UNION ALL SELECT id, queue_id FROM attempts WHERE number = $1 AND closed = 0 AND created_at <= $2 LIMIT 1";

async fn live(tx: &mut AnyConnection, number: Number, at: Micros) -> Result<Option<Obstacle>, StoreError> {
    let row = sqlx::query(LIVE).bind(number.to_string()).bind(int(at.0)?).fetch_optional(tx).await?;
    let Some(row) = row else { return Ok(None) };
    let row = Named::new("attempts", "id", &row);
    Ok(Some(Obstacle::OnCall { attempt: AttemptId(row.int("id")?), item: QueueId(row.int("queue_id")?) }))
}
