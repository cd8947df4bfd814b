//! The next carrier's turn, where the first could not place the call.

use std::sync::Arc;

use engine::campaign::CampaignRules;
use engine::carrier::{CallerIdPool, Pick};
use engine::pacing::Pacing;
use engine::words::{CampaignId, CarrierId, PoolId, Span, TechCause};
use engine::{Config, Event, Failure, LegNews, Outcome, TransferWish, Wish};

use crate::bench::{Floor, Instead, state};
use crate::house::{self, OPENING, SPRING, id_of};

const AUTUMN: CampaignId = CampaignId(2);

fn unavailable() -> Instead {
    Instead::Answer(Outcome::Failed(Failure::Unavailable))
}

#[test]
fn a_503_before_ringing_goes_to_the_next_carrier_saved_first_as_the_same_attempt() {
    let mut floor = Floor::open(house::two_carriers(&["ann"])).staffed(&["ann"]).dials(1).anew();
    floor.callee(1).hangs_up(34, 503);
    floor.callee(1).answers();
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 is gone (34/503)
    0.000 Save callee 1.2: item 1 attempt 1 by carrier 2, ann
    0.000 Originate callee 1.2 to PJSIP/15550000001@trunk-b
    0.000 > callee 1.2 answers
    0.000 > callee 1.2 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Join attempt 1: callee 1.2 and ann.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, ann
    0.000 NoteAgent ann: on_call on 1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
    0.000 > callee 1.2 leaves conversation 1
    0.000 > callee 1.2 is gone (16)
    0.000 NoteAgent ann: wrap_up on 1
    0.000 Hold ann.1
    0.000 DropBridge conversation 1
    0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 34/503][2: carrier 2 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; completed
    0.000 NoteCampaign 1: completed
    ");
}

#[test]
fn what_the_dialplan_tells_of_a_far_end_is_on_record_with_the_try_whose_end_it_was() {
    let mut floor = Floor::open(house::two_carriers(&["ann"])).staffed(&["ann"]).dials(1).anew();
    floor.callee(1).does(LegNews::Responded(TechCause(503)));
    floor.callee(1).hangs_up(34, None);
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 has refused by 503
    0.000 > callee 1.1 is gone (34)
    0.000 Save callee 1.2: item 1 attempt 1 by carrier 2, ann
    0.000 Originate callee 1.2 to PJSIP/15550000001@trunk-b
    0.000 > callee 1.2 is gone (16)
    0.000 Record attempt 1: no_answer (Placed, -) [1: carrier 1 34/503][2: carrier 2 16]; placed 0.000, ended 0.000; retry at 3600.000
    ");
}

#[test]
fn an_endpoint_out_of_service_goes_to_the_next_carrier_and_the_attempt_ends_when_all_are_tried() {
    let mut floor = Floor::open(house::two_carriers(&["ann"])).staffed(&["ann"]).anew();
    floor.instead("Originate", 2, unavailable());
    let mut floor = floor.dials(1);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    0.000 Save callee 1.2: item 1 attempt 1 by carrier 2, ann
    0.000 Originate callee 1.2 to PJSIP/15550000001@trunk-b
    0.000 Record attempt 1: technical (Placed, -) [1: carrier 1 - Unavailable][2: carrier 2 - Unavailable]; placed 0.000, ended 0.000; retry at 300.000
    ");
}

fn refused() -> Instead {
    Instead::Answer(Outcome::Failed(Failure::Rejected))
}

fn placed(floor: &mut Floor) -> usize {
    floor.story().lines().filter(|line| line.contains(" Originate callee ")).count()
}

#[test]
fn what_the_exchange_refuses_goes_to_the_next_carrier() {
    let mut floor = Floor::open(house::two_carriers(&["ann"])).staffed(&["ann"]).anew();
    floor.instead("Originate", 1, refused());
    let mut floor = floor.dials(1);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    0.000 Save callee 1.2: item 1 attempt 1 by carrier 2, ann
    0.000 Originate callee 1.2 to PJSIP/15550000001@trunk-b
    ");
}

