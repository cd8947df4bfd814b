//! How campaigns stand on each of several nodes that share a database.

use serde_json::Value;

use super::house::House;
use crate::dialer::Dialer;

/// Two houses on one database, with leads enough that neither comes to an end of them.
async fn houses() -> [House; 2] {
    let here = House::new().await;
    here.migrate().await;
    let there = House::beside(&here, "rm2").await;
    let numbers: String = (1..=9).map(|nth| format!("1555000000{nth}\n")).collect();
    let leads = here.write("leads.csv", &format!("phone\n{numbers}"));
    here.says(&["import", &leads, "--campaign", "callbacks"]).await;
    [here, there]
}

/// How a campaign stands by `campaign list`, and when it closes.
async fn stands(house: &House, campaign: &str) -> String {
    let told = house.says(&["campaign", "list", "--json"]).await;
    let told: Value = serde_json::from_str(told.trim_end_matches("exit 0\n")).expect("JSON");
    let rows = told.as_array().expect("a list");
    let row = rows.iter().find(|row| row["name"] == campaign).expect("it is configured");
    format!("{campaign} {} {}", row["state"].as_str().expect("a state"), row["closes_at"])
}

/// The same of the floor.
async fn stands_on(dialer: &Dialer, campaign: &str) -> String {
    let view = dialer.floor.view().await.expect("a view");
    let view = view.campaigns.into_iter().find(|view| view.id == dialer.ids.campaigns[campaign]);
    let view = view.expect("it is configured");
    let closes_at = view.closes_at.map_or_else(|| String::from("null"), |at| at.0.to_string());
    format!("{campaign} {} {closes_at}", view.state)
}

#[tokio::test]
async fn what_one_node_is_told_of_a_campaign_is_nothing_to_another_and_each_finds_its_own_when_it_is_started_anew()
 {
    let [here, there] = houses().await;
    let (first, second) = (here.open().await, there.open().await);
    for house in [&here, &there] {
        house.says(&["campaign", "start", "callbacks"]).await;
    }
    here.says(&["campaign", "close", "callbacks", "--at", "2099-12-01T17:30:00Z"]).await;
    there.says(&["campaign", "pause", "callbacks"]).await;
    here.says(&["campaign", "stop", "spring"]).await;
    there.says(&["campaign", "close", "spring", "--at", "2099-12-01T17:30:00Z"]).await;
    first.leave().await;
    second.leave().await;
    here.abandon();
    there.abandon();
    let written = async |campaign| [stands(&here, campaign).await, stands(&there, campaign).await];
    let callbacks = ["callbacks running 4099829400000000", "callbacks paused null"];
    let spring = ["spring stopped null", "spring ready 4099829400000000"];
    assert_eq!(
        (written("callbacks").await, written("spring").await),
        (callbacks.map(str::to_owned), spring.map(str::to_owned))
    );

    let started = async |house: &House| Dialer::start(&house.config(), None).await.expect("an open floor");
    let (second, first) = (started(&there).await, started(&here).await);
    let found = async |campaign| [stands_on(&first, campaign).await, stands_on(&second, campaign).await];
    assert_eq!(
        (found("callbacks").await, found("spring").await),
        (callbacks.map(str::to_owned), spring.map(str::to_owned))
    );
}

#[tokio::test]
async fn whoever_writes_down_how_a_campaign_stands_is_told_which_other_nodes_dial_it() {
    let [here, there] = houses().await;
    let _dialer = there.open().await;
    assert_eq!(
        here.says(&["campaign", "start", "callbacks"]).await,
        "callbacks: running. No shell runs; it will dial as soon as one does.\nexit 0\n",
        "nobody else dials it"
    );
    there.says(&["campaign", "start", "callbacks"]).await;
    let mut told = String::new();
    for line in [
        &["campaign", "pause", "callbacks"][..],
        &["campaign", "close", "callbacks", "--at", "2099-12-01T17:30:00Z"],
        &["campaign", "drain", "callbacks"],
        &["campaign", "start", "callbacks"],
        &["campaign", "stop", "callbacks"],
        &["campaign", "start", "spring"],
        &["campaign", "list"],
        &["campaign", "list", "--json"],
    ] {
        told.push_str(&format!("> {}\n{}\n", line.join(" "), here.says(line).await));
    }
    insta::assert_snapshot!(told);
    let nodes = here.says(&["node", "list", "--json"]).await;
    let nodes: Value = serde_json::from_str(nodes.trim_end_matches("exit 0\n")).expect("JSON");
    assert_eq!(nodes[0]["name"], "rm2", "no shell has ever run here");
    assert_eq!(nodes[0]["dials"], serde_json::json!(["callbacks"]));
    assert_eq!(nodes.as_array().map(Vec::len), Some(1));
    there.says(&["campaign", "pause", "callbacks"]).await;
    let told = here.says(&["campaign", "stop", "callbacks"]).await;
    assert_eq!(
        told,
        "callbacks: stopped. No shell runs; the next one will not dial it until it is started.\nexit 0\n"
    );
}

