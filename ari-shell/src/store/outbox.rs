//! The outbox: what other programs are told of calls, written in the very transaction that writes down what it tells.
//!
//! An event has a row for each sink that wants it, so that sinks do not wait for each other. [`put`] is the one way in;
//! it is told what happened, and keeps nothing where nobody wants it. What becomes of a row later is in `hand` (sinks take
//! rows and say how it went) and in `shelf` (people look through them, and have them sent again).

mod dispositioned;
mod ended;
mod hand;
mod shelf;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::words::{AttemptId, CampaignId};
use serde::Serialize;
use sqlx::{AnyConnection, AssertSqlSafe};

pub(super) use dispositioned::tell_dispositioned;
pub(super) use ended::tell_ended;
pub(crate) use hand::{Came, Letter, Sent};
pub use shelf::{Backlog, Dropped, Entry, Replayed, RowState, Which};
pub(super) use text::tell_text;

use super::row::int;
use super::work::Desk;
use super::{Store, StoreError};
use crate::unique;

/// What can be told of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It is over: the whole record of the attempt.
    CallEnded,
    /// Its call flow has a text for the callee, which is to go out.
    Sms,
    /// An agent has said what came of it, or nobody has in time: what becomes of the lead.
    CallDispositioned,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CallEnded, Self::Sms, Self::CallDispositioned];

    /// As stored, sent and configured.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CallEnded => "call.ended",
            Self::Sms => "flow.sms",
            Self::CallDispositioned => "call.dispositioned",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A sink, and what it wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The sink's name.
    pub sink: String,
    /// Each kind once.
    pub kinds: Vec<Kind>,
}

/// All sinks of a house; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subscriptions(Arc<[Subscription]>);

impl Subscriptions {
    /// The names of those who want to be told of that kind.
    fn to(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |one| one.kinds.contains(&kind)).map(|one| one.sink.as_str())
    }

    /// Whether anybody wants to be told of that kind.
    pub(super) fn want(&self, kind: Kind) -> bool {
        self.to(kind).next().is_some()
    }
}

impl Store {
    /// The same store, which tells these sinks from now on; there is none before that.
    #[must_use]
    pub fn telling(self, sinks: Vec<Subscription>) -> Self {
        Self { desk: Desk { sinks: Subscriptions(sinks.into()), ..self.desk }, ..self }
    }
}

/// One thing that happened in a call.
pub(super) struct Told {
    pub(super) attempt: AttemptId,
    pub(super) campaign: CampaignId,
    pub(super) kind: Kind,
    /// Tells several of one kind in one attempt apart; the same number and kind again is the same event, and changes
    /// nothing.
    pub(super) which: u32,
    /// What there is to tell, as JSON.
    pub(super) payload: String,
}

/// `{each}` are the elements of the JSON list `$1`, each an event for one sink, with its place among the events of its
/// attempt that come together.
const PUT: &str = "WITH told AS MATERIALIZED ( \
         SELECT CAST(value ->> 0 AS BIGINT) AS attempt_id, CAST(value ->> 1 AS BIGINT) AS nth, value ->> 2 AS sink, \
             CAST(value ->> 3 AS BIGINT) AS campaign_id, value ->> 4 AS kind, CAST(value ->> 5 AS BIGINT) AS which, \
             value ->> 6 AS key, value ->> 7 AS payload \
         FROM {each}) \
     INSERT INTO outbox (attempt_id, seq, sink, campaign_id, kind, which, key, payload, told_at, state, tries, since, due_at) \
     SELECT told.attempt_id, told.nth + COALESCE((SELECT MAX(seq) FROM outbox AS earlier \
             WHERE earlier.attempt_id = told.attempt_id), 0), \
         told.sink, told.campaign_id, told.kind, told.which, told.key, told.payload, $2, 'waiting', 0, $2, $2 \
     FROM told \
     WHERE NOT EXISTS (SELECT 1 FROM outbox AS same WHERE same.attempt_id = told.attempt_id \
         AND same.sink = told.sink AND same.kind = told.kind AND same.which = told.which)";

/// Writes down what happened, in order, for every sink that wants it. It is told once the transaction is durable.
///
/// The events of one attempt have to come by one node, one transaction after the other, as all that is written of it does.
///
/// # Errors
/// [`StoreError`] where the database fails.
pub(super) async fn put(desk: &Desk, tx: &mut AnyConnection, told: &[Told]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    let mut places: BTreeMap<AttemptId, u32> = BTreeMap::new();
    for one in told {
        let nth = places.entry(one.attempt).or_default();
        *nth += 1;
        let key = key()?;
        rows.extend(desk.sinks.to(one.kind).map(|sink| Row::new(one, *nth, sink, &key)));
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(AssertSqlSafe(PUT.replace("{each}", &desk.dialect.each("$1"))))
        .bind(serde_json::to_string(&rows)?)
        .bind(int(desk.clock.now().0)?)
        .execute(tx)
        .await?;
    Ok(())
}

/// One row as [`PUT`] reads it: attempt, place, sink, campaign, kind, which, key and payload.
#[derive(Serialize)]
struct Row<'t>(u64, u32, &'t str, u32, &'static str, u32, String, &'t str);

impl<'t> Row<'t> {
    fn new(told: &'t Told, nth: u32, sink: &'t str, key: &str) -> Self {
        let Told { attempt, campaign, kind, which, payload } = told;
        Self(attempt.0, nth, sink, campaign.0, kind.name(), *which, key.to_owned(), payload)
    }
}

/// A name that no other event has, of whatever house.
fn key() -> Result<String, StoreError> {
    Ok(format!("evt_{}", unique::digits::<16>()?))
}
