//! From the engine's imperatives to requests: each command for the PBX is carried out on a task of its own and
//! answered by exactly one [`Event::Settled`].

mod rooms;
mod takes;

pub(crate) use takes::module_of;

use std::time::Duration;

use engine::flow::Meanwhile;
use engine::words::{AttemptId, Bridge, Leg, RequestId, Signature, Span};
use engine::{Command, Event, Failure, Originate, Outcome, SeenLeg, SeenTake};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::http::Client;
use super::reply::{Doubt, Error, Kind};
use super::requests::{self, BridgeFlag, Direction, Hangup, Place, Reason, Recording};
use super::translate::Translator;
use super::wire::{BridgeId, Channel, ChannelId, ChannelState, PlaybackId, RecordingName};

/// How often a carrier's endpoint is looked at. Calls that fail meanwhile rest the carrier by themselves.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The dialplan's context for answering machine detection.
const DETECTION: &str = "amd";

/// Tells that context which application the call comes back to.
const COMES_BACK_TO: &str = "STASIS_APP";

/// Carries out commands on one Asterisk.
#[derive(Debug, Clone)]
pub struct Executor {
    client: Client,
    signature: Signature,
    app: String,
    translator: Translator,
    answers: mpsc::UnboundedSender<Event>,
}

impl Executor {
    /// An executor that answers into `answers`.
    #[must_use]
    pub fn new(
        client: Client,
        signature: Signature,
        app: impl Into<String>,
        translator: Translator,
        answers: mpsc::UnboundedSender<Event>,
    ) -> Self {
        Self { client, signature, app: app.into(), translator, answers }
    }

