use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use engine::Outcome;
use engine::call::CallRequest;
use engine::campaign::CampaignState;
use engine::words::{CampaignId, CarrierId, Micros};

use super::house::House;
use super::waiting::opens_after;
use crate::store::testing::{How, Pen, SPRING, record, request};

#[tokio::test]
async fn migrations_are_applied_once_and_named() {
    let house = House::new().await;
    assert_eq!(
        house.says(&["migrate"]).await,
        "made the database [folder]/data/ringmaster.db: there was none\napplied 0001 floor\napplied 0002 windows\napplied 0003 lists\napplied 0004 rules\napplied 0005 carriers\napplied 0006 leases\napplied 0007 drops and skips\napplied 0008 outbox\napplied 0009 flows\napplied 0010 due\napplied 0011 amd\napplied 0012 recordings\napplied 0013 agents\napplied 0014 transfers\napplied 0017 pauses\napplied 0018 takes\napplied 0019 drafts\napplied 0020 log outs\napplied 0021 alive\napplied 0022 by hand\napplied 0023 arrivals\napplied 0024 again\napplied 0025 standings\napplied 0026 marks and promises\napplied 0027 minutes\napplied 0028 paces\napplied 0029 said\napplied 0030 flow so far\napplied 0031 transfers so far\napplied 0032 put off\napplied 0033 amd so far\nexit 0\n"
    );
    assert_eq!(house.says(&["migrate"]).await, "Nothing to apply: the tables are up to date.\nexit 0\n");
}

#[tokio::test]
async fn the_database_is_in_the_data_directory_whatever_that_is_called() {
    let house = House::new().await;
    for data_dir in ["my data", "100%25", "what?", "a:b", "a#b", "Grün"] {
        house.write("ringmaster.toml", &format!("data_dir = '{data_dir}'\nari.password = 'hunter2'\n"));
        let told = house.says(&["migrate"]).await;
        assert!(told.contains("\napplied 0001 floor\n") && told.ends_with("exit 0\n"), "{data_dir}: {told}");
        assert!(house.folder().join(data_dir).join("ringmaster.db").is_file(), "{data_dir}");
    }
}

#[tokio::test]
async fn the_data_directory_is_its_owners_alone_whichever_command_makes_it() {
    for line in ["migrate", "run"] {
        let house = House::new().await;
        house.says(&[line]).await;
        let made = house.folder().join("data").metadata().expect("it is made");
        assert_eq!(made.permissions().mode() & 0o777, 0o700, "{line}");
    }
}

#[tokio::test]
async fn no_command_works_on_another_database_than_the_shell_that_runs() {
    let house = House::new().await;
    let elsewhere = format!("sqlite://{}", house.folder().join("elsewhere.db").display());
    house.migrate().await;
    house.keep_in(&elsewhere);
    house.migrate().await;
    let running = house.open().await;
    house.configure("hunter2", "");
    let file = house.write("leads.csv", "phone\n15550000001\n");
    let mut told = String::new();
    for line in [
        &["import", &file, "--campaign", "spring"][..],
        &["dnc", "add", "15550000001"],
        &["campaign", "recycle", "spring"],
        &["campaign", "pause", "spring"],
        &["migrate"],
        &["check"],
    ] {
        let shown = line.join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {shown}\n{}\n", house.says(line).await));
    }
    insta::assert_snapshot!(told);
    house.keep_in(&elsewhere);
    assert!(house.says(&["dnc", "add", "15550000001"]).await.ends_with("exit 0\n"), "it is the shell's own");
    // Whoever moves does so while none runs.
    drop(running);
    house.abandon();
    house.configure("hunter2", "");
    assert!(house.says(&["dnc", "add", "15550000002"]).await.ends_with("exit 0\n"), "no shell runs");
}

#[tokio::test]
async fn postgres_is_the_shells_own_by_whichever_way_a_command_reaches_it() {
    let house = House::new().await;
    let Some(url) = house.postgres() else { return };
    house.keep_in(&url);
    house.migrate().await;
    let _running = house.open().await;
    let (user, place) = url.rsplit_once('@').expect("a user");
    let (server, database) = place.split_once('/').expect("a database");
    let way = opens_after(server.parse().expect("an address"), &[]).await;
    house.keep_in(&format!("{user}@{way}/{database}"));
    for line in [&["dnc", "add", "15550000001"][..], &["migrate"]] {
        let told = house.says(line).await;
        assert!(told.ends_with("exit 0\n"), "{line:?}: {told}");
    }
    assert!(house.says(&["check"]).await.contains("\nok    database: PostgreSQL"));

    house.keep_in(&format!("{user}@{way}/{database}_2"));
    house.store().await.migrate().await.expect("migrations");
    for line in [&["dnc", "add", "15550000001"][..], &["migrate"]] {
        let told = house.says(line).await;
        assert!(told.contains("in another database"), "{line:?}: {told}");
    }
}

