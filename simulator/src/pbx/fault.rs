//! Trouble on demand: faults that a test arms before it looks at what its client makes of them.

use serde::{Deserialize, Serialize};

use super::callee::AgentConduct;
use super::request::Request;

/// Something that goes wrong. As JSON: `{"fault": "drop_event", "nth": 1, "of": "StasisEnd"}`.
///
/// `nth` counts from the moment the fault is armed: 1 is the next one that matches (0 counts as 1). A fault fires
/// once. Several armed faults count side by side; where two hit the same event or request, the older one wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault", deny_unknown_fields)]
pub enum Fault {
    /// An event is lost.
    DropEvent {
        /// Which one.
        nth: u64,
        /// Only events of this type count.
        #[serde(default)]
        of: Option<String>,
    },
    /// An event arrives twice.
    DuplicateEvent {
        /// Which one.
        nth: u64,
        /// Only events of this type count.
        #[serde(default)]
        of: Option<String>,
    },
    /// An event arrives late, and others overtake it.
    DelayEvent {
        /// Which one.
        nth: u64,
        /// Only events of this type count.
        #[serde(default)]
        of: Option<String>,
        /// How late.
        by_ms: u64,
    },
    /// An event changes places with the one after it; it waits for that one for a second at most.
    ReorderEvent {
        /// Which one.
        nth: u64,
        /// Only events of this type count.
        #[serde(default)]
        of: Option<String>,
    },
    /// A request is refused without being carried out.
    FailRequest {
        /// Which one.
        nth: u64,
        /// Only requests whose line, such as `POST /channels/c1`, starts with this count.
        #[serde(default)]
        on: Option<String>,
        /// The HTTP status; 500 by default.
        #[serde(default = "internal_error")]
        status: u16,
    },
    /// A request is carried out, but its reply is lost.
    LoseReply {
        /// Which one.
        nth: u64,
        /// Only requests whose line starts with this count.
        #[serde(default)]
        on: Option<String>,
    },
    /// Requests are neither carried out nor answered for a while, and events wait; sockets stay open.
    Silence {
        /// How long.
        for_ms: u64,
    },
    /// Every event socket breaks, without a closing handshake. Calls go on.
    Cut,
    /// The PBX crashes and comes back with nothing: no channel, bridge or application; a new `startup_time`.
    Restart {
        /// How long it is away. Until then it is silent.
        down_ms: u64,
    },
    /// From now on a trunk behaves otherwise.
    Trunk {
        /// Its name.
        name: String,
        /// How.
        conduct: TrunkConduct,
    },
    /// From now on an agent's phone behaves otherwise when it is called.
    Phone {
        /// Its endpoint's name.
        name: String,
        /// How.
        conduct: AgentConduct,
    },
    /// Whoever was called by this number, or on this phone, and has answered hangs up.
    FarEndHangsUp {
        /// The number as dialled, or the phone's endpoint name.
        number: String,
    },
}

fn internal_error() -> u16 {
    500
}

/// How a trunk treats calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrunkConduct {
    /// Puts them through; the default.
    Up,
    /// Is not there: channels cannot be requested, the endpoint is `offline`.
    Offline,
    /// Refuses each with this final SIP response.
    Refuses(u16),
}

/// What becomes of one event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EventFate {
    Pass,
    Drop,
    Twice,
    /// Late by so many milliseconds.
    Late(u64),
    AfterNext,
}

/// What becomes of one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RequestFate {
    Serve,
    Refuse(u16),
    ServeMutely,
}

/// The counting faults that have not fired yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Armed {
    faults: Vec<Fault>,
}

