//! The people, machines and networks behind a dialled number.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::clock::{MILLI, micros};

/// What the far end of one call does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callee {
    /// A person who answers.
    Human {
        /// Time between 180 and 200; `None` answers straight away, without a 180.
        ring_ms: Option<u64>,
        /// When they hang up.
        stay: Stay,
        /// The keys that they press, in order.
        press: Vec<Press>,
    },
    /// A person who answers at once and says nothing.
    Silent {
        /// When they hang up.
        stay: Stay,
    },
    /// An answering machine: answers, records for a while, hangs up.
    Machine {
        /// Time between 180 and 200.
        ring_ms: u64,
        /// How long it records.
        records_ms: u64,
    },
    /// 486.
    Busy,
    /// That final SIP response, without ringing; 302 redirects.
    SipFailure(u16),
    /// 180, and nothing more.
    RingsForever,
    /// 180, then that final SIP response.
    RingsThenFails {
        /// Time between 180 and the response.
        ring_ms: u64,
        /// The response.
        status: u16,
    },
    /// Not even 100.
    NeverReplies,
    /// 183 with sound, then an answer.
    EarlyMediaThenAnswer {
        /// Time between 183 and 200.
        early_ms: u64,
        /// When they hang up.
        stay: Stay,
    },
    /// 200, followed by BYE at once.
    AnswerThenBye,
}

/// How long an answering party stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// Until the other side hangs up.
    UntilHungUp,
    /// A fixed time from the answer.
    For {
        /// The time.
        ms: u64,
    },
    /// As people do: a while alone, and then as long as the talk takes.
    Conversation {
        /// How long they wait for somebody to talk to.
        patience_ms: u64,
        /// How long they talk, from the moment they are bridged.
        talk_ms: u64,
    },
}

/// One key, pressed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    /// How long after the answer, or after the key before.
    pub after_ms: u64,
    /// The key: `0`-`9`, `*` or `#`.
    pub digit: char,
}

/// What `AMD()` hears on an answered leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Person,
    Machine,
    Silence,
}

/// One SIP message from the far end to us, before a call is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Ringing,
    Progress,
    Answer,
    Refuse(u16),
}

/// What a callee will do with one INVITE, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Signals by their delay after the INVITE, in microseconds, ascending.
    pub(super) signals: Vec<(u64, Signal)>,
    pub(super) stay: Stay,
    pub(super) press: Vec<Press>,
    pub(super) voice: Voice,
}

/// How long a first response takes.
const POST_DIAL_DELAY: u64 = 20 * MILLI;
/// How long the network takes to refuse.
const REFUSAL_DELAY: u64 = 200 * MILLI;

impl Callee {
    pub(super) fn plan(&self) -> Plan {
        let plan =
            |signals: Vec<(u64, Signal)>, stay, voice| Plan { signals, stay, press: Vec::new(), voice };
        let rings = |ms: u64| {
            let answered_at = POST_DIAL_DELAY.saturating_add(micros(ms));
            vec![(POST_DIAL_DELAY, Signal::Ringing), (answered_at, Signal::Answer)]
        };
        let refuses =
            |status| plan(vec![(REFUSAL_DELAY, Signal::Refuse(status))], Stay::UntilHungUp, Voice::Silence);
        let at_once = vec![(POST_DIAL_DELAY, Signal::Answer)];
        match *self {
            Self::Human { ring_ms, stay, ref press } => {
                Plan { press: press.clone(), ..plan(ring_ms.map_or(at_once, rings), stay, Voice::Person) }
            }
            Self::Silent { stay } => plan(at_once, stay, Voice::Silence),
            Self::Machine { ring_ms, records_ms } => {
                plan(rings(ring_ms), Stay::For { ms: records_ms }, Voice::Machine)
            }
            Self::Busy => refuses(486),
            Self::SipFailure(status) => refuses(status),
            Self::RingsForever => {
                plan(vec![(POST_DIAL_DELAY, Signal::Ringing)], Stay::UntilHungUp, Voice::Silence)
            }
            Self::RingsThenFails { ring_ms, status } => {
                let refused_at = POST_DIAL_DELAY.saturating_add(micros(ring_ms));
                let signals = vec![(POST_DIAL_DELAY, Signal::Ringing), (refused_at, Signal::Refuse(status))];
                plan(signals, Stay::UntilHungUp, Voice::Silence)
            }
            Self::NeverReplies => plan(Vec::new(), Stay::UntilHungUp, Voice::Silence),
            Self::EarlyMediaThenAnswer { early_ms, stay } => {
                let answered_at = POST_DIAL_DELAY.saturating_add(micros(early_ms));
                let signals = vec![(POST_DIAL_DELAY, Signal::Progress), (answered_at, Signal::Answer)];
                plan(signals, stay, Voice::Person)
            }
            Self::AnswerThenBye => plan(at_once, Stay::For { ms: 1 }, Voice::Silence),
        }
    }
}

/// Who answers which number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directory {
    /// The number says what its owner does: the table in [`super`].
    ByNumber {
        /// What is pressed behind the codes 220 to 229.
        keys: BTreeMap<u16, Vec<Press>>,
    },
    /// A random crowd.
    Population(Population),
}

