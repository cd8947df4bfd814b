//! A dialer at work: everything that `run` and `demo` open before the first call, and close after the last.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use engine::carrier::Route;
use engine::words::{Micros, Node, Span};
use engine::{BadConfig, Engine, Event};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::ami;
use crate::ari::{
    self, Client, Executor, HttpConfig, Kind, Server, ServerError, SocketConfig, Stream, Translator, Trunks,
};
use crate::arrivals;
use crate::clock::Clock;
use crate::config::{Config, Ids};
use crate::floor::{self, Ended, Floor, Parts};
use crate::hopper::{self, Hopper};
use crate::http::House;
use crate::instance::Instance;
use crate::journal::Journal;
use crate::minutes;
use crate::numbers::Numbering;
use crate::outbox::{BadSink, Couriers};
use crate::paces;
use crate::recordings::Recordings;
use crate::store::{Missing, Reopened, Store, StoreError};

/// How long to wait before an Asterisk that does not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How long a floor that has closed waits for what it has told to be delivered. The next start delivers what is left.
const LAST_LETTERS: Duration = Duration::from_secs(5);

/// Why a dialer cannot start to work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no database yet.
    #[error("there is no database yet: run `ari-shell migrate` first")]
    NoDatabase,
    /// The tables are not those that this version needs.
    #[error("the database lacks {}: run `ari-shell migrate` first", .0.join(", "))]
    Unmigrated(Vec<String>),
    /// Calls are open of what is configured no longer.
    #[error(
        "{}. People may be talking: configure what is missing again until these calls have ended; nothing more has to be dialled with \
         it", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Missing(Vec<Missing>),
    /// The address of Asterisk cannot be used.
    #[error("ari.url: {0}")]
    Server(#[from] ServerError),
    /// The data directory cannot be used.
    #[error("data_dir: {data_dir} has no name and cannot be given one: {problem}", data_dir = .data_dir.display())]
    Instance {
        /// Which.
        data_dir: PathBuf,
        /// Why not.
        problem: io::Error,
    },
    /// The node was taken from this shell before its floor was open.
    #[error(
        "{node} is this shell's no longer: while it was starting, it was said to be gone or was started elsewhere. Give each dialer of \
         a database a `node` of its own, and start this one again; nothing was dialled"
    )]
    Taken {
        /// The node.
        node: Node,
    },
    /// Asterisk does not take the user or the password.
    #[error(
        "Asterisk refuses user {user:?} or their password: compare [ari] `user` and `password` with ari.conf; \
         nothing was dialled"
    )]
    Unauthorized {
        /// The user.
        user: String,
    },
    /// Asterisk is too old, or in a version that must not be used.
    #[error("Asterisk {version} cannot be used: {why}; nothing was dialled")]
    Version {
        /// As it says itself.
        version: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Asterisk answers, but not as ARI does.
    #[error("Asterisk does not answer as ARI does: {0}")]
    Ari(ari::Error),
    /// The rules contradict each other.
    #[error(transparent)]
    Rules(#[from] BadConfig),
    /// A campaign goes on with the call flow that it was started with, and its rules have changed so that it no longer fits them.
    #[error(
        "campaign {campaign:?} is under way, so it goes on with the call flow that it was started with, or with none as it was then; \
         that does not fit what is configured by now ({bad}). To let it begin anew, run `ari-shell campaign stop {campaign:?}`; \
         else configure it as it was"
    )]
    Sealed {
        /// Which.
        campaign: String,
        /// What does not fit.
        bad: BadConfig,
    },
    /// The journal cannot be written.
    #[error("the journal {path}: {error}")]
    Journal {
        /// The file.
        path: String,
        /// What went wrong.
        error: std::io::Error,
    },
    /// The address of Redis is none.
    #[error("redis.url: {0}")]
    Redis(#[from] redis::RedisError),
    /// A webhook or a stream cannot be used.
    #[error(transparent)]
    Sink(#[from] BadSink),
    /// There is no randomness to be had.
    #[error("the system gives no random seed: {0}")]
    Seed(#[from] getrandom::Error),
}

/// A dialer at work.
#[derive(Debug)]
pub struct Dialer {
    /// The way to its floor.
    pub floor: Floor,
    /// The ids of all that is configured.
    pub ids: Arc<Ids>,
    /// Its database.
    pub store: Store,
    /// What was recorded of its calls.
    pub recordings: Recordings,
    numbering: Numbering,
    leave: oneshot::Sender<()>,
    task: JoinHandle<Finish>,
}

/// How a dialer's work ended.
#[derive(Debug)]
pub struct Finish {
    /// How the floor ended.
    pub ended: Ended,
    /// The digest of all commands, where a journal was kept to its end.
    pub digest: Option<String>,
}

/// A dialer before its floor is open: what does not need Asterisk.
#[derive(Debug)]
pub struct Opening<'c> {
    config: &'c Config,
    clock: Clock,
    store: Store,
    server: Server,
    client: Client,
}

impl<'c> Opening<'c> {
    /// Opens the database.
    ///
    /// # Errors
    /// [`StartError`] says what is in the way and what to do about it.
    pub async fn new(config: &'c Config) -> Result<Self, StartError> {
        let clock = Clock::start();
        let store = open_store(config, clock.clone()).await?;
        let server = Server::new(&config.ari.url, config.ari.user.clone(), config.ari.password.clone())?;
        let client = Client::new(server.clone(), &HttpConfig::default())?;
        Ok(Self { config, clock, store, server, client })
    }

    /// By what the database is told from any other, where it says so.
    pub(crate) async fn identity(&self) -> Option<String> {
        self.store.identity().await
    }

    /// Waits for an Asterisk that does not answer yet; cancelled meanwhile, it has done nothing.
    ///
    /// # Errors
    /// Where it answers, and will not do.
    pub async fn await_asterisk(&self) -> Result<(), StartError> {
        await_asterisk(self.config, &self.client).await
    }

    /// Opens the floor: engine, journal and all that was left by the process before. `None` where `stop` is over before it is
    /// open.
    ///
    /// # Errors
    /// As [`Opening::new`]. Where it is not opened nothing has been dialled, and the node is not said to be at work.
    pub async fn floor(
        mut self,
        journal: Option<&Path>,
        stop: impl Future<Output = ()>,
    ) -> Result<Option<Dialer>, StartError> {
        tracing::info!(
            zones = engine::zone::edition(),
            "hours go by the IANA database that comes with the program"
        );
        for (campaign, nodes) in self.config.unsent_texts() {
            tracing::warn!(
                campaign = campaign.name,
                ?nodes,
                "its call flow sends texts, and no sink takes flow.sms"
            );
        }

        let data_dir = &self.config.data_dir;
        let instance = Instance::of(data_dir)
            .map_err(|problem| StartError::Instance { data_dir: data_dir.clone(), problem })?;
        self.store = self.store.of(instance);
        let mut stop = pin!(stop);
        let Some(reopened) = take_up(&self.store, &self.clock, &mut stop).await? else { return Ok(None) };
        // From here on the node is said to be at work, and the rules are its own to write: until then somebody else may go by them.
        let (config, store) = (self.config, self.store.clone());
        let opened = tokio::select! {
            biased;
            () = stop => Ok(None),
            () = stays_at_work(&store, hopper::RENEWAL) => Err(StartError::Taken { node: config.node.clone() }),
            opened = self.go_on(reopened, journal) => opened.map(Some),
        };
        if !matches!(opened, Ok(Some(_))) {
            sign_off(&store).await;
        }
        opened
    }

    /// Goes on where the process before ended. It does not wait for anything any more once a task of the floor is begun.
    async fn go_on(self, mut reopened: Reopened, journal: Option<&Path>) -> Result<Dialer, StartError> {
        let Self { config, clock, store, server, client } = self;
        let ids = config.register(&store).await?;
        let signature = reopened.signature.clone();
        let store = store.signing(signature.clone());
        let mut rules = config.engine(&ids, signature.clone(), reopened.next_attempt, reopened.next_session);
        let missing = store.missing(&reopened, &rules).await?;
        if !missing.is_empty() {
            return Err(StartError::Missing(missing));
        }
        store.send_home_unknown(&mut reopened, &rules).await?;
        store.settle_without_a_set(&mut reopened, &rules).await?;
        store.employ(&rules.agents.iter().map(|agent| agent.id).collect::<Vec<_>>()).await?;
        let store = store.patient(rules.campaigns.iter().map(|rules| (rules.id, rules.callback_patience)));
        for bad in &reopened.bad {
            tracing::error!(%bad, "a row of the database is of no use and is set aside");
        }
        let with_another_flow = store.seal_flows(&mut rules.campaigns).await?;
        store.serve(&rules.campaigns.iter().map(|rules| rules.id).collect::<Vec<_>>()).await?;
        ask_anew(&store, config, &ids).await?;
        reopened.campaigns = store.recount(&rules.campaigns).await?;
        paces::tell_what_is_over(&reopened.campaigns, &rules.campaigns, &ids);
        reopened.shown = store.shown(&rules.caller_ids).await?;
        let arrivals = arrivals::Watch::new(store.clone()).await?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let begin = clock.now();
        let engine =
            Engine::new(rules.clone(), seed, begin).map_err(|bad| misfit(bad, &with_another_flow))?;
        let journal = journal.map(|path| open_journal(path, &rules, seed, begin)).transpose()?;

        let couriers = Couriers::start(&store, config).await?;
        let outbox = couriers.outbox();
        let hopper = Hopper::open(store.clone(), config.redis.as_ref())?;
        let (answered, answers) = mpsc::unbounded_channel();
        let translator = Translator::new(signature.clone(), trunks(config, &ids));
        if let Some(ami) = &config.ami {
            tokio::spawn(ami::watch(ami.clone(), answered.clone()));
        }
        let recordings = Recordings::new(client.clone(), signature.clone());
        let (floor, calls) = Floor::channel();
        let parts = Parts {
            engine,
            clock,
            stream: Stream::open(server, client.clone(), config.ari.app.clone(), SocketConfig::default()),
            executor: Executor::new(
                client,
                signature,
                config.ari.app.clone(),
                translator.clone(),
                answered.clone(),
            ),
            translator,
            writer: store.writer(answered).sharing(hopper.clone()),
            answers,
            calls,
            journal,
        };
        let (leave, left) = oneshot::channel();
        let first = reopened.event();
        let task = tokio::spawn(work(parts, couriers, hopper.clone(), store.clone(), first, left));
        tokio::spawn(paces::watch(floor.clone(), ids.clone()));
        tokio::spawn(arrivals.tell(floor.clone()));
        tokio::spawn(minutes::keep(floor.clone(), store.clone(), config.node.clone()));
        let floor = floor.holding(hopper).telling(outbox);
        let numbering = config.numbering;
        Ok(Dialer { floor, ids: Arc::new(ids), store, recordings, numbering, leave, task })
    }
}

impl Dialer {
    /// Opens the floor: database, Asterisk, engine, journal. Waits for an Asterisk that does not answer yet; cancelled
    /// meanwhile, it has done nothing.
    ///
    /// # Errors
    /// [`StartError`] says what is in the way and what to do about it. Nothing has been dialled then.
    pub async fn start(config: &Config, journal: Option<&Path>) -> Result<Self, StartError> {
        let opening = Opening::new(config).await?;
        opening.await_asterisk().await?;
        let opened = opening.floor(journal, std::future::pending()).await?;
        Ok(opened.expect("nobody stops it"))
    }

    /// What the operators' API needs of it.
    #[must_use]
    pub fn house(&self) -> House {
        let Self { floor, store, recordings, ids, numbering, .. } = self;
        House {
            floor: floor.clone(),
            store: store.clone(),
            recordings: recordings.clone(),
            ids: Arc::clone(ids),
            numbering: *numbering,
        }
    }

    /// Waits until the floor has been closed and is at rest, or the application was taken over.
    ///
    /// # Panics
    /// If the floor panicked: a broken invariant of the engine's.
    pub async fn finished(&mut self) -> Finish {
        (&mut self.task).await.expect("the floor does not panic")
    }

    /// Leaves at once: calls go on in Asterisk and are taken up by the next dialer on this database.
    pub async fn leave(self) -> Finish {
        let Self { leave, mut task, .. } = self;
        // A floor that has ended by itself does not listen any more.
        let _ = leave.send(());
        (&mut task).await.expect("the floor does not panic")
    }
}

/// What is wrong with rules, where campaigns have other call flows than the file gives them.
fn misfit(bad: BadConfig, with_another_flow: &[String]) -> StartError {
    let is_of = |name: &&String| bad.field.starts_with(&format!("campaign {name:?}: "));
    match with_another_flow.iter().find(is_of) {
        Some(campaign) => StartError::Sealed { campaign: campaign.clone(), bad },
        None => bad.into(),
    }
}

async fn open_store(config: &Config, clock: Clock) -> Result<Store, StartError> {
    let store = config.store(clock).await?;
    let store = store.ok_or(StartError::NoDatabase)?;
    let pending = store.pending_migrations().await?;
    if pending.is_empty() {
        Ok(store.telling(config.subscriptions()))
    } else {
        Err(StartError::Unmigrated(pending))
    }
}

fn open_journal(
    path: &Path,
    rules: &engine::Config,
    seed: [u8; 32],
    begin: Micros,
) -> Result<Journal, StartError> {
    let path_shown = || path.display().to_string();
    Journal::open(path, rules, seed, begin).map_err(|error| StartError::Journal { path: path_shown(), error })
}

/// Runs the floor to its end and closes what it leaves.
async fn work(
    parts: Parts,
    couriers: Couriers,
    hopper: Hopper,
    store: Store,
    first: Event,
    left: oneshot::Receiver<()>,
) -> Finish {
    // A dialer that is dropped goes on until it is closed.
    let left = async {
        if left.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let (ended, journal, writer) = floor::run(parts, first, left).await;
    writer.close().await;
    couriers.close(if ended == Ended::Closed { LAST_LETTERS } else { Duration::ZERO }).await;
    // Its keeper would say once more that the node is at work.
    hopper.close().await;
    sign_off(&store).await;
    let digest = journal.and_then(|journal| match journal.end() {
        Ok(digest) => Some(digest.to_string()),
        Err(error) => {
            tracing::error!(%error, "the journal could not be ended");
            None
        }
    });
    Finish { ended, digest }
}

/// Says that the node is not at work any more, so that it can be started elsewhere at once.
async fn sign_off(store: &Store) {
    if let Err(problem) = store.sign_off().await {
        tracing::warn!(%problem, "the node is taken to be at work for half a minute more");
    }
}

/// Takes up where the process before ended. One in another installation that was heard of a moment ago may have died since,
/// so its silence is waited for once, unless `stop` is over first.
async fn take_up(
    store: &Store,
    clock: &Clock,
    stop: impl Future<Output = ()>,
) -> Result<Option<Reopened>, StoreError> {
    match store.reopen().await {
        Err(problem @ StoreError::AtWork { until, .. }) => {
            tracing::warn!(%problem, "waiting until then");
            tokio::select! {
                () = clock.reach(until + Span(1)) => store.reopen().await.map(Some),
                () = stop => Ok(None),
            }
        }
        done => done.map(Some),
    }
}

/// Has leads asked about anew that the node's last process has put off by other rules than these, and tells how many.
async fn ask_anew(store: &Store, config: &Config, ids: &Ids) -> Result<(), StoreError> {
    let rules: Vec<_> = config.put_off_by(ids).collect();
    for (campaign, leads) in store.put_off_by(&rules).await? {
        let name = ids.campaigns.iter().find(|&(_, id)| *id == campaign).map(|(name, _)| name);
        tracing::info!(
            campaign = name,
            leads,
            "were put off by other hours or caps, and are asked about anew"
        );
    }
    Ok(())
}

/// Says again and again that the node is at work, until the hopper does: an opening may take longer than others wait for a word.
/// Ends where another installation has the node.
async fn stays_at_work(store: &Store, every: Duration) {
    let mut renewal = tokio::time::interval(every);
    loop {
        renewal.tick().await;
        match store.stays_at_work().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(problem) => tracing::warn!(%problem, "the node is not said to be at work"),
        }
    }
}

/// Asks Asterisk who it is until it answers, and whether it will do.
async fn await_asterisk(config: &Config, client: &Client) -> Result<(), StartError> {
    let mut told = false;
    let info = loop {
        match client.info().await {
            Ok(info) => break info,
            Err(error) if error.kind() == Some(Kind::Unauthorized) => {
                return Err(StartError::Unauthorized { user: config.ari.user.clone() });
            }
            // So it answers while it starts: first without this interface, then not ready yet. Or a proxy for it, which has no
            // answer of it.
            Err(error @ ari::Error::Http { kind, .. })
                if !matches!(kind, Kind::Gone | Kind::NotNow | Kind::Unanswered) =>
            {
                return Err(StartError::Ari(error));
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(url = config.ari.url, %error, "Asterisk does not answer; waiting for it");
                }
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    };
    match ari::floor(&info.system.version) {
        ari::Floor::Refuse(why) => Err(StartError::Version { version: info.system.version, why }),
        ari::Floor::Warn(why) => {
            tracing::warn!(version = info.system.version, why, "this version of Asterisk has known faults");
            Ok(())
        }
        ari::Floor::Fine => Ok(()),
    }
}

/// The endpoints whose state Asterisk tells, each with the carriers that go by it: several may, with other overrides.
fn trunks(config: &Config, ids: &Ids) -> Trunks {
    let mut trunks = Trunks::new();
    for carrier in &config.carriers {
        let endpoint = match &carrier.route {
            Route::Trunk { endpoint } => ("PJSIP".to_owned(), endpoint.clone()),
            Route::Sip { peer } => ("SIP".to_owned(), peer.clone()),
            Route::Dahdi { .. } | Route::Local { .. } => continue,
        };
        trunks.entry(endpoint).or_default().extend(ids.carriers.get(&carrier.name));
    }
    trunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ari::fake::{Act, Fake};
    use crate::store::testing::{Dialect, Floor};

    #[tokio::test]
    async fn a_start_says_that_its_node_is_at_work_until_another_installation_has_it() {
        let floor = Floor::new(Dialect::Sqlite).await.expect("SQLite is built in");
        let writes = async |statement: &'static str| {
            sqlx::query(statement).execute(floor.store.pool()).await.expect(statement);
        };
        writes("UPDATE nodes SET alive_until = 1").await;
        let says = stays_at_work(&floor.store, Duration::from_millis(1));
        let taken = async {
            let now = floor.store.clock().now();
            while floor.store.nodes().await.expect("nodes")[0].alive_until < Some(now) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            writes("UPDATE nodes SET instance = 'elsewhere', alive_until = 2").await;
        };
        let both = async { tokio::join!(says, taken) };
        tokio::time::timeout(Duration::from_secs(20), both)
            .await
            .expect("it says so, and hears of the other");
        assert_eq!(floor.store.nodes().await.expect("nodes")[0].alive_until, Some(Micros(2)));
    }

    const INFO: &str = r#"{"build": {"os": "Linux", "kernel": "6", "machine": "x86_64", "options": "", "date": "", "user": ""},
        "system": {"version": "22.10.1", "entity_id": "00:00:00:00:00:00"},
        "config": {"name": "pbx", "default_language": "en", "setid": {"user": "", "group": ""}},
        "status": {"startup_time": "2026-11-26T16:40:00.000+0000", "last_reload_time": "2026-11-26T16:40:00.000+0000"}}"#;

    #[tokio::test]
    async fn an_asterisk_that_is_starting_is_waited_for_and_one_that_refuses_is_not() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("ringmaster.toml");
        std::fs::write(&file, "[ari]\npassword = 'x'\n").expect("written");
        let config = Config::load(&file, []).expect("a configuration");
        // A proxy before it says 502 or 504 for as long as it is not there.
        let starting = [502, 504, 404, 503].map(|status| Act::Reply(status, "{}"));
        let fake = Fake::start([starting.to_vec(), vec![Act::Reply(200, INFO)]].concat(), Vec::new()).await;
        await_asterisk(&config, &fake.client()).await.expect("it is there in the end");
        assert_eq!(fake.lines().len(), 5);
        let fake = Fake::start(vec![Act::Reply(500, "{}")], Vec::new()).await;
        let refused = await_asterisk(&config, &fake.client()).await;
        assert!(matches!(refused, Err(StartError::Ari(ari::Error::Http { status: 500, .. }))), "{refused:?}");
    }
}
