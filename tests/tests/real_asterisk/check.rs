//! `check` beside a real Asterisk 22: that what it asks for is there, under these names and with these answers.

use std::fmt::Write as _;
use std::net::SocketAddr;

use ari_shell::check::check;
use ari_shell::config::Config;
use tests::lab::asterisk::{Asterisk, PASSWORD, Site};

/// Nobody need be there: nothing is dialled.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

#[tokio::test]
async fn a_fresh_asterisk_with_our_dialplan_has_all_that_check_asks_for() {
    if !tests::lab::ready() {
        return;
    }
    let site = Site { trunk_a: NOBODY, trunk_b: NOBODY, phones: NOBODY, agents: 1 };
    let asterisk = Asterisk::start(&site).await.expect("Asterisk starts");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ringmaster.toml");
    let url = asterisk.ari_url();
    let text = format!(
        r#"
ari = {{ url = "{url}", password = "{PASSWORD}" }}
carrier = [{{ name = "main", trunk = "trunk-a" }}, {{ name = "gone", trunk = "trunk-z" }}]
agent = [
    {{ name = "agent-1", campaign = "spring" }},
    {{ name = "agent-9", campaign = "spring" }},
]

[[campaign]]
name = "spring"
carriers = ["main"]
message = "sound:ringmaster/safe-harbour"

[[campaign]]
name = "mute"
carriers = ["main"]
message = "sound:ringmaster/nothing"
"#
    );
    std::fs::write(&file, text).expect("a file");
    let config = Config::load(&file, []).expect("a right configuration");

    let mut told = String::new();
    // Its version differs from machine to machine; what is the shell's own has tests of its own.
    let elsewhere = ["configuration", "data directory", "database", "version", "shell"];
    for finding in check(Ok(&config)).await {
        if elsewhere.contains(&finding.what.as_str()) {
            continue;
        }
        let found = finding.found.replace(&url, "[asterisk]");
        writeln!(told, "{:<4}  {}: {found}", finding.verdict.name(), finding.what).expect("a string");
    }
    insta::assert_snapshot!(told);
}
