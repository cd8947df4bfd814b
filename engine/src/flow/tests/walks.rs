//! Whole ways through a flow, compared line by line.

use super::*;

/// A callee on their way, and a clock.
struct Call {
    run: Run,
    now: Micros,
    told: Vec<String>,
}

impl Call {
    fn through(nodes: Vec<Node>) -> Self {
        let flow = flow(nodes);
        assert_eq!(flow.faults(), [], "these flows are sound");
        let mut call =
            Self { run: Run::new(Arc::new(flow), known(), Micros(0)), now: Micros(0), told: Vec::new() };
        call.hear(Input::Started);
        call
    }

    fn hear(&mut self, input: Input) -> &mut Self {
        for action in self.run.step(self.now, input) {
            self.told.push(format!("{:>5} {}", self.now.0 / 1_000, line(&action)));
        }
        self
    }

    fn press(&mut self, keys: &str) -> &mut Self {
        for pressed in keys.chars() {
            self.hear(Input::Pressed(key(pressed)));
        }
        self
    }

    fn heard(&mut self, nth: u16) -> &mut Self {
        self.hear(Input::Played { nth, whole: true })
    }

    /// Nothing happens until the next deadline.
    fn wait(&mut self) -> &mut Self {
        self.now = self.run.due().expect("something is waited for");
        self.hear(Input::Woke)
    }

    fn after(&mut self, span: Span) -> &mut Self {
        self.now = self.now + span;
        self
    }

    fn tells(&mut self, expected: &[&str]) -> &mut Self {
        assert_eq!(core::mem::take(&mut self.told), expected);
        self
    }

    /// How it left, and what came of each node.
    fn leaves(&self, end: FlowEnd, complete: bool, steps: &[&str]) {
        let log = self.run.clone().log(|nth| format!("r.{nth}"));
        let passed: Vec<String> = log
            .steps
            .iter()
            .map(|step| {
                let stay = step.stayed_ms.map(|ms| format!("{ms} ms")).unwrap_or_default();
                format!("{} {} {}{stay}", step.node, step.outcome.name(), step.keys).trim().to_string()
            })
            .collect();
        assert_eq!((log.end, log.complete), (end, complete));
        assert_eq!(passed, steps);
    }
}

fn line(action: &Action) -> String {
    match action {
        Action::Play { nth, media } => format!("play {nth} {media}"),
        Action::StopPlaying { nth } => format!("stop playing {nth}"),
        Action::Record { nth, longest, silence, beep } => {
            format!(
                "record {nth} for {} s, silence {} s, beep {beep}",
                longest.ceil_secs(),
                silence.ceil_secs()
            )
        }
        Action::StopRecording { nth } => format!("stop recording {nth}"),
        Action::FindRecording { nth } => format!("find recording {nth}"),
        Action::OptOut => "opt out".to_string(),
        Action::Text { nth, text } => format!("text {nth}: {text}"),
        Action::Queue { wait, .. } => format!("queue for {} s", wait.ceil_secs()),
        Action::Transfer(rules) => format!("transfer to {:?}", rules.to),
        Action::EnterRoom(rules) => format!("enter {}", rules.room),
        Action::LeaveRoom(end) => format!("leave the room: {}", end.name()),
        Action::End(end) => format!("end: {}", end.name()),
    }
}

fn menu(invalid: &str, timeout: &str) -> Node {
    let ask = Ask { invalid: to(invalid), timeout: to(timeout), ..ask("menu") };
    node("menu", NodeKind::Menu { ask, keys: vec![(key('1'), to("yes")), (key('*'), to("hang_up"))] })
}

fn says(name: &str) -> Node {
    node(name, NodeKind::Play { sounds: sounds(name), next: to("hang_up") })
}

#[test]
fn a_message_is_played_and_then_we_hang_up() {
    let mut call = Call::through(vec![says("hello")]);
    call.press("1").tells(&["    0 play 1 sound:hello"]);
    call.after(Span::secs(3)).heard(1).tells(&[" 3000 end: done"]);
    call.leaves(FlowEnd::Done, true, &["hello said"]);
}

#[test]
fn a_key_breaks_into_the_question() {
    let mut call = Call::through(vec![menu("hang_up", "hang_up"), says("yes")]);
    call.after(Span::secs(1)).press("1");
    call.tells(&["    0 play 1 sound:menu", " 1000 stop playing 1", " 1000 play 2 sound:yes"]);
    // The end of what was stopped comes late and means nothing.
    call.heard(1).tells(&[]).heard(2).tells(&[" 1000 end: done"]);
    call.leaves(FlowEnd::Done, true, &["menu answered 1", "yes said"]);
}

