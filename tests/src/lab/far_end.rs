//! The trunks' far end: what a callee does depends on the number that was dialled.
//!
//! A number is `1555`, a code of three digits, a serial of four; a dial prefix in front of it changes nothing:
//!
//! | code | the callee |
//! |---|---|
//! | 200 | rings, answers after a second, talks for two, hangs up |
//! | 201 | answers at once and stays until we hang up |
//! | 202 | 183 with sound for half a second, answers, hangs up after two seconds |
//! | 203 | answers and hangs up at once |
//! | 204 | rings, answers after a second: a machine with a greeting and a tone, hangs up after thirty seconds |
//! | 205 | answers at once, hangs up after a second |
//! | 206 | answers at once and says nothing, hangs up after a second |
//! | 220 to 229 | answers at once, presses the keys that the test names, and stays until we hang up |
//! | 180 | rings for ever |
//! | 189 | rings for half a second, then 503 |
//! | 100 | never replies at all |
//! | 302 | sends the call on to code 999 with the same serial, which nobody may dial |
//! | 300 to 699 | refuses with that response |
//! | others, and other numbers | 404 |

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::audio::Voice;
use super::call_log::CallLog;
use super::desk::{Conduct, Step};
use super::speech::{Kind, Speaker};
use super::station::Station;

/// The code of the numbers that 302 points to.
const FORWARDED: &str = "999";

/// How fast callees do what they do.
#[derive(Debug, Clone)]
pub struct Timings {
    /// From INVITE to 180.
    pub ring_after: Duration,
    /// From 180 to 200 (code 200).
    pub answer_after: Duration,
    /// From ACK to BYE (codes 200, 202).
    pub talk_for: Duration,
    /// From 183 to 200 (code 202).
    pub early_media_for: Duration,
    /// From INVITE to a refusal.
    pub refuse_after: Duration,
    /// What callees say. For thousands of calls: [`Voice::Mute`].
    pub voice: Voice,
    /// The length of RTP packets, also asked for in the other direction.
    pub ptime: Duration,
    /// Whether to keep what callees hear; costs 8 kB a second and call.
    pub keep_audio: bool,
    /// What the callees of codes 220 to 229 press.
    pub keys: Keys,
    /// What single numbers say instead, as PCMU.
    pub said: BTreeMap<String, Arc<[u8]>>,
}

/// Keys by the code of those who press them, each so long after the answer or after the key before.
pub type Keys = BTreeMap<u16, Vec<(Duration, char)>>;

impl Default for Timings {
    fn default() -> Self {
        Self {
            ring_after: Duration::from_millis(20),
            answer_after: Duration::from_secs(1),
            talk_for: Duration::from_secs(2),
            early_media_for: Duration::from_millis(500),
            refuse_after: Duration::from_millis(200),
            voice: Voice::Hello(Duration::from_millis(600)),
            ptime: Duration::from_millis(20),
            keep_audio: false,
            keys: Keys::new(),
            said: BTreeMap::new(),
        }
    }
}

impl Timings {
    fn conduct(&self, number: &str) -> Conduct {
        let code = code_of(number).unwrap_or(404);
        Conduct {
            replies: code != 100,
            script: self.script(code, number),
            voice: self.voice(code, number),
            ptime: self.ptime,
            keep_audio: self.keep_audio,
        }
    }

    fn voice(&self, code: u16, number: &str) -> Voice {
        match (self.said.get(number), code) {
            (Some(said), _) => Voice::Recording(Arc::clone(said)),
            (None, 204) => Voice::Recording(machine()),
            (None, 206) => Voice::Hello(Duration::ZERO),
            (None, _) => self.voice.clone(),
        }
    }