    /// Begins to carry out a command. One that is not for the PBX is given back.
    ///
    /// # Errors
    /// The command itself, where another must carry it out.
    pub fn start(&self, command: Command) -> Result<(), Box<Command>> {
        match command {
            Command::Originate { request, originate } => {
                self.run(request, |pbx| async move { pbx.originate(*originate).await });
            }
            Command::HangUp { request, leg } => {
                self.run(request, |pbx| async move { pbx.hang_up(leg).await })
            }
            Command::Join { request, attempt, customer, agent, meanwhile } => {
                let bridge = Bridge::Conversation(attempt);
                self.run(request, |pbx| async move {
                    // What the callee hears would go on in place of the agent.
                    match pbx.hush(customer, meanwhile).await {
                        Ok(()) => pbx.join(bridge, [customer, agent]).await,
                        refused @ Err(_) => done(refused),
                    }
                });
            }
            Command::Hold { request, leg } => self.run(request, |pbx| async move { pbx.hold(leg).await }),
            Command::SetAside { request, leg, on } => {
                self.run(request, |pbx| async move { pbx.set_aside(leg, on).await });
            }
            Command::Mute { request, leg, on } => {
                self.run(request, |pbx| async move { pbx.mute(leg, on).await });
            }
            Command::Play { request, attempt, nth, leg, media } => {
                self.run(request, |pbx| async move {
                    let playback = PlaybackId::new(pbx.signature.playback(attempt, nth));
                    done(pbx.client.play(&pbx.channel(leg), &playback, &media).await)
                });
            }
            Command::Detect { request, leg } => {
                self.run(request, |pbx| async move { pbx.detect(leg).await });
            }
            Command::Listen { request, leg, silence, level } => {
                let silence_ms = silence.0 / 1_000;
                self.run(request, |pbx| async move {
                    pbx.set_talk_detection(leg, "TALK_DETECT(set)", &format!("{silence_ms},{level}")).await
                });
            }
            Command::StopListening { request, leg } => {
                self.run(request, |pbx| async move {
                    pbx.set_talk_detection(leg, "TALK_DETECT(remove)", "").await
                });
            }
            Command::StopPlaying { request, attempt, nth } => {
                self.run(request, |pbx| async move {
                    let playback = PlaybackId::new(pbx.signature.playback(attempt, nth));
                    done(pbx.client.stop_playback(&playback).await)
                });
            }
            Command::FindPlayback { request, attempt, nth } => {
                self.run(request, |pbx| async move {
                    let playback = PlaybackId::new(pbx.signature.playback(attempt, nth));
                    done(pbx.client.playback(&playback).await)
                });
            }
            Command::StartRecording { request, attempt, nth, leg, longest, silence, beep } => {
                self.run(request, |pbx| async move {
                    let mut recording = pbx.recording(attempt, nth, longest);
                    (recording.silence_s_max, recording.beep) = (whole_secs(silence), beep);
                    done(pbx.client.record_channel(&pbx.channel(leg), &recording).await)
                });
            }
            Command::StopRecording { request, attempt, nth } => {
                self.run(request, |pbx| async move {
                    let name = RecordingName::new(pbx.signature.recording(attempt, nth));
                    done(pbx.client.stop_recording(&name).await)
                });
            }
            Command::FindRecording { request, attempt, nth } => {
                let name = RecordingName::new(self.signature.recording(attempt, nth));
                self.run(request, |pbx| async move { pbx.find_recording(&name).await });
            }
            Command::SendDigits { request, leg, digits } => {
                self.run(request, |pbx| async move {
                    done(pbx.client.send_digits(&pbx.channel(leg), &digits).await)
                });
            }
            Command::BeginTake { request, take, stereo, format } => {
                self.run(request, |pbx| async move { pbx.begin_take(take, stereo, format).await });
            }
            Command::PauseTake { request, take, stereo, paused } => {
                self.run(request, |pbx| async move { pbx.pause_take(take, stereo, paused).await });
            }
            Command::EndTake { request, take, stereo } => {
                self.run(request, |pbx| async move { pbx.end_take(take, stereo).await });
            }
            Command::Calm { request, leg, meanwhile } => {
                self.run(request, |pbx| async move { done(pbx.calm(leg, meanwhile).await) });
            }
            Command::Hush { request, leg, meanwhile } => {
                self.run(request, |pbx| async move { done(pbx.hush(leg, meanwhile).await) });
            }
            Command::PutThrough { request, customer, other, bridge, meanwhile } => {
                self.run(
                    request,
                    |pbx| async move { pbx.put_through(customer, other, bridge, meanwhile).await },
                );
            }
            Command::Confer { request, leg, bridge, room } => {
                self.run(request, |pbx| async move { pbx.confer(leg, bridge, room).await });
            }
            Command::TakeOut { request, leg, bridge, last } => {
                self.run(request, |pbx| async move { done(pbx.take_out(leg, bridge, last).await) });
            }
            Command::Announce { request, bridge, media } => {
                self.run(request, |pbx| async move {
                    done(pbx.client.play_in_bridge(&pbx.bridge(bridge), &media).await)
                });
            }
            Command::DropBridge { request, bridge } => {
                self.run(request, |pbx| async move { done(pbx.drop_bridge(bridge).await) });
            }
            Command::Survey { request } => self.run(request, |pbx| async move { pbx.survey().await }),
            Command::Look { request, leg } => self.run(request, |pbx| async move { pbx.look(leg).await }),
            Command::FindMedia { request, media } => {
                self.run(request, |pbx| async move { pbx.find_media(&media).await });
            }
            other @ (Command::Fetch { .. }
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
            | Command::Reply { .. }) => return Err(Box::new(other)),
        }
        Ok(())
    }

    /// Begins to look at the carriers' endpoints, at once and then every five seconds, until the set is dropped. Tells
    /// how each stands, and again when that changes.
    ///
    /// Looked at and not subscribed to: to whoever subscribes to an endpoint, Asterisk repeats every event of every
    /// channel on it, which would make three times as many messages of each call.
    #[must_use]
    pub fn watch_trunks(&self) -> JoinSet<()> {
        let trunks = self.translator.trunks().cloned();
        trunks.map(|trunk| (self.clone(), trunk)).map(|(pbx, trunk)| pbx.watch_trunk(trunk)).collect()
    }