#[test]
fn an_exchange_that_refuses_every_call_costs_a_few_leads_an_attempt_and_not_the_list() {
    let mut house = house::progressive(&["ann"]);
    house.campaigns[0].hopper_size = Some(20);
    let mut floor = Floor::open(house).staffed(&["ann"]).anew();
    floor.instead("Originate", 4, refused());
    let mut floor = floor.dials(20);
    assert_eq!(placed(&mut floor), 3, "no more in a row");
    assert_eq!(state(&floor, SPRING), "running (carriers_down)");
    assert!(floor.engine.view().carriers[0].healthy, "the carrier was never asked");
    floor.after(Span::secs(29));
    assert_eq!(placed(&mut floor), 0);
    floor.after(Span::secs(1));
    assert_eq!(placed(&mut floor), 1, "the probe, which is refused too");
    floor.after(Span::secs(29));
    assert_eq!(placed(&mut floor), 0);
    floor.after(Span::secs(1));
    assert_eq!(placed(&mut floor), 1, "the next, which is placed");
    floor.callee(5).hangs_up(17, 486);
    assert_eq!(placed(&mut floor), 1, "and others follow");
}

#[test]
fn what_is_refused_of_one_campaign_keeps_no_other_from_the_same_carrier() {
    let mut house = house::progressive(&["ann", "bob"]);
    house.campaigns.push(house::campaign(AUTUMN, "autumn", Pacing::Progressive));
    house.agents[1].campaign = AUTUMN;
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]).anew();
    floor.instead("Originate", 3, refused());
    let mut floor = floor.dials(9);
    assert_eq!(placed(&mut floor), 3);
    assert_eq!(state(&floor, SPRING), "running (carriers_down)");
    floor.database.add_lead(AUTUMN, 10, "15550000010", OPENING);
    floor.asks(Wish::Start(AUTUMN));
    assert_eq!(placed(&mut floor), 1);
}

#[test]
fn a_call_that_is_placed_ends_a_run_of_refusals_and_a_probe_that_is_placed_lets_others_follow() {
    let mut house = house::progressive(&["ann", "bob"]);
    house.campaigns[0].hopper_size = Some(20);
    let mut floor = Floor::open(house).staffed(&["ann"]).anew();
    floor.instead("Originate", 2, refused());
    let mut floor = floor.dials(20);
    assert_eq!(placed(&mut floor), 3, "the third is placed");
    floor.instead("Originate", 2, refused());
    floor.callee(3).hangs_up(17, 486);
    assert_eq!(placed(&mut floor), 3, "so that two more do not rest the way");
    floor.instead("Originate", 3, refused());
    floor.callee(6).hangs_up(17, 486);
    assert_eq!(placed(&mut floor), 3);
    assert_eq!(state(&floor, SPRING), "running (carriers_down)");
    floor.agent_logs_in("bob");
    floor.after(Span::secs(30));
    assert_eq!(placed(&mut floor), 2, "as soon as the probe is placed bob gets a call too");
}

#[test]
fn once_it_has_rung_no_other_carrier_is_tried() {
    let mut floor = Floor::open(house::two_carriers(&["ann"])).staffed(&["ann"]).dials(1).anew();
    floor.callee(1).rings();
    floor.callee(1).hangs_up(34, 503);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 rings
    0.000 Note attempt 1: placed 0.000, rang 0.000
    0.000 > callee 1.1 is gone (34/503)
    0.000 Record attempt 1: congestion (Alerting, -) [1: carrier 1 34/503]; placed 0.000, rang 0.000, ended 0.000; retry at 300.000
    ");
}

#[test]
fn a_carrier_that_is_full_or_has_had_its_calls_for_this_second_is_no_way_out() {
    for (channels, per_second) in [(1, 10), (10, 1)] {
        let mut house = house::two_carriers(&["ann", "bob"]);
        (house.carriers[1].channels, house.carriers[1].calls_per_second) = (channels, per_second);
        let mut floor = Floor::open(house).staffed(&["ann", "bob"]).dials(2).anew();
        floor.callee(1).hangs_up(34, 503);
        let story = floor.story();
        assert!(story.contains("Record attempt 1: congestion"), "{story}");
    }
}

