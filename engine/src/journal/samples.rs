//! One of each thing that a journal can hold, and strategies for those with too many forms to list.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::option::of as option_of;
use proptest::prelude::*;

use crate::agent::{AgentRules, AgentState, Missed, PauseCode, Seat};
use crate::amd::{
    AmdLog, AmdRules, Detection, JudgeRules, Listener, MachineMessage, Policies, Policy, Verdict,
    VerdictCause,
};
use crate::call::{
    Act, AskedBy, CallRequest, CallResult, CallSoFar, Debt, Disposed, Ending, HoldSoFar, Phase, Record, Said,
    TransferLog, TransferRequest, TransferTimes, TransferWay, Try,
};
use crate::campaign::{CampaignRules, CampaignState};
use crate::carrier::{CallerIdPool, CarrierRules, Pick, Route};
use crate::digits::{Digits, QueuedDigits};
use crate::flow::{
    Accept, Ask, CallFlow, ConferenceRules, ConferenceWays, Destination, FlowEnd, FlowLog, Meanwhile,
    Node as FlowNode, NodeKind, Piece, ShownCaller, Spoken, SpokenAs, Step, StepOutcome, Target, Text,
    TransferEnd, TransferRules, TransferWays,
};
use crate::lead::{
    Area, Barred, Callback, Disposition, Dispositions, Fate, Geography, Hours, Jurisdiction, Meaning,
    OpenWindow, Past, Place, QueueItem, RetryRule, RetryRules, WhyExhausted,
};
use crate::pacing::{
    DropWindow, Paced, Pacing, PacingChange, PredictiveRules, PreviewEnd, PreviewRules, WindowCount,
    WindowSpan,
};
use crate::recording::{Format, Recorded, RecordingRules, TakeId, TakeLog, TakeState, Takes, Track};
use crate::words::{
    AgentId, AskId, AttemptId, Bridge, CampaignId, CarrierId, Cause, Key, Label, LeadId, Leg, Micros, Milli,
    Number, PoolId, Prefix, QueueId, RequestId, SessionId, Signature, Span, TechCause,
};
use crate::zone::{Offset, Zone};
use crate::{
    Command, Config, Denial, Event, Failure, LegNews, OpenAttempt, OpenCampaign, OpenSession, Originate,
    Outcome, RecordingWish, SaveRefusal, SeenLeg, SeenTake, TextMessage, Times, TransferWish, Wish,
};

pub(super) const NOON: Micros = Micros(1_800_000_000_000_000);

pub(super) fn bare() -> Config {
    Config {
        signature: Signature::try_from(String::from("rm1")).expect("a signature"),
        campaigns: vec![],
        carriers: vec![],
        caller_ids: Vec::new(),
        agents: vec![],
        pause_codes: vec![],
        geography: Geography::default(),
        next_attempt: AttemptId(1),
        next_session: SessionId(1),
        pbx_patience: Span::secs(5),
        database_patience: Span::secs(10),
        survey_every: Span::secs(60),
    }
}

fn hours() -> Hours {
    let noon = OpenWindow { from: 540, to: 720 };
    let night = OpenWindow { from: 1_320, to: 120 };
    let mut hours = Hours { holidays: vec![(20_448, vec![noon]), (20_454, vec![])], ..Hours::default() };
    hours.week[0] = vec![noon, night];
    hours
}

fn geography() -> Geography {
    Geography {
        zones: vec![zone()],
        names: vec![("Europe/London".into(), 0)],
        places: vec![Place { prefix: "44".into(), zones: vec![0] }],
        jurisdictions: vec![Jurisdiction { name: "elsewhere".into(), hours: Some(hours()) }],
        areas: vec![Area { prefix: String::new(), jurisdiction: 0 }],
    }
}

