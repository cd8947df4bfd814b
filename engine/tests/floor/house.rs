//! What the house decides in the tests: one campaign, one carrier, and as many agents as are named.

use std::sync::Arc;

use engine::Config;
use engine::agent::{AgentRules, Seat};
use engine::amd::{AmdRules, Detection, MachineMessage, Policies, Policy};
use engine::campaign::CampaignRules;
use engine::carrier::{CarrierRules, Route};
use engine::digits::QueuedDigits;
use engine::flow::{
    Accept, Ask, CallFlow, ConferenceRules, ConferenceWays, Destination, Meanwhile, Node as FlowNode,
    NodeKind, ShownCaller, Target, TransferRules, TransferWays,
};
use engine::lead::{Disposition, Dispositions, Geography, Meaning, RetryRule, RetryRules};
use engine::pacing::{DropWindow, Pacing, PredictiveRules, PreviewEnd, PreviewRules, WindowSpan};
use engine::words::{
    AgentId, AttemptId, CampaignId, CarrierId, Key, Label, Micros, Milli, Number, Prefix, SessionId,
    Signature, Span,
};
use engine::zone::Zone;

/// When every test begins.
pub(crate) const OPENING: Micros = Micros(1_700_000_000_000_000);

/// The campaign.
pub(crate) const SPRING: CampaignId = CampaignId(1);

/// The agents by name; their ids are their places here, from 1.
pub(crate) const NAMES: [&str; 3] = ["ann", "bob", "cid"];

/// One progressive campaign over one carrier, with agents who hold the line all day.
pub(crate) fn progressive(agents: &[&str]) -> Config {
    Config {
        signature: Signature::try_from("rm1".to_owned()).expect("a signature"),
        campaigns: vec![campaign(SPRING, "spring", Pacing::Progressive)],
        carriers: vec![carrier(1, "trunk-a")],
        caller_ids: Vec::new(),
        agents: agents.iter().map(|name| agent(name, Seat::NailedUp)).collect(),
        pause_codes: vec![],
        geography: Geography::default(),
        next_attempt: AttemptId(1),
        next_session: SessionId(1),
        pbx_patience: Span::secs(3),
        database_patience: Span::secs(5),
        survey_every: Span::secs(60),
    }
}

/// The same with so many lines (in thousandths) for each ready agent.
pub(crate) fn ratio(level: u32, agents: &[&str]) -> Config {
    ahead(Pacing::Ratio { level: Milli(level) }, agents)
}

/// The same with a pacing that dials ahead of the agents, and a message for whom nobody can talk to.
pub(crate) fn ahead(pacing: Pacing, agents: &[&str]) -> Config {
    let mut config = progressive(agents);
    config.campaigns[0].pacing = pacing;
    config.campaigns[0].message = Some("sound:sorry".to_owned());
    config
}

/// One that paces by a budget of drops, 3 % a day, and has all to learn.
pub(crate) fn predictive(agents: &[&str]) -> Config {
    let window = DropWindow { limit: Milli(30), span: WindowSpan::Block(Span::secs(86_400)) };
    let rules = PredictiveRules { windows: vec![window], answer_rate: None, strict: false };
    ahead(Pacing::Predictive(rules), agents)
}

/// One that shows its leads for ten seconds before they are dialled.
pub(crate) fn preview(agents: &[&str]) -> Config {
    let mut config = progressive(agents);
    config.campaigns[0].pacing = Pacing::Preview(PreviewRules {
        time_limit: Span::secs(10),
        then: PreviewEnd::Dial,
        may_skip: true,
        rest: Span::secs(600),
    });
    config
}

/// The progressive one with phones that are called for each conversation.
pub(crate) fn per_call(agents: &[&str]) -> Config {
    let mut config = progressive(agents);
    config.agents = agents.iter().map(|name| agent(name, Seat::PerCall)).collect();
    config
}

/// The progressive one with a second carrier.
pub(crate) fn two_carriers(agents: &[&str]) -> Config {
    let mut config = progressive(agents);
    config.carriers.push(carrier(2, "trunk-b"));
    config.campaigns[0].carriers = vec![CarrierId(1), CarrierId(2)];
    config
}