#[test]
fn the_second_intent_refused_leaves_one_record_with_the_one_try_that_was_made() {
    for outcome in [Outcome::Refused(engine::SaveRefusal::NotClaimed), Outcome::Failed(Failure::Database)] {
        let mut floor = Floor::open(house::two_carriers(&["ann"])).staffed(&["ann"]).dials(1).anew();
        floor.instead("Save", 1, Instead::Answer(outcome));
        floor.callee(1).hangs_up(34, 503);
        let record = &floor.database.attempts.values().next().expect("the attempt").records[0];
        assert_eq!(record.tries.len(), 1, "{record:?}");
        assert_eq!(record.carrier, CarrierId(1));
    }
}

#[test]
fn what_the_exchange_was_never_asked_for_is_not_held_against_the_carrier() {
    let mut house = house::two_carriers(&["ann"]);
    house.carriers[0].failures_to_rest = 1;
    let mut floor = Floor::open(house).staffed(&["ann"]).anew();
    floor.instead("Originate", 1, Instead::Answer(Outcome::Failed(Failure::NotSent)));
    let mut floor = floor.dials(1);
    assert!(floor.story().contains("Record attempt 1: technical"));
    assert!(floor.engine.view().carriers[0].healthy);
}

#[test]
fn a_run_of_failures_rests_a_carrier_and_a_probe_that_is_never_dialled_does_not_bring_it_back() {
    let mut house = house::progressive(&["ann"]);
    house.carriers[0].failures_to_rest = 1;
    let mut floor = Floor::open(house).staffed(&["ann"]).dials(3).anew();
    floor.callee(1).hangs_up(34, 503);
    assert_eq!(state(&floor, SPRING), "running (carriers_down)");
    floor.instead("Save", 1, Instead::Answer(Outcome::Refused(engine::SaveRefusal::NotClaimed)));
    floor.instead("Save", 1, Instead::Later);
    floor.after(Span::secs(30));
    assert_eq!(floor.engine.view().carriers[0].channels, 1, "the next lead is the probe");
    assert!(!floor.engine.view().carriers[0].healthy, "and the only call");
}

#[test]
fn after_a_rest_exactly_one_call_probes_the_carrier_however_many_agents_are_ready() {
    let mut house = house::progressive(&["ann", "bob", "cid"]);
    house.carriers[0].failures_to_rest = 1;
    house.campaigns[0].hopper_size = Some(10);
    let mut floor = Floor::open(house).staffed(&["ann", "bob", "cid"]).dials(9).anew();
    for callee in 1..=3 {
        floor.callee(callee).hangs_up(34, 503);
    }
    assert_eq!(state(&floor, SPRING), "running (carriers_down)");
    floor.story();
    floor.after(Span::secs(30));
    let placed = |story: String| story.lines().filter(|line| line.contains(" Originate ")).count();
    assert_eq!(placed(floor.story()), 1, "the probe");
    floor.after(Span::secs(5));
    assert_eq!(placed(floor.story()), 0, "nothing else while it is under way");
    floor.callee(4).hangs_up(34, 503);
    floor.after(Span::secs(29));
    assert_eq!(placed(floor.story()), 0, "it failed, so the carrier rests again");
    floor.after(Span::secs(1));
    assert_eq!(placed(floor.story()), 1);
    floor.callee(5).hangs_up(17, 486);
    assert_eq!(
        placed(floor.story()),
        3,
        "the callee was busy, so the carrier works, and everybody gets a call"
    );
}

#[test]
fn a_probe_that_comes_through_brings_the_carrier_back_before_it_is_over() {
    let mut house = house::progressive(&["ann", "bob"]);
    house.carriers[0].failures_to_rest = 1;
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]).dials(9);
    for callee in 1..=2 {
        floor.callee(callee).hangs_up(34, 503);
    }
    let mut floor = floor.anew();
    floor.after(Span::secs(30));
    let placed = |story: String| story.lines().filter(|line| line.contains(" Originate ")).count();
    assert_eq!(placed(floor.story()), 1, "the probe");
    floor.callee(3).rings();
    assert_eq!(placed(floor.story()), 1, "it has come through, so bob gets a call too");
}

