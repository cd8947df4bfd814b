//! Replays a journal: the same configuration, seed and events through an engine, and every command compared.
//!
//! The first line that is not as it must be ends the replay and is named. What a killed process leaves behind is no
//! such line: a last line that stops before it is whole, and a last event whose commands were not all written.

pub mod report;

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead};

use engine::journal::{BadLine, Chain, Digest, Hex, Line, decode};
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

    /// The commands of all segments.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.segments.iter().map(|segment| segment.commands).sum()
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
    while journal.read_until(b'\n', &mut bytes)? > 0 {
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

#[cfg(test)]
mod tests {
    use engine::journal::Recorder;
    use engine::words::{AskId, AttemptId, Leg, Node, RequestId, SessionId};
    use engine::{LegNews, Wish};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_recording_of_the_engine_replays_to_the_digest_it_ended_with() {
        let (lines, digest) = record::<Engine>(Engine::new, Chain::START, &history());
        let replayed = replay(lines.concat().as_bytes()).expect("an unchanged journal");
        let [segment] = &replayed.segments[..] else { panic!("one segment: {replayed:?}") };
        assert_eq!((segment.digest, segment.ended, segment.events), (digest, Ended::Orderly, 4));
    }

    #[test]
    fn every_command_of_a_recording_is_compared() {
        let (lines, digest) = record(Echo::new, Chain::START, &history());
        assert_eq!(
            run(&lines).expect("an unchanged journal").segments,
            [Segment { line: 1, events: 4, commands: 5, digest, ended: Ended::Orderly }]
        );
    }

    #[test]
    fn segments_follow_each_other_and_carry_the_chain_on() {
        let lines = three_segments();
        let segments = run(&lines).expect("an unchanged journal").segments;
        let summary: Vec<_> = segments.iter().map(|segment| (segment.line, segment.events)).collect();
        assert_eq!(summary, [(1, 4), (12, 1), (16, 4)]);
        assert!(segments.iter().all(|segment| segment.ended == Ended::Orderly));
    }

    #[test]
    fn a_removed_segment_is_found_at_the_one_after_it() {
        let lines = three_segments();
        for (without, found_at) in [(0..11, 1), (11..15, 12)] {
            let mut lines = lines.clone();
            lines.drain(without);
            let divergence = diverges(&lines);
            assert_eq!(divergence.line, found_at);
            assert!(matches!(divergence.what, Difference::Carried { .. }), "{divergence}");
        }
    }

    #[test]
    fn an_events_changed_time_is_found_at_its_line() {
        let divergence = diverges(&edited(5, "1800000000000020", "1800000000000021"));
        assert_eq!((divergence.line, divergence.place.event), (5, 2));
        assert_eq!(divergence.place.at, Micros(1_800_000_000_000_021));
        assert_eq!(divergence.what, Difference::Event);
    }

    #[test]
    fn an_events_changed_content_is_found_at_its_line_though_no_command_differs() {
        let divergence = diverges(&edited(7, "\"whole\":true", "\"whole\":false"));
        assert_eq!((divergence.line, divergence.place.event), (7, 3));
        assert_eq!(divergence.what, Difference::Event);
    }

    #[test]
    fn a_removed_event_is_found_at_what_stood_after_it() {
        let mut lines = recorded();
        lines.remove(4);
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.what), (5, Difference::Misplaced(2)));

        lines.remove(4);
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.what), (5, Difference::Number { expected: 2 }));

        for n in 3..=4 {
            let (old, new) = (format!("\"n\":{n},"), format!("\"n\":{},", n - 1));
            lines.iter_mut().for_each(|line| *line = line.replace(&old, &new));
        }
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.what), (5, Difference::Event), "renumbered");
    }

    #[test]
    fn an_inserted_event_is_found_at_its_line() {
        let mut lines = recorded();
        lines.insert(4, lines[2].clone());
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.what), (5, Difference::Number { expected: 2 }));

        lines[4] = lines[4].replace("\"n\":1,", "\"n\":2,");
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.what), (5, Difference::Event), "renumbered");
    }

    #[test]
    fn a_changed_command_is_found_with_what_the_engine_gives_instead() {
        let divergence = diverges(&edited(6, "\"ordinal\":1", "\"ordinal\":2"));
        assert_eq!((divergence.line, divergence.place.event), (6, 2));
        assert_eq!(
            divergence.to_string(),
            "diverged at line 6, event 2 at 1800000000000020 (0.000020 s after the begin): the commands differ\n  \
             journal: {\"HangUp\":{\"request\":2,\"leg\":{\"Customer\":{\"attempt\":7,\"ordinal\":2}}}}\n  \
             engine:  {\"HangUp\":{\"request\":2,\"leg\":{\"Customer\":{\"attempt\":7,\"ordinal\":1}}}}"
        );
    }

    #[test]
    fn a_command_too_few_or_too_many_is_found_at_its_place() {
        let mut lines = recorded();
        let command = lines.remove(3);
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.place.event), (4, 1), "before the next event");
        assert!(matches!(divergence.what, Difference::Command { recorded: None, given: Some(_) }));

        lines.insert(3, command.clone());
        lines.insert(4, command);
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.place.event), (5, 1));
        assert!(matches!(divergence.what, Difference::Command { recorded: Some(_), given: None }));

        let mut lines = recorded();
        lines.remove(9);
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.place.event), (10, 4), "before the end");
    }

    #[test]
    fn a_changed_begin_is_found_though_no_command_differs() {
        let divergence = diverges(&edited(1, "\"rm1\"", "\"rm2\""));
        assert_eq!((divergence.line, divergence.what), (1, Difference::Begin));
    }

    #[test]
    fn a_changed_end_is_found() {
        let divergence = diverges(&edited(11, "\"commands\":5", "\"commands\":6"));
        assert_eq!(divergence.line, 11);
        assert!(matches!(divergence.what, Difference::End { recorded_commands: 6, commands: 5, .. }));
    }

    #[test]
    fn nothing_but_a_begin_can_follow_an_end() {
        let mut lines = recorded();
        lines.push(lines[2].clone());
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.what), (12, Difference::Outside));
    }

    #[test]
    fn an_unreadable_line_is_found_and_said_to_be_one() {
        let divergence = diverges(&edited(6, "HangUp", "HungUp"));
        assert_eq!(divergence.line, 6);
        assert!(matches!(divergence.what, Difference::Line(BadLine::Malformed(_))), "{divergence}");
    }

    #[test]
    fn a_journal_that_stops_anywhere_is_torn_there_and_goes_on_with_a_new_segment() {
        let (whole, _) = record(Echo::new, Chain::START, &history());
        let text = whole.concat();
        for length in whole[0].len()..text.len() - 1 {
            let replayed = replay_with(&text.as_bytes()[..length], Echo::new).expect("a torn journal");
            let [segment] = &replayed.segments[..] else { panic!("one segment: {replayed:?}") };
            let torn = matches!(segment.ended, Ended::Torn { .. });
            assert!(torn, "{length} bytes: {segment:?}");

            let carried = last_chain(&text[..length]);
            let (next, _) = record(Echo::new, carried, &history());
            let mut both = text[..length].trim_end().to_owned();
            both.push('\n');
            both += &next.concat();
            let replayed = replay_with(both.as_bytes(), Echo::new).expect("a torn segment, then a whole one");
            assert_eq!(replayed.segments.len(), 2);
            assert_eq!(&replayed.segments[0], segment);
        }
    }

    #[test]
    fn commands_that_a_killed_process_did_not_write_are_counted() {
        let lines = recorded();
        for (kept, events, unwritten) in
            [(2, 0, 0), (3, 1, 1), (4, 1, 0), (7, 3, 0), (8, 4, 2), (9, 4, 1), (10, 4, 0)]
        {
            let replayed = run(&lines[..kept]).expect("a torn journal");
            let segment = &replayed.segments[0];
            assert_eq!((segment.events, segment.ended), (events, Ended::Torn { unwritten }), "{kept} lines");
        }
    }

    #[test]
    fn a_torn_line_with_more_of_its_segment_after_it_is_no_tear() {
        let mut lines = recorded();
        let half = lines[5].len() / 2;
        lines[5] = format!("{}\n", &lines[5][..half]);
        let divergence = diverges(&lines);
        assert_eq!((divergence.line, divergence.what), (6, Difference::Line(BadLine::Torn)));
    }

    #[test]
    fn a_process_that_was_killed_in_its_first_line_is_a_segment_without_events() {
        let mut lines = three_segments();
        lines.insert(11, "{\"begin\":{\"format\":1,\n".to_owned());
        let segments = run(&lines).expect("a torn begin, then a whole one").segments;
        assert_eq!(segments.len(), 4);
        let torn = &segments[1];
        assert_eq!((torn.line, torn.events, torn.ended), (12, 0, Ended::Torn { unwritten: 0 }));
    }

    #[test]
    fn what_is_no_journal_is_unreadable_and_not_diverged() {
        let foreign = |text: &str| replay(text.as_bytes()).expect_err("no journal").to_string();
        assert_eq!(foreign(""), "the journal holds no whole line");
        assert_eq!(foreign("{\"begin\":"), "the journal holds no whole line");
        assert_eq!(
            foreign("SQLite format 3\n"),
            "line 1: not a line of a journal: expected value at column 1"
        );
        assert_eq!(
            foreign("{\"begin\":{\"format\":9,\"mood\":1}}\n"),
            "line 1: the journal is written in format 9, this program reads format 1"
        );
    }

    proptest! {
        #[test]
        fn no_changed_byte_before_the_last_line_goes_unnoticed(
            place in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let lines = recorded();
            let mut bytes = lines.concat().into_bytes();
            let place = place.index(bytes.len() - lines[10].len());
            prop_assume!(bytes[place] != byte);
            bytes[place] = byte;
            prop_assert!(replay_with(&bytes[..], Echo::new).is_err());
        }
    }

    /// Decides as little as a journal needs: one command at the start, for each leg's news one and for each wish two.
    struct Echo {
        requests: u64,
        commands: VecDeque<Command>,
    }

    impl Echo {
        fn new(_: Config, _: [u8; 32], _: Micros) -> Result<Self, BadConfig> {
            let mut echo = Self { requests: 0, commands: VecDeque::new() };
            echo.give(|request| Command::Survey { request });
            Ok(echo)
        }

        fn give(&mut self, command: impl FnOnce(RequestId) -> Command) {
            self.commands.push_back(command(RequestId(self.requests)));
            self.requests += 1;
        }
    }

    impl Decides for Echo {
        fn handle(&mut self, _: Micros, event: Event) {
            if let Event::Leg { leg, news: LegNews::Rang | LegNews::Answered } = event {
                self.give(|request| Command::HangUp { request, leg });
            } else if let Event::Asked { ask, .. } = event {
                self.give(|request| Command::Look { request, leg: CUSTOMER });
                self.commands.push_back(Command::Reply { ask, answer: Ok(()) });
            }
        }

        fn poll_command(&mut self) -> Option<Command> {
            self.commands.pop_front()
        }
    }

    const CUSTOMER: Leg = Leg::Customer { attempt: AttemptId(7), ordinal: 1 };
    const BEGUN: Micros = Micros(1_800_000_000_000_000);

    /// Eleven lines as `Echo` decides: events at lines 3, 5, 7 and 8, of which the third gets no command.
    fn recorded() -> Vec<String> {
        record(Echo::new, Chain::START, &history()).0
    }

    fn three_segments() -> Vec<String> {
        let mut lines = recorded();
        for history in [&history()[2..3], &history()[..]] {
            let carried = last_chain(&lines.concat());
            lines.extend(record(Echo::new, carried, history).0);
        }
        lines
    }

    fn history() -> Vec<Event> {
        vec![
            Event::Leg { leg: CUSTOMER, news: LegNews::Rang },
            Event::Leg { leg: CUSTOMER, news: LegNews::Answered },
            Event::Leg { leg: CUSTOMER, news: LegNews::Played { whole: true } },
            Event::Asked { ask: AskId(1), wish: Wish::CloseFloor },
        ]
    }

    /// Records an orderly segment as the shell does, one event each 10 µs: its lines and its digest.
    fn record<D: Decides>(
        new: impl Fn(Config, [u8; 32], Micros) -> Result<D, BadConfig>,
        carried: Chain,
        history: &[Event],
    ) -> (Vec<String>, Hex<32>) {
        let seed = [3; 32];
        let mut engine = new(config(), seed, BEGUN).expect("a configuration");
        let (mut recorder, begin) = Recorder::begin(carried, &config(), seed, BEGUN);
        let mut lines = vec![begin];
        let mut at = BEGUN;
        lines.extend(std::iter::from_fn(|| engine.poll_command()).map(|command| recorder.command(&command)));
        for event in history {
            at = at + Span(10);
            lines.push(recorder.event(at, event));
            engine.handle(at, event.clone());
            lines.extend(
                std::iter::from_fn(|| engine.poll_command()).map(|command| recorder.command(&command)),
            );
        }
        let (digest, end) = recorder.end();
        lines.push(end);
        (lines, digest)
    }

    fn config() -> Config {
        Config {
            node: Node::try_from("rm1".to_owned()).expect("a node name"),
            campaigns: vec![],
            carriers: vec![],
            agents: vec![],
            next_attempt: AttemptId(1),
            next_session: SessionId(1),
            pbx_patience: Span::secs(5),
            database_patience: Span::secs(10),
            survey_every: Span::secs(60),
        }
    }

    fn run(lines: &[String]) -> Result<Replayed, Stopped> {
        replay_with(lines.concat().as_bytes(), Echo::new)
    }

    fn diverges(lines: &[String]) -> Divergence {
        let stopped = run(lines).expect_err("a changed journal");
        let Stopped::Diverged(divergence) = stopped else { panic!("a divergence: {stopped}") };
        *divergence
    }

    /// A recording in which one text on one line, counted from 1, was replaced.
    fn edited(line: usize, old: &str, new: &str) -> Vec<String> {
        let mut lines = recorded();
        assert!(lines[line - 1].contains(old), "{}", lines[line - 1]);
        lines[line - 1] = lines[line - 1].replace(old, new);
        lines
    }

    fn last_chain(journal: &str) -> Chain {
        let mut chains = journal.lines().filter_map(|line| match decode(line.as_bytes()) {
            Ok(Line::Begin { chain, .. } | Line::Event { chain, .. }) => Some(chain),
            Ok(Line::Command { .. } | Line::End { .. }) | Err(_) => None,
        });
        chains.next_back().expect("a begin")
    }
}
