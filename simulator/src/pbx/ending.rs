//! Every way in which a leg ends, and what it leaves behind.

use serde_json::json;

use super::application::About;
use super::cause;
use super::channel::{Channel, Ending, Leg, State};
use super::clock::SECOND;
use super::far_end::Side;
use super::model::{Pbx, Task};
use super::request::{Reply, Request};

/// The variable whose setting limits the length of a call, in seconds from its setting.
pub(super) const ABSOLUTE_TIMEOUT: &str = "TIMEOUT(absolute)";

impl Pbx {
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
            let tech_cause = invented_tech_cause(channel, cause);
            let dial_status = (channel.state != State::Up).then(|| cause::dial_status(cause));
            self.publish_hangup_request(id, cause, tech_cause, true);
            self.end(&leg, Side::Pbx, Ending { cause, tech_cause, dial_status });
        }
        Reply::no_content()
    }

    /// A final response that is no 2xx. A Local leg hears of it through our dialplan.
    pub(super) fn refuse(&mut self, leg: &Leg, status: u16) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let (cause, tech_cause) = match (channel.endpoint.is_sip(), status) {
            (true, 302) => return self.redirect(leg),
            (true, _) => (cause::of_sip(status), Some(status)),
            (false, _) => (cause::through_dialplan(status), None),
        };
        let line = channel.invite;
        self.invites[line].status = Some(status);
        self.tell_far_end(leg, status);
        self.publish_hangup_request(&leg.id, cause, tech_cause, false);
        let ending = Ending { cause, tech_cause, dial_status: Some(cause::dial_status(cause)) };
        self.end(leg, Side::Callee, ending);
    }

    /// Our dialplan tells, of the half that it has, what the far end responded: of a 302 only what Asterisk took in before it.
    fn tell_far_end(&mut self, leg: &Leg, status: u16) {
        let mut shown = self.channel_json(&leg.id);
        let Some(channel) = self.live(leg) else {
            return;
        };
        let Some(half) = channel.other_half.clone() else {
            return;
        };
        shown["id"] = json!(half);
        shown["name"] = json!(channel.name.replace(";1", ";2"));
        let sip = if status == 302 { "100".to_owned() } else { status.to_string() };
        let told = json!({ "eventname": "far-end", "sip": sip });
        let body = json!({ "channel": shown, "eventname": "far-end", "userevent": told });
        self.publish(About::channel(&half), "ChannelUserevent", body);
    }

    /// 302 straight from a trunk: Asterisk forwards to a new Local channel. In the shipped dialplan that one hangs up at once, so only the
    /// end of ours is left to be seen.
    fn redirect(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let line = channel.invite;
        let forward = format!("Local/{}@hang-up", channel.endpoint.number());
        self.invites[line].status = Some(302);
        self.publish_dial(&leg.id, "CANCEL", &forward);
        self.end(leg, Side::Callee, Ending::quiet(cause::UNKNOWN));
    }

    /// Our own timeout: no `ChannelHangupRequest`, no last `Dial`, and a `tech_cause` that nobody sent.
    pub(super) fn ring_timeout(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        if channel.state != State::Up {
            let cause = cause::NO_ANSWER;
            let tech_cause = invented_tech_cause(channel, cause);
            self.end(leg, Side::Pbx, Ending { cause, tech_cause, dial_status: None });
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
        if channel.absolute_deadline.is_some_and(|deadline| deadline <= now) {
            let ending = clearing(channel);
            self.end(leg, Side::Pbx, ending);
        }
    }

    pub(super) fn lose_patience(&mut self, leg: &Leg) {
        if self.live(leg).is_some_and(|channel| !channel.has_talked) {
            self.far_end_bye(leg);
        }
    }

    /// Every answered call to this number is ended by its far end.
    pub(super) fn far_end_hangs_up(&mut self, number: &str) {
        let is_meant = |channel: &&Channel| channel.state == State::Up && channel.endpoint.number() == number;
        let legs: Vec<Leg> =
            self.channels.values().filter(is_meant).map(|channel| channel.leg.clone()).collect();
        for leg in legs {
            self.far_end_bye(&leg);
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

    /// Marks the channel as going and leaves the rest to its thread.
    pub(super) fn end(&mut self, leg: &Leg, side: Side, ending: Ending) {
        let now = self.now;
        let Some(channel) = self.live(leg) else {
            return;
        };
        channel.ending = Some(ending);
        let (line, replies) = (channel.invite, channel.replies);
        // Who never replied does not confirm that the call was cancelled either.
        self.invites[line].end(now, replies.then_some(487), side);
        let wake_up = self.jitter(200, 1_500);
        self.later(wake_up, Task::Teardown(leg.clone()));
    }

    pub(super) fn tear_down(&mut self, leg: &Leg) {
        let Some(channel) = self.channels.get(&leg.id).filter(|channel| channel.leg == *leg) else {
            return;
        };
        let Some(ending) = channel.ending else { return };
        let spoke_rtp = channel.state == State::Up && channel.endpoint.is_sip();
        self.leave_bridge(&leg.id);
        self.fail_playbacks(&leg.id);
        self.finish_recordings(&leg.id);
        self.end_snoops(&leg.id);
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
        let gone = self.channels.remove(&leg.id);
        for half in [Some(leg.id.clone()), gone.and_then(|channel| channel.other_half)].into_iter().flatten()
        {
            self.forget_channel(&half);
        }
    }

    pub(super) fn end_stasis(&mut self, id: &str) {
        let Some(channel) = self.channels.get_mut(id).filter(|channel| channel.in_stasis) else {
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
            self.publish_variable(id, &format!("RTPAUDIOQOS{part}"), "ssrc=0;rxcount=0;txcount=0");
        }
    }

    fn publish_hangup_request(&mut self, id: &str, cause: u16, tech_cause: Option<u16>, soft: bool) {
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
}

/// How a call ends for which nobody named a cause: 0 outside a bridge, 16 inside one. A Local leg ends through the
/// dialplan, which is a clearing.
fn clearing(channel: &Channel) -> Ending {
    let normal = channel.bridge.is_some() || !channel.endpoint.is_sip();
    let cause = if normal { cause::NORMAL } else { cause::UNKNOWN };
    let dial_status = (channel.state != State::Up).then(|| cause::dial_status(cause));
    Ending { cause, tech_cause: None, dial_status }
}

/// The cause that a `DELETE` asks for. Any number is taken, as Asterisk takes it.
fn requested_cause(request: &Request) -> Result<u16, Reply> {
    match (request.param("reason"), request.param("reason_code")) {
        (Some(_), Some(_)) => {
            Err(Reply::error(400, "The reason and reason_code query parameters can't both be specified"))
        }
        (Some(reason), None) => cause::of_reason(&reason).ok_or_else(|| Reply::error(400, "Invalid Reason")),
        (None, Some(code)) => code.parse().map_err(|_| Reply::error(400, "Invalid Reason Code")),
        (None, None) => Ok(cause::NORMAL),
    }
}

/// The SIP code that nobody sent, on a channel that can have one.
fn invented_tech_cause(channel: &Channel, cause: u16) -> Option<u16> {
    cause::to_sip(cause).filter(|_| channel.endpoint.is_sip())
}
