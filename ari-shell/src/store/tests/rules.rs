//! Whom nobody may call, and how often anybody may be called.

use std::sync::Arc;

use engine::call::{Disposed, Record};
use engine::lead::{Barred, Fate, WhyExhausted};
use engine::words::{AttemptId, CampaignId, Micros, QueueId, Span};
use engine::{Command, Outcome, SaveRefusal};

use crate::explain::{Question, explain};
use crate::store::testing::{
    ANN, AUTUMN, BOTH, Floor, How, Pen, SPRING, at, number, on_each_database, record, request, said,
};
use crate::store::{ByHand, Cap, Counts, ListRules, Replaced, Reprieved, Store, StoreError};

on_each_database! {
    who_is_on_a_list_is_refused_to_the_campaigns_that_keep_to_it_and_their_item_comes_to_its_end,
    an_opt_out_ends_what_waits_and_what_is_claimed_and_is_refused_to_what_is_not,
    a_lead_comes_to_its_end_once_the_number_is_barred_that_is_dialled_next,
    an_area_ends_all_its_leads_of_the_campaigns_that_it_is_barred_to_however_many_they_are,
    leads_that_a_mistaken_area_has_ended_wait_again_as_they_did_and_no_others,
    whoever_was_never_dialled_of_a_list_that_was_detached_does_not_wait_again,
    a_list_that_is_too_old_lets_nobody_out_and_a_new_version_does,
    a_list_of_those_who_may_be_called_ends_nobody_before_it_is_there,
    a_new_version_of_a_list_holds_when_it_is_whole_and_a_broken_one_never_does,
    whoever_is_put_on_a_list_while_a_new_version_is_written_stays_on_it,
    what_was_put_on_a_list_one_by_one_outlasts_every_file_but_one_that_is_to_replace_it,
    of_two_versions_that_are_written_at_a_time_the_one_that_was_begun_later_holds_whole,
    a_campaign_keeps_to_its_lists_and_caps_whatever_a_configuration_without_it_says,
    lists_that_are_added_leave_those_that_are_there_as_they_are,
    an_allow_list_restricts_and_what_bars_goes_before_it,
    a_number_is_called_less_often_than_its_caps_by_all_campaigns_and_nodes_together,
    after_a_conversation_nobody_is_called_again_for_a_while,
    a_claim_tells_when_its_number_was_last_dropped_by_any_campaign,
    a_number_that_was_dropped_after_its_claim_is_refused_to_a_call_without_an_agent,
    a_lead_that_was_skipped_rests_and_its_skip_is_noted_once,
}

fn barred(text: &str) -> Barred {
    Barred::parse(text).expect("a number or an area")
}

fn list<'a>(name: &'a str, campaigns: &[(CampaignId, bool)]) -> ListRules<'a> {
    ListRules { name, max_age: None, campaigns: campaigns.to_vec() }
}

/// How saving an intent for each item of a campaign ends.
async fn saved(pen: &mut Pen, campaign: CampaignId, from: u64) -> Vec<Outcome> {
    let (items, _) = pen.fetch(campaign, 10).await;
    let mut outcomes = Vec::new();
    for (item, attempt) in items.iter().zip(from..) {
        outcomes.push(pen.save(request(campaign, item, attempt)).await);
    }
    outcomes
}

const NO: Outcome = Outcome::Refused(SaveRefusal::DoNotCall);