pub(super) fn full() -> Config {
    let prefix = |keys: &str| Prefix::try_from(String::from(keys)).expect("a prefix");
    Config {
        campaigns: pacings()
            .into_iter()
            .zip(1..)
            .map(|(pacing, id)| CampaignRules {
                id: CampaignId(id),
                name: format!("spring {id}"),
                pacing,
                zone: zone(),
                hours: Some(hours()),
                callee_hours: (id % 2 == 0).then(hours),
                law: id % 2 == 0,
                carriers: vec![CarrierId(1), CarrierId(2)],
                caller_id: Some("15550000001".into()),
                caller_ids: None,
                prefix: prefix("9*#"),
                account: Some("a-1".into()),
                setup_timeout: Span::secs(20),
                ring_timeout: Span::secs(30),
                talk_limit: Span::secs(3_600),
                message_within: Span::secs(2),
                greeting: Span::ZERO,
                message: Some("sound:ringmaster/safe-harbour".into()),
                wrap_up: Span::secs(10),
                retry: RetryRules::default(),
                callback_patience: Span::secs(1_800),
                repeat_after_drop: Span::secs(259_200),
                hopper_size: (id % 2 == 0).then_some(100),
                flow: (id == 1).then(|| Arc::new(flow())),
                amd: amd(id).map(Arc::new),
                digits: QueuedDigits {
                    before_answer: (id % 2 == 0).then(|| digits("*21")),
                    after_answer: (id % 2 == 1).then(|| digits("w5")),
                },
                recording: [None, Some(Recorded::All), Some(Recorded::OnDemand)][id as usize % 3]
                    .map(|which| RecordingRules { which, stereo: id == 1, format: Format::Alaw }),
                dispositions: (id == 1).then(|| Arc::new(dispositions())),
                transfers: [("desk".into(), Arc::new(transfer_rules()))].into(),
            })
            .collect(),
        carriers: [
            Route::Trunk { endpoint: "trunk-a".into() },
            Route::Sip { peer: "trunk-b".into() },
            Route::Dahdi { group: "g1".into() },
            Route::Local { context: "from-campaign".into(), codec: "ulaw".into() },
        ]
        .into_iter()
        .zip(1..)
        .map(|(route, id)| CarrierRules {
            id: CarrierId(id),
            name: format!("carrier {id}"),
            route,
            weight: 1,
            channels: 30,
            calls_per_second: 5,
            prefix: prefix(""),
            caller_id: None,
            caller_ids: None,
            ring_timeout: Some(Span::secs(25)),
            digits: QueuedDigits::default(),
            variables: vec![("ROUTE".into(), "\"a\\b\"".into())],
            failures_to_rest: 5,
            rest: Span::secs(60),
        })
        .collect(),
        caller_ids: vec![CallerIdPool {
            id: PoolId(1),
            name: "east".into(),
            caller_ids: vec!["15550000001".into()],
            pick: Pick::Nearest,
            per_hour: Some(10),
            per_day: None,
            keep: true,
        }],
        agents: [Seat::NailedUp, Seat::PerCall]
            .into_iter()
            .zip(1..)
            .map(|(seat, id)| AgentRules {
                id: AgentId(id),
                name: "Zoë".into(),
                campaign: CampaignId(1),
                endpoint: "PJSIP/agent-1".into(),
                seat,
                ring_timeout: Span::secs(20),
                missed_rings: 3,
            })
            .collect(),
        pause_codes: vec![],
        geography: geography(),
        ..bare()
    }
}

/// London's, around one summer.
fn zone() -> Zone {
    let offsets = [(0, 0), (1_774_746_000, 3_600), (1_792_890_000, 0)];
    let offset = |(from, ahead): (u64, i32)| Offset { from: Micros(from * 1_000_000), ahead };
    Zone::try_from(offsets.map(offset).to_vec()).expect("offsets of a zone")
}

fn pacings() -> [Pacing; 6] {
    [
        Pacing::Progressive,
        Pacing::Preview(PreviewRules {
            time_limit: Span::secs(60),
            then: PreviewEnd::Skip,
            may_skip: true,
            rest: Span::secs(3_600),
        }),
        Pacing::Ratio { level: Milli(1_500) },
        Pacing::Predictive(PredictiveRules {
            windows: [WindowSpan::Block(Span::secs(3_600)), WindowSpan::Day, WindowSpan::Month]
                .map(|span| DropWindow { limit: Milli(30), span })
                .into(),
            answer_rate: Some(Milli(250)),
            strict: true,
        }),
        Pacing::Broadcast { per_minute: 90 },
        Pacing::Allotted,
    ]
}