#[test]
fn a_probe_that_shows_nothing_within_the_set_up_time_does_not_bring_the_carrier_back() {
    let mut house = house::progressive(&["ann", "bob"]);
    house.carriers[0].failures_to_rest = 1;
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]).dials(9);
    for callee in 1..=2 {
        floor.callee(callee).hangs_up(34, 503);
    }
    floor.after(Span::secs(30));
    let mut floor = floor.anew();
    floor.after(Span::secs(10));
    let story = floor.story();
    assert!(story.contains("40.000 Record attempt 3: no_answer (Placed, SetupTimeout)"), "{story}");
    let placed = |story: String| story.lines().filter(|line| line.contains(" Originate ")).count();
    assert_eq!(placed(story), 0, "nothing has come back from the carrier, so it rests again");
    floor.after(Span::secs(29));
    assert_eq!(placed(floor.story()), 0);
    floor.after(Span::secs(1));
    assert_eq!(placed(floor.story()), 1, "the next probe");
}

#[test]
fn whoever_is_called_in_and_shows_nothing_does_not_bring_the_carrier_back_either() {
    let mut house = house::progressive(&["ann", "bob"]);
    house.carriers[0].failures_to_rest = 1;
    house.campaigns[0].transfers.insert("desk".to_owned(), Arc::new(house::desk()));
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]).dials(2);
    floor.callee(1).answers();
    floor.callee(2).hangs_up(34, 503);
    floor.after(Span::secs(30));
    let wish = TransferWish::Consult("desk".to_owned());
    floor.asks(Wish::Transfer { agent: id_of("ann"), wish });
    let mut floor = floor.anew();
    floor.after(Span::secs(10));
    assert!(floor.story().contains("HangUp other 1.1"), "nothing has come back within the set-up time");
    assert!(!floor.engine.view().carriers[0].healthy);
}

#[test]
fn a_call_that_shows_nothing_ends_no_run_of_failures_and_is_none() {
    let mut house = house::progressive(&["ann"]);
    house.carriers[0].failures_to_rest = 2;
    let mut floor = Floor::open(house).staffed(&["ann"]).dials(9);
    floor.after(Span::secs(20));
    assert!(floor.engine.view().carriers[0].healthy, "two calls have shown nothing");
    floor.callee(3).hangs_up(34, 503);
    floor.after(Span::secs(10));
    assert!(floor.engine.view().carriers[0].healthy);
    floor.callee(5).hangs_up(34, 503);
    assert_eq!(state(&floor, SPRING), "running (carriers_down)");
}

#[test]
fn conversations_from_before_keep_no_broken_carrier_in_the_rotation() {
    let mut house = house::progressive(&["ann", "bob", "cid"]);
    house.carriers[0].failures_to_rest = 2;
    let mut floor = Floor::open(house).staffed(&["ann", "bob", "cid"]).dials(9);
    floor.callee(1).answers();
    floor.callee(2).answers();
    floor.after(Span::secs(1));
    floor.callee(3).hangs_up(34, 503);
    floor.callee(1).hangs_up(16, None);
    floor.callee(4).hangs_up(34, 503);
    assert_eq!(state(&floor, SPRING), "running (carriers_down)");
    floor.after(Span::secs(30));
    assert!(!floor.engine.view().carriers[0].healthy, "it is probed");
    floor.callee(2).hangs_up(16, None);
    assert!(!floor.engine.view().carriers[0].healthy, "by a call that has yet to come through");
    floor.callee(5).rings();
    assert!(floor.engine.view().carriers[0].healthy);
}

