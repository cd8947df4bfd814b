//! Whether another dialer is connected as the application that this one would be. Asterisk hands it to whoever connects last, and
//! the one before has to end.

use std::collections::BTreeSet;

use engine::words::Signature;

use super::Finding;
use crate::ari::wire::Application;
use crate::ari::{Client, Error, Kind};
use crate::config::Config;
use crate::operator::{Closed, Running, Standing};

pub(super) async fn look(config: &Config, client: &Client) -> Finding {
    let app = &config.ari.app;
    match client.application(app).await {
        Ok(known) if !is_ours(config).await => taken(&known),
        Ok(_) | Err(Error::Http { kind: Kind::Gone, .. }) => {
            Finding::ok("application", format!("nobody else is connected as {app:?}"))
        }
        Err(error) => Finding::warn("application", format!("{app:?} cannot be told: {error}"), "try again"),
    }
}

/// Whether the shell of this house has it. Where that cannot be told, something else is found wrong with the shell.
async fn is_ours(config: &Config) -> bool {
    !matches!(Running::at_once(config).await, Ok(Standing::Closed(Closed::Gone | Closed::Waits)))
}

fn taken(Application { name, channel_ids, .. }: &Application) -> Finding {
    let nodes = channel_ids.iter().filter_map(|id| Some(Signature::of(id.as_str())?.node().to_string()));
    let nodes: BTreeSet<String> = nodes.collect();
    let calls = if nodes.is_empty() {
        String::new()
    } else {
        format!(", with calls of {}", nodes.into_iter().collect::<Vec<_>>().join(", "))
    };
    Finding::warn(
        "application",
        format!("somebody is connected as {name:?}{calls}, and no shell of this configuration is"),
        "let each dialer of an Asterisk have an [ari] app of its own: `run` here would take its calls from the other, which then ends. \
         Of a dialer that has died with calls open Asterisk keeps the application for a while, and then nothing is to be done",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialers_that_have_calls_there_are_named() {
        let channels = ["rm2.3fa9c2.c.42.1", "rm2.3fa9c2.c.43.1", "rm1.000000.c.1.1", "somebody else's"];
        let application = serde_json::json!({ "name": "autodialer", "channel_ids": channels });
        let finding = taken(&serde_json::from_value(application).expect("an application"));
        let told = "somebody is connected as \"autodialer\", with calls of rm1, rm2, and no shell of this configuration is";
        assert_eq!(finding.found, told);
    }
}
