//! Chance: dice, and what they may bring.

use std::collections::VecDeque;
use std::sync::Arc;

use engine::agent::PauseCode;
use engine::call::{CallRequest, CallResult, Variables};
use engine::lead::{Barred, Past, QueueItem, RetryRule};
use engine::pacing::Pacing;
use engine::words::{
    AgentId, AttemptId, Bridge, CarrierId, Cause, Key, LeadId, Leg, Micros, Number, QueueId, SessionId, Span,
    TechCause,
};
use engine::{Config, Failure, LegNews, OpenAttempt, Times, Wish};

use crate::house::{self, OPENING, SPRING};

/// Where all chance comes from; when it has run dry every draw is 0.
#[derive(Debug, Clone)]
pub(crate) struct Dice(VecDeque<u16>);

impl Dice {
    pub(crate) fn new(draws: Vec<u16>) -> Self {
        Self(draws.into())
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        let draw = usize::from(self.0.pop_front().unwrap_or(0));
        draw % sides.max(1)
    }

    pub(crate) fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == sides - 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One of the houses.
pub(crate) fn any_house(dice: &mut Dice) -> Config {
    let names = ["ann", "bob", "cid"];
    let mut config = match dice.roll(9) {
        0 => house::progressive(&names),
        1 => house::per_call(&names),
        2..=4 => house::ratio(3_000, &names),
        5 => house::ahead(Pacing::Broadcast { per_minute: 60 }, &names),
        6 => house::ahead(Pacing::Allotted, &names),
        7 => house::preview(&names),
        _ => house::two_carriers(&names),
    };
    let campaign = &mut config.campaigns[0];
    (campaign.talk_limit, campaign.wrap_up) = (Span::secs(60), Span::secs(5));
    campaign.message_within = Span::millis(300);
    campaign.repeat_after_drop = if dice.one_in(4) { Span::ZERO } else { Span::secs(30) };
    campaign.retry.cap = 3;
    campaign.retry.by_result =
        CallResult::ALL.into_iter().map(|result| (result, RetryRule::fixed(9, Span::secs(1)))).collect();
    if matches!(campaign.pacing, Pacing::Progressive | Pacing::Broadcast { .. }) && dice.one_in(2) {
        // Looking for a sound fails so often here that a flow of many would hardly ever begin.
        let mut flow = house::survey_saying(|_| "sound:sorry".to_owned());
        if dice.one_in(2) {
            house::record_first(&mut flow);
        }
        campaign.flow = Some(Arc::new(flow));
    }
    config.carriers[0].channels = 4;
    config.survey_every = Span::secs(20);
    config
}

/// What may be asked.
pub(crate) fn any_wish(dice: &mut Dice) -> Wish {
    let agent = AgentId(u32::try_from(dice.roll(4) + 1).expect("small"));
    let code = PauseCode::try_from("lunch".to_owned()).expect("a pause code");
    match dice.roll(22) {
        0..=3 => Wish::Start(SPRING),
        4 => Wish::Pause(SPRING),
        5 => Wish::Drain(SPRING),
        6 => Wish::Stop(SPRING),
        7 => Wish::LeadsAdded(SPRING),
        8..=10 => Wish::LogIn(agent),
        11 => Wish::LogOut(agent),
        12 => Wish::PauseAgent { agent, code },
        13 => Wish::ReadyAgent(agent),
        14 if dice.one_in(8) => Wish::CloseFloor,
        14 => Wish::CallBack {
            campaign: SPRING,
            item: QueueId(dice.roll(12) as u64 + 1),
            at: Micros(OPENING.0 + dice.roll(60_000) as u64 * 1_000),
        },
        15 | 16 => Wish::Allot { campaign: SPRING, dials: u32::try_from(dice.roll(4)).expect("small") },
        17 => {
            let barred = format!("1555000{:04}", dice.roll(12) + 1);
            let barred = Barred::parse(&barred).expect("a number");
            Wish::DoNotCall { barred, campaigns: vec![SPRING] }
        }
        18 | 19 => Wish::AcceptLead(agent),
        20 => Wish::SkipLead(agent),
        _ => Wish::HangUp(AttemptId(dice.roll(20) as u64)),
    }
}

/// What a leg may do.
pub(crate) fn any_news(dice: &mut Dice) -> LegNews {
    let bridge = match dice.roll(3) {
        0 => Bridge::Hold,
        _ => Bridge::Conversation(AttemptId(dice.roll(12) as u64)),
    };
    match dice.roll(11) {
        0 => LegNews::Progressed,
        1 => LegNews::Rang,
        2 => LegNews::Answered,
        3 => LegNews::Entered,
        4 => LegNews::Forwarded,
        5 => LegNews::Joined(bridge),
        6 => LegNews::Parted(bridge),
        7 => LegNews::Played { nth: dice.roll(3) as u16, whole: dice.one_in(2) },
        8 => LegNews::Pressed(any_key(dice)),
        9 => LegNews::Recorded { nth: dice.roll(3) as u16, whole: dice.one_in(2), length: Span::secs(1) },
        _ => LegNews::Ended {
            cause: Cause(dice.roll(128) as u16),
            tech: (!dice.one_in(3)).then(|| TechCause(200 + dice.roll(500) as u16)),
        },
    }
}

/// A key; those that lead somewhere most often.
pub(crate) fn any_key(dice: &mut Dice) -> Key {
    Key::try_from(['1', '1', '1', '2', '3', '4', '9', '#', '#'][dice.roll(9)]).expect("a key")
}

/// A leg that may or may not exist.
pub(crate) fn any_leg(dice: &mut Dice) -> Leg {
    if dice.one_in(2) {
        let ordinal = u8::try_from(dice.roll(4)).expect("small");
        Leg::Customer { attempt: AttemptId(dice.roll(12) as u64), ordinal }
    } else {
        let agent = AgentId(u32::try_from(dice.roll(5)).expect("small"));
        Leg::Agent { agent, session: SessionId(dice.roll(8) as u64) }
    }
}

/// A failure, as the database or the exchange may report it.
pub(crate) fn any_failure(dice: &mut Dice, of_database: bool) -> Failure {
    let exchange = [
        Failure::Gone,
        Failure::NotOurs,
        Failure::WrongState,
        Failure::Exists,
        Failure::Unavailable,
        Failure::NotSent,
        Failure::OutcomeUnknown,
        Failure::Rejected,
    ];
    let database = [Failure::Database, Failure::NotSent, Failure::OutcomeUnknown];
    if of_database { database[dice.roll(database.len())] } else { exchange[dice.roll(exchange.len())] }
}

/// So many queue items.
pub(crate) fn any_items(count: usize) -> Vec<QueueItem> {
    (1..=count as u64).map(item).collect()
}

fn item(id: u64) -> QueueItem {
    let number = Number::parse(&format!("1555000{id:04}")).expect("a number");
    QueueItem {
        id: QueueId(id),
        lead: LeadId(id),
        number,
        alternates: vec![],
        attempts: 0,
        past: Past::default(),
        callback: None,
        attributes: vec![],
        zone: None,
        dropped: None,
    }
}

/// An attempt that an earlier process may have left.
pub(crate) fn any_open_attempt(dice: &mut Dice) -> OpenAttempt {
    let item = item(dice.roll(12) as u64);
    let mut moment = |at: u64| (!dice.one_in(2)).then_some(Micros(OPENING.0 + at));
    let times = Times {
        created: OPENING,
        placed: moment(1),
        rang: moment(2),
        answered: moment(3),
        bridged: moment(4),
        ..Times::default()
    };
    let agent = (!dice.one_in(3)).then(|| AgentId(u32::try_from(dice.roll(5)).expect("small")));
    let request = CallRequest {
        codec: None,
        attempt: AttemptId(dice.roll(12) as u64),
        ordinal: u8::try_from(dice.roll(3)).expect("small"),
        campaign: SPRING,
        queue: item.id,
        lead: item.lead,
        number: item.number,
        alternates: vec![],
        nth: 1,
        past: Past::default(),
        callback: None,
        carrier: CarrierId(1 + u32::try_from(dice.roll(3)).expect("small")),
        agent,
        endpoint: "PJSIP/1@trunk-a".to_owned(),
        caller_id: None,
        prefix: String::new(),
        account: None,
        ring_timeout_ms: 25_000,
        variables: Variables::default(),
        undropped_since: None,
        created: OPENING,
    };
    OpenAttempt { request, times, agent }
}