/// A house that shows each of two caller ids once an hour, and a lead the one that it saw before.
fn two_caller_ids(agents: &[&str]) -> Config {
    let mut house = house::progressive(agents);
    house.caller_ids = vec![CallerIdPool {
        id: PoolId(1),
        name: "east".to_owned(),
        caller_ids: vec!["15559990001".to_owned(), "15559990002".to_owned()],
        pick: Pick::InTurn,
        per_hour: Some(1),
        per_day: None,
        keep: true,
    }];
    house.campaigns[0].caller_ids = Some(PoolId(1));
    house
}

#[test]
fn a_caller_id_that_nobody_saw_is_not_used_up() {
    let mut floor = Floor::open(two_caller_ids(&["ann", "bob"])).staffed(&["ann", "bob"]);
    floor.instead("Save", 1, Instead::Answer(Outcome::Refused(engine::SaveRefusal::NotClaimed)));
    let mut floor = floor.dials(3);
    let placed = floor.story().lines().filter(|line| line.contains(" Originate callee ")).count();
    assert_eq!(placed, 2, "{}", floor.story());
}

#[test]
fn a_caller_id_of_a_try_that_the_trunk_refused_is_shown_by_the_next() {
    let agents = ["ann", "bob"];
    let pools = two_caller_ids(&agents).caller_ids;
    let mut house = Config { caller_ids: pools, ..house::two_carriers(&agents) };
    house.campaigns[0].caller_ids = Some(PoolId(1));
    let mut floor = Floor::open(house).staffed(&agents).dials(2).anew();
    floor.callee(1).hangs_up(34, 503);
    let saved = floor.database.attempts.values().filter_map(|saved| saved.request.as_ref());
    let shown: Vec<_> = saved.map(|request| (request.ordinal, request.caller_id.as_deref())).collect();
    assert_eq!(shown, [(2, Some("15559990001")), (1, Some("15559990002"))]);
}

#[test]
fn what_a_carrier_shows_by_itself_counts_against_the_limits_of_the_pool_that_has_it() {
    let agents = ["ann", "bob"];
    let pools = two_caller_ids(&agents).caller_ids;
    let mut house = Config { caller_ids: pools, ..house::two_carriers(&agents) };
    house.campaigns[0].carriers.reverse();
    house.campaigns[0].caller_ids = Some(PoolId(1));
    house.carriers[1].caller_id = Some("+15559990001".to_owned());
    let shown = |floor: &Floor| -> Vec<String> {
        let requests = floor.database.attempts.values().filter_map(|saved| saved.request.as_ref());
        requests.filter_map(|request| request.caller_id.clone()).collect()
    };
    let floor = Floor::open(house.clone()).staffed(&agents).dials(2);
    assert_eq!(shown(&floor), ["+15559990001", "15559990002"], "the first was shown this hour");
    // Whoever was to see it and did not leaves it to the next.
    let mut floor = Floor::open(house).staffed(&agents[..1]);
    floor.instead("Save", 1, Instead::Answer(Outcome::Refused(engine::SaveRefusal::NotClaimed)));
    let floor = floor.dials(2);
    assert_eq!(shown(&floor), ["15559990001"]);
}

#[test]
fn caller_ids_that_are_used_up_are_waited_for_and_named_as_the_reason() {
    let agents = ["ann", "bob", "cid"];
    let mut floor = Floor::open(two_caller_ids(&agents)).staffed(&agents).dials(3);
    assert_eq!(state(&floor, SPRING), "running (caller_ids_used_up)");
    let shown = |floor: &Floor| -> Vec<String> {
        let requests = floor.database.attempts.values().filter_map(|saved| saved.request.as_ref());
        requests.filter_map(|request| request.caller_id.clone()).collect()
    };
    assert_eq!(shown(&floor), ["15559990001", "15559990002"]);
    floor.callee(2).hangs_up(17, 486);
    floor.after(Span::secs(3_600));
    assert_eq!(shown(&floor)[2..], ["15559990001", "15559990002"], "an hour later both may be shown again");
    let second = floor.database.attempts.values().find_map(|saved| {
        saved
            .request
            .as_ref()
            .filter(|request| request.nth == 2)
            .and_then(|request| request.caller_id.clone())
    });
    assert_eq!(second.as_deref(), Some("15559990002"), "callee 2 sees the one it saw before");
}