impl Directory {
    /// Who answers the `attempt`-th call (from 0) to `number`.
    pub fn callee(&self, seed: u64, number: &str, attempt: u64) -> Callee {
        match self {
            Self::ByNumber { keys } => by_number(number, keys),
            Self::Population(population) => population.callee(seed, number, attempt),
        }
    }
}

/// The table of test numbers in [`super`].
fn by_number(number: &str, keys: &BTreeMap<u16, Vec<Press>>) -> Callee {
    let answers = |ring_ms, stay| Callee::Human { ring_ms, stay, press: Vec::new() };
    match test_code(number) {
        Some(100) => Callee::NeverReplies,
        Some(180) => Callee::RingsForever,
        Some(189) => Callee::RingsThenFails { ring_ms: 500, status: 503 },
        Some(200) => answers(Some(1_000), Stay::For { ms: 2_000 }),
        Some(201) => answers(None, Stay::UntilHungUp),
        Some(202) => Callee::EarlyMediaThenAnswer { early_ms: 500, stay: Stay::For { ms: 2_000 } },
        Some(203) => Callee::AnswerThenBye,
        Some(204) => Callee::Machine { ring_ms: 1_000, records_ms: 30_000 },
        Some(205) => answers(None, Stay::For { ms: 1_000 }),
        Some(206) => Callee::Silent { stay: Stay::For { ms: 1_000 } },
        Some(code @ 210..=219) => {
            let digit = char::from_digit(u32::from(code - 210), 10).unwrap_or('0');
            let press = vec![Press { after_ms: 3_000, digit }];
            Callee::Human { ring_ms: Some(1_000), stay: Stay::UntilHungUp, press }
        }
        Some(code @ 220..=229) => {
            let press = keys.get(&code).cloned().unwrap_or_default();
            Callee::Human { ring_ms: None, stay: Stay::UntilHungUp, press }
        }
        Some(code @ (302 | 400..=699)) => Callee::SipFailure(code),
        Some(_) | None => Callee::SipFailure(404),
    }
}

/// The code inside a test number: `1555` + code + 4 digits, whatever stands before it.
fn test_code(number: &str) -> Option<u16> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let start = digits.len().checked_sub(11)?;
    digits[start..].strip_prefix("1555")?.get(..3)?.parse().ok()
}

/// What shares are of.
const MILLION: u32 = 1_000_000;

/// A crowd, in shares of a million; who is in none of the shares does not answer.
///
/// Whether a number exists depends on the seed and the number, everything else also on how often it was called
/// before, so that a retry can succeed where the first attempt found nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Population {
    /// Share of numbers that do not exist (404), in parts per million.
    pub invalid_ppm: u32,
    /// Share of calls that a person answers, in parts per million of the calls to numbers that exist.
    pub person_ppm: u32,
    /// Share of calls that a machine answers, likewise.
    pub machine_ppm: u32,
    /// Share of calls that find the line busy, likewise.
    pub busy_ppm: u32,
    /// Share of calls that the network ends at once because the phone is out of reach (480), likewise.
    pub unavailable_ppm: u32,
    /// How long it rings before somebody answers.
    pub ring: Span,
    /// How long a person talks once bridged.
    pub talk: Span,
    /// How long a person waits to be bridged.
    pub patience: Span,
}

impl Default for Population {
    fn default() -> Self {
        Self {
            invalid_ppm: 40_000,
            person_ppm: 300_000,
            machine_ppm: 200_000,
            busy_ppm: 80_000,
            unavailable_ppm: 0,
            ring: Span { min_ms: 2_000, max_ms: 18_000 },
            talk: Span { min_ms: 5_000, max_ms: 60_000 },
            patience: Span { min_ms: 2_500, max_ms: 8_000 },
        }
    }
}

impl Population {
    /// Whether its shares and times are such as a crowd may have.
    ///
    /// # Errors
    /// Names what is not, and how it should be.
    pub fn check(&self) -> Result<(), String> {
        if self.invalid_ppm > MILLION {
            return Err(format!("invalid_ppm: {} is more than a million", self.invalid_ppm));
        }
        let shares = [self.person_ppm, self.machine_ppm, self.busy_ppm, self.unavailable_ppm];
        let sum: u64 = shares.map(u64::from).iter().sum();
        if sum > u64::from(MILLION) {
            let named = "person_ppm, machine_ppm, busy_ppm and unavailable_ppm";
            return Err(format!("{named}: {sum} together is more than a million"));
        }
        for (field, Span { min_ms, max_ms }) in
            [("ring", self.ring), ("talk", self.talk), ("patience", self.patience)]
        {
            if max_ms < min_ms {
                return Err(format!("{field}.max_ms: {max_ms} is less than min_ms = {min_ms}"));
            }
        }
        Ok(())
    }

