//! A real Asterisk 22 in namespaces of its own: what it mounts and starts goes with it.
//!
//! Its home (configuration, sockets, logs) is a temporary folder inside the root file system that
//! `tests/lab/prepare.sh` makes, so every Asterisk has its own and all share the programs.
//! The only thing that keeps it alive is our end of its standard input: however this process ends, Asterisk is killed.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{port, process, project, root_file_system, say};

/// The ARI application of the dialplan.
pub const APP: &str = "autodialer";
/// The ARI user of the dialplan.
pub const USER: &str = "ringmaster";
/// The lab's password for [`USER`].
pub const PASSWORD: &str = "lab-password";

/// How long Asterisk may take to be fully booted.
const BOOT_LIMIT: Duration = Duration::from_secs(30);
/// Two ports a leg; Asterisk passes over those that are taken.
const RTP_PORTS: (u16, u16) = (10_000, 19_999);

/// Runs inside the namespaces, as their first process: when it ends, the kernel ends all others in them.
/// `read` returns when the other end of standard input is closed.
const FIRST_PROCESS: &str = r#"
hostname ringmaster-lab
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
exec 3<&0
chroot "$0" asterisk -C "$1" -f </dev/null >"$2" 2>&1 3<&- &
pbx=$!
{ read -r _ <&3; kill -KILL $pbx; } &
wait $pbx
"#;

/// Whom this Asterisk can call.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// The far end of `trunk-a`.
    pub trunk_a: SocketAddr,
    /// The far end of `trunk-b`.
    pub trunk_b: SocketAddr,
    /// Where all agents' phones are.
    pub phones: SocketAddr,
    /// How many agents there are: `agent-1` and on.
    pub agents: u16,
}

/// Why there is no running Asterisk.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file, a port or a process could not be had.
    #[error("the lab's Asterisk could not be set up: {0}")]
    Setup(#[from] io::Error),
    /// It ended, or was not ready in time; with the end of its log.
    #[error("Asterisk did not come up ({why}):\n{log}")]
    NotReady {
        /// What was waited for.
        why: &'static str,
        /// The last lines of its log.
        log: String,
    },
}

/// A running Asterisk. Dropping it leaves no process, mount or file.
#[derive(Debug)]
pub struct Asterisk {
    home: TempDir,
    http: u16,
    sip: u16,
    manager: u16,
    process: Option<Child>,
}

impl Asterisk {
    /// Starts one for this site, on free ports, and waits until it is fully booted.
    ///
    /// # Errors
    /// When it cannot be set up or does not get ready.
    pub async fn start(site: &Site) -> Result<Self, StartError> {
        sweep();
        let srv = root_file_system().join("srv");
        let prefix = format!("lab-{}-", std::process::id());
        let home = tempfile::Builder::new().prefix(&prefix).tempdir_in(srv)?;
        let mut asterisk =
            Self { home, http: port::free()?, sip: port::free()?, manager: port::free()?, process: None };
        asterisk.furnish(site)?;
        asterisk.launch().await?;
        Ok(asterisk)
    }

    /// Where ARI is, without a slash at its end: `http://127.0.0.1:<port>/ari`.
    #[must_use]
    pub fn ari_url(&self) -> String {
        format!("http://127.0.0.1:{}/ari", self.http)
    }

