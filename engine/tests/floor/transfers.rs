//! A callee who is put through to somebody else.

use std::sync::Arc;

use engine::Config;
use engine::Failure;
use engine::LegNews;
use engine::Outcome;
use engine::call::{CallResult, TransferLog};
use engine::carrier::{CallerIdPool, Pick};
use engine::flow::{Destination, Meanwhile, NodeKind, ShownCaller, TransferRules};
use engine::lead::Barred;
use engine::pacing::Pacing;
use engine::words::{AttemptId, Bridge, Leg, PoolId, QueueId, RequestId, Span, TechCause};
use engine::{Command, Event, Wish};

use crate::bench::{Floor, Instead};
use crate::house;

/// Every callee is put through to the desk first, by two carriers.
fn desk(change: impl FnOnce(&mut TransferRules)) -> Config {
    let mut config = house::ahead(Pacing::Broadcast { per_minute: 12 }, &[]);
    config.carriers.push(house::carrier(2, "trunk-b"));
    let campaign = &mut config.campaigns[0];
    campaign.carriers = config.carriers.iter().map(|carrier| carrier.id).collect();
    let mut flow = house::survey();
    house::begin_with(&mut flow, "desk");
    let NodeKind::Transfer { rules, .. } = &mut flow.nodes[0].kind else { panic!("it begins with the desk") };
    change(Arc::make_mut(rules));
    campaign.flow = Some(Arc::new(flow));
    config
}

/// The first callee has answered.
fn answered(config: Config) -> Floor {
    let mut floor = Floor::open(config).dials(1);
    floor.callee(1).answers();
    floor
}

fn other(ordinal: u16) -> Leg {
    Leg::Transfer { attempt: AttemptId(1), ordinal }
}

#[test]
fn the_other_is_called_told_and_put_through_and_then_the_callee_goes_on() {
    let mut floor = answered(desk(|_| {})).anew();
    floor.leg(other(1)).rings();
    floor.leg(other(1)).answers();
    floor.leg(other(1)).hears_it_through();
    floor.leg(other(1)).presses("21");
    floor.after(Span::secs(10));
    floor.leg(other(1)).hangs_up(16, None);
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
     0.000 > other 1.1 rings
     0.000 > other 1.1 answers
     0.000 > other 1.1 is ours
     0.000 Play sound:whisper to other 1.1
     0.000 > other 1.1 has heard sound 32769
     0.000 > other 1.1 presses 2
     0.000 > other 1.1 presses 1
     0.000 PutThrough callee 1.1 to other 1.1
     0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk cut; other 1 by carrier 2: answered, placed 0.000, rang 0.000, answered 0.000, bridged 0.000
    10.000 > other 1.1 leaves transfer 1.1
    10.000 > other 1.1 is gone (16)
    10.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk cut; other 1 by carrier 2: answered 16, placed 0.000, rang 0.000, answered 0.000, bridged 0.000, ended 10.000
    10.000 DropBridge transfer 1.1
    10.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk transferred, menu cut; other 1 by carrier 2: answered 16, placed 0.000, rang 0.000, answered 0.000, bridged 0.000, ended 10.000
    10.000 Play sound:menu to callee 1.1
    10.000 > callee 1.1 is gone (16)
    10.000 Record attempt 1: incomplete (InFlow, -) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 10.000; survey (hung_up, incomplete): desk transferred, menu cut; other 1 by carrier 2: answered 16, placed 0.000, rang 0.000, answered 0.000, bridged 0.000, ended 10.000; completed
    10.000 NoteCampaign 1: completed
    ");
}

#[test]
fn of_whoever_is_put_through_and_whose_messages_nobody_can_read_it_is_found_that_they_are_together() {
    let mut floor = answered(desk(|rules| (rules.accept, rules.whisper) = (None, vec![])));
    floor.instead("PutThrough", 1, Instead::Silence);
    floor.leg(other(1)).answers();
    let customer = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
    let (request, bridge) = (RequestId(0), Bridge::Transfer { attempt: AttemptId(1), ordinal: 1 });
    let (other, meanwhile) = (other(1), Meanwhile::Silence);
    floor.pbx.carry_out(&Command::PutThrough { request, customer, other, bridge, meanwhile });
    for leg in [customer, other] {
        floor.hear(Event::Foreign { kind: "malformed message".to_owned(), leg: Some(leg) });
    }
    floor.after(Span::secs(5));
    assert!(floor.pbx.legs.contains_key(&other), "{}", floor.story());
}

