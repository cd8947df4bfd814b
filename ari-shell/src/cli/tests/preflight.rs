use super::house::House;
use crate::clock::Clock;

const DAYS: [&str; 7] = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];

/// The day of the week in three days, by UTC; 1970 began with a Thursday.
fn later_this_week() -> &'static str {
    let days = Clock::start().now().0 / 86_400_000_000;
    DAYS[usize::try_from((days + 3) % 7).expect("less than seven")]
}

const REGISTRY: &str = "[[do_not_call]]\nname = 'registry'\n";

#[tokio::test]
async fn the_lists_are_those_of_the_configuration_that_is_given() {
    let house = House::new().await;
    let weekly = "[[campaign]]\nname = 'weekly'\ncarriers = ['main']\n";
    house.configure("hunter2", &format!("{weekly}do_not_call = ['registry']\n{REGISTRY}"));
    house.migrate().await;
    house.register().await;
    house.says(&["dnc", "add", "15550000001", "--list", "registry"]).await;
    let leads = house.write("leads.csv", "phone\n15550000001\n15550000002\n15550000003\n");
    house.says(&["import", &leads, "--list", "members", "--campaign", "weekly"]).await;
    let long_ago = "UPDATE dnc_lists SET dated_at = 0";
    sqlx::raw_sql(long_ago).execute(house.store().await.pool()).await.expect("changed");
    let told = async |rules: &str| {
        house.configure("hunter2", rules);
        let told = house.says(&["campaign", "preflight", "weekly"]).await;
        told.split_once('.').expect("a sentence").0.to_owned()
    };
    for (rules, expected) in [
        (weekly.to_owned(), "3 leads: 3 diallable"),
        (format!("{weekly}do_not_call = ['registry']\n{REGISTRY}"), "3 leads: 1 do-not-call, 2 diallable"),
        (
            format!("{weekly}do_not_call = ['registry']\n{REGISTRY}max_age = '31d'\n"),
            "3 leads: 1 do-not-call, 2 kept back since a do-not-call list is too old, 0 diallable",
        ),
        (format!("{weekly}call_only = ['registry']\n{REGISTRY}"), "3 leads: 2 do-not-call, 1 diallable"),
        (
            format!("{weekly}do_not_call = ['new']\n[[do_not_call]]\nname = 'new'\nmax_age = '31d'\n"),
            "3 leads: 3 kept back since a do-not-call list is too old, 0 diallable",
        ),
    ] {
        assert_eq!(told(&rules).await, expected, "{rules}");
    }
}

#[tokio::test]
async fn leads_whose_hours_are_closed_are_told_before_a_start() {
    let house = House::new().await;
    let day = later_this_week();
    house.configure(
        "hunter2",
        &format!(
            "[[campaign]]\nname = 'weekly'\ncarriers = ['main']\n[campaign.hours]\n{day} = ['09:00-17:00']\n"
        ),
    );
    house.migrate().await;
    let file = house.write("leads.csv", "phone\n15550000001\n15550000002\n15550000003\n");
    house.says(&["import", &file, "--list", "members", "--campaign", "weekly"]).await;
    house.says(&["dnc", "add", "15550000003"]).await;
    let told = house.says(&["campaign", "preflight", "weekly"]).await;
    assert_eq!(
        told,
        "3 leads: 1 do-not-call, 2 outside hours, 0 diallable. No estimate: it has too few calls of the last 7 days, or \
         no agents.\nexit 0\n"
    );
}