async fn who_is_on_a_list_is_refused_to_the_campaigns_that_keep_to_it_and_their_item_comes_to_its_end(
    floor: Floor,
) {
    let numbers = ["15550000001", "15550000002", "19000000003"];
    floor.leads(SPRING, &numbers).await;
    floor.leads(AUTUMN, &["15550000002"]).await;
    floor.store.keep_lists(&BOTH, &[list("own", &[(SPRING, false)])]).await.expect("a list");
    let (entries, dated) = ([Ok::<_, StoreError>(barred("+15550000002")), Ok(barred("1900*"))], at(0));
    assert_eq!(
        floor.store.replace_list("own", dated, ByHand::Stay, entries.into_iter()).await.expect("two").entries,
        2
    );
    let mut pen = floor.writer();
    assert_eq!(saved(&mut pen, SPRING, 1).await, [Outcome::Done, NO, NO]);
    assert_eq!(saved(&mut pen, AUTUMN, 11).await, [Outcome::Done]);
    let items =
        floor.rows("SELECT id, state, last_result FROM queue WHERE campaign_id = 1 ORDER BY id").await;
    assert_eq!(items, ["1 open -", "2 exhausted do_not_call", "3 exhausted do_not_call"]);
    assert_eq!(floor.one("SELECT COUNT(*) FROM attempts").await, "2");
    assert_eq!(floor.store.lists_with(number("19001234567")).await.expect("asked"), ["own"]);
    assert_eq!(floor.store.lists_with(number("15550000001")).await.expect("asked"), [""; 0]);
}

async fn an_opt_out_ends_what_waits_and_what_is_claimed_and_is_refused_to_what_is_not(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    floor.leads(AUTUMN, &["15550000001"]).await;
    floor
        .store
        .keep_lists(&BOTH, &[list("house", &[(SPRING, false), (AUTUMN, false)])])
        .await
        .expect("a list");
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 1).await;
    let told = floor.store.bar("house", &barred("15550000001")).await.expect("barred");
    let kept_off = told.iter().map(|kept_off| (kept_off.campaign, kept_off.leads));
    assert!(kept_off.eq([(SPRING, 1), (AUTUMN, 1)]), "{told:?}");
    let refused = pen.save(request(SPRING, &items[0], 1)).await;
    assert_eq!(refused, NO, "it had been claimed before");
    assert_eq!(pen.fetch(AUTUMN, 1).await, (vec![], None));
    assert_eq!(floor.one("SELECT COUNT(*) FROM queue WHERE last_result = 'do_not_call'").await, "2");
    // Leads that come later are refused all the same, until the number is taken off.
    floor.sql("UPDATE queue SET state = 'waiting' WHERE campaign_id = 2").await;
    assert_eq!(saved(&mut pen, AUTUMN, 2).await, [NO]);
    assert!(floor.store.unbar("house", &barred("15550000001")).await.expect("taken off"));
    assert!(!floor.store.unbar("house", &barred("15550000001")).await.expect("it was not there"));
    floor.sql("UPDATE queue SET state = 'waiting' WHERE campaign_id = 2").await;
    assert_eq!(saved(&mut pen, AUTUMN, 3).await, [Outcome::Done]);
    let unknown = floor.store.bar("hose", &barred("1*")).await.map_err(|error| error.to_string());
    assert!(unknown.expect_err("no such list").contains("there is no do-not-call list hose"));
}

async fn a_lead_comes_to_its_end_once_the_number_is_barred_that_is_dialled_next(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003"]).await;
    for (lead, further) in [(1, "16660000001"), (2, "16660000001"), (3, "17770000003")] {
        floor
            .sql(&format!("INSERT INTO lead_numbers (lead_id, ord, number) VALUES ({lead}, 1, '{further}')"))
            .await;
    }
    floor.sql("UPDATE queue SET next_number = '16660000001' WHERE id = 1").await;
    floor.sql("UPDATE queue SET next_number = '17770000003' WHERE id = 3").await;
    floor.store.keep_lists(&BOTH, &[list("house", &[(SPRING, false)])]).await.expect("a list");
    let mut ended = Vec::new();
    for entry in ["16660000001", "1777*"] {
        ended.extend(floor.store.bar("house", &barred(entry)).await.expect("barred"));
    }
    assert_eq!(ended.iter().map(|kept_off| kept_off.leads).collect::<Vec<_>>(), [1, 1]);
    let items = floor.rows("SELECT id, state, last_result FROM queue ORDER BY id").await;
    assert_eq!(items, ["1 exhausted do_not_call", "2 waiting -", "3 exhausted do_not_call"]);
    assert!(floor.store.unbar("house", &barred("16660000001")).await.expect("taken off"));
    let again = floor.store.reprieve("house", &barred("16660000001")).await.expect("it waits again");
    assert_eq!(again, [Reprieved { campaign: "spring".into(), leads: 1 }]);
}

