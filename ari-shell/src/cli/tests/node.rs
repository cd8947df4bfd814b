use std::time::Duration;

use engine::call::{CallSoFar, Record};
use engine::campaign::CampaignState;
use engine::lead::Fate;
use engine::words::{AgentId, AttemptId, CampaignId, Micros, Span};
use engine::{Command, Outcome, Times};

use super::house::House;
use crate::dialer::Opening;
use crate::store::testing::{How, Pen, node, record};

/// Attempts of the second node are numbered from here.
const SECOND: u64 = (1 << 40) + 1;

/// The third campaign of the house, of whose calls agents say what came.
const SALES: CampaignId = CampaignId(3);
const RULES: &str = "[[campaign]]
name = 'sales'
carriers = ['main']
dispositions = 'sales'
[[dispositions]]
name = 'sales'
default = 'no interest'
list = [{ code = 'no interest', flags = ['human', 'completed'] }]
";

/// A second node, which died with a call that rang, one that was talked on, one of which nothing had been said yet, and a lead
/// more in its hopper.
async fn house() -> House {
    let house = House::new().await;
    house.configure("hunter2", RULES);
    house.migrate().await;
    house.register().await;
    house.store().await.reopen().await.expect("signed in");
    let numbers: String = (1..=5).map(|nth| format!("1555000000{nth}\n")).collect();
    let leads = house.write("leads.csv", &format!("phone\n{numbers}"));
    house.says(&["import", &leads, "--list", "members", "--campaign", "sales"]).await;
    let store = house.store().await.as_node(node("rm2"));
    store.reopen().await.expect("signed in");
    let mut pen = Pen::new(&store);
    for (attempt, how) in [(SECOND, How::Busy), (SECOND + 1, How::Talked(0, 60_000))] {
        let call = pen.open(SALES, attempt).await;
        let Times { created, placed, rang, answered, bridged, .. } = record(&call, how).times;
        let times = Times { created, placed, rang, answered, bridged, ..Times::default() };
        let agent = bridged.map(|_| AgentId(1));
        let (attempt, so_far) = (AttemptId(attempt), CallSoFar { times, agent, ..CallSoFar::default() });
        let noted = pen.ask(|request| Command::Note { request, attempt, so_far: Box::new(so_far) }).await;
        assert_eq!(noted, Outcome::Done);
    }
    let call = pen.open(SALES, SECOND + 2).await;
    let fate = Fate::Awaits { until: Micros(4_000_000_000_000_000) };
    pen.record(Record { fate, ..record(&call, How::Talked(0, 60_000)) }).await;
    pen.fetch(SALES, 1).await;
    house
}

async fn change(house: &House, statement: &'static str) {
    sqlx::raw_sql(statement).execute(house.store().await.pool()).await.expect("changed");
}

#[tokio::test]
async fn what_a_node_left_open_that_is_gone_for_good_is_brought_to_its_end() {
    let house = house().await;
    change(&house, "UPDATE nodes SET alive_until = 1").await;
    change(
        &house,
        "INSERT INTO standings (node, campaign_id, state) VALUES ('rm1', 3, 'paused'), ('rm2', 3, 'running')",
    )
    .await;
    insta::assert_snapshot!(house.says(&["node", "list"]).await);
    assert_eq!(
        house.says(&["node", "gone", "rm2"]).await,
        "rm2 is at its end. Calls recorded: 2; dispositions written by default: 2; leads that wait again: 1.\nexit 0\n"
    );
    let lines = "SELECT number || ' ' || result || ' ' || COALESCE(code, '-') FROM call_log \
                 LEFT JOIN dispositions ON dispositions.attempt_id = call_log.attempt_id ORDER BY number";
    assert_eq!(
        house.rows(lines).await,
        ["15550000001 unknown -", "15550000002 connected no interest", "15550000003 connected no interest"]
    );
    let lines = "SELECT number || ' ' || state FROM queue ORDER BY number";
    assert_eq!(
        house.rows(lines).await,
        [
            "15550000001 exhausted",
            "15550000002 completed",
            "15550000003 completed",
            "15550000004 waiting",
            "15550000005 waiting"
        ]
    );
    let standings = "SELECT node || ' ' || state FROM standings";
    assert_eq!(house.rows(standings).await, ["rm1 paused"], "whoever is given its name begins anew");
    let told = house.says(&["node", "list", "--json"]).await;
    let nothing = "\"calls\": 0,\n    \"owed\": 0,\n    \"leads\": 0,\n    \"alive_until\": null";
    assert_eq!(told.matches(nothing).count(), 1, "nothing is left in its hands: {told}");
}

