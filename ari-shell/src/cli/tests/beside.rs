//! What commands write down beside a shell that runs, or another one on the same database, with another configuration.

use std::future::ready;
use std::time::Duration;

use engine::words::Span;

use super::house::House;
use crate::dialer::Opening;

/// What a configuration says of campaigns, agents, lists and caps.
const RULES: &str = "[[campaign]]
name = 'weekly'
carriers = ['main']
do_not_call = ['registry']
[[agent]]
name = 'agent-2'
campaign = 'weekly'
[[do_not_call]]
name = 'registry'
max_age = '31d'
[[frequency]]
max = 3
within = '24h'
";

/// The same, changed: a campaign, a carrier and a list more, an agent in another campaign, other rules.
const OTHER_RULES: &str = "[[campaign]]
name = 'weekly'
carriers = ['main']
[[campaign]]
name = 'autumn'
carriers = ['late']
do_not_call = ['registry', 'late']
[[carrier]]
name = 'late'
trunk = 'trunk-b'
[[agent]]
name = 'agent-2'
campaign = 'callbacks'
[[agent]]
name = 'agent-3'
campaign = 'autumn'
[[do_not_call]]
name = 'registry'
max_age = '62d'
[[do_not_call]]
name = 'late'
[[do_not_call]]
name = 'later'
[[frequency]]
max = 1
within = '24h'
";

/// Campaigns, carriers and agents, and what campaigns keep to; in order.
async fn rules(house: &House) -> Vec<String> {
    let mut rules = house
        .rows(
            "SELECT 'campaign ' || name FROM campaigns UNION ALL SELECT 'carrier ' || name FROM carriers \
             UNION ALL SELECT 'agent ' || agents.name || ' of ' || campaigns.name FROM agents \
                 JOIN campaigns ON campaigns.id = agents.campaign_id \
             UNION ALL SELECT 'list ' || name || ' of ' || COALESCE(max_age / 86400000000, 0) || ' days' FROM dnc_lists \
             UNION ALL SELECT campaigns.name || ' keeps to ' || dnc_lists.name FROM campaign_dnc \
                 JOIN campaigns ON campaigns.id = campaign_id JOIN dnc_lists ON dnc_lists.id = list_id \
             UNION ALL SELECT campaigns.name || ' calls less than ' || most FROM frequency_caps \
                 JOIN campaigns ON campaigns.id = campaign_id",
        )
        .await;
    rules.sort_unstable();
    rules
}

#[tokio::test]
async fn whoever_only_looks_writes_nothing() {
    let house = House::new().await;
    house.configure("hunter2", RULES);
    house.migrate().await;
    let leads = house.write("leads.csv", "phone\n15550000001\n");
    let file = house.folder().join("export.csv").display().to_string();
    for line in [
        &["campaign", "preflight", "weekly"][..],
        &["campaign", "list"],
        &["export", &file, "--campaign", "weekly"],
        &["import", &leads, "--campaign", "weekly", "--dry-run"],
        &["dnc", "show"],
        &["dnc", "check", "15550000001"],
        &["list", "show"],
    ] {
        let told = house.says(line).await;
        assert!(told.ends_with("exit 0\n"), "{line:?}: {told}");
        assert_eq!(rules(&house).await, Vec::<String>::new(), "{line:?}");
    }
}

#[tokio::test]
async fn beside_a_running_shell_a_command_writes_down_what_it_names_and_no_more() {
    let house = House::new().await;
    house.configure("hunter2", RULES);
    house.migrate().await;
    let _running = house.open().await;
    let mut expected = rules(&house).await;
    house.configure("hunter2", OTHER_RULES);
    let leads = house.write("leads.csv", "phone\n15550000001\n");
    for (line, more) in [
        (&["campaign", "preflight", "autumn"][..], &[][..]),
        (&["campaign", "preflight", "weekly"], &[]),
        (&["dnc", "add", "15550000009"], &[]),
        (&["dnc", "remove", "15550000009"], &[]),
        (&["dnc", "add", "15550000009", "--list", "later"], &["list later of 0 days"]),
        (&["dnc", "import", &leads, "--list", "registry"], &[]),
        (&["import", &leads, "--campaign", "weekly"], &[]),
        (&["campaign", "recycle", "weekly"], &[]),
        (&["dnc", "remove", "15550000001", "--list", "registry"], &[]),
        (&["callback", "set", "--item", "1", "--at", "2126-01-01T00:00:00Z"], &[]),
        (
            &["import", &leads, "--campaign", "autumn"],
            &[
                "campaign autumn",
                "list late of 0 days",
                "autumn keeps to house",
                "autumn keeps to registry",
                "autumn keeps to late",
                "autumn calls less than 1",
            ],
        ),
        (&["list", "attach", "weekly", "autumn"], &[]),
        (&["campaign", "recycle", "autumn"], &[]),
    ] {
        let told = house.says(line).await;
        assert!(told.ends_with("exit 0\n"), "{line:?}: {told}");
        expected.extend(more.iter().map(|&more| more.to_owned()));
        expected.sort_unstable();
        assert_eq!(rules(&house).await, expected, "{line:?}: {told}");
    }
}

