//! What commands say and do beside a shell that waits for Asterisk.

use super::house::House;

#[tokio::test]
async fn commands_say_that_the_shell_waits_and_not_that_none_runs() {
    let house = House::new().await;
    house.migrate().await;
    house.wait().await;
    let leads = house.write("leads.csv", "phone\n15550000001\n");
    let mut told = String::new();
    for line in [
        &["import", &leads, "--list", "members", "--campaign", "spring"][..],
        &["campaign", "start", "spring"],
        &["campaign", "pause", "spring"],
        &["campaign", "close", "spring", "--at", "2099-12-01 17:30"],
        &["campaign", "list"],
        &["agent", "list"],
    ] {
        let said = house.says(line).await;
        let first = line[..2].join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {first}\n{said}"));
    }
    insta::assert_snapshot!(told);
}