#[tokio::test]
async fn a_database_that_was_not_there_is_said_to_be_made_since_its_name_may_be_misspelt() {
    let house = House::new().await;
    let made = house.says(&["migrate"]).await;
    assert_eq!(made.lines().next(), Some("made the database [folder]/data/ringmaster.db: there was none"));
    let again = house.says(&["migrate"]).await;
    assert!(!again.contains("made"), "{again}");
}

#[tokio::test]
async fn a_postgres_database_that_was_not_there_is_said_to_be_made_since_its_name_may_be_misspelt() {
    let house = House::new().await;
    let Some(url) = house.postgres() else { return };
    let (_, place) = url.rsplit_once('@').expect("a user");
    let (server, name) = place.split_once('/').expect("a database");
    house.keep_in(&url);
    let made = house.says(&["migrate"]).await;
    let told = format!("made the database {name} at {server}: there was none");
    assert_eq!(made.lines().next(), Some(told.as_str()));
    assert!(made.lines().nth(1).is_some_and(|line| line.starts_with("applied 0001 ")), "{made}");
    let again = house.says(&["migrate"]).await;
    assert!(!again.contains("made"), "{again}");
}

#[tokio::test]
async fn a_call_flow_that_no_longer_goes_with_its_campaigns_mode_is_told_with_what_ends_it() {
    let house = House::new().await;
    house.migrate().await;
    let node = "[[node]]\nname = 'hello'\ntype = 'play'\nsounds = ['sound:ringmaster/safe-harbour']\nnext = 'hang_up'\n";
    house.write("poll.toml", &format!("version = 1\nname = 'poll'\n{node}"));
    let campaign = |rules: &str| format!("[[campaign]]\nname = 'poll'\ncarriers = ['main']\n{rules}\n");
    house.configure("hunter2", &campaign("mode = 'broadcast'\nper_minute = 1\nflow = 'poll.toml'"));
    house.says(&["campaign", "start", "poll"]).await;
    let begin = "UPDATE campaigns SET began_at = 1 WHERE name = 'poll' RETURNING name";
    assert_eq!(house.rows(begin).await.len(), 1, "a shell has begun it, and is gone");
    house.configure("hunter2", &campaign(""));
    assert_eq!(
        house.refuses().await,
        "campaign \"poll\" is under way, so it goes on with the call flow that it was started with, or with none as it was then; \
         that does not fit what is configured by now (campaign \"poll\": flow: asks for no agent, and this mode reserves one \
         for each call: use mode = \"broadcast\", or a queue). To let it begin anew, run `ari-shell campaign stop \"poll\"`; \
         else configure it as it was"
    );
    house.says(&["campaign", "stop", "poll"]).await;
    house.open().await.leave().await;
}

#[tokio::test]
async fn calls_that_are_open_by_a_carrier_or_of_a_campaign_that_is_configured_no_longer_keep_the_floor_shut()
{
    let house = House::new().await;
    let kept =
        "[[carrier]]\nname = 'old'\ntrunk = 'trunk-b'\n[[campaign]]\nname = 'old'\ncarriers = ['old']\n";
    house.configure("hunter2", kept);
    house.migrate().await;
    house.register().await;
    let file = house.write("leads.csv", "phone\n15550000001\n15550000002\n");
    house.says(&["import", &file, "--campaign", "old"]).await;
    let store = house.store().await;
    store.reopen().await.expect("signed in");
    let (old, mut pen) = (store.campaign("old").await.expect("there"), Pen::new(&store));
    let (items, _) = pen.fetch(old, 2).await;
    for (item, attempt) in items.iter().zip([1, 2]) {
        let call = CallRequest { carrier: CarrierId(3), ..request(old, item, attempt) };
        assert_eq!(pen.save(call).await, Outcome::Done);
    }
    store.sign_off().await.expect("signed off");
    house.configure("hunter2", "");
    assert_eq!(
        house.refuses().await,
        "carrier \"old\" is configured no longer, and 2 of its calls are still open; campaign \"old\" is configured no longer, and \
         2 of its calls are still open. People may be talking: configure what is missing again until these calls have ended; \
         nothing more has to be dialled with it"
    );
    let left = "SELECT COUNT(*) || '' FROM attempts WHERE closed = 0 UNION ALL SELECT state FROM queue";
    assert_eq!(house.rows(left).await, ["2", "open", "open"], "nothing is lost of them");
    house.configure("hunter2", kept);
    house.open().await.leave().await;
}

