//! The lab: a real Asterisk 22 with this project's `dialplan/`, and everything it talks to.
//!
//! ```text
//! test -- ARI --> asterisk -- SIP, RTP --> far_end   (the trunks: callees)
//!                          -- SIP, RTP --> phone     (agents' phones)
//! ```
//! Beside it a [`postgres`] and a [`redis`]. Everything listens on 127.0.0.1, on free ports, and is gone when its handle is
//! dropped.

pub mod asterisk;
pub mod audio;
mod call_log;
mod desk;
pub mod far_end;
mod message;
pub mod phone;
pub mod port;
pub mod postgres;
pub mod process;
mod recording;
pub mod redis;
mod server;
pub mod speech;
mod station;

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use audio::{Voice, safe_harbour_message, waiting_tone};
pub use call_log::{CallLog, Side};
pub use recording::{Heard, Recording};

/// Why there can be no lab on this machine.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// Root is needed for namespaces and for `chroot`.
    #[error("not root")]
    NotRoot,
    /// The root file system is made by Debian's tools.
    #[error("not a Debian machine")]
    NotDebian,
    /// Nobody has run the script.
    #[error("no root file system: run tests/lab/prepare.sh")]
    NotPrepared,
}

/// Says whether a real Asterisk can be started here.
///
/// # Errors
/// The first [`Reason`] found why not.
pub fn available() -> Result<(), Reason> {
    // The owner of a process's own entry is the user it acts as.
    if !std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0) {
        return Err(Reason::NotRoot);
    }
    if !Path::new("/etc/debian_version").exists() {
        return Err(Reason::NotDebian);
    }
    if !root_file_system().is_dir() {
        return Err(Reason::NotPrepared);
    }
    Ok(())
}

/// For the first line of a test: false, and loud, when the test has to be skipped.
///
/// # Panics
/// In CI (`CI=true`), where a lab that is not there is a failure.
pub fn ready() -> bool {
    let Err(reason) = available() else {
        return true;
    };
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "CI must run the tests with a real Asterisk: {reason}"
    );
    say(&format!("SKIPPED, no real Asterisk: {reason}"));
    false
}

/// Waits until the condition holds, looking every 5 ms; false when it did not come to hold in time.
pub async fn until(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    holds()
}

/// The project's own folder.
#[must_use]
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn root_file_system() -> PathBuf {
    project().join("target/lab/asterisk-root")
}

/// A line for whoever watches the test run. A closed terminal is no reason to fail.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "lab: {line}");
}
