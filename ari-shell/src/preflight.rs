//! What would become of a campaign that is started now: how many of its leads it may dial and why not the others, how many
//! channels that takes, and when it would be through with them.
//!
//! The estimate is by the campaign's own calls of the last seven days. Of the `n` leads that may be dialled, a share `a` is
//! answered by somebody, who talks for a time `t` with one of `k` agents, who then has `w` to wrap up; ringing takes a time
//! `r`. All agents busy all the time are done after `n a (t + w) / k`; for that there are, besides the `k` in conversation,
//! `k r / (a (t + w))` ringing at a time (Little's law). Nobody is always busy, so it takes longer: a lower bound.

use std::collections::BTreeMap;
use std::fmt;

use engine::words::{CampaignId, Micros, Number, Span};
use futures_util::TryStreamExt as _;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use crate::numbers::Numbering;
use crate::store::{
    Cap, Caps, Dialect, Kept, ListRules, Named, Store, StoreError, barred, dropped_since, int, is_too_old,
    reached,
};

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
    /// How long a number that was dropped is dialled only with an agent reserved for it.
    pub after_drop: Span,
}

/// Whom a campaign may not call, as its configuration has it.
#[derive(Debug, Clone, Copy)]
pub struct Screens<'s> {
    /// Lists, of which it keeps to those that say so.
    pub lists: &'s [ListRules<'s>],
    /// How often it may call numbers that begin so.
    pub caps: &'s [(&'s str, &'s Cap)],
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
    /// Those of them whose number is not in use in its country, as far as is known here: they are dialled all the same.
    pub not_in_use: u64,
    /// The estimate; none without agents, or without enough calls to estimate by.
    pub estimate: Option<Estimate>,
}

