use std::fs;

use super::house::House;

#[tokio::test]
async fn an_export_takes_the_place_of_an_earlier_one_only_when_it_is_whole() {
    let house = House::new().await;
    house.migrate().await;
    let leads = house.write("leads.csv", "phone,name\n101,Eve\n");
    house.says(&["import", &leads, "--campaign", "spring"]).await;
    let file = house.write("exported.csv", "the export of last week");

    let attributes = "UPDATE leads SET attributes = REPLACE(attributes, 'Eve', '\"')";
    let names = || fs::read_dir(house.folder()).expect("a folder").count();
    let before = names();
    sqlx::raw_sql(attributes).execute(house.store().await.pool()).await.expect("changed");
    let told = house.says(&["export", &file, "--campaign", "spring"]).await;
    assert!(told.starts_with("leads 1: attributes is") && told.ends_with("exit 1\n"), "{told}");
    assert_eq!(fs::read_to_string(&file).expect("there"), "the export of last week");
    assert_eq!(names(), before, "nothing is left of what was broken off");

    sqlx::raw_sql("UPDATE leads SET attributes = '[]'")
        .execute(house.store().await.pool())
        .await
        .expect("changed");
    let told = house.says(&["export", &file, "--campaign", "spring"]).await;
    assert_eq!(told, "[folder]/exported.csv: 1 rows\nexit 0\n");
    assert!(fs::read_to_string(&file).expect("there").starts_with("phone,external_id"));
}

#[tokio::test]
async fn an_export_goes_into_what_is_no_file_as_it_comes() {
    let house = House::new().await;
    house.migrate().await;
    house.register().await;
    let told = house.says(&["export", "/dev/null", "--campaign", "spring"]).await;
    assert_eq!(told, "/dev/null: 0 rows\nexit 0\n");
}
