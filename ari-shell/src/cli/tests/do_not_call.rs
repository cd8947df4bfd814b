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
