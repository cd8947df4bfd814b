//! What would become of a campaign that is started now: how many of its leads it may dial and why not the others, how many
//! channels that takes, and when it would be through with them.
//!
//! The estimate is by the campaign's own calls of the last seven days. Of the `n` leads that may be dialled, a share `a` is
//! answered by somebody, who talks for a time `t` with one of `k` agents, who then has `w` to wrap up; ringing takes a time
//! `r`. All agents busy all the time are done after `n a (t + w) / k`; for that there are, besides the `k` in conversation,
//! `k r / (a (t + w))` ringing at a time (Little's law). Nobody is always busy, so it takes longer: a lower bound.

use std::fmt;

use engine::words::{CampaignId, Micros, Number, Span};
use futures_util::TryStreamExt as _;
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::numbers::Numbering;
use crate::store::{Named, Store, StoreError, int};

/// How far back the calls are that the estimate is by.
const LATELY: Span = Span::secs(7 * 86_400);

/// Calls at least that an estimate is made by.
const ENOUGH: u64 = 30;

/// What is known of a campaign beside its leads.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The campaign.
    pub campaign: CampaignId,
    /// How its numbers are read: whether those that a country has not in use are told.
    pub numbering: Numbering,
    /// The most attempts that a lead may have.
    pub cap: u32,
    /// Agents who work for it.
    pub agents: u32,
    /// How long an agent has after a conversation.
    pub wrap_up: Span,
}

/// What would become of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preflight {
    /// Its leads, dialled or not.
    pub leads: u64,
    /// Why some of them are not dialled now, and how many each; none that is 0.
    pub not_now: Vec<(Why, u64)>,
    /// The others.
    pub diallable: u64,
    /// The estimate; none without agents, or without enough calls to estimate by.
    pub estimate: Option<Estimate>,
}

/// Why a lead is not dialled now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its number is not one that is in use in its country.
    Invalid,
    /// The campaign has its number by another lead.
    Duplicate,
    /// It has come to its end: reached, or not tried any more.
    Ended,
    /// It has had all its attempts.
    Cap,
    /// Its next attempt is due later.
    Later,
    /// A dialer holds it, or has it on a call.
    InHand,
}

/// How it would go, by the calls of late.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// Channels to the carriers in use at a time.
    pub channels: u32,
    /// How long the leads last, at least.
    pub lasts: Span,
}

impl Preflight {
    /// Looks at a campaign. All reads see the same moment of the database.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn of(store: &Store, rules: Rules) -> Result<Self, StoreError> {
        let now = store.clock().now();
        let mut tx = store.begin_reading().await?;
        let duplicate = duplicates(&mut tx, rules.campaign).await?;
        let counts = Counts::of(&mut tx, rules, now).await?;
        let calls = calls(&mut tx, rules.campaign, now).await?;
        let Counts { ended, cap, later, in_hand, invalid, diallable } = counts;
        let all = [
            (Why::Invalid, invalid),
            (Why::Duplicate, duplicate),
            (Why::Ended, ended),
            (Why::Cap, cap),
            (Why::Later, later),
            (Why::InHand, in_hand),
        ];
        Ok(Self {
            leads: diallable + all.iter().map(|(_, count)| count).sum::<u64>(),
            not_now: all.into_iter().filter(|(_, count)| *count > 0).collect(),
            diallable,
            estimate: Estimate::of(rules, diallable, calls),
        })
    }
}

/// Leads of the campaign's lists that have no place in its queue.
async fn duplicates(tx: &mut AnyConnection, campaign: CampaignId) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS leads FROM leads \
         WHERE list_id IN (SELECT list_id FROM campaign_lists WHERE campaign_id = $1) \
           AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.lead_id = leads.id AND queue.campaign_id = $1)",
    )
    .bind(i64::from(campaign.0))
    .fetch_one(tx)
    .await?;
    Ok(Named::new("leads", "leads", &row).int("leads")?)
}

/// The campaign's queue items, each counted once.
#[derive(Default)]
struct Counts {
    ended: u64,
    cap: u64,
    later: u64,
    in_hand: u64,
    invalid: u64,
    diallable: u64,
}

impl Counts {
    async fn of(tx: &mut AnyConnection, rules: Rules, now: Micros) -> Result<Self, StoreError> {
        let mut counts = Self::default();
        let mut rows =
            sqlx::query("SELECT id, number, state, attempts - technical - recycled AS counted, due_at FROM queue WHERE campaign_id = $1")
                .bind(i64::from(rules.campaign.0))
                .fetch(tx);
        while let Some(row) = rows.try_next().await? {
            *counts.place(&row, rules, now)? += 1;
        }
        Ok(counts)
    }

    fn place(&mut self, row: &AnyRow, rules: Rules, now: Micros) -> Result<&mut u64, StoreError> {
        let row = Named::new("queue", "id", row);
        let counted: i64 = row.int("counted")?;
        Ok(match row.text("state")?.as_str() {
            "completed" | "exhausted" => &mut self.ended,
            "claimed" | "open" => &mut self.in_hand,
            _ if counted >= i64::from(rules.cap) => &mut self.cap,
            _ if !is_in_use(row.number("number")?, rules.numbering) => &mut self.invalid,
            _ if row.moment("due_at")? > now => &mut self.later,
            _ => &mut self.diallable,
        })
    }
}

fn is_in_use(number: Number, numbering: Numbering) -> bool {
    numbering == Numbering::AS_THEY_STAND || numbering.canonical(&format!("+{number}")).is_ok()
}

