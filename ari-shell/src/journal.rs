//! The journal on disk: every event before the engine sees it, every command that the engine gave for it.
//!
//! The lines are the engine's ([`engine::journal`]); here is only the file. `simulator replay` reads it. It holds
//! telephone numbers, and what carriers' and leads' variables say, so it is made readable to its owner alone.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use engine::journal::{BadLine, Chain, Hex, LONGEST_LINE, Line, Recorder, decode};
use engine::words::Micros;
use engine::{Command, Config, Event};

/// How much of an existing journal's end is looked at first; more only where no event is in it.
const TAIL: u64 = 64 * 1024;

/// A journal that is being written: one segment of a file that may hold earlier ones.
///
/// An event reaches the kernel in one write before [`event`](Self::event) returns, so it outlives a killed process,
/// though not a power failure. Commands wait for the next event, since a replay gives them again.
#[derive(Debug)]
pub struct Journal {
    file: File,
    recorder: Recorder,
    /// Lines that wait for the next write.
    pending: String,
    /// What a replay would make of a journal with a hole is worth nothing, so a failed write is the last.
    broken: bool,
}

impl Journal {
    /// Begins a segment at the end of `path`, making the file if there is none. To be called once the engine was
    /// made from the same three, and before it gives its first command.
    ///
    /// # Errors
    /// Those of the file; `InvalidData` where its first or last lines are no journal's, or one's of another version, and
    /// `WouldBlock` where another process writes it.
    pub fn open(path: &Path, config: &Config, seed: [u8; 32], at: Micros) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        lock(&file)?;
        look_at_its_begin(&mut file)?;
        let end = End::of(&mut file)?;
        keep_private(&file, path)?;
        let (recorder, begin) = Recorder::begin(end.chain, config, seed, at);
        let mut journal = Self { file, recorder, pending: String::new(), broken: false };
        if end.torn {
            journal.pending.push('\n');
        }
        journal.pending += &begin;
        journal.flush()?;
        Ok(journal)
    }

    /// Writes an event, and the commands before it, down to the kernel. To be called before the engine sees it.
    ///
    /// # Errors
    /// Those of the file. After the first, the journal stays as it is and every further call fails.
    pub fn event(&mut self, at: Micros, event: &Event) -> io::Result<()> {
        self.pending += &self.recorder.event(at, event);
        self.flush()
    }

    /// Takes in a command that the engine gave for the last event; it is written with the next event.
    pub fn command(&mut self, command: &Command) {
        self.pending += &self.recorder.command(command);
    }

    /// Writes the commands that wait.
    ///
    /// # Errors
    /// As [`event`](Self::event).
    pub fn flush(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("the journal has ended: an earlier write to it failed"));
        }
        let written = self.file.write_all(self.pending.as_bytes());
        self.pending.clear();
        self.broken = written.is_err();
        written
    }

    /// Ends the segment in order; gives the digest of its commands, which a replay prints too.
    ///
    /// # Errors
    /// As [`event`](Self::event).
    pub fn end(mut self) -> io::Result<Hex<32>> {
        let (digest, line) = self.recorder.clone().end();
        self.pending += &line;
        self.flush()?;
        Ok(digest)
    }
}

/// Two processes that write one journal would make it one that neither of them wrote.
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::WouldBlock, "another process writes this journal"))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A replay stops at the first line that it cannot read: what is added behind one would be of no use.
fn look_at_its_begin(file: &mut File) -> io::Result<()> {
    let mut line = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    BufReader::new(file.take(LONGEST_LINE)).read_until(b'\n', &mut line)?;
    match decode(&line) {
        Ok(_) | Err(BadLine::Torn) => Ok(()),
        Err(why) => Err(foreign("begin", &why)),
    }
}

/// What was there before may have been copied, or begun by somebody else. A device, such as `/dev/null`, keeps nothing.
fn keep_private(file: &File, path: &Path) -> io::Result<()> {
    let found = file.metadata()?;
    let mode = found.permissions().mode() & 0o777;
    if !found.is_file() || mode & 0o077 == 0 {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(0o600)).map_err(|error| {
        let problem = format!(
            "it has telephone numbers in it, and more than its owner may open it (mode {mode:03o}): {error}; give it to the user \
             that the shell runs as, or name another file"
        );
        io::Error::new(error.kind(), problem)
    })?;
    tracing::warn!(
        journal = %path.display(),
        was = format!("{mode:03o}"),
        "the journal has telephone numbers in it: from now on only its owner can open it"
    );
    Ok(())
}

