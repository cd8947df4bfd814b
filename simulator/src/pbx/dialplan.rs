//! The little dialplan behind `continue`, and the variables of channels.

use super::callee::Voice;
use super::cause;
use super::channel::{Ending, Leg, Variable};
use super::clock::micros;
use super::ending::ABSOLUTE_TIMEOUT;
use super::far_end::Side;
use super::model::{Pbx, Task};
use super::request::{Reply, Request};

/// Which application a channel goes to from the AMD context, and which where it does not say.
const STASIS_APP: &str = "STASIS_APP";
const USUAL_APP: &str = "autodialer";

impl Pbx {
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
            self.end(&leg, Side::Pbx, Ending::quiet(cause::NORMAL));
        }
        Reply::no_content()
    }

    /// The AMD context ends in `Stasis(app,amd,${AMDSTATUS},${AMDCAUSE})`; the channel names the application.
    pub(super) fn amd_verdict(&mut self, leg: &Leg) {
        let Some(channel) = self.live(leg) else {
            return;
        };
        let (_, status, reason) = verdict(channel.voice);
        let named = channel.variables.get(STASIS_APP).map(|named| named.value.clone());
        channel.app = named.filter(|app| !app.is_empty()).unwrap_or_else(|| USUAL_APP.to_owned());
        self.set_variable(leg, "AMDSTATUS", status);
        self.set_variable(leg, "AMDCAUSE", reason);
        let args = ["amd", status, reason].map(str::to_owned);
        self.enter_stasis(leg, args.into());
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
        self.set_talk_detection(leg, name);
        self.publish_variable(&leg.id, name, value);
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