/// Why a lead is not dialled now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The campaign has its number by another lead.
    Duplicate,
    /// It has come to its end: reached, or not tried any more.
    Ended,
    /// It has had all its attempts.
    Cap,
    /// The lists of numbers that its campaign keeps to bar its number.
    DoNotCall,
    /// One of those lists is too old to be relied on; then nobody is dialled.
    RegistryTooOld,
    /// Its next attempt is due later.
    Later,
    /// Its number was called as often as a cap lets it be.
    TooOften,
    /// Its number was dropped of late: it waits for an agent to be reserved for it.
    AfterDrop,
    /// The hours of the campaign, of the callee or of their law are closed now.
    OutsideHours,
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
    /// Looks at a campaign, which keeps to these screens. All reads see the same moment of the database. `open`
    /// tells whether the hours let a number be called now whose lead has given that zone, where it has: the engine's answer.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn of(
        store: &Store,
        rules: Rules,
        screens: Screens<'_>,
        open: impl FnMut(Number, Option<&str>) -> bool,
    ) -> Result<Self, StoreError> {
        let now = store.clock().now();
        let mut tx = store.begin_reading().await?;
        let duplicate = duplicates(&mut tx, rules.campaign).await?;
        let (dialect, kept) = (store.dialect(), Kept::by(rules.campaign, screens.lists)?);
        let registry_old = is_too_old(&mut tx, dialect, &kept, now).await?;
        let glance = Glance { rules, caps: screens.caps, now, registry_old, open };
        let (mut leads, not_in_use) = count(&mut tx, dialect, &kept, glance).await?;
        let calls = calls(&mut tx, rules.campaign, now).await?;
        let diallable = leads.remove(&None).unwrap_or_default();
        *leads.entry(Some(Why::Duplicate)).or_default() += duplicate;
        let not_now = leads.into_iter().filter_map(|(why, count)| Some((why?, count)));
        let not_now: Vec<(Why, u64)> = not_now.filter(|(_, count)| *count > 0).collect();
        Ok(Self {
            leads: diallable + not_now.iter().map(|(_, count)| count).sum::<u64>(),
            not_now,
            diallable,
            not_in_use,
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

/// The campaign's queue items, each counted once: by why it is not dialled now, or as one that is. And those that are by a number
/// that is not in use.
async fn count<O>(
    tx: &mut AnyConnection,
    dialect: Dialect,
    kept: &Kept,
    mut glance: Glance<'_, O>,
) -> Result<(BTreeMap<Option<Why>, u64>, u64), StoreError>
where
    O: FnMut(Number, Option<&str>) -> bool,
{
    let number = "COALESCE(queue.next_number, queue.number)";
    let sql = format!(
        "{}, {}SELECT queue.id, {number} AS number, state, last_result, due_at, \
             attempts - technical - recycled AS counted, callback_at, leads.zone, {} AS barred, \
             {} AS too_often, {} AS dropped \
         FROM queue JOIN leads ON leads.id = queue.lead_id WHERE campaign_id = $2",
        Kept::table(dialect),
        Caps::table(dialect, "$3"),
        barred(number),
        reached(number, "$4"),
        dropped_since(number, "$5")
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(kept.bound())
        .bind(i64::from(glance.rules.campaign.0))
        .bind(Caps::of(glance.caps)?.bound())
        .bind(int(glance.now.0)?)
        .bind(int((glance.now - glance.rules.after_drop).0)?);
    let mut rows = rows.fetch(tx);
    let (mut counts, mut not_in_use) = (BTreeMap::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let why = glance.why_not(&row)?;
        *counts.entry(why).or_default() += 1;
        if why.is_none() {
            let number = Named::new("queue", "id", &row).number("number")?;
            not_in_use += u64::from(glance.rules.numbering.in_use(number).is_err());
        }
    }
    Ok((counts, not_in_use))
}

/// What is looked at leads with.
struct Glance<'s, O> {
    rules: Rules,
    caps: &'s [(&'s str, &'s Cap)],
    now: Micros,
    registry_old: bool,
    open: O,
}

impl<O: FnMut(Number, Option<&str>) -> bool> Glance<'_, O> {
    fn why_not(&mut self, row: &AnyRow) -> Result<Option<Why>, StoreError> {
        let row = Named::new("queue", "id", row);
        let number = row.number("number")?;
        Ok(Some(match row.text("state")?.as_str() {
            "exhausted" if row.opt_text("last_result")?.as_deref() == Some("do_not_call") => Why::DoNotCall,
            "completed" | "exhausted" => Why::Ended,
            "claimed" | "open" => Why::InHand,
            // A call that was agreed on is made however many there were.
            _ if row.opt_moment("callback_at")?.is_none()
                && row.int::<i64>("counted")? >= i64::from(self.rules.cap) =>
            {
                Why::Cap
            }
            _ if row.int::<u64>("barred")? == 1 => Why::DoNotCall,
            _ if self.registry_old => Why::RegistryTooOld,
            _ if row.moment("due_at")? > self.now => Why::Later,
            _ if row.int::<u64>("too_often")? == 1 => Why::TooOften,
            _ if row.int::<u64>("dropped")? == 1 => Why::AfterDrop,
            _ if !(self.open)(number, row.opt_text("zone")?.as_deref()) => Why::OutsideHours,
            _ => return Ok(None),
        }))
    }
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
        if self.not_in_use > 0 {
            write!(f, ", {} of them by a number that is not in use", self.not_in_use)?;
        }
        match self.estimate {
            Some(Estimate { channels, .. }) => write!(f, "; about {channels} channels"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duplicate => "duplicate",
            Self::Ended => "ended",
            Self::Cap => "with all their attempts",
            Self::DoNotCall => "do-not-call",
            Self::RegistryTooOld => "kept back since a do-not-call list is too old",
            Self::Later => "due later",
            Self::TooOften => "called as often as a cap allows",
            Self::AfterDrop => "only with an agent reserved since they were dropped of late",
            Self::OutsideHours => "outside hours",
            Self::InHand => "with a dialer",
        })
    }
}

#[cfg(test)]
mod tests {
    use engine::call::Record;
    use engine::lead::Fate;
    use engine::words::QueueId;

    use super::*;
    use crate::import::{self, Plan};
    use crate::store::testing::{Floor, How, SPRING, on_each_database, record, request};
    use crate::store::{Agreement, Counts};

    on_each_database! {
        each_lead_is_told_once_with_why_it_is_not_dialled,
        who_may_not_be_called_and_whose_hours_are_closed_is_told_apart,
        a_list_that_is_too_old_keeps_everybody_back,
        who_was_called_too_often_or_dropped_of_late_is_told_apart,
        a_number_that_is_not_in_use_is_dialled_and_told_all_the_same,
    }

    const RULES: Rules = Rules {
        campaign: SPRING,
        numbering: Numbering::AS_THEY_STAND,
        cap: 3,
        agents: 4,
        wrap_up: Span::secs(20),
        after_drop: Span::ZERO,
    };

    const NONE: Screens<'_> = Screens { lists: &[], caps: &[] };

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
        // Neither of these two has an attempt left, which does not count where another call was agreed on.
        floor.sql("UPDATE queue SET attempts = 3 WHERE id IN (1, 42)").await;
        floor
            .store
            .agree(QueueId(42), &Agreement { at: now, agent: None, note: None })
            .await
            .expect("agreed");
        let told = Preflight::of(
            &floor.store,
            Rules { numbering: Numbering::of("US").expect("a country"), ..RULES },
            NONE,
            |_, _| true,
        );
        let told = told.await.expect("read");
        assert_eq!(
            told.to_string(),
            "82 leads: 10 duplicate, 20 ended, 1 with all their attempts, 19 due later, 1 with a dialer, \
             31 diallable, 2 of them by a number that is not in use; about 5 channels"
        );
        // Half of them answer and keep an agent for 115 s: 31 leads are 15.5 conversations for four agents.
        let lasts = told.estimate.expect("there were calls enough").lasts;
        assert_eq!(lasts, Span::millis(445_625));
        let nobody =
            Preflight::of(&floor.store, Rules { agents: 0, ..RULES }, NONE, |_, _| true).await.expect("read");
        assert_eq!((nobody.diallable, nobody.estimate), (31, None), "digits as they stand are all right");
    }

    fn kept(name: &str, max_age: Option<Span>, allows: bool) -> ListRules<'_> {
        ListRules { name, max_age, campaigns: vec![(SPRING, allows)] }
    }

    async fn who_may_not_be_called_and_whose_hours_are_closed_is_told_apart(floor: Floor) {
        import(&floor, "members", 12_025_550_100..12_025_550_120).await;
        floor.sql("UPDATE leads SET zone = 'Pacific/Honolulu' WHERE id <= 5").await;
        let house = kept("house", None, false);
        floor.store.add_lists(std::slice::from_ref(&house)).await.expect("a list");
        floor.sql("INSERT INTO dnc_numbers (number, list_id, version) SELECT '12025550101', id, version FROM dnc_lists").await;
        floor.sql("INSERT INTO dnc_areas (prefix, list_id, version) SELECT '1202555011', id, version FROM dnc_lists").await;
        let open = |number: Number, zone: Option<&str>| {
            zone != Some("Pacific/Honolulu") && number.to_string() != "12025550109"
        };
        floor.sql("UPDATE queue SET state = 'exhausted', last_result = 'do_not_call' WHERE id = 20").await;
        let told = Preflight::of(&floor.store, RULES, Screens { lists: &[house], ..NONE }, open)
            .await
            .expect("read");
        // One of the five in Honolulu is on the list, and all ten of the area are; one of those had come to its end by it.
        assert_eq!(told.to_string(), "20 leads: 11 do-not-call, 5 outside hours, 4 diallable");

        floor.sql("UPDATE dnc_lists SET dated_at = 0").await;
        let told =
            Preflight::of(&floor.store, RULES, Screens { lists: &[kept("house", None, true)], ..NONE }, open)
                .await
                .expect("read");
        assert_eq!(
            told.to_string(),
            "20 leads: 10 do-not-call, 1 outside hours, 9 diallable",
            "only the list's"
        );
    }

    async fn a_list_that_is_too_old_keeps_everybody_back(floor: Floor) {
        import(&floor, "members", 12_025_550_100..12_025_550_104).await;
        let registry = kept("registry", Some(Span::secs(31 * 86_400)), false);
        let told = Preflight::of(&floor.store, RULES, Screens { lists: &[registry], ..NONE }, |_, _| true)
            .await
            .expect("read");
        assert_eq!(
            told.to_string(),
            "4 leads: 4 kept back since a do-not-call list is too old, 0 diallable",
            "nothing was ever put on it"
        );
    }

    async fn who_was_called_too_often_or_dropped_of_late_is_told_apart(floor: Floor) {
        import(&floor, "members", 12_025_550_100..12_025_550_110).await;
        let mut pen = floor.writer();
        let (items, _) = pen.fetch(SPRING, 4).await;
        let now = floor.store.clock().now();
        for (attempt, (item, how)) in
            (1..).zip(items.iter().zip([How::Busy, How::Talked(0, 1), How::Dropped(0), How::Unplaced]))
        {
            let call =
                engine::call::CallRequest { created: now - Span::secs(60), ..request(SPRING, item, attempt) };
            pen.save(call.clone()).await;
            pen.record(Record { fate: Fate::Retry(Micros(0)), ..record(&call, how) }).await;
        }
        let day = Span::secs(86_400);
        let calls = |most| Cap { counts: Counts::Calls, most, within: day };
        let talks = Cap { counts: Counts::Conversations, most: 1, within: day };
        for (caps, after_drop, expected) in [
            (vec![("", calls(2))], Span::ZERO, "10 leads: 10 diallable"),
            (vec![("", calls(1))], Span::ZERO, "10 leads: 3 called as often as a cap allows, 7 diallable"),
            (
                vec![("1202", talks), ("44", calls(1))],
                Span::ZERO,
                "10 leads: 1 called as often as a cap allows, 9 diallable",
            ),
            (
                vec![],
                day,
                "10 leads: 1 only with an agent reserved since they were dropped of late, 9 diallable",
            ),
        ] {
            let caps: Vec<(&str, &Cap)> = caps.iter().map(|(area, cap)| (*area, cap)).collect();
            let rules = Rules { after_drop, ..RULES };
            let told = Preflight::of(&floor.store, rules, Screens { caps: &caps, ..NONE }, |_, _| true).await;
            assert_eq!(told.expect("read").to_string().split(';').next(), Some(expected));
        }
    }

    async fn a_number_that_is_not_in_use_is_dialled_and_told_all_the_same(floor: Floor) {
        import(&floor, "members", 12_025_550_100..12_025_550_102).await;
        import(&floor, "extensions", 101..104).await;
        let in_the_us = Rules { numbering: Numbering::of("US").expect("a country"), ..RULES };
        let told = Preflight::of(&floor.store, in_the_us, NONE, |_, _| true).await.expect("read");
        assert_eq!(told.to_string(), "5 leads: 5 diallable, 3 of them by a number that is not in use");

        let mut pen = floor.writer();
        for attempt in 1..=5 {
            pen.open(SPRING, attempt).await;
        }
        let dialled = floor.rows("SELECT number FROM attempts WHERE closed = 0 ORDER BY number").await;
        assert_eq!(dialled, ["101", "102", "103", "12025550100", "12025550101"]);
        let told = Preflight::of(&floor.store, in_the_us, NONE, |_, _| true).await.expect("read");
        assert_eq!(told.to_string(), "5 leads: 5 with a dialer, 0 diallable");
    }
}