#[test]
fn whoever_is_put_through_though_nobody_can_tell_stays_so() {
    let mut floor = answered(desk(|rules| (rules.accept, rules.whisper) = (None, vec![])));
    floor.instead("PutThrough", 1, Instead::Untold);
    floor.leg(other(1)).answers();
    floor.after(Span::secs(5));
    assert!(floor.pbx.legs.contains_key(&other(1)), "{}", floor.story());
}

#[test]
fn a_key_within_the_whisper_ends_it_first() {
    let mut floor = answered(desk(|_| {}));
    floor.leg(other(1)).answers();
    let mut floor = floor.anew();
    floor.leg(other(1)).presses("1");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > other 1.1 presses 1
    0.000 StopPlaying 32769 of attempt 1
    0.000 PutThrough callee 1.1 to other 1.1
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk cut; other 1 by carrier 2: answered, placed 0.000, answered 0.000, bridged 0.000
    ");
}

#[test]
fn a_trunk_that_fails_gives_way_to_the_next_and_the_callee_hears_nothing_of_it() {
    let mut floor = answered(desk(|rules| rules.meanwhile = Meanwhile::Ringback)).anew();
    floor.leg(other(1)).hangs_up(34, 503);
    floor.leg(other(2)).hangs_up(17, 486);
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > other 1.1 is gone (34/503)
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk cut; other 1 by carrier 2: failed 34/503, placed 0.000, ended 0.000
    0.000 SaveTransfer other 1.2 by carrier 1
    0.000 Originate other 1.2 to PJSIP/15559990001@trunk-a
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk cut; other 1 by carrier 2: failed 34/503, placed 0.000, ended 0.000; other 2 by carrier 1: cancelled, placed 0.000
    0.000 > other 1.2 is gone (17/486)
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk cut; other 1 by carrier 2: failed 34/503, placed 0.000, ended 0.000; other 2 by carrier 1: busy 17/486, placed 0.000, ended 0.000
    0.000 Hush Ringback of callee 1.1
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk busy, menu cut; other 1 by carrier 2: failed 34/503, placed 0.000, ended 0.000; other 2 by carrier 1: busy 17/486, placed 0.000, ended 0.000
    0.000 Play sound:menu to callee 1.1
    0.000 > callee 1.1 is gone (16)
    0.000 Record attempt 1: incomplete (InFlow, -) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 0.000; survey (hung_up, incomplete): desk busy, menu cut; other 1 by carrier 2: failed 34/503, placed 0.000, ended 0.000; other 2 by carrier 1: busy 17/486, placed 0.000, ended 0.000; completed
    0.000 NoteCampaign 1: completed
    ");
}

#[test]
fn what_the_dialplan_tells_of_a_far_end_says_what_became_of_a_transfer_too() {
    let mut floor = answered(desk(|_| {})).anew();
    floor.leg(other(1)).does(LegNews::Responded(TechCause(607)));
    floor.leg(other(1)).hangs_up(127, None);
    floor.callee(1).hangs_up(16, None);
    let story = floor.story();
    assert!(story.contains("other 1 by carrier 2: declined 127/607"), "{story}");
}

#[test]
fn a_trunk_that_refuses_us_gives_way_too_and_whoever_is_rung_and_declines_does_not() {
    let mut floor = answered(desk(|_| {})).anew();
    floor.leg(other(1)).hangs_up(21, 403);
    floor.leg(other(2)).rings();
    floor.leg(other(2)).hangs_up(21, 403);
    floor.callee(1).hangs_up(16, None);
    let others = &floor.database.attempts[&AttemptId(1)].records[0].transfers;
    let outcomes: Vec<&str> = others.iter().map(TransferLog::outcome).collect();
    assert_eq!(outcomes, ["failed", "declined"]);
}

