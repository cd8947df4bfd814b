//! `run`: open the floor and dial until it is closed.

use std::fs::{File, TryLockError};
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::time::Duration;

use engine::Wish;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use super::{Failure, Out};
use crate::config::Config;
use crate::dialer::{Dialer, Finish, Opening};
use crate::floor::Ended;
use crate::http::{self, House, Shut, Token, Tokens};
use crate::unique::make_folder;

/// How long the operators' API may take to answer its last requests.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Append every event to this journal before it is acted upon; `simulator replay` runs it again. It has numbers, leads and the
    /// carriers' variables in it in clear, and its owner alone can open it. It grows with each call and is never shortened: name
    /// another file when it has become too large.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    start_log("info");
    let _only_one = take(config)?;
    // Before anything is touched in Asterisk: where another shell listens already, this one must not even begin.
    let listener = listen(config).await?;
    let mut signals = Signals::new().map_err(|error| Failure::failed(format!("no signals: {error}")))?;
    let there = async {
        let opening = Opening::new(config).await?;
        // Before the wait: whoever asks meanwhile is to find that there is a shell.
        let tokens = tokens(config, opening.identity().await.as_deref())?;
        tokio::select! {
            there = opening.await_asterisk() => there?,
            () = http::wait(&listener, Shut::Waits) => unreachable!("it ends with Asterisk's answer"),
        }
        Ok::<_, Failure>((opening, tokens))
    };
    let stopped = "Stopped before the floor was open; nothing was dialled.";
    let (opening, tokens) = tokio::select! {
        there = there => there?,
        () = signals.next() => return Ok(out.line(stopped)?),
    };
    let opened = tokio::select! {
        opened = opening.floor(args.journal.as_deref(), signals.next()) => opened?,
        () = http::wait(&listener, Shut::Opens) => unreachable!("it ends with the floor, open or not"),
    };
    let Some(mut dialer) = opened else { return Ok(out.line(stopped)?) };
    let (close, closed) = oneshot::channel::<()>();
    let api = tokio::spawn(serve(listener, dialer.house(), tokens, closed));
    out.line(format_args!("The floor is open; operators reach it at http://{}.", config.http.listen))?;
    out.line(
        "Interrupt to close it: live calls finish first. Interrupt again to leave them to the next start.",
    )?;
    out.flush()?;

    let finish = match until_closed(&mut dialer, &mut signals).await {
        Some(finish) => finish,
        None => dialer.leave().await,
    };
    drop(close);
    // A client that never ends its request must not hold up the end.
    let _ = tokio::time::timeout(LAST_REQUESTS, api).await;
    tell(&finish, out)
}

/// Logs to standard error, at the level of `RINGMASTER_LOG` or else at `level`.
pub(super) fn start_log(level: &str) {
    let filter = EnvFilter::try_from_env("RINGMASTER_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // Tests run several commands in one process; the first log serves them all.
    let _ = log.with_ansi(io::stderr().is_terminal()).try_init();
}

/// The data directory is one shell's as long as it lives, whatever address another one would listen on.
fn take(config: &Config) -> Result<File, Failure> {
    let data_dir = config.data_dir.display();
    let failed = |error: io::Error| Failure::failed(format!("data_dir: {data_dir} cannot be used: {error}"));
    make_folder(&config.data_dir).map_err(failed)?;
    let lock = File::create(config.data_dir.join("lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Failure::failed(format!(
            "data_dir: {data_dir} is used by a shell that runs already; close that one, or give this one a `data_dir` and a `node` \
             of its own"
        ))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

async fn listen(config: &Config) -> Result<TcpListener, Failure> {
    let address = config.http.listen;
    TcpListener::bind(address).await.map_err(|error| {
        let hint = "another shell may run there already";
        Failure::failed(format!("http.listen: {address} cannot be listened on: {error}; {hint}"))
    })
}

fn tokens(config: &Config, identity: Option<&str>) -> Result<Tokens, Failure> {
    let digest = config.database.digest();
    let own = Token::create(&config.data_dir, config.http.listen, &digest, identity).map_err(|error| {
        let path = Token::path(&config.data_dir);
        Failure::failed(format!("data_dir: {} cannot be written: {error}", path.display()))
    })?;
    Ok(Tokens { own, metrics: config.http.metrics_token.clone().map(Token::agreed) })
}

/// Serves the operators' API until `closed` is dropped.
fn serve(
    listener: TcpListener,
    house: House,
    tokens: Tokens,
    closed: oneshot::Receiver<()>,
) -> impl Future<Output = ()> + Send + 'static {
    let shutdown = async move {
        let _ = closed.await;
    };
    http::serve(listener, house, tokens, shutdown)
}

/// Waits for the floor to be closed; `None` where it is to be left at once.
async fn until_closed(dialer: &mut Dialer, signals: &mut Signals) -> Option<Finish> {
    let mut asked = false;
    loop {
        let floor = dialer.floor.clone();
        tokio::select! {
            finish = dialer.finished() => return Some(finish),
            () = signals.next() => {
                if std::mem::replace(&mut asked, true) {
                    return None;
                }
                tracing::info!("closing the floor");
                // A floor that has gone meanwhile is what was asked for.
                let _ = floor.ask(Wish::CloseFloor).await;
            }
        }
    }
}

/// The signals that close the floor, or end the wait for Asterisk before it opens.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn tell(finish: &Finish, out: &mut Out<'_>) -> Result<(), Failure> {
    if let Some(digest) = &finish.digest {
        out.line(format_args!("digest of all commands: {digest}"))?;
    }
    match finish.ended {
        Ended::Closed => Ok(out.line("The floor is closed; nothing is left in Asterisk.")?),
        Ended::Left => Ok(out.line("Left; calls go on in Asterisk and the next start takes them up.")?),
        Ended::Replaced => Err(Failure::failed(
            "Another process took over the Stasis application: this one has stopped and touches nothing any more. \
             Run one shell only for each application name.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_data_directory_is_one_shells_until_it_ends() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("ringmaster.toml");
        fs::write(&file, "ari.password = 'x'\n").expect("written");
        let config = Config::load(&file, []).expect("right");
        let first = take(&config).expect("nobody else's");
        let Err(refused) = take(&config) else { panic!("a second shell has it too") };
        let told = format!(
            "data_dir: {} is used by a shell that runs already; close that one, or give this one a `data_dir` and a `node` of its \
             own",
            config.data_dir.display()
        );
        assert_eq!(refused.told(), (1, told.as_str()));
        drop(first);
        take(&config).expect("the first has ended");
    }
}
