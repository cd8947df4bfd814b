//! Who is told of calls: `[outbox]`, `[[webhook]]` and `[stream]`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use engine::flow::NodeKind;
use engine::words::Span;
use reqwest::Url;
use secrecy::SecretString;

use super::section::{Section, nearest};
use super::shell::Shell;
use super::{Campaign, Config, Delivery, Redis, SinkConfig, Stream, Webhook, texts};
use crate::store::{Kind, Subscription};

const DAY: u64 = 86_400;

/// What may be said of the stream.
const STREAM: [&str; 7] =
    ["attempts", "connections", "events", "give_up_after", "length", "longest_wait", "timeout"];

/// All of it.
pub(super) struct Sinks {
    pub(super) keep: Span,
    pub(super) webhooks: Vec<Webhook>,
    pub(super) stream: Option<Stream>,
}

/// The environment, where a secret may stand.
pub(super) type Env = BTreeMap<OsString, OsString>;

pub(super) fn read(root: &mut Section<'_>, shell: &Shell, env: &Env) -> Sinks {
    let mut outbox = root.table("outbox");
    let keep = outbox.span("keep", Span::secs(60)..=Span::secs(366 * DAY));
    outbox.finish();
    let mut webhooks: Vec<Webhook> = Vec::new();
    for section in root.tables("webhook") {
        webhooks.extend(webhook(section, &webhooks, env));
    }
    let section = root.table("stream");
    // One that is switched off in so many words may be switched on again.
    if !shell.names_a_stream {
        section.unused(&STREAM, "says how the stream is, and there is none; set stream = true in [redis]");
    }
    let stream = stream(section, shell.redis.as_ref().filter(|redis| redis.stream));
    Sinks { keep: keep.unwrap_or(Span::secs(7 * DAY)), webhooks, stream }
}

fn webhook(mut section: Section<'_>, before: &[Webhook], env: &Env) -> Option<Webhook> {
    let place = section.place("name");
    let name = section.required("name", "give each a name of its own", texts::name);
    if let Some(name) = &name {
        section.call("webhook", name);
        if before.iter().any(|other| other.name == *name) {
            section.problem(&place, "name", "is used twice; give each webhook a name of its own");
        }
    }
    if !section.has("url") {
        section.missing("url", "write where it is told, such as http://127.0.0.1:8000/ringmaster/");
    }
    let url = section.secret("url", address);
    let secret = secret(&mut section, env);
    let delivery = delivery(&mut section, 8);
    section.finish();
    Some(Webhook { name: name?, url: url?, secret: secret?, delivery })
}

