//! A telephone exchange, as far as the engine can tell one from Asterisk.

use std::collections::{BTreeMap, BTreeSet};

use engine::amd::{Verdict, VerdictCause};
use engine::flow::Meanwhile;
use engine::recording::{TakeId, Track};
use engine::words::{AttemptId, Bridge, Cause, Leg, Span, TechCause};
use engine::{Command, Failure, LegNews, Outcome, SeenLeg, SeenTake};

/// What became of a command: its answer, and the news that follow.
pub(crate) type Deed = (Outcome, Vec<(Leg, LegNews)>);

/// The legs and bridges that exist.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pbx {
    pub(crate) legs: BTreeMap<Leg, Channel>,
    pub(crate) bridges: BTreeSet<Bridge>,
    /// Whether the campaigns' message is missing.
    pub(crate) no_media: bool,
    /// The recordings that have come to their end, each by its attempt.
    pub(crate) kept: BTreeSet<(AttemptId, u16)>,
    /// The takes that are being made. Each ends with its callee's leg.
    pub(crate) takes: BTreeMap<TakeId, Tape>,
    /// Every name that a take ever had: there is a file of it.
    taped: BTreeSet<TakeId>,
    /// Every channel id that was ever used; none is used twice.
    used: BTreeSet<Leg>,
}

/// One leg.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Channel {
    pub(crate) up: bool,
    pub(crate) rings: bool,
    pub(crate) bridge: Option<Bridge>,
    /// Whether it is on hold, where it is a callee's, or muted, where it is an agent's.
    pub(crate) aside: bool,
    /// Which sound it hears.
    pub(crate) sound: Option<u16>,
    /// Which recording is made of it.
    pub(crate) recording: Option<u16>,
    /// Whether it hears music, or rings, until further notice.
    pub(crate) calm: bool,
    /// Whether it is with the detection of machines, and not under anybody's command.
    pub(crate) detects: bool,
}

/// One take that is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tape {
    stereo: bool,
    /// Whether silence is recorded.
    pub(crate) silent: bool,
}

