//! Q.850 causes, SIP codes and dial statuses, as Asterisk 22.9 and later turn one into another.
//!
//! The rows that matter to a dialler were measured; a SIP code without a row becomes 127.

/// The far end hung up without giving a reason, outside a bridge.
pub(super) const UNKNOWN: u16 = 0;
pub(super) const NORMAL: u16 = 16;
/// Our own originate timeout; indistinguishable by cause from a far-end 480.
pub(super) const NO_ANSWER: u16 = 19;
/// A redirection that our dialplan did not follow.
const REDIRECTED: u16 = 23;
/// What it passes on where the trunk refuses us.
const FACILITY_REJECTED: u16 = 29;

/// The cause that a final SIP response leaves on the channel.
pub(crate) fn of_sip(status: u16) -> u16 {
    match status {
        404 | 604 => 1,
        486 | 600 => 17,
        408 => 18,
        480 => NO_ANSWER,
        401 | 403 | 407 | 603 => 21,
        410 => 22,
        502 => 27,
        484 => 28,
        503 => 34,
        500 => 38,
        488 => 58,
        504 => 102,
        _ => 127,
    }
}

/// The cause that it leaves on a Local leg, as our dialplan passes it on: where SIP says more than Q.850 can, the cause
/// that says it best.
pub(super) fn through_dialplan(status: u16) -> u16 {
    match status {
        607 | 608 => 21,
        401 | 403 | 407 => FACILITY_REJECTED,
        300..=399 => REDIRECTED,
        _ => of_sip(status),
    }
}

/// The SIP code that the channel driver invents for a cause of our own; none for clearings it takes as normal.
pub(super) fn to_sip(cause: u16) -> Option<u16> {
    match cause {
        1..=3 => Some(404),
        17 => Some(486),
        18 => Some(408),
        NO_ANSWER | 20 | 31 => Some(480),
        21 => Some(403),
        22 => Some(410),
        27 => Some(502),
        28 => Some(484),
        29 => Some(501),
        34 | 42 | 66 => Some(503),
        38 | 127 => Some(500),
        58 => Some(488),
        _ => None,
    }
}

/// The last `dialstatus` of an unanswered leg: a coarser word than the cause.
pub(super) fn dial_status(cause: u16) -> &'static str {
    match cause {
        17 => "BUSY",
        34 => "CONGESTION",
        3 | 20 => "CHANUNAVAIL",
        _ => "NOANSWER",
    }
}

/// The cause behind `DELETE /channels/{id}?reason=`; `None` for a word that ARI does not know.
pub(super) fn of_reason(reason: &str) -> Option<u16> {
    let cause = match reason {
        "normal" => NORMAL,
        "busy" => 17,
        "congestion" => 34,
        "no_answer" => NO_ANSWER,
        "timeout" => 18,
        "rejected" => 21,
        "unallocated" => 1,
        "normal_unspecified" => 31,
        "number_incomplete" => 28,
        "codec_mismatch" => 58,
        "interworking" => 127,
        "failure" => 38,
        "answered_elsewhere" => 26,
        _ => return None,
    };
    Some(cause)
}

/// `cause_txt`.
pub(super) fn text(cause: u16) -> &'static str {
    match cause {
        1 => "Unallocated (unassigned) number",
        2 => "No route to specified transmit network",
        3 => "No route to destination",
        NORMAL => "Normal Clearing",
        17 => "User busy",
        18 => "No user responding",
        NO_ANSWER => "User alerting, no answer",
        20 => "Subscriber absent",
        21 => "Call Rejected",
        22 => "Number changed",
        REDIRECTED => "Redirected to new destination",
        26 => "Answered elsewhere",
        27 => "Destination out of order",
        28 => "Invalid number format",
        29 => "Facility rejected",
        31 => "Normal, unspecified",
        34 => "Circuit/channel congestion",
        38 => "Network out of order",
        42 => "Switching equipment congestion",
        58 => "Bearer capability not available",
        66 => "Channel not implemented",
        102 => "Recover on timer expiry",
        127 => "Interworking, unspecified",
        _ => "Unknown",
    }
}