/// Two attempts on leads of spring: one talked, one was busy.
async fn house() -> House {
    let house = House::new().await;
    house.migrate().await;
    house.register().await;
    let file = house.write("leads.csv", "phone,first name\n15550000001,Eve\n15550000002,Bob\n");
    house.says(&["import", &file, "--campaign", "spring"]).await;
    let store = house.store().await;
    store.reopen().await.expect("signed in");
    let mut pen = Pen::new(&store);
    for (attempt, how) in [(1, How::Talked(400, 60_000)), (2, How::Busy)] {
        let call = pen.open(SPRING, attempt).await;
        pen.record(record(&call, how)).await;
    }
    house
}

#[tokio::test]
async fn the_report_counts_what_is_stored_and_says_how() {
    let house = house().await;
    let day = ["report", "--from", "2023-11-14", "--to", "2023-11-15 00:00"];
    insta::assert_snapshot!(house.says(&day).await);
    insta::assert_snapshot!(house.says(&[&day[..], &["--campaign", "spring"]].concat()).await);
    insta::assert_snapshot!(house.says(&[&day[..], &["--campaign", "callbacks", "--json"]].concat()).await);
    insta::assert_snapshot!(house.says(&[&day[..], &["--by", "carrier"]].concat()).await);
    insta::assert_snapshot!(house.says(&[&day[..], &["--by", "agent", "--format", "csv"]].concat()).await);
    let hours = house.says(&[&day[..], &["--by", "hour", "--format", "json"]].concat()).await;
    assert!(hours.contains("\"name\": \"2023-11-14 22:00\""), "{hours}");
    let today = house.says(&["report", "--json"]).await;
    assert!(today.contains("\"dialled\": 0"), "{today}");
}

