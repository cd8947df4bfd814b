//! The journal's line form: what the shell writes, the simulator replays and a person can read.
//!
//! A journal is a text file of one JSON object per line. Each process that starts appends a segment: a `begin`
//! line, then `event` lines, each followed by the `command` lines that the engine gave for it, and an `end` line
//! where the process ended in order. An event is written *before* the engine sees it, so whatever the engine does
//! with it, the reason is on record.
//!
//! Two sums keep a journal honest. The [`Chain`] runs over the `begin` and `event` lines, through all segments, so
//! that one that was changed, removed or put in is found even where it would change no command. The [`Digest`] runs
//! over one segment's commands. Neither has a key: they find accidents and edits, not forgers.
//!
//! Nothing here touches a file; [`Recorder`] makes the lines, [`decode`] reads one back.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{self, Write as _};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest as _, Sha256};

use crate::words::Micros;
use crate::{Command, Config, Event};

/// The version of the line form; a `begin` line carries it.
pub const FORMAT: u32 = 2;

/// How many bytes a line of a journal has at most: what is longer is no journal's, and may have no end.
pub const LONGEST_LINE: u64 = 64 << 20;

/// One line. To be written it can borrow its content; read back it owns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line<K = Config, E = Event, C = Command> {
    /// A process has started. Everything that the engine was made from.
    Begin {
        /// [`FORMAT`].
        format: u32,
        /// When, which is the engine's first moment.
        at: Micros,
        /// The engine's seed.
        seed: Hex<32>,
        /// The engine's configuration.
        config: K,
        /// The chain at the end of the segment before, or [`Chain::START`].
        carried: Chain,
        /// The chain from here on.
        chain: Chain,
    },
    /// A fact, about to be handled.
    Event {
        /// Its number in the segment, from 1.
        n: u64,
        /// When the engine was told.
        at: Micros,
        /// The fact.
        event: E,
        /// The chain from here on.
        chain: Chain,
    },
    /// A command that the engine gave.
    Command {
        /// The number of the event that it was given for; 0 before the first.
        n: u64,
        /// The command.
        command: C,
    },
    /// The process has ended in order.
    End {
        /// How many commands the engine gave in this segment.
        commands: u64,
        /// The digest of them.
        digest: Hex<32>,
    },
}

/// Makes a segment's lines, in the order in which things happen.
#[derive(Debug, Clone)]
pub struct Recorder {
    n: u64,
    chain: Chain,
    digest: Digest,
}

impl Recorder {
    /// Begins a segment after one that ended with `carried`; gives its first line.
    #[must_use]
    pub fn begin(carried: Chain, config: &Config, seed: [u8; 32], at: Micros) -> (Self, String) {
        let chain = carried.begin(config, seed, at);
        let line: Written = Line::Begin { format: FORMAT, at, seed: Hex(seed), config, carried, chain };
        (Self { n: 0, chain, digest: Digest::new() }, encode(&line))
    }

    /// The line of an event, to be written before the engine sees it.
    #[must_use]
    pub fn event(&mut self, at: Micros, event: &Event) -> String {
        self.n += 1;
        let event = raw(event);
        self.chain = self.chain.link(&(at, &event));
        let line: Written = Line::Event { n: self.n, at, event: &event, chain: self.chain };
        encode(&line)
    }

    /// The line of a command that the engine gave for the last event.
    #[must_use]
    pub fn command(&mut self, command: &Command) -> String {
        let command = raw(command);
        self.digest.take_in(command.get());
        let line: Written = Line::Command { n: self.n, command: &command };
        encode(&line)
    }

    /// Ends the segment in order: its last line, and the digest that the line tells.
    #[must_use]
    pub fn end(self) -> (Hex<32>, String) {
        let digest = self.digest.hex();
        let line: Written = Line::End { commands: self.digest.commands(), digest };
        (digest, encode(&line))
    }
}

/// Events and commands are written down once, for their sum and for their line.
type Written<'a> = Line<&'a Config, &'a RawValue, &'a RawValue>;