async fn an_area_ends_all_its_leads_of_the_campaigns_that_it_is_barred_to_however_many_they_are(
    floor: Floor,
) {
    for (campaign, begins, count) in [(1, 0, 9_000), (2, 10_000, 1_000)] {
        floor
            .sql(&format!(
                "WITH RECURSIVE nth (id) AS (SELECT {begins} + 1 UNION ALL SELECT id + 1 FROM nth WHERE id < {begins} + {count}) \
                 INSERT INTO leads (id, number, attributes) SELECT id, CAST(15550000000 + id AS TEXT), '[]' FROM nth"
            ))
            .await;
        floor
            .sql(&format!(
                "INSERT INTO queue (id, campaign_id, lead_id, number, state, due_at, attempts) \
                 SELECT id, {campaign}, id, number, 'waiting', 0, 0 FROM leads WHERE id > {begins}"
            ))
            .await;
    }
    floor.sql("UPDATE queue SET state = 'completed' WHERE id = 2; UPDATE queue SET number = '16660000001' WHERE id = 3").await;
    let lists = [list("house", &[(SPRING, false), (AUTUMN, false)]), list("own", &[(AUTUMN, false)])];
    floor.store.keep_lists(&BOTH, &lists).await.expect("lists");
    let ended = async |list, area| {
        let told = floor.store.bar(list, &barred(area)).await.expect("barred");
        told.into_iter().map(|kept_off| (kept_off.name, kept_off.leads)).collect::<Vec<_>>()
    };
    assert_eq!(ended("own", "1555001*").await, [("autumn".to_owned(), 1_000)]);
    assert_eq!(ended("house", "1555*").await, [("spring".to_owned(), 8_998), ("autumn".to_owned(), 0)]);
    let left = floor.rows("SELECT id, state FROM queue WHERE state <> 'exhausted' ORDER BY id").await;
    assert_eq!(left, ["2 completed", "3 waiting"]);
}

async fn leads_that_a_mistaken_area_has_ended_wait_again_as_they_did_and_no_others(floor: Floor) {
    let ours = ["15550000001", "15550000002", "15550000003", "15550000004", "15550000005", "16660000006"];
    floor.leads(SPRING, &ours).await;
    floor.leads(AUTUMN, &["15550000007"]).await;
    let lists = [list("house", &[(SPRING, false)]), list("registry", &[(SPRING, false), (AUTUMN, false)])];
    floor.store.keep_lists(&BOTH, &lists).await.expect("lists");
    let mut pen = floor.writer();
    // The first is to be tried again, the second has asked an agent not to be called, the third is over.
    let calls = [pen.open(SPRING, 1).await, pen.open(SPRING, 2).await, pen.open(SPRING, 3).await];
    let again = Fate::Retry(at(60_000));
    pen.record(Record { fate: again, ..record(&calls[0], How::Busy) }).await;
    let awaits = Fate::Awaits { until: at(60_000) };
    pen.record(Record { fate: awaits, ..record(&calls[1], How::Talked(100, 9_000)) }).await;
    let done = Fate::Exhausted(WhyExhausted::DoNotCall);
    let asks =
        Disposed { attempt: AttemptId(2), queue: QueueId(2), number: number(ours[1]), ..said("dnc", done) };
    pen.ask(|request| Command::Dispose { request, disposed: Arc::new(Disposed { bars: true, ..asks }) })
        .await;
    pen.record(record(&calls[2], How::Busy)).await;
    // The fourth waits, the fifth is on another list as well, and the sixth is of another area.
    for (name, numbers) in
        [("registry", ours[4]), ("house", ours[5]), ("house", "1555*"), ("registry", "15550000007")]
    {
        floor.store.bar(name, &barred(numbers)).await.expect("barred");
    }
    let stands = "SELECT id, state, last_result, due_at FROM queue ORDER BY id";
    assert_eq!(
        floor.rows(stands).await,
        [
            "1 exhausted do_not_call 1700000060000000",
            "2 exhausted connected 1700000060000000",
            "3 exhausted busy 0",
            "4 exhausted do_not_call 0",
            "5 exhausted do_not_call 0",
            "6 exhausted do_not_call 0",
            "7 exhausted do_not_call 0",
        ]
    );

    assert!(floor.store.unbar("house", &barred("1555*")).await.expect("taken off"));
    let again = floor.store.reprieve("house", &barred("1555*")).await.expect("they wait again");
    assert_eq!(again, [Reprieved { campaign: "spring".into(), leads: 2 }]);
    assert_eq!(
        floor.rows(stands).await,
        [
            "1 waiting busy 1700000060000000",
            "2 exhausted connected 1700000060000000",
            "3 exhausted busy 0",
            "4 waiting - 0",
            "5 exhausted do_not_call 0",
            "6 exhausted do_not_call 0",
            "7 exhausted do_not_call 0",
        ]
    );
    assert_eq!(floor.rows("SELECT campaign_id, nth FROM arrivals").await, ["1 1"]);
    assert_eq!(floor.store.reprieve("house", &barred("1555*")).await.expect("asked"), []);
    let unknown = floor.store.reprieve("hose", &barred("1555*")).await.map_err(|error| error.to_string());
    assert!(unknown.expect_err("no such list").contains("there is no do-not-call list hose"));
}

