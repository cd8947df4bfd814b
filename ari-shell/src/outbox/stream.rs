//! A sink that is a stream in Redis: each event is one entry, for whoever reads the stream in a group of their own.
//!
//! The entry's fields are `id` (the key), `type`, `attempt`, `sequence` and `body`, the same JSON that a webhook gets.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError};
use secrecy::ExposeSecret as _;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::sink::{BadSink, Refused};
use crate::config::Stream;
use crate::store::Letter;

/// A connection, once there is one.
type Line = Arc<OnceCell<MultiplexedConnection>>;

/// The stream and the way to it.
pub(super) struct Bus {
    client: Client,
    key: String,
    length: u32,
    /// For connecting and the answer together.
    patience: Duration,
    /// All entries go through one connection, one behind the other without waiting.
    line: Mutex<Line>,
}

impl Bus {
    pub(super) fn open(config: &Stream) -> Result<Self, BadSink> {
        let client = Client::open(config.url.expose_secret())
            .map_err(|problem| BadSink { sink: Stream::NAME.to_owned(), problem: problem.to_string() })?;
        Ok(Self {
            client,
            key: config.key(),
            length: config.length,
            patience: Duration::from_micros(config.delivery.timeout.0),
            line: Mutex::default(),
        })
    }

    /// Appends the event. What is older than the last entries that are to be kept, Redis lets go, more or less.
    pub(super) async fn deliver(&self, letter: &Letter, body: String) -> Result<(), Refused> {
        let mut append = redis::cmd("XADD");
        append
            .arg(&self.key)
            .arg(&["MAXLEN", "~"])
            .arg(self.length)
            .arg("*")
            .arg(&[("id", letter.key.as_str()), ("type", letter.kind.as_str()), ("body", body.as_str())])
            .arg(&[("attempt", letter.attempt.0), ("sequence", letter.seq)]);
        self.ask::<String>(&append).await.map(drop).map_err(Refused::by_nobody)
    }

    /// What is there, where anything is.
    pub(super) async fn reach(&self) -> Result<String, String> {
        let length: u64 = self.ask(redis::cmd("XLEN").arg(&self.key)).await?;
        Ok(format!("holds {length} entries"))
    }

    /// The key of the stream.
    pub(super) fn place(&self) -> String {
        format!("stream {}", self.key)
    }

    /// Asks Redis, over a new connection where the last one has failed. Whoever asks while one is opened waits for it, none longer
    /// than for the answer.
    async fn ask<T: FromRedisValue>(&self, question: &Cmd) -> Result<T, String> {
        let line = Arc::clone(&self.line());
        let answer = async {
            let mut connection = line.get_or_try_init(|| self.connect()).await?.clone();
            question.query_async(&mut connection).await
        };
        let answer: Result<T, String> = match timeout(self.patience, answer).await {
            Ok(answer) => answer.map_err(|problem: RedisError| problem.to_string()),
            Err(_) => Err(String::from("did not answer in time")),
        };
        if answer.is_err() {
            self.leave(&line);
        }
        answer
    }

    /// An answer that comes too late must not be taken for that of the next entry. Another connection may be open by now, which
    /// others use.
    fn leave(&self, failed: &Line) {
        let mut line = self.line();
        if Arc::ptr_eq(&line, failed) {
            *line = Line::default();
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().expect("nobody panics who holds it")
    }

    /// However long it takes: patience is for whoever waits.
    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }
}
