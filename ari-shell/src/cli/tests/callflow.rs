use super::house::House;

const SURVEY: &str = r#"version = 1
[[node]]
name = "hello"
type = "play"
sounds = "sound:ringmaster/safe-harbour"
next = "hang_up"
"#;

#[tokio::test]
async fn a_flow_that_was_changed_while_its_campaign_stood_still_is_that_of_the_next_start() {
    let house = House::new().await;
    house.write("survey.toml", SURVEY);
    house.configure("hunter2", "[[campaign]]\nname = 'members'\ncarriers = ['main']\nmode = 'broadcast'\nper_minute = 60\nflow = 'survey.toml'\n");
    house.migrate().await;
    let begins_with = async || {
        let sounds = house.rows(
            "SELECT content FROM call_flows JOIN standings ON flow_edition = edition \
             JOIN campaigns ON campaigns.id = campaign_id WHERE campaigns.name = 'members'",
        );
        sounds.await.concat().contains("sound:ringmaster/hello")
    };
    house.says(&["campaign", "start", "members"]).await;
    house.write("survey.toml", &SURVEY.replace("safe-harbour", "hello"));
    house.says(&["campaign", "start", "members"]).await;
    assert!(!begins_with().await, "it is under way");
    house.says(&["campaign", "stop", "members"]).await;
    house.says(&["campaign", "start", "members"]).await;
    assert!(begins_with().await);
}

#[tokio::test]
async fn a_flow_is_checked_with_and_without_asterisk_and_drawn() {
    let house = House::new().await;
    let right = house.write("survey.toml", SURVEY);
    let wrong = house.write("wrong.toml", &SURVEY.replace("hang_up", "bye"));
    let silent = house.write("silent.toml", &SURVEY.replace("ringmaster/safe-harbour", "no-such-sound"));
    let mut told = String::new();
    for line in [
        &["callflow", "check", &right][..],
        &["callflow", "check", &right, "--offline"],
        &["callflow", "check", &wrong],
        &["callflow", "check", &silent],
        &["callflow", "check", "nowhere.toml"],
    ] {
        let says = house.says(line).await;
        let shown = format!("> {}\n{says}\n", line.join(" "));
        told.push_str(&shown.replace(house.folder().to_str().expect("UTF-8"), "[folder]"));
    }
    insta::assert_snapshot!(told);
    let half = "[[campaign]]\nname = 'autumn'\nflow = 'gone.toml'\n[database]\nurl = 'mysql://calls'\n";
    house.configure("hunter2", half);
    assert!(house.says(&["callflow", "check", &right]).await.ends_with("exit 0\n"), "only Asterisk is asked");
    house.configure("", half);
    let told = house.says(&["callflow", "check", &right]).await;
    insta::assert_snapshot!(told, @"
    [folder]/ringmaster.toml:3: ari.password: must not be empty
    exit 2
    ");
    let drawn = house.says(&["callflow", "draw", &right]).await;
    assert!(drawn.starts_with("<svg ") && drawn.contains(">hello</text>"), "{drawn}");
}