/// Writes a line down, line feed included.
#[must_use]
pub fn encode<K: Serialize, E: Serialize, C: Serialize>(line: &Line<K, E, C>) -> String {
    let mut text = json(line);
    text.push('\n');
    text
}

/// Reads one line back, with or without its line feed.
///
/// There is one way to write a line, and a line that is written in another way is refused: what is hashed again from
/// what was read is then what was hashed when it was written.
///
/// # Errors
/// [`BadLine`] says what is wrong with it.
pub fn decode(bytes: &[u8]) -> Result<Line, BadLine> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    check_format(bytes)?;
    let line: Line = serde_json::from_slice(bytes).map_err(|error| BadLine::from_json(&error))?;
    let canonical = json(&line);
    if canonical.as_bytes() == bytes {
        return Ok(line);
    }
    let same = canonical.bytes().zip(bytes).take_while(|(ours, theirs)| ours == *theirs).count();
    Err(BadLine::Rewritten { column: same + 1 })
}

/// Looks at a `begin` line's version before anything else, which another version may have changed.
fn check_format(bytes: &[u8]) -> Result<(), BadLine> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Versioned {
        Begin { format: u32 },
    }
    match serde_json::from_slice(bytes) {
        Ok(Versioned::Begin { format }) if format != FORMAT => Err(BadLine::Format(format)),
        Ok(Versioned::Begin { .. }) | Err(_) => Ok(()),
    }
}

/// Why bytes are not a line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadLine {
    /// It stops before it is whole, as where the process was killed while it wrote.
    Torn,
    /// It begins a segment in another version of the form.
    Format(u32),
    /// It cannot be read; the reader's own words.
    Malformed(String),
    /// It can be read, but a journal would write it differently from that byte on (the first is 1).
    Rewritten {
        /// Which byte.
        column: usize,
    },
}

impl BadLine {
    fn from_json(error: &serde_json::Error) -> Self {
        if error.is_eof() {
            return Self::Torn;
        }
        // The reader was given one line, so its "line 1" would mislead next to the line's place in the file.
        Self::Malformed(error.to_string().replace(" at line 1 column ", " at column "))
    }
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn => f.write_str("the line stops before it is whole"),
            Self::Format(found) => {
                write!(f, "the journal is written in format {found}, this program reads format {FORMAT}")
            }
            Self::Malformed(why) => write!(f, "not a line of a journal: {why}"),
            Self::Rewritten { column } => {
                write!(
                    f,
                    "the line was changed after it was written: a journal writes it differently from column {column} on"
                )
            }
        }
    }
}

impl core::error::Error for BadLine {}

/// The running sum over everything that went into the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Chain(Hex<16>);

impl Chain {
    /// Before the first segment.
    pub const START: Self = Self(Hex([0; 16]));

    /// The chain after a segment has begun.
    #[must_use]
    pub fn begin(self, config: &Config, seed: [u8; 32], at: Micros) -> Self {
        self.link(&(FORMAT, at, Hex(seed), config))
    }

    /// The chain after an event.
    #[must_use]
    pub fn event(self, at: Micros, event: &Event) -> Self {
        self.link(&(at, event))
    }

    fn link(self, payload: &impl Serialize) -> Self {
        let sum = Sha256::new().chain_update(self.0.0).chain_update(json(payload)).finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&sum[..16]);
        Self(Hex(half))
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The sum over a segment's commands: SHA-256 over each one's JSON and a line feed, in order.
#[derive(Debug, Clone, Default)]
pub struct Digest {
    sum: Sha256,
    commands: u64,
}

impl Digest {
    /// Of no command yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next command.
    pub fn push(&mut self, command: &Command) {
        self.take_in(&json(command));
    }

    fn take_in(&mut self, command: &str) {
        self.commands += 1;
        self.sum.update(command);
        self.sum.update(b"\n");
    }