#[test]
fn who_rings_or_thinks_too_long_or_talks_too_long_is_hung_up_on() {
    let mut floor = answered(desk(|_| {}));
    floor.leg(other(1)).rings();
    floor.after(Span::secs(20));
    let mut thinks = answered(desk(|rules| rules.whisper.clear()));
    thinks.leg(other(1)).answers();
    thinks.after(Span::secs(5));
    let mut talks = answered(desk(|rules| (rules.accept, rules.whisper) = (None, vec![])));
    talks.leg(other(1)).answers();
    talks.after(Span::secs(60));
    let ends = [floor, thinks, talks].map(|mut floor| {
        assert!(!floor.pbx.legs.contains_key(&other(1)), "it is still there");
        assert!(floor.pbx.bridges.is_empty(), "a bridge is left");
        assert!(floor.pbx.legs.values().all(|leg| !leg.calm), "music is left");
        floor.callee(1).hangs_up(16, None);
        floor.database.attempts[&AttemptId(1)].records[0].transfers[0].outcome()
    });
    assert_eq!(ends, ["no_answer", "declined", "answered"]);
}

#[test]
fn when_the_callee_is_gone_the_other_is_let_go_and_the_result_is_the_callees_own() {
    for answers in [false, true] {
        let mut floor = answered(desk(|rules| (rules.accept, rules.whisper) = (None, vec![])));
        floor.leg(other(1)).rings();
        if answers {
            floor.leg(other(1)).answers();
        }
        floor.callee(1).hangs_up(16, None);
        let record = &floor.database.attempts[&AttemptId(1)].records[0];
        let outcome = if answers { "answered" } else { "cancelled" };
        assert_eq!((record.result, record.transfers[0].outcome()), (CallResult::Incomplete, outcome));
        assert!(floor.pbx.legs.is_empty() && floor.pbx.bridges.is_empty(), "something is left");
    }
}

#[test]
fn a_leg_that_was_never_made_holds_no_line_once_nobody_wants_it() {
    let mut floor = Floor::open(desk(|_| {})).dials(1);
    floor.instead("Originate", 1, Instead::Later);
    floor.callee(1).answers();
    let originate = floor.held_up_request().expect("the desk is being called");
    floor.callee(1).hangs_up(16, None);
    floor.hear(Event::Settled { request: originate, outcome: Outcome::Failed(Failure::Gone) });
    let channels: u32 = floor.engine.view().carriers.iter().map(|carrier| carrier.channels).sum();
    assert_eq!(channels, 0);
}

#[test]
fn a_lead_may_have_a_number_of_its_own_which_must_be_one_and_not_be_barred() {
    let to = |number: &str| {
        let mut floor = Floor::open(desk(|rules| rules.to_attribute = Some("desk_number".to_owned())));
        floor.adds_leads([1]);
        let item = &mut floor.database.items.get_mut(&QueueId(1)).expect("the lead").item;
        item.attributes = vec![("DESK_NUMBER".to_owned(), number.to_owned())];
        floor.database.barred.push(Barred::parse("15550009999").expect("a number"));
        floor.asks(engine::Wish::Start(house::SPRING));
        floor.callee(1).answers();
        let placed = floor.story().lines().find(|line| line.contains("Originate other")).map(str::to_owned);
        floor.callee(1).hangs_up(16, None);
        let log = floor.database.attempts[&AttemptId(1)].records[0].transfers.first().cloned();
        (placed.map(|line| line.trim().to_owned()), log.map(|log| (log.outcome(), log.barred)))
    };
    let placed = |number: &str| Some(format!("0.000 Originate other 1.1 to PJSIP/{number}@trunk-b"));
    assert_eq!(to("15550008888"), (placed("15550008888"), Some(("cancelled", false))));
    assert_eq!(to(""), (placed("15559990001"), Some(("cancelled", false))));
    assert_eq!(to("1000@evil"), (None, None));
    assert_eq!(to("15550009999"), (None, Some(("failed", true))));
}