    async fn watch_trunk(self, (technology, trunk): (String, String)) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = Vec::new();
        let mut known = true;
        loop {
            looks.tick().await;
            match self.client.endpoint(&technology, &trunk).await {
                Ok(endpoint) => {
                    known = true;
                    let stands = self.translator.carriers(&endpoint);
                    if stands != told {
                        for event in &stands {
                            // The floor may have ended meanwhile.
                            let _ = self.answers.send(event.clone());
                        }
                        told = stands;
                    }
                }
                Err(error) if std::mem::take(&mut known) => {
                    tracing::warn!(technology, trunk, %error, "Asterisk does not tell how this trunk stands");
                }
                Err(_) => {}
            }
        }
    }

    fn run<F>(&self, request: RequestId, work: impl FnOnce(Self) -> F)
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (work, answers) = (work(self.clone()), self.answers.clone());
        tokio::spawn(async move {
            let outcome = work.await;
            // The floor may have ended meanwhile; then nobody waits for the answer.
            let _ = answers.send(Event::Settled { request, outcome });
        });
    }

    async fn originate(&self, originate: Originate) -> Outcome {
        let (endpoint, variables) = (originate.endpoint.to_string(), originate.variables.iter());
        let has_other_half = endpoint.starts_with("Local/");
        let call = requests::Originate {
            endpoint,
            app: self.app.clone(),
            app_args: String::new(),
            channel_id: self.channel(originate.leg),
            other_channel_id: has_other_half
                .then(|| ChannelId::new(self.signature.other_half(originate.leg))),
            caller_id: originate.caller_id.unwrap_or_default(),
            timeout_s: i32::try_from(originate.timeout_secs).unwrap_or(i32::MAX),
            variables: variables.map(|(name, value)| (name.to_owned(), value.into_owned())).collect(),
            formats: originate.codec,
        };
        done(self.client.originate(&call).await)
    }

    async fn hang_up(&self, leg: Leg) -> Outcome {
        done(self.client.hangup(&self.channel(leg), Hangup::Reason(Reason::Normal)).await)
    }

    /// The dialplan's context for it comes back with the verdict.
    async fn detect(&self, leg: Leg) -> Outcome {
        let channel = self.channel(leg);
        if let Err(error) = self.client.set_variable(&channel, COMES_BACK_TO, &self.app).await {
            let failure = failure(&error);
            // Whatever became of that, nobody is asked to listen.
            let in_doubt = failure == Failure::OutcomeUnknown;
            return Outcome::Failed(if in_doubt { Failure::NotSent } else { failure });
        }
        let place = Place { context: DETECTION.to_owned(), extension: "s".to_owned(), priority: 1 };
        done(self.client.continue_(&channel, &place).await)
    }

    async fn set_talk_detection(&self, leg: Leg, function: &str, value: &str) -> Outcome {
        done(self.client.set_variable(&self.channel(leg), function, value).await)
    }

    async fn join(&self, bridge: Bridge, legs: [Leg; 2]) -> Outcome {
        let id = self.bridge(bridge);
        if let Err(error) = self.make_mixing_bridge(&id, id.as_str()).await {
            return Outcome::Failed(failure(&error));
        }
        let [customer, agent] = legs.map(|leg| self.channel(leg));
        done(self.client.add_channel(&id, &[&customer, &agent]).await)
    }

    /// The bridge never becomes a native one, so that recordings and keys keep working in it.
    async fn make_mixing_bridge(&self, id: &BridgeId, name: &str) -> Result<(), Error> {
        let flags = [BridgeFlag::Mixing, BridgeFlag::DtmfEvents, BridgeFlag::ProxyMedia];
        match self.client.create_bridge(id, &flags, name).await {
            // A second agent for the same callee, or another one for the same room: the bridge is there.
            Err(error) if error.kind() == Some(Kind::Conflict) => Ok(()),
            // What is asked of it next tells. After a reply that is late nobody waits for that any more.
            Err(Error::Unknown(Doubt::Broken(_))) => Ok(()),
            other => other,
        }
    }

    async fn calm(&self, leg: Leg, meanwhile: Meanwhile) -> Result<(), Error> {
        let channel = self.channel(leg);
        match meanwhile {
            Meanwhile::Music => self.client.start_channel_moh(&channel, None).await,
            Meanwhile::Class(class) => self.client.start_channel_moh(&channel, Some(class.as_str())).await,
            Meanwhile::Ringback => self.client.ring(&channel).await,
            Meanwhile::Silence => Ok(()),
        }
    }

    async fn hush(&self, leg: Leg, meanwhile: Meanwhile) -> Result<(), Error> {
        let channel = self.channel(leg);
        match meanwhile {
            Meanwhile::Music | Meanwhile::Class(_) => self.client.stop_channel_moh(&channel).await,
            Meanwhile::Ringback => self.client.stop_ringing(&channel).await,
            Meanwhile::Silence => Ok(()),
        }
    }

    /// What the callee hears would go on in the bridge, in place of the other. Where it could not be ended before, it is once they are
    /// there: nobody else would end it.
    async fn put_through(&self, customer: Leg, other: Leg, bridge: Bridge, meanwhile: Meanwhile) -> Outcome {
        let hushed = self.hush(customer, meanwhile).await;
        let outcome = match bridge {
            // Whoever talks is in there already.
            Bridge::Conversation(_) => {
                done(self.client.add_channel(&self.bridge(bridge), &[&self.channel(other)]).await)
            }
            Bridge::Transfer { .. } | Bridge::Conference { .. } | Bridge::Hold => {
                self.join(bridge, [customer, other]).await
            }
        };
        if hushed.is_err()
            && let Err(error) = self.hush(customer, meanwhile).await
        {
            tracing::debug!(%error, "what a callee hears meanwhile could not be ended");
        }
        outcome
    }

    /// The holding bridge is made by whoever needs it first. An agent can wait without music, but not without a bridge.
    async fn hold(&self, leg: Leg) -> Outcome {
        let (bridge, channel) = (self.bridge(Bridge::Hold), self.channel(leg));
        match self.client.add_channel(&bridge, &[&channel]).await {
            Err(error) if error.kind() == Some(Kind::Gone) => {}
            other => return done(other),
        }
        match self.client.create_bridge(&bridge, &[BridgeFlag::Holding], bridge.as_str()).await {
            // It may have been made, and nobody else will begin its music.
            Ok(()) | Err(Error::Unknown(_)) => {
                if let Err(error) = self.client.start_moh(&bridge, None).await {
                    tracing::warn!(%error, "there is no music for agents who wait");
                }
            }
            Err(error) if error.kind() == Some(Kind::Conflict) => {}
            Err(error) => return Outcome::Failed(failure(&error)),
        }
        done(self.client.add_channel(&bridge, &[&channel]).await)
    }

    /// Music to a channel takes the place of what the bridge would send it, so that the callee need not be moved; and what they
    /// say is kept from the bridge.
    async fn set_aside(&self, leg: Leg, on: bool) -> Outcome {
        let channel = self.channel(leg);
        if on {
            match self.client.start_channel_moh(&channel, None).await {
                Ok(()) => done(self.client.mute(&channel, Direction::In).await),
                refused @ Err(_) => done(refused),
            }
        } else {
            let heard = self.client.unmute(&channel, Direction::In).await;
            let quiet = self.client.stop_channel_moh(&channel).await;
            done(heard.and(quiet))
        }
    }

    async fn mute(&self, leg: Leg, on: bool) -> Outcome {
        let channel = self.channel(leg);
        done(match on {
            true => self.client.mute(&channel, Direction::In).await,
            false => self.client.unmute(&channel, Direction::In).await,
        })
    }

    async fn survey(&self) -> Outcome {
        let channels = match self.client.channels().await {
            Ok(channels) => channels,
            Err(error) => return Outcome::Failed(failure(&error)),
        };
        let bridges = match self.client.bridges().await {
            Ok(bridges) => bridges,
            Err(error) => return Outcome::Failed(failure(&error)),
        };
        let ours: Vec<_> =
            bridges.iter().filter_map(|bridge| Some((self.translator.bridge(&bridge.id)?, bridge))).collect();
        let bridge_of = |id: &ChannelId| {
            ours.iter().find(|(_, bridge)| bridge.channels.contains(id)).map(|(bridge, _)| *bridge)
        };
        Outcome::Surveyed {
            legs: channels.iter().filter_map(|channel| self.seen(channel, bridge_of(&channel.id))).collect(),
            bridges: ours.iter().map(|(bridge, _)| *bridge).collect(),
            takes: channels.iter().filter_map(|channel| self.seen_take(channel)).collect(),
        }
    }

    async fn look(&self, leg: Leg) -> Outcome {
        let channel = match self.client.channel(&self.channel(leg)).await {
            Ok(channel) => channel,
            Err(error) if error.kind() == Some(Kind::Gone) => return Outcome::Looked(None),
            Err(error) => return Outcome::Failed(failure(&error)),
        };
        let held = match leg {
            Leg::Agent { .. } => match self.client.bridge(&self.bridge(Bridge::Hold)).await {
                Ok(bridge) => bridge.channels.contains(&channel.id),
                Err(error) if error.kind() == Some(Kind::Gone) => false,
                Err(error) => return Outcome::Failed(failure(&error)),
            },
            Leg::Customer { .. } | Leg::Transfer { .. } => false,
        };
        Outcome::Looked(self.seen(&channel, held.then_some(Bridge::Hold)))
    }

    fn seen(&self, channel: &Channel, bridge: Option<Bridge>) -> Option<SeenLeg> {
        let leg = self.translator.leg(&channel.id)?;
        let is = |state| channel.state == state;
        Some(SeenLeg { leg, up: is(ChannelState::Up), rings: is(ChannelState::Ringing), bridge })
    }

    fn seen_take(&self, listener: &Channel) -> Option<SeenTake> {
        let (take, track) = self.signature.track_of(listener.id.as_str())?;
        Some(SeenTake { take, track })
    }

    async fn find_media(&self, media: &str) -> Outcome {
        match media.split_once(':') {
            Some(("sound", sound)) => done(self.client.sound(sound).await),
            Some(("recording", format)) => self.find_format(format).await,
            Some(_) | None => Outcome::Failed(Failure::Gone),
        }
    }

    /// One that goes on has a file already, so it is looked for among those first.
    async fn find_recording(&self, name: &RecordingName) -> Outcome {
        match self.client.live_recording(name).await {
            Ok(()) => Outcome::Failed(Failure::WrongState),
            Err(error) if error.kind() == Some(Kind::Gone) => done(self.client.stored_recording(name).await),
            Err(error) => Outcome::Failed(failure(&error)),
        }
    }

    /// The format is that of the telephone network, so that nothing is lost and any player knows it.
    fn recording(&self, attempt: AttemptId, nth: u16, longest: Span) -> Recording {
        Recording {
            name: RecordingName::new(self.signature.recording(attempt, nth)),
            format: "wav".to_owned(),
            duration_s_max: whole_secs(longest),
            silence_s_max: 0,
            beep: false,
        }
    }

    fn channel(&self, leg: Leg) -> ChannelId {
        ChannelId::new(self.signature.channel(leg))
    }

    fn bridge(&self, bridge: Bridge) -> BridgeId {
        BridgeId::new(self.signature.bridge(bridge))
    }
}

