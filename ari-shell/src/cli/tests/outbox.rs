use sqlx::AssertSqlSafe;

use super::house::House;
use crate::store::testing::{How, Pen, SPRING, record};
use crate::store::{Kind, Subscription};

/// A receiver that is not there.
const WEBHOOK: &str = "[[webhook]]\nname = 'crm'\nurl = 'http://127.0.0.1:1/told?token=not-to-be-shown'\nsecret = 'a-secret-of-the-house'\n";

/// Three calls were told to two sinks: the first was delivered, the second was given up, the third waits. Only one of the
/// sinks is configured still.
async fn house() -> House {
    let house = House::new().await;
    house.configure("hunter2", WEBHOOK);
    house.migrate().await;
    house.register().await;
    let file =
        house.write("leads.csv", "phone,first name\n15550000001,Eve\n15550000002,Bob\n15550000003,Mo\n");
    house.says(&["import", &file, "--campaign", "spring"]).await;
    let wants = |sink: &str| Subscription { sink: sink.to_owned(), kinds: Kind::ALL.to_vec() };
    let store = house.store().await.telling(vec![wants("crm"), wants("old")]);
    store.reopen().await.expect("signed in");
    let mut pen = Pen::new(&store);
    for (attempt, how) in [(1, How::Talked(400, 60_000)), (2, How::Busy), (3, How::Dropped(2_000))] {
        let call = pen.open(SPRING, attempt).await;
        pen.record(record(&call, how)).await;
    }
    let at = 1_700_000_000_000_000_i64;
    let sql = format!(
        "UPDATE outbox SET told_at = {at} + attempt_id * 1000000, due_at = {at}, key = 'evt_' || attempt_id; \
         UPDATE outbox SET state = 'delivered', tries = 2, ended_at = {at} + 9000000 WHERE attempt_id = 1; \
         UPDATE outbox SET state = 'dead', tries = 100, ended_at = {at} + 9000000, trouble = 'answered 500' \
         WHERE attempt_id = 2 AND sink = 'crm'"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(store.pool()).await.expect("changed");
    house
}

#[tokio::test]
async fn what_waits_and_what_was_given_up_is_listed_and_shown() {
    let house = house().await;
    insta::assert_snapshot!(house.says(&["outbox", "list"]).await);
    insta::assert_snapshot!(house.says(&["outbox", "list", "--state", "waiting", "--sink", "crm"]).await);
    insta::assert_snapshot!(house.says(&["outbox", "show", "2.1"]).await);
    let json = house.says(&["outbox", "list", "--json"]).await;
    assert!(json.contains("\"key\": \"evt_2\""), "{json}");
    assert_eq!(house.says(&["outbox", "show", "9.1"]).await, "there is no event 9.1 in the outbox\nexit 1\n");
}

#[tokio::test]
async fn what_was_given_up_is_replayed_or_dropped_by_whatever_is_said_of_it() {
    let house = house().await;
    for (line, told) in [
        (&["outbox", "replay", "--event", "3.1"][..], "0 to be sent again\nexit 0\n"),
        (&["outbox", "replay", "--campaign", "callbacks"], "0 to be sent again\nexit 0\n"),
        (&["outbox", "replay", "--since", "2023-11-15"], "0 to be sent again\nexit 0\n"),
        (&["outbox", "replay", "--campaign", "spring"], "1 to be sent again\nexit 0\n"),
        (&["outbox", "replay"], "0 to be sent again\nexit 0\n"),
        (&["outbox", "replay", "--delivered", "--sink", "crm"], "1 to be sent again\nexit 0\n"),
        (&["outbox", "drop", "--sink", "old"], "0 dropped\nexit 0\n"),
        (&["outbox", "drop", "--sink", "old", "--waiting"], "2 dropped\nexit 0\n"),
        (
            &["outbox", "drop", "--campaign", "sprnig"],
            "there is no campaign \"sprnig\"; known: callbacks, spring\nexit 1\n",
        ),
    ] {
        assert_eq!(house.says(line).await, told, "{line:?}");
    }
    insta::assert_snapshot!(house.says(&["outbox", "replay", "--delivered"]).await);
}

#[tokio::test]
async fn a_sink_that_there_is_not_is_refused_with_those_that_there_are() {
    let house = house().await;
    for verb in ["list", "replay", "drop"] {
        let told = house.says(&["outbox", verb, "--sink", "nope"]).await;
        assert_eq!(told, "there is no sink \"nope\"; known: crm, old\nexit 1\n", "{verb}");
    }
}

#[tokio::test]
async fn what_is_dropped_of_a_call_that_is_not_over_is_sent_no_more_and_said_to_stay() {
    let house = house().await;
    let reopened = "UPDATE attempts SET closed = 0 WHERE id = 3";
    sqlx::raw_sql(reopened).execute(house.store().await.pool()).await.expect("changed");
    assert_eq!(
        house.says(&["outbox", "drop", "--waiting"]).await,
        "this would delete everything that was not delivered yet: say which by --sink, --event, --campaign or --since\nexit 2\n"
    );
    assert_eq!(
        house.says(&["outbox", "drop", "--waiting", "--since", "2023-11-14"]).await,
        "2 dropped; 2 more are given up and stay until their calls have no more to tell, so that no later event takes their \
         place\nexit 0\n"
    );
    insta::assert_snapshot!(house.says(&["outbox", "list"]).await);
    assert_eq!(
        house.says(&["outbox", "replay"]).await,
        "0 to be sent again; 2 more that were dropped stay so, unless --dropped is said\nexit 0\n"
    );
    assert_eq!(house.says(&["outbox", "replay", "--dropped"]).await, "2 to be sent again\nexit 0\n");
}

#[tokio::test]
async fn sinks_are_looked_at_and_no_secret_is_shown() {
    let house = house().await;
    let told = house.says(&["check"]).await;
    assert!(!told.contains("not-to-be-shown") && !told.contains("a-secret"), "{told}");
    let sinks: Vec<&str> =
        told.lines().filter(|line| line.contains("crm") || line.contains("outbox")).collect();
    insta::assert_snapshot!(sinks.join("\n"));
}
