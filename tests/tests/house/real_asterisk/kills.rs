//! What is killed in the middle of calls, and what must hold of every one of them afterwards.
//!
//! | at the kill a call is | shell killed | Asterisk killed |
//! |---|---|---|
//! | talking | goes on, ends as it would have, `connected` | ends, `connected` |
//! | ringing | goes on under its old deadline | `technical`: our side gave it up |
//! | answered while no shell runs | Asterisk hangs up on them, `unknown` | |

mod asterisk;
mod closing;
mod journal;
mod shell;
mod three_hundred;

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tests::house::{House, Logged};
use tests::lab::far_end::{Timings, number};
use tests::lab::{CallLog, Side};
use tests::pbx::{Lab, Pbx};

use super::mix;

/// A PBX, a house whose leads are of these kinds, and what became of both.
pub(crate) struct Scene {
    pub(crate) pbx: Pbx,
    pub(crate) house: House,
    agents: u16,
}

impl Scene {
    /// Opens the floor with so many agents for each of the two campaigns, and gives each campaign one lead of each of
    /// these codes, to be dialled in this order.
    pub(crate) async fn set(timings: Timings, agents: u16, talk_limit: &str, codes: &[u16]) -> Self {
        let numbers = |base: u16| (base..).zip(codes).map(|(serial, code)| number(*code, serial)).collect();
        Self::set_with(timings, agents, talk_limit, numbers).await
    }

    /// The same with these leads: their numbers, for serials from the one given on.
    pub(crate) async fn set_with(
        timings: Timings,
        agents: u16,
        talk_limit: &str,
        numbers: impl Fn(u16) -> Vec<String>,
    ) -> Self {
        let pbx = Pbx::real(timings, 2 * agents).await.expect("Asterisk starts");
        let mut house = House::furnish(&pbx.url(), &mix::rules(2 * agents, talk_limit));
        for (campaign, base) in [("straight", 0), ("local", 1_000)] {
            house.import(campaign, numbers(base));
        }
        house.open().await;
        house.start().await;
        Self { pbx, house, agents: 2 * agents }
    }

    pub(crate) fn lab(&mut self) -> &mut Lab {
        self.pbx.lab()
    }

    /// What the far end saw of its calls so far.
    pub(crate) fn far_end(&mut self) -> Vec<CallLog> {
        self.lab().far_end.calls()
    }

    /// Waits until so many talk and so many ring, all of that is written down, and the far end hears it.
    pub(crate) async fn until_they_talk_and_ring(&mut self, talking: u32, ringing: u32) {
        let limit = Duration::from_secs(20);
        let what = format!("{talking} talking and {ringing} ringing");
        self.house
            .until(limit, &what, |board| {
                let sum = |count: fn(&engine::view::CampaignView) -> u32| {
                    board.campaigns.iter().map(|campaign| count(&campaign.view)).sum::<u32>()
                };
                sum(|view| view.talking) == talking && sum(|view| view.in_flight) == ringing
            })
            .await;
        let noted = [
            ("SELECT COUNT(*) FROM attempts WHERE closed = 0 AND bridged_at IS NOT NULL", talking),
            (
                "SELECT COUNT(*) FROM attempts WHERE closed = 0 AND bridged_at IS NULL AND rang_at IS NOT NULL",
                ringing,
            ),
        ];
        let end = Instant::now() + limit;
        for (query, wanted) in noted {
            while self.house.count(query).await != i64::from(wanted) {
                assert!(Instant::now() < end, "not written down: {}", self.house.log());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let far_end = &self.lab().far_end;
        let heard = || far_end.calls().iter().filter(|seen| is_talking(seen)).count() == talking as usize;
        assert!(tests::lab::until(limit, heard).await, "the far end does not hear {talking} agents");
    }

    /// How often each agent's phone was called.
    pub(crate) fn phone_calls(&mut self) -> Vec<usize> {
        let agents = 1..=self.agents;
        agents.map(|agent| self.lab().phones.calls(agent).len()).collect()
    }

    /// Closes the floor; gives the records and what the shell printed.
    pub(crate) async fn close(&mut self) -> (Vec<Logged>, String) {
        let printed = self.house.close().await;
        (self.assert_closed().await, printed)
    }

    /// Holds that nothing is left, that every attempt has its one record, and every call of the far end its one
    /// attempt; gives the records.
    pub(crate) async fn assert_closed(&mut self) -> Vec<Logged> {
        assert_eq!(self.pbx.left().await, (0, 0), "no channel and no bridge is left");
        let open = "SELECT COUNT(*) FROM attempts WHERE closed = 0";
        assert_eq!(self.house.count(open).await, 0, "no attempt is open");
        let unaccounted = "SELECT COUNT(*) FROM attempts WHERE id NOT IN (SELECT attempt_id FROM call_log)";
        assert_eq!(self.house.count(unaccounted).await, 0, "every attempt has its record");
        let calls = self.house.logged().await;
        let (_, strangers) = matched(&calls, &self.far_end());
        assert_eq!(strangers, [""; 0], "every INVITE is an attempt's only one");
        calls
    }

    /// The attempts that the far end never saw.
    pub(crate) fn unplaced<'a>(&mut self, calls: &'a [Logged]) -> Vec<&'a Logged> {
        let (seen, _) = matched(calls, &self.far_end());
        calls.iter().filter(|call| !seen.contains(&call.attempt)).collect()
    }
}