    /// How many commands were taken in.
    #[must_use]
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    /// The sum so far.
    #[must_use]
    pub fn hex(&self) -> Hex<32> {
        Hex(self.sum.clone().finalize().into())
    }
}

/// Bytes that are shown and stored as lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
        self.0.iter().try_for_each(|byte| {
            f.write_char(digit(byte >> 4))?;
            f.write_char(digit(byte & 15))
        })
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hex({self})")
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom(format!("{text:?} is not {} hexadecimal digits", 2 * N)))
    }
}

impl<const N: usize> Hex<N> {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 2 * N {
            return None;
        }
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The one way to write something down: fields in the order of their declaration, no blanks.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the vocabulary has no map keys but words, and writes to memory")
}

/// The same, to be put into something else.
fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("the vocabulary has no map keys but words, and writes to memory")
}

#[cfg(test)]
mod samples;

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::samples::{NOON, bare, commands, events, full};
    use super::*;
    use crate::call::CallSoFar;
    use crate::words::{AgentId, AttemptId, RequestId, Span};

    const SEED: [u8; 32] = [7; 32];

    #[test]
    fn a_journal_reads_as_one_object_per_line() {
        let (mut recorder, begin) = Recorder::begin(Chain::START, &bare(), SEED, NOON);
        let (config, chain) = (json(&bare()), recorder.chain);
        assert_eq!(
            begin,
            format!(
                "{{\"begin\":{{\"format\":2,\"at\":1800000000000000,\"seed\":\"{}\",\"config\":{config},\
                 \"carried\":\"00000000000000000000000000000000\",\"chain\":\"{chain}\"}}}}\n",
                "07".repeat(32)
            )
        );
        let event = recorder.event(NOON + Span(1), &Event::LinkUp);
        let chain = recorder.chain;
        assert_eq!(
            event,
            format!(
                "{{\"event\":{{\"n\":1,\"at\":1800000000000001,\"event\":\"LinkUp\",\"chain\":\"{chain}\"}}}}\n"
            )
        );
        assert_eq!(
            recorder.command(&Command::Survey { request: RequestId(1) }),
            "{\"command\":{\"n\":1,\"command\":{\"Survey\":{\"request\":1}}}}\n"
        );
        let so_far = Box::new(CallSoFar { agent: Some(AgentId(7)), ..CallSoFar::default() });
        assert_eq!(
            recorder.command(&Command::Note { request: RequestId(2), attempt: AttemptId(1), so_far }),
            "{\"command\":{\"n\":1,\"command\":{\"Note\":{\"request\":2,\"attempt\":1,\"times\":{\"created\":0,\
             \"placed\":null,\"rang\":null,\"answered\":null,\"bridged\":null,\"message\":null,\"ended\":null},\
             \"agent\":7}}}}\n"
        );
        let (digest, end) = recorder.end();
        assert_eq!(end, format!("{{\"end\":{{\"commands\":2,\"digest\":\"{digest}\"}}}}\n"));
    }

    #[test]
    fn the_digest_is_the_sum_of_the_commands_as_they_stand_in_the_journal() {
        let mut digest = Digest::new();
        let mut lines = String::new();
        for command in commands() {
            digest.push(&command);
            lines += &json(&command);
            lines.push('\n');
        }
        assert_eq!(digest.hex(), Hex(Sha256::digest(lines).into()));
        assert_eq!(digest.commands(), commands().len() as u64);
    }

    #[test]
    fn the_chain_differs_where_anything_before_it_differs() {
        let (event, other) = (Event::LinkUp, Event::LinkLost);
        let start = Chain::START.begin(&bare(), SEED, NOON);
        let chains = [
            start,
            Chain::START.begin(&full(), SEED, NOON),
            Chain::START.begin(&bare(), [8; 32], NOON),
            Chain::START.begin(&bare(), SEED, NOON + Span(1)),
            start.begin(&bare(), SEED, NOON),
            start.event(NOON, &event),
            start.event(NOON, &other),
            start.event(NOON + Span(1), &event),
            start.event(NOON, &event).event(NOON, &other),
            start.event(NOON, &other).event(NOON, &event),
        ];
        for (i, chain) in chains.iter().enumerate() {
            assert!(!chains[..i].contains(chain), "chain {i} is one of those before it");
        }
    }

    #[test]
    fn every_command_reads_back_as_it_was_written() {
        for command in commands() {
            let line = encode::<Config, Event, _>(&Line::Command { n: 3, command: &command });
            assert_eq!(decode(line.as_bytes()), Ok(Line::Command { n: 3, command }), "{line}");
        }
    }

    #[test]
    fn every_configuration_reads_back_as_it_was_written() {
        for config in [bare(), full()] {
            let (recorder, line) = Recorder::begin(Chain::START, &config, SEED, NOON);
            let read = Line::Begin {
                format: FORMAT,
                at: NOON,
                seed: Hex(SEED),
                config,
                carried: Chain::START,
                chain: recorder.chain,
            };
            assert_eq!(decode(line.as_bytes()), Ok(read), "{line}");
        }
    }

    #[test]
    fn a_line_that_stops_anywhere_is_torn_and_nothing_else() {
        let (mut recorder, begin) = Recorder::begin(Chain::START, &full(), SEED, NOON);
        let mut lines =
            vec![begin, recorder.event(NOON, &Event::Foreign { kind: "grün \"\u{1}".into(), leg: None })];
        lines.extend(commands().iter().map(|command| recorder.command(command)));
        lines.push(recorder.end().1);
        for line in lines {
            let whole = line.len() - 1;
            for length in 0..whole {
                assert_eq!(
                    decode(&line.as_bytes()[..length]),
                    Err(BadLine::Torn),
                    "{length} bytes of {line}"
                );
            }
            assert!(decode(&line.as_bytes()[..whole]).is_ok(), "only the line feed is missing: {line}");
        }
    }

    #[test]
    fn a_bad_line_is_refused_with_what_is_wrong() {
        let not_a_line = "not a line of a journal: ";
        let changed = "the line was changed after it was written: ";
        for (line, kind, why) in [
            (r#"{"event":7}"#, not_a_line, "invalid type: integer `7`, expected struct variant Line::Event"),
            (r#"{"what":{}}"#, not_a_line, "unknown variant `what`"),
            ("SQLite format 3", not_a_line, "expected value at column 1"),
            (r#"{"end":{"commands":1,"digest":"aBc"}}"#, not_a_line, r#""aBc" is not 64 hexadecimal digits"#),
            (r#"{"command":{"n":1,"command":{"Survey":{"request": 4}}}}"#, changed, "from column 50 on"),
            (
                r#"{"command":{"n":1,"command":{"Survey":{"request":4}},"mood":1}}"#,
                not_a_line,
                "unknown field `mood`",
            ),
            (
                r#"{"begin":{"format":3,"mood":1}}"#,
                "the journal is written in format 3, ",
                "this program reads format 2",
            ),
        ] {
            let found = decode(line.as_bytes()).expect_err("a bad line").to_string();
            assert!(found.starts_with(kind) && found.contains(why), "{line}: {found}");
        }
    }

    proptest! {
        #[test]
        fn every_event_reads_back_as_it_was_written(event in events(), at in any::<u64>()) {
            let (mut recorder, _) = Recorder::begin(Chain::START, &bare(), SEED, NOON);
            let line = recorder.event(Micros(at), &event);
            let chain = recorder.chain;
            prop_assert_eq!(decode(line.as_bytes()), Ok(Line::Event { n: 1, at: Micros(at), event, chain }));
        }

        #[test]
        fn a_changed_byte_is_a_bad_line_or_breaks_the_chain(
            event in events(), place in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let (mut recorder, _) = Recorder::begin(Chain::START, &bare(), SEED, NOON);
            let before = recorder.chain;
            let line = recorder.event(NOON, &event);
            let mut bytes = line.clone().into_bytes();
            let place = place.index(bytes.len() - 1);
            prop_assume!(bytes[place] != byte);
            bytes[place] = byte;
            if let Ok(Line::Event { n: 1, at, event, chain }) = decode(&bytes) {
                prop_assert_ne!(before.event(at, &event), chain);
            }
        }
    }
}
