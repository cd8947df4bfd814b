//! Where what a program has found goes: standard output, and files that take their names once they are whole.
//!
//! However a program ends, under the name of a file is what was there before or all that was to come there, and never half of
//! it. What is written is not decided here, and nobody is told of a failure: an error is the system's own, and whoever asked for
//! the file knows how to tell of it.
//!
//! # How to drive it
//! ```text
//! writeln!(Out::stdout(), "…")?;     // `| head` is no failure
//!
//! let place = Place::of(path)?;      // what is in the way is told now, and nothing is left where the program ends before …
//! let found = whatever takes long;
//! let mut file = place.begin()?;     // … there is something to write;
//! file.write_all(found)?;
//! file.keep()?;                      // it is whole, and takes its name. Dropped instead, it is gone. Or all at once:
//! place.write(found)?;
//! ```

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Seek as _, Write};
use std::iter;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Standard output, or another writer. Once its reader has gone (`| head`) the rest is dropped: that is no failure.
#[derive(Debug)]
pub struct Out<W>(pub W);

impl Out<io::Stdout> {
    /// Locked for each write only: a lock held for a whole command would stop every other thread that prints.
    #[must_use]
    pub fn stdout() -> Self {
        Self(io::stdout())
    }
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_gone(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_gone(self.0.flush(), ())
    }
}

/// What a write has come to, or what it would have, had its reader not gone.
fn unless_gone<T>(written: io::Result<T>, otherwise: T) -> io::Result<T> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(otherwise),
        written => written,
    }
}

/// Where a file is to be written. It has been looked at, and is as it was until the file is whole.
#[derive(Debug)]
pub struct Place(Way);

#[derive(Debug)]
enum Way {
    /// A file is written beside this name and then takes it, with the permissions of the one that had it.
    Beside { name: PathBuf, permissions: Option<Permissions>, replaces: bool },
    /// A file beside which nothing else can be written: it is written over, once all is there. A disk that is full then leaves half.
    Over(File),
    /// A device or a pipe takes what comes, or a file behind standard output.
    Into(File),
}

impl Place {
    /// The place of what there may be under a name, which is replaced. A link stays one: what it leads to is meant, whether
    /// there is anything yet or not. Of standard output and error (`/dev/stdout`) the file itself is meant, and not its name:
    /// what comes goes to where it is written.
    ///
    /// # Errors
    /// Whatever would be in the way of writing there; a file behind another descriptor, whose place is not known.
    pub fn of(path: &Path) -> io::Result<Self> {
        let there = match fs::metadata(path) {
            Ok(there) => there,
            Err(error) if error.kind() == ErrorKind::NotFound => return beside(&end_of(path), None, true),
            Err(error) => return Err(error),
        };
        let file = File::options().write(true).open(path)?;
        if !there.is_file() {
            return Ok(Self(Way::Into(file)));
        }
        if let Some(descriptor) = descriptor_of(path) {
            return Ok(Self(Way::Into(descriptor?)));
        }
        Ok(beside(&end_of(path), Some(there.permissions()), true).unwrap_or(Self(Way::Over(file))))
    }

    /// The place of a file whose name nothing may have: what is there may be somebody's only copy.
    ///
    /// # Errors
    /// Where there is something, and as [`Place::of`]. The last word on that is had when the file takes its name.
    pub fn of_new(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "File exists"));
        }
        beside(path, None, false)
    }

    /// Begins the file.
    ///
    /// # Errors
    /// Where it cannot be written any more.
    pub fn begin(self) -> io::Result<Successor> {
        Ok(Successor(match self.0 {
            Way::Beside { name, permissions, replaces } => {
                let file = temporary(&name)?;
                if let Some(permissions) = permissions {
                    file.as_file().set_permissions(permissions)?;
                }
                Writing::Beside { file, name, replaces }
            }
            Way::Over(of) => Writing::Over { draft: tempfile::tempfile()?, of },
            Way::Into(stream) => Writing::Into(Out(stream)),
        }))
    }

    /// Writes the file, where all of it is at hand.
    ///
    /// # Errors
    /// Where it cannot be written, or cannot take its name.
    pub fn write(self, whole: &[u8]) -> io::Result<()> {
        let mut file = self.begin()?;
        file.write_all(whole)?;
        file.keep()
    }
}

/// A file while it is written, in the place of what there may be under its name.
#[derive(Debug)]
pub struct Successor(Writing);

#[derive(Debug)]
enum Writing {
    Beside { file: NamedTempFile, name: PathBuf, replaces: bool },
    Over { draft: File, of: File },
    Into(Out<File>),
}