/// Which attempts came to an INVITE at the far end, and the INVITEs that are not the only one of an attempt on that
/// number at that time, one line each.
fn matched(calls: &[Logged], far_end: &[CallLog]) -> (BTreeSet<i64>, Vec<String>) {
    let (mut attempts, mut strangers) = (BTreeSet::new(), vec![]);
    for seen in far_end {
        let at = micros(seen.invited_at);
        let of =
            |call: &&Logged| call.number == seen.number && (call.created_at..=call.ended_at).contains(&at);
        if !calls.iter().find(of).is_some_and(|call| attempts.insert(call.attempt)) {
            strangers.push(format!("{} at {at}", seen.number));
        }
    }
    (attempts, strangers)
}

/// A moment as the records tell it: microseconds since 1970.
pub(crate) fn micros(at: Instant) -> i64 {
    let then = SystemTime::now() - at.elapsed();
    let since = then.duration_since(UNIX_EPOCH).expect("it is later than 1970");
    i64::try_from(since.as_micros()).expect("it is sooner than the year 294000")
}

/// The last call to a number.
pub(crate) fn call_to<'a>(far_end: &'a [CallLog], number: &str) -> &'a CallLog {
    let found = far_end.iter().rfind(|seen| seen.number == number);
    found.unwrap_or_else(|| panic!("{number} was never called"))
}

/// Whether somebody at the far end talks with an agent.
pub(crate) fn is_talking(seen: &CallLog) -> bool {
    !seen.phones_heard.is_empty() && seen.bye.is_none()
}

/// Holds that a conversation has its whole record: the agent whom the callee heard, and every moment in its order.
pub(crate) fn assert_whole(call: &Logged, seen: &CallLog) {
    assert_eq!(call.result, "connected", "{call:?}");
    let heard: Vec<String> = seen.phones_heard.keys().map(|phone| format!("agent-{phone}")).collect();
    assert_eq!(call.agent.as_slice(), heard, "the agent is the one whom the callee heard: {call:?}");
    let (Some(answered), Some(bridged)) = (call.answered_at, call.bridged_at) else {
        panic!("a moment is missing: {call:?}");
    };
    assert!(answered <= bridged && bridged <= call.ended_at, "{call:?}");
}

/// Holds that these calls go on: nobody hung up, and the callees hear more and more.
pub(crate) async fn assert_they_go_on(scene: &mut Scene, talking: &[CallLog]) {
    let limit = Duration::from_secs(10);
    let far_end = &scene.lab().far_end;
    for before in talking {
        let now = || far_end.call_to(&before.number).expect("it was called");
        let heard = now().packets;
        let goes_on = tests::lab::until(limit, || now().packets >= heard + 20).await;
        assert!(goes_on, "{} hears nothing any more", before.number);
        assert!(now().bye.is_none_or(|(side, _)| side == Side::Here), "{} was hung up on", before.number);
    }
}
