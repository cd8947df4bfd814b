//! Where events go: a web address or a stream, behind one question.

use std::time::Duration;

use super::letter::body;
use super::stream::Bus;
use super::webhook::Post;
use crate::config::{Delivery, SinkConfig, Stream};
use crate::store::Letter;

/// A sink that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("sink {sink}: {problem}")]
pub struct BadSink {
    /// Its name.
    pub sink: String,
    /// What is wrong with it; no secret is in there.
    pub problem: String,
}

/// Why an event was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// For people; no secret is in there.
    pub(super) trouble: String,
    /// Whether the receiver would take no other event either.
    pub(super) all: bool,
    /// How long it wants to be left alone with it.
    pub(super) wait: Option<Duration>,
}

impl Refused {
    /// There was no answer, or not all of it.
    pub(super) fn by_nobody(trouble: String) -> Self {
        Self { trouble, all: true, wait: None }
    }
}

/// A sink, opened.
pub(super) struct Sink {
    name: String,
    delivery: Delivery,
    way: Way,
}

enum Way {
    Web(Post),
    Redis(Bus),
}

impl Sink {
    pub(super) fn open(config: &SinkConfig<'_>) -> Result<Self, BadSink> {
        Ok(match config {
            SinkConfig::Webhook(webhook) => Self {
                name: webhook.name.clone(),
                delivery: webhook.delivery.clone(),
                way: Way::Web(Post::open(webhook)?),
            },
            SinkConfig::Stream(stream) => Self {
                name: Stream::NAME.to_owned(),
                delivery: stream.delivery.clone(),
                way: Way::Redis(Bus::open(stream)?),
            },
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How it is to be treated.
    pub(super) fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Sends an event, at a moment in seconds since 1970, as the receiver's clock has it too.
    pub(super) async fn deliver(&self, letter: &Letter, seconds: u64) -> Result<(), Refused> {
        let body = body(letter).map_err(|problem| Refused {
            trouble: format!("its payload is no JSON ({problem})"),
            all: false,
            wait: None,
        })?;
        match &self.way {
            Way::Web(post) => post.deliver(letter, body, seconds).await,
            Way::Redis(bus) => bus.deliver(letter, body).await,
        }
    }
}

/// Looks whether a sink's receiver is there, without telling it anything: where it is, and what was seen or what is wrong.
pub(crate) async fn reach(config: &SinkConfig<'_>) -> (String, Result<String, String>) {
    match Sink::open(config) {
        Err(BadSink { sink, problem }) => (sink, Err(problem)),
        Ok(Sink { way: Way::Web(post), .. }) => (post.place(), post.reach().await),
        Ok(Sink { way: Way::Redis(bus), .. }) => (bus.place(), bus.reach().await),
    }
}