    fn callee(&self, seed: u64, number: &str, attempt: u64) -> Callee {
        if below_million(&mut dice(seed, number, u64::MAX)) < self.invalid_ppm {
            return Callee::SipFailure(404);
        }
        let mut dice = dice(seed, number, attempt);
        let ring_ms = self.ring.draw(&mut dice);
        let talk_ms = self.talk.draw(&mut dice);
        let patience_ms = self.patience.draw(&mut dice);
        let draw = below_million(&mut dice);
        let machines = self.person_ppm.saturating_add(self.machine_ppm);
        if draw < self.person_ppm {
            let stay = Stay::Conversation { patience_ms, talk_ms };
            Callee::Human { ring_ms: Some(ring_ms), stay, press: Vec::new() }
        } else if draw < machines {
            Callee::Machine { ring_ms, records_ms: 30_000 }
        } else if draw < machines.saturating_add(self.busy_ppm) {
            Callee::Busy
        } else if draw < machines.saturating_add(self.busy_ppm).saturating_add(self.unavailable_ppm) {
            Callee::SipFailure(480)
        } else {
            Callee::RingsForever
        }
    }
}

/// A range of times, both ends included; the middle is likelier than the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The shortest time.
    pub min_ms: u64,
    /// The longest time, no less than that.
    pub max_ms: u64,
}

impl Span {
    /// The mean of two uniform draws: a triangle, made of integers alone so that every platform agrees.
    fn draw(self, dice: &mut ChaCha8Rng) -> u64 {
        let width = self.max_ms.saturating_sub(self.min_ms).min(u64::from(u32::MAX));
        let mut uniform = || (u64::from(dice.next_u32()) * (width + 1)) >> 32;
        self.min_ms + (uniform() + uniform()) / 2
    }
}

/// What an agent's phone does when the PBX calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "conduct", deny_unknown_fields)]
pub enum AgentConduct {
    /// Rings, answers, stays until hung up.
    Answers {
        /// How long it rings.
        ring_ms: u64,
    },
    /// Rings for ever.
    NeverAnswers,
    /// Is not registered: the channel cannot even be requested.
    Offline,
    /// Answers, and dies in mid-call.
    LeavesAfter {
        /// How long it rings.
        ring_ms: u64,
        /// How long it stays after the answer.
        stay_ms: u64,
    },
}

impl AgentConduct {
    /// The phone as a callee; `None` if it is not there at all.
    pub(super) fn callee(self) -> Option<Callee> {
        let answers = |ring_ms, stay| Callee::Human { ring_ms: Some(ring_ms), stay, press: Vec::new() };
        match self {
            Self::Answers { ring_ms } => Some(answers(ring_ms, Stay::UntilHungUp)),
            Self::NeverAnswers => Some(Callee::RingsForever),
            Self::Offline => None,
            Self::LeavesAfter { ring_ms, stay_ms } => Some(answers(ring_ms, Stay::For { ms: stay_ms })),
        }
    }
}

/// Dice of one call: they depend on what identifies the call and on nothing that happened before it.
fn dice(seed: u64, number: &str, attempt: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&attempt.to_le_bytes());
    for (index, byte) in number.bytes().enumerate() {
        let slot = &mut key[16 + index % 16];
        *slot = slot.rotate_left(3) ^ byte;
    }
    ChaCha8Rng::from_seed(key)
}

fn below_million(dice: &mut ChaCha8Rng) -> u32 {
    dice.next_u32() % MILLION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_number_is_found_behind_a_dial_prefix() {
        let by_number = |number| by_number(number, &BTreeMap::new());
        assert_eq!(by_number("9+15554860001"), Callee::SipFailure(486));
        assert_eq!(by_number("15551800001"), Callee::RingsForever);
        assert_eq!(by_number("4930123"), Callee::SipFailure(404), "too short to be a test number");
        assert_eq!(by_number("15559990001"), Callee::SipFailure(404), "no row for 999");
    }

    #[test]
    fn a_crowd_has_the_shares_it_was_given() {
        let population = Population::default();
        let mut people = 0;
        let mut invalid = 0;
        for serial in 0..20_000 {
            match population.callee(7, &format!("1202{serial:07}"), 0) {
                Callee::Human { .. } => people += 1,
                Callee::SipFailure(404) => invalid += 1,
                Callee::SipFailure(_)
                | Callee::Silent { .. }
                | Callee::Machine { .. }
                | Callee::Busy
                | Callee::RingsForever
                | Callee::RingsThenFails { .. }
                | Callee::NeverReplies
                | Callee::EarlyMediaThenAnswer { .. }
                | Callee::AnswerThenBye => {}
            }
        }
        assert!((5_500..6_100).contains(&people), "0.96 x 0.30 of 20000 is 5760, drew {people}");
        assert!((700..900).contains(&invalid), "0.04 of 20000 is 800, drew {invalid}");
    }

    #[test]
    fn the_same_call_meets_the_same_person_and_a_retry_may_meet_another() {
        let crowd = Directory::Population(Population { invalid_ppm: 0, ..Population::default() });
        let first = crowd.callee(1, "12025550100", 0);
        assert_eq!(first, crowd.callee(1, "12025550100", 0));
        let retries: Vec<Callee> = (1..20).map(|attempt| crowd.callee(1, "12025550100", attempt)).collect();
        assert!(retries.iter().any(|callee| *callee != first));
    }
}