#[tokio::test]
async fn a_day_that_makes_no_scenario_is_refused_and_leaves_no_file() {
    let house = house().await;
    let file = house.path("day.toml");
    let made = async |campaign, date| {
        let file = file.to_str().expect("a path");
        house.says(&["scenario", file, "--campaign", campaign, "--on", date]).await
    };
    let unknown = made("autumn", "2023-11-14").await;
    assert_eq!(unknown, "there is no campaign \"autumn\"; known: spring, callbacks\nexit 1\n");
    insta::assert_snapshot!(made("spring", "2023-11-14").await, @"
    spring has too little on record of 2023-11-14: 30 answers and a conversation are needed to know its callees by, and there are 1 and 0
    exit 1
    ");
    assert!(!file.exists());
}

#[tokio::test]
async fn a_report_of_nobody_or_of_no_time_is_refused() {
    let house = house().await;
    let unknown = house.says(&["report", "--campaign", "autumn"]).await;
    assert_eq!(unknown, "there is no campaign \"autumn\"; known: callbacks, spring\nexit 1\n");
    insta::assert_snapshot!(house.says(&["report", "--from", "2023-11-15", "--to", "2023-11-14"]).await);
    let shapeless = house.says(&["report", "--format", "csv"]).await;
    assert_eq!(shapeless, "say by --by what CSV is to have a row for\nexit 2\n");
}

#[tokio::test]
async fn an_attempt_and_a_number_are_explained_by_all_that_is_stored() {
    let house = house().await;
    insta::assert_snapshot!(house.says(&["explain", "--attempt", "1"]).await);
    insta::assert_snapshot!(house.says(&["explain", "--number", "+1 (555) 000-0002"]).await);
    let json = house.says(&["explain", "--lead", "2", "--json"]).await;
    let card: serde_json::Value = serde_json::from_str(json.trim_end_matches("exit 0\n")).expect("JSON");
    assert_eq!(card["lead"]["items"][0]["state"], "exhausted");
    assert_eq!(card["lead"]["records"][0]["result"], "busy");
    assert_eq!(house.says(&["explain", "--attempt", "9"]).await, "no attempt 9 is stored\nexit 1\n");
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_number_is_told_of_now_and_of_another_moment() {
    let house = house().await;
    let told = async |more: &[&str]| {
        let told = house.says(&[&["explain", "--number", "15550000002"], more].concat()).await;
        let way = told
            .lines()
            .filter(|line| ["  now", "  then", "What", "exit"].iter().any(|begins| line.starts_with(begins)));
        way.map(|line| format!("{line}\n")).collect::<String>()
    };
    let then = ["--at", "2096-11-14 22:13"];
    assert_eq!(told(&[]).await, "  now         it has come to its end: busy\nexit 0\n");
    assert_eq!(
        told(&then).await,
        "  then        2096-11-14 22:13:00.000 UTC: it has come to its end: busy\nexit 0\n"
    );
    house.configure("hunter2", "[[campaign]]\nname = 'wrong'\n");
    assert_eq!(
        told(&[]).await,
        "What stands in the way is not told, since the configuration has faults: `check` tells which.\nexit 0\n"
    );
    assert_eq!(told(&then).await, "exit 2\n", "nothing else was asked for");
}

#[tokio::test]
async fn what_kept_a_campaign_from_dialling_is_told_of_any_minute_that_is_kept() {
    let house = house().await;
    let store = house.store().await;
    for statement in [
        "INSERT INTO minutes VALUES (1, 1699999980000000, 'rm1', 'running', 'no_agents', '{\"no_agents\":41,\"carriers_full\":3}')",
        "INSERT INTO minutes VALUES (1, 1699999980000000, 'rm2', 'running', NULL, '{}')",
        "INSERT INTO minutes VALUES (1, 1700000040000000, 'rm1', 'paused', 'not_running', '{}')",
    ] {
        sqlx::raw_sql(statement).execute(store.pool()).await.expect("written");
    }
    let told = async |at: &str| house.says(&["explain", "--campaign", "spring", "--at", at]).await;
    insta::assert_snapshot!(told("2023-11-14 22:13:07").await);
    insta::assert_snapshot!(told("2023-11-14 23:00").await);
    insta::assert_snapshot!(told("2023-11-14 22:12:59").await, @r"
    Nothing is known of spring by 2023-11-14 22:12:59.000 UTC: one in which it ran or was changed is kept for 31 days.
    exit 0
    ");
    let number = house.says(&["explain", "--number", "15550000002", "--at", "2023-11-14 22:13:07"]).await;
    for line in [
        "  minute      2023-11-14 22:13:00.000 UTC on rm1: running; 41 times no_agents, 3 times carriers_full\n",
        "  minute      2023-11-14 22:13:00.000 UTC on rm2: running; nothing kept it from dialling\n",
    ] {
        assert!(number.contains(line), "{number}");
    }
}

#[tokio::test]
async fn a_closing_time_is_stored_while_no_shell_runs_and_can_be_taken_back() {
    let house = House::new().await;
    house.migrate().await;
    let close = |at| ["campaign", "close", "spring", "--at", at];
    insta::assert_snapshot!(house.says(&close("2099-12-01 17:30")).await);
    insta::assert_snapshot!(house.says(&["campaign", "list"]).await);
    house.says(&["campaign", "start", "spring"]).await;
    let json = house.says(&["campaign", "list", "--json"]).await;
    assert!(json.contains("\"closes_at\": 4099829400000000"), "{json}");
    insta::assert_snapshot!(house.says(&close("never")).await);
    let json = house.says(&["campaign", "list", "--json"]).await;
    assert!(json.contains("\"closes_at\": null"), "{json}");
    let unknown = house.says(&["campaign", "close", "sprnig", "--at", "17:30"]).await;
    assert!(unknown.starts_with("there is no campaign \"sprnig\"; "), "{unknown}");
}

#[tokio::test]
async fn a_closing_time_that_has_passed_is_refused_whether_a_shell_runs_or_not() {
    let house = House::new().await;
    house.migrate().await;
    let told = "--at: 2026-01-01 17:30:00 UTC has passed; give a time to come, or pause spring now by `campaign pause spring`\nexit 2\n";
    for at in ["2026-01-01 17:30", "2026-01-01T17:30:00Z", "2026-01-01T18:30:00+01:00"] {
        assert_eq!(house.says(&["campaign", "close", "spring", "--at", at]).await, told);
    }
    let _dialer = house.open().await;
    assert_eq!(house.says(&["campaign", "close", "spring", "--at", "2026-01-01 17:30"]).await, told);
    assert!(house.says(&["campaign", "list", "--json"]).await.contains("\"closes_at\": null"));
}

#[tokio::test]
async fn a_closing_time_that_has_passed_does_not_pause_what_is_started_anew() {
    let house = House::new().await;
    house.migrate().await;
    house.register().await;
    let passed = Some(Micros(1_767_225_600_000_000));
    house.store().await.set_closing(CampaignId(1), passed).await.expect("written");
    house.says(&["campaign", "start", "spring"]).await;
    let json = house.says(&["campaign", "list", "--json"]).await;
    assert!(json.contains("\"closes_at\": null") && !json.contains("17672"), "{json}");
}

#[tokio::test]
async fn a_campaign_that_is_started_while_no_shell_runs_dials_as_soon_as_one_does() {
    let house = House::new().await;
    house.migrate().await;
    insta::assert_snapshot!(house.says(&["campaign", "start", "spring"]).await);
    insta::assert_snapshot!(house.says(&["campaign", "list"]).await);
    // Without a lead it would be completed at once.
    let file = house.write("leads.csv", "phone\n15550000001\n");
    house.says(&["import", &file, "--campaign", "spring"]).await;
    let dialer = house.open().await;
    let state = async || {
        let view = dialer.floor.view().await.expect("a view");
        let spring = view.campaigns.iter().find(|seen| seen.id == dialer.ids.campaigns["spring"]);
        spring.expect("spring").state
    };
    // Its message is looked for first.
    while state().await == CampaignState::Starting {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(state().await, CampaignState::Running);
}

#[tokio::test]
async fn without_a_shell_verbs_lead_from_state_to_state_as_they_would_with_one() {
    let house = House::new().await;
    house.migrate().await;
    for (verb, told) in [
        ("pause", "the campaign is ready\nexit 1\n"),
        ("start", "spring: running. No shell runs; it will dial as soon as one does.\nexit 0\n"),
        (
            "pause",
            "spring: paused. No shell runs; the next one will not dial it until it is started.\nexit 0\n",
        ),
        (
            "drain",
            "spring: stopped. No shell runs; the next one will not dial it until it is started.\nexit 0\n",
        ),
        ("pause", "the campaign is stopped\nexit 1\n"),
        ("start", "spring: running. No shell runs; it will dial as soon as one does.\nexit 0\n"),
        (
            "stop",
            "spring: stopped. No shell runs; the next one will not dial it until it is started.\nexit 0\n",
        ),
    ] {
        assert_eq!(house.says(&["campaign", verb, "spring"]).await, told, "{verb}");
    }
    let unknown = house.says(&["campaign", "start", "autumn"]).await;
    assert_eq!(unknown, "there is no campaign \"autumn\"; known: spring, callbacks\nexit 1\n");
    let agent = house.says(&["agent", "login", "agent-1"]).await;
    assert_eq!(agent, "no shell runs at [shell]; start it with `ari-shell run`\nexit 1\n");
    assert_eq!(house.says(&["explain", "--campaign", "spring"]).await, agent);
}

#[tokio::test]
async fn a_call_that_is_agreed_on_is_listed_and_taken_back_while_no_shell_runs() {
    let house = House::new().await;
    house.migrate().await;
    let leads = house.write("leads.csv", "phone\n15550000001\n");
    house.says(&["import", &leads, "--campaign", "spring"]).await;
    let mut told = String::new();
    for line in [
        &["callback", "set", "--item", "1", "--at", "2126-01-01T00:00:00Z", "--note", "ask for Eve"][..],
        &["callback", "list"],
        &["callback", "cancel", "--item", "1"],
        &["callback", "list"],
        &["callback", "cancel", "--item", "1"],
    ] {
        told.push_str(&format!("> {}\n{}", line[..2].join(" "), house.says(line).await));
    }
    insta::assert_snapshot!(told, @"
    > callback set
    queue item 1: to be called from 2126-01-01 00:00:00.000 UTC by anybody
    exit 0
    > callback list
     from                          by        campaign   item   lead   number        note
    ────────────────────────────────────────────────────────────────────────────────────────────
     2126-01-01 00:00:00.000 UTC   anybody   spring     1      1      15550000001   ask for Eve
    exit 0
    > callback cancel
    queue item 1: no call is agreed on any more
    exit 0
    > callback list
    no call is agreed on
    exit 0
    > callback cancel
    no call is agreed on for queue item 1; `callback list` shows those that are
    exit 1
    ");
}
