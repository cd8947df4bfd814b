//! The receiver for Django users, against what the shell really sends.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tests::house::House;
use tests::lab::{project, say};
use tests::pbx::Pbx;
use tests::receiver::{Got, Receiver};

use super::{LIMIT, SECRET, leads, webhook};
use crate::outage::rules;

/// Reads a body from standard input; the arguments are secret, header and, where it is not now, the moment of looking.
const VERIFY: &str = "\
import sys
from signature import BadSignature, verify
now = int(sys.argv[3]) if len(sys.argv) > 3 else None
try:
    verify(sys.argv[1], sys.argv[2], sys.stdin.buffer.read(), now)
except BadSignature as problem:
    print(problem)
else:
    print('it was sent by Ringmaster')
";

#[tokio::test(flavor = "multi_thread")]
async fn the_receiver_for_django_trusts_what_the_shell_sends_and_nothing_else() {
    if Command::new("python3").arg("--version").output().is_err() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must run the tests with python3");
        return say("SKIPPED, no python3: install it, as Debian's package python3 brings it");
    }
    let got = delivery().await;
    let header = &got.headers["ringmaster-signature"];
    let right = "it was sent by Ringmaster";
    let secret = "it was signed with another secret, or changed on its way";
    let age = "it is too old, or the clocks are apart";
    let sent: u64 = header[2..].split(',').next().and_then(|t| t.parse().ok()).expect("a moment");
    let (later, earlier) = ((sent + 301).to_string(), (sent - 301).to_string());
    let changed = got.body.replacen("\"nth\":1", "\"nth\":2", 1);
    assert_ne!(changed, got.body);
    let redated = header.replacen(&sent.to_string(), &(sent + 1).to_string(), 1);
    for (what, line, body, said) in [
        ("as it came", vec![SECRET, header], &got.body, right),
        ("another secret", vec!["another-secret-of-the-house", header], &got.body, secret),
        ("another body", vec![SECRET, header], &changed, secret),
        ("another moment of sending", vec![SECRET, &redated], &got.body, secret),
        ("sent again later", vec![SECRET, header, &later], &got.body, age),
        ("sent in the future", vec![SECRET, header, &earlier], &got.body, age),
        ("no header", vec![SECRET, ""], &got.body, "the header is not t=<seconds>,v1=<signature>"),
        ("half a header", vec![SECRET, "t=1"], &got.body, "the header is not t=<seconds>,v1=<signature>"),
    ] {
        assert_eq!(verify(&line, body), said, "{what}");
    }
}

/// One delivery, as the shell makes it.
async fn delivery() -> Got {
    let receiver = Receiver::start().await.expect("a port is free");
    let pbx = Pbx::simulated().await.expect("a port is free");
    let mut house = House::furnish(&pbx.url(), &rules(&webhook(&receiver)));
    house.import("spring", leads().into_iter().skip(12).take(1));
    house.open().await;
    house.start().await;
    house.until_completed(LIMIT).await;
    house.close().await;
    receiver.got().pop().expect("what is due is delivered before the shell ends")
}

/// What the receiver's own function says.
fn verify(line: &[&str], body: &str) -> String {
    let mut python = Command::new("python3")
        .args(["-B", "-c", VERIFY])
        .args(line)
        .env("PYTHONPATH", project().join("examples/django/ringmaster"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    python.stdin.take().expect("it is piped").write_all(body.as_bytes()).expect("it is read");
    let output = python.wait_with_output().expect("it ends");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}
