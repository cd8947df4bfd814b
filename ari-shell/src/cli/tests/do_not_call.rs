use super::house::House;

#[tokio::test]
async fn numbers_and_areas_go_on_lists_and_off_them_and_are_found_there() {
    let house = House::new().await;
    house.configure("hunter2", "[[do_not_call]]\nname = 'registry'\nmax_age = '31d'\n");
    house.migrate().await;
    let file = house.write("registry.csv", "number\n15550000001\n+1900*\n");
    let wrong = house.write("wrong.csv", "number\n15550000001\n12\n");
    let mut told = String::new();
    for line in [
        &["dnc", "import", &file, "--list", "registry", "--dated", "2026-02-03"][..],
        &["dnc", "import", &wrong, "--list", "registry"],
        &["dnc", "show"],
        &["dnc", "add", "15550000001"],
        &["dnc", "add", "15550000001"],
        &["dnc", "add", "+1900*"],
        &["dnc", "add", "12"],
        &["dnc", "add", "15550000001", "--list", "registri"],
        &["dnc", "check", "15550000001"],
        &["dnc", "check", "19005550000"],
        &["dnc", "check", "15550000002"],
        &["dnc", "remove", "15550000001"],
        &["dnc", "remove", "15550000001"],
        &["dnc", "check", "15550000001"],
    ] {
        let shown = line.join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {shown}\n{}\n", house.says(line).await));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn whoever_only_looks_leaves_the_rules_of_another_configuration_in_force() {
    let house = House::new().await;
    let campaign = "[[campaign]]\nname = 'weekly'\ncarriers = ['main']\n";
    let list = "[[do_not_call]]\nname = 'registry'\n";
    house.configure("hunter2", &format!("{list}{campaign}do_not_call = ['registry']\n"));
    house.migrate().await;
    house.says(&["dnc", "add", "15550000001", "--list", "registry"]).await;
    house.configure("hunter2", &format!("{list}{campaign}"));
    let file = house.folder().join("leads.csv").display().to_string();
    let told = house.says(&["export", &file, "--campaign", "weekly"]).await;
    assert!(told.ends_with("leads.csv: 0 rows\nexit 0\n"), "{told}");
    let lists = house.says(&["dnc", "show"]).await;
    assert!(lists.contains("weekly"), "{lists}");
}
