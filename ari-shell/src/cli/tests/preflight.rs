use super::house::House;
use crate::clock::Clock;

const DAYS: [&str; 7] = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];

/// The day of the week in three days, by UTC; 1970 began with a Thursday.
fn later_this_week() -> &'static str {
    let days = Clock::start().now().0 / 86_400_000_000;
    DAYS[usize::try_from((days + 3) % 7).expect("less than seven")]
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