fn whole_secs(span: Span) -> u32 {
    u32::try_from(span.ceil_secs()).unwrap_or(u32::MAX)
}

fn done<T>(reply: Result<T, Error>) -> Outcome {
    match reply {
        Ok(_) => Outcome::Done,
        // It was carried out; only the reply could not be read.
        Err(error) if error.kind() == Some(Kind::Malformed) => Outcome::Done,
        Err(error) => {
            tracing::debug!(%error, "request failed");
            Outcome::Failed(failure(&error))
        }
    }
}

fn failure(error: &Error) -> Failure {
    match error {
        Error::NotSent(_) => Failure::NotSent,
        Error::Unknown(_) => Failure::OutcomeUnknown,
        Error::Http { kind, .. } => match kind {
            Kind::Gone => Failure::Gone,
            Kind::NotInStasis => Failure::NotOurs,
            Kind::WrongState => Failure::WrongState,
            Kind::Conflict => Failure::Exists,
            Kind::Unavailable => Failure::Unavailable,
            // Nothing of it was carried out, and nothing will be until somebody sees to it: Asterisk is as good as away.
            Kind::Unauthorized | Kind::NotNow => Failure::NotSent,
            Kind::Unanswered => Failure::OutcomeUnknown,
            Kind::Malformed | Kind::Other => Failure::Rejected,
        },
    }
}