/// One of each, in the order of their declaration.
pub(super) fn commands() -> Vec<Command> {
    let request = RequestId(u64::MAX);
    let (attempt, agent, leg) = (AttemptId(42), AgentId(7), CUSTOMER);
    let take = TakeId { attempt, ordinal: 2, nth: 1 };
    let all = vec![
        Command::Fetch { request, campaign: CampaignId(1), count: 100, cap: 5 },
        Command::Release {
            request,
            not_before: NOON,
            items: vec![QueueId(1), QueueId(2)],
            skipped_by: Some(AgentId(7)),
        },
        Command::Save { request, call: Arc::new(call_request()) },
        Command::Note {
            request,
            attempt,
            so_far: Box::new(CallSoFar {
                times: times(),
                agent: Some(agent),
                takes: Some(takes()),
                said: Some(said()),
                flow: Some(Box::new(flow_log())),
                transfers: vec![transfer_log()],
                hold: Some(hold()),
                amd: Some(Box::new(amd_log())),
            }),
        },
        Command::Record { request, record: Arc::new(record()) },
        Command::Dispose { request, disposed: Arc::new(disposed()) },
        Command::NoteAgent {
            request,
            agent,
            session: None,
            state: AgentState::WrapUp,
            since: NOON,
            paused: Some(pause("lunch")),
            leaves: true,
            missed: Some(missed()),
        },
        Command::NoteCampaign {
            request,
            campaign: CampaignId(1),
            state: CampaignState::Draining,
            began: Some(Micros(7)),
            closes_at: None,
            paced: Some(Paced { from: Pacing::Ratio { level: Milli(1_500) }, change: CHANGES[0] }),
        },
        Command::Originate { request, originate: Box::new(originate()) },
        Command::HangUp { request, leg },
        Command::Join { request, attempt, customer: CUSTOMER, agent: AGENT, meanwhile: Meanwhile::Music },
        Command::Hold { request, leg: AGENT },
        Command::SetAside { request, leg, on: true },
        Command::Mute { request, leg: AGENT, on: false },
        Command::Play { request, attempt, nth: 1, leg, media: "sound:a".into() },
        Command::Detect { request, leg },
        Command::Listen { request, leg, silence: Span::millis(250), level: 256 },
        Command::StopListening { request, leg },
        Command::StopPlaying { request, attempt, nth: 1 },
        Command::StartRecording {
            request,
            attempt,
            nth: 1,
            leg,
            longest: Span::secs(30),
            silence: Span::secs(3),
            beep: true,
        },
        Command::StopRecording { request, attempt, nth: 1 },
        Command::OptOut { request, number: number("112"), list: Some("own".into()) },
        Command::DropBridge { request, bridge: Bridge::Hold },
        Command::Survey { request },
        Command::Look { request, leg },
        Command::FindMedia { request, media: "sound:a".into() },
        Command::Reply { ask: AskId(1), answer: Ok(()) },
        Command::Reply { ask: AskId(1), answer: Err(Denial::MessageMissing("sound:a".into())) },
        Command::SaveTransfer { request, transfer: Arc::new(transfer_request()) },
        Command::Calm { request, leg, meanwhile: Meanwhile::Ringback },
        Command::Hush { request, leg, meanwhile: Meanwhile::Music },
        Command::PutThrough {
            request,
            customer: CUSTOMER,
            other: OTHER,
            bridge: Bridge::Conversation(AttemptId(42)),
            meanwhile: Meanwhile::Silence,
        },
        Command::SendText { request, text: Arc::new(text_message()) },
        Command::SendDigits { request, leg, digits: digits("ww12#") },
        Command::BeginTake { request, take, stereo: true, format: Format::Wav },
        Command::PauseTake { request, take, stereo: true, paused: true },
        Command::EndTake { request, take, stereo: true },
        Command::Confer { request, leg, bridge: ROOM, room: label("lounge") },
        Command::TakeOut { request, leg, bridge: ROOM, last: true },
        Command::Announce { request, bridge: ROOM, media: "sound:beep".into() },
        Command::FindPlayback { request, attempt, nth: 1 },
        Command::FindRecording { request, attempt, nth: 1 },
    ];
    let places: Vec<usize> = all.iter().map(place).collect();
    assert!(places.iter().copied().eq((0..27).chain([26]).chain(27..41)), "one of each: {places:?}");
    all
}

/// A new command does not compile until it has a place here, and a sample above.
fn place(command: &Command) -> usize {
    match command {
        Command::Fetch { .. } => 0,
        Command::Release { .. } => 1,
        Command::Save { .. } => 2,
        Command::Note { .. } => 3,
        Command::Record { .. } => 4,
        Command::Dispose { .. } => 5,
        Command::NoteAgent { .. } => 6,
        Command::NoteCampaign { .. } => 7,
        Command::Originate { .. } => 8,
        Command::HangUp { .. } => 9,
        Command::Join { .. } => 10,
        Command::Hold { .. } => 11,
        Command::SetAside { .. } => 12,
        Command::Mute { .. } => 13,
        Command::Play { .. } => 14,
        Command::Detect { .. } => 15,
        Command::Listen { .. } => 16,
        Command::StopListening { .. } => 17,
        Command::StopPlaying { .. } => 18,
        Command::StartRecording { .. } => 19,
        Command::StopRecording { .. } => 20,
        Command::OptOut { .. } => 21,
        Command::DropBridge { .. } => 22,
        Command::Survey { .. } => 23,
        Command::Look { .. } => 24,
        Command::FindMedia { .. } => 25,
        Command::Reply { .. } => 26,
        Command::SaveTransfer { .. } => 27,
        Command::Calm { .. } => 28,
        Command::Hush { .. } => 29,
        Command::PutThrough { .. } => 30,
        Command::SendText { .. } => 31,
        Command::SendDigits { .. } => 32,
        Command::BeginTake { .. } => 33,
        Command::PauseTake { .. } => 34,
        Command::EndTake { .. } => 35,
        Command::Confer { .. } => 36,
        Command::TakeOut { .. } => 37,
        Command::Announce { .. } => 38,
        Command::FindPlayback { .. } => 39,
        Command::FindRecording { .. } => 40,
    }
}

fn digits(text: &str) -> Digits {
    Digits::try_from(String::from(text)).expect("digits")
}

const CUSTOMER: Leg = Leg::Customer { attempt: AttemptId(42), ordinal: 2 };
const AGENT: Leg = Leg::Agent { agent: AgentId(7), session: SessionId(9) };
const ROOM: Bridge = Bridge::Conference { attempt: AttemptId(42), ordinal: 1 };

fn label(text: &str) -> Label {
    Label::parse(text).expect("a name")
}