async fn whoever_was_never_dialled_of_a_list_that_was_detached_does_not_wait_again(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let members = floor.store.list("members").await.expect("a list");
    floor.sql(&format!("UPDATE leads SET list_id = {}", members.0)).await;
    floor.store.attach(members, SPRING).await.expect("attached");
    floor.store.keep_lists(&BOTH, &[list("house", &[(SPRING, false)])]).await.expect("a list");
    let mut pen = floor.writer();
    // The first keeps to the campaign's rules.
    let call = pen.open(SPRING, 1).await;
    pen.record(Record { fate: Fate::Retry(at(60_000)), ..record(&call, How::Busy) }).await;
    floor.store.bar("house", &barred("1555*")).await.expect("barred");
    floor.store.detach(members, SPRING).await.expect("detached");
    floor.store.unbar("house", &barred("1555*")).await.expect("taken off");
    let again = floor.store.reprieve("house", &barred("1555*")).await.expect("they wait again");
    assert_eq!(again, [Reprieved { campaign: "spring".into(), leads: 1 }]);
    let stands = floor.rows("SELECT id, state, last_result FROM queue ORDER BY id").await;
    assert_eq!(stands, ["1 waiting busy", "2 exhausted do_not_call"]);
    floor.store.attach(members, SPRING).await.expect("attached");
    let again = floor.store.reprieve("house", &barred("1555*")).await.expect("they wait again");
    assert_eq!(again, [Reprieved { campaign: "spring".into(), leads: 1 }]);
}

async fn a_list_that_is_too_old_lets_nobody_out_and_a_new_version_does(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let month = Span::secs(31 * 86_400);
    let registry = ListRules { max_age: Some(month), ..list("registry", &[(SPRING, false)]) };
    floor.store.keep_lists(&BOTH, &[registry]).await.expect("a list");
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 1).await;
    let call = request(SPRING, &items[0], 1);
    let old = Outcome::Refused(SaveRefusal::RegistryTooOld);
    assert_eq!(pen.save(call.clone()).await, old, "it was never imported");
    let none = || std::iter::empty::<Result<Barred, StoreError>>();
    let begun = call.created - month;
    floor.store.replace_list("registry", begun - Span(1), ByHand::Stay, none()).await.expect("replaced");
    assert_eq!(pen.save(call.clone()).await, old, "a microsecond too old");
    floor.store.replace_list("registry", begun, ByHand::Stay, none()).await.expect("replaced");
    assert_eq!(pen.save(call).await, Outcome::Done, "just as old as it may be");
}