#[tokio::test]
async fn a_command_to_the_running_shell_works_though_the_file_has_no_password_and_half_a_campaign() {
    let house = House::new().await;
    house.migrate().await;
    let running = house.open().await;
    let half = "[[campaign]]\nname = 'autumn'\nflow = 'gone.toml'\n";
    house.configure("", half);
    let mut told = String::new();
    for line in [
        &["campaign", "stop", "spring"][..],
        &["campaign", "list"],
        &["agent", "login", "agent-1"],
        &["agent", "pause", "agent-1", "--code", "lunch"],
        &["dnc", "add", "15550000001"],
        &["dnc", "check", "15550000001"],
        &["explain", "--campaign", "spring"],
        &["campaign", "close", "spring", "--at", "never"],
        &["list", "attach", "members", "spring"],
        &["run"],
    ] {
        told.push_str(&format!("> {}\n{}\n", line.join(" "), house.says(line).await));
    }
    // The next one begins from what is written down, and has to know what it begins with.
    drop(running);
    house.abandon();
    house.configure("", "");
    for line in [&["campaign", "stop", "spring"][..], &["campaign", "list"]] {
        told.push_str(&format!("> {}\n{}\n", line.join(" "), house.says(line).await));
    }
    house.configure("", half);
    told.push_str(&house.says(&["campaign", "stop", "spring"]).await);
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_start_that_finds_its_node_at_work_elsewhere_writes_nothing_down() {
    let house = House::new().await;
    house.configure("hunter2", RULES);
    house.migrate().await;
    house.register().await;
    house.store().await.reopen().await.expect("signed in");
    let expected = rules(&house).await;
    house.configure("hunter2", OTHER_RULES);
    house.is_at_work_elsewhere_for(Span::secs(30)).await;
    let config = house.config();
    let opening = Opening::new(&config).await.expect("a database");
    let opened = opening.floor(None, ready(())).await.expect("nothing is wrong");
    assert!(opened.is_none(), "it is interrupted while it waits");
    assert_eq!(rules(&house).await, expected);
    house.is_at_work_elsewhere_for(Span::secs(2)).await;
    let goes_on = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        house.is_at_work_elsewhere_for(Span::secs(30)).await;
    };
    let (refused, ()) = tokio::join!(house.refuses(), goes_on);
    assert!(refused.contains("at work"), "{refused}");
    assert_eq!(rules(&house).await, expected);
}

#[tokio::test]
async fn a_callback_that_is_agreed_on_while_no_shell_runs_writes_down_its_agent_and_moves_nobody() {
    let house = House::new().await;
    house.configure("hunter2", RULES);
    house.migrate().await;
    let leads = house.write("leads.csv", "phone\n15550000001\n");
    house.says(&["import", &leads, "--campaign", "weekly"]).await;
    let mut expected = rules(&house).await;
    expected.push("agent agent-2 of weekly".to_owned());
    expected.sort_unstable();
    for file in [RULES, OTHER_RULES] {
        house.configure("hunter2", file);
        let set = ["callback", "set", "--item", "1", "--at", "2126-01-01T00:00:00Z", "--agent", "agent-2"];
        let told = house.says(&set).await;
        assert!(told.ends_with("exit 0\n"), "{told}");
        assert_eq!(rules(&house).await, expected, "{told}");
    }
}

#[tokio::test]
async fn what_is_done_for_a_campaign_that_the_running_shell_does_not_know_yet_is_done_and_said() {
    let house = House::new().await;
    house.migrate().await;
    let _running = house.open().await;
    house.configure("hunter2", OTHER_RULES);
    let leads = house.write("leads.csv", "phone\n15550000001\n");
    let mut told = String::new();
    for line in [
        &["import", &leads, "--list", "members", "--campaign", "spring"][..],
        &["import", &leads, "--list", "members", "--campaign", "autumn"],
        &["list", "attach", "members", "weekly"],
        &["campaign", "recycle", "autumn"],
        &["campaign", "recycle", "spring"],
        &["campaign", "start", "autumn"],
    ] {
        let said = house.says(line).await;
        let last = said.lines().rev().take(2).collect::<Vec<_>>();
        let shown = line.join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {shown}\n{}\n{}\n", last[1], last[0]));
    }
    insta::assert_snapshot!(told);
}