impl Pbx {
    /// Does what it is told; `None` where the command is not for an exchange.
    pub(crate) fn carry_out(&mut self, command: &Command) -> Option<Deed> {
        Some(match command {
            Command::Originate { originate, .. } => self.originate(originate.leg),
            Command::HangUp { leg, .. } => self.hang_up(*leg),
            Command::Join { attempt, customer, agent, meanwhile, .. } => {
                if !meanwhile.is_silence() {
                    let hushed = self.start(*customer, |channel| channel.calm = false);
                    if hushed.0 != Outcome::Done {
                        return Some(hushed);
                    }
                }
                self.bridge(&[*customer, *agent], Bridge::Conversation(*attempt))
            }
            Command::Hold { leg, .. } => self.bridge(&[*leg], Bridge::Hold),
            // A channel has one music, whoever began it: the end of a hold is the end of what else is heard.
            Command::SetAside { leg, on, .. } => self.start(*leg, |channel| {
                (channel.aside, channel.calm) = (*on, channel.calm && *on);
            }),
            Command::Mute { leg, on, .. } => self.start(*leg, |channel| channel.aside = *on),
            Command::Play { leg, nth, .. } => self.start(*leg, |channel| channel.sound = Some(*nth)),
            Command::StartRecording { leg, nth, .. } => {
                self.start(*leg, |channel| channel.recording = Some(*nth))
            }
            Command::Calm { leg, .. } => self.start(*leg, |channel| channel.calm = true),
            Command::Hush { leg, .. } => self.start(*leg, |channel| channel.calm = false),
            Command::PutThrough { customer, other, bridge, meanwhile, .. } => {
                assert!(matches!(other, Leg::Transfer { .. }), "{other:?} is put through");
                // Whoever is in the conversation stays there, and on hold if they are.
                if matches!(bridge, Bridge::Conversation(_)) {
                    // A channel has one music, whoever began it.
                    let music = *meanwhile == Meanwhile::Music;
                    self.start(*customer, |channel| {
                        (channel.calm, channel.aside) = (false, channel.aside && !music)
                    });
                    return Some(self.bridge(&[*other], *bridge));
                }
                let hushed = self.start(*customer, |channel| channel.calm = false);
                if hushed.0 != Outcome::Done {
                    return Some(hushed);
                }
                self.bridge(&[*customer, *other], *bridge)
            }
            Command::Confer { leg, bridge, .. } => self.bridge(&[*leg], *bridge),
            Command::TakeOut { bridge, last: true, .. } => self.drop_bridge(*bridge),
            Command::TakeOut { leg, bridge, .. } => self.take_out(*leg, *bridge),
            Command::Announce { bridge, .. } if self.bridges.contains(bridge) => (Outcome::Done, vec![]),
            Command::Announce { .. } => (Outcome::Failed(Failure::Gone), vec![]),
            Command::Detect { leg, .. } => self.start(*leg, |channel| channel.detects = true),
            Command::Listen { leg, .. } | Command::StopListening { leg, .. } => self.start(*leg, |_| {}),
            Command::StopPlaying { attempt, nth, .. } => self.stop(*attempt, |channel, leg| {
                let stopped = channel.sound.take_if(|sound| *sound == *nth)?;
                Some((leg, LegNews::Played { nth: stopped, whole: true }))
            }),
            Command::FindPlayback { attempt, nth, .. } => {
                match self.finds(*attempt, |leg| leg.sound == Some(*nth)) {
                    true => (Outcome::Done, vec![]),
                    false => (Outcome::Failed(Failure::Gone), vec![]),
                }
            }
            Command::StopRecording { attempt, nth, .. } => {
                if self.finds(*attempt, |leg| leg.recording == Some(*nth)) {
                    self.kept.insert((*attempt, *nth));
                }
                self.stop(*attempt, |channel, leg| {
                    let nth = channel.recording.take_if(|recording| *recording == *nth)?;
                    Some((leg, LegNews::Recorded { nth, whole: true, length: Span::secs(2) }))
                })
            }
            Command::FindRecording { attempt, nth, .. } => {
                let goes_on = self.finds(*attempt, |leg| leg.recording == Some(*nth));
                let outcome = match (goes_on, self.kept.contains(&(*attempt, *nth))) {
                    (true, _) => Outcome::Failed(Failure::WrongState),
                    (false, true) => Outcome::Done,
                    (false, false) => Outcome::Failed(Failure::Gone),
                };
                (outcome, vec![])
            }
            Command::SendDigits { leg, .. } => match self.must_be_up(*leg) {
                Some(failure) => (Outcome::Failed(failure), vec![]),
                None => (Outcome::Done, vec![]),
            },
            Command::BeginTake { take, stereo, .. } => self.begin_take(*take, *stereo),
            Command::PauseTake { take, stereo, paused, .. } => match self.tape(*take, *stereo) {
                Some(tape) => {
                    tape.silent = *paused;
                    (Outcome::Done, vec![])
                }
                None => (Outcome::Failed(Failure::Gone), vec![]),
            },
            Command::EndTake { take, stereo, .. } => match self.tape(*take, *stereo) {
                Some(_) => (Outcome::Done, self.end_take(*take, true)),
                None => (Outcome::Failed(Failure::Gone), vec![]),
            },
            Command::DropBridge { bridge, .. } => self.drop_bridge(*bridge),
            Command::Survey { .. } => {
                let legs = self.legs.keys().filter_map(|&leg| self.look(leg)).collect();
                let tracks = |(&take, tape): (&TakeId, &Tape)| {
                    Track::of(tape.stereo).iter().map(move |&track| SeenTake { take, track })
                };
                let takes = self.takes.iter().flat_map(tracks).collect();
                let bridges = self.bridges.iter().copied().collect();
                (Outcome::Surveyed { legs, bridges, takes }, vec![])
            }
            Command::Look { leg, .. } => (Outcome::Looked(self.look(*leg)), vec![]),
            Command::FindMedia { .. } if self.no_media => (Outcome::Failed(Failure::Gone), vec![]),
            Command::FindMedia { .. } => (Outcome::Done, vec![]),
            Command::Fetch { .. }
            | Command::Release { .. }
            | Command::Save { .. }
            | Command::Note { .. }
            | Command::Record { .. }
            | Command::Dispose { .. }
            | Command::NoteAgent { .. }
            | Command::NoteCampaign { .. }
            | Command::OptOut { .. }
            | Command::SaveTransfer { .. }
            | Command::SendText { .. }
            | Command::Reply { .. } => return None,
        })
    }

    /// The far end rings.
    pub(crate) fn ring(&mut self, leg: Leg) -> Vec<(Leg, LegNews)> {
        match self.legs.get_mut(&leg) {
            Some(channel) if !channel.up && !channel.rings => {
                channel.rings = true;
                vec![(leg, LegNews::Rang)]
            }
            Some(_) | None => vec![],
        }
    }