const OTHER: Leg = Leg::Transfer { attempt: AttemptId(42), ordinal: 1 };

fn transfer_request() -> TransferRequest {
    TransferRequest {
        attempt: AttemptId(42),
        ordinal: 1,
        campaign: CampaignId(1),
        lead: LeadId(4),
        number: Some(number("112")),
        carrier: Some(CarrierId(2)),
        endpoint: "PJSIP/112@trunk-a".into(),
        codec: None,
        caller_id: Some("007".into()),
        prefix: "9".into(),
        ring_timeout_ms: 20_000,
        variables: [("PJSIP_HEADER(add,P-Contact-ID)", "4")].into_iter().collect(),
        created: NOON,
    }
}

fn text_message() -> TextMessage {
    TextMessage {
        attempt: AttemptId(42),
        nth: 1,
        campaign: CampaignId(1),
        lead: LeadId(4),
        number: number("112"),
        text: "Hello, \"you\"".into(),
    }
}

fn hold() -> HoldSoFar {
    HoldSoFar { since: Some(NOON), total: Span::secs(7) }
}

fn transfer_log() -> TransferLog {
    TransferLog {
        ordinal: 1,
        by: Some(AskedBy {
            agent: AgentId(3),
            name: "ann".into(),
            to: "desk".into(),
            way: TransferWay::Conference,
        }),
        endpoint: "PJSIP/112@trunk-a".into(),
        carrier: Some(CarrierId(2)),
        caller_id: Some("007".into()),
        end: Some(TransferEnd::Busy),
        cause: Some(Cause(17)),
        tech: Some(TechCause(486)),
        unplaced: None,
        barred: false,
        times: TransferTimes {
            created: NOON,
            placed: Some(NOON),
            ended: Some(NOON),
            ..TransferTimes::default()
        },
    }
}

fn transfer_rules() -> TransferRules {
    TransferRules {
        to: Destination::Number(number("112")),
        to_attribute: Some("transfer_phonenumber".into()),
        caller_id: ShownCaller::Own("007".into()),
        ring_timeout: Span::secs(20),
        meanwhile: Meanwhile::Music,
        whisper: vec!["sound:a".into()],
        accept: Some(Accept { key: key(), within: Span::secs(5) }),
        longest: Span::secs(600),
        screen_pop: true,
    }
}

fn missed() -> Missed {
    Missed { in_a_row: 2, last: NOON }
}

fn call_request() -> CallRequest {
    CallRequest {
        codec: Some("ulaw".into()),
        attempt: AttemptId(42),
        ordinal: 2,
        campaign: CampaignId(1),
        queue: QueueId(3),
        lead: LeadId(4),
        number: number("007"),
        alternates: vec![number("112")],
        nth: 3,
        past: past(),
        callback: Some(Callback { at: NOON, agent: Some(AgentId(7)) }),
        carrier: CarrierId(2),
        agent: Some(AgentId(7)),
        endpoint: String::from("PJSIP/007@trunk-a").into(),
        caller_id: None,
        prefix: "9".into(),
        account: Some("a-1".into()),
        ring_timeout_ms: 30_000,
        digits: Some(digits("1")),
        variables: [("LEAD_NAME", "O\u{2019}Neil\n\"x\"")].into_iter().collect(),
        undropped_since: Some(NOON),
        created: NOON,
    }
}

fn record() -> Record {
    Record {
        attempt: AttemptId(42),
        campaign: CampaignId(1),
        queue: QueueId(3),
        lead: LeadId(4),
        number: number("15551234567"),
        nth: 1,
        carrier: CarrierId(2),
        agent: None,
        result: CallResult::HungUpWaiting,
        ending: Ending {
            phase: Phase::Answered,
            act: Some(Act::NoAgent),
            cause: Some(Cause(16)),
            tech: Some(TechCause(200)),
            unplaced: Some(Failure::Unavailable),
        },
        tries: vec![Try {
            ordinal: 1,
            carrier: CarrierId(1),
            cause: None,
            tech: None,
            unplaced: Some(Failure::Silence),
        }],
        times: times(),
        fate: Fate::Exhausted(WhyExhausted::Cap),
        next_number: Some(number("112")),
        past: past(),
        promised: true,
        flow: Some(Box::new(flow_log())),
        recordings: vec![TakeLog {
            name: "rm1.t.42.2.1".into(),
            state: TakeState::Kept,
            stereo: true,
            format: Format::Wav,
            began: Some(NOON),
            took_ms: Some(61_000),
            paused_ms: 5_000,
        }],
        transfers: vec![transfer_log()],
        amd: Some(Box::new(amd_log())),
        held: Span::secs(3),
    }
}

