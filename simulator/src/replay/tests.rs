use engine::journal::Recorder;
use engine::words::{AskId, AttemptId, Leg, RequestId, SessionId, Signature};
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
    assert_eq!(foreign("SQLite format 3\n"), "line 1: not a line of a journal: expected value at column 1");
    assert_eq!(
        foreign("{\"begin\":{\"format\":9,\"mood\":1}}\n"),
        "line 1: the journal is written in format 9, this program reads format 2"
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
        Event::Leg { leg: CUSTOMER, news: LegNews::Played { nth: 0, whole: true } },
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
        lines.extend(std::iter::from_fn(|| engine.poll_command()).map(|command| recorder.command(&command)));
    }
    let (digest, end) = recorder.end();
    lines.push(end);
    (lines, digest)
}

fn config() -> Config {
    Config {
        signature: Signature::try_from("rm1".to_owned()).expect("a signature"),
        campaigns: vec![],
        carriers: vec![],
        caller_ids: Vec::new(),
        agents: vec![],
        pause_codes: vec![],
        geography: engine::lead::Geography::default(),
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
