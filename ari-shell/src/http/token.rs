//! The secret that the shell makes at its start and leaves in a file, with its address and which database it keeps, for whoever
//! may operate it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use ctutils::CtEq as _;
use secrecy::{ExposeSecret, SecretString};

use crate::unique;

/// Where a data directory has its shell's token.
const FILE: &str = "token";

/// 32 random bytes in hexadecimal digits. Whoever can read its file may operate the floor.
#[derive(Debug, Clone)]
pub struct Token(SecretString);

/// Whom the shell lets in.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Opens everything.
    pub own: Token,
    /// Shows the floor's figures and opens nothing else, where the configuration has one: a scraper keeps it over restarts.
    pub metrics: Option<Token>,
}

/// What the shell that was started last in a data directory has left there.
#[derive(Debug, Clone)]
pub struct Left {
    /// Its token.
    pub token: Token,
    /// The address on which it listens, unless it was of a version that left none.
    pub listen: Option<SocketAddr>,
    /// The digest of its database's address, likewise.
    pub database: Option<String>,
    /// By what its database is told from any other, where that says so itself.
    pub identity: Option<String>,
}

impl Token {
    /// Makes a new one and leaves it in `data_dir/token`, readable by this user alone, with the address on which its shell
    /// listens, the digest of its database's address and by what that is told from any other, where it says so: the configuration
    /// may have others by the time that somebody asks. An earlier one is void.
    ///
    /// # Errors
    /// Where there is no randomness or the file cannot be written.
    pub fn create(
        data_dir: &Path,
        listen: SocketAddr,
        database: &str,
        identity: Option<&str>,
    ) -> io::Result<Self> {
        let token = Self(SecretString::from(unique::digits::<32>().map_err(io::Error::other)?));
        token.leave(data_dir, listen, database, identity)?;
        Ok(token)
    }

    pub(super) fn leave(
        &self,
        data_dir: &Path,
        listen: SocketAddr,
        database: &str,
        identity: Option<&str>,
    ) -> io::Result<()> {
        let identity = identity.unwrap_or_default();
        unique::leave(data_dir, FILE, &format!("{}\n{listen}\n{database}\n{identity}\n", self.expose()))
    }

    /// One that was agreed on.
    pub(crate) const fn agreed(secret: SecretString) -> Self {
        Self(secret)
    }

    /// What was left in `data_dir`; `None` where no shell was ever started there.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn read(data_dir: &Path) -> io::Result<Option<Left>> {
        match fs::read_to_string(Self::path(data_dir)) {
            Ok(text) => {
                let mut lines = text.lines().map(str::trim);
                let token = Self(SecretString::from(lines.next().unwrap_or_default()));
                let listen = lines.next().and_then(|line| line.parse().ok());
                let mut text = || lines.next().filter(|line| !line.is_empty()).map(str::to_owned);
                let (database, identity) = (text(), text());
                Ok(Some(Left { token, listen, database, identity }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where the token of `data_dir` is.
    #[must_use]
    pub fn path(data_dir: &Path) -> PathBuf {
        data_dir.join(FILE)
    }

    /// Whether this is the token that was shown. Takes the same time however much of it is right.
    pub(super) fn is(&self, shown: &str) -> bool {
        let own = self.0.expose_secret().as_bytes();
        own.ct_eq(shown.as_bytes()).to_bool()
    }

    /// As it stands in a request.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_read_back_from_a_file_that_nobody_else_can_read() {
        let home = tempfile::tempdir().expect("a directory");
        let data_dir = home.path().join("data");
        assert!(Token::read(&data_dir).expect("no error").is_none());

        let listen = "192.0.2.1:8090".parse().expect("an address");
        let first = Token::create(&data_dir, listen, "", None).expect("a token");
        let token = Token::create(&data_dir, listen, "digest", Some("7.5")).expect("another");
        let path = Token::path(&data_dir);
        let mode = fs::metadata(path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(token.expose().len(), 64);

        let left = Token::read(&data_dir).expect("no error").expect("a token");
        let told = (left.listen, left.database.as_deref(), left.identity.as_deref());
        assert_eq!(told, (Some(listen), Some("digest"), Some("7.5")));
        assert!(token.is(left.token.expose()));
        assert!(!token.is(first.expose()));
        assert!(!token.is(&token.expose()[..63]));
        assert!(!token.is(""));
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}
