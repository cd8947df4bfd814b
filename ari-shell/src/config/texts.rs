//! Which texts may stand where. Most of them end up in a dial string, a channel variable or a header, where a stray
//! character would change what is dialled; so each has a short list of what it may consist of, and nothing is escaped.

use std::net::SocketAddr;

use engine::words::{Milli, Number};
use reqwest::Url;

use super::section::nearest;

/// The shortest secret that is taken.
const SECRET_MIN: usize = 16;

/// A name of a campaign or agent: what operators type and see.
pub(super) fn name(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.chars().count())
        && text.starts_with(char::is_alphanumeric)
        && !text.ends_with(' ')
        && text.chars().all(|c| c.is_alphanumeric() || " -_.".contains(c));
    check(text, fits, || {
        format!(
            "{text:?} is no name: use 1 to 64 letters, digits, spaces or -_. and begin with a letter or digit"
        )
    })
}

/// A number from 1 to 10 with up to three decimals, such as the lines for each agent.
pub(crate) fn one_to_ten(text: &str) -> Result<Milli, String> {
    let level = in_last_decimals(text, 3).filter(|level| (1_000..=10_000).contains(level));
    level
        .map(Milli)
        .ok_or_else(|| format!("{text} is out of range; give 1 to 10 with at most three decimals"))
}

/// A share in percent with up to one decimal, such as that of the answers that may be dropped.
pub(crate) fn percent(text: &str) -> Result<Milli, String> {
    let share = in_last_decimals(text, 1).filter(|share| (1..=100).contains(share));
    share
        .map(Milli)
        .ok_or_else(|| format!("{text} is out of range; give 0.1 to 10 percent with at most one decimal"))
}

/// A number in units of its last decimal, of which it may have so many.
fn in_last_decimals(text: &str, decimals: usize) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > decimals {
        return None;
    }
    format!("{whole}{part:0<decimals$}").parse().ok()
}

/// What keys in Redis begin with.
pub(super) fn prefix_of_keys(text: &str) -> Result<String, String> {
    check(text, dialable(text, "-_.:"), || {
        format!("{text:?} is no prefix: use 1 to 80 letters, digits or -_.:, such as ringmaster")
    })
}

/// A PJSIP endpoint, a dialplan context, or a carrier's name, by which the dialplan may choose one of these.
pub(super) fn part(text: &str) -> Result<String, String> {
    check(text, dialable(text, "-_."), || {
        format!("{text:?} cannot stand in a dial string: use 1 to 80 letters, digits or -_.")
    })
}

/// DAHDI channels: a group, one channel or a span.
pub(super) fn dahdi(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix(['g', 'G', 'r', 'R', 'i']).unwrap_or(text);
    let fits = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    check(text, fits, || {
        format!(
            "{text:?} is no DAHDI line: write a group such as g1, a channel such as 24, or a span such as i2"
        )
    })
}

/// A whole dial string without options.
pub(super) fn endpoint(text: &str) -> Result<String, String> {
    let whole =
        text.split_once('/').is_some_and(|(technology, rest)| !technology.is_empty() && !rest.is_empty());
    check(text, whole && dialable(text, "-_./"), || {
        format!(
            "{text:?} is no endpoint: write technology/resource, such as PJSIP/agent-1, in letters, digits and -_./ only"
        )
    })
}

/// A sound that the PBX has, such as `sound:ringmaster/safe-harbour`.
pub(super) fn sound(text: &str) -> Result<String, String> {
    let fits =
        text.strip_prefix("sound:").is_some_and(|path| dialable(path, "-_./") && !path.starts_with('/'));
    check(text, fits, || {
        format!(
            "{text:?} is no message: write sound: and a path below Asterisk's sounds, such as sound:ringmaster/safe-harbour"
        )
    })
}

/// A number to show, alone or with a name before it.
pub(super) fn caller_id(text: &str) -> Result<String, String> {
    let (shown, number) = text.strip_suffix('>').and_then(|rest| rest.split_once('<')).unwrap_or(("", text));
    let fits = shown.chars().count() <= 64
        && !shown.chars().any(|c| c.is_control() || "<>\"\\".contains(c))
        && Number::parse(number).is_ok();
    check(text, fits, || {
        format!(
            "{text:?} is no caller id: write a number of 3 to 15 digits, such as +15551234567, or a name before it: Spring Sale <+15551234567>"
        )
    })
}

