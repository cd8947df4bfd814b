//! Files that take their names once they are whole: however a command ends, nobody finds half of one under it.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file beside `to`, which is to have that name in the end. A failure removes it.
pub(super) fn beside(to: &Path) -> io::Result<NamedTempFile> {
    let mut beside = to.file_name().unwrap_or_default().to_owned();
    beside.push(".");
    let mut builder = tempfile::Builder::new();
    // As readable as any other new file: a temporary one would be its owner's alone.
    builder.prefix(&beside).suffix(".part").permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(to.parent().unwrap_or(Path::new("")))
}

/// What is written in the place of what there may be under a name.
pub(super) enum Successor {
    /// A file, and whose place it takes.
    File(NamedTempFile, PathBuf),
    /// A device or a pipe takes what comes.
    Stream(File),
}

impl Successor {
    /// Begins it. Behind a link the file is replaced, and who may read it stays.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let Ok(there) = path.metadata() else {
            return Ok(Self::File(beside(path)?, path.to_owned()));
        };
        if !there.is_file() {
            return File::create(path).map(Self::Stream);
        }
        let path = path.canonicalize()?;
        let file = beside(&path)?;
        file.as_file().set_permissions(there.permissions())?;
        Ok(Self::File(file, path))
    }

    /// It is whole.
    pub(super) fn keep(self) -> io::Result<()> {
        match self {
            Self::File(file, path) => {
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
            Self::Stream(mut stream) => stream.flush(),
        }
    }
}

impl Write for Successor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file, _) => file.write(bytes),
            Self::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file, _) => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}
