//! Any flow, any keys, any timing, any hang-up: it ends, once, within its bounds, and leaves nothing running.

use alloc::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Numbers that everything is chosen by: far cheaper than a strategy for each part, and they shrink as well.
struct Tape(alloc::vec::IntoIter<u32>);

impl Tape {
    fn below(&mut self, count: u32) -> u32 {
        self.0.next().unwrap_or(0) % count
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let count = u32::try_from(from.len()).expect("few");
        from[self.below(count) as usize]
    }

    fn secs(&mut self, count: u32) -> Span {
        Span::secs(u64::from(1 + self.below(count)))
    }

    fn target(&mut self) -> Target {
        let nth = self.below(7) as usize;
        to(NAMES.get(nth).copied().unwrap_or("hang_up"))
    }

    fn key(&mut self) -> Key {
        key(self.pick(&['1', '2', '3', '0', '*', '#']))
    }

    fn sounds(&mut self, least: u32) -> Vec<String> {
        (0..least + self.below(2)).flat_map(|_| sounds("x")).collect()
    }

    /// Also one with tags that no check would let pass.
    fn text(&mut self) -> Text {
        let pieces = ["7", "{number}", "{answer.b}", "{first_name}", "{nowhere}"];
        let text: Vec<&str> = (0..=self.below(2)).map(|_| self.pick(&pieces)).collect();
        Text::parse(&text.concat()).expect("tags")
    }

    fn ask(&mut self) -> Ask {
        Ask {
            sounds: self.sounds(1),
            again: self.sounds(0),
            retries: self.below(3),
            first_key: self.secs(9),
            next_key: self.secs(9),
            barge_in: self.below(2) == 0,
            invalid: self.target(),
            timeout: self.target(),
        }
    }

    fn kind(&mut self) -> NodeKind {
        match self.below(12) {
            0 => NodeKind::Play { sounds: self.sounds(1), next: self.target() },
            1 => {
                let keys = (0..4).map(|_| (self.key(), self.target())).collect();
                NodeKind::Menu { ask: self.ask(), keys }
            }
            2 => NodeKind::Rating { ask: self.ask(), best: 2 + self.below(28), next: self.target() },
            3 => {
                let least = 1 + self.below(2);
                let most = least + self.below(3);
                NodeKind::Digits { ask: self.ask(), least, most, next: self.target() }
            }
            4 => NodeKind::Record {
                sounds: self.sounds(0),
                longest: self.secs(20),
                silence: self.secs(5),
                beep: true,
                next: self.target(),
                failed: self.target(),
            },
            5 => NodeKind::DoNotCall { sounds: self.sounds(0), next: self.target() },
            6 => NodeKind::Queue {
                sounds: self.sounds(0),
                wait: self.secs(60),
                meanwhile: Meanwhile::Music,
                nobody: self.target(),
            },
            8 => NodeKind::Say {
                parts: vec![Spoken {
                    how: self.pick(&[SpokenAs::Digits, SpokenAs::Number, SpokenAs::Characters]),
                    text: self.text(),
                }],
                next: self.target(),
                missing: self.target(),
            },
            9 => NodeKind::Sms { text: self.text(), next: self.target() },
            7 => NodeKind::Transfer {
                sounds: self.sounds(0),
                rules: Arc::new(transfer()),
                ways: TransferWays {
                    answered: self.target(),
                    busy: self.target(),
                    no_answer: self.target(),
                    declined: self.target(),
                    failed: self.target(),
                },
            },
            10 => NodeKind::Conference {
                sounds: self.sounds(0),
                rules: ConferenceRules { longest: self.secs(90), leave: self.key(), ..room() },
                ways: ConferenceWays {
                    left: self.target(),
                    over: self.target(),
                    full: self.target(),
                    failed: self.target(),
                },
            },
            _ => NodeKind::HangUp { sounds: self.sounds(0) },
        }
    }

    /// Any graph, also one that goes round by itself: the caps have to hold that no check has seen.
    fn flow(&mut self) -> CallFlow {
        let some = |tape: &mut Self, name: &&str| Node {
            most_visits: 1 + tape.below(6),
            completes: tape.below(4) == 0,
            ..node(name, tape.kind())
        };
        CallFlow {
            most_steps: 1 + self.below(40),
            most_time: self.secs(300),
            ..flow(NAMES.iter().map(|name| some(self, name)).collect())
        }
    }