fn dispositions() -> Dispositions {
    let disposition = |code: &str, meaning, retry| Disposition {
        code: code.into(),
        label: code.into(),
        human: true,
        meaning,
        retry,
    };
    Dispositions {
        list: vec![
            disposition("open", Meaning::Open, Some(RetryRule::fixed(3, Span::secs(60)))),
            disposition("sold", Meaning::Completed, None),
            disposition("later", Meaning::Callback, None),
            disposition("never", Meaning::DoNotCall { list: Some("spring".into()) }, None),
            disposition("wrong", Meaning::Unworkable, None),
        ],
        default: "open".into(),
        demanded_within: Some(Span::secs(600)),
    }
}

fn debt() -> Debt {
    Debt {
        attempt: AttemptId(42),
        campaign: CampaignId(1),
        agent: AgentId(7),
        queue: QueueId(3),
        lead: LeadId(4),
        number: number("15551234567"),
        alternates: vec![number("112")],
        nth: 1,
        past: past(),
        agreed: true,
        talked: Span::secs(7),
        ended: NOON,
        until: NOON + Span::secs(600),
        said: Some(said()),
    }
}

fn disposed() -> Disposed {
    Disposed {
        attempt: AttemptId(42),
        campaign: CampaignId(1),
        queue: QueueId(3),
        number: number("15551234567"),
        agent: AgentId(7),
        code: "later".into(),
        said: true,
        at: NOON,
        fate: Fate::Retry(NOON),
        next_number: Some(number("112")),
        past: past(),
        callback: Some(Callback { at: NOON, agent: None }),
        promised: true,
        note: Some("ask for Eve".into()),
        bars: true,
        list: Some("spring".into()),
    }
}

fn amd_log() -> AmdLog {
    AmdLog {
        by: Listener::Parallel,
        verdict: Verdict::Machine,
        cause: VerdictCause::LongGreeting,
        after_ms: 1_900,
        policy: Policy::Message,
        message_after_ms: Some(9_000),
        drop_share: 50,
    }
}

/// Rules for telling persons from machines, of each kind.
fn amd(id: u32) -> Option<AmdRules> {
    let detection = match id {
        1 => Detection::Gate { patience: Span::secs(8) },
        2 => Detection::Parallel(JudgeRules::default()),
        _ => return None,
    };
    let sound = "sound:ringmaster/voicemail".into();
    let message = MachineMessage { sound, after_silence: Span::secs(2), patience: Span::secs(30) };
    let (human, not_sure) = (Policy::Connect, Policy::Connect);
    let policies = Policies { human, machine: Policy::Message, not_sure, fax: Policy::HangUp };
    Some(AmdRules { detection, policies, message: Some(message), false_positives: Milli(50) })
}

fn flow() -> CallFlow {
    let ask = Ask {
        sounds: vec!["sound:menu".into()],
        again: vec![],
        retries: 1,
        first_key: Span::secs(5),
        next_key: Span::secs(2),
        barge_in: true,
        invalid: Target::HangUp,
        timeout: Target::Node("agent".into()),
    };
    let keys = vec![(key(), Target::Node("agent".into()))];
    let queue = NodeKind::Queue {
        sounds: vec![],
        wait: Span::secs(30),
        meanwhile: Meanwhile::Class(label("soft")),
        nobody: Target::HangUp,
    };
    let out = || Target::HangUp;
    let text = Text(vec![
        Piece::Plain("a".into()),
        Piece::Number,
        Piece::Answer("menu".into()),
        Piece::Attribute("first_name".into()),
    ]);
    let parts = vec![Spoken { how: SpokenAs::Digits, text: text.clone() }];
    let say = NodeKind::Say { parts, next: out(), missing: out() };
    let sms = NodeKind::Sms { text, next: out() };
    let ways =
        TransferWays { answered: out(), busy: out(), no_answer: out(), declined: out(), failed: out() };
    let desk = NodeKind::Transfer { sounds: vec![], rules: Arc::new(transfer_rules()), ways };
    let room = ConferenceRules {
        room: label("lounge"),
        most: 10,
        longest: Span::secs(600),
        leave: Key::POUND,
        music: true,
        beep: true,
    };
    let ways = ConferenceWays { left: out(), over: out(), full: out(), failed: out() };
    let lounge = NodeKind::Conference { sounds: vec![], rules: room, ways };
    let node = |name: &str, kind| FlowNode { name: name.into(), most_visits: 3, completes: false, kind };
    CallFlow {
        name: "survey".into(),
        edition: "0123456789abcdef".into(),
        most_steps: 50,
        most_time: Span::secs(300),
        attributes: vec!["first_name".into()],
        nodes: vec![
            node("menu", NodeKind::Menu { ask, keys }),
            node("agent", queue),
            node("desk", desk),
            node("say", say),
            node("sms", sms),
            node("lounge", lounge),
        ],
    }
}

fn flow_log() -> FlowLog {
    let step = Step {
        node: "menu".into(),
        at: NOON,
        outcome: StepOutcome::Answered,
        keys: "1".into(),
        recording: Some("rm1.r.42.1".into()),
        recorded_ms: Some(4_000),
        stayed_ms: Some(12_000),
    };
    FlowLog {
        flow: "survey".into(),
        edition: "0123456789abcdef".into(),
        end: FlowEnd::Done,
        complete: true,
        steps: vec![step],
    }
}