impl Armed {
    pub(super) fn arm(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(super) fn judge_event(&mut self, kind: &str) -> EventFate {
        match self.count(|fault| counts_event(fault, kind)) {
            Some(Fault::DropEvent { .. }) => EventFate::Drop,
            Some(Fault::DuplicateEvent { .. }) => EventFate::Twice,
            Some(Fault::DelayEvent { by_ms, .. }) => EventFate::Late(by_ms),
            Some(Fault::ReorderEvent { .. }) => EventFate::AfterNext,
            Some(_) | None => EventFate::Pass,
        }
    }

    pub(super) fn judge_request(&mut self, request: &Request) -> RequestFate {
        let line = request.line();
        match self.count(|fault| counts_request(fault, &line)) {
            Some(Fault::FailRequest { status, .. }) => RequestFate::Refuse(status),
            Some(Fault::LoseReply { .. }) => RequestFate::ServeMutely,
            Some(_) | None => RequestFate::Serve,
        }
    }

    /// Counts down every fault that `matching` finds a counter in; takes out the first one that fires.
    fn count(&mut self, matching: impl Fn(&mut Fault) -> Option<&mut u64>) -> Option<Fault> {
        let mut fired = None;
        for (index, fault) in self.faults.iter_mut().enumerate() {
            if let Some(nth) = matching(fault) {
                *nth = nth.saturating_sub(1);
                if *nth == 0 && fired.is_none() {
                    fired = Some(index);
                }
            }
        }
        fired.map(|index| self.faults.remove(index))
    }
}

fn counts_event<'a>(fault: &'a mut Fault, kind: &str) -> Option<&'a mut u64> {
    match fault {
        Fault::DropEvent { nth, of }
        | Fault::DuplicateEvent { nth, of }
        | Fault::DelayEvent { nth, of, .. }
        | Fault::ReorderEvent { nth, of } => of.as_ref().is_none_or(|of| of == kind).then_some(nth),
        Fault::FailRequest { .. }
        | Fault::LoseReply { .. }
        | Fault::Silence { .. }
        | Fault::Cut
        | Fault::Restart { .. }
        | Fault::Trunk { .. }
        | Fault::Phone { .. }
        | Fault::FarEndHangsUp { .. } => None,
    }
}

fn counts_request<'a>(fault: &'a mut Fault, line: &str) -> Option<&'a mut u64> {
    match fault {
        Fault::FailRequest { nth, on, .. } | Fault::LoseReply { nth, on } => {
            on.as_ref().is_none_or(|on| line.starts_with(on.as_str())).then_some(nth)
        }
        Fault::DropEvent { .. }
        | Fault::DuplicateEvent { .. }
        | Fault::DelayEvent { .. }
        | Fault::ReorderEvent { .. }
        | Fault::Silence { .. }
        | Fault::Cut
        | Fault::Restart { .. }
        | Fault::Trunk { .. }
        | Fault::Phone { .. }
        | Fault::FarEndHangsUp { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_counts_only_what_matches_and_fires_once() {
        let mut armed = Armed::default();
        armed.arm(Fault::DropEvent { nth: 2, of: Some("Dial".to_owned()) });
        let kinds = ["Dial", "StasisStart", "Dial", "Dial"];
        let fates: Vec<EventFate> = kinds.iter().map(|kind| armed.judge_event(kind)).collect();
        assert_eq!(fates, [EventFate::Pass, EventFate::Pass, EventFate::Drop, EventFate::Pass]);
    }

    #[test]
    fn faults_have_a_readable_json_form() {
        let fault: Fault = serde_json::from_str(r#"{"fault":"fail_request","nth":1,"on":"POST /channels"}"#)
            .expect("the documented form");
        assert_eq!(fault, Fault::FailRequest { nth: 1, on: Some("POST /channels".to_owned()), status: 500 });
        let json = r#"{"fault":"trunk","name":"trunk-a","conduct":{"refuses":503}}"#;
        let fault: Fault = serde_json::from_str(json).expect("the documented form");
        assert_eq!(fault, Fault::Trunk { name: "trunk-a".to_owned(), conduct: TrunkConduct::Refuses(503) });
    }
}
