//! Takes of conversations: channels that listen to the callee's leg, each recorded into a file of its own name.
//!
//! Such a channel ends with the leg it listens to, and its recording with it. To end a take is to hang them up.

use std::time::Duration;

use engine::recording::{Format, TakeId, Track};
use engine::{Failure, Outcome};

use super::{Executor, done, failure};
use crate::ari::reply::{Error, Kind};
use crate::ari::requests::{Direction, Hangup, Reason, Recording};
use crate::ari::wire::{ChannelId, RecordingName};

/// A channel that listens is there before it is under our command, and cannot be recorded until then: three in ten are not
/// when their reply comes (measured on Asterisk 22.10).
const ENTRY_TRIES: u32 = 40;
const ENTRY_EVERY: Duration = Duration::from_millis(5);

/// What takes are made by, apart from their formats.
const MODULES: [&str; 2] = ["res_stasis_recording.so", "res_stasis_snoop.so"];

impl Executor {
    pub(super) async fn begin_take(&self, take: TakeId, stereo: bool, format: Format) -> Outcome {
        let mut goes_on = false;
        for (before, &track) in Track::of(stereo).iter().enumerate() {
            match self.begin_track(take, track, format).await {
                Ok(went_on) => goes_on |= went_on,
                Err(error) => {
                    tracing::warn!(take = self.signature.track(take, track), %error, "a conversation is not recorded");
                    let ended = self.end_take(take, stereo).await;
                    return Outcome::Failed(not_begun(&error, before > 0, &ended));
                }
            }
        }
        if goes_on { Outcome::Failed(Failure::Exists) } else { Outcome::Done }
    }

    /// Says whether an earlier process has begun it, which may also have come no further than to listen.
    async fn begin_track(&self, take: TakeId, track: Track, format: Format) -> Result<bool, Error> {
        match self.listen(take, track).await {
            Ok(()) => {}
            // Asterisk only says that no such channel can be made.
            Err(error) if error.kind() == Some(Kind::Other) && self.listens(take, track).await => {
                if self.may_be_recorded(take, track).await {
                    return Ok(true);
                }
            }
            Err(error) => return Err(error),
        }
        self.record_track(take, track, format).await.map(|()| false)
    }

    /// Where one track cannot be silenced none is: a conversation of which half is missing serves nobody.
    pub(super) async fn pause_take(&self, take: TakeId, stereo: bool, paused: bool) -> Outcome {
        let tracks = Track::of(stereo);
        for (nth, &track) in tracks.iter().enumerate() {
            if let Err(error) = self.silence(take, track, paused).await {
                for &silenced in tracks[..nth].iter().filter(|_| paused) {
                    if let Err(error) = self.silence(take, silenced, false).await {
                        tracing::warn!(take = self.signature.track(take, silenced), %error, "a recording stays silent");
                    }
                }
                return Outcome::Failed(failure(&error));
            }
        }
        Outcome::Done
    }

    async fn silence(&self, take: TakeId, track: Track, on: bool) -> Result<(), Error> {
        let name = self.recording_name(take, track);
        if on { self.client.mute_recording(&name).await } else { self.client.unmute_recording(&name).await }
    }

    /// One that may go on with any of its tracks is not gone.
    pub(super) async fn end_take(&self, take: TakeId, stereo: bool) -> Outcome {
        let mut outcome = Outcome::Done;
        for &track in Track::of(stereo) {
            let ended = self.client.hangup(&self.listener(take, track), Hangup::Reason(Reason::Normal)).await;
            if let Err(error) = ended
                && is_over(&outcome)
            {
                outcome = Outcome::Failed(failure(&error));
            }
        }
        outcome
    }

    /// Whether recordings can be made in that format, as far as ARI tells: not whether the disk has room for them.
    pub(super) async fn find_format(&self, name: &str) -> Outcome {
        let Some(format) = Format::ALL.into_iter().find(|format| format.name() == name) else {
            return Outcome::Failed(Failure::Gone);
        };
        for module in MODULES.into_iter().chain([module_of(format)]) {
            match self.client.module(module).await {
                Ok(module) if module.status == "Running" => {}
                Ok(_) => return Outcome::Failed(Failure::Gone),
                Err(error) => return Outcome::Failed(failure(&error)),
            }
        }
        match self.client.recordings_folder().await {
            // Without its folder Asterisk has nothing better to say than that this failed.
            Err(Error::Http { .. }) => Outcome::Failed(Failure::Gone),
            reply => done(reply),
        }
    }

