//! At the house's door: what is wrong is told in a sentence, and then nothing is dialled and nothing is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use ari_shell::http::{AgentVerb, CampaignVerb};
use insta::assert_snapshot;
use tests::house::House;
use tests::lab::far_end::number;
use tests::pbx::Pbx;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(10);

const RULES: &str = r#"
[[carrier]]
name = "trunk-a"
trunk = "trunk-a"

[[campaign]]
name = "spring"
carriers = ["trunk-a"]
message = "sound:ringmaster/safe-harbour"

[[agent]]
name = "agent-1"
campaign = "spring"
"#;

/// A house with three leads, and a PBX that would put them through.
struct Scene {
    pbx: Pbx,
    house: House,
    before: BTreeMap<String, Vec<String>>,
}

impl Scene {
    async fn set() -> Self {
        Self::before(Pbx::simulated().await.expect("a port is free")).await
    }

    async fn before(pbx: Pbx) -> Self {
        let house = House::furnish(&pbx.url(), RULES);
        house.import("spring", (0..3).map(|serial| number(200, serial)));
        let before = house.contents().await;
        Self { pbx, house, before }
    }

    /// What `run` says and how it ends, where it does not stay.
    fn run(&self) -> String {
        self.told(&["run"])
    }

    /// What a command says and how it ends.
    fn told(&self, args: &[&str]) -> String {
        let (code, printed, told) = self.house.command(args);
        self.house.redact(&format!("exit code {code}\n{printed}{}", without_moments(&told)))
    }

    /// Nothing was dialled, and the database is as it was.
    async fn is_untouched(&self) {
        self.is_undialled().await;
        assert_eq!(self.house.contents().await, self.before);
    }

    /// Nothing was dialled, and leads and records are as they were.
    async fn is_undialled(&self) {
        assert_eq!(self.pbx.dialled().await, []);
        assert_eq!(self.pbx.phone_calls(1).await, []);
        let now = self.house.contents().await;
        for table in ["leads", "queue", "attempts", "call_requests", "call_log"] {
            assert_eq!(now[table], self.before[table], "{table}");
        }
    }
}