    /// The far end answers, and the channel comes under our command.
    pub(crate) fn answer(&mut self, leg: Leg) -> Vec<(Leg, LegNews)> {
        match self.legs.get_mut(&leg) {
            Some(channel) if !channel.up => {
                channel.up = true;
                vec![(leg, LegNews::Answered), (leg, LegNews::Entered)]
            }
            Some(_) | None => vec![],
        }
    }

    /// A leg ends, whoever ended it.
    pub(crate) fn end(&mut self, leg: Leg, cause: u16, tech: Option<u16>) -> Vec<(Leg, LegNews)> {
        let takes = self.takes_of(leg);
        let taken: Vec<_> = takes.into_iter().flat_map(|take| self.end_take(take, true)).collect();
        let Some(channel) = self.legs.remove(&leg) else { return vec![] };
        let parted = channel.bridge.map(|bridge| (leg, LegNews::Parted(bridge)));
        let ended = LegNews::Ended { cause: Cause(cause), tech: tech.map(TechCause) };
        taken.into_iter().chain(parted).chain([(leg, ended)]).collect()
    }

    /// Everything is gone, and nobody is told.
    pub(crate) fn restart(&mut self) {
        self.legs.clear();
        self.bridges.clear();
        self.takes.clear();
    }

    fn look(&self, leg: Leg) -> Option<SeenLeg> {
        let seen =
            |&Channel { up, rings, bridge, .. }: &Channel| SeenLeg { leg, up, rings: rings && !up, bridge };
        self.legs.get(&leg).map(seen)
    }

    fn originate(&mut self, leg: Leg) -> Deed {
        if !self.used.insert(leg) {
            return (Outcome::Failed(Failure::Exists), vec![]);
        }
        self.legs.insert(leg, Channel::default());
        (Outcome::Done, vec![])
    }

    fn hang_up(&mut self, leg: Leg) -> Deed {
        if !self.legs.contains_key(&leg) {
            return (Outcome::Failed(Failure::Gone), vec![]);
        }
        (Outcome::Done, self.end(leg, 16, None))
    }

    fn begin_take(&mut self, take: TakeId, stereo: bool) -> Deed {
        let leg = take.leg();
        match self.legs.get(&leg) {
            Some(channel) if channel.up && self.takes.contains_key(&take) => {
                return (Outcome::Failed(Failure::Exists), vec![]);
            }
            // Its file is not written over.
            Some(channel) if channel.up && !self.taped.insert(take) => {
                return (Outcome::Failed(Failure::Rejected), vec![]);
            }
            Some(channel) if channel.up => self.takes.insert(take, Tape { stereo, silent: false }),
            Some(_) => return (Outcome::Failed(Failure::NotOurs), vec![]),
            None => return (Outcome::Failed(Failure::Gone), vec![]),
        };
        let began = Track::of(stereo).iter().map(|_| (leg, LegNews::TakeBegan { nth: take.nth }));
        (Outcome::Done, began.collect())
    }

    /// That take, if it is being made: one of two tracks has other names than one of one.
    fn tape(&mut self, take: TakeId, stereo: bool) -> Option<&mut Tape> {
        self.takes.get_mut(&take).filter(|tape| tape.stereo == stereo)
    }

    /// A take comes to its end, well or badly.
    pub(crate) fn end_take(&mut self, take: TakeId, whole: bool) -> Vec<(Leg, LegNews)> {
        let Some(Tape { stereo, .. }) = self.takes.remove(&take) else { return vec![] };
        let ended = |track: &Track| (take.leg(), LegNews::TakeEnded { nth: take.nth, track: *track, whole });
        Track::of(stereo).iter().map(ended).collect()
    }

    /// The takes that are made of a leg.
    pub(crate) fn takes_of(&self, leg: Leg) -> Vec<TakeId> {
        self.takes.keys().copied().filter(|take| take.leg() == leg).collect()
    }

    /// Begins something on a leg.
    fn start(&mut self, leg: Leg, begin: impl FnOnce(&mut Channel)) -> Deed {
        if let Some(failure) = self.must_be_up(leg) {
            return (Outcome::Failed(failure), vec![]);
        }
        begin(self.legs.get_mut(&leg).expect("it is up"));
        (Outcome::Done, vec![])
    }

    /// Whether there is something on a leg to a callee, or to somebody whom they are put through to.
    fn finds(&self, attempt: AttemptId, is_there: impl Fn(&Channel) -> bool) -> bool {
        self.legs.iter().any(|(leg, channel)| is_of(*leg, attempt) && is_there(channel))
    }

