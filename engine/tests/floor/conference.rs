//! Callees who meet in a room.

use std::sync::Arc;

use engine::flow::{ConferenceRules, NodeKind};
use engine::pacing::Pacing;
use engine::words::{AttemptId, Bridge, Leg, RequestId, Span};
use engine::{Command, Config, Event, Failure, LegNews, Outcome};

use crate::bench::{Floor, Instead};
use crate::house;

/// Every callee is let into the room first.
fn salon(change: impl FnOnce(&mut ConferenceRules)) -> Config {
    let mut config = house::ahead(Pacing::Broadcast { per_minute: 60 }, &[]);
    config.campaigns[0].message = None;
    let mut flow = house::survey();
    house::begin_with(&mut flow, "room");
    let NodeKind::Conference { rules, .. } = &mut flow.nodes[0].kind else {
        panic!("it begins with the room")
    };
    change(rules);
    config.campaigns[0].flow = Some(Arc::new(flow));
    config
}

/// The first has answered.
fn first(config: Config) -> Floor {
    let mut floor = Floor::open(config).dials(3);
    floor.callee(1).answers();
    floor
}

/// So have so many, a second after one another.
fn answered(config: Config, callees: u64) -> Floor {
    let mut floor = first(config);
    for callee in 2..=callees {
        floor.after(Span::secs(1));
        floor.callee(callee).answers();
    }
    floor
}

/// Who is in which bridge.
fn inside(floor: &Floor) -> Vec<(u64, Option<Bridge>)> {
    let callee = |(leg, channel): (&Leg, &crate::pbx::Channel)| match leg {
        Leg::Customer { attempt, .. } => Some((attempt.0, channel.bridge)),
        Leg::Agent { .. } | Leg::Transfer { .. } => None,
    };
    floor.pbx.legs.iter().filter_map(callee).collect()
}

fn is_clean(floor: &Floor) -> bool {
    floor.pbx.bridges.is_empty() && floor.pbx.legs.values().all(|leg| !leg.calm && leg.bridge.is_none())
}

/// Somebody takes the room from a callee who is in it.
fn is_taken_from_under(floor: &mut Floor, attempt: u64) {
    let leg = Leg::Customer { attempt: AttemptId(attempt), ordinal: 1 };
    floor.pbx.legs.get_mut(&leg).expect("a callee").bridge = None;
    floor.callee(attempt).does(LegNews::Parted(ROOM));
}

const ROOM: Bridge = Bridge::Conference { attempt: AttemptId(1), ordinal: 1 };

#[test]
fn whoever_is_alone_hears_music_until_somebody_comes_and_each_goes_on_in_their_own_time() {
    let mut floor = first(salon(|_| {}));
    floor.after(Span::secs(1));
    let mut floor = floor.anew();
    floor.callee(2).answers();
    floor.after(Span::secs(4));
    floor.callee(1).presses("5#");
    floor.after(Span::secs(3));
    floor.callee(2).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
    1.000 > callee 2.1 answers
    1.000 > callee 2.1 is ours
    1.000 Note attempt 2: placed 1.000, answered 1.000
    1.000 Confer callee 2.1 in lounge, conference 1.1
    1.000 Announce sound:beep in conference 1.1
    1.000 Hush Music of callee 1.1
    2.000 Save callee 3.1: item 3 attempt 1 by carrier 1
    2.000 Originate callee 3.1 to PJSIP/15550000003@trunk-a
    5.000 > callee 1.1 presses 5
    5.000 > callee 1.1 presses #
    5.000 TakeOut callee 1.1 of conference 1.1
    5.000 Calm callee 2.1 by Music
    5.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): room left after 5000 ms, menu cut
    5.000 Play sound:menu to callee 1.1
    8.000 > callee 2.1 leaves conference 1.1
    8.000 > callee 2.1 is gone (16)
    8.000 DropBridge conference 1.1
    8.000 Record attempt 2: incomplete (InFlow, -) [1: carrier 1 16]; placed 1.000, answered 1.000, ended 8.000; survey (hung_up, incomplete): room cut after 7000 ms; completed
    ");
    assert!(is_clean(&floor));
}

