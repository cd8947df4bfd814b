//! A sink that is a stream in Redis: each event is one entry, for whoever reads the stream in a group of their own.
//!
//! The entry's fields are `id` (the key), `type`, `attempt`, `sequence` and `body`, the same JSON that a webhook gets.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;

use super::sink::{BadSink, Refused};
use crate::config::Stream;
use crate::store::Letter;

/// The stream and the way to it.
pub(super) struct Bus {
    client: Client,
    key: String,
    length: u32,
    patience: Duration,
    /// All entries go through one connection, one behind the other without waiting.
    connection: Mutex<Option<MultiplexedConnection>>,
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
            connection: Mutex::new(None),
        })
    }

    /// Appends the event. What is older than the last entries that are to be kept, Redis lets go, more or less.
    pub(super) async fn deliver(&self, letter: &Letter, body: String) -> Result<(), Refused> {
        let added: Result<String, RedisError> = async {
            let mut connection = self.connected().await?;
            redis::cmd("XADD")
                .arg(&self.key)
                .arg(&["MAXLEN", "~"])
                .arg(self.length)
                .arg("*")
                .arg(&[("id", letter.key.as_str()), ("type", letter.kind.as_str()), ("body", body.as_str())])
                .arg(&[("attempt", letter.attempt.0), ("sequence", letter.seq)])
                .query_async(&mut connection)
                .await
        }
        .await;
        match added {
            Ok(_) => Ok(()),
            Err(problem) => {
                // An answer that comes too late must not be taken for that of the next entry.
                *self.connection.lock().await = None;
                Err(Refused::by_nobody(problem.to_string()))
            }
        }
    }

    /// What is there, where anything is.
    pub(super) async fn reach(&self) -> Result<String, String> {
        let mut connection = self.connected().await.map_err(|problem| problem.to_string())?;
        let length: Result<u64, RedisError> =
            redis::cmd("XLEN").arg(&self.key).query_async(&mut connection).await;
        length.map(|length| format!("holds {length} entries")).map_err(|problem| problem.to_string())
    }

    /// The key of the stream.
    pub(super) fn place(&self) -> String {
        format!("stream {}", self.key)
    }

    async fn connected(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut open = self.connection.lock().await;
        if let Some(connection) = &*open {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.patience))
            .set_response_timeout(Some(self.patience));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        *open = Some(connection.clone());
        Ok(connection)
    }
}
