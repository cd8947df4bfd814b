//! The shelf in Redis: for each campaign a list of the ids of queue items, in dialling order.

use std::num::NonZeroUsize;
use std::time::Duration;

use engine::words::{CampaignId, QueueId};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use secrecy::ExposeSecret;
use tokio::time::Instant;

use crate::config::Redis;
use crate::rest::Rest;
use crate::store::Claim;

/// How long Redis may take to let us in, and to answer.
const CONNECTING: Duration = Duration::from_millis(200);
const ANSWERING: Duration = Duration::from_millis(200);

/// The oldest Redis that takes several off a list at once.
const OLDEST: (u32, u32) = (6, 2);

/// After so many seconds a list that nobody uses is forgotten. Claims on what it held have ended by then.
const FORGOTTEN_S: i64 = 600;

/// Redis does not answer, or rests. Why is told by [`Shelf::trouble`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away;

/// The connection to Redis, opened when it is needed.
#[derive(Debug)]
pub(crate) struct Shelf {
    client: Client,
    prefix: String,
    connection: Option<MultiplexedConnection>,
    rest: Rest,
    trouble: Option<String>,
}

impl Shelf {
    pub(crate) fn new(config: &Redis) -> Result<Self, RedisError> {
        Ok(Self {
            client: Client::open(config.url.expose_secret())?,
            prefix: config.prefix.clone(),
            connection: None,
            rest: Rest::default(),
            trouble: None,
        })
    }

    /// What was wrong when Redis was last needed.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// What Redis says of itself.
    pub(crate) async fn version(&mut self) -> Result<String, Away> {
        let mut connection = self.connected().await?;
        let version = version_of(&mut connection).await;
        let version = self.heard(version)?;
        Ok(format!("Redis {}", version.as_deref().unwrap_or("of an unknown version")))
    }

    /// Takes the first of a campaign's list; says how many are left there.
    pub(crate) async fn take(&mut self, wanted: Claim) -> Result<(Vec<QueueId>, u32), Away> {
        let key = self.key(wanted.campaign);
        let count = NonZeroUsize::new(wanted.count as usize).ok_or(Away)?;
        let mut connection = self.connected().await?;
        let taken =
            redis::pipe().atomic().lpop(&key, Some(count)).llen(&key).query_async(&mut connection).await;
        let (ids, left): (Option<Vec<u64>>, u32) = self.heard(taken)?;
        Ok((ids.unwrap_or_default().into_iter().map(QueueId).collect(), left))
    }

    /// Puts items behind those that lie there.
    pub(crate) async fn put(&mut self, campaign: CampaignId, items: &[QueueId]) -> Result<(), Away> {
        self.push("RPUSH", campaign, items.iter()).await
    }

    /// Puts items back before those that lie there, in the order in which they were taken.
    pub(crate) async fn put_back(&mut self, campaign: CampaignId, items: &[QueueId]) -> Result<(), Away> {
        // Of several each is put before the last one.
        self.push("LPUSH", campaign, items.iter().rev()).await
    }

    async fn push(
        &mut self,
        command: &'static str,
        campaign: CampaignId,
        items: impl ExactSizeIterator<Item = &QueueId>,
    ) -> Result<(), Away> {
        if items.len() == 0 {
            return Ok(());
        }
        let (key, ids) = (self.key(campaign), items.map(|item| item.0).collect::<Vec<_>>());
        let mut connection = self.connected().await?;
        let put = redis::pipe()
            .atomic()
            .cmd(command)
            .arg(&key)
            .arg(ids)
            .ignore()
            .expire(&key, FORGOTTEN_S)
            .ignore()
            .query_async(&mut connection)
            .await;
        self.heard(put)
    }

    /// All that lies there.
    pub(crate) async fn lying(&mut self, campaign: CampaignId) -> Result<Vec<QueueId>, Away> {
        let key = self.key(campaign);
        let mut connection = self.connected().await?;
        let lying = redis::cmd("LRANGE").arg(&key).arg(0).arg(-1).query_async(&mut connection).await;
        let ids: Vec<u64> = self.heard(lying)?;
        Ok(ids.into_iter().map(QueueId).collect())
    }

    fn key(&self, campaign: CampaignId) -> String {
        format!("{}:hopper:{campaign}", self.prefix)
    }

    async fn connected(&mut self) -> Result<MultiplexedConnection, Away> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        if self.rest.lasts(Instant::now()) {
            return Err(Away);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(Some(ANSWERING));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let mut connection = connection.map_err(|problem| self.failed(problem.to_string()))?;
        // One that does not tell its version to us is taken for one that will do.
        let version = version_of(&mut connection).await.ok().flatten();
        if let Some(version) = version.filter(|version| is_too_old(version)) {
            let (major, minor) = OLDEST;
            return Err(self.failed(format!(
                "Redis {version} is too old: {major}.{minor} is the oldest that can hold the shared hopper"
            )));
        }
        self.connection = Some(connection.clone());
        Ok(connection)
    }

    /// What Redis answered. After a failure the next need opens a connection of its own: an answer that came too late
    /// must not be taken for that of the next question.
    fn heard<T>(&mut self, answer: Result<T, RedisError>) -> Result<T, Away> {
        match answer {
            Ok(answer) => {
                self.rest.worked();
                self.trouble = None;
                Ok(answer)
            }
            Err(problem) => Err(self.failed(problem.to_string())),
        }
    }

    fn failed(&mut self, trouble: String) -> Away {
        self.connection = None;
        self.rest.failed(Instant::now());
        self.trouble = Some(trouble);
        Away
    }
}

/// The version of a Redis, where it tells one.
async fn version_of(connection: &mut MultiplexedConnection) -> Result<Option<String>, RedisError> {
    let info: String = redis::cmd("INFO").arg("server").query_async(connection).await?;
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.map(|version| version.trim().to_owned()))
}

/// Whether a Redis of that version is too old; one that is written otherwise is not.
fn is_too_old(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse);
    matches!((parts.next(), parts.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) < OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_redis_is_told_from_one_that_will_do() {
        for (version, too_old) in [
            ("2.8.24", true),
            ("6.0.16", true),
            ("6.2.0", false),
            ("7.0.15", false),
            ("10.0.0", false),
            ("255.255.255", false),
            ("unstable", false),
        ] {
            assert_eq!(is_too_old(version), too_old, "{version}");
        }
    }
}