/// Never quoted: it may hold a token.
fn address(text: &str) -> Result<(), String> {
    let url = Url::parse(text)
        .map_err(|e| format!("is no address ({e}); write one such as http://127.0.0.1:8000/ringmaster/"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold user or password; the receiver knows us by the signature".into());
    }
    match url.scheme() {
        "http" => Ok(()),
        "https" => Err(
            "https is not spoken here: let the receiver listen on the loopback, or put a local proxy that speaks TLS in between, and write http://"
                .into(),
        ),
        scheme => Err(format!("must begin with http://, not {scheme}://")),
    }
}

/// The secret itself, or that of a variable of the environment: sections of which there are several are not overridden by it.
fn secret(section: &mut Section<'_>, env: &Env) -> Option<SecretString> {
    match (section.has("secret"), section.has("secret_env")) {
        (true, true) => {
            let place = section.place("secret_env");
            section.problem(&place, "secret_env", "write either this or secret, not both");
        }
        (false, false) => {
            section.missing("secret", "set it here, or name by secret_env the variable that holds it")
        }
        (true, false) | (false, true) => {}
    }
    let named = section.text("secret_env", |variable| {
        let value = env.get(OsStr::new(variable)).and_then(|value| value.to_str());
        let value = value.ok_or_else(|| format!("{variable:?} is no variable of the environment"))?;
        texts::secret(value).map_err(|problem| format!("{variable:?} {problem}"))?;
        Ok(SecretString::from(value))
    });
    section.secret("secret", texts::secret).or(named)
}

/// The section says how the stream is; that there is one, `[redis]` does.
fn stream(mut section: Section<'_>, redis: Option<&Redis>) -> Option<Stream> {
    let length = section.whole("length", 1_000..=100_000_000).unwrap_or(100_000);
    let delivery = delivery(&mut section, 64);
    section.finish();
    let Redis { url, prefix, stream: _ } = redis?;
    Some(Stream { url: url.clone(), prefix: prefix.clone(), length, delivery })
}

/// What all sinks have.
fn delivery(section: &mut Section<'_>, connections: u32) -> Delivery {
    Delivery {
        events: events(section),
        timeout: section.span("timeout", Span::secs(1)..=Span::secs(60)).unwrap_or(Span::secs(10)),
        connections: section.whole("connections", 1..=256).unwrap_or(connections),
        attempts: section.whole("attempts", 1..=10_000).unwrap_or(100),
        give_up_after: section
            .span("give_up_after", Span::secs(1)..=Span::secs(60 * DAY))
            .unwrap_or(Span::secs(3 * DAY)),
        longest_wait: section
            .span("longest_wait", Span::secs(1)..=Span::secs(DAY))
            .unwrap_or(Span::secs(3_600)),
    }
}

/// All kinds unless some are named.
fn events(section: &mut Section<'_>) -> Vec<Kind> {
    let Some(named) = section.texts("events") else { return Kind::ALL.to_vec() };
    let mut kinds = Vec::new();
    for (name, origin) in named {
        match Kind::parse(&name) {
            Some(kind) if kinds.contains(&kind) => {
                section.problem(&origin, "events", format!("{name:?} is listed twice"));
            }
            Some(kind) => kinds.push(kind),
            None => {
                let known = Kind::ALL.map(Kind::name);
                let help = nearest(&name, known).map_or_else(
                    || format!("known: {}", known.join(", ")),
                    |near| format!("did you mean {near:?}?"),
                );
                section.problem(&origin, "events", format!("there is no event {name:?}; {help}"));
            }
        }
    }
    kinds
}

impl Config {
    /// All sinks, in the order of the configuration.
    #[must_use]
    pub fn sinks(&self) -> Vec<SinkConfig<'_>> {
        let webhooks = self.webhooks.iter().map(SinkConfig::Webhook);
        webhooks.chain(self.stream.as_ref().map(SinkConfig::Stream)).collect()
    }

    /// The campaigns whose call flows send texts that no sink is told of, each with the nodes that send them.
    pub fn unsent_texts(&self) -> impl Iterator<Item = (&Campaign, Vec<&str>)> {
        let is_told = self.sinks().iter().any(|sink| sink.delivery().events.contains(&Kind::Sms));
        self.campaigns.iter().filter(move |_| !is_told).filter_map(|campaign| {
            let nodes = campaign.flow.iter().flat_map(|flow| &flow.nodes);
            let texts = nodes.filter(|node| matches!(node.kind, NodeKind::Sms { .. }));
            let names: Vec<&str> = texts.map(|node| node.name.as_str()).collect();
            (!names.is_empty()).then_some((campaign, names))
        })
    }

    /// What they want to be told.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<Subscription> {
        let subscription = |sink: &SinkConfig<'_>| Subscription {
            sink: sink.name().to_owned(),
            kinds: sink.delivery().events.clone(),
        };
        self.sinks().iter().map(subscription).collect()
    }
}

impl SinkConfig<'_> {
    /// The name that its rows in the outbox carry.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Webhook(webhook) => &webhook.name,
            Self::Stream(_) => Stream::NAME,
        }
    }

    /// How it is to be treated.
    #[must_use]
    pub const fn delivery(&self) -> &Delivery {
        match self {
            Self::Webhook(webhook) => &webhook.delivery,
            Self::Stream(stream) => &stream.delivery,
        }
    }
}

impl Stream {
    /// Its name among the sinks; no webhook can be called so.
    pub const NAME: &str = "@stream";

    /// The key of the stream.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}:events", self.prefix)
    }
}