    fn turn(&mut self) -> Turn {
        match self.below(24) {
            0 => Turn::Wait,
            1..=2 => Turn::Wake(Span::millis(u64::from(self.below(3_000)))),
            3..=5 => Turn::Wait,
            6..=12 => Turn::Press(self.key()),
            13..=20 => Turn::Finish(self.below(6) > 0),
            21..=22 => Turn::Stray(self.below(2) == 0),
            _ => Turn::HangUp,
        }
    }
}

/// What the world does next.
#[derive(Debug, Clone)]
enum Turn {
    Press(Key),
    /// What is played or recorded comes to its end, an agent comes, a transfer is over, or a callee comes into a room or out of
    /// it; well or badly.
    Finish(bool),
    /// The end of a recording or of a sound that nobody knows of.
    Stray(bool),
    /// Nothing happens until the next deadline.
    Wait,
    /// It wakes early.
    Wake(Span),
    HangUp,
}

/// Where a callee is who was let into a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Room {
    #[default]
    Outside,
    OnTheWayIn,
    Inside,
    OnTheWayOut(ConferenceEnd),
}

/// The PBX as far as a flow sees it, and the law.
#[derive(Default)]
struct Pbx {
    playing: BTreeSet<u16>,
    recording: BTreeSet<u16>,
    /// Recordings that were told to stop and have not said yet that they have.
    stopping: BTreeSet<u16>,
    queued: bool,
    transferring: bool,
    room: Room,
    ends: Vec<FlowEnd>,
    asked: u32,
}

impl Pbx {
    fn obey(&mut self, actions: Vec<Action>) {
        for action in actions {
            assert!(self.ends.is_empty(), "after the end nothing is asked: {action:?}");
            match action {
                Action::Play { nth, .. } => {
                    assert!(self.is_still(), "one thing at a time");
                    assert!(self.playing.insert(nth), "each playback has a name of its own");
                    self.asked += 1;
                }
                Action::Record { nth, .. } => {
                    assert!(self.is_still(), "one thing at a time");
                    assert!(self.recording.insert(nth), "each recording has a name of its own");
                }
                Action::StopPlaying { nth } => assert!(self.playing.remove(&nth), "it was played"),
                Action::StopRecording { nth } => {
                    assert!(self.recording.remove(&nth) || self.stopping.contains(&nth), "it was recorded");
                    self.stopping.insert(nth);
                }
                Action::Queue { .. } => {
                    assert!(self.is_still(), "one thing at a time");
                    self.queued = true;
                }
                Action::Transfer(_) => {
                    assert!(self.is_still(), "one thing at a time");
                    self.transferring = true;
                }
                Action::EnterRoom(_) => {
                    assert!(self.is_still(), "one thing at a time");
                    self.room = Room::OnTheWayIn;
                }
                Action::LeaveRoom(end) => {
                    assert!(
                        matches!(self.room, Room::OnTheWayIn | Room::Inside),
                        "they leave once: {:?}",
                        self.room
                    );
                    self.room = Room::OnTheWayOut(end);
                }
                Action::FindRecording { .. } | Action::OptOut | Action::Text { .. } => {}
                Action::End(end) => self.ends.push(end),
            }
        }
    }

    fn is_still(&self) -> bool {
        let is_elsewhere = self.queued || self.transferring || self.room != Room::Outside;
        self.playing.is_empty() && self.recording.is_empty() && !is_elsewhere
    }

    /// What finishes next.
    fn finish(&mut self, well: bool) -> Input {
        if let Some(nth) = self.playing.pop_first() {
            Input::Played { nth, whole: well }
        } else if let Some(nth) = self.recording.pop_first().or_else(|| self.stopping.pop_first()) {
            Input::Recorded { nth, whole: well, length: Some(Span::secs(1)) }
        } else if core::mem::take(&mut self.queued) {
            if well { Input::AgentJoined } else { Input::NobodyCame }
        } else if core::mem::take(&mut self.transferring) {
            Input::TransferOver(if well { TransferEnd::Answered } else { TransferEnd::Busy })
        } else {
            self.go_on_in_room(well)
        }
    }