/// How a campaign is paced by `campaign list`.
async fn paced(house: &House) -> String {
    let list = house.says(&["campaign", "list"]).await;
    let spring = list.lines().find(|line| line.trim().starts_with("spring ")).expect("it is configured");
    spring.split("  ").filter(|cell| !cell.is_empty()).nth(2).expect("its pacing").trim().to_owned()
}

#[tokio::test]
async fn a_pace_holds_whether_a_shell_runs_or_not_until_the_file_says_otherwise() {
    let house = House::new().await;
    house.migrate().await;
    let mut told = String::new();
    let mut says = async |line: &[&str]| {
        let said = house.says(&[&["campaign", "pace", "spring"], line].concat()).await;
        told.push_str(&format!("> {}\n{said}listed: {}\n", line.join(" "), paced(&house).await));
    };
    says(&["--level", "2.5"]).await;
    says(&["--per-minute", "90"]).await;
    let dialer = house.open().await;
    says(&["--level", "3"]).await;
    says(&["--drop-limit", "2"]).await;
    says(&["--as-configured"]).await;
    says(&["--as-configured"]).await;
    says(&["--level", "4"]).await;
    dialer.leave().await;
    house.abandon();
    says(&["--level", "5"]).await;
    house.set_level("1.5");
    says(&["--as-configured"]).await;
    insta::assert_snapshot!(told, @r#"
    > --level 2.5
    spring: level 2.5 from now on (configured: level 2). No shell runs; the next one will see to it.
    exit 0
    listed: level 2.5 (configured: level 2)
    > --per-minute 90
    per_minute: 90 belongs to mode = "broadcast", and the campaign has mode = "ratio", of which level can be changed while it dials; to dial in another way, change `mode` in the file and start `run` anew
    exit 1
    listed: level 2.5 (configured: level 2)
    > --level 3
    spring: level 3 from now on (before: level 2.5, configured: level 2)
    exit 0
    listed: level 3 (configured: level 2)
    > --drop-limit 2
    drop_limit: 2.0 % belongs to mode = "predictive", and the campaign has mode = "ratio", of which level can be changed while it dials; to dial in another way, change `mode` in the file and start `run` anew
    exit 1
    listed: level 3 (configured: level 2)
    > --as-configured
    spring: level 2 again, as configured (before: level 3)
    exit 0
    listed: level 2
    > --as-configured
    spring: level 2, as configured
    exit 0
    listed: level 2
    > --level 4
    spring: level 4 from now on (configured: level 2)
    exit 0
    listed: level 4 (configured: level 2)
    > --level 5
    spring: level 5 from now on (before: level 4, configured: level 2). No shell runs; the next one will see to it.
    exit 0
    listed: level 5 (configured: level 2)
    > --as-configured
    spring: level 1.5, as configured. No shell runs; the next one will see to it.
    exit 0
    listed: level 1.5
    "#);
}

#[tokio::test]
async fn a_pace_is_forgotten_by_a_shell_that_is_configured_otherwise() {
    let house = House::new().await;
    house.migrate().await;
    house.says(&["campaign", "pace", "spring", "--level", "5"]).await;
    let pacing = async |dialer: &Dialer| {
        let view = dialer.floor.view().await.expect("a view");
        let spring = view.campaigns.into_iter().find(|view| view.id == dialer.ids.campaigns["spring"]);
        spring.expect("it is configured").pacing.to_string()
    };
    let dialer = house.open().await;
    assert_eq!(pacing(&dialer).await, "level 5");
    dialer.leave().await;
    house.abandon();
    for level in ["1.5", "2"] {
        house.set_level(level);
        let dialer = Dialer::start(&house.config(), None).await.expect("an open floor");
        assert_eq!(pacing(&dialer).await, format!("level {level}"));
        dialer.leave().await;
    }
}