    fn script(&self, code: u16, number: &str) -> Vec<(Duration, Step)> {
        let ring = (self.ring_after, Step::Ring);
        let at_once = Duration::ZERO;
        match code {
            100 => vec![],
            180 => vec![ring],
            200 => vec![ring, (self.answer_after, Step::Answer), (self.talk_for, Step::HangUp)],
            201 => vec![(at_once, Step::Answer)],
            202 => vec![
                (self.ring_after, Step::EarlyMedia),
                (self.early_media_for, Step::Answer),
                (self.talk_for, Step::HangUp),
            ],
            220..=229 => {
                let pressed = self.keys.get(&code).into_iter().flatten();
                let pressed = pressed.map(|(after, key)| (*after, Step::Press(*key)));
                std::iter::once((at_once, Step::Answer)).chain(pressed).collect()
            }
            203 => vec![(at_once, Step::Answer), (at_once, Step::HangUp)],
            204 => vec![ring, (self.answer_after, Step::Answer), (Duration::from_secs(30), Step::HangUp)],
            205 | 206 => vec![(at_once, Step::Answer), (Duration::from_secs(1), Step::HangUp)],
            189 => vec![ring, (Duration::from_millis(500), Step::Refuse(503))],
            302 => vec![(self.refuse_after, Step::Redirect(number.replacen("302", FORWARDED, 1)))],
            300..=699 => vec![(self.refuse_after, Step::Refuse(code))],
            _ => vec![(self.refuse_after, Step::Refuse(404))],
        }
    }
}

/// What the machines of code 204 say: five seconds, the tone at their end among them.
fn machine() -> Arc<[u8]> {
    Speaker::new(24).says(Kind::GreetingWithBeep).sound.into()
}

/// A carrier's far end.
#[derive(Debug)]
pub struct FarEnd {
    station: Station,
}

impl FarEnd {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// When no port or thread can be had.
    pub fn start(timings: Timings) -> io::Result<Self> {
        let station = Station::start(Box::new(move |number| timings.conduct(number)))?;
        Ok(Self { station })
    }

    /// Starts one on a free port that refuses every call with this response: a carrier out of order.
    ///
    /// # Errors
    /// When no port or thread can be had.
    pub fn out_of_order(timings: Timings, response: u16) -> io::Result<Self> {
        let refuse = move |number: &str| Conduct {
            replies: true,
            script: vec![(timings.refuse_after, Step::Refuse(response))],
            ..timings.conduct(number)
        };
        Ok(Self { station: Station::start(Box::new(refuse))? })
    }

    /// Where trunks are to be pointed at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.station.address()
    }

    /// All calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<CallLog> {
        self.station.calls()
    }

    /// The last call to this number.
    #[must_use]
    pub fn call_to(&self, number: &str) -> Option<CallLog> {
        self.calls().into_iter().rfind(|call| call.number == number)
    }

    /// Everybody who has answered at this number hangs up.
    pub fn hang_up(&self, number: &str) {
        self.station.hang_up(number);
    }

    /// Calls to a number that only a 302 names: there must be none.
    #[must_use]
    pub fn forwarded(&self) -> Vec<CallLog> {
        self.calls().into_iter().filter(|call| code_of(&call.number) == FORWARDED.parse().ok()).collect()
    }
}

/// The number for this code and serial.
#[must_use]
pub fn number(code: u16, serial: u16) -> String {
    format!("1555{code:03}{serial:04}")
}

fn code_of(number: &str) -> Option<u16> {
    let start = number.len().checked_sub(11)?;
    number.get(start..)?.strip_prefix("1555")?.get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_says_what_the_callee_does() {
        let steps = |number: &str| {
            Timings::default().conduct(number).script.into_iter().map(|(_, step)| step).collect::<Vec<_>>()
        };
        assert_eq!(steps(&number(203, 1)), [Step::Answer, Step::HangUp]);
        assert_eq!(steps(&number(608, 1)), [Step::Refuse(608)]);
        assert_eq!(steps(&number(302, 7)), [Step::Redirect("15559990007".to_owned())]);
        assert_eq!(steps("12"), [Step::Refuse(404)]);
        assert_eq!(steps(&format!("009{}", number(486, 1))), [Step::Refuse(486)]);
        assert!(!Timings::default().conduct(&number(100, 1)).replies);
    }
}
