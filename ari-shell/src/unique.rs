//! Names that nothing else has, the files that keep them, and the folder that these are in.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// So many random bytes in hexadecimal digits.
///
/// # Errors
/// Where the system has no randomness.
pub(crate) fn digits<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// Makes a folder where it is missing. It will hold telephone numbers, which are nobody's business but its owner's.
///
/// # Errors
/// Where it cannot be made.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Leaves a text in `folder/name`; the folder is made where it is missing. The file can be read by its owner alone from the first
/// moment, and takes the place of an earlier one only when it is whole.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn leave(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    make_folder(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(folder.join(name))?;
    Ok(())
}