    fn go_on_in_room(&mut self, well: bool) -> Input {
        match (self.room, well) {
            (Room::Outside, _) => Input::Played { nth: u16::MAX, whole: well },
            (Room::OnTheWayIn, true) => {
                self.room = Room::Inside;
                Input::RoomEntered
            }
            // Nothing comes to an end there by itself but badly.
            (Room::Inside, true) => Input::RoomEntered,
            (Room::OnTheWayIn | Room::Inside, false) => {
                self.room = Room::Outside;
                Input::RoomLeft(ConferenceEnd::Failed)
            }
            (Room::OnTheWayOut(end), _) => {
                self.room = Room::Outside;
                Input::RoomLeft(end)
            }
        }
    }
}

/// A call, with everything that can happen to it.
struct Call {
    run: Run,
    pbx: Pbx,
    now: Micros,
    /// How long it was in the hands of others, which is not the flow's time.
    queued_for: Span,
    /// Whether an agent took it over.
    taken: bool,
}

impl Call {
    fn is_over(&self) -> bool {
        self.taken || !self.pbx.ends.is_empty()
    }

    fn take(&mut self, turn: Turn) {
        let (began, was_elsewhere) = (self.now, self.pbx.room != Room::Outside);
        let input = match turn {
            Turn::Press(key) => Input::Pressed(key),
            Turn::Finish(well) => self.pbx.finish(well),
            Turn::Stray(true) => Input::Recorded { nth: 9_999, whole: true, length: None },
            Turn::Stray(false) => Input::Played { nth: 9_999, whole: true },
            Turn::HangUp => Input::HungUp,
            Turn::Wake(early) => {
                let at = self.now + early;
                self.now = self.run.due().map_or(self.now, |due| Ord::min(due, at));
                Input::Woke
            }
            Turn::Wait => match self.run.due() {
                Some(due) => {
                    self.now = due;
                    Input::Woke
                }
                None => {
                    self.now = self.now + Span::secs(60);
                    if !was_elsewhere {
                        self.queued_for = self.queued_for + Span::secs(60);
                    }
                    self.pbx.finish(false)
                }
            },
        };
        if input == Input::HungUp {
            // Queues, transfers and rooms are the engine's, and whoever has left is in none.
            (self.pbx.queued, self.pbx.transferring, self.pbx.room) = (false, false, Room::Outside);
        }
        if was_elsewhere {
            self.queued_for = self.queued_for + self.now.since(began);
        }
        self.pbx.obey(self.run.step(self.now, input));
        self.taken = input == Input::AgentJoined;
        let awake = self.run.due().is_none_or(|due| due > self.now);
        assert!(awake, "it waits for what is past");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn it_ends_once_within_its_bounds_and_leaves_nothing_running(
        numbers in prop::collection::vec(any::<u32>(), 200),
    ) {
        let mut tape = Tape(numbers.into_iter());
        let flow = tape.flow();
        let (most_steps, most_time) = (flow.most_steps, flow.most_time);
        let mut run = Run::new(Arc::new(flow), Known::default(), Micros(0));
        let mut pbx = Pbx::default();
        pbx.obey(run.step(Micros(0), Input::Started));
        let mut call = Call { run, pbx, now: Micros(0), queued_for: Span::ZERO, taken: false };
        // Where the tape has ended nothing more happens: there is silence on every side.
        for _ in 0..1_000 {
            if !call.is_over() {
                call.take(tape.turn());
            }
        }
        let Call { run, pbx, now, queued_for, taken } = call;
        prop_assert!(taken || pbx.is_still() && pbx.ends.len() == 1, "{:?}", pbx.ends);
        prop_assert!(now.since(Micros(0)) <= most_time + queued_for + Span::secs(1), "it took {now:?}");
        prop_assert_eq!(run.due(), None);
        prop_assert!(run.log(|nth| nth.to_string()).steps.len() <= most_steps as usize + 1);
        prop_assert!(pbx.asked <= (most_steps + 1) * 3, "nothing is asked more often than retries + 1");
    }
}
