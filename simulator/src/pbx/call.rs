//! The life of a leg after its INVITE: ringing, answer, Stasis, and every way to end.

use serde_json::{Value, json};

use super::application::About;
use super::callee::{Signal, Stay, Voice};
use super::cause;
use super::channel::{Channel, Ending, Leg, State, Variable};
use super::clock::{SECOND, micros};
use super::far_end::Side;
use super::model::{Pbx, Task};
use super::request::{Reply, Request};

/// The variable whose setting limits the length of a call, in seconds from its setting.
const ABSOLUTE_TIMEOUT: &str = "TIMEOUT(absolute)";

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
            Signal::Progress => self.publish_dial(&leg.id, "PROGRESS", ""),
            Signal::Answer => self.answer(leg),
            Signal::Refuse(302) => self.redirect(leg),
            Signal::Refuse(status) => self.refuse(leg, status),
        }
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
        let (line, stay, press) = (channel.invite, channel.stay, channel.press);
        self.invites[line].answered_at = Some(now);
        self.invites[line].status = Some(200);
        self.publish_channel(&leg.id, "ChannelStateChange", json!({}));
        self.publish_dial(&leg.id, "ANSWER", "");
        let thread_start = self.jitter(100, 600);
        self.later(thread_start, Task::EnterStasis(leg.clone()));
        match stay {
            Stay::UntilHungUp => {}
            Stay::For { ms } => self.later(micros(ms), Task::Bye(leg.clone())),
            Stay::Conversation { patience_ms, .. } => {
                self.later(micros(patience_ms), Task::LosePatience(leg.clone()))
            }
        }
        if let Some(press) = press {
            self.later(
                micros(press.after_ms),
                Task::Press(leg.clone(), press.digit),
            );
        }
    }

    /// The answered leg reaches its application, or nobody: then the callee has been called for nothing.
    pub(super) fn enter_stasis(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let (app, args) = (channel.app.clone(), channel.app_args.clone());
        if self.is_active(&app) {
            self.start_stasis(leg, args);
        } else {
            self.end(
                leg,
                Side::Pbx,
                Ending {
                    cause: cause::UNKNOWN,
                    tech_cause: None,
                    dial_status: None,
                },
            );
        }
    }

    fn start_stasis(&mut self, leg: &Leg, args: Vec<String>) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        channel.in_stasis = true;
        let app = channel.app.clone();
        self.subscribe_channel(&app, &leg.id);
        self.publish_variable(&leg.id, "STASISSTATUS", "");
        self.publish_channel(&leg.id, "StasisStart", json!({ "args": args }));
    }

    /// A final response that is none of 2xx and 3xx.
    fn refuse(&mut self, leg: &Leg, status: u16) {
        let cause = cause::of_sip(status);
        let Some(channel) = self.live(leg) else {
            return;
        };
        let tech_cause = channel.endpoint.is_sip().then_some(status);
        let line = channel.invite;
        self.invites[line].status = Some(status);
        self.publish_hangup_request(&leg.id, cause, tech_cause, false);
        let ending = Ending {
            cause,
            tech_cause,
            dial_status: Some(cause::dial_status(cause)),
        };
        self.end(leg, Side::Callee, ending);
    }

    /// 302: Asterisk forwards to a new Local channel. In the shipped dialplan that one hangs up at once, so only the
    /// end of ours is left to be seen.
    fn redirect(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let line = channel.invite;
        let forward = format!("Local/{}@hang-up", channel.endpoint.number());
        self.invites[line].status = Some(302);
        self.publish_dial(&leg.id, "CANCEL", &forward);
        self.end(
            leg,
            Side::Callee,
            Ending {
                cause: cause::UNKNOWN,
                tech_cause: None,
                dial_status: None,
            },
        );
    }

    /// Our own timeout: no `ChannelHangupRequest`, no last `Dial`, and a `tech_cause` that nobody sent.
    pub(super) fn ring_timeout(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        if channel.state != State::Up {
            let cause = cause::NO_ANSWER;
            let tech_cause = channel
                .endpoint
                .is_sip()
                .then(|| cause::to_sip(cause))
                .flatten();
            self.end(
                leg,
                Side::Pbx,
                Ending {
                    cause,
                    tech_cause,
                    dial_status: None,
                },
            );
        }
    }

    /// Sets the timer that the variable asks for, `from` that time on; 0 or nonsense stops it.
    pub(super) fn arm_absolute_timeout(&mut self, leg: &Leg, from: u64) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let Some(limit) = channel.variables.get(ABSOLUTE_TIMEOUT) else {
            return;
        };
        let seconds = limit.value.parse::<u64>().unwrap_or(0);
        let deadline = (seconds > 0).then(|| from.saturating_add(seconds.saturating_mul(SECOND)));
        channel.absolute_deadline = deadline;
        if let Some(deadline) = deadline {
            self.tasks.add(deadline, Task::AbsoluteTimeout(leg.clone()));
        }
    }

    pub(super) fn absolute_timeout(&mut self, leg: &Leg) {
        let now = self.now;
        let Some(channel) = self.live(leg) else {
            return;
        };
        // A refreshed limit has a later task of its own.
        if channel
            .absolute_deadline
            .is_some_and(|deadline| deadline <= now)
        {
            let ending = clearing(channel);
            self.end(leg, Side::Pbx, ending);
        }
    }

    pub(super) fn lose_patience(&mut self, leg: &Leg) {
        if self.live(leg).is_some_and(|channel| !channel.has_talked) {
            self.far_end_bye(leg);
        }
    }

    pub(super) fn far_end_bye(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let ending = clearing(channel);
        self.publish_hangup_request(&leg.id, ending.cause, None, false);
        self.end(leg, Side::Callee, ending);
    }

    pub(super) fn far_end_press(&mut self, leg: &Leg, digit: char) {
        if self.live(leg).is_some() {
            let digit = json!({ "digit": digit, "duration_ms": 100 });
            self.publish_channel(&leg.id, "ChannelDtmfReceived", digit);
        }
    }

    /// `DELETE /channels/{id}`.
    pub(super) fn hang_up(&mut self, id: &str, request: &Request) -> Reply {
        let cause = match requested_cause(request) {
            Ok(cause) => cause,
            Err(refusal) => return refusal,
        };
        let Some(channel) = self.channels.get(id) else {
            return Reply::error(404, "Channel not found");
        };
        // A channel that is going already is not asked again, and keeps its cause.
        if channel.ending.is_none() {
            let leg = channel.leg.clone();
            let tech_cause = channel
                .endpoint
                .is_sip()
                .then(|| cause::to_sip(cause))
                .flatten();
            let dial_status = (channel.state != State::Up).then(|| cause::dial_status(cause));
            self.publish_hangup_request(id, cause, tech_cause, true);
            self.end(
                &leg,
                Side::Pbx,
                Ending {
                    cause,
                    tech_cause,
                    dial_status,
                },
            );
        }
        Reply::no_content()
    }

    /// `POST /channels/{id}/continue`: the dialplan has the AMD context; in any other one it hangs up.
    pub(super) fn continue_in_dialplan(&mut self, id: &str, request: &Request) -> Reply {
        let leg = match self.controlled(id) {
            Ok(channel) => channel.leg.clone(),
            Err(refusal) => return refusal,
        };
        self.leave_bridge(id);
        self.fail_playbacks(id);
        self.end_stasis(id);
        let Some(channel) = self.live(&leg) else {
            return Reply::no_content();
        };
        let voice = channel.voice;
        if request.param("context").as_ref() == Some(&self.config.amd_context) {
            let (after_ms, _, _) = verdict(voice);
            self.later(micros(after_ms), Task::AmdVerdict(leg));
        } else {
            self.end(
                &leg,
                Side::Pbx,
                Ending {
                    cause: cause::NORMAL,
                    tech_cause: None,
                    dial_status: None,
                },
            );
        }
        Reply::no_content()
    }

    /// The AMD context ends in `Stasis(app,amd,${AMDSTATUS},${AMDCAUSE})`.
    pub(super) fn amd_verdict(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let app = channel.app.clone();
        let (_, status, reason) = verdict(channel.voice);
        self.set_variable(leg, "AMDSTATUS", status);
        self.set_variable(leg, "AMDCAUSE", reason);
        if self.is_active(&app) {
            self.start_stasis(
                leg,
                vec!["amd".to_owned(), status.to_owned(), reason.to_owned()],
            );
        } else {
            self.end(
                leg,
                Side::Pbx,
                Ending {
                    cause: cause::UNKNOWN,
                    tech_cause: None,
                    dial_status: None,
                },
            );
        }
    }

    pub(super) fn set_variable(&mut self, leg: &Leg, name: &str, value: &str) {
        let now = self.now;
        let Some(channel) = self.live(leg) else {
            return;
        };
        let variable = channel.variables.entry(name.to_owned());
        variable.or_insert_with(Variable::unreported).value = value.to_owned();
        if name == ABSOLUTE_TIMEOUT {
            self.arm_absolute_timeout(leg, now);
        }
        self.publish_variable(&leg.id, name, value);
    }

    /// Marks the channel as going and leaves the rest to its thread.
    fn end(&mut self, leg: &Leg, side: Side, ending: Ending) {
        let now = self.now;
        let Some(channel) = self.live(leg) else {
            return;
        };
        channel.ending = Some(ending);
        let line = channel.invite;
        self.invites[line].end(now, 487, side);
        let wake_up = self.jitter(200, 1_500);
        self.later(wake_up, Task::Teardown(leg.clone()));
    }

    pub(super) fn tear_down(&mut self, leg: &Leg) {
        let Some(channel) = self
            .channels
            .get(&leg.id)
            .filter(|channel| channel.leg == *leg)
        else {
            return;
        };
        let Some(ending) = channel.ending else { return };
        let spoke_rtp = channel.state == State::Up && channel.endpoint.is_sip();
        self.leave_bridge(&leg.id);
        self.fail_playbacks(&leg.id);
        if let Some(status) = ending.dial_status {
            self.publish_dial(&leg.id, status, "");
        }
        self.end_stasis(&leg.id);
        if spoke_rtp {
            self.publish_rtp_statistics(&leg.id);
        }
        let mut body = json!({ "cause": ending.cause, "cause_txt": cause::text(ending.cause) });
        if let Some(tech_cause) = ending.tech_cause {
            body["tech_cause"] = json!(tech_cause);
        }
        self.publish_channel(&leg.id, "ChannelDestroyed", body);
        self.channels.remove(&leg.id);
        self.forget_channel(&leg.id);
    }

    fn end_stasis(&mut self, id: &str) {
        let Some(channel) = self
            .channels
            .get_mut(id)
            .filter(|channel| channel.in_stasis)
        else {
            return;
        };
        channel.in_stasis = false;
        let app = channel.app.clone();
        self.publish_variable(id, "STASISSTATUS", "SUCCESS");
        self.publish_channel(id, "StasisEnd", json!({}));
        self.unsubscribe_channel(&app, id);
    }

    /// Noise that every answered SIP call makes, and that a client should filter.
    fn publish_rtp_statistics(&mut self, id: &str) {
        for part in ["", "JITTER", "LOSS", "RTT", "MES"] {
            self.publish_variable(
                id,
                &format!("RTPAUDIOQOS{part}"),
                "ssrc=0;rxcount=0;txcount=0",
            );
        }
    }

    fn publish_hangup_request(
        &mut self,
        id: &str,
        cause: u16,
        tech_cause: Option<u16>,
        soft: bool,
    ) {
        let mut body = json!({});
        if cause != cause::UNKNOWN {
            body["cause"] = json!(cause);
        }
        if let Some(tech_cause) = tech_cause {
            body["tech_cause"] = json!(tech_cause);
        }
        if soft {
            body["soft"] = json!(true);
        }
        self.publish_channel(id, "ChannelHangupRequest", body);
    }

    fn publish_dial(&mut self, id: &str, status: &str, forward: &str) {
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

    fn publish_variable(&mut self, id: &str, name: &str, value: &str) {
        self.publish_channel(
            id,
            "ChannelVarset",
            json!({ "variable": name, "value": value }),
        );
    }

    pub(super) fn publish_channel(&mut self, id: &str, kind: &str, mut body: Value) {
        body["channel"] = self.channel_json(id);
        self.publish(About::channel(id), kind, body);
    }
}