pub(crate) fn campaign(id: CampaignId, name: &str, pacing: Pacing) -> CampaignRules {
    CampaignRules {
        id,
        name: name.to_owned(),
        pacing,
        zone: Zone::default(),
        hours: None,
        callee_hours: None,
        law: false,
        carriers: vec![CarrierId(1)],
        caller_id: None,
        caller_ids: None,
        prefix: Prefix::default(),
        account: None,
        setup_timeout: Span::secs(10),
        ring_timeout: Span::secs(25),
        talk_limit: Span::secs(1_800),
        message_within: Span::millis(1_500),
        greeting: Span::ZERO,
        message: None,
        wrap_up: Span::secs(20),
        retry: RetryRules::default(),
        callback_patience: Span::secs(600),
        repeat_after_drop: Span::ZERO,
        hopper_size: Some(4),
        flow: None,
        amd: None,
        digits: QueuedDigits::default(),
        recording: None,
        dispositions: None,
        transfers: std::collections::BTreeMap::new(),
    }
}

/// The codes of [`dispositions`].
pub(crate) const DISPOSITIONS: [&str; 6] = ["open", "machine", "sold", "later", "never", "wrong"];

/// One disposition of each meaning; `open` is the default.
pub(crate) fn dispositions() -> Dispositions {
    let meaning = |code: &str| match code {
        "sold" => Meaning::Completed,
        "later" => Meaning::Callback,
        "never" => Meaning::DoNotCall { list: None },
        "wrong" => Meaning::Unworkable,
        _ => Meaning::Open,
    };
    let disposition = |code: &str| Disposition {
        code: code.to_owned(),
        label: code.to_owned(),
        human: !matches!(code, "machine" | "wrong"),
        meaning: meaning(code),
        retry: (code == "open").then_some(RetryRule::fixed(3, Span::secs(60))),
    };
    Dispositions {
        list: DISPOSITIONS.map(disposition).into(),
        default: "open".to_owned(),
        demanded_within: None,
    }
}

/// Machines are told from persons so; what is left on them is `sound:sorry`.
pub(crate) fn amd(detection: Detection, machine: Policy) -> Option<Arc<AmdRules>> {
    let (human, not_sure) = (Policy::Connect, Policy::Connect);
    let sound = "sound:sorry".to_owned();
    let message = MachineMessage { sound, after_silence: Span::secs(2), patience: Span::secs(20) };
    Some(Arc::new(AmdRules {
        detection,
        policies: Policies { human, machine, not_sure, fax: Policy::HangUp },
        message: Some(message),
        false_positives: Milli(50),
    }))
}

/// The PBX tells, within eight seconds.
pub(crate) const GATE: Detection = Detection::Gate { patience: Span::secs(8) };

/// A flow with a node of each kind: 1 asks for a word, 2 for an agent, 3 for a mark and a word, 4 for digits, 5 for the desk, 6
/// for the room, and 9 bars the number.
pub(crate) fn survey() -> CallFlow {
    survey_saying(|name| format!("sound:{name}"))
}

/// The same with the sound that each node plays.
pub(crate) fn survey_saying(sound: impl Fn(&str) -> String) -> CallFlow {
    let sounds = |name: &str| vec![sound(name)];
    let to = |name: &str| Target::Node(name.to_owned());
    let key = |key| Key::try_from(key).expect("a key");
    let ask = |name: &str| Ask {
        sounds: sounds(name),
        again: vec![],
        retries: 1,
        first_key: Span::secs(3),
        next_key: Span::secs(1),
        barge_in: true,
        invalid: to("bye"),
        timeout: Target::HangUp,
    };
    let keys = [
        ('1', "word"),
        ('2', "agent"),
        ('3', "mark"),
        ('4', "digits"),
        ('5', "desk"),
        ('6', "room"),
        ('9', "stop"),
    ];
    let keys = keys.map(|(pressed, name)| (key(pressed), to(name))).to_vec();
    let word = NodeKind::Record {
        sounds: sounds("word"),
        longest: Span::secs(10),
        silence: Span::secs(2),
        beep: true,
        next: to("thanks"),
        failed: to("bye"),
    };
    let (wait, meanwhile) = (Span::secs(5), Meanwhile::Silence);
    let queue = NodeKind::Queue { sounds: vec![], wait, meanwhile, nobody: to("thanks") };
    let rules = TransferRules { whisper: sounds("whisper"), ..desk() };
    let ways = TransferWays {
        answered: to("thanks"),
        busy: to("thanks"),
        no_answer: to("thanks"),
        declined: to("thanks"),
        failed: to("bye"),
    };
    let meeting =
        ConferenceWays { left: to("thanks"), over: to("thanks"), full: to("bye"), failed: to("bye") };
    let nodes = [
        ("menu", NodeKind::Menu { ask: ask("menu"), keys }),
        ("mark", NodeKind::Rating { ask: ask("mark"), best: 3, next: to("word") }),
        ("digits", NodeKind::Digits { ask: ask("digits"), least: 1, most: 2, next: to("thanks") }),
        ("word", word),
        ("agent", queue),
        ("desk", NodeKind::Transfer { sounds: vec![], rules: Arc::new(rules), ways }),
        ("room", NodeKind::Conference { sounds: vec![], rules: room(), ways: meeting }),
        ("stop", NodeKind::DoNotCall { sounds: sounds("stopped"), next: Target::HangUp }),
        ("thanks", NodeKind::Play { sounds: sounds("thanks"), next: to("bye") }),
        ("bye", NodeKind::HangUp { sounds: vec![] }),
    ];
    let node = |(name, kind): (&str, NodeKind)| FlowNode {
        name: name.to_owned(),
        most_visits: 3,
        completes: false,
        kind,
    };
    CallFlow {
        name: "survey".to_owned(),
        edition: "first".to_owned(),
        most_steps: 20,
        most_time: Span::secs(60),
        attributes: vec![],
        nodes: nodes.map(node).to_vec(),
    }
}