async fn a_list_of_those_who_may_be_called_ends_nobody_before_it_is_there(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.store.keep_lists(&BOTH, &[list("members", &[(SPRING, true)])]).await.expect("a list");
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 1).await;
    let call = request(SPRING, &items[0], 1);
    let old = Outcome::Refused(SaveRefusal::RegistryTooOld);
    assert_eq!(pen.save(call.clone()).await, old, "whatever age it may have");
    let month = Span::secs(31 * 86_400);
    let members = ListRules { max_age: Some(month), ..list("members", &[(SPRING, true)]) };
    floor.store.keep_lists(&BOTH, &[members]).await.expect("a list");
    floor.store.bar("members", &barred("15550000002")).await.expect("on it");
    assert_eq!(pen.save(call.clone()).await, old, "one number by hand is no import");
    assert_eq!(floor.rows("SELECT state, last_result FROM queue").await, ["claimed -"]);
    let only = [Ok::<_, StoreError>(barred("15550000001"))];
    floor
        .store
        .replace_list("members", call.created, ByHand::Stay, only.into_iter())
        .await
        .expect("imported");
    assert_eq!(pen.save(call).await, Outcome::Done);
}

async fn a_new_version_of_a_list_holds_when_it_is_whole_and_a_broken_one_never_does(floor: Floor) {
    floor.store.keep_lists(&BOTH, &[list("big", &[(SPRING, false)])]).await.expect("a list");
    let replace = async |entries: &mut dyn Iterator<Item = Result<Barred, StoreError>>| {
        floor.store.replace_list("big", at(0), ByHand::Stay, entries).await
    };
    assert_eq!(replace(&mut many(0, || ())).await.expect("replaced").entries, 20_000);
    let broken = many(100_000, || ()).chain([Err(StoreError::TooLarge(7))]);
    assert!(matches!(replace(&mut { broken }).await, Err(StoreError::TooLarge(7))));
    let on = async |digits: &str| !floor.store.lists_with(number(digits)).await.expect("asked").is_empty();
    assert!(on("15550000000").await && !on("15550100000").await, "the old version holds");
    assert_eq!(replace(&mut many(10_000, || ())).await.expect("replaced").entries, 20_000);
    assert!(!on("15550009999").await && on("15550029999").await && !on("15550100000").await);
    assert_eq!(floor.one("SELECT COUNT(*) FROM dnc_numbers").await, "20000", "nothing old is left");
    let card = floor.store.number_lists().await.expect("lists").remove(0);
    assert_eq!((card.numbers, card.campaigns, card.dated), (20_000, vec!["spring".to_owned()], Some(at(0))));
}

/// Numbers to be imported, twenty thousand from there on; in their midst something else happens to the database, done by
/// another process.
fn many(from: u64, mut meanwhile: impl FnMut()) -> impl Iterator<Item = Result<Barred, StoreError>> {
    (0..20_000).map(move |nth| {
        if nth == 10_000 {
            meanwhile();
        }
        Ok(Barred::Number(number(&(15_550_000_000 + from + nth).to_string())))
    })
}

/// Has it done on a thread of its own, since an import waits for its next number.
fn by_another_process(floor: &Floor, work: impl AsyncFnOnce(Store) + Send) {
    let alone = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { work(floor.again("rm2").await).await });
    };
    std::thread::scope(|scope| scope.spawn(alone).join().expect("it is done"));
}

async fn whoever_is_put_on_a_list_while_a_new_version_is_written_stays_on_it(floor: Floor) {
    floor.store.keep_lists(&BOTH, &[list("house", &[(SPRING, false)])]).await.expect("a list");
    let entries = many(0, || {
        by_another_process(&floor, async |store| {
            for opted_out in ["19995550001", "1900*"] {
                store.bar("house", &barred(opted_out)).await.expect("barred");
            }
        });
    });
    assert_eq!(
        floor.store.replace_list("house", at(0), ByHand::Stay, entries).await.expect("replaced").entries,
        20_000
    );
    for opted_out in ["19995550001", "19005550001"] {
        assert_eq!(floor.store.lists_with(number(opted_out)).await.expect("asked"), ["house"], "{opted_out}");
    }
    assert_eq!(floor.one("SELECT COUNT(*) FROM dnc_drafts").await, "0");
}

