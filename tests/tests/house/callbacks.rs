//! Calls that were agreed on, and whose callees are not reached.

use std::time::Duration;

use engine::Reason;
use engine::words::AgentId;
use tests::house::House;
use tests::lab::far_end::number;
use tests::pbx::Pbx;

use crate::waiting::RULES;

/// Longer than any part of it takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Beside the agent who waits for a call, the one with whom it is agreed on; the campaign's lines that stay busy.
const MORE: &str = r#"
[[agent]]
name = "agent-2"
campaign = "spring"

[campaign.retry]
cap = 3
busy = { up_to = 9, delay = "1s" }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_line_is_called_again_by_the_agent_who_has_agreed_on_it_until_the_rules_end_it() {
    let pbx = Pbx::simulated().await.expect("a port is free");
    let mut house = House::furnish(&pbx.url(), &[RULES, MORE].concat());
    house.import("spring", [number(486, 1)]);
    let agree = ["callback", "set", "--item", "1", "--at", "2020-01-01T00:00:00Z", "--note", "ask for Eve"];
    house.must(&[&agree[..], &["--agent", "agent-2"]].concat());
    house.open().await;
    house.start().await;
    house.until_completed(LIMIT).await;

    let calls = house.requests().await;
    let with: Vec<_> =
        calls.iter().map(|call| (call.agent, call.callback.and_then(|kept| kept.agent))).collect();
    let theirs = house.count("SELECT id FROM agents WHERE name = 'agent-2'").await;
    let theirs = Some(AgentId(u32::try_from(theirs).expect("an id")));
    assert_eq!(with, [(theirs, theirs); 3], "{}", house.log());
    let at: Vec<_> = calls.iter().filter_map(|call| Some(call.callback?.at)).collect();
    let ended: Vec<_> = house.logged().await.iter().map(|call| call.ended_at.cast_unsigned()).collect();
    let delay = Duration::from_secs(1).as_micros();
    for (retry, ended) in at[1..].iter().zip(ended) {
        assert_eq!(u128::from(retry.0), u128::from(ended) + delay, "it moves to the retry");
    }
    assert_eq!(house.must(&["callback", "list"]).trim(), "no call is agreed on");
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_was_never_called_is_called_like_any_other_once_its_callback_is_taken_back() {
    let pbx = Pbx::simulated().await.expect("a port is free");
    let mut house = House::furnish(&pbx.url(), RULES);
    house.import("spring", [number(603, 1)]);
    house.must(&["callback", "set", "--item", "1", "--at", "2126-01-01T00:00:00Z", "--agent", "agent-1"]);
    house.open().await;
    house.start().await;
    house
        .until(LIMIT, "without leads", |board| board.campaigns[0].view.reason == Some(Reason::NoLeads))
        .await;
    house.must(&["callback", "cancel", "--item", "1"]);
    house.until_completed(LIMIT).await;

    let calls: Vec<_> = house.requests().await.iter().map(|call| call.callback).collect();
    assert_eq!(calls, [None], "{}", house.log());
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