/// The desk, which takes a callee by the key 1.
pub(crate) fn desk() -> TransferRules {
    TransferRules {
        to: Destination::Number(Number::parse("15559990001").expect("a number")),
        to_attribute: None,
        caller_id: ShownCaller::Callee,
        ring_timeout: Span::secs(20),
        meanwhile: Meanwhile::Music,
        whisper: vec![],
        accept: Some(Accept { key: Key::try_from('1').expect("a key"), within: Span::secs(5) }),
        longest: Span::secs(60),
        screen_pop: true,
    }
}

/// The room, which a callee leaves by the key `#`.
pub(crate) fn room() -> ConferenceRules {
    ConferenceRules {
        room: Label::parse("lounge").expect("a name"),
        most: 2,
        longest: Span::secs(20),
        leave: Key::POUND,
        music: true,
        beep: true,
    }
}

/// Lets those who wait for an agent hear music.
pub(crate) fn with_music(survey: &mut CallFlow) {
    for node in &mut survey.nodes {
        if let NodeKind::Queue { meanwhile, .. } = &mut node.kind {
            *meanwhile = Meanwhile::Music;
        }
    }
}

/// Lets a survey begin with the word, the agent, the desk or the room, and go on to the menu: few callees come so far
/// otherwise.
pub(crate) fn begin_with(survey: &mut CallFlow, name: &str) {
    survey.nodes.sort_by_key(|node| node.name != name);
    let menu = Target::Node("menu".to_owned());
    let first = &mut survey.nodes[0].kind;
    if let NodeKind::Record { next, sounds, .. } = first {
        *next = menu;
        sounds.clear();
    } else if let NodeKind::Transfer { ways, .. } = first {
        (ways.answered, ways.busy) = (menu.clone(), menu);
    } else if let NodeKind::Conference { ways, .. } = first {
        (ways.left, ways.full, ways.failed) = (menu.clone(), menu.clone(), menu);
    } else if let NodeKind::Queue { nobody, .. } = first {
        *nobody = menu;
    } else {
        panic!("{first:?} is no node to begin with");
    }
}

pub(crate) fn carrier(id: u32, endpoint: &str) -> CarrierRules {
    CarrierRules {
        id: CarrierId(id),
        name: endpoint.to_owned(),
        route: Route::Trunk { endpoint: endpoint.to_owned() },
        weight: 1,
        channels: 10,
        calls_per_second: 10,
        prefix: Prefix::default(),
        caller_id: None,
        caller_ids: None,
        ring_timeout: None,
        digits: QueuedDigits::default(),
        variables: Vec::new(),
        failures_to_rest: 3,
        rest: Span::secs(30),
    }
}

fn agent(name: &str, seat: Seat) -> AgentRules {
    AgentRules {
        id: id_of(name),
        name: name.to_owned(),
        campaign: SPRING,
        endpoint: format!("PJSIP/{name}"),
        seat,
        ring_timeout: Span::secs(20),
        missed_rings: 2,
    }
}

/// The id of an agent.
pub(crate) fn id_of(name: &str) -> AgentId {
    let place = NAMES.iter().position(|known| *known == name).expect("an agent of the house");
    AgentId(u32::try_from(place + 1).expect("few agents"))
}

/// The name of an agent.
pub(crate) fn name_of(id: AgentId) -> &'static str {
    NAMES.get((id.0 as usize).wrapping_sub(1)).copied().unwrap_or("nobody")
}
