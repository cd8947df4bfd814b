//! Replays a journal: the same configuration, seed and events through an engine, and every command compared.
//!
//! The first line that is not as it must be ends the replay and is named. What a killed process leaves behind is no
//! such line: a last line that stops before it is whole, and a last event whose commands were not all written.

pub mod report;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, Read as _};

use engine::journal::{BadLine, Chain, Digest, Hex, LONGEST_LINE, Line, decode};
use engine::words::{Micros, Span};
use engine::{BadConfig, Command, Config, Engine, Event};
use serde::{Serialize, Serializer};

/// A journal that was replayed to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Its segments, one for each process that wrote it.
    pub segments: Vec<Segment>,
}

impl Replayed {
    /// The events of all segments.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.segments.iter().map(|segment| segment.events).sum()
    }

    /// The commands of all segments that stand in the journal as the engine gave them. What was not written any more is held
    /// against nothing.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.segments.iter().map(Segment::compared).sum()
    }
}

/// What one process lived through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// The line it begins at, from 1.
    pub line: u64,
    /// Events replayed.
    pub events: u64,
    /// Commands that the engine gave for them.
    pub commands: u64,
    /// The digest of those commands.
    pub digest: Hex<32>,
    /// How it ends.
    pub ended: Ended,
}

impl Segment {
    fn compared(&self) -> u64 {
        match self.ended {
            Ended::Orderly => self.commands,
            Ended::Torn { unwritten } => self.commands - unwritten,
        }
    }
}

/// How a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// With an `end` line.
    Orderly,
    /// Without one: the process was killed, or is still running.
    Torn {
        /// Commands of the last event that were not written any more.
        unwritten: u64,
    },
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Orderly => f.write_str("orderly"),
            Self::Torn { unwritten: 0 } => f.write_str("torn"),
            Self::Torn { unwritten } => write!(f, "torn, {unwritten} commands of the last event not written"),
        }
    }
}

/// Why a replay did not come to the journal's end.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The journal is not what was written, or the engine not the one that it was written for.
    #[error(transparent)]
    Diverged(#[from] Box<Divergence>),
    /// It is no journal, or one for another version of this program.
    #[error("line {line}: {why}")]
    Foreign {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        why: BadLine,
    },
    /// It is no journal: a line that has no end, or none for long.
    #[error("line {line}: longer than {} MiB, which no line of a journal is", LONGEST_LINE >> 20)]
    Endless {
        /// Which line, from 1.
        line: u64,
    },
    /// It holds no whole line.
    #[error("the journal holds no whole line")]
    Empty,
    /// It could not be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

/// The first line that is not as it must be.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error("diverged at line {line}, {place}: {what}")]
pub struct Divergence {
    /// Which line of the file, from 1; one after the last where something is missing at the end.
    pub line: u64,
    /// Where in the segment.
    #[serde(flatten)]
    pub place: Place,
    /// In what.
    pub what: Difference,
}

/// A place in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Place {
    /// The number of the event at hand; 0 before the first.
    pub event: u64,
    /// When the engine was told of it.
    pub at: Micros,
    /// How long after the segment's begin that was.
    pub since_begin: Span,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, at: Micros(at), since_begin: Span(since) } = *self;
        write!(f, "event {event} at {at} ({}.{:06} s after the begin)", since / 1_000_000, since % 1_000_000)
    }
}

/// In what a journal is not as it must be.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The engine did not give the command that is written, or gave one where none is.
    #[error(
        "the commands differ\n  journal: {}\n  engine:  {}",
        one_line(.recorded.as_deref()),
        one_line(.given.as_deref())
    )]
    Command {
        /// As written; `None` where the journal has no further command for this event.
        recorded: Option<Box<Command>>,
        /// As the engine gives it; `None` where it gives no further one.
        given: Option<Box<Command>>,
    },
    /// A command stands among those of another event.
    #[error("a command of event {0} stands here")]
    Misplaced(u64),
    /// The event's number does not follow the one before.
    #[error("expected event {expected}: an event before it was removed or put in")]
    Number {
        /// The number that follows.
        expected: u64,
    },
    /// The event, or the chain up to it, was edited.
    #[error("the event was changed after it was written, or one before it was removed or put in")]
    Event,
    /// The `begin` line was edited.
    #[error("the begin of the segment was changed after it was written")]
    Begin,
    /// A segment does not carry on the chain of the one before.
    #[error(
        "the segment was begun after chain {carried}, but what stands before it ends with {found}: \
         something before it was changed, removed or put in"
    )]
    Carried {
        /// As its `begin` line says.
        carried: Chain,
        /// As what stands before it says.
        found: Chain,
    },
    /// The engine does not accept the configuration.
    #[error("the engine does not accept the configuration: {0}")]
    Config(#[serde(serialize_with = "as_text")] BadConfig),
    /// The `end` line does not tell what was replayed.
    #[error(
        "the journal ends with {recorded_commands} commands, digest {recorded}; the engine gave {commands}, digest {given}"
    )]
    End {
        /// Commands, as written.
        recorded_commands: u64,
        /// Digest, as written.
        recorded: Hex<32>,
        /// Commands, as given.
        commands: u64,
        /// Digest, as given.
        given: Hex<32>,
    },
    /// A line that cannot be read, or one that is not whole with more of its segment after it.
    #[error("{0}")]
    Line(#[serde(serialize_with = "as_text")] BadLine),
    /// Something stands where only a segment can begin.
    #[error("expected the begin of a segment")]
    Outside,
}