fn key() -> Key {
    Key::try_from('1').expect("a key")
}

fn past() -> Past {
    Past { technical: 1, recycled: 2, bad: vec![(number("007"), 1)], caller_id: Some("15550000001".into()) }
}

fn originate() -> Originate {
    Originate {
        codec: None,
        leg: CUSTOMER,
        endpoint: String::from("PJSIP/007@trunk-a").into(),
        caller_id: Some("15550000001".into()),
        timeout_secs: 31,
        variables: [("A", "1"), ("A", "2")].into_iter().collect(),
    }
}

fn times() -> Times {
    Times { created: NOON, placed: Some(NOON + Span(1)), ..Times::default() }
}

fn number(digits: &str) -> Number {
    Number::parse(digits).expect("a number")
}

fn pause(code: &str) -> PauseCode {
    PauseCode::try_from(String::from(code)).expect("a pause code")
}

pub(super) fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        (vec_of(open_attempts(), 0..3), vec_of(open_sessions(), 0..3), vec_of(open_campaigns(), 0..3))
            .prop_map(|(attempts, sessions, campaigns)| Event::Reopened {
                attempts,
                sessions,
                campaigns,
                shown: vec![("15550000001".into(), NOON)],
                debts: vec![debt()],
            }),
        Just(Event::LinkUp),
        Just(Event::LinkLost),
        (legs(), leg_news()).prop_map(|(leg, news)| Event::Leg { leg, news }),
        (any::<u64>(), outcomes())
            .prop_map(|(request, outcome)| Event::Settled { request: RequestId(request), outcome }),
        (any::<u64>(), wishes()).prop_map(|(ask, wish)| Event::Asked { ask: AskId(ask), wish }),
        (any::<u32>(), any::<bool>())
            .prop_map(|(carrier, reachable)| Event::Carrier { carrier: CarrierId(carrier), reachable }),
        any::<bool>().prop_map(|answers| Event::Manager { answers }),
        (any::<String>(), option_of(legs())).prop_map(|(kind, leg)| Event::Foreign { kind, leg }),
        Just(Event::Woke),
    ]
}

fn legs() -> impl Strategy<Value = Leg> {
    prop_oneof![
        (any::<u64>(), any::<u8>())
            .prop_map(|(attempt, ordinal)| Leg::Customer { attempt: AttemptId(attempt), ordinal }),
        (any::<u32>(), any::<u64>())
            .prop_map(|(agent, session)| Leg::Agent { agent: AgentId(agent), session: SessionId(session) }),
        (any::<u64>(), any::<u16>())
            .prop_map(|(attempt, ordinal)| Leg::Transfer { attempt: AttemptId(attempt), ordinal }),
    ]
}

fn bridges() -> impl Strategy<Value = Bridge> {
    prop_oneof![
        Just(Bridge::Hold),
        any::<u64>().prop_map(|id| Bridge::Conversation(AttemptId(id))),
        (any::<u64>(), any::<u16>())
            .prop_map(|(attempt, ordinal)| Bridge::Conference { attempt: AttemptId(attempt), ordinal }),
    ]
}

fn leg_news() -> impl Strategy<Value = LegNews> {
    prop_oneof![
        Just(LegNews::Progressed),
        Just(LegNews::Rang),
        Just(LegNews::Answered),
        Just(LegNews::Entered),
        Just(LegNews::Forwarded),
        bridges().prop_map(LegNews::Joined),
        bridges().prop_map(LegNews::Parted),
        (any::<u16>(), any::<bool>()).prop_map(|(nth, whole)| LegNews::Played { nth, whole }),
        Just(LegNews::Pressed(key())),
        Just(LegNews::TalkBegan),
        any::<u64>().prop_map(|lasted| LegNews::TalkEnded { lasted: Span(lasted) }),
        any::<u64>().prop_map(|silence| LegNews::Judged {
            verdict: Verdict::NotSure,
            cause: VerdictCause::TooLong,
            silence: Span(silence)
        }),
        (any::<u16>(), any::<bool>(), any::<u64>()).prop_map(|(nth, whole, length)| LegNews::Recorded {
            nth,
            whole,
            length: Span(length)
        }),
        any::<u16>().prop_map(|nth| LegNews::TakeBegan { nth }),
        (any::<u16>(), any::<bool>()).prop_map(|(nth, whole)| LegNews::TakeEnded {
            nth,
            track: Track::Callee,
            whole
        }),
        any::<u16>().prop_map(|code| LegNews::Responded(TechCause(code))),
        (any::<u16>(), option_of(any::<u16>()))
            .prop_map(|(cause, tech)| LegNews::Ended { cause: Cause(cause), tech: tech.map(TechCause) }),
    ]
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Done),
        prop::sample::select(&FAILURES[..]).prop_map(Outcome::Failed),
        prop::sample::select(
            &[
                SaveRefusal::NumberLive,
                SaveRefusal::NotClaimed,
                SaveRefusal::DoNotCall,
                SaveRefusal::RegistryTooOld,
                SaveRefusal::TooOften { until: NOON },
                SaveRefusal::Dropped { at: NOON },
            ][..]
        )
        .prop_map(Outcome::Refused),
        (vec_of(queue_items(), 0..3), option_of(moments()), option_of(moments()))
            .prop_map(|(items, next_due, next_callback)| Outcome::Fetched { items, next_due, next_callback }),
        (vec_of(seen_legs(), 0..3), vec_of(bridges(), 0..3), vec_of(seen_takes(), 0..3))
            .prop_map(|(legs, bridges, takes)| Outcome::Surveyed { legs, bridges, takes }),
        option_of(seen_legs()).prop_map(Outcome::Looked),
    ]
}

