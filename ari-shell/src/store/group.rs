//! Many commands at once, by few statements.
//!
//! Within a group the commands of one kind are done together: intents first, then how agents stand, notes of attempts,
//! and records. That is the order of an attempt's own life, so that it comes out as if everything had been done in the
//! order submitted; a command for which it would not begins the next group. All groups of a batch are in one
//! transaction, so nobody else sees what lies between them.

use std::collections::{BTreeMap, BTreeSet};

use engine::Outcome;
use engine::call::{CallRequest, Record};
use engine::words::{AgentId, AttemptId, Number};
use sqlx::AnyConnection;

use super::work::{AgentNote, AttemptNote, Desk, Job, Work};
use super::{
    StoreError, claim, dispositions, do_not_call, intent, outbox, record, skips, staff, standing, transfers,
};

/// Does all of `batch` within the transaction of `tx`: one outcome for each. What is refused has written nothing.
pub(super) async fn settle(
    desk: &Desk,
    tx: &mut AnyConnection,
    batch: &[Job],
) -> Result<Vec<Outcome>, StoreError> {
    let mut outcomes = vec![Outcome::Done; batch.len()];
    let last_words = LastWords::of(batch);
    let mut group = Group::default();
    for (at, job) in batch.iter().enumerate() {
        if group.comes_before(&job.work) {
            std::mem::take(&mut group).write(desk, tx, &mut outcomes).await?;
        }
        match &job.work {
            Work::Save(call) => group.take_intent(at, call),
            Work::Agent(note) => group.stands.push(note),
            Work::Note(note) if last_words.are(at, note) => group.take_note(note),
            Work::Note(_) => {}
            Work::Record(record) => group.take_record(record),
            Work::Fetch(wanted, offered) => outcomes[at] = claim::fetch(desk, tx, *wanted, offered).await?,
            Work::Release { items, not_before, skipped_by } => {
                let why = match skipped_by {
                    Some(agent) => {
                        skips::write(desk, tx, items, *agent).await?;
                        claim::Why::Skipped
                    }
                    None => claim::Why::Rules,
                };
                claim::release(desk, tx, items, (*not_before, why)).await?;
            }
            Work::Dispose(disposed) => dispositions::write(desk, tx, disposed).await?,
            Work::Campaign(note) => standing::note(desk, tx, note).await?,
            Work::OptOut(number, list) => do_not_call::opt_out(desk, tx, *number, list.as_deref()).await?,
            Work::Text(text) => outbox::tell_text(desk, tx, text).await?,
            Work::Transfer(transfer) => outcomes[at] = transfers::save(tx, transfer).await?,
        }
    }
    group.write(desk, tx, &mut outcomes).await?;
    Ok(outcomes)
}

/// Which notes have to be written: the last of each attempt, unless its record is there already and says everything.
struct LastWords {
    last: BTreeMap<AttemptId, usize>,
    recorded: BTreeSet<AttemptId>,
}

impl LastWords {
    fn of(batch: &[Job]) -> Self {
        let mut words = Self { last: BTreeMap::new(), recorded: BTreeSet::new() };
        for (at, job) in batch.iter().enumerate() {
            if let Work::Note(note) = &job.work {
                words.last.insert(note.attempt, at);
            } else if let Work::Record(record) = &job.work {
                words.recorded.insert(record.attempt);
            }
        }
        words
    }

    fn are(&self, at: usize, note: &AttemptNote) -> bool {
        self.last.get(&note.attempt) == Some(&at) && !self.recorded.contains(&note.attempt)
    }
}

/// Commands whose order does not matter but for their kinds'.
#[derive(Default)]
struct Group<'b> {
    /// Each with its place in the batch.
    intents: Vec<(usize, &'b CallRequest)>,
    stands: Vec<&'b AgentNote>,
    notes: Vec<&'b AttemptNote>,
    records: Vec<&'b Record>,
    /// Numbers that intents want.
    wanted: BTreeSet<Number>,
    /// Agents who are noted to be in a conversation.
    joined: BTreeSet<AgentId>,
    /// Numbers that records set free.
    freed: BTreeSet<Number>,
}

impl<'b> Group<'b> {
    /// Whether the group has to be written before that command may be done.
    fn comes_before(&self, work: &Work) -> bool {
        match work {
            // Of two who want one number the first is to have it, and a statement's rows are in no order.
            Work::Save(call) => self.wanted.contains(&call.number) || self.freed.contains(&call.number),
            Work::Record(record) => self.freed.contains(&record.number),
            Work::Agent(note) => self.joined.contains(&note.agent),
            Work::Note(note) => note.so_far.agent.is_some_and(|agent| self.joined.contains(&agent)),
            Work::Fetch(..)
            | Work::Release { .. }
            | Work::Campaign(_)
            | Work::OptOut(..)
            | Work::Transfer(_)
            | Work::Text(_)
            | Work::Dispose(_) => true,
        }
    }

    fn take_intent(&mut self, at: usize, call: &'b CallRequest) {
        self.wanted.insert(call.number);
        self.intents.push((at, call));
    }

    fn take_note(&mut self, note: &'b AttemptNote) {
        self.joined.extend(note.so_far.agent);
        self.notes.push(note);
    }

    fn take_record(&mut self, record: &'b Record) {
        self.freed.insert(record.number);
        self.records.push(record);
    }

    async fn write(
        self,
        desk: &Desk,
        tx: &mut AnyConnection,
        outcomes: &mut [Outcome],
    ) -> Result<(), StoreError> {
        let calls: Vec<&CallRequest> = self.intents.iter().map(|(_, call)| *call).collect();
        let saved = intent::save(desk, tx, &calls).await?;
        for ((at, _), outcome) in self.intents.iter().zip(saved) {
            outcomes[*at] = outcome;
        }
        staff::note_agents(desk, tx, &self.stands).await?;
        intent::note(tx, &self.notes).await?;
        record::write(desk, tx, &self.records).await
    }
}

#[cfg(test)]
mod tests;