/// How a call ends for which nobody named a cause: 0 outside a bridge, 16 inside one.
fn clearing(channel: &Channel) -> Ending {
    let cause = if channel.bridge.is_some() {
        cause::NORMAL
    } else {
        cause::UNKNOWN
    };
    let dial_status = (channel.state != State::Up).then(|| cause::dial_status(cause));
    Ending {
        cause,
        tech_cause: None,
        dial_status,
    }
}

/// The cause that a `DELETE` asks for. Any number is taken, as Asterisk takes it.
fn requested_cause(request: &Request) -> Result<u16, Reply> {
    match (request.param("reason"), request.param("reason_code")) {
        (Some(_), Some(_)) => Err(Reply::error(
            400,
            "The reason and reason_code query parameters can't both be specified",
        )),
        (Some(reason), None) => {
            cause::of_reason(&reason).ok_or_else(|| Reply::error(400, "Invalid Reason"))
        }
        (None, Some(code)) => code
            .parse()
            .map_err(|_| Reply::error(400, "Invalid Reason Code")),
        (None, None) => Ok(cause::NORMAL),
    }
}

/// What `AMD()` says with its defaults, and how many milliseconds it takes: measured with synthetic sound.
fn verdict(voice: Voice) -> (u64, &'static str, &'static str) {
    match voice {
        Voice::Person => (1_383, "HUMAN", "HUMAN-800-800"),
        Voice::Machine => (1_482, "MACHINE", "LONGGREETING-1500-1500"),
        Voice::Silence => (2_502, "MACHINE", "INITIALSILENCE-2500-2500"),
    }
}
