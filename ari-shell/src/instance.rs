//! Which installation is this? Two that were given the same `node` are told apart by a name that neither was given.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use crate::unique;

/// Where the data directory has its name.
const FILE: &str = "instance";

/// A name that the data directory has for good: whoever starts there again is the same installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance(Arc<str>);

impl Instance {
    /// The name in `data_dir/instance`, which is made now where there is none.
    ///
    /// # Errors
    /// Where the file cannot be read or made, or there is no randomness.
    pub fn of(data_dir: &Path) -> io::Result<Self> {
        match fs::read_to_string(data_dir.join(FILE)) {
            Ok(text) if !text.trim().is_empty() => return Ok(Self(text.trim().into())),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(_) | Err(_) => {}
        }
        let name = unique::digits::<16>().map_err(io::Error::other)?;
        unique::leave(data_dir, FILE, &name)?;
        Ok(Self(name.into()))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

/// Of whoever works on a database without a data directory, such as commands.
impl Default for Instance {
    fn default() -> Self {
        Self("".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_keeps_its_name_and_no_other_has_it() {
        let home = tempfile::tempdir().expect("a directory");
        let (here, there) = (home.path().join("here"), home.path().join("there"));
        let name = |data_dir| Instance::of(data_dir).expect("a name");
        let first = name(&here);
        assert_eq!(name(&here), first);
        assert_ne!(name(&there), first);
        assert_eq!(first.name().len(), 32);
    }
}