#[test]
fn a_third_one_finds_a_room_for_two_full_and_has_a_place_when_one_has_left() {
    let mut floor = answered(salon(|_| {}), 3);
    assert_eq!(inside(&floor), [(1, Some(ROOM)), (2, Some(ROOM)), (3, None)]);
    floor.callee(3).hangs_up(16, None);
    let steps = &floor.database.attempts[&AttemptId(3)].records[0].flow.as_ref().expect("a way").steps;
    assert_eq!((steps[0].outcome.name(), steps[0].stayed_ms), ("full", None));

    let mut floor = answered(salon(|_| {}), 2);
    floor.callee(2).hangs_up(16, None);
    floor.after(Span::secs(1));
    floor.callee(3).answers();
    assert_eq!(inside(&floor), [(1, Some(ROOM)), (3, Some(ROOM))]);
}

#[test]
fn a_stay_ends_by_itself() {
    let mut floor = first(salon(|rules| rules.beep = false));
    floor.after(Span::secs(20));
    assert!(is_clean(&floor));
    floor.callee(1).hears_it_through();
    floor.callee(1).hangs_up(16, None);
    let steps = &floor.database.attempts[&AttemptId(1)].records[0].flow.as_ref().expect("a way").steps;
    assert_eq!((steps[0].outcome.name(), steps[0].stayed_ms), ("stay_over", Some(20_000)));
}

#[test]
fn whoever_comes_into_the_room_just_as_the_link_is_lost_stays_there() {
    let mut floor = Floor::open(salon(|_| {})).dials(1);
    floor.instead("Confer", 1, Instead::Later);
    floor.callee(1).answers();
    let mut floor = floor.anew();
    floor.link_goes_down();
    floor.goes_on();
    floor.after(Span::secs(3));
    floor.link_comes_up();
    floor.after(Span::secs(2));
    floor.callee(1).presses("#");
    insta::assert_snapshot!(floor.story(), @"
    0.000 > the link goes down
    3.000 > the link comes up
    3.000 Survey
    3.000 Calm callee 1.1 by Music
    5.000 > callee 1.1 presses #
    5.000 Hush Music of callee 1.1
    5.000 TakeOut callee 1.1 of conference 1.1, which closes
    5.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): room left after 2000 ms, menu cut
    5.000 Play sound:menu to callee 1.1
    ");
}

#[test]
fn of_whoever_comes_into_the_room_and_whose_message_nobody_can_read_it_is_found_that_they_are_there() {
    let mut floor = Floor::open(salon(|_| {})).dials(1);
    floor.instead("Confer", 1, Instead::Silence);
    floor.callee(1).answers();
    let leg = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
    let (request, room) = (RequestId(0), house::room().room);
    floor.pbx.carry_out(&Command::Confer { request, leg, bridge: ROOM, room });
    floor.hear(Event::Foreign { kind: "malformed message".to_owned(), leg: Some(leg) });
    floor.after(Span::secs(5));
    assert_eq!(inside(&floor), [(1, Some(ROOM))], "{}", floor.story());
}

#[test]
fn whoever_has_left_the_room_when_the_link_is_back_goes_on() {
    let mut floor = Floor::open(salon(|_| {})).dials(1);
    floor.callee(1).answers();
    let mut floor = floor.anew();
    is_taken_from_under(&mut floor, 1);
    floor.link_goes_down();
    floor.after(Span::secs(3));
    floor.link_comes_up();
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > callee 1.1 leaves conference 1.1
    0.000 > the link goes down
    3.000 > the link comes up
    3.000 Survey
    3.000 Hush Music of callee 1.1
    3.000 Look callee 1.1
    3.000 TakeOut callee 1.1 of conference 1.1, which closes
    3.000 Note attempt 1: placed 0.000, answered 0.000; survey (hung_up, incomplete): room failed after 3000 ms, menu cut
    3.000 Play sound:menu to callee 1.1
    ");
}

#[test]
fn a_room_that_is_opened_again_has_another_bridge() {
    let mut floor = first(salon(|_| {}));
    floor.callee(1).presses("#");
    floor.after(Span::secs(1));
    floor.callee(2).answers();
    let another = Bridge::Conference { attempt: AttemptId(2), ordinal: 1 };
    assert_eq!(inside(&floor), [(1, None), (2, Some(another))]);
}