/// A campaign's calls of late.
struct Calls {
    dialled: u64,
    answered: u64,
    /// From placing to the answer or the end, over all.
    rang: Span,
    /// In conversation, over all.
    talked: Span,
}

async fn calls(tx: &mut AnyConnection, campaign: CampaignId, now: Micros) -> Result<Calls, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS dialled, COUNT(answered_at) AS answered, \
             CAST(COALESCE(SUM(CASE WHEN COALESCE(answered_at, ended_at) > placed_at \
                 THEN COALESCE(answered_at, ended_at) - placed_at ELSE 0 END), 0) AS BIGINT) AS rang, \
             CAST(COALESCE(SUM(CASE WHEN ended_at > answered_at \
                 THEN ended_at - answered_at ELSE 0 END), 0) AS BIGINT) AS talked \
         FROM call_log WHERE campaign_id = $1 AND created_at >= $2 AND dialled = 1",
    )
    .bind(i64::from(campaign.0))
    .bind(int(now.0.saturating_sub(LATELY.0))?)
    .fetch_one(tx)
    .await?;
    let row = Named::new("call_log", "dialled", &row);
    Ok(Calls {
        dialled: row.int("dialled")?,
        answered: row.int("answered")?,
        rang: Span(row.int("rang")?),
        talked: Span(row.int("talked")?),
    })
}

impl Estimate {
    fn of(rules: Rules, diallable: u64, calls: Calls) -> Option<Self> {
        let Calls { dialled, answered, rang, talked } = calls;
        let agents = u64::from(rules.agents);
        if dialled < ENOUGH || answered == 0 || agents == 0 {
            return None;
        }
        // An agent's time for all who have answered.
        let busy = talked.0 + rules.wrap_up.0 * answered;
        let lasts = u128::from(busy) * u128::from(diallable) / u128::from(dialled) / u128::from(agents);
        let ringing = (agents * rang.0).div_ceil(busy.max(1));
        Some(Self {
            channels: u32::try_from(agents + ringing).unwrap_or(u32::MAX),
            lasts: Span(u64::try_from(lasts).unwrap_or(u64::MAX)),
        })
    }
}

impl fmt::Display for Preflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} leads: ", self.leads)?;
        for (why, count) in &self.not_now {
            write!(f, "{count} {why}, ")?;
        }
        write!(f, "{} diallable", self.diallable)?;
        match self.estimate {
            Some(Estimate { channels, .. }) => write!(f, "; about {channels} channels"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
            Self::Ended => "ended",
            Self::Cap => "with all their attempts",
            Self::Later => "due later",
            Self::InHand => "with a dialer",
        })
    }
}

#[cfg(test)]
mod tests {
    use engine::call::Record;
    use engine::lead::Fate;

    use super::*;
    use crate::import::{self, Plan};
    use crate::store::testing::{Floor, How, SPRING, on_each_database, record, request};

    on_each_database! {
        each_lead_is_told_once_with_why_it_is_not_dialled,
    }

    const RULES: Rules = Rules {
        campaign: SPRING,
        numbering: Numbering::AS_THEY_STAND,
        cap: 3,
        agents: 4,
        wrap_up: Span::secs(20),
    };

    async fn import(floor: &Floor, list: &str, numbers: std::ops::Range<u64>) {
        let path = floor.path("leads.csv");
        let rows: String = numbers.map(|number| format!("{number}\n")).collect();
        std::fs::write(&path, format!("phone\n{rows}")).expect("written");
        let plan = Plan {
            file: &path,
            list,
            campaigns: &[SPRING],
            numbering: Numbering::AS_THEY_STAND,
            renamed: &[],
            errors: None,
            skip_bad: false,
        };
        import::import(&floor.store, plan, &mut |_| ()).await.expect("imported");
    }

    async fn each_lead_is_told_once_with_why_it_is_not_dialled(floor: Floor) {
        import(&floor, "members", 12_025_550_100..12_025_550_160).await;
        import(&floor, "more", 12_025_550_150..12_025_550_170).await;
        import(&floor, "wrong", 101..103).await;
        let mut pen = floor.writer();
        let (items, _) = pen.fetch(SPRING, 41).await;
        let now = floor.store.clock().now();
        for (attempt, item) in (1..).zip(items.iter().take(40)) {
            let call = engine::call::CallRequest { created: now, ..request(SPRING, item, attempt) };
            pen.save(call.clone()).await;
            let how = if attempt % 2 == 0 { How::Talked(0, 95_000) } else { How::Busy };
            let fate =
                if attempt % 2 == 0 { Fate::Completed } else { Fate::Retry(Micros(4_000_000_000_000_000)) };
            pen.record(Record { fate, ..record(&call, how) }).await;
        }
        floor.sql("UPDATE queue SET attempts = 3 WHERE id = 1").await;
        let told = Preflight::of(
            &floor.store,
            Rules { numbering: Numbering::of("US").expect("a country"), ..RULES },
        );
        let told = told.await.expect("read");
        assert_eq!(
            told.to_string(),
            "82 leads: 2 invalid, 10 duplicate, 20 ended, 1 with all their attempts, 19 due later, 1 with a dialer, \
             29 diallable; about 5 channels"
        );
        // Half of them answer and keep an agent for 115 s: 29 leads are 14.5 conversations for four agents.
        let lasts = told.estimate.expect("there were calls enough").lasts;
        assert_eq!(lasts, Span::millis(416_875));
        let nobody = Preflight::of(&floor.store, Rules { agents: 0, ..RULES }).await.expect("read");
        assert_eq!((nobody.diallable, nobody.estimate), (31, None), "digits as they stand are all right");
    }
}