const FAILURES: [Failure; 10] = [
    Failure::Gone,
    Failure::NotOurs,
    Failure::WrongState,
    Failure::Exists,
    Failure::Unavailable,
    Failure::NotSent,
    Failure::OutcomeUnknown,
    Failure::Database,
    Failure::Rejected,
    Failure::Silence,
];

fn wishes() -> impl Strategy<Value = Wish> {
    prop_oneof![
        campaigns().prop_map(Wish::Start),
        campaigns().prop_map(Wish::Pause),
        campaigns().prop_map(Wish::Drain),
        campaigns().prop_map(Wish::Stop),
        (campaigns(), any::<Option<u64>>())
            .prop_map(|(campaign, at)| Wish::CloseAt { campaign, at: at.map(Micros) }),
        (campaigns(), option_of(changes())).prop_map(|(campaign, change)| Wish::Pace { campaign, change }),
        campaigns().prop_map(Wish::LeadsAdded),
        (numbers(), campaigns()).prop_map(|(number, campaign)| Wish::DoNotCall {
            barred: Barred::Number(number),
            campaigns: vec![campaign],
        }),
        campaigns().prop_map(|campaign| Wish::DoNotCall {
            barred: Barred::Area("1900".into()),
            campaigns: vec![campaign]
        }),
        (campaigns(), any::<u64>(), moments()).prop_map(|(campaign, item, at)| Wish::CallBack {
            campaign,
            item: QueueId(item),
            at
        }),
        (campaigns(), any::<u64>())
            .prop_map(|(campaign, item)| Wish::CallOff { campaign, item: QueueId(item) }),
        (campaigns(), any::<u32>()).prop_map(|(campaign, dials)| Wish::Allot { campaign, dials }),
        agents().prop_map(Wish::LogIn),
        agents().prop_map(Wish::LogOut),
        (agents(), pause_codes()).prop_map(|(agent, code)| Wish::PauseAgent { agent, code }),
        (agents(), any::<bool>()).prop_map(|(agent, on)| Wish::HoldCallee { agent, on }),
        (agents(), any::<bool>()).prop_map(|(agent, on)| Wish::Mute { agent, on }),
        (agents(), wishes_of_transfers()).prop_map(|(agent, wish)| Wish::Transfer { agent, wish }),
        (agents(), option_of(any::<u64>()), any::<String>(), option_of(agents())).prop_map(
            |(agent, attempt, code, with)| Wish::Dispose {
                agent,
                attempt: attempt.map(AttemptId),
                note: with.map(|_| code.clone()),
                code,
                callback: Some(Callback { at: NOON, agent: with }),
            }
        ),
        agents().prop_map(Wish::ReadyAgent),
        agents().prop_map(Wish::AcceptLead),
        agents().prop_map(Wish::SkipLead),
        any::<u64>().prop_map(|attempt| Wish::HangUp(AttemptId(attempt))),
        any::<u64>()
            .prop_map(|attempt| Wish::SendDigits { attempt: AttemptId(attempt), digits: digits("7W") }),
        any::<u64>()
            .prop_map(|attempt| Wish::Record { attempt: AttemptId(attempt), wish: RecordingWish::Pause }),
        Just(Wish::CloseFloor),
    ]
}

/// One that is silent just now.
fn takes() -> Box<Takes> {
    let mut takes = Takes::new(true, Format::Wav);
    let nth = takes.begin().expect("there is none yet");
    takes.paused(NOON, nth, true);
    Box::new(takes)
}

fn said() -> Box<Said> {
    let (callback, note) =
        (Some(Callback { at: NOON, agent: Some(AgentId(7)) }), Some(String::from("after lunch")));
    Box::new(Said { code: String::from("later"), by_agent: true, at: NOON, callback, note })
}

fn wishes_of_transfers() -> impl Strategy<Value = TransferWish> {
    prop_oneof![
        any::<String>().prop_map(TransferWish::Transfer),
        any::<String>().prop_map(TransferWish::Consult),
        Just(TransferWish::Complete),
        Just(TransferWish::Join),
        Just(TransferWish::Back),
    ]
}

