//! Whether the database answers, as all know it who use it: told when it goes away and when it is back, and not by each who has
//! wanted something of it meanwhile.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use sqlx::any::AnyConnectOptions;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::StoreError;
use super::door::{knock, name};
use super::error::told;

/// How long its last word holds, however many ask.
const FRESH: Duration = Duration::from_secs(1);

/// How long it may take to let somebody in who wants nothing else.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often one that is away is asked whether it is back.
const AGAIN: Duration = Duration::from_secs(1);

/// PostgreSQL's code for a server that answers, and has let in as many as it may.
const TOO_MANY: &str = "53300";

/// What is known of it; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Presence(Arc<State>);

struct State {
    options: AnyConnectOptions,
    name: String,
    is_away: AtomicBool,
    /// When it last answered. Whoever asks has this until it is answered, so that all who ask meanwhile get the same word.
    heard: Mutex<Option<Instant>>,
}

impl Presence {
    pub(super) fn of(options: &AnyConnectOptions) -> Self {
        Self(Arc::new(State {
            options: options.clone(),
            name: name(options.database_url.as_str()),
            is_away: AtomicBool::new(false),
            heard: Mutex::default(),
        }))
    }

    /// Whether it was away when it was last asked. Then it is asked again and again, until it is not.
    pub(super) fn is_away(&self) -> bool {
        self.0.is_away.load(Ordering::Relaxed)
    }

    /// Whether it lets anybody in, or did so a moment ago.
    pub(super) async fn answers(&self) -> bool {
        let mut heard = self.0.heard.lock().await;
        if self.is_away() {
            return false;
        }
        if heard.is_some_and(|at| at.elapsed() < FRESH) {
            return true;
        }
        match self.0.ask().await {
            Ok(()) => *heard = Some(Instant::now()),
            Err(why) => self.goes_away(&why),
        }
        !self.is_away()
    }

    /// Something has failed.
    pub(super) async fn hears_of(&self, problem: &StoreError) {
        if problem.is_absence() {
            self.is_doubted().await;
        }
    }

    /// Something has failed as it does where the database is away: whether it is, is known from here on.
    pub(super) async fn is_doubted(&self) {
        *self.0.heard.lock().await = None;
        self.answers().await;
    }

    fn goes_away(&self, why: &str) {
        self.0.is_away.store(true, Ordering::Relaxed);
        tracing::error!(
            database = self.0.name,
            why,
            "the database does not answer, and is asked again every second. Until it does no call is placed; those that are under way go \
             on, and while this shell runs, what comes of them is kept, to be written then"
        );
        tokio::spawn(comes_back(Arc::downgrade(&self.0)));
    }
}

async fn comes_back(state: Weak<State>) {
    loop {
        sleep(AGAIN).await;
        let Some(state) = state.upgrade() else { return };
        if state.ask().await.is_ok() {
            state.is_away.store(false, Ordering::Relaxed);
            return tracing::info!(database = state.name, "the database answers again");
        }
    }
}

impl State {
    async fn ask(&self) -> Result<(), String> {
        match timeout(PATIENCE, knock(&self.options)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(sqlx::Error::Database(error))) if error.code().as_deref() == Some(TOO_MANY) => Ok(()),
            Ok(Err(problem)) => Err(told(&problem)),
            Err(_) => Err(StoreError::Silent.to_string()),
        }
    }
}

/// The options have a password.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("name", &self.name)
            .field("is_away", &self.is_away)
            .finish_non_exhaustive()
    }
}