fn foreign(place: &str, why: &BadLine) -> io::Error {
    let error = format!("it does not {place} as a journal does ({why}); move it away or name another file");
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Where an existing journal stops.
struct End {
    /// The chain of its last event.
    chain: Chain,
    /// Whether its last line lacks its line feed.
    torn: bool,
}

impl End {
    fn of(file: &mut File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let mut tail = TAIL;
        loop {
            let bytes = last_bytes(file, length, tail)?;
            let torn = bytes.last().is_some_and(|&last| last != b'\n');
            let whole = tail >= length;
            if let Some(chain) = last_chain(if whole { &bytes } else { without_first_line(&bytes) })? {
                return Ok(Self { chain, torn });
            }
            if whole {
                return Ok(Self { chain: Chain::START, torn });
            }
            tail *= 16;
        }
    }
}

fn last_bytes(file: &mut File, length: u64, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(count)))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A line that was come upon in its middle has lost its head.
fn without_first_line(bytes: &[u8]) -> &[u8] {
    bytes.iter().position(|&byte| byte == b'\n').map_or(&[], |end| &bytes[end + 1..])
}

/// The chain of the last line that has one; a line that is not whole has none.
fn last_chain(lines: &[u8]) -> io::Result<Option<Chain>> {
    for line in lines.rsplit(|&byte| byte == b'\n') {
        match decode(line) {
            Ok(Line::Begin { chain, .. } | Line::Event { chain, .. }) => return Ok(Some(chain)),
            Ok(Line::Command { .. } | Line::End { .. }) | Err(BadLine::Torn) => {}
            Err(why) => return Err(foreign("end", &why)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use engine::Engine;
    use engine::words::{AttemptId, RequestId, SessionId, Signature, Span};
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    const NOON: Micros = Micros(1_800_000_000_000_000);
    const SEED: [u8; 32] = [5; 32];

    #[test]
    fn an_event_is_in_the_file_before_the_engine_can_see_it() {
        let home = Home::new();
        let mut journal = home.open();
        journal.event(NOON, &Event::LinkUp).expect("written");
        assert_eq!(home.kinds(), ["begin", "event"]);
        journal.command(&survey());
        assert_eq!(home.kinds(), ["begin", "event"], "the command waits");
        journal.event(NOON, &Event::Woke).expect("written");
        assert_eq!(home.kinds(), ["begin", "event", "command", "event"]);
    }

    #[test]
    fn the_digest_at_the_end_is_the_one_in_the_file() {
        let home = Home::new();
        let mut journal = home.open();
        journal.event(NOON, &Event::LinkUp).expect("written");
        journal.command(&survey());
        let digest = journal.end().expect("written");
        let text = home.text();
        let last = text.lines().last().expect("an end line");
        assert_eq!(decode(last.as_bytes()), Ok(Line::End { commands: 1, digest }));
    }

    #[test]
    fn what_was_written_replays_to_the_same_digest() {
        let home = Home::new();
        let mut journal = home.open();
        let mut engine = Engine::new(config(), SEED, NOON).expect("a configuration");
        for (at, event) in (1..).zip([Event::LinkUp, Event::Woke, Event::LinkLost, Event::LinkUp]) {
            while let Some(command) = engine.poll_command() {
                journal.command(&command);
            }
            journal.event(NOON + Span(at), &event).expect("written");
            engine.handle(NOON + Span(at), event);
        }
        while let Some(command) = engine.poll_command() {
            journal.command(&command);
        }
        let digest = journal.end().expect("written");

        let file = File::open(&home.path).expect("a file");
        let replayed = simulator::replay::replay(io::BufReader::new(file)).expect("an unchanged journal");
        assert_eq!(replayed.events(), 4);
        assert_eq!(replayed.segments[0].digest, digest);
    }

    #[test]
    fn nobody_but_the_owner_can_read_it() {
        let home = Home::new();
        home.open().end().expect("written");
        assert_eq!(home.mode(), 0o600);
    }

    #[test]
    fn one_that_others_could_read_is_made_private_and_what_is_no_journal_stays_as_it_is() {
        let home = Home::new();
        home.open().end().expect("written");
        home.set_mode(0o664);
        home.open().end().expect("written");
        assert_eq!(home.mode(), 0o600);

        fs::write(&home.path, "name,number\n").expect("a file");
        home.set_mode(0o644);
        home.try_open().expect_err("no journal");
        assert_eq!(home.mode(), 0o644);
    }

    #[test]
    fn two_cannot_write_it_at_a_time() {
        let home = Home::new();
        let journal = home.open();
        let error = home.try_open().expect_err("locked");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        drop(journal);
        home.open();
    }

    #[test]
    fn a_file_that_is_no_journal_is_left_alone() {
        let home = Home::new();
        fs::write(&home.path, "name,number\nZoë,15551234567\n").expect("a file");
        let error = home.try_open().expect_err("no journal");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(home.text(), "name,number\nZoë,15551234567\n");
    }

    #[test]
    fn a_journal_of_another_version_is_left_alone_however_it_ends() {
        let home = Home::new();
        let mut journal = home.open();
        journal.event(NOON, &Event::LinkUp).expect("written");
        journal.end().expect("written");
        let older = home.text().replacen("\"format\":2", "\"format\":1", 1);
        fs::write(&home.path, &older).expect("a file");
        let error = home.try_open().expect_err("nobody could replay what is added to it");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let told = "it does not begin as a journal does (the journal is written in format 1, this program reads format 2); ";
        assert!(error.to_string().starts_with(told), "{error}");
        assert_eq!(home.text(), older);
    }

    #[test]
    fn a_new_segment_carries_the_chain_on_from_far_back() {
        let home = Home::new();
        let mut journal = home.open();
        journal.event(NOON, &Event::LinkUp).expect("written");
        for _ in 0..4_000 {
            journal.command(&survey());
        }
        journal.end().expect("written");
        assert!(home.text().len() as u64 > 3 * TAIL);
        home.open().end().expect("written");
        assert_eq!(home.segments(), 2);
    }

    #[test]
    fn a_failed_write_is_the_last() {
        let home = Home::new();
        let mut journal = home.open();
        journal.file = File::open(&home.path).expect("a file that cannot be written");
        journal.event(NOON, &Event::LinkUp).expect_err("not written");
        journal.file = OpenOptions::new().append(true).open(&home.path).expect("a file");
        journal.event(NOON, &Event::Woke).expect_err("broken");
        journal.end().expect_err("broken");
        assert_eq!(home.kinds(), ["begin"]);
    }

    proptest! {
        #[test]
        fn a_segment_can_follow_one_that_was_cut_off_anywhere(cut in any::<prop::sample::Index>()) {
            let home = Home::new();
            let mut journal = home.open();
            for at in 1..5 {
                journal.event(NOON + Span(at), &Event::Foreign { kind: "grün".to_owned(), leg: None }).expect("written");
            }
            journal.end().expect("written");
            let whole = fs::read(&home.path).expect("a file");
            let cut = cut.index(whole.len());
            fs::write(&home.path, &whole[..cut]).expect("a file");
            home.open().end().expect("written");

            let begin = whole.iter().position(|&byte| byte == b'\n').expect("a begin line");
            prop_assert_eq!(home.segments(), if cut < begin { 1 } else { 2 });
        }
    }

    struct Home {
        path: PathBuf,
        _directory: TempDir,
    }

    impl Home {
        fn new() -> Self {
            let directory = TempDir::new().expect("a directory");
            Self { path: directory.path().join("day.journal"), _directory: directory }
        }

        fn open(&self) -> Journal {
            self.try_open().expect("a journal")
        }

        fn try_open(&self) -> io::Result<Journal> {
            Journal::open(&self.path, &config(), SEED, NOON)
        }

        fn text(&self) -> String {
            fs::read_to_string(&self.path).expect("a file")
        }

        fn mode(&self) -> u32 {
            fs::metadata(&self.path).expect("a file").permissions().mode() & 0o777
        }

        fn set_mode(&self, mode: u32) {
            fs::set_permissions(&self.path, Permissions::from_mode(mode)).expect("its owner's");
        }

        /// How many segments were begun, each carrying on the chain of what stands before it.
        fn segments(&self) -> usize {
            let (mut last, mut segments) = (Chain::START, 0);
            for bytes in fs::read(&self.path).expect("a file").split(|&byte| byte == b'\n') {
                match decode(bytes) {
                    Ok(Line::Begin { carried, chain, .. }) => {
                        assert_eq!(carried, last);
                        (last, segments) = (chain, segments + 1);
                    }
                    Ok(Line::Event { chain, .. }) => last = chain,
                    Ok(Line::Command { .. } | Line::End { .. }) | Err(BadLine::Torn) => {}
                    Err(why) => panic!("{why}"),
                }
            }
            segments
        }

        fn kinds(&self) -> Vec<&'static str> {
            let kind = |line: &str| match decode(line.as_bytes()).expect("a line") {
                Line::Begin { .. } => "begin",
                Line::Event { .. } => "event",
                Line::Command { .. } => "command",
                Line::End { .. } => "end",
            };
            self.text().lines().map(kind).collect()
        }
    }

    fn survey() -> Command {
        Command::Survey { request: RequestId(1) }
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
}
