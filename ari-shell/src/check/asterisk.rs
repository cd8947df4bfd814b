//! The PBX: whether it answers, takes us, is one that may be trusted, and has what our requests need.

use super::{Finding, application, floor, modules, recordings};
use crate::ari::wire::AsteriskInfo;
use crate::ari::{self, ChannelId, Client, Error, Hangup, HttpConfig, Kind, Reason, Server, ServerError};
use crate::config::Config;

/// A channel that nobody has: the names of ours begin with the node's and a dot.
const NOBODY: &str = "ringmaster-check";

/// All that can be seen of the PBX.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let client = match client(config) {
        Ok(client) => client,
        Err(error) => return vec![Finding::fail("Asterisk", error.to_string(), "correct [ari] url")],
    };
    let info = match client.info().await {
        Ok(info) => info,
        Err(error) => return vec![away(config, &error)],
    };
    let mut findings = vec![
        Finding::ok(
            "Asterisk",
            format!("answers at {} and takes user {:?}", config.ari.url, config.ari.user),
        ),
        version(&info),
        may_write(config, &client).await,
        modules::look(config, &client).await,
    ];
    findings.push(application::look(config, &client).await);
    findings.extend(recordings::look(config, &client).await);
    findings.extend(floor::look(config, &client).await);
    findings
}

pub(crate) fn client(config: &Config) -> Result<Client, ServerError> {
    let server = Server::new(&config.ari.url, config.ari.user.clone(), config.ari.password.clone())?;
    Client::new(server, &HttpConfig::default())
}

/// It did not say who it is, so that nothing more can be asked of it.
fn away(config: &Config, error: &Error) -> Finding {
    let (url, user) = (&config.ari.url, &config.ari.user);
    match error {
        Error::Http { kind: Kind::Unauthorized, .. } => Finding::fail(
            "Asterisk",
            format!("answers at {url}, but refuses user {user:?} or their password"),
            "compare [ari] `user` and `password` with ari.conf; nothing else of Asterisk was looked at",
        ),
        Error::Http { kind: Kind::NotNow | Kind::Unanswered, .. } => Finding::fail(
            "Asterisk",
            format!("is not there or not ready, as what answers at {url} says: {error}"),
            "start it, or wait until it has started; nothing else of it was looked at",
        ),
        Error::Http { .. } => Finding::fail(
            "Asterisk",
            format!("what answers at {url} is no ARI: {error}"),
            "see to [ari] url, to `prefix` in http.conf and to res_ari.so; nothing else of Asterisk was looked at",
        ),
        Error::NotSent(_) | Error::Unknown(_) => Finding::fail(
            "Asterisk",
            format!("does not answer at {url}: {error}"),
            "start it, or correct [ari] url; http.conf says where it listens. Nothing else of it was looked at",
        ),
    }
}

fn version(info: &AsteriskInfo) -> Finding {
    let version = &info.system.version;
    match ari::floor(version) {
        ari::Floor::Fine => Finding::ok("version", version),
        ari::Floor::Warn(why) => Finding::warn("version", version, why),
        ari::Floor::Refuse(why) => Finding::fail("version", version, why),
    }
}

/// A user of `read_only` passes for right until the first call: so something harmless is asked that is no reading.
async fn may_write(config: &Config, client: &Client) -> Finding {
    let (what, user) = ("permission", &config.ari.user);
    match client.hangup(&ChannelId::new(NOBODY), Hangup::Reason(Reason::Normal)).await {
        Ok(()) | Err(Error::Http { kind: Kind::Gone, .. }) => {
            Finding::ok(what, format!("user {user:?} may place calls"))
        }
        Err(Error::Http { kind: Kind::Unauthorized, .. }) => {
            let advice = "take `read_only` away from them in ari.conf";
            Finding::fail(what, format!("user {user:?} may only read"), advice)
        }
        Err(error) => Finding::warn(what, format!("cannot be told: {error}"), "try again"),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;
    use crate::ari::reply::{Asks, refusal};

    #[test]
    fn what_answers_without_an_asterisk_behind_it_is_told_from_what_is_no_ari() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "ari.password = 'x'\n").expect("written");
        let config = Config::load(file.path(), []).expect("all right");
        let found = [404, 500, 502, 503, 504].map(|status| {
            let status = StatusCode::from_u16(status).expect("a status");
            away(&config, &refusal(Asks::Use, status, b"nothing here")).found
        });
        insta::assert_snapshot!(found.join("\n"), @"
        what answers at http://127.0.0.1:8088 is no ARI: Gone (404): nothing here
        what answers at http://127.0.0.1:8088 is no ARI: Other (500): nothing here
        is not there or not ready, as what answers at http://127.0.0.1:8088 says: Unanswered (502): nothing here
        is not there or not ready, as what answers at http://127.0.0.1:8088 says: NotNow (503): nothing here
        is not there or not ready, as what answers at http://127.0.0.1:8088 says: Unanswered (504): nothing here
        ");
    }
}
