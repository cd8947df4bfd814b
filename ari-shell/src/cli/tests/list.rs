use super::house::House;

const MEMBERS: &str = "phone,name\n15550000001,Ann\n15550000002,Bob\n";

#[tokio::test]
async fn a_list_is_shared_by_campaigns_and_shows_how_far_each_has_come() {
    let house = House::new().await;
    house.migrate().await;
    let mut told = String::new();
    let file = house.write("members.csv", MEMBERS);
    let more = house.write("more.csv", "phone\n15550000003\n15550000002\n");
    for line in [
        &["list", "show"][..],
        &["list", "imports"],
        &["import", &file, "--list", "members"],
        &["list", "show"],
        &["list", "attach", "members", "spring"],
        &["import", &more, "--list", "more", "--campaign", "spring"],
        &["list", "attach", "members", "callbacks"],
        &["list", "show"],
        &["campaign", "preflight", "spring"],
        &["campaign", "preflight", "sprung"],
        &["list", "detach", "members", "spring"],
        &["list", "show"],
        &["list", "attach", "membrs", "spring"],
        &["list", "attach", "members", "sprung"],
        &["import", "--undo", "1"],
        &["import", "--undo", "7"],
        &["list", "show"],
    ] {
        let line_shown = line.join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {line_shown}\n{}\n", house.says(line).await));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn imports_are_listed_with_what_is_left_of_them() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("members.csv", MEMBERS);
    house.says(&["import", &file, "--list", "members"]).await;
    let told = house.says(&["list", "imports", "--json"]).await;
    let began = told.lines().find(|line| line.contains("began")).expect("it began").to_owned();
    insta::assert_snapshot!(told.replace(&began, "    \"began\": [moment],"));
}