    async fn listen(&self, take: TakeId, track: Track) -> Result<(), Error> {
        let spy = match track {
            Track::Both => Direction::Both,
            Track::Callee => Direction::In,
            Track::Agent => Direction::Out,
        };
        let (leg, listener) = (self.channel(take.leg()), self.listener(take, track));
        self.client.snoop(&leg, &listener, &self.app, spy, Direction::None).await.map(drop)
    }

    async fn listens(&self, take: TakeId, track: Track) -> bool {
        self.client.channel(&self.listener(take, track)).await.is_ok()
    }

    async fn may_be_recorded(&self, take: TakeId, track: Track) -> bool {
        let goes_on = self.client.live_recording(&self.recording_name(take, track)).await;
        goes_on.map_or_else(|error| error.kind() != Some(Kind::Gone), |()| true)
    }

    async fn record_track(&self, take: TakeId, track: Track, format: Format) -> Result<(), Error> {
        let listener = self.listener(take, track);
        let recording = Recording {
            name: self.recording_name(take, track),
            format: format.name().to_owned(),
            duration_s_max: 0,
            silence_s_max: 0,
            beep: false,
        };
        for _ in 1..ENTRY_TRIES {
            match self.client.record_channel(&listener, &recording).await {
                Err(error) if error.kind() == Some(Kind::NotInStasis) => {
                    tokio::time::sleep(ENTRY_EVERY).await;
                }
                other => return other.map(drop),
            }
        }
        self.client.record_channel(&listener, &recording).await.map(drop)
    }

    fn listener(&self, take: TakeId, track: Track) -> ChannelId {
        ChannelId::new(self.signature.track(take, track))
    }

    fn recording_name(&self, take: TakeId, track: Track) -> RecordingName {
        RecordingName::new(self.signature.track(take, track))
    }
}

/// Whether what was to end a take has left nothing of it.
fn is_over(ended: &Outcome) -> bool {
    matches!(ended, Outcome::Done | Outcome::Failed(Failure::Gone))
}

/// A name that is taken is another's recording, not one of ours that goes on. Whatever may have begun has come to nothing once it is
/// ended, and what has begun may go on where it is not.
fn not_begun(error: &Error, has_a_track: bool, ended: &Outcome) -> Failure {
    let failure = failure(error);
    if has_a_track && !is_over(ended) {
        Failure::OutcomeUnknown
    } else if failure == Failure::Exists {
        Failure::Rejected
    } else if failure == Failure::OutcomeUnknown && is_over(ended) {
        Failure::Gone
    } else {
        failure
    }
}

/// What writes a format.
pub(crate) const fn module_of(format: Format) -> &'static str {
    match format {
        Format::Wav => "format_wav.so",
        Format::Ulaw | Format::Alaw => "format_pcm.so",
        Format::Gsm => "format_gsm.so",
    }
}

#[cfg(test)]
mod tests {
    use engine::words::AttemptId;

    use super::*;
    use crate::ari::execute::testing::executor;
    use crate::ari::fake::{Act, Fake};