#[test]
fn where_nobody_may_break_in_keys_wait_for_the_end_of_the_question() {
    let mut menu = menu("hang_up", "hang_up");
    if let NodeKind::Menu { ask, .. } = &mut menu.kind {
        ask.barge_in = false;
    }
    let mut call = Call::through(vec![menu, says("yes")]);
    call.press("1").tells(&["    0 play 1 sound:menu"]);
    call.heard(1).press("1").tells(&["    0 play 2 sound:yes"]);
}

#[test]
fn silence_and_a_wrong_key_are_two_different_things() {
    let nodes = || vec![menu("wrong", "silent"), says("yes"), says("wrong"), says("silent")];
    let mut silent = Call::through(nodes());
    silent.heard(1).wait().heard(2).wait().tells(&[
        "    0 play 1 sound:menu",
        " 5000 play 2 sound:again,sound:menu",
        "10000 play 3 sound:silent",
    ]);
    silent.hear(Input::HungUp).leaves(FlowEnd::HungUp, false, &["menu timeout", "silent cut"]);
    let mut wrong = Call::through(nodes());
    wrong.heard(1).press("7").heard(2).press("8").tells(&[
        "    0 play 1 sound:menu",
        "    0 play 2 sound:again,sound:menu",
        "    0 play 3 sound:wrong",
    ]);
    wrong.heard(3).leaves(FlowEnd::Done, true, &["menu invalid 8", "wrong said"]);
}

#[test]
fn a_question_is_asked_once_more_than_it_is_repeated() {
    for retries in [0, 1, 2, 9] {
        let ask = Ask { retries, ..ask("q") };
        let mut call =
            Call::through(vec![node("q", NodeKind::Digits { ask, least: 3, most: 3, next: to("hang_up") })]);
        let mut asked = 0;
        while call.told.pop().is_some_and(|told| told.contains("play")) {
            asked += 1;
            // Silent, and with an answer that is too short, by turns.
            call.told.clear();
            call.heard(u16::try_from(asked).expect("few"));
            if asked % 2 == 0 {
                call.press("1");
            }
            call.wait();
        }
        assert_eq!(asked, retries + 1);
    }
}

#[test]
fn digits_end_by_their_number_by_pound_and_by_waiting() {
    let digits = || {
        let next = to("hang_up");
        vec![node("pin", NodeKind::Digits { ask: ask("pin"), least: 2, most: 4, next })]
    };
    let done = |call: &Call, keys: &str| {
        call.leaves(FlowEnd::Done, true, &[&format!("pin answered {keys}")]);
    };
    let mut four = Call::through(digits());
    done(four.press("1234"), "1234");
    let mut ended = Call::through(digits());
    done(ended.press("12#"), "12");
    let mut waited = Call::through(digits());
    waited
        .press("123")
        .after(Span::millis(1_999))
        .hear(Input::Woke)
        .tells(&["    0 play 1 sound:pin", "    0 stop playing 1"]);
    done(waited.wait(), "123");
    let mut short = Call::through(digits());
    short.press("1#").heard(2).press("2*");
    short.leaves(FlowEnd::Done, true, &["pin invalid 2*"]);
}

#[test]
fn a_mark_is_between_one_and_the_best() {
    let rating = |best| {
        let next = to("hang_up");
        vec![node("mark", NodeKind::Rating { ask: Ask { retries: 0, ..ask("mark") }, best, next })]
    };
    for (best, pressed, expected) in [
        (5, "5", "mark answered 5"),
        (5, "6", "mark invalid 6"),
        (5, "0", "mark invalid 0"),
        (10, "10", "mark answered 10"),
        (10, "7#", "mark answered 7"),
        (10, "11", "mark invalid 11"),
        (10, "#", "mark invalid"),
    ] {
        let mut call = Call::through(rating(best));
        call.press(pressed).leaves(FlowEnd::Done, true, &[expected]);
    }
}