#[tokio::test]
async fn a_node_that_was_at_work_elsewhere_a_moment_ago_is_waited_for() {
    let house = House::new().await;
    house.migrate().await;
    house.store().await.reopen().await.expect("signed in");
    house.is_at_work_elsewhere_for(Span::secs(2)).await;
    let _dialer = house.open().await;
    assert_eq!(house.rows("SELECT CAST(length(instance) AS TEXT) FROM nodes").await, ["32"]);
}

#[tokio::test]
async fn a_node_that_has_ended_is_not_said_to_be_at_work_any_more() {
    let house = House::new().await;
    house.migrate().await;
    let dialer = house.open().await;
    // Somebody may have a way to the floor still, and so to its hopper.
    let _floor = dialer.floor.clone();
    dialer.leave().await;
    // Longer than it waits from one time that it says so to the next.
    tokio::time::sleep(std::time::Duration::from_secs(9)).await;
    assert_eq!(house.rows("SELECT COALESCE(CAST(alive_until AS TEXT), 'ended') FROM nodes").await, ["ended"]);
}

#[tokio::test]
async fn a_node_that_is_stopped_before_its_floor_is_open_is_not_said_to_be_at_work() {
    let house = House::new().await;
    house.migrate().await;
    let config = house.config();
    let opening = Opening::new(&config).await.expect("a database");
    let opened = opening.floor(None, std::future::ready(())).await.expect("nothing is wrong");
    assert!(opened.is_none());
    let node = "SELECT CAST(length(instance) AS TEXT) || ' ' || COALESCE(CAST(alive_until AS TEXT), 'ended') FROM nodes";
    assert_eq!(house.rows(node).await, ["32 ended"]);
}

#[tokio::test]
async fn a_node_whose_rules_cannot_be_written_down_is_not_said_to_be_at_work() {
    let house = House::new().await;
    house.migrate().await;
    change(&house, "DROP TABLE frequency_caps").await;
    let refused = house.refuses().await;
    assert!(refused.contains("frequency_caps"), "{refused}");
    assert_eq!(house.rows("SELECT COALESCE(CAST(alive_until AS TEXT), 'ended') FROM nodes").await, ["ended"]);
}

#[tokio::test]
async fn what_is_of_a_campaign_that_is_not_configured_here_stays_and_is_told() {
    let house = house().await;
    change(&house, "UPDATE nodes SET alive_until = 1").await;
    house.configure("hunter2", "");
    assert_eq!(
        house.says(&["node", "gone", "rm2"]).await,
        "rm2 is at its end. Calls recorded: 0; dispositions written by default: 0; leads that wait again: 1.\n\
         Left as they are, of campaigns or carriers that this configuration does not name: 3.\nexit 0\n"
    );
    assert_eq!(house.rows("SELECT CAST(COUNT(*) AS TEXT) FROM call_log").await, ["1"]);
}

#[tokio::test]
async fn leads_that_only_another_node_was_told_of_are_found_within_seconds() {
    let house = House::new().await;
    house.migrate().await;
    let dialer = house.open().await;
    let spring = dialer.ids.campaigns["spring"];
    let until_it_is = async |state: CampaignState| {
        let stands = async || {
            let view = dialer.floor.view().await.expect("a view");
            view.campaigns.iter().any(|campaign| campaign.id == spring && campaign.state == state)
        };
        while !stands().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let within = Duration::from_secs(12);
    house.says(&["campaign", "start", "spring"]).await;
    tokio::time::timeout(within, until_it_is(CampaignState::Completed)).await.expect("it has no leads");
    let store = house.store().await.as_node(node("rm2"));
    let members = store.list("members").await.expect("a list");
    change(&house, "INSERT INTO leads (id, list_id, number, attributes) VALUES (1, 1, '15550000001', '[]')")
        .await;
    store.attach(members, spring).await.expect("attached");
    tokio::time::timeout(within, until_it_is(CampaignState::Running)).await.expect("it goes on");
}

#[tokio::test]
async fn a_node_that_is_unknown_or_may_be_at_work_is_left_alone() {
    let house = house().await;
    for (name, refused) in [
        ("rm3", "there is no node \"rm3\"; known: rm1, rm2"),
        ("rm1", "rm1 is the node of this configuration: `ari-shell run` takes up what it left open"),
        ("rm2", "rm2 was at work less than half a minute ago. Stop it first, or wait until "),
    ] {
        let told = house.says(&["node", "gone", name]).await;
        assert!(told.starts_with(refused) && told.ends_with("exit 1\n"), "{told}");
    }
    assert_eq!(house.rows("SELECT CAST(COUNT(*) AS TEXT) FROM call_log").await, ["1"]);
}