fn one_line(command: Option<&Command>) -> String {
    command.map_or_else(
        || "no further command for this event".to_owned(),
        |command| serde_json::to_string(command).expect("a journal's commands are JSON"),
    )
}

fn as_text<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Replays a journal through the engine.
///
/// # Errors
/// [`Stopped`] says at which line, and why.
pub fn replay(journal: impl BufRead) -> Result<Replayed, Stopped> {
    replay_with(journal, Engine::new)
}

/// What is replayed into: the engine, and in tests something with simpler decisions.
trait Decides {
    fn handle(&mut self, at: Micros, event: Event);
    fn poll_command(&mut self) -> Option<Command>;
}

impl Decides for Engine {
    fn handle(&mut self, at: Micros, event: Event) {
        Self::handle(self, at, event);
    }

    fn poll_command(&mut self) -> Option<Command> {
        Self::poll_command(self)
    }
}

fn replay_with<D: Decides>(
    mut journal: impl BufRead,
    new: impl Fn(Config, [u8; 32], Micros) -> Result<D, BadConfig>,
) -> Result<Replayed, Stopped> {
    let mut replay =
        Replay { new, line: 0, chain: Chain::START, running: None, torn: None, segments: vec![] };
    let mut bytes = Vec::new();
    while journal.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes)? > 0 {
        if bytes.len() as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") {
            return Err(Stopped::Endless { line: replay.line + 1 });
        }
        replay.read(&bytes)?;
        bytes.clear();
    }
    replay.cut_off();
    if replay.segments.is_empty() { Err(Stopped::Empty) } else { Ok(Replayed { segments: replay.segments }) }
}

/// A replay under way.
struct Replay<N, D> {
    new: N,
    /// The line at hand, from 1.
    line: u64,
    /// The chain of the last `begin` or `event` line.
    chain: Chain,
    /// The segment at hand, until its end.
    running: Option<Running<D>>,
    /// The last line, if it was not whole: a new segment must follow it, or nothing.
    torn: Option<Place>,
    segments: Vec<Segment>,
}

impl<D: Decides, N: Fn(Config, [u8; 32], Micros) -> Result<D, BadConfig>> Replay<N, D> {
    fn read(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        self.line += 1;
        let line = match decode(bytes) {
            Ok(line) => line,
            Err(BadLine::Torn) => return self.tear(),
            Err(why) => return Err(self.unread(why)),
        };
        match line {
            Line::Begin { at, seed, config, carried, chain, .. } => {
                self.check_begin(&config, seed, at, carried, chain)?;
                self.begin(config, seed, at)
            }
            Line::Event { n, at, event, chain } => {
                self.check_event(n, at, &event, chain)?;
                self.running()?.handle(at, event);
                Ok(())
            }
            Line::Command { n, command } => self.compare(n, command),
            Line::End { commands, digest } => self.end(commands, digest),
        }
    }

    /// A line that stops before it is whole is the last that a process wrote, so its segment ends here.
    fn tear(&mut self) -> Result<(), Stopped> {
        self.refuse_torn()?;
        self.torn = Some(self.place());
        match self.running {
            Some(_) => self.cut_off(),
            // Torn was the very first line, which may be the start of anything.
            None if self.line == 1 => {}
            None => self.segments.push(Segment {
                line: self.line,
                events: 0,
                commands: 0,
                digest: Digest::new().hex(),
                ended: Ended::Torn { unwritten: 0 },
            }),
        }
        Ok(())
    }

    fn refuse_torn(&self) -> Result<(), Stopped> {
        match self.torn {
            Some(place) => Err(diverged(self.line - 1, place, Difference::Line(BadLine::Torn))),
            None => Ok(()),
        }
    }

    fn unread(&self, why: BadLine) -> Stopped {
        // Another version, or a file that does not even start as a journal.
        if self.line == 1 || matches!(why, BadLine::Format(_)) {
            return Stopped::Foreign { line: self.line, why };
        }
        self.diverged(Difference::Line(why))
    }