#[test]
fn an_endpoint_needs_no_carrier_and_a_database_that_fails_keeps_it_from_being_dialled() {
    let endpoint = || {
        desk(|rules| {
            rules.to = Destination::Endpoint("PJSIP/reception".to_owned());
            rules.caller_id = ShownCaller::Own("15550007777".to_owned());
        })
    };
    let mut floor = Floor::open(endpoint()).dials(1).anew();
    floor.callee(1).answers();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 SaveTransfer other 1.1
    0.000 Originate other 1.1 to PJSIP/reception
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk cut; other 1: cancelled, placed 0.000
    0.000 Calm callee 1.1 by Music
    ");
    let mut floor = Floor::open(endpoint()).dials(1).anew();
    floor.instead("SaveTransfer", 1, Instead::Answer(Outcome::Failed(Failure::Database)));
    floor.callee(1).answers();
    assert!(!floor.story().contains("Originate other"));
}

/// The house of the desk with one carrier, which has so many lines and so many calls a second.
fn desk_by_one_carrier(channels: u32, calls_per_second: u32) -> Config {
    let mut config = desk(|rules| rules.whisper.clear());
    config.carriers.truncate(1);
    (config.carriers[0].channels, config.carriers[0].calls_per_second) = (channels, calls_per_second);
    config.campaigns[0].carriers.truncate(1);
    config
}