#[test]
fn with_every_carrier_in_the_way_the_soonest_that_is_free_again_is_waited_for() {
    let mut house = house::two_carriers(&["ann", "bob"]);
    house.carriers[0].failures_to_rest = 1;
    house.carriers[1].channels = 1;
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]).dials(2).anew();
    floor.callee(2).answers();
    floor.callee(1).hangs_up(34, 503);
    floor.adds_leads([3]);
    floor.asks(Wish::LeadsAdded(SPRING));
    assert_eq!(state(&floor, SPRING), "running (carriers_full)");
    floor.story();
    floor.after(Span::millis(30_001));
    let story = floor.story();
    assert!(story.contains("30.000 Save callee 3.1: item 3 attempt 1 by carrier 1"), "{story}");
}

#[test]
fn a_carrier_seen_out_of_service_is_not_used_until_it_is_seen_again() {
    let mut floor = Floor::open(house::progressive(&["ann"])).staffed(&["ann"]);
    floor.hear(Event::Carrier { carrier: CarrierId(1), reachable: false });
    let mut floor = floor.dials(1).anew();
    assert_eq!(state(&floor, SPRING), "running (carriers_down)");
    floor.hear(Event::Carrier { carrier: CarrierId(1), reachable: true });
    floor.hear(Event::Carrier { carrier: CarrierId(9), reachable: true });
    insta::assert_snapshot!(floor.story(), @"
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    ");
    assert_eq!(floor.engine.view().stray["carrier: unknown"], 1);
}

#[test]
fn calls_keep_to_the_carriers_rate() {
    let mut house = house::progressive(&["ann", "bob"]);
    house.carriers[0].calls_per_second = 1;
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]).anew().dials(2);
    floor.story();
    assert_eq!(state(&floor, SPRING), "running (carrier_rate)");
    floor.after(Span::secs(1));
    insta::assert_snapshot!(floor.story(), @"
    1.000 Save callee 2.1: item 2 attempt 1 by carrier 1, bob
    1.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    ");
}

#[test]
fn calls_whose_intents_took_long_leave_at_the_carriers_rate_all_the_same() {
    let agents = ["ann", "bob", "cid"];
    let mut house = house::progressive(&agents);
    house.carriers[0].calls_per_second = 1;
    let mut floor = Floor::open(house).staffed(&agents);
    floor.instead("Save", 2, Instead::Later);
    let mut floor = floor.dials(3).anew();
    floor.after(Span::secs(3));
    floor.goes_on();
    floor.after(Span::secs(1));
    floor.goes_on();
    floor.after(Span::secs(1));
    let story = floor.story();
    let placed: Vec<&str> = story.lines().filter(|line| line.contains(" Originate callee ")).collect();
    insta::assert_snapshot!(placed.join("\n"), @"
    3.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    4.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    5.000 Originate callee 3.1 to PJSIP/15550000003@trunk-a
    ");
}

#[test]
fn a_channel_that_a_failed_try_gives_back_is_another_campaigns_at_once() {
    let autumn = CampaignId(2);
    let mut house = house::two_carriers(&["ann", "bob"]);
    house.carriers[0].channels = 1;
    let spring = house.campaigns[0].clone();
    house.campaigns.push(CampaignRules {
        id: autumn,
        name: "autumn".to_owned(),
        carriers: vec![CarrierId(1)],
        ..spring
    });
    house.agents[1].campaign = autumn;
    let mut floor = Floor::open(house).staffed(&["ann", "bob"]).dials(1);
    floor.database.add_lead(autumn, 2, "15550000002", OPENING);
    floor.asks(Wish::Start(autumn));
    assert_eq!(state(&floor, autumn), "running (carriers_full)");
    floor.story();
    floor.callee(1).hangs_up(34, 503);
    let story = floor.story();
    assert!(story.contains("Save callee 2.1: item 2 attempt 1 by carrier 1, bob"), "{story}");
}