/// Log lines begin with the moment.
fn without_moments(log: &str) -> String {
    let line = |line: &str| {
        let (moment, rest) = line.split_once(' ').unwrap_or(("", line));
        let rest = if moment.starts_with("20") && moment.ends_with('Z') { rest.trim_start() } else { line };
        rest.to_owned() + "\n"
    };
    log.lines().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nobody_knows_is_refused() {
    let scene = Scene::set().await;
    scene.house.amend("[http]", "[http]\nlissten = \"127.0.0.1:1\"");
    scene.house.amend("name = \"spring\"", "name = \"spring\"\nring_time_out = \"20s\"");
    assert_snapshot!(scene.run());
    scene.is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_without_being_shown() {
    let scene = Scene::set().await;
    scene.house.amend("password = \"lab-password\"", "password = \"open-sesame\"");
    let told = scene.run();
    assert!(!told.contains("open-sesame"), "{told}");
    assert_snapshot!(told);
    scene.is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_below_the_floor_are_refused() {
    for version in ["20.9.0", "22.7.0"] {
        let pbx = Pbx::simulated_as(version.to_owned()).await.expect("a port is free");
        let scene = Scene::before(pbx).await;
        assert_snapshot!(format!("version_{version}"), scene.run());
        scene.is_untouched().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_tables_is_told_to_be_migrated() {
    let scene = Scene::set().await;
    let empty = House::unmigrated(&scene.pbx.url(), RULES);
    let (code, printed, told) = empty.command(&["run"]);
    assert_snapshot!(empty.redact(&format!("exit code {code}\n{printed}{told}")));
    scene.is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_whose_message_the_pbx_lacks_does_not_start() {
    let mut scene = Scene::set().await;
    scene.house.amend("ringmaster/safe-harbour", "ringmaster/nowhere");
    scene.house.open().await;
    let operator = scene.house.operator().await;
    let denied = operator.campaign("spring", CampaignVerb::Start).await.expect_err("it is denied");
    assert_snapshot!(denied.to_string());
    assert_snapshot!(scene.told(&["campaign", "start", "spring"]));
    scene.house.close().await;
    scene.is_undialled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asterisk_that_does_not_answer_is_waited_for_until_somebody_ends_that() {
    let mut scene = Scene::set().await;
    scene.house.amend(&scene.pbx.url(), "http://127.0.0.1:9");
    scene.house.spawn();
    let said = tests::lab::until(LIMIT, || scene.house.log().contains("does not answer")).await;
    assert!(said, "{}", scene.house.log());
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let ended = scene.house.terminate().await;
    let told = without_moments(&scene.house.log());
    assert_snapshot!(format!("exit code {:?}\n{}{told}", ended.code, ended.printed));
    scene.is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_shell_on_one_application_stops_the_first_which_touches_nothing_any_more() {
    let mut first = Scene::set().await;
    let mut second = House::furnish(&first.pbx.url(), RULES);
    first.house.open().await;
    second.open().await;
    let ended = first.house.ended().await;
    let log = first.house.log();
    let told: Vec<&str> = log.lines().filter(|line| !line.starts_with("20")).collect();
    let printed: Vec<&str> = ended.printed.lines().filter(|line| !line.starts_with("digest")).collect();
    let all = format!("exit code {:?}\n{}\n{}", ended.code, printed.join("\n"), told.join("\n"));
    assert_snapshot!(first.house.redact(&all));
    // The second one works, and nobody takes the application from it.
    let operator = second.operator().await;
    operator.agent("agent-1", AgentVerb::LogIn).await.expect("the agent is let in");
    second.until(LIMIT, "at work", |board| board.pbx).await;
    assert!(first.pbx.dialled().await.is_empty());
    second.close().await;
    let now = first.house.contents().await;
    for table in ["leads", "queue", "attempts", "call_requests", "call_log"] {
        assert_eq!(now[table], first.before[table], "{table}");
    }
}

/// A file with everything that a lead's number must not be, and good rows between.
const ROWS: &str = "phone,name\n\
    +1 555 200 0101,good\n\
    1000@evil,another host\n\
    15552000102&15552000103,two calls at once\n\
    15552000104;ext=1,a parameter\n\
    1234567890123456,sixteen digits\n\
    15552000105\n\
    15552000000,in the campaign already\n\
    15552000101,twice in the file\n\
    ,no number\n";

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_told_line_by_line_and_nothing_of_their_file_is_imported() {
    let scene = Scene::set().await;
    std::fs::write(scene.house.folder().join("bad.csv"), ROWS).expect("the file is written");
    assert_snapshot!(scene.told(&["import", "bad.csv", "--campaign", "spring"]));
    scene.is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_left_out_where_that_is_asked_for() {
    let scene = Scene::set().await;
    std::fs::write(scene.house.folder().join("bad.csv"), ROWS).expect("the file is written");
    assert_snapshot!(scene.told(&["import", "bad.csv", "--campaign", "spring", "--skip-bad"]));
    let now = scene.house.contents().await;
    assert!(scene.before["leads"].iter().all(|lead| now["leads"].contains(lead)), "a lead was changed");
    assert_eq!(now["leads"].len(), scene.before["leads"].len() + 1);
    assert!(now["leads"].iter().all(|lead| !lead.contains(['@', '&', ';'])), "{:?}", now["leads"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_not_there_gets_no_leads() {
    let scene = Scene::set().await;
    assert_snapshot!(scene.told(&["import", "leads.csv", "--campaign", "sprung"]));
    scene.is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_what_is_not_in_place() {
    let scene = Scene::set().await;
    scene.house.amend("ringmaster/safe-harbour", "ringmaster/nowhere");
    scene.house.amend("password = \"lab-password\"", "password = \"open-sesame\"");
    let told = scene.told(&["check"]);
    assert!(!told.contains("open-sesame"), "{told}");
    assert_snapshot!(told);
    scene.is_untouched().await;
}
