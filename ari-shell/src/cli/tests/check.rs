use simulator::pbx;

use super::house::{House, whole};

#[tokio::test]
async fn before_the_first_run_all_is_in_place_but_the_shell() {
    let house = House::new().await;
    house.migrate().await;
    insta::assert_snapshot!(house.says(&["check"]).await);
}

#[tokio::test]
async fn beside_a_running_shell_all_is_fine() {
    let house = House::new().await;
    house.migrate().await;
    let _dialer = house.open().await;
    insta::assert_snapshot!(house.says(&["check"]).await);
}

#[tokio::test]
async fn a_wrong_password_is_told_without_showing_it() {
    let house = House::new().await;
    house.migrate().await;
    house.configure("letmein", "");
    let told = house.says(&["check"]).await;
    assert!(!told.contains("letmein"), "{told}");
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn an_asterisk_below_the_floor_fails_with_why() {
    let house = House::with(pbx::Config { version: "20.9.0".to_owned(), ..whole() }).await;
    house.migrate().await;
    insta::assert_snapshot!(house.says(&["check"]).await);
}

#[tokio::test]
async fn what_the_configuration_names_and_asterisk_lacks_fails_each_by_itself() {
    let mut pbx = pbx::Config { sounds: [("beep".to_owned(), 200)].into(), ..whole() };
    pbx.modules.remove("res_ari_sounds.so");
    pbx.modules.remove("res_musiconhold.so");
    pbx.agents.insert("agent-off".to_owned(), pbx::AgentConduct::Offline);
    let house = House::with(pbx).await;
    house.migrate().await;
    house.configure(
        "hunter2",
        "[[agent]]
name = 'eve'
campaign = 'spring'
[[agent]]
name = 'agent-off'
campaign = 'spring'
[[carrier]]
name = 'gone'
trunk = 'nowhere'
",
    );
    insta::assert_snapshot!(house.says(&["check"]).await);
    insta::assert_snapshot!(house.says(&["check", "--json"]).await);
}

#[tokio::test]
async fn a_database_that_is_not_there_or_not_migrated_is_told_with_the_command_that_helps() {
    let house = House::new().await;
    let none = house.says(&["check"]).await;
    insta::assert_snapshot!(first_lines(&none));
    std::fs::create_dir(house.folder().join("data")).expect("a folder");
    house.store().await.close().await;
    let unmigrated = house.says(&["check"]).await;
    insta::assert_snapshot!(first_lines(&unmigrated));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone_by_all_and_told_with_what_helps() {
    let house = House::new().await;
    house.migrate().await;
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9000, 'later', TRUE, x'00', 0)";
    let store = house.store().await;
    sqlx::query(later).execute(store.pool()).await.expect("inserted");
    store.close().await;
    insta::assert_snapshot!(first_lines(&house.says(&["check"]).await));
    let run = house.says(&["run"]).await;
    insta::assert_snapshot!(run);
    assert_eq!(house.says(&["migrate"]).await, run);
    assert_eq!(house.says(&["report"]).await, run);
}

/// What is ours; the rest is as before the first run.
fn first_lines(told: &str) -> String {
    told.lines().take(3).chain(told.lines().rev().take(1)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn without_an_asterisk_nothing_more_is_asked_of_it() {
    let mut house = House::new().await;
    house.migrate().await;
    house.stop_pbx().await;
    insta::assert_snapshot!(house.says(&["check"]).await);
}

#[tokio::test]
async fn a_configuration_that_does_not_load_is_told_problem_by_problem() {
    let house = House::new().await;
    house.configure("hunter2", "[[agent]]\nname = 'eve'\ncampaign = 'sprong'\nphone = 'x'\n");
    insta::assert_snapshot!(house.says(&["check"]).await);
}