    /// Ends something that was begun on a leg of an attempt.
    fn stop(
        &mut self,
        attempt: AttemptId,
        end: impl Fn(&mut Channel, Leg) -> Option<(Leg, LegNews)>,
    ) -> Deed {
        let mut legs = self.legs.iter_mut().filter(|(leg, _)| is_of(**leg, attempt));
        match legs.find_map(|(leg, channel)| end(channel, *leg)) {
            Some(news) => (Outcome::Done, vec![news]),
            None => (Outcome::Failed(Failure::Gone), vec![]),
        }
    }

    /// What a leg hears, or what is recorded of it, comes to its end.
    pub(crate) fn finish(&mut self, leg: Leg, whole: bool) -> Vec<(Leg, LegNews)> {
        let Some(channel) = self.legs.get_mut(&leg) else { return vec![] };
        let news = match (channel.sound.take(), channel.recording.take()) {
            (Some(nth), _) => Some(LegNews::Played { nth, whole }),
            (None, Some(nth)) => {
                if let Leg::Customer { attempt, .. } = leg {
                    self.kept.extend(whole.then_some((attempt, nth)));
                }
                Some(LegNews::Recorded { nth, whole, length: Span::secs(2) })
            }
            (None, None) => None,
        };
        news.map(|news| (leg, news)).into_iter().collect()
    }

    /// The detection of machines comes to a verdict.
    pub(crate) fn judge(&mut self, leg: Leg, verdict: Verdict, cause: VerdictCause) -> Vec<(Leg, LegNews)> {
        let channel = self.legs.get_mut(&leg).filter(|channel| channel.detects);
        let judged = |channel: &mut Channel| {
            channel.detects = false;
            (leg, LegNews::Judged { verdict, cause, silence: Span::millis(400) })
        };
        channel.map(judged).into_iter().collect()
    }

    fn must_be_up(&self, leg: Leg) -> Option<Failure> {
        match self.legs.get(&leg) {
            None => Some(Failure::Gone),
            Some(channel) if !channel.up || channel.detects => Some(Failure::NotOurs),
            Some(_) => None,
        }
    }

    /// Puts legs into a bridge, out of the one they are in. One that is there already stays, without a word.
    fn bridge(&mut self, legs: &[Leg], bridge: Bridge) -> Deed {
        self.bridges.insert(bridge);
        if let Some(failure) = legs.iter().find_map(|&leg| self.must_be_up(leg)) {
            return (Outcome::Failed(failure), vec![]);
        }
        let mut news = vec![];
        for leg in legs {
            let channel = self.legs.get_mut(leg).expect("it is up");
            match channel.bridge.replace(bridge) {
                Some(before) if before == bridge => continue,
                Some(before) => news.push((*leg, LegNews::Parted(before))),
                None => {}
            }
            news.push((*leg, LegNews::Joined(bridge)));
        }
        (Outcome::Done, news)
    }

    /// Takes a leg out of a bridge, under our command again.
    fn take_out(&mut self, leg: Leg, bridge: Bridge) -> Deed {
        if !self.bridges.contains(&bridge) {
            return (Outcome::Failed(Failure::Gone), vec![]);
        }
        match self.legs.get_mut(&leg) {
            Some(channel) if channel.bridge == Some(bridge) => {
                channel.bridge = None;
                (Outcome::Done, vec![(leg, LegNews::Parted(bridge))])
            }
            Some(_) => (Outcome::Failed(Failure::WrongState), vec![]),
            None => (Outcome::Failed(Failure::Gone), vec![]),
        }
    }

    /// Somebody else takes every room from under those who are in it.
    pub(crate) fn lose_rooms(&mut self) -> Vec<(Leg, LegNews)> {
        let rooms = self.bridges.iter().filter(|bridge| matches!(bridge, Bridge::Conference { .. }));
        let rooms: Vec<Bridge> = rooms.copied().collect();
        rooms.into_iter().flat_map(|room| self.drop_bridge(room).1).collect()
    }

    fn drop_bridge(&mut self, bridge: Bridge) -> Deed {
        if !self.bridges.remove(&bridge) {
            return (Outcome::Failed(Failure::Gone), vec![]);
        }
        let mut news = vec![];
        for (leg, channel) in &mut self.legs {
            if channel.bridge == Some(bridge) {
                channel.bridge = None;
                news.push((*leg, LegNews::Parted(bridge)));
            }
        }
        (Outcome::Done, news)
    }
}

fn is_of(leg: Leg, id: AttemptId) -> bool {
    match leg {
        Leg::Customer { attempt, .. } | Leg::Transfer { attempt, .. } => attempt == id,
        Leg::Agent { .. } => false,
    }
}