async fn what_was_put_on_a_list_one_by_one_outlasts_every_file_but_one_that_is_to_replace_it(floor: Floor) {
    floor.store.keep_lists(&BOTH, &[list("registry", &[(SPRING, false)])]).await.expect("a list");
    let file = || [Ok::<_, StoreError>(barred("15550000001")), Ok(barred("15550000002"))].into_iter();
    let none = std::iter::empty::<Result<Barred, StoreError>>;
    let on = || floor.rows("SELECT number || ' ' || by_hand FROM dnc_numbers ORDER BY number");
    floor.store.replace_list("registry", at(0), ByHand::Stay, file()).await.expect("replaced");
    // One whom the file has, too, and one whom it has not.
    for one_by_one in ["15550000002", "15550000003", "1900*"] {
        floor.store.bar("registry", &barred(one_by_one)).await.expect("barred");
    }
    for entries in [2, 0] {
        let replaced = match entries {
            2 => floor.store.replace_list("registry", at(1), ByHand::Stay, file()).await,
            _ => floor.store.replace_list("registry", at(2), ByHand::Stay, none()).await,
        };
        assert_eq!(replaced.expect("replaced"), Replaced { entries, by_hand: 3 });
    }
    assert_eq!(on().await, ["15550000002 1", "15550000003 1"]);
    assert_eq!(floor.store.lists_with(number("19005550000")).await.expect("asked"), ["registry"]);
    let replaced = floor.store.replace_list("registry", at(3), ByHand::Go, file()).await;
    assert_eq!(replaced.expect("replaced"), Replaced { entries: 2, by_hand: 3 });
    assert_eq!(on().await, ["15550000001 0", "15550000002 0"]);
    assert_eq!(floor.store.lists_with(number("19005550000")).await.expect("asked"), [""; 0]);
}

async fn of_two_versions_that_are_written_at_a_time_the_one_that_was_begun_later_holds_whole(floor: Floor) {
    floor.store.keep_lists(&BOTH, &[list("big", &[(SPRING, false)])]).await.expect("a list");
    let entries = many(0, || {
        by_another_process(&floor, async |store| {
            let later = store.replace_list("big", at(1), ByHand::Stay, many(100_000, || ())).await;
            assert_eq!(later.expect("replaced").entries, 20_000);
        });
    });
    let earlier = floor.store.replace_list("big", at(0), ByHand::Stay, entries).await;
    assert!(matches!(earlier, Err(StoreError::Overtaken(list)) if list == "big"));
    let card = floor.store.number_lists().await.expect("lists").remove(0);
    assert_eq!((card.numbers, card.dated), (20_000, Some(at(1))));
    assert_eq!(floor.store.lists_with(number("15550100000")).await.expect("asked"), ["big"]);
    let left = "SELECT (SELECT COUNT(*) FROM dnc_numbers) + (SELECT COUNT(*) FROM dnc_drafts)";
    assert_eq!(floor.one(left).await, "20000", "nothing of the earlier one is left");
}

async fn a_campaign_keeps_to_its_lists_and_caps_whatever_a_configuration_without_it_says(floor: Floor) {
    floor.leads(AUTUMN, &["15550000001"]).await;
    let house = |campaigns: &[CampaignId]| {
        list("house", &campaigns.iter().map(|&id| (id, false)).collect::<Vec<_>>())
    };
    let day = Cap { counts: Counts::Calls, most: 1, within: Span::secs(86_400) };
    floor.store.keep_lists(&BOTH, &[house(&BOTH)]).await.expect("a list");
    floor.store.keep_caps(&BOTH, BOTH.map(|campaign| (campaign, "", &day)).into_iter()).await.expect("caps");
    floor.store.bar("house", &barred("15550000001")).await.expect("barred");
    floor.store.keep_lists(&[SPRING], &[house(&[])]).await.expect("a list that spring leaves");
    floor.store.keep_caps(&[SPRING], std::iter::empty()).await.expect("no cap");
    assert_eq!(floor.rows("SELECT campaign_id FROM campaign_dnc").await, ["2"]);
    assert_eq!(floor.rows("SELECT campaign_id FROM frequency_caps").await, ["2"]);
    floor.sql("UPDATE queue SET state = 'waiting'").await;
    assert_eq!(saved(&mut floor.writer(), AUTUMN, 1).await, [NO]);
}