/// A zone of the IANA database that comes with the program.
pub(crate) fn zone(text: &str) -> Result<String, String> {
    if engine::zone::names().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    let near = nearest(text, engine::zone::names());
    let help = near.map_or_else(
        || "write one such as Europe/London or UTC".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    Err(format!("{text:?} is no zone of the IANA database; {help}"))
}

/// A text that is passed on in a channel variable.
pub(super) fn plain(text: &str) -> Result<String, String> {
    let fits = text.chars().count() <= 255 && !text.chars().any(char::is_control);
    check(text, fits, || {
        format!(
            "{text:?} cannot be a channel variable's value: use up to 255 characters, no control characters among them"
        )
    })
}

/// What the dialer sets itself on calls to customers, and dialplan, detection and records rely on.
const OWN_VARIABLES: [&str; 14] = [
    "ATTEMPT_ID",
    "CALL_TYPE",
    "CAMPAIGN_ID",
    "CARRIER_ID",
    "CARRIER_NAME",
    "CHANNEL(accountcode)",
    "DIGITS_BEFORE_ANSWER",
    "FORWARD_CONTEXT",
    "LEAD_ID",
    "QUEUE_ID",
    "STASIS_APP",
    "TALK_DETECT(remove)",
    "TALK_DETECT(set)",
    "TIMEOUT(absolute)",
];

/// What the variables begin with that a lead's own columns are handed on in.
const OF_THE_LEAD: &str = "LEAD_";

/// A channel variable's name, or a dialplan function's such as `CHANNEL(language)`; one or two underscores in front,
/// by which Asterisk hands a variable on, make no other variable of it.
pub(super) fn variable(name: &str) -> Result<(), String> {
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_()".contains(&b));
    if !fits {
        return Err(
            "is no variable's name: use letters, digits, _ and (), and begin with a letter or _".into()
        );
    }
    let bare = name.trim_start_matches('_');
    if OWN_VARIABLES.iter().any(|own| own.eq_ignore_ascii_case(bare)) {
        return Err("is set by the dialer itself on each call; choose another name".into());
    }
    if bare.get(..OF_THE_LEAD.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(OF_THE_LEAD)) {
        return Err("begins with LEAD_, as what is known of the lead does; choose another name".into());
    }
    Ok(())
}

/// Who we are at the ARI, or at the manager interface; a colon would end the user in ARI's header.
pub(super) fn user(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && !text.contains(|c: char| c.is_control() || c == ':');
    check(text, fits, || {
        format!(
            "{text:?} is no user of Asterisk: write the name of their section in ari.conf or manager.conf"
        )
    })
}

/// A Stasis application.
pub(super) fn app(text: &str) -> Result<String, String> {
    check(text, dialable(text, "-_"), || {
        format!("{text:?} is no application's name: use 1 to 80 letters, digits or -_")
    })
}

/// Never quoted. What can be guessed signs nothing, and opens to anybody.
pub(super) fn secret(text: &str) -> Result<(), String> {
    if text.chars().count() < SECRET_MIN {
        return Err(format!("is too short; use {SECRET_MIN} characters or more, drawn at random"));
    }
    Ok(())
}

/// The same, as it can stand in the header of a request.
pub(super) fn token(text: &str) -> Result<(), String> {
    secret(text)?;
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err("must be letters, digits and signs of ASCII without spaces, as it stands in the header of a request".into())
    }
}

/// Where the ARI is. The value is never quoted: somebody may have written a password into it.
pub(super) fn ari_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|e| {
        format!("is no address ({e}); write http:// and a host, such as http://127.0.0.1:8088")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold user or password; set ari.user and ari.password".into());
    }
    match url.scheme() {
        "http" => Ok(text.to_owned()),
        "https" | "wss" => Err(
            "https is not spoken here: let Asterisk listen on the loopback, or put a local proxy that speaks TLS in between, and write http://"
                .into(),
        ),
        scheme => Err(format!("must begin with http://, not {scheme}://")),
    }
}

/// Where a server listens: a host's name or an IP address, and a port.
pub(super) fn host_and_port(text: &str) -> Result<String, String> {
    let host_and_port = text.rsplit_once(':').filter(|(host, _)| {
        !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/')
    });
    let fits = host_and_port.is_some_and(|(_, port)| port.parse().is_ok_and(|port: u16| port > 0));
    check(text, fits, || format!("{text:?} is no host and port: write them such as 127.0.0.1:5038"))
}

/// Where the operators' API listens.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().ok().filter(|address: &SocketAddr| address.port() != 0).ok_or_else(|| {
        format!("{text:?} is no address to listen on: write an IP address and a port, such as 127.0.0.1:8090")
    })
}

fn check(text: &str, fits: bool, otherwise: impl FnOnce() -> String) -> Result<String, String> {
    if fits { Ok(text.to_owned()) } else { Err(otherwise()) }
}

fn dialable(text: &str, marks: &str) -> bool {
    (1..=80).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
}