fn open_attempts() -> impl Strategy<Value = OpenAttempt> {
    let flow = Just(Box::new(flow_log()));
    let others = (vec_of(Just(transfer_log()), 0..2), option_of(Just(hold())));
    let others = (others, option_of(Just(Box::new(amd_log()))));
    let told = (option_of(Just(takes())), option_of(Just(said())), option_of(flow), others);
    (numbers(), texts(), times_so_far(), option_of(agents()), told).prop_map(
        |(number, variables, times, agent, (takes, said, flow, ((transfers, hold), amd)))| OpenAttempt {
            request: CallRequest { number, variables: variables.into_iter().collect(), ..call_request() },
            so_far: CallSoFar { times, agent, takes, said, flow, transfers, hold, amd },
            others: 2,
        },
    )
}

fn open_campaigns() -> impl Strategy<Value = OpenCampaign> {
    let states =
        [CampaignState::Ready, CampaignState::Running, CampaignState::Paused, CampaignState::Completed];
    let count = (moments(), any::<u64>(), any::<u64>(), 0..1_000_u32);
    let count = count.prop_map(|(since, answers, drops, doubtful)| WindowCount {
        since,
        answers,
        drops,
        doubtful: Milli(doubtful),
    });
    let counts = vec_of(count, 0..3);
    let moments = || option_of(moments());
    let states = proptest::sample::select(states.to_vec());
    let paced = (proptest::sample::select(pacings().to_vec()), changes());
    let paced = option_of(paced.prop_map(|(from, change)| Paced { from, change }));
    (campaigns(), states, moments(), moments(), paced, counts).prop_map(
        |(id, state, began, closes_at, paced, counts)| OpenCampaign {
            id,
            state,
            began,
            closes_at,
            paced,
            counts,
        },
    )
}

const CHANGES: [PacingChange; 3] =
    [PacingChange::Level(Milli(2_500)), PacingChange::PerMinute(120), PacingChange::DropLimit(Milli(20))];

fn changes() -> impl Strategy<Value = PacingChange> {
    proptest::sample::select(CHANGES.to_vec())
}

fn open_sessions() -> impl Strategy<Value = OpenSession> {
    let missed = option_of(Just(missed()));
    (agents(), option_of(any::<u64>()), option_of(pause_codes()), any::<bool>(), missed).prop_map(
        |(agent, session, paused, leaves, missed)| OpenSession {
            agent,
            session: session.map(SessionId),
            paused,
            leaves,
            missed,
        },
    )
}

fn times_so_far() -> impl Strategy<Value = Times> {
    (moments(), [(); 6].map(|()| option_of(moments()))).prop_map(
        |(created, [placed, rang, answered, bridged, message, ended])| Times {
            created,
            placed,
            rang,
            answered,
            bridged,
            message,
            ended,
        },
    )
}

fn queue_items() -> impl Strategy<Value = QueueItem> {
    (any::<u64>(), any::<u64>(), vec_of(numbers(), 1..4), any::<u32>(), texts(), 0..3_u32).prop_map(
        |(id, lead, mut alternates, attempts, attributes, technical)| QueueItem {
            id: QueueId(id),
            lead: LeadId(lead),
            number: alternates.remove(0),
            past: Past {
                technical,
                recycled: 0,
                caller_id: None,
                bad: alternates.iter().map(|number| (*number, technical)).collect(),
            },
            alternates,
            callback: (technical > 1).then_some(Callback { at: NOON, agent: None }),
            note: (technical > 1 && lead % 2 == 0).then(|| String::from("ask for Eve")),
            attempts,
            attributes,
            zone: (lead % 2 == 0).then(|| String::from("Asia/Kolkata")),
            dropped: (lead % 3 == 0).then_some(NOON),
        },
    )
}

fn seen_legs() -> impl Strategy<Value = SeenLeg> {
    (legs(), any::<bool>(), any::<bool>(), option_of(bridges()))
        .prop_map(|(leg, up, rings, bridge)| SeenLeg { leg, up, rings, bridge })
}

fn seen_takes() -> impl Strategy<Value = SeenTake> {
    let track = prop::sample::select(&[Track::Both, Track::Callee, Track::Agent][..]);
    (any::<u64>(), any::<u8>(), any::<u16>(), track).prop_map(|(attempt, ordinal, nth, track)| SeenTake {
        take: TakeId { attempt: AttemptId(attempt), ordinal, nth },
        track,
    })
}

fn campaigns() -> impl Strategy<Value = CampaignId> {
    any::<u32>().prop_map(CampaignId)
}

fn agents() -> impl Strategy<Value = AgentId> {
    any::<u32>().prop_map(AgentId)
}

fn moments() -> impl Strategy<Value = Micros> {
    any::<u64>().prop_map(Micros)
}

fn numbers() -> impl Strategy<Value = Number> {
    "[0-9]{3,15}".prop_map(|digits| number(&digits))
}

fn pause_codes() -> impl Strategy<Value = PauseCode> {
    "[^\\pC]{1,32}".prop_map(|code| pause(&code))
}

fn texts() -> impl Strategy<Value = Vec<(String, String)>> {
    vec_of(any::<(String, String)>(), 0..3)
}