#[test]
fn where_no_carrier_has_room_the_first_line_that_gets_free_is_the_callees_who_waits_for_the_desk() {
    let mut floor = Floor::open(desk_by_one_carrier(2, 10)).dials(3);
    floor.after(Span::secs(5));
    let mut floor = floor.anew();
    floor.callee(1).answers();
    floor.after(Span::secs(6));
    floor.callee(2).hangs_up(17, 486);
    insta::assert_snapshot!(floor.story(), @"
     5.000 > callee 1.1 answers
     5.000 > callee 1.1 is ours
     5.000 Note attempt 1: placed 0.000, answered 5.000
     5.000 Calm callee 1.1 by Music
    11.000 > callee 2.1 is gone (17/486)
    11.000 Record attempt 2: busy (Placed, -) [1: carrier 1 17/486]; placed 5.000, ended 11.000; retry at 611.000
    11.000 SaveTransfer other 1.1 by carrier 1
    11.000 Originate other 1.1 to PJSIP/15559990001@trunk-a
    11.000 Note attempt 1: placed 0.000, answered 5.000; survey (hung_up, incomplete): desk cut; other 1 by carrier 1: cancelled, placed 11.000
    ");
}

#[test]
fn whoever_waits_for_a_carrier_waits_no_longer_than_the_desk_may_ring() {
    let mut floor = Floor::open(desk_by_one_carrier(1, 10)).dials(1).anew();
    floor.callee(1).answers();
    floor.after(Span::secs(30));
    insta::assert_snapshot!(floor.story(), @"
     0.000 > callee 1.1 answers
     0.000 > callee 1.1 is ours
     0.000 Note attempt 1: placed 0.000, answered 0.000
     0.000 Calm callee 1.1 by Music
    20.000 Hush Music of callee 1.1
    20.000 Note attempt 1: placed 0.000, answered 0.000; survey (done): desk failed, bye said
    20.000 HangUp callee 1.1
    20.000 Record attempt 1: completed (FlowComplete, FlowOver) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 20.000; survey (done): desk failed, bye said; completed
    20.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_carrier_that_has_had_its_calls_for_this_second_is_waited_for() {
    let mut floor = Floor::open(desk_by_one_carrier(10, 1)).dials(1).anew();
    floor.callee(1).answers();
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Calm callee 1.1 by Music
    1.000 SaveTransfer other 1.1 by carrier 1
    1.000 Originate other 1.1 to PJSIP/15559990001@trunk-a
    1.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk cut; other 1 by carrier 1: cancelled, placed 1.000
    ");
}

#[test]
fn after_a_trunk_that_failed_room_on_the_next_one_is_waited_for_and_the_time_is_not_counted_anew() {
    let mut config = desk(|rules| rules.whisper.clear());
    config.carriers[0].channels = 1;
    let mut floor = answered(config).anew();
    floor.after(Span::secs(5));
    floor.leg(other(1)).hangs_up(34, 503);
    floor.after(Span::secs(30));
    insta::assert_snapshot!(floor.story(), @"
     5.000 > other 1.1 is gone (34/503)
     5.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): desk cut; other 1 by carrier 2: failed 34/503, placed 0.000, ended 5.000
    20.000 Hush Music of callee 1.1
    20.000 Note attempt 1: placed 0.000, answered 0.000; survey (done): desk failed, bye said; other 1 by carrier 2: failed 34/503, placed 0.000, ended 5.000
    20.000 HangUp callee 1.1
    20.000 Record attempt 1: completed (FlowComplete, FlowOver) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 20.000; survey (done): desk failed, bye said; other 1 by carrier 2: failed 34/503, placed 0.000, ended 5.000; completed
    20.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_carrier_that_is_out_of_service_is_not_waited_for() {
    let mut floor = Floor::open(desk_by_one_carrier(10, 10)).dials(1);
    let carrier = house::carrier(1, "trunk-a").id;
    floor.hear(Event::Carrier { carrier, reachable: false });
    let mut floor = floor.anew();
    floor.callee(1).answers();
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 answers
    0.000 > callee 1.1 is ours
    0.000 Note attempt 1: placed 0.000, answered 0.000
    0.000 Note attempt 1: placed 0.000, answered 0.000; survey (done): desk failed, bye said
    0.000 HangUp callee 1.1
    0.000 Record attempt 1: completed (FlowComplete, FlowOver) [1: carrier 1 16]; placed 0.000, answered 0.000, ended 0.000; survey (done): desk failed, bye said; completed
    0.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_callee_who_hangs_up_while_a_carrier_is_waited_for_leaves_no_call_behind() {
    let mut floor = answered(desk_by_one_carrier(1, 10));
    floor.callee(1).hangs_up(16, None);
    floor.adds_leads([2]);
    floor.asks(Wish::LeadsAdded(house::SPRING));
    floor.after(Span::secs(30));
    assert!(!floor.story().contains("other 1.1"));
    assert_eq!(floor.results(), [CallResult::Incomplete, CallResult::NoAnswer]);
}

/// The desk with a caller id that may be shown so often an hour, and is what the desk sees, or is not.
fn desk_with_pool(caller_id: ShownCaller, per_hour: u32) -> Config {
    let mut config = desk(|rules| (rules.caller_id, rules.ring_timeout) = (caller_id, Span::secs(5)));
    config.caller_ids = vec![CallerIdPool {
        id: PoolId(1),
        name: "east".to_owned(),
        caller_ids: vec!["15550006666".to_owned()],
        pick: Pick::InTurn,
        per_hour: Some(per_hour),
        per_day: None,
        keep: false,
    }];
    config.campaigns[0].caller_ids = Some(PoolId(1));
    config
}

#[test]
fn a_caller_id_that_nobody_saw_is_there_for_the_next_carrier_and_the_next_lead() {
    let mut floor = answered(desk_with_pool(ShownCaller::Campaign, 2)).anew();
    floor.leg(other(1)).hangs_up(34, 503);
    assert!(floor.story().contains("Originate other 1.2"), "the trunk has refused it");
    floor.leg(other(2)).rings();
    floor.leg(other(2)).hangs_up(17, 486);
    floor.adds_leads([2]);
    floor.asks(Wish::LeadsAdded(house::SPRING));
    floor.after(Span::secs(60));
    assert!(!floor.story().contains("Originate callee"), "the callee and the desk have seen it");
    let mut unsaved = Floor::open(desk_with_pool(ShownCaller::Campaign, 2)).dials(2);
    unsaved.instead("SaveTransfer", 1, Instead::Answer(Outcome::Failed(Failure::Database)));
    unsaved.callee(1).answers();
    let mut unsaved = unsaved.anew();
    unsaved.after(Span::secs(60));
    assert!(unsaved.story().contains("Originate callee 2.1"), "the desk was never called");
}

#[test]
fn a_caller_id_that_is_not_taken_from_the_pool_does_not_wait_for_one() {
    let with_pool = |caller_id: ShownCaller| {
        let mut floor = answered(desk_with_pool(caller_id, 1));
        floor.story().contains("Originate other 1.1")
    };
    let own = ShownCaller::Own("15550007777".to_owned());
    assert_eq!([own, ShownCaller::Callee, ShownCaller::Campaign].map(with_pool), [true, true, false]);
}

#[test]
fn what_a_desk_is_shown_by_itself_counts_where_a_pool_has_it() {
    let mut floor = answered(desk_with_pool(ShownCaller::Own("+15550006666".to_owned()), 2)).anew();
    floor.leg(other(1)).rings();
    floor.leg(other(1)).hangs_up(17, 486);
    floor.adds_leads([2]);
    floor.asks(Wish::LeadsAdded(house::SPRING));
    floor.after(Span::secs(60));
    assert!(!floor.story().contains("Originate callee"), "the callee and the desk have seen it");
}

#[test]
fn a_process_that_dies_leaves_nobody_behind() {
    let mut floor = answered(desk(|rules| (rules.accept, rules.whisper) = (None, vec![])));
    floor.leg(other(1)).answers();
    floor.process_restarts();
    floor.after(Span::secs(90));
    assert!(floor.pbx.legs.is_empty() && floor.pbx.bridges.is_empty(), "{:?}", floor.pbx);
    assert_eq!(floor.results(), [CallResult::Incomplete]);
}

#[test]
fn what_is_missed_while_the_link_is_down_is_found() {
    let mut floor = answered(desk(|rules| (rules.accept, rules.whisper) = (None, vec![])));
    floor.leg(other(1)).rings();
    floor.link_goes_down();
    floor.leg(other(1)).answers();
    floor.link_comes_up();
    assert!(floor.pbx.legs[&other(1)].bridge.is_some(), "they talk");
    floor.after(Span::millis(400));
    floor.link_goes_down();
    floor.leg(other(1)).hangs_up(16, None);
    floor.link_comes_up();
    floor.after(Span::secs(3));
    assert!(floor.pbx.bridges.is_empty(), "the callee has gone on");
    // So is who was put through as the link went down, however long that takes.
    let mut joined = answered(desk(|rules| (rules.accept, rules.whisper) = (None, vec![])));
    joined.leg(other(1)).rings();
    joined.instead("PutThrough", 1, Instead::Later);
    joined.leg(other(1)).answers();
    joined.link_goes_down();
    joined.goes_on();
    joined.after(Span::secs(5));
    joined.link_comes_up();
    joined.after(Span::secs(3));
    assert!(joined.pbx.legs[&other(1)].bridge.is_some(), "they talk");
    // Whoever was told who is coming is put through, and whoever hears it still hears it to its end.
    let mut told = answered(desk(|rules| rules.accept = None));
    told.leg(other(1)).answers();
    told.link_goes_down();
    told.link_comes_up();
    assert!(told.pbx.legs[&other(1)].bridge.is_none(), "they hear the whisper");
    told.link_goes_down();
    told.leg(other(1)).hears_it_through();
    told.link_comes_up();
    assert!(told.pbx.legs[&other(1)].bridge.is_some(), "they talk");
    // Whoever rings when nobody listens any more is let go.
    let mut floor = answered(desk(|_| {}));
    floor.leg(other(1)).rings();
    floor.link_goes_down();
    floor.after(Span::secs(1));
    assert!(!floor.pbx.legs.contains_key(&other(1)));
}

#[test]
fn what_the_exchange_refuses_for_whom_a_callee_is_put_through_to_goes_to_the_next_carrier_too() {
    let mut floor = Floor::open(desk(|_| {})).dials(1).anew();
    floor.instead("Originate", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    floor.callee(1).answers();
    floor.leg(other(2)).rings();
    let story = floor.story();
    assert!(story.contains("Originate other 1.2 to PJSIP/15559990001@trunk-a"), "{story}");
    assert!(story.contains("other 1 by carrier 2: failed Rejected"), "{story}");
}