    fn check_begin(
        &mut self,
        config: &Config,
        seed: Hex<32>,
        at: Micros,
        carried: Chain,
        chain: Chain,
    ) -> Result<(), Stopped> {
        self.torn = None;
        self.cut_off();
        if carried != self.chain {
            return Err(self.diverged(Difference::Carried { carried, found: self.chain }));
        }
        if chain != carried.begin(config, seed.0, at) {
            return Err(self.diverged(Difference::Begin));
        }
        self.chain = chain;
        Ok(())
    }

    fn begin(&mut self, config: Config, seed: Hex<32>, at: Micros) -> Result<(), Stopped> {
        let engine =
            (self.new)(config, seed.0, at).map_err(|error| self.diverged(Difference::Config(error)))?;
        self.running = Some(Running::begin(engine, self.line, at));
        Ok(())
    }

    fn check_event(&mut self, n: u64, at: Micros, event: &Event, chain: Chain) -> Result<(), Stopped> {
        let (line, before) = (self.line, self.chain);
        let running = self.running()?;
        let (expected, place) = (running.place.event + 1, running.place_of(n, at));
        if n != expected {
            return Err(diverged(line, place, Difference::Number { expected }));
        }
        if chain != before.event(at, event) {
            return Err(diverged(line, place, Difference::Event));
        }
        self.refuse_unwritten()?;
        self.chain = chain;
        Ok(())
    }

    fn compare(&mut self, n: u64, recorded: Command) -> Result<(), Stopped> {
        let running = self.running()?;
        if n != running.place.event {
            return Err(self.diverged(Difference::Misplaced(n)));
        }
        let given = running.given.pop_front();
        if given.as_ref() == Some(&recorded) {
            return Ok(());
        }
        let (recorded, given) = (Some(Box::new(recorded)), given.map(Box::new));
        Err(self.diverged(Difference::Command { recorded, given }))
    }

    fn end(&mut self, recorded_commands: u64, recorded: Hex<32>) -> Result<(), Stopped> {
        self.refuse_unwritten()?;
        let running = self.running()?;
        let (commands, given) = (running.digest.commands(), running.digest.hex());
        if (recorded_commands, recorded) != (commands, given) {
            return Err(self.diverged(Difference::End { recorded_commands, recorded, commands, given }));
        }
        self.close(Ended::Orderly);
        Ok(())
    }

    /// Only where a process was cut off may commands be missing.
    fn refuse_unwritten(&mut self) -> Result<(), Stopped> {
        match self.running()?.given.pop_front() {
            Some(given) => {
                Err(self.diverged(Difference::Command { recorded: None, given: Some(Box::new(given)) }))
            }
            None => Ok(()),
        }
    }

    /// Ends the segment at hand, if there is one, where its process was cut off.
    fn cut_off(&mut self) {
        let unwritten = self.running.as_ref().map_or(0, |running| running.given.len() as u64);
        self.close(Ended::Torn { unwritten });
    }

    fn close(&mut self, ended: Ended) {
        self.segments.extend(self.running.take().map(|running| running.into_segment(ended)));
    }

    fn running(&mut self) -> Result<&mut Running<D>, Stopped> {
        self.refuse_torn()?;
        let (line, place) = (self.line, self.place());
        self.running.as_mut().ok_or_else(|| diverged(line, place, Difference::Outside))
    }

    fn place(&self) -> Place {
        self.running.as_ref().map_or_else(Place::default, |running| running.place)
    }

    fn diverged(&self, what: Difference) -> Stopped {
        diverged(self.line, self.place(), what)
    }
}

fn diverged(line: u64, place: Place, what: Difference) -> Stopped {
    Stopped::Diverged(Box::new(Divergence { line, place, what }))
}

/// A segment that has not ended.
struct Running<D> {
    engine: D,
    line: u64,
    begun: Micros,
    place: Place,
    /// Given by the engine for the event at hand and not yet met in the journal.
    given: VecDeque<Command>,
    digest: Digest,
}

impl<D: Decides> Running<D> {
    fn begin(engine: D, line: u64, at: Micros) -> Self {
        let place = Place { event: 0, at, since_begin: Span::ZERO };
        let mut running =
            Self { engine, line, begun: at, place, given: VecDeque::new(), digest: Digest::new() };
        running.drain();
        running
    }

    fn handle(&mut self, at: Micros, event: Event) {
        self.place = self.place_of(self.place.event + 1, at);
        self.engine.handle(at, event);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(command) = self.engine.poll_command() {
            self.digest.push(&command);
            self.given.push_back(command);
        }
    }

    const fn place_of(&self, event: u64, at: Micros) -> Place {
        Place { event, at, since_begin: at.since(self.begun) }
    }

    fn into_segment(self, ended: Ended) -> Segment {
        Segment {
            line: self.line,
            events: self.place.event,
            commands: self.digest.commands(),
            digest: self.digest.hex(),
            ended,
        }
    }
}
