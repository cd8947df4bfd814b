//! The life of a leg between its INVITE and its end: ringing, answer, Stasis.

use serde_json::{Value, json};

use super::application::About;
use super::callee::{Press, Signal, Stay};
use super::cause;
use super::channel::{Ending, Leg, State};
use super::clock::micros;
use super::far_end::Side;
use super::model::{Pbx, Task};

/// The variable whose keys the shipped dialplan sends with the first early media.
const DIGITS_BEFORE_ANSWER: &str = "DIGITS_BEFORE_ANSWER";

impl Pbx {
    pub(super) fn announce_dial(&mut self, leg: &Leg) {
        if self.live(leg).is_some() {
            self.publish_dial(&leg.id, "", "");
        }
    }

    pub(super) fn hear_signal(&mut self, leg: &Leg, signal: Signal) {
        if self.live(leg).is_none() {
            return;
        }
        match signal {
            Signal::Ringing => self.ring(leg),
            Signal::Progress => self.progress(leg),
            Signal::Answer => self.answer(leg),
            Signal::Refuse(status) => self.refuse(leg, status),
        }
    }

    /// Early media. Where the call goes through the dialplan, that sends the keys that the call has for it.
    fn progress(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let queued = channel.variables.get(DIGITS_BEFORE_ANSWER).filter(|_| !channel.endpoint.is_sip());
        let digits = queued.map(|variable| variable.value.clone()).unwrap_or_default();
        let line = channel.invite;
        self.invites[line].digits.extend(digits.chars().filter(|c| !matches!(c, 'w' | 'W')));
        self.publish_dial(&leg.id, "PROGRESS", "");
    }

    fn ring(&mut self, leg: &Leg) {
        let now = self.now;
        let Some(channel) = self.live(leg) else {
            return;
        };
        channel.state = State::Ringing;
        let line = channel.invite;
        self.invites[line].ringing_at = Some(now);
        // Two threads publish these; either may be first.
        if self.chance(500_000) {
            self.publish_dial(&leg.id, "RINGING", "");
            self.publish_channel(&leg.id, "ChannelStateChange", json!({}));
        } else {
            self.publish_channel(&leg.id, "ChannelStateChange", json!({}));
            self.publish_dial(&leg.id, "RINGING", "");
        }
    }

    fn answer(&mut self, leg: &Leg) {
        let now = self.now;
        let Some(channel) = self.live(leg) else {
            return;
        };
        channel.state = State::Up;
        channel.answered_at = Some(now);
        let (line, stay, presses) = (channel.invite, channel.stay, channel.press.clone());
        let args = channel.app_args.clone();
        self.invites[line].answered_at = Some(now);
        self.invites[line].status = Some(200);
        self.publish_channel(&leg.id, "ChannelStateChange", json!({}));
        self.publish_dial(&leg.id, "ANSWER", "");
        self.detect_talk(leg);
        let thread_start = self.jitter(100, 600);
        self.later(thread_start, Task::EnterStasis(leg.clone(), args));
        match stay {
            Stay::UntilHungUp => {}
            Stay::For { ms } => self.later(micros(ms), Task::Bye(leg.clone())),
            Stay::Conversation { patience_ms, .. } => {
                self.later(micros(patience_ms), Task::LosePatience(leg.clone()))
            }
        }
        let mut pressed_after: u64 = 0;
        for Press { after_ms, digit } in presses {
            pressed_after = pressed_after.saturating_add(micros(after_ms));
            self.later(pressed_after, Task::Press(leg.clone(), digit));
        }
    }

    /// The leg reaches its application, or nobody: then the callee has been called for nothing.
    pub(super) fn enter_stasis(&mut self, leg: &Leg, args: Vec<String>) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let app = channel.app.clone();
        if !self.is_active(&app) {
            self.end(leg, Side::Pbx, Ending::quiet(cause::UNKNOWN));
            return;
        }
        if let Some(channel) = self.live(leg) {
            channel.in_stasis = true;
        }
        self.subscribe_channel(&app, &leg.id);
        self.publish_variable(&leg.id, "STASISSTATUS", "");
        self.publish_channel(&leg.id, "StasisStart", json!({ "args": args }));
    }

    pub(super) fn far_end_press(&mut self, leg: &Leg, digit: char) {
        if self.live(leg).is_some() {
            self.pass_key_on(leg, digit);
            let digit = json!({ "digit": digit, "duration_ms": 100 });
            self.publish_channel(&leg.id, "ChannelDtmfReceived", digit);
        }
    }

    pub(super) fn publish_dial(&mut self, id: &str, status: &str, forward: &str) {
        let Some(channel) = self.channels.get(id) else {
            return;
        };
        let body = json!({
            "dialstatus": status,
            "dialstring": channel.endpoint.dial_string(),
            "forward": forward,
            "peer": self.channel_json(id),
        });
        self.publish(About::channel(id), "Dial", body);
    }

    pub(super) fn publish_variable(&mut self, id: &str, name: &str, value: &str) {
        self.publish_channel(id, "ChannelVarset", json!({ "variable": name, "value": value }));
    }

    pub(super) fn publish_channel(&mut self, id: &str, kind: &str, mut body: Value) {
        body["channel"] = self.channel_json(id);
        self.publish(About::channel(id), kind, body);
    }
}
