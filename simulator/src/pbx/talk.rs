//! Talk detection: what `TALK_DETECT` tells of what a far end says.

use serde_json::json;

use super::callee::Voice;
use super::channel::Leg;
use super::clock::{MILLI, micros};
use super::model::{Pbx, Task};

/// The function that begins it and the one that ends it, as variables are set.
const SET: &str = "TALK_DETECT(set)";
const REMOVE: &str = "TALK_DETECT(remove)";
/// The silence that ends talk unless another is given, in milliseconds.
const SILENCE_MS: u64 = 2_500;
/// How soon talk is noticed.
const NOTICED: u64 = 20 * MILLI;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Talk {
    Begins,
    /// So many milliseconds of talk are over.
    Ended(u64),
}

impl Voice {
    /// From when until when it talks, in milliseconds after the answer: those of the lab's callees.
    fn talks(self) -> &'static [(u64, u64)] {
        match self {
            Self::Person => &[(0, 600)],
            Self::Machine => &[(500, 4_500), (5_000, 5_400)],
            Self::Silence => &[],
        }
    }
}

impl Pbx {
    /// A variable was set that may be a function of talk detection.
    pub(super) fn set_talk_detection(&mut self, leg: &Leg, name: &str) {
        match name {
            SET => self.detect_talk(leg),
            REMOVE => {
                if let Some(channel) = self.live(leg) {
                    channel.talk_detection = None;
                }
            }
            _ => {}
        }
    }

    /// From now on the leg's talk is told, if it is up and that was asked for.
    pub(super) fn detect_talk(&mut self, leg: &Leg) {
        let (now, serial) = (self.now, self.next_serial());
        let Some(channel) = self.live(leg) else { return };
        let (Some(answered), Some(asked)) = (channel.answered_at, channel.variables.get(SET)) else { return };
        let silence_ms = asked.value.split(',').next().and_then(|ms| ms.parse().ok()).unwrap_or(SILENCE_MS);
        channel.talk_detection = Some(serial);
        let talks = channel.voice.talks();
        for (from, until) in talks {
            let (from, until) = (answered + micros(*from), answered + micros(*until));
            if until <= now {
                continue;
            }
            let heard = from.max(now);
            let lasted = (until - heard) / MILLI;
            self.tasks.add(heard + NOTICED, Task::Talk(leg.clone(), serial, Talk::Begins));
            self.tasks.add(until + micros(silence_ms), Task::Talk(leg.clone(), serial, Talk::Ended(lasted)));
        }
    }

    /// Talk begins or has ended, as whoever asked for it under that serial is told.
    pub(super) fn tell_talk(&mut self, leg: &Leg, serial: u64, talk: Talk) {
        if self.live(leg).is_none_or(|channel| channel.talk_detection != Some(serial)) {
            return;
        }
        match talk {
            Talk::Begins => self.publish_channel(&leg.id, "ChannelTalkingStarted", json!({})),
            Talk::Ended(ms) => {
                self.publish_channel(&leg.id, "ChannelTalkingFinished", json!({ "duration": ms }));
            }
        }
    }
}