async fn lists_that_are_added_leave_those_that_are_there_as_they_are(floor: Floor) {
    let dated = |name, days: u64, campaigns: &[(CampaignId, bool)]| ListRules {
        max_age: Some(Span::secs(days * 86_400)),
        ..list(name, campaigns)
    };
    floor.store.keep_lists(&[SPRING], &[dated("registry", 31, &[(SPRING, false)])]).await.expect("a list");
    let added = [dated("registry", 62, &[(AUTUMN, true)]), dated("vip", 7, &[(AUTUMN, true)])];
    for _ in 0..2 {
        floor.store.add_lists(&added).await.expect("added");
    }
    let lists = "SELECT name, max_age / 86400000000 FROM dnc_lists ORDER BY name";
    assert_eq!(floor.rows(lists).await, ["registry 31", "vip 7"]);
    let kept =
        "SELECT campaign_id, name, allows FROM campaign_dnc JOIN dnc_lists ON id = list_id ORDER BY 1, 2";
    assert_eq!(floor.rows(kept).await, ["1 registry 0", "2 registry 1", "2 vip 1"]);
}

async fn an_allow_list_restricts_and_what_bars_goes_before_it(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003"]).await;
    let lists = [list("vip", &[(SPRING, true)]), list("own", &[(SPRING, false)])];
    floor.store.keep_lists(&BOTH, &lists).await.expect("lists");
    floor.store.bar("vip", &barred("15550000001")).await.expect("allowed");
    floor.store.bar("vip", &barred("15550000002")).await.expect("allowed");
    floor.store.bar("own", &barred("15550000002")).await.expect("barred");
    floor.sql("UPDATE queue SET state = 'waiting'").await;
    assert_eq!(saved(&mut floor.writer(), SPRING, 1).await, [Outcome::Done, NO, NO]);
}

async fn a_number_is_called_less_often_than_its_caps_by_all_campaigns_and_nodes_together(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.leads(AUTUMN, &["15550000001", "15660000001"]).await;
    let hour = Span::secs(3_600);
    let cap = |most, within| Cap { counts: Counts::Calls, most, within };
    let caps = [("", cap(3, Span(24 * hour.0))), ("1555", cap(2, hour))];
    let all = caps.iter().flat_map(|(area, cap)| BOTH.map(|campaign| (campaign, *area, cap)));
    floor.store.keep_caps(&BOTH, all).await.expect("caps");
    let (mut spring, mut autumn) = (floor.writer(), Pen::new(&floor.again("rm2").await));
    let [(ours, _), (theirs, _)] = [spring.fetch(SPRING, 1).await, autumn.fetch(AUTUMN, 2).await];
    let minutes = |minutes: u64| at(minutes * 60_000);
    // When each call is placed (or never leaves the house), by which node, and what comes of it.
    for (attempt, (minute, how, refused)) in [
        (0, How::Busy, None),
        (1, How::Unplaced, None),
        (2, How::Busy, None),
        (3, How::Busy, Some(60)),
        (60, How::Busy, None),
        (61, How::Busy, Some(24 * 60)),
    ]
    .into_iter()
    .enumerate()
    {
        let (pen, campaign, item) = if attempt % 2 == 0 {
            (&mut spring, SPRING, &ours[0])
        } else {
            (&mut autumn, AUTUMN, &theirs[0])
        };
        floor.sql("UPDATE queue SET state = 'claimed', claimed_by = 'rm1' WHERE campaign_id = 1").await;
        floor.sql("UPDATE queue SET state = 'claimed', claimed_by = 'rm2' WHERE campaign_id = 2").await;
        let mut call = request(campaign, item, attempt as u64 + 1);
        call.attempt = AttemptId(attempt as u64 + 1);
        call.created = minutes(minute);
        let expected = refused
            .map_or(Outcome::Done, |until| Outcome::Refused(SaveRefusal::TooOften { until: minutes(until) }));
        assert_eq!(pen.save(call.clone()).await, expected, "attempt {attempt}");
        if refused.is_none() {
            assert_eq!(pen.record(record(&call, how)).await, Outcome::Done);
        }
    }
    let other = autumn.save(request(AUTUMN, &theirs[1], 77)).await;
    assert_eq!(other, Outcome::Done, "another number is counted by itself");
    assert_eq!(
        floor.one("SELECT COUNT(*) FROM attempts WHERE closed = 0").await,
        "1",
        "refusals leave nothing"
    );
}

