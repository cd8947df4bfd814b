//! Whether Asterisk answers its managers: a signal of health beside ARI, where the configuration asks for it.
//!
//! Nothing is commanded here. A session of the manager interface (AMI) is kept, which asks for no events and sends a `Ping`
//! every [`EVERY`]; where there is no answer, or no session, the engine is told by [`Event::Manager`] and begins nothing new.
//! Other threads of Asterisk serve AMI than ARI: one that hangs there hangs where dialplans, too, wait for their turn.

use std::time::Duration;

use engine::Event;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::config::Ami;
use crate::rest::Rest;

/// How often Asterisk is asked.
const EVERY: Duration = Duration::from_secs(5);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest line that is read; Asterisk's own are shorter.
const LINE: u64 = 4_096;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Silence {
    /// The connection cannot be had or has failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Nothing was said in time.
    #[error("nothing was answered in {PATIENCE:?}")]
    Late,
    /// The connection was closed.
    #[error("the connection was closed")]
    Closed,
    /// Whoever answers is no Asterisk.
    #[error("{0:?} is not how the manager interface of an Asterisk begins")]
    Stranger(String),
    /// The user is unknown, or the password is another.
    #[error("refused: {0}")]
    Refused(String),
}

/// Watches until nobody listens any more.
pub(crate) async fn watch(ami: Ami, events: UnboundedSender<Event>) {
    let listened_to = events.clone();
    tokio::select! {
        () = listened_to.closed() => {}
        () = keep_asking(&ami, &events) => {}
    }
}

async fn keep_asking(ami: &Ami, events: &UnboundedSender<Event>) {
    let (mut answers, mut rest) = (true, Rest::default());
    let mut tell = |now: bool| {
        if std::mem::replace(&mut answers, now) != now {
            // A floor that has ended needs no news.
            let _ = events.send(Event::Manager { answers: now });
        }
    };
    loop {
        let silence = match Session::open(ami).await {
            Ok(mut session) => {
                tracing::info!(address = ami.address, "Asterisk's manager interface answers");
                rest.worked();
                tell(true);
                session.last().await
            }
            Err(silence) => silence,
        };
        tracing::warn!(address = ami.address, %silence, "Asterisk's manager interface does not answer");
        tell(false);
        rest.failed(Instant::now());
        sleep_until(rest.until().expect("a failure is rested from")).await;
    }
}

/// Asks once; gives how Asterisk announces itself.
pub(crate) async fn ask(ami: &Ami) -> Result<String, Silence> {
    let mut session = Session::open(ami).await?;
    session.do_action("Ping", &[]).await?;
    Ok(session.greeting)
}

/// A manager who is logged in.
struct Session {
    stream: BufStream<TcpStream>,
    greeting: String,
    actions: u64,
}

impl Session {
    async fn open(ami: &Ami) -> Result<Self, Silence> {
        let stream = in_time(async { Ok(TcpStream::connect(&ami.address).await?) }).await?;
        let mut session = Self { stream: BufStream::new(stream), greeting: String::new(), actions: 0 };
        session.greeting = in_time(session.line()).await?;
        if !session.greeting.starts_with("Asterisk Call Manager/") {
            return Err(Silence::Stranger(session.greeting));
        }
        let login =
            [("Username", ami.user.as_str()), ("Secret", ami.password.expose_secret()), ("Events", "off")];
        session.do_action("Login", &login).await?;
        Ok(session)
    }

    /// Asks again and again for as long as there are answers.
    async fn last(&mut self) -> Silence {
        loop {
            sleep(EVERY).await;
            if let Err(silence) = self.do_action("Ping", &[]).await {
                return silence;
            }
        }
    }

    /// The values have no line ends in them: the configuration takes none that has.
    async fn do_action(&mut self, name: &str, fields: &[(&str, &str)]) -> Result<(), Silence> {
        self.actions += 1;
        let id = self.actions.to_string();
        let mut action = format!("Action: {name}\r\nActionID: {id}\r\n");
        for (key, value) in fields {
            action.extend([key, ": ", value, "\r\n"]);
        }
        action.push_str("\r\n");
        in_time(async {
            self.stream.write_all(action.as_bytes()).await?;
            self.stream.flush().await?;
            self.response(&id).await
        })
        .await
    }

    /// The response to an action; what else is said before is passed over.
    async fn response(&mut self, id: &str) -> Result<(), Silence> {
        loop {
            let message = self.message().await?;
            let field = |key: &str| {
                let fields = message.iter().filter_map(|line| line.split_once(": "));
                fields.filter(|(name, _)| *name == key).map(|(_, value)| value).next_back()
            };
            match field("Response") {
                Some("Success") if field("ActionID") == Some(id) => return Ok(()),
                Some(_) if field("ActionID") == Some(id) => {
                    return Err(Silence::Refused(field("Message").unwrap_or("no reason given").to_owned()));
                }
                Some(_) | None => {}
            }
        }
    }

    async fn message(&mut self) -> Result<Vec<String>, Silence> {
        let mut lines = Vec::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(lines);
            }
            lines.push(line);
        }
    }

    async fn line(&mut self) -> Result<String, Silence> {
        let mut line = Vec::new();
        (&mut self.stream).take(LINE).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Err(Silence::Closed);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T, Silence>>) -> Result<T, Silence> {
    timeout(PATIENCE, asked).await.unwrap_or(Err(Silence::Late))
}

#[cfg(test)]
mod tests;