#[test]
fn a_callee_who_is_not_let_in_goes_on_elsewhere_and_nothing_is_left() {
    for outcome in [Failure::Rejected, Failure::OutcomeUnknown, Failure::NotOurs] {
        let mut floor = Floor::open(salon(|_| {})).dials(1);
        floor.instead("Confer", 1, Instead::Answer(Outcome::Failed(outcome)));
        floor.callee(1).answers();
        assert!(is_clean(&floor), "{outcome:?}");
        floor.callee(1).hangs_up(16, None);
        let steps = &floor.database.attempts[&AttemptId(1)].records[0].flow.as_ref().expect("a way").steps;
        assert_eq!((steps[0].outcome.name(), steps[0].stayed_ms), ("failed", None), "{outcome:?}");
    }
}

#[test]
fn whoever_comes_into_a_room_too_late_is_taken_out_again() {
    let mut floor = Floor::open(salon(|_| {})).dials(1);
    floor.instead("Confer", 1, Instead::Later);
    floor.callee(1).answers();
    floor.after(Span::secs(3));
    let mut floor = floor.anew();
    floor.goes_on();
    insta::assert_snapshot!(floor.story().trim(), @"3.000 TakeOut callee 1.1 of conference 1.1, which closes");
    assert!(is_clean(&floor));
}

#[test]
fn a_room_that_is_taken_from_under_them_lets_them_go_on() {
    let mut floor = answered(salon(|_| {}), 2);
    floor.pbx.bridges.clear();
    for attempt in [1, 2] {
        is_taken_from_under(&mut floor, attempt);
    }
    floor.after(Span::secs(1));
    assert!(is_clean(&floor));
    floor.callee(1).hangs_up(16, None);
    let steps = &floor.database.attempts[&AttemptId(1)].records[0].flow.as_ref().expect("a way").steps;
    assert_eq!(steps[0].outcome.name(), "failed");
}

#[test]
fn a_process_that_dies_leaves_no_room_behind() {
    let mut floor = answered(salon(|_| {}), 2);
    floor.process_restarts();
    floor.after(Span::secs(90));
    assert!(floor.pbx.legs.is_empty() && floor.pbx.bridges.is_empty(), "{:?}", floor.pbx);
}

#[test]
fn what_is_missed_while_the_link_is_down_is_found() {
    // One has gone: the other hears music again.
    let mut floor = answered(salon(|_| {}), 2);
    floor.after(Span::secs(1));
    floor.link_goes_down();
    floor.callee(2).hangs_up(16, None);
    floor.link_comes_up();
    floor.after(Span::secs(3));
    let callee = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
    assert!(floor.pbx.legs[&callee].calm, "{:?}", floor.pbx);
    // One has come in.
    let mut floor = first(salon(|_| {}));
    floor.after(Span::secs(1));
    floor.instead("Confer", 1, Instead::Later);
    floor.callee(2).answers();
    floor.link_goes_down();
    floor.goes_on();
    floor.link_comes_up();
    assert_eq!(inside(&floor), [(1, Some(ROOM)), (2, Some(ROOM))]);
    assert!(floor.pbx.legs.values().all(|leg| !leg.calm), "they talk");
    floor.after(Span::secs(25));
    assert!(is_clean(&floor), "their stay is over");
}

#[test]
fn who_is_alone_in_a_room_and_whose_music_could_not_be_begun_hears_it_after_the_next_survey() {
    for failure in [Failure::Rejected, Failure::OutcomeUnknown] {
        let mut floor = Floor::open(salon(|rules| rules.longest = Span::secs(600))).dials(3);
        floor.instead("Calm", 1, Instead::Answer(Outcome::Failed(failure)));
        floor.callee(1).answers();
        let callee = Leg::Customer { attempt: AttemptId(1), ordinal: 1 };
        floor.after(Span::secs(2));
        assert!(floor.pbx.legs[&callee].calm, "{}", floor.story());
        floor.callee(2).answers();
        assert!(!floor.pbx.legs[&callee].calm, "{}", floor.story());
    }
}