    /// Where its manager interface is; user and password are those of ARI.
    #[must_use]
    pub fn manager_addr(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.manager))
    }

    /// The address from which it speaks SIP.
    #[must_use]
    pub fn sip_addr(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.sip))
    }

    /// Ends it as a power cut would: SIGKILL, no goodbye to anybody.
    pub fn kill(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        drop(process.stdin.take());
        if let Err(error) = process.wait() {
            say(&format!("nobody to wait for after the kill: {error}"));
        }
    }

    /// Starts it again, on the same ports and with the same configuration. Kills it first if it still runs.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn restart(&mut self) -> Result<(), StartError> {
        self.kill();
        self.launch().await
    }

    /// Ends it in good order: it hangs up and closes its sockets.
    ///
    /// # Errors
    /// When the command could not be given; it is killed then.
    pub async fn stop(mut self) -> io::Result<()> {
        self.rx("core stop now")?;
        let ended = super::until(Duration::from_secs(5), || !self.runs()).await;
        self.kill();
        if ended { Ok(()) } else { Err(io::Error::other("Asterisk did not stop by itself")) }
    }

    /// What the command line interface answers to this command.
    ///
    /// # Errors
    /// When Asterisk does not run.
    pub fn rx(&self, command: &str) -> io::Result<String> {
        let output = Command::new("chroot")
            .arg(root_file_system())
            .args(["asterisk", "-C"])
            .arg(self.inside("etc/site/asterisk.conf"))
            .args(["-rx", command])
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stdout).into_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Its process, by the number that it has outside of its namespaces; `None` when it does not run.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        let first = self.process.as_ref()?.id();
        process::descendants(first).into_iter().find(|pid| process::name(*pid).as_deref() == Some("asterisk"))
    }

    /// Its home seen from this side, for a test that wants to see that it is gone.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where it keeps what it records, seen from this side.
    #[must_use]
    pub fn recordings(&self) -> PathBuf {
        self.home.path().join("spool/recording")
    }

    /// The last lines of what it logged.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        let read = |file: &str| fs::read_to_string(self.home.path().join(file)).unwrap_or_default();
        let log = read("log/full.log");
        let log = if log.is_empty() { read("console") } else { log };
        let all: Vec<&str> = log.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Writes everything it reads: our dialplan, with a `site/` of the lab's.
    fn furnish(&self, site: &Site) -> io::Result<()> {
        for folder in ["run", "lib/keys", "spool/recording", "log", "share/moh"] {
            fs::create_dir_all(self.home.path().join(folder))?;
        }
        let dialplan = project().join("dialplan");
        copy_folder(&dialplan, &self.home.path().join("etc"))?;
        copy_folder(&dialplan.join("sounds"), &self.home.path().join("share/sounds"))?;
        copy_folder(&dialplan.join("moh"), &self.home.path().join("share/moh/ringmaster"))?;
        for shared in ["documentation", "rest-api", "static-http"] {
            symlink(
                Path::new("/usr/share/asterisk").join(shared),
                self.home.path().join("share").join(shared),
            )?;
        }
        // The tone before a recording, digits and letters are Asterisk's own.
        for own in ["beep.gsm", "digits", "letters"] {
            let sound = Path::new("/usr/share/asterisk/sounds/en_US_f_Allison").join(own);
            symlink(&sound, self.home.path().join("share/sounds/en").join(own))?;
        }
        for (file, text) in self.site_files(site)? {
            fs::write(self.home.path().join("etc/site").join(file), text)?;
        }
        Ok(())
    }

    /// The files of `dialplan/site/` that differ in the lab; its carriers are the lab's already.
    fn site_files(&self, site: &Site) -> io::Result<Vec<(&'static str, String)>> {
        let main = fs::read_to_string(project().join("dialplan/site/asterisk.conf"))?;
        let trunks = [("trunk-a", site.trunk_a), ("trunk-b", site.trunk_b)]
            .map(|(name, addr)| party(name, "trunk", &format!("sip:{addr}")));
        let phones = (1..=site.agents)
            .map(|n| party(&format!("agent-{n}"), "agent", &format!("sip:agent-{n}@{}", site.phones)));
        let (low, high) = RTP_PORTS;
        Ok(vec![
            ("asterisk.conf", self.move_in(&main)),
            ("http.conf", format!("[general](+)\nbindport = {}\n", self.http)),
            ("ari.conf", format!("[{USER}]\ntype = user\npassword_format = plain\npassword = {PASSWORD}\n")),
            (
                "manager.conf",
                format!("[general](+)\nport = {}\n[{USER}](+)\nsecret = {PASSWORD}\n", self.manager),
            ),
            ("rtp.conf", format!("[general](+)\nrtpstart = {low}\nrtpend = {high}\n")),
            (
                "transport.conf",
                format!("[transport-udp]\ntype = transport\nprotocol = udp\nbind = {}\n", self.sip_addr()),
            ),
            ("trunks.conf", trunks.concat()),
            ("agents.conf", phones.collect()),
        ])
    }

    /// The committed `asterisk.conf` with Debian's places exchanged for those in our home.
    fn move_in(&self, main: &str) -> String {
        let places = [
            ("/etc/asterisk", "etc"),
            ("/var/lib/asterisk", "lib"),
            ("/usr/share/asterisk", "share"),
            ("/var/spool/asterisk", "spool"),
            ("/var/run/asterisk", "run"),
            ("/var/log/asterisk", "log"),
        ];
        let moved = places.iter().fold(main.to_owned(), |text, (theirs, ours)| {
            text.replace(&format!("=> {theirs}"), &format!("=> {}", self.inside(ours).display()))
        });
        assert!(!moved.contains("=> /var/"), "a folder of Debian's is left in the lab's asterisk.conf");
        moved
    }

    /// A path in our home as Asterisk sees it.
    fn inside(&self, path: &str) -> PathBuf {
        let name = self.home.path().file_name().unwrap_or_default();
        Path::new("/srv").join(name).join(path)
    }

    async fn launch(&mut self) -> Result<(), StartError> {
        let process = Command::new("unshare")
            .args(["--mount", "--pid", "--uts", "--fork", "--kill-child", "sh", "-c", FIRST_PROCESS])
            .arg(root_file_system())
            .arg(self.inside("etc/site/asterisk.conf"))
            .arg(self.home.path().join("console"))
            .stdin(Stdio::piped())
            // The shell tells of a kill that was meant.
            .stderr(Stdio::null())
            .spawn()?;
        self.process = Some(process);
        let end = Instant::now() + BOOT_LIMIT;
        while !self.ping().await {
            if !self.runs() {
                return Err(self.not_ready("it ended"));
            }
            if Instant::now() > end {
                return Err(self.not_ready("ARI does not answer"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.rx("core waitfullybooted").map_err(|_| self.not_ready("it does not boot fully"))?;
        Ok(())
    }

    async fn ping(&self) -> bool {
        let request = reqwest::Client::new().get(format!("{}/asterisk/ping", self.ari_url()));
        request
            .basic_auth(USER, Some(PASSWORD))
            .send()
            .await
            .is_ok_and(|response| response.status().is_success())
    }

    fn runs(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(None)))
    }

    fn not_ready(&self, why: &'static str) -> StartError {
        StartError::NotReady { why, log: self.log_tail(30) }
    }

    /// Keeps the log of a failed test where the next run does not sweep it away.
    fn keep_log(&self) {
        let kept = project().join("target/lab/failed");
        let name = self.home.path().file_name().unwrap_or_default();
        let file = kept.join(name).with_extension("log");
        let copied =
            fs::create_dir_all(&kept).and_then(|()| fs::copy(self.home.path().join("log/full.log"), &file));
        match copied {
            Ok(_) => {
                say(&format!("Asterisk's log is kept in {}; its end:\n{}", file.display(), self.log_tail(20)))
            }
            Err(error) => say(&format!("Asterisk's log could not be kept: {error}")),
        }
    }
}

impl Drop for Asterisk {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            self.keep_log();
        }
    }
}

/// An endpoint of a template with one fixed contact.
fn party(name: &str, template: &str, contact: &str) -> String {
    format!("[{name}]({template})\naors = {name}\n\n[{name}]\ntype = aor\ncontact = {contact}\n\n")
}

/// Removes the homes of test processes that were killed before they could do it themselves.
fn sweep() {
    let Ok(homes) = fs::read_dir(root_file_system().join("srv")) else {
        return;
    };
    for home in homes.flatten() {
        let name = home.file_name();
        let owner =
            name.to_str().and_then(|name| name.strip_prefix("lab-")).and_then(|name| name.split('-').next());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir_all(home.path());
        }
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