impl Successor {
    /// It is whole, and takes its name.
    ///
    /// # Errors
    /// Where it cannot.
    pub fn keep(self) -> io::Result<()> {
        match self.0 {
            Writing::Beside { file, name, replaces } => {
                file.as_file().sync_all()?;
                let kept = if replaces { file.persist(name) } else { file.persist_noclobber(name) };
                Ok(kept.map(drop)?)
            }
            Writing::Over { mut draft, mut of } => {
                draft.rewind()?;
                of.set_len(0)?;
                io::copy(&mut draft, &mut of)?;
                of.sync_all()
            }
            Writing::Into(mut stream) => stream.flush(),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.0 {
            Writing::Beside { file, .. } => file,
            Writing::Over { draft, .. } => draft,
            Writing::Into(stream) => stream,
        }
    }
}

impl Write for Successor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}

/// Where links lead to in the end: to a file, or to a name that has none yet.
fn end_of(path: &Path) -> PathBuf {
    along_links(path).last().expect("the name itself is the first")
}

/// A name, and what links lead from it to, one by one. They end: the system has gone along them before, and a circle is an error
/// to it.
fn along_links(path: &Path) -> impl Iterator<Item = PathBuf> {
    iter::successors(Some(path.to_owned()), |path| Some(folder(path).join(fs::read_link(path).ok()?)))
}

/// What a name leads to through an open descriptor of this program, where it does.
fn descriptor_of(path: &Path) -> Option<io::Result<File>> {
    let descriptors = fs::canonicalize("/proc/self/fd").ok()?;
    let is_one = |path: &PathBuf| fs::canonicalize(folder(path)).is_ok_and(|folder| folder == descriptors);
    let descriptor = along_links(path).find(is_one)?;
    Some(match descriptor.file_name()?.to_str()? {
        "1" => io::stdout().as_fd().try_clone_to_owned().map(File::from),
        "2" => io::stderr().as_fd().try_clone_to_owned().map(File::from),
        _ => Err(io::Error::new(ErrorKind::Unsupported, "a file behind a descriptor; give its name")),
    })
}

fn beside(path: &Path, permissions: Option<Permissions>, replaces: bool) -> io::Result<Place> {
    let name = folder(path).join(path.file_name().ok_or(ErrorKind::InvalidFilename)?);
    // What is wrong with the folder is told by the system, without the name of a file that nobody has asked for.
    fs::metadata(folder(&name))?;
    // An interrupted program leaves nothing: it is removed at once, and made anew when there is something to write.
    temporary(&name)?;
    Ok(Place(Way::Beside { name, permissions, replaces }))
}

/// A file in the same folder, which is removed unless it takes that name.
fn temporary(name: &Path) -> io::Result<NamedTempFile> {
    let mut prefix = name.file_name().unwrap_or_default().to_owned();
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".part");
    // As readable as any other new file: a temporary one would be its owner's alone. And what is wrong is told without its name.
    builder.make_in(folder(name), |path| File::create_new(path))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// A pipe whose reader has gone, or a disk that is full.
    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    fn put(path: &Path, text: &str) {
        let mut file = Place::of(path).expect("it can be written").begin().expect("begun");
        file.write_all(text.as_bytes()).expect("written");
        file.keep().expect("kept");
    }

    #[test]
    fn a_reader_who_has_gone_is_no_failure_and_a_full_disk_is_one() {
        let mut out = Out(Broken(ErrorKind::BrokenPipe));
        writeln!(out, "x").expect("no failure");
        out.flush().expect("no failure");
        let mut out = Out(Broken(ErrorKind::StorageFull));
        assert_eq!(writeln!(out, "x").expect_err("a full disk").kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn behind_a_link_the_file_is_replaced_with_its_permissions_or_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, link, first] = ["file", "link", "first"].map(|name| folder.path().join(name));
        symlink(&file, &link).expect("a link");
        symlink("link", &first).expect("a link");
        put(&first, "new");
        assert_eq!(fs::read_to_string(&file).expect("made"), "new");
        fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("its owner's");
        put(&first, "newer");
        assert_eq!(fs::read_to_string(&file).expect("replaced"), "newer");
        assert_eq!(file.metadata().expect("it is there").permissions().mode() & 0o777, 0o640);
        assert!(link.is_symlink() && first.is_symlink(), "links stay links");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 3, "nothing else is left");
    }

    #[test]
    fn a_file_beside_which_nothing_can_be_is_written_over_once_all_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        // The longest name that there is: nothing can be added to it.
        let file = folder.path().join("x".repeat(255));
        fs::write(&file, "the longer one before").expect("written");
        let mut begun = Place::of(&file).expect("it can be written").begin().expect("begun");
        begun.write_all(b"new").expect("written");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "the longer one before");
        begun.keep().expect("kept");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "new");
    }
}