async fn after_a_conversation_nobody_is_called_again_for_a_while(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.leads(AUTUMN, &["15550000001"]).await;
    let week = Span::secs(7 * 86_400);
    let cap = Cap { counts: Counts::Conversations, most: 1, within: week };
    floor.store.keep_caps(&BOTH, BOTH.map(|campaign| (campaign, "", &cap)).into_iter()).await.expect("a cap");
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let talk = record(&call, How::Talked(100, 1_000));
    let ended = talk.times.ended.expect("it has ended");
    pen.record(talk).await;
    let (items, _) = pen.fetch(AUTUMN, 1).await;
    let mut again = request(AUTUMN, &items[0], 2);
    again.created = ended + week - Span(1);
    let until = ended + week;
    assert_eq!(pen.save(again.clone()).await, Outcome::Refused(SaveRefusal::TooOften { until }));
    again.created = until;
    assert_eq!(pen.save(again).await, Outcome::Done);
}

async fn a_claim_tells_when_its_number_was_last_dropped_by_any_campaign(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002", "15550000003"]).await;
    let mut pen = floor.writer();
    let mut ends = Vec::new();
    for (attempt, how) in
        [How::Dropped(2_000), How::Talked(100, 1_000), How::Dropped(500)].into_iter().enumerate()
    {
        let call = pen.open(SPRING, attempt as u64 + 1).await;
        let record = record(&call, how);
        ends.push(record.times.ended);
        assert_eq!(pen.record(record).await, Outcome::Done);
    }
    // The third one's result is another, and they heard the message all the same.
    floor.sql("UPDATE call_log SET result = 'unknown' WHERE attempt_id = 3").await;
    floor.leads(AUTUMN, &["15550000001", "15550000002", "15550000003", "15550000004"]).await;
    let (items, _) = pen.fetch(AUTUMN, 10).await;
    let told: Vec<_> = items.iter().map(|item| item.dropped).collect();
    assert_eq!(told, [ends[0], None, ends[2], None]);
}

async fn a_number_that_was_dropped_after_its_claim_is_refused_to_a_call_without_an_agent(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.leads(AUTUMN, &["15550000001"]).await;
    let mut autumn = Pen::new(&floor.again("rm2").await);
    let (items, _) = autumn.fetch(AUTUMN, 1).await;
    assert_eq!(items[0].dropped, None);
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let dropped = record(&call, How::Dropped(2_000));
    let ended = dropped.times.ended.expect("it has ended");
    pen.record(dropped).await;
    let mut again = request(AUTUMN, &items[0], 2);
    again.undropped_since = Some(ended - Span(1));
    assert_eq!(autumn.save(again.clone()).await, Outcome::Refused(SaveRefusal::Dropped { at: ended }));
    assert_eq!(floor.one("SELECT COUNT(*) FROM attempts").await, "1", "the refusal leaves nothing");
    assert_eq!(floor.one("SELECT state FROM queue WHERE campaign_id = 2").await, "claimed", "and is no end");
    again.undropped_since = Some(ended);
    assert_eq!(autumn.save(again).await, Outcome::Done, "long enough ago");
}

async fn a_lead_that_was_skipped_rests_and_its_skip_is_noted_once(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 2).await;
    let again = Micros(floor.store.clock().now().0) + Span::secs(600);
    for _ in 0..2 {
        let items = vec![items[0].id];
        let skip = |request| Command::Release { request, not_before: again, items, skipped_by: Some(ANN) };
        assert_eq!(pen.ask(skip).await, Outcome::Done);
    }
    assert_eq!(floor.rows("SELECT queue_id, agent_id FROM skips").await, ["1 1"]);
    assert_eq!(pen.fetch(SPRING, 2).await, (vec![], Some(again)));
    let told = explain(&floor.store, Question::Number(number("15550000001"))).await.expect("explained");
    let text = told.to_string();
    assert!(text.contains("queue item 1: skipped by ann at 20"), "{text}");
}