#[test]
fn a_recording_ends_by_silence_by_pound_and_by_the_end_of_the_call() {
    let record = || {
        vec![
            node(
                "voice",
                NodeKind::Record {
                    sounds: sounds("speak"),
                    longest: Span::secs(30),
                    silence: Span::secs(3),
                    beep: true,
                    next: to("thanks"),
                    failed: to("hang_up"),
                },
            ),
            says("thanks"),
        ]
    };
    let finished = |whole| Input::Recorded { nth: 1, whole, length: Some(Span::secs(4)) };
    let begun = ["    0 play 1 sound:speak", "    0 record 1 for 30 s, silence 3 s, beep true"];
    let mut pound = Call::through(record());
    pound.heard(1).tells(&begun).press("12#").tells(&["    0 stop recording 1"]);
    pound.hear(finished(true)).tells(&["    0 play 2 sound:thanks"]);
    let recorded = |call: &Call| {
        let step = call.run.clone().log(|nth| format!("r.{nth}")).steps[0].clone();
        (step.recording, step.recorded_ms)
    };
    assert_eq!(recorded(&pound), (Some("r.1".to_string()), Some(4_000)));
    let mut failed = Call::through(record());
    failed.heard(1).hear(finished(false)).leaves(FlowEnd::Done, true, &["voice not_recorded"]);
    let mut silent = Call::through(record());
    silent.heard(1).tells(&begun).wait().tells(&["35000 stop recording 1", "35000 end: done"]);
    let mut left = Call::through(record());
    left.heard(1).tells(&begun).hear(Input::HungUp).tells(&["    0 stop recording 1", "    0 end: hung_up"]);
    assert_eq!(recorded(&left), (Some("r.1".to_string()), None), "what was said until then is kept");
}

#[test]
fn whoever_opts_out_is_barred_before_anything_is_said() {
    let mut call =
        Call::through(vec![node("stop", NodeKind::DoNotCall { sounds: sounds("bye"), next: to("hang_up") })]);
    call.tells(&["    0 opt out", "    0 play 1 sound:bye"]);
    call.heard(1).leaves(FlowEnd::Done, true, &["stop opted_out"]);
}

#[test]
fn an_agent_takes_over_or_nobody_comes_and_the_wait_is_not_charged() {
    let queue = || {
        let kind = NodeKind::Queue {
            sounds: vec![],
            wait: Span::secs(600),
            meanwhile: Meanwhile::Silence,
            nobody: to("sorry"),
        };
        vec![node("queue", kind), says("sorry")]
    };
    let mut taken = Call::through(queue());
    taken.tells(&["    0 queue for 600 s"]).hear(Input::AgentJoined).tells(&[]);
    taken.hear(Input::HungUp).tells(&[]).leaves(FlowEnd::Agent, true, &["queue agent"]);
    let mut left = Call::through(queue());
    left.after(Span::secs(600)).hear(Input::NobodyCame).heard(1);
    left.leaves(FlowEnd::Done, true, &["queue nobody", "sorry said"]);
}

#[test]
fn a_sound_that_cannot_be_played_ends_the_flow_unless_the_callee_has_hung_up() {
    let mut missing = Call::through(vec![says("hello")]);
    missing.hear(Input::Played { nth: 1, whole: false }).tells(&["    0 play 1 sound:hello"]);
    missing.wait().tells(&["  500 end: no_sound"]).leaves(FlowEnd::NoSound, false, &["hello cut"]);
    let mut left = Call::through(vec![says("hello")]);
    left.hear(Input::Played { nth: 1, whole: false }).hear(Input::HungUp);
    left.leaves(FlowEnd::HungUp, false, &["hello cut"]);
}

#[test]
fn caps_end_what_goes_round_and_what_never_answers() {
    let round = || {
        let keys = vec![(key('1'), to("menu"))];
        Node { most_visits: 3, ..node("menu", NodeKind::Menu { ask: ask("menu"), keys }) }
    };
    let mut visits = Call::through(vec![round()]);
    visits.press("111").leaves(FlowEnd::TooManyVisits, false, &["menu answered 1"; 3]);
    let mut silent = Call::through(vec![says("hello")]);
    silent.wait().tells(&["    0 play 1 sound:hello", "300000 stop playing 1", "300000 end: too_long"]);
    let mut steps = Call::through(vec![Node { most_visits: 100, ..round() }]);
    steps.press(&"1".repeat(60)).leaves(FlowEnd::TooManySteps, false, &["menu answered 1"; 50]);
}

#[test]
fn a_call_has_come_to_its_aim_where_the_node_that_says_so_did_what_it_is_for() {
    let marked = || vec![Node { completes: true, ..menu("hang_up", "hang_up") }, says("yes")];
    let mut answered = Call::through(marked());
    answered.press("1").hear(Input::HungUp);
    answered.leaves(FlowEnd::HungUp, true, &["menu answered 1", "yes cut"]);
    let mut silent = Call::through(marked());
    silent.heard(1).wait().heard(2).wait().leaves(FlowEnd::Done, false, &["menu timeout"]);
}

