//! The model behind a socket: ARI's HTTP requests under `/ari`, its event WebSocket at `/ari/events`.
//!
//! One task owns the [`Pbx`]; everything else asks it. Two resources are no part of ARI: `GET /far-end/log` shows
//! every [`Invite`], and `POST /far-end/faults` takes a [`Fault`] as JSON. All need the same Basic authentication (or
//! `api_key=user:password` in the query, as Asterisk takes it).
//!
//! An event that belongs before a reply is flushed to its socket before that reply is sent. Timers of the model are
//! rounded up to a millisecond.

mod http;
mod owner;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::{Config, Fault, Invite, Pbx};
use owner::{Ask, Clock, Owner};

/// What a server is told before it starts.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The one user.
    pub user: String,
    /// That user's password.
    pub password: String,
    /// Seed of everything random.
    pub seed: u64,
    /// How many seconds pass for the model in one real second: 0.001 to 1,000,000.
    pub speed: f64,
    /// How long a client may refuse to take an event before its socket is cut.
    pub write_timeout: Duration,
    /// The model's own settings. The server sets `epoch` to the time of its start.
    pub pbx: Config,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            user: "ringmaster".to_owned(),
            password: "ringmaster".to_owned(),
            seed: 1,
            speed: 1.0,
            write_timeout: Duration::from_secs(2),
            pbx: Config::default(),
        }
    }
}

/// Starts simulated PBXs.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Listens and serves until the handle stops it. Needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound, or `speed` is out of its range.
    pub async fn start(config: ServerConfig) -> io::Result<Handle> {
        let clock = Clock::new(config.speed)?;
        let listener = TcpListener::bind(config.listen).await?;
        let addr = listener.local_addr()?;
        let (stopping, stop) = watch::channel(false);
        let (asks, inbox) = mpsc::unbounded_channel();
        let (silence, silent) = watch::channel(false);

        let mut pbx_config = config.pbx;
        let wall_time = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        pbx_config.epoch = u64::try_from(wall_time.as_micros()).unwrap_or(u64::MAX);
        let owner = Owner::new(
            Pbx::new(pbx_config, config.seed),
            clock,
            silence,
            asks.clone(),
        );
        let owner = tokio::spawn(owner.run(inbox, stop.clone()));

        let gate = Arc::new(http::Gate {
            asks: asks.clone(),
            user: config.user,
            password: config.password,
            write_timeout: config.write_timeout,
            silent,
            stop: stop.clone(),
        });
        // Events are small and waited for: Nagle's algorithm would hold them back.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let serve = axum::serve(listener, http::router(gate)).with_graceful_shutdown(stopped(stop));
        let serve = tokio::spawn(async move { serve.await });
        Ok(Handle {
            addr,
            asks,
            stopping,
            owner,
            serve,
        })
    }
}

/// Resolves when the server is told to stop, or nobody is left to tell it.
async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A running server. Dropping it stops the server too, without waiting for that.
#[derive(Debug)]
pub struct Handle {
    addr: SocketAddr,
    asks: mpsc::UnboundedSender<Ask>,
    stopping: watch::Sender<bool>,
    owner: JoinHandle<()>,
    serve: JoinHandle<io::Result<()>>,
}

impl Handle {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops it and waits, a second at most, for its connections to end.
    pub async fn stop(self) {
        self.stopping.send_replace(true);
        let mut serve = self.serve;
        if tokio::time::timeout(Duration::from_secs(1), &mut serve)
            .await
            .is_err()
        {
            serve.abort();
        }
        let _ = self.owner.await;
    }

    /// Breaks every event socket: [`Fault::Cut`].
    pub async fn cut(&self) {
        self.inject(Fault::Cut).await;
    }

    /// Arms a fault, or lets it happen. Returns when that is done.
    pub async fn inject(&self, fault: Fault) {
        let (done, is_done) = oneshot::channel();
        let _ = self.asks.send(Ask::Inject { fault, done });
        let _ = is_done.await;
    }

    /// What reached the callees so far; empty once the server has stopped.
    pub async fn log(&self) -> Vec<Invite> {
        let (answer, log) = oneshot::channel();
        let _ = self.asks.send(Ask::Log { answer });
        log.await.unwrap_or_default()
    }
}
