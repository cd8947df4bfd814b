//! A whole house to run commands in: a folder with a configuration and files, and a simulated PBX.

use std::io::{self, PipeReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::thread;

use engine::words::Span;
use secrecy::ExposeSecret as _;
use simulator::pbx;
use simulator::pbx::server::{Handle, Server, ServerConfig};
use sqlx::Row as _;
use tempfile::TempDir;

use super::{Failure, run_into};
use crate::ari::{self, Stream};
use crate::clock::Clock;
use crate::config::{Config, Purpose};
use crate::dialer::Dialer;
use crate::http::{Shut, Token, Tokens, serve, wait};
use crate::store::Store;
use crate::store::testing::{Dialect, url_of};

/// The PBX's password, which no output may hold.
const PASSWORD: &str = "hunter2";

/// The message of the campaign `spring`, below Asterisk's sounds.
const MESSAGE: &str = "ringmaster/safe-harbour";

pub(super) struct House {
    folder: TempDir,
    /// Until it is gone.
    pbx: Option<Handle>,
    ari: SocketAddr,
    listen: String,
}

/// What another command writes, as a shell hands it on: a file that can be read once. It is there as long as this is kept.
pub(super) struct Piped(PipeReader);

impl Piped {
    pub(super) fn new(text: String) -> Self {
        let (reader, mut writer) = io::pipe().expect("a pipe");
        // Whoever reads may stop before the end.
        thread::spawn(move || writer.write_all(text.as_bytes()));
        Self(reader)
    }

    pub(super) fn path(&self) -> String {
        format!("/dev/fd/{}", self.0.as_raw_fd())
    }
}

/// A PBX that has all that the house needs.
pub(super) fn whole() -> pbx::Config {
    pbx::Config { sounds: [(MESSAGE.to_owned(), 1_000)].into(), ..pbx::Config::default() }
}

impl House {
    pub(super) async fn new() -> Self {
        Self::with(whole()).await
    }

    pub(super) async fn with(pbx: pbx::Config) -> Self {
        let config = ServerConfig { password: PASSWORD.to_owned(), pbx, ..ServerConfig::default() };
        let pbx = Server::start(config).await.expect("a simulated PBX");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
        let folder = tempfile::tempdir().expect("a folder");
        let house = Self { folder, ari: pbx.addr(), pbx: Some(pbx), listen: free.to_string() };
        house.configure(PASSWORD, "");
        house
    }

    /// Writes the configuration anew, with a password for the PBX and whatever else.
    pub(super) fn configure(&self, password: &str, more: &str) {
        let Self { ari, listen, .. } = self;
        let text = format!(
            "[ari]
url = 'http://{ari}'
password = '{password}'
[http]
listen = '{listen}'
[[carrier]]
name = 'main'
trunk = 'trunk-a'
[[carrier]]
name = 'spare'
local = 'from-campaign'
[[campaign]]
name = 'spring'
mode = 'ratio'
level = 2
carriers = ['main', 'spare']
message = 'sound:{MESSAGE}'
[[campaign]]
name = 'callbacks'
carriers = ['main']
[[agent]]
name = 'agent-1'
campaign = 'spring'
{more}"
        );
        self.write("ringmaster.toml", &text);
    }

    /// The address of a PostgreSQL database for this house, which is not made yet; `None` where there is no server.
    pub(super) fn postgres(&self) -> Option<String> {
        url_of(Dialect::Postgres, &self.folder)
    }

    /// Writes the configuration anew, with the database at `url`.
    pub(super) fn keep_in(&self, url: &str) {
        self.configure(PASSWORD, &format!("[database]\nurl = '{url}'\n"));
    }

    /// The house of another node, beside the same database.
    pub(super) async fn beside(other: &Self, node: &str) -> Self {
        let house = Self::new().await;
        house.keep_in(other.config().database.url.expose_secret());
        let configured = std::fs::read_to_string(house.path("ringmaster.toml")).expect("a configuration");
        house.write("ringmaster.toml", &format!("node = '{node}'\n{configured}"));
        house
    }

    /// Writes the country into the configuration whose numbers are read from now on.
    pub(super) fn settle_in(&self, country: &str) {
        let configured = std::fs::read_to_string(self.path("ringmaster.toml")).expect("a configuration");
        self.write("ringmaster.toml", &format!("country = '{country}'\n{configured}"));
    }

    /// Writes another level for the campaign `spring` into the configuration.
    pub(super) fn set_level(&self, level: &str) {
        let configured = std::fs::read_to_string(self.path("ringmaster.toml")).expect("a configuration");
        let line = configured.lines().find(|line| line.starts_with("level = ")).expect("spring has a level");
        self.write("ringmaster.toml", &configured.replace(line, &format!("level = {level}")));
    }

    pub(super) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn config(&self) -> Config {
        self.config_for(Purpose::Dial)
    }

    fn config_for(&self, purpose: Purpose) -> Config {
        Config::load_for(purpose, &self.path("ringmaster.toml"), []).expect("a right configuration")
    }

    /// All that a command says, and how it ends. What differs from run to run is replaced by its name.
    pub(super) async fn says(&self, line: &[&str]) -> String {
        let mut printed = Vec::new();
        let done = run_into(&mut printed, &self.path("ringmaster.toml"), line).await;
        let printed = String::from_utf8(printed).expect("UTF-8");
        let ended = match done.as_ref().map_err(Failure::told) {
            Ok(()) => String::from("exit 0"),
            Err((code, "")) => format!("exit {code}"),
            Err((code, sentence)) => format!("{sentence}\nexit {code}"),
        };
        let all = format!("{printed}{ended}\n");
        assert!(!all.contains(PASSWORD), "{all}");
        let folder = self.folder.path().display().to_string();
        all.replace(&folder, "[folder]")
            .replace(engine::zone::edition(), "[edition]")
            .replace(&self.ari.to_string(), "[asterisk]")
            .replace(&self.listen, "[shell]")
    }

    pub(super) async fn migrate(&self) {
        self.says(&["migrate"]).await;
    }

    /// Writes down all that is configured, as a `run` does.
    pub(super) async fn register(&self) {
        self.config().register(&self.store().await).await.expect("registered");
    }

    pub(super) async fn store(&self) -> Store {
        let config = self.config();
        let url = config.database.url.expose_secret();
        Store::open(url, &config.node, Clock::start()).await.expect("a database")
    }

    /// Another installation says that it is at work as the node that has signed in here, and will be for so long.
    pub(super) async fn is_at_work_elsewhere_for(&self, long: Span) {
        let store = self.store().await;
        let until = i64::try_from((store.clock().now() + long).0).expect("within the calendar");
        let at_work = sqlx::query("UPDATE nodes SET instance = 'elsewhere', alive_until = $1").bind(until);
        at_work.execute(store.pool()).await.expect("at work");
    }

    /// The first column of all rows of a query, as text.
    pub(super) async fn rows(&self, query: &'static str) -> Vec<String> {
        let rows = sqlx::query(query).fetch_all(self.store().await.pool()).await.expect(query);
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// A shell at work, its API open; both go on until the test ends.
    pub(super) async fn open(&self) -> Dialer {
        let config = self.config();
        let dialer = Dialer::start(&config, None).await.expect("an open floor");
        while !dialer.floor.view().await.expect("a view").pbx {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let listener = tokio::net::TcpListener::bind(config.http.listen).await.expect("the port");
        let token = self.token(&dialer.store).await;
        let forever = std::future::pending();
        tokio::spawn(serve(listener, dialer.house(), Tokens { own: token, metrics: None }, forever));
        dialer
    }

    /// Leaves what a shell does that keeps its leads in this database.
    async fn token(&self, store: &Store) -> Token {
        let Config { data_dir, http, database, .. } = &self.config();
        let identity = store.identity().await;
        Token::create(data_dir, http.listen, &database.digest(), identity.as_deref()).expect("a token")
    }

    /// Another dialer on the same Asterisk, connected as the application of this house until it is dropped.
    pub(super) async fn another_dialer(&self) -> Stream {
        let ari = self.config().ari;
        let server = ari::Server::new(&ari.url, ari.user, ari.password).expect("an address");
        let client = ari::Client::new(server.clone(), &ari::HttpConfig::default()).expect("a client");
        let mut stream = Stream::open(server, client, ari.app, ari::SocketConfig::default());
        let first = stream.next().await.expect("news");
        assert!(matches!(first.news, ari::News::Connected { .. }), "{first:?}");
        stream
    }

    /// Why no floor opens here.
    pub(super) async fn refuses(&self) -> String {
        Dialer::start(&self.config(), None).await.map(drop).expect_err("no floor opens").to_string()
    }

    /// A shell that waits for Asterisk, until the test ends.
    pub(super) async fn wait(&self) {
        let config = self.config();
        self.token(&self.store().await).await;
        let listener = tokio::net::TcpListener::bind(config.http.listen).await.expect("the port");
        tokio::spawn(async move { wait(&listener, Shut::Waits).await });
    }

    /// From now on there is no shell for commands to find.
    pub(super) fn abandon(&self) {
        std::fs::remove_file(Token::path(&self.config_for(Purpose::Reach).data_dir)).expect("a token file");
    }

    pub(super) async fn stop_pbx(&mut self) {
        self.pbx.take().expect("a PBX").stop().await;
    }
}