#[cfg(test)]
mod testing {
    use tokio::sync::mpsc;

    use super::*;
    use crate::ari::Trunks;
    use crate::ari::fake::Fake;

    /// One that signs as `rm1`, whose answers nobody hears.
    pub(super) fn executor(fake: &Fake) -> Executor {
        let signature = Signature::try_from("rm1".to_owned()).expect("a signature");
        let (answers, _) = mpsc::unbounded_channel();
        let translator = Translator::new(signature.clone(), Trunks::new());
        Executor::new(fake.client(), signature, "ringmaster", translator, answers)
    }
}

#[cfg(test)]
mod tests {
    use engine::recording::{TakeId, Track};
    use engine::words::{AgentId, SessionId};
    use reqwest::StatusCode;

    use super::testing::executor;
    use super::*;
    use crate::ari::fake::{Act, Fake};
    use crate::ari::reply::{Asks, refusal};

    #[tokio::test]
    async fn of_a_leg_it_is_told_whether_it_rings_or_is_up() {
        let channels = r#"[{"id": "rm1.c.1.1", "state": "Down"}, {"id": "rm1.c.2.1", "state": "Ringing"},
            {"id": "rm1.c.3.1", "state": "Up"}, {"id": "rm1.c.4.1", "state": "Ring"},
            {"id": "rm1.t.3.1.2.agent", "state": "Up"}]"#;
        let fake = Fake::start(vec![Act::Reply(200, channels), Act::Reply(200, "[]")], vec![]).await;
        let seen = |attempt, up, rings| {
            let leg = Leg::Customer { attempt: AttemptId(attempt), ordinal: 1 };
            SeenLeg { leg, up, rings, bridge: None }
        };
        let legs =
            vec![seen(1, false, false), seen(2, false, true), seen(3, true, false), seen(4, false, false)];
        let take = TakeId { attempt: AttemptId(3), ordinal: 1, nth: 2 };
        let takes = vec![SeenTake { take, track: Track::Agent }];
        assert_eq!(executor(&fake).survey().await, Outcome::Surveyed { legs, bridges: vec![], takes });
    }

    #[test]
    fn what_asterisk_answers_has_its_meaning_for_the_engine() {
        for (status, failure) in [
            (400, Failure::Rejected),
            (401, Failure::NotSent),
            (403, Failure::NotSent),
            (404, Failure::Gone),
            (409, Failure::Exists),
            (412, Failure::WrongState),
            (500, Failure::Rejected),
            (502, Failure::OutcomeUnknown),
            (503, Failure::NotSent),
            (504, Failure::OutcomeUnknown),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(super::failure(&refusal(Asks::Create, status, b"")), failure, "{status}");
        }
    }

    #[tokio::test]
    async fn a_leg_that_is_sent_to_detection_knows_the_application_it_comes_back_to() {
        let fake = Fake::start(vec![Act::Reply(204, ""), Act::Reply(204, "")], vec![]).await;
        let leg = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
        assert_eq!(executor(&fake).detect(leg).await, Outcome::Done);
        assert_eq!(
            fake.lines(),
            [
                "POST /ari/channels/rm1.c.1.1/variable?variable=STASIS_APP&value=ringmaster",
                "POST /ari/channels/rm1.c.1.1/continue?context=amd&extension=s&priority=1",
            ]
        );
        let dialplan = include_str!("../../../dialplan/extensions.conf");
        assert!(dialplan.contains("Stasis(${IF($[\"${STASIS_APP}\" = \"\"]?autodialer:${STASIS_APP})},amd,"));
    }

    fn agent() -> Leg {
        Leg::Agent { agent: AgentId(7), session: SessionId(1) }
    }

    #[tokio::test]
    async fn detection_that_was_not_asked_for_since_what_precedes_it_is_in_doubt_is_known_not_to_go_on() {
        let fake = Fake::start(vec![Act::Break("")], vec![]).await;
        let leg = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
        assert_eq!(executor(&fake).detect(leg).await, Outcome::Failed(Failure::NotSent));
        assert_eq!(fake.lines().len(), 1);
    }

    #[tokio::test]
    async fn agents_have_music_in_a_holding_bridge_of_which_nobody_can_tell_whether_it_was_made() {
        let missing = Act::Reply(404, r#"{"message": "Bridge not found"}"#);
        let fake = Fake::start(vec![missing, Act::Break("")], vec![]).await;
        assert_eq!(executor(&fake).hold(agent()).await, Outcome::Done);
        assert_eq!(
            fake.lines(),
            [
                "POST /ari/bridges/rm1.hold/addChannel?channel=rm1.a.7.1",
                "POST /ari/bridges/rm1.hold?type=holding&name=rm1.hold",
                "POST /ari/bridges/rm1.hold/moh",
                "POST /ari/bridges/rm1.hold/addChannel?channel=rm1.a.7.1",
            ]
        );
    }

    #[tokio::test]
    async fn callee_and_agent_are_put_into_a_bridge_that_may_be_there_and_asterisk_says_whether_it_is() {
        let missing = || Act::Reply(404, r#"{"message": "Bridge not found"}"#);
        for (added, told) in
            [(Act::Reply(204, ""), Outcome::Done), (missing(), Outcome::Failed(Failure::Gone))]
        {
            let fake = Fake::start(vec![Act::Break(""), added], vec![]).await;
            let legs = [Leg::Customer { attempt: AttemptId(1), ordinal: 1 }, agent()];
            assert_eq!(executor(&fake).join(Bridge::Conversation(AttemptId(1)), legs).await, told);
            assert_eq!(fake.lines().len(), 2);
        }
    }

    #[tokio::test]
    async fn what_a_callee_hears_who_is_put_through_is_ended_in_the_bridge_where_it_could_not_be_before() {
        let busy = || Act::Reply(503, "");
        let done = || Act::Reply(204, "");
        let (customer, other) = (
            Leg::Customer { attempt: AttemptId(1), ordinal: 1 },
            Leg::Transfer { attempt: AttemptId(1), ordinal: 1 },
        );
        let fake = Fake::start(vec![busy(), done(), done()], vec![]).await;
        let bridge = Bridge::Conversation(AttemptId(1));
        let put_through = executor(&fake).put_through(customer, other, bridge, Meanwhile::Music).await;
        assert_eq!(put_through, Outcome::Done);
        assert_eq!(
            fake.lines(),
            [
                "DELETE /ari/channels/rm1.c.1.1/moh",
                "POST /ari/bridges/rm1.b.1/addChannel?channel=rm1.x.1.1",
                "DELETE /ari/channels/rm1.c.1.1/moh",
            ]
        );
    }
}
