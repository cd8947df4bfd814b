//! What a real Asterisk 22 with our `dialplan/` does, measured: the ground that the table of outcomes stands on.

use std::time::Duration;

use crate::probe::{self, Floor};
use serde_json::Value;
use tests::lab::far_end::{Timings, number};

#[tokio::test]
async fn explore() {
    if !tests::lab::ready() {
        return;
    }
    let floor = Floor::open(Timings::default()).await;
    let codes = [
        200, 201, 202, 203, 180, 100, 486, 404, 480, 503, 603, 608, 484, 302, 500, 410, 600,
    ];
    let mut text = String::new();
    let forms = [
        "PJSIP/#@trunk-a",
        "Local/#@from-campaign",
        "Local/#@from-campaign/n",
    ];
    for (form_no, form) in forms.iter().enumerate() {
        for code in codes {
            let n = number(code, form_no as u16 + 1);
            floor
                .ari
                .dial(
                    &format!("{form_no}-{code}"),
                    &form.replace('#', &n),
                    4,
                    if form_no == 0 { "" } else { "__" },
                )
                .await;
        }
    }
    tokio::time::sleep(Duration::from_millis(3500)).await;
    for f in 0..3 {
        floor
            .ari
            .request(
                reqwest::Method::DELETE,
                &format!("channels/{f}-201"),
                Value::Null,
            )
            .await;
    }
    tokio::time::sleep(Duration::from_millis(3500)).await;
    for f in 0..3 {
        for code in codes {
            text += &format!("== {} {code}\n", forms[f]);
            let mut t0 = None;
            for s in floor.ari.events_of(&format!("{f}-{code}")) {
                let e = &s.event;
                let t0 = *t0.get_or_insert(s.at);
                text += &format!(
                    "  {:5} {} {}",
                    (s.at - t0).as_millis(),
                    probe::channel_id(e).unwrap_or(""),
                    e["type"].as_str().unwrap_or("")
                );
                for k in [
                    "dialstatus",
                    "dialstring",
                    "forward",
                    "cause",
                    "cause_txt",
                    "tech_cause",
                    "soft",
                    "variable",
                    "value",
                    "args",
                ] {
                    if !e[k].is_null() {
                        text += &format!(" {k}={}", e[k]);
                    }
                }
                text += &format!(
                    " state={} vars={}\n",
                    e["channel"]["state"], e["channel"]["channelvars"]
                );
            }
            let far = floor.far_end.call_to(&number(code, f as u16 + 1));
            if let Some(far) = far {
                text += &format!(
                    "  far caller={} retr={} final={:?} bye={:?} cancel={} packets={} hdr={:?}\n",
                    far.caller,
                    far.retransmissions,
                    far.final_code,
                    far.bye.map(|b| b.0),
                    far.cancelled_at.is_some(),
                    far.packets,
                    far.headers
                        .iter()
                        .filter(|(n, _)| n != "Via")
                        .map(|(n, _)| n.as_str())
                        .collect::<Vec<_>>()
                );
            } else {
                text += "  far none\n";
            }
        }
    }
    std::fs::write("/tmp/explore.txt", text).expect("w");
    std::fs::write("/tmp/explore.log", floor.asterisk.log_tail(200)).expect("w");
    assert!(floor.is_empty().await);
    assert!(floor.far_end.forwarded().is_empty());
}