fn says_back(pin: &str) -> Vec<Node> {
    let part = |how, text: &str| Spoken { how, text: Text::parse(text).expect("tags") };
    let ask = Ask { invalid: to("hang_up"), timeout: to("hang_up"), ..ask("pin") };
    let parts = vec![part(SpokenAs::Sound, "sound:you-said"), part(SpokenAs::Digits, pin)];
    vec![
        node("pin", NodeKind::Digits { ask, least: 1, most: 4, next: to("back") }),
        node("back", NodeKind::Say { parts, next: to("sms"), missing: to("sorry") }),
        node(
            "sms",
            NodeKind::Sms {
                text: Text::parse("Hello {first_name}, {answer.pin} from {number}").expect("tags"),
                next: to("hang_up"),
            },
        ),
        says("sorry"),
    ]
}

#[test]
fn what_was_answered_and_what_is_known_is_said_and_sent() {
    let mut call = Call::through(says_back("{answer.pin}"));
    call.tells(&["    0 play 1 sound:pin"]);
    call.heard(1).press("42#").tells(&["    0 play 2 sound:you-said,digits:42"]);
    call.after(Span::secs(2))
        .heard(2)
        .tells(&[" 2000 text 1: Hello Ann, 42 from 15550001234", " 2000 end: done"]);
    call.leaves(FlowEnd::Done, true, &["pin answered 42", "back said", "sms texted"]);
}

#[test]
fn what_is_not_known_or_cannot_be_said_leads_elsewhere_and_nothing_of_it_is_said() {
    let mut call = Call::through(says_back("{first_name}"));
    call.tells(&["    0 play 1 sound:pin"]);
    call.heard(1).press("42#").tells(&["    0 play 2 sound:sorry"]);
    call.heard(2).tells(&["    0 end: done"]);
    call.leaves(FlowEnd::Done, true, &["pin answered 42", "back missing", "sorry said"]);
}

/// The room, from which each end leads to a message of its own.
fn lounge() -> Vec<Node> {
    let ways = ConferenceWays { left: to("left"), over: to("over"), full: to("full"), failed: to("failed") };
    let room = node("room", NodeKind::Conference { sounds: sounds("welcome"), rules: room(), ways });
    let says = ["left", "over", "full", "failed"].map(says);
    [room].into_iter().chain(says).collect()
}

#[test]
fn a_callee_leaves_a_room_by_its_key_and_by_no_other_and_goes_on() {
    let mut call = Call::through(lounge());
    call.press("#").tells(&["    0 play 1 sound:welcome"]).heard(1).tells(&["    0 enter lounge"]);
    call.after(Span::millis(20)).hear(Input::RoomEntered).after(Span::secs(5)).press("1*#");
    call.tells(&[" 5020 leave the room: left"]).press("#").tells(&[]);
    assert_eq!(call.run.due(), None, "whoever is to leave stays no longer than it takes");
    call.hear(Input::RoomLeft(ConferenceEnd::Left)).tells(&[" 5020 play 2 sound:left"]);
    call.after(Span::secs(1)).heard(2).tells(&[" 6020 end: done"]);
    call.leaves(FlowEnd::Done, true, &["room left 5000 ms", "left said"]);
}

#[test]
fn a_stay_in_a_room_is_counted_from_the_entry_and_is_none_of_the_flows_time() {
    let mut call = Call::through(lounge());
    call.heard(1)
        .after(Span::secs(2))
        .hear(Input::RoomEntered)
        .tells(&["    0 play 1 sound:welcome", "    0 enter lounge"]);
    call.wait().tells(&["62000 leave the room: over"]);
    call.hear(Input::RoomLeft(ConferenceEnd::Over)).tells(&["62000 play 2 sound:over"]);
    assert_eq!(call.run.due(), Some(Micros(362_000_000)), "all of its time is left");
    call.hear(Input::HungUp).leaves(FlowEnd::HungUp, false, &["room stay_over 60000 ms", "over cut"]);
}

#[test]
fn a_room_that_is_full_or_fails_leads_elsewhere_and_a_hang_up_in_it_ends_the_flow() {
    for (end, outcome) in [(ConferenceEnd::Full, "room full"), (ConferenceEnd::Failed, "room failed")] {
        let mut call = Call::through(lounge());
        call.heard(1).hear(Input::RoomLeft(end));
        let said = format!("    0 play 2 sound:{}", end.name());
        call.tells(&["    0 play 1 sound:welcome", "    0 enter lounge", &said]);
        call.heard(2).leaves(FlowEnd::Done, true, &[outcome, &format!("{} said", end.name())]);
    }
    let mut call = Call::through(lounge());
    call.heard(1).hear(Input::RoomEntered).after(Span::secs(7)).hear(Input::HungUp);
    call.leaves(FlowEnd::HungUp, false, &["room cut 7000 ms"]);
}