    #[tokio::test]
    async fn where_one_track_cannot_be_silenced_the_other_is_heard_again() {
        let done = || Act::Reply(204, "");
        let refused = Act::Reply(409, r#"{"message": "Recording not in session"}"#);
        let fake = Fake::start(vec![done(), refused, done()], vec![]).await;
        let take = TakeId { attempt: AttemptId(1), ordinal: 1, nth: 1 };
        let outcome = executor(&fake).pause_take(take, true, true).await;
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        let lines = fake.lines();
        let said: Vec<&str> =
            lines.iter().filter_map(|line| line.split_once("/live/")).map(|(_, said)| said).collect();
        assert_eq!(said.len(), 3, "{lines:?}");
        assert_eq!(lines[2], lines[0].replace("POST", "DELETE"), "{lines:?}");
    }

    const STEREO: TakeId = TakeId { attempt: AttemptId(1), ordinal: 1, nth: 1 };

    /// What comes of it where Asterisk answers so.
    async fn on_asterisk(answers: Vec<Act>, work: impl AsyncFn(Executor) -> Outcome) -> Outcome {
        let fake = Fake::start(answers, vec![]).await;
        work(executor(&fake)).await
    }

    #[tokio::test]
    async fn a_take_that_may_still_be_recorded_is_not_gone_since_its_other_track_is() {
        let gone = || Act::Reply(404, r#"{"message": "Channel not found"}"#);
        let done = || Act::Reply(204, "");
        let lost = || [Act::Break(""), Act::Break("")];
        let end = async |pbx: Executor| pbx.end_take(STEREO, true).await;
        for (answers, told) in [
            (vec![done(), done()], Outcome::Done),
            (vec![gone(), gone()], Outcome::Failed(Failure::Gone)),
            (vec![gone(), done()], Outcome::Failed(Failure::Gone)),
            ([lost().to_vec(), vec![gone()]].concat(), Outcome::Failed(Failure::OutcomeUnknown)),
            ([vec![gone()], lost().to_vec()].concat(), Outcome::Failed(Failure::OutcomeUnknown)),
            ([lost().to_vec(), vec![done()]].concat(), Outcome::Failed(Failure::OutcomeUnknown)),
        ] {
            let asked = format!("{answers:?}");
            assert_eq!(on_asterisk(answers, end).await, told, "{asked}");
        }
    }

    #[tokio::test]
    async fn a_take_that_is_not_begun_as_a_whole_has_failed_once_its_channels_are_gone_and_may_go_on_until_then()
     {
        let gone = || Act::Reply(404, r#"{"message": "Channel not found"}"#);
        let lost = || Act::Break("");
        let made = || Act::Reply(200, r#"{"id": "s"}"#);
        let one_track = || vec![made(), Act::Reply(201, r#"{"name": "r"}"#)];
        let refused = || Act::Reply(409, r#"{"message": "Recording already exists"}"#);
        let begin = async |pbx: Executor| pbx.begin_take(STEREO, true, Format::Wav).await;
        for (then, told) in [
            // The other channel was not made, or cannot be recorded.
            (vec![lost(), Act::Reply(204, ""), gone()], Failure::Gone),
            (vec![made(), lost()], Failure::Gone),
            // And whether the first one is gone nobody can tell either.
            (vec![lost(), lost(), lost(), gone()], Failure::OutcomeUnknown),
            (vec![made(), refused(), lost(), lost(), gone()], Failure::OutcomeUnknown),
            (vec![made(), refused(), gone(), gone()], Failure::Rejected),
        ] {
            let asked = format!("{then:?}");
            let answers = [one_track(), then].concat();
            assert_eq!(on_asterisk(answers, begin).await, Outcome::Failed(told), "{asked}");
        }
    }

    #[tokio::test]
    async fn a_take_that_an_earlier_process_had_only_begun_to_listen_for_is_recorded_from_now_on() {
        let listens = || {
            let refused = Act::Reply(500, r#"{"message": "Snoop channel could not be created"}"#);
            vec![refused, Act::Reply(200, r#"{"id": "s"}"#)]
        };
        let goes_on = || Act::Reply(200, r#"{"name": "r"}"#);
        let gone = || Act::Reply(404, r#"{"message": "Recording not found"}"#);
        let begins = || Act::Reply(201, r#"{"name": "r"}"#);
        let made = || Act::Reply(200, r#"{"id": "s"}"#);
        let exists = Outcome::Failed(Failure::Exists);
        for (stereo, then, told, asked) in [
            (false, vec![goes_on()], exists.clone(), 3),
            (false, vec![gone(), begins()], Outcome::Done, 4),
            // Whether it goes on nobody can tell, and to begin it anew would end it.
            (false, vec![Act::Break(""), Act::Break("")], exists.clone(), 4),
            // It had not come to the agent's side.
            (true, vec![goes_on(), made(), begins()], exists.clone(), 5),
            (true, [vec![goes_on()], listens(), vec![gone(), begins()]].concat(), exists.clone(), 7),
            (true, [vec![goes_on()], listens(), vec![goes_on()]].concat(), exists, 6),
        ] {
            let case = format!("{then:?}");
            let fake = Fake::start([listens(), then].concat(), vec![]).await;
            assert_eq!(executor(&fake).begin_take(STEREO, stereo, Format::Wav).await, told, "{case}");
            assert_eq!(fake.lines().len(), asked, "{case}: {:#?}", fake.lines());
        }
    }
}
