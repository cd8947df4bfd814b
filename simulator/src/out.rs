//! Where what is found goes: standard output, and the file of a report.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Standard output, or another writer. Once its reader has gone (`| head`) the rest is dropped: that is no failure.
pub(crate) struct Out<W>(W);

impl Out<io::Stdout> {
    pub(crate) fn stdout() -> Self {
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

/// The file that a report goes to. Under its name is nothing, or what was there before, until the report is there whole.
pub(crate) struct Sheet<'a> {
    path: &'a Path,
    place: Place,
}

enum Place {
    /// A pipe, a device, or a file beside which nothing else can be written.
    Itself(File),
    /// It is written beside this and then takes its name, with these permissions where there is one already.
    Beside(PathBuf, Option<Permissions>),
}

impl<'a> Sheet<'a> {
    /// Fails where it could not be written later.
    pub(crate) fn open(path: &'a Path) -> Result<Self, String> {
        let place = Place::of(path).map_err(|error| failed(path, &error))?;
        Ok(Self { path, place })
    }

    pub(crate) fn write(self, report: &str) -> Result<(), String> {
        self.place.take(report).map_err(|error| failed(self.path, &error))
    }
}

impl Place {
    fn of(path: &Path) -> io::Result<Self> {
        let there = match fs::metadata(path) {
            Ok(there) => there,
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::of_new(path),
            Err(error) => return Err(error),
        };
        let file = File::options().write(true).open(path)?;
        if !there.is_file() {
            return Ok(Self::Itself(file));
        }
        // Through a link to the file itself, so that the link stays one.
        let itself = fs::canonicalize(path)?;
        let beside = beside(&itself).map(|_| Self::Beside(itself, Some(there.permissions())));
        Ok(beside.unwrap_or(Self::Itself(file)))
    }

    fn of_new(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
        let path = folder(path).join(name);
        // What is wrong with the folder is told by the system, without the name of a file that nobody has asked for.
        fs::metadata(folder(&path))?;
        // An interrupted run leaves nothing: it is removed at once, and made anew when there is something to write.
        beside(&path)?;
        Ok(Self::Beside(path, None))
    }

    fn take(self, report: &str) -> io::Result<()> {
        match self {
            Self::Itself(file) => {
                // A pipe or a device has no length to cut.
                if file.metadata()?.is_file() {
                    file.set_len(0)?;
                }
                Out(file).write_all(report.as_bytes())
            }
            Self::Beside(path, permissions) => {
                let mut file = beside(&path)?;
                file.write_all(report.as_bytes())?;
                if let Some(permissions) = permissions {
                    file.as_file().set_permissions(permissions)?;
                }
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
        }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file in the same folder, which is removed unless it takes that name.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    let mut builder = tempfile::Builder::new();
    // As readable as any other new file: a temporary one would be its owner's alone.
    builder.prefix(&name).suffix(".part").permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(folder(path))
}

fn failed(report: &Path, error: &io::Error) -> String {
    format!("--report {}: {error}", report.display())
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_reader_who_has_gone_is_no_failure_and_a_full_disk_is_one() {
        let mut out = Out(Broken(ErrorKind::BrokenPipe));
        writeln!(out, "x").expect("no failure");
        out.flush().expect("no failure");
        let mut out = Out(Broken(ErrorKind::StorageFull));
        assert_eq!(writeln!(out, "x").expect_err("a full disk").kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_permissions_and_a_link_to_it_stays_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, link] = ["file.html", "link.html"].map(|name| folder.path().join(name));
        fs::write(&file, "old").expect("written");
        fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("its owner's");
        std::os::unix::fs::symlink("file.html", &link).expect("a link");
        Sheet::open(&link).expect("it can be written").write("new").expect("written");
        assert!(link.symlink_metadata().expect("it is there").is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("a report"), "new");
        assert_eq!(file.metadata().expect("it is there").permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing else is left");
    }
}
