//! What is kept of a conversation, and what becomes of it when things go wrong.

use engine::campaign::CampaignRules;
use engine::recording::{Format, Recorded, RecordingRules, TakeId, TakeState};
use engine::words::{AttemptId, Span};
use engine::{Config, Failure, Outcome, RecordingWish, Wish};

use crate::bench::{Floor, Instead};
use crate::house::{self, SPRING};

/// The first take of the first callee.
const FIRST: TakeId = TakeId { attempt: AttemptId(1), ordinal: 1, nth: 1 };

fn records(which: Recorded, stereo: bool) -> Config {
    let mut config = house::progressive(&["ann"]);
    let recording = Some(RecordingRules { which, stereo, format: Format::Wav });
    config.campaigns[0] = CampaignRules { recording, ..config.campaigns[0].clone() };
    config
}

/// The first callee talks with ann.
fn talking(config: Config) -> Floor {
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    floor
}

fn wish(floor: &mut Floor, wish: RecordingWish) {
    floor.asks(Wish::Record { attempt: AttemptId(1), wish });
}

#[test]
fn a_conversation_is_recorded_from_its_first_moment_to_its_last() {
    let mut floor = Floor::open(records(Recorded::All, true)).staffed(&["ann"]).dials(1).anew();
    floor.callee(1).answers();
    floor.after(Span::secs(61));
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
     0.000 > callee 1.1 answers
     0.000 > callee 1.1 is ours
     0.000 Note attempt 1: placed 0.000, answered 0.000
     0.000 Join attempt 1: callee 1.1 and ann.1
     0.000 Note attempt 1: placed 0.000, answered 0.000, ann
     0.000 NoteAgent ann: on_call on 1
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann
     0.000 BeginTake 1 of callee 1.1, stereo wav
     0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    60.000 Survey
    61.000 > callee 1.1 take 1, Callee: ended
    61.000 > callee 1.1 take 1, Agent: ended
    61.000 > callee 1.1 leaves conversation 1
    61.000 > callee 1.1 is gone (16)
    61.000 NoteAgent ann: wrap_up on 1
    61.000 Hold ann.1
    61.000 DropBridge conversation 1
    61.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 61.000; rm1.t.1.1.1 kept from 0.000, 61000 ms; completed
    61.000 NoteCampaign 1: completed
    ");
}

#[test]
fn on_demand_it_is_recorded_while_somebody_wants_it_and_is_silent_while_somebody_wants_that() {
    let mut floor = talking(records(Recorded::OnDemand, false)).anew();
    for (asked, then) in [
        (RecordingWish::Pause, 1),
        (RecordingWish::Start, 10),
        (RecordingWish::Start, 1),
        (RecordingWish::Pause, 5),
        (RecordingWish::Resume, 4),
        (RecordingWish::Stop, 2),
        (RecordingWish::Start, 3),
    ] {
        wish(&mut floor, asked);
        floor.after(Span::secs(then));
    }
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
     0.000 > asked: Record { attempt: AttemptId(1), wish: Pause }
     0.000 Reply denied: nothing is recorded just now, or it is not paused
     1.000 > asked: Record { attempt: AttemptId(1), wish: Start }
     1.000 BeginTake 1 of callee 1.1, wav
     1.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
     1.000 Reply granted
    11.000 > asked: Record { attempt: AttemptId(1), wish: Start }
    11.000 Reply denied: it is recorded already, or paused already
    12.000 > asked: Record { attempt: AttemptId(1), wish: Pause }
    12.000 PauseTake 1 of callee 1.1: silent
    12.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    12.000 Reply granted
    17.000 > asked: Record { attempt: AttemptId(1), wish: Resume }
    17.000 PauseTake 1 of callee 1.1: on
    17.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    17.000 Reply granted
    21.000 > asked: Record { attempt: AttemptId(1), wish: Stop }
    21.000 EndTake 1 of callee 1.1
    21.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    21.000 Reply granted
    23.000 > asked: Record { attempt: AttemptId(1), wish: Start }
    23.000 BeginTake 2 of callee 1.1, wav
    23.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    23.000 Reply granted
    26.000 > callee 1.1 take 2, Both: ended
    26.000 > callee 1.1 leaves conversation 1
    26.000 > callee 1.1 is gone (16)
    26.000 NoteAgent ann: wrap_up on 1
    26.000 Hold ann.1
    26.000 DropBridge conversation 1
    26.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 26.000; rm1.t.1.1.1 kept from 1.000, 20000 ms, 5000 of it silent; rm1.t.1.1.2 kept from 23.000, 3000 ms; completed
    26.000 NoteCampaign 1: completed
    ");
}

#[test]
fn who_is_not_talking_and_who_is_not_to_be_recorded_is_not() {
    let mut floor = Floor::open(records(Recorded::All, false)).staffed(&["ann"]).dials(1).anew();
    wish(&mut floor, RecordingWish::Start);
    floor.callee(1).answers();
    wish(&mut floor, RecordingWish::Stop);
    wish(&mut floor, RecordingWish::Start);
    floor.callee(1).hangs_up(16, None);
    wish(&mut floor, RecordingWish::Start);
    let mut never = talking(house::progressive(&["ann"])).anew();
    wish(&mut never, RecordingWish::Start);
    let replies = |floor: &mut Floor| {
        let story = floor.story();
        story.lines().filter(|line| line.contains("Reply")).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!([replies(&mut floor), replies(&mut never)].join("\n"), @r#"
    0.000 Reply denied: callee and agent do not talk with each other just now
    0.000 Reply denied: the campaign records its conversations as a whole; pause the recording instead
    0.000 Reply denied: it is recorded already, or paused already
    0.000 Reply denied: no such live attempt; it has ended or never was
    0.000 Reply denied: the campaign's conversations are not recorded; give it `recording = "on_demand"` or "all"
    "#);
}

#[test]
fn a_recording_that_fails_harms_no_call() {
    for failure in [Failure::Rejected, Failure::Gone, Failure::OutcomeUnknown] {
        let mut floor = Floor::open(records(Recorded::All, false)).staffed(&["ann"]).dials(1);
        floor.instead("BeginTake", 1, Instead::Answer(Outcome::Failed(failure)));
        floor.callee(1).answers();
        floor.after(Span::secs(10));
        floor.callee(1).hangs_up(16, None);
        let story = floor.story();
        let state = if failure == Failure::OutcomeUnknown { TakeState::Unknown } else { TakeState::Failed };
        let expected = format!(
            "attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 10.000; rm1.t.1.1.1 {}",
            state.name()
        );
        assert!(story.contains(&expected), "{failure:?}: {story}");
    }
}

#[test]
fn whoever_asks_is_told_when_it_was_not_done_and_may_ask_again() {
    let mut floor = talking(records(Recorded::OnDemand, false)).anew();
    floor.instead("BeginTake", 1, Instead::Answer(Outcome::Failed(Failure::Rejected)));
    wish(&mut floor, RecordingWish::Start);
    wish(&mut floor, RecordingWish::Start);
    floor.instead("PauseTake", 1, Instead::Silence);
    wish(&mut floor, RecordingWish::Pause);
    floor.after(Span::secs(3));
    wish(&mut floor, RecordingWish::Pause);
    floor.instead("EndTake", 1, Instead::Answer(Outcome::Failed(Failure::Gone)));
    wish(&mut floor, RecordingWish::Stop);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Record { attempt: AttemptId(1), wish: Start }
    0.000 BeginTake 1 of callee 1.1, wav
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    0.000 Reply denied: the PBX did not do it, or nobody can tell; ask again
    0.000 > asked: Record { attempt: AttemptId(1), wish: Start }
    0.000 BeginTake 2 of callee 1.1, wav
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    0.000 Reply granted
    0.000 > asked: Record { attempt: AttemptId(1), wish: Pause }
    0.000 PauseTake 2 of callee 1.1: silent
    3.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    3.000 Reply denied: the PBX did not do it, or nobody can tell; ask again
    3.000 > asked: Record { attempt: AttemptId(1), wish: Pause }
    3.000 PauseTake 2 of callee 1.1: silent
    3.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    3.000 Reply granted
    3.000 > asked: Record { attempt: AttemptId(1), wish: Stop }
    3.000 EndTake 2 of callee 1.1
    3.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    3.000 Reply granted
    ");
}

#[test]
fn a_recording_that_may_go_on_or_may_be_silent_can_be_ended_and_gone_on_with() {
    let mut floor = talking(records(Recorded::OnDemand, false));
    wish(&mut floor, RecordingWish::Start);
    let mut floor = floor.anew();
    floor.instead("PauseTake", 1, Instead::Answer(Outcome::Failed(Failure::OutcomeUnknown)));
    wish(&mut floor, RecordingWish::Pause);
    wish(&mut floor, RecordingWish::Resume);
    floor.instead("EndTake", 1, Instead::Answer(Outcome::Failed(Failure::NotSent)));
    wish(&mut floor, RecordingWish::Stop);
    wish(&mut floor, RecordingWish::Stop);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Record { attempt: AttemptId(1), wish: Pause }
    0.000 PauseTake 1 of callee 1.1: silent
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    0.000 Reply denied: the PBX did not do it, or nobody can tell; ask again
    0.000 > asked: Record { attempt: AttemptId(1), wish: Resume }
    0.000 PauseTake 1 of callee 1.1: on
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    0.000 Reply granted
    0.000 > asked: Record { attempt: AttemptId(1), wish: Stop }
    0.000 EndTake 1 of callee 1.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    0.000 Reply denied: the PBX did not do it, or nobody can tell; ask again
    0.000 > asked: Record { attempt: AttemptId(1), wish: Stop }
    0.000 EndTake 1 of callee 1.1
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    0.000 Reply granted
    ");
}

#[test]
fn a_process_that_takes_a_conversation_up_finds_its_recording_going_on() {
    let mut floor = talking(records(Recorded::All, false));
    floor.after(Span::secs(5));
    floor.process_restarts();
    floor.after(Span::secs(5));
    floor.callee(1).hangs_up(16, None);
    let story = floor.story();
    let record = story.lines().find(|line| line.contains("Record ")).expect("it is on record");
    assert!(record.contains("rm1.t.1.1.1 kept from 0.000, 10000 ms"), "{record}");
}

#[test]
fn a_process_that_takes_a_conversation_up_knows_of_its_takes_and_that_one_is_silent() {
    let mut floor = talking(records(Recorded::OnDemand, false));
    for (asked, then) in [(RecordingWish::Start, 2), (RecordingWish::Stop, 1), (RecordingWish::Start, 3)] {
        wish(&mut floor, asked);
        floor.after(Span::secs(then));
    }
    wish(&mut floor, RecordingWish::Pause);
    floor.process_restarts();
    floor.after(Span::secs(4));
    wish(&mut floor, RecordingWish::Resume);
    floor.after(Span::secs(5));
    wish(&mut floor, RecordingWish::Stop);
    floor.callee(1).hangs_up(16, None);
    let story = floor.story();
    let record = story.lines().find(|line| line.contains("Record attempt")).expect("it is on record");
    let takes =
        "rm1.t.1.1.1 kept from 0.000, 2000 ms; rm1.t.1.1.2 kept from 3.000, 12000 ms, 4000 of it silent";
    assert!(record.contains(takes), "{record}");
}

#[test]
fn a_campaign_does_not_dial_where_the_pbx_cannot_record() {
    let mut floor = Floor::open(records(Recorded::All, false));
    floor.pbx.no_media = true;
    floor.adds_leads([1]);
    floor.asks(Wish::Start(SPRING));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: starting
    0.000 FindMedia recording:wav
    0.000 NoteCampaign 1: ready
    0.000 Reply denied: the PBX does not record wav: it needs res_stasis_recording, res_stasis_snoop, the format's module and its folder for recordings; nothing was dialled
    ");
}

#[test]
fn a_take_is_paused_and_ended_as_it_was_begun_whatever_the_next_process_is_told() {
    let mut floor = talking(records(Recorded::OnDemand, true));
    wish(&mut floor, RecordingWish::Start);
    floor.process_restarts_with(|config| {
        let recording = config.campaigns[0].recording.as_mut().expect("it records");
        recording.stereo = false;
    });
    let mut floor = floor.anew();
    floor.after(Span::secs(1));
    for next in [RecordingWish::Pause, RecordingWish::Resume, RecordingWish::Stop] {
        wish(&mut floor, next);
    }
    insta::assert_snapshot!(floor.story(), @"
    1.000 > asked: Record { attempt: AttemptId(1), wish: Pause }
    1.000 PauseTake 1 of callee 1.1: silent
    1.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    1.000 Reply granted
    1.000 > asked: Record { attempt: AttemptId(1), wish: Resume }
    1.000 PauseTake 1 of callee 1.1: on
    1.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    1.000 Reply granted
    1.000 > asked: Record { attempt: AttemptId(1), wish: Stop }
    1.000 EndTake 1 of callee 1.1
    1.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    1.000 Reply granted
    ");
}

/// The replies to what was asked, and what the exchange was told of takes.
fn of_takes(floor: &mut Floor) -> String {
    let story = floor.story();
    let is_told = |line: &&str| line.contains("Take ") || line.contains("Reply");
    story.lines().filter(is_told).map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn of_a_recording_one_thing_is_asked_at_a_time() {
    let mut floor = talking(records(Recorded::OnDemand, false)).anew();
    floor.instead("BeginTake", 1, Instead::Later);
    wish(&mut floor, RecordingWish::Start);
    wish(&mut floor, RecordingWish::Stop);
    wish(&mut floor, RecordingWish::Pause);
    floor.goes_on();
    wish(&mut floor, RecordingWish::Pause);
    floor.instead("PauseTake", 1, Instead::Later);
    wish(&mut floor, RecordingWish::Resume);
    // Whoever is told that it is silent already says the number of a card.
    wish(&mut floor, RecordingWish::Pause);
    floor.goes_on();
    wish(&mut floor, RecordingWish::Pause);
    insta::assert_snapshot!(of_takes(&mut floor), @"
    0.000 BeginTake 1 of callee 1.1, wav
    0.000 Reply denied: the last wish of that kind is still being carried out; ask again
    0.000 Reply denied: the last wish of that kind is still being carried out; ask again
    0.000 Reply granted
    0.000 PauseTake 1 of callee 1.1: silent
    0.000 Reply granted
    0.000 PauseTake 1 of callee 1.1: on
    0.000 Reply denied: the last wish of that kind is still being carried out; ask again
    0.000 Reply granted
    0.000 PauseTake 1 of callee 1.1: silent
    0.000 Reply granted
    ");
}

#[test]
fn a_take_that_the_pbx_has_ended_is_over_though_nobody_hears_of_its_end() {
    let mut floor = talking(records(Recorded::OnDemand, false));
    wish(&mut floor, RecordingWish::Start);
    let mut floor = floor.anew();
    floor.link_goes_down();
    floor.after(Span::secs(3));
    wish(&mut floor, RecordingWish::Stop);
    floor.link_comes_up();
    wish(&mut floor, RecordingWish::Start);
    insta::assert_snapshot!(of_takes(&mut floor), @"
    3.000 EndTake 1 of callee 1.1
    3.000 Reply granted
    3.000 BeginTake 2 of callee 1.1, wav
    3.000 Reply granted
    ");
}

#[test]
fn a_take_of_which_nobody_could_tell_whether_it_began_is_looked_for_soon() {
    for (instead, then) in [
        (Instead::Answer(Outcome::Failed(Failure::OutcomeUnknown)), "BeginTake 2"),
        (Instead::Untold, "recorded already"),
    ] {
        let mut floor = talking(records(Recorded::OnDemand, false));
        floor.instead("BeginTake", 1, instead);
        floor.link_goes_down();
        wish(&mut floor, RecordingWish::Start);
        floor.link_comes_up();
        floor.after(Span::secs(2));
        let mut floor = floor.anew();
        wish(&mut floor, RecordingWish::Start);
        let told = of_takes(&mut floor);
        assert!(told.contains(then), "{told}");
    }
}

#[test]
fn a_take_that_has_ended_in_a_gap_is_found_to_be_over() {
    let mut floor = talking(records(Recorded::OnDemand, true));
    wish(&mut floor, RecordingWish::Start);
    floor.after(Span::secs(5));
    floor.link_goes_down();
    let broken = floor.pbx.end_take(FIRST, false);
    floor.happens(broken);
    floor.after(Span::secs(1));
    let mut floor = floor.anew();
    floor.link_comes_up();
    wish(&mut floor, RecordingWish::Pause);
    wish(&mut floor, RecordingWish::Start);
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @"
    6.000 > the link comes up
    6.000 Survey
    6.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    6.000 > asked: Record { attempt: AttemptId(1), wish: Pause }
    6.000 Reply denied: nothing is recorded just now, or it is not paused
    6.000 > asked: Record { attempt: AttemptId(1), wish: Start }
    6.000 BeginTake 2 of callee 1.1, stereo wav
    6.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    6.000 Reply granted
    6.000 > callee 1.1 take 2, Callee: ended
    6.000 > callee 1.1 take 2, Agent: ended
    6.000 > callee 1.1 leaves conversation 1
    6.000 > callee 1.1 is gone (16)
    6.000 NoteAgent ann: wrap_up on 1
    6.000 Hold ann.1
    6.000 DropBridge conversation 1
    6.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 6.000; rm1.t.1.1.1 kept from 0.000, 6000 ms; rm1.t.1.1.2 kept from 6.000, 0 ms; completed
    6.000 NoteCampaign 1: completed
    ");
}

#[test]
fn a_take_that_has_begun_late_is_ended_once_it_is_found() {
    let mut floor = talking(records(Recorded::OnDemand, false));
    floor.instead("BeginTake", 1, Instead::Later);
    wish(&mut floor, RecordingWish::Start);
    floor.after(Span::secs(10));
    let mut floor = floor.anew();
    floor.goes_on();
    assert!(floor.pbx.takes.contains_key(&FIRST));
    floor.after(Span::secs(60));
    assert!(floor.pbx.takes.is_empty(), "{}", floor.story());
}

#[test]
fn a_take_of_which_an_earlier_process_has_left_no_note_is_found_and_can_be_silenced() {
    for stereo in [false, true] {
        let mut floor = talking(records(Recorded::OnDemand, stereo));
        floor.instead("Note", 1, Instead::Silence);
        wish(&mut floor, RecordingWish::Start);
        floor.process_restarts();
        floor.after(Span::secs(5));
        wish(&mut floor, RecordingWish::Pause);
        assert!(floor.pbx.takes[&FIRST].silent, "{}", floor.story());
        floor.after(Span::secs(5));
        floor.callee(1).hangs_up(16, None);
        let story = floor.story();
        assert!(story.contains("rm1.t.1.1.1 kept from 0.000, 10000 ms, 5000 of it silent"), "{story}");
    }
}

#[test]
fn a_take_that_is_left_of_a_campaign_that_records_no_more_is_ended() {
    let mut floor = talking(records(Recorded::OnDemand, true));
    floor.instead("Note", 1, Instead::Silence);
    wish(&mut floor, RecordingWish::Start);
    floor.process_restarts_with(|config| config.campaigns[0].recording = None);
    assert!(floor.pbx.takes.is_empty(), "{}", floor.story());
}

#[test]
fn whether_a_take_is_silent_that_an_earlier_process_has_begun_nobody_can_tell() {
    let mut floor = talking(records(Recorded::OnDemand, false));
    wish(&mut floor, RecordingWish::Start);
    wish(&mut floor, RecordingWish::Pause);
    floor.instead("Note", 1, Instead::Silence);
    wish(&mut floor, RecordingWish::Resume);
    floor.process_restarts();
    floor.after(Span::secs(1));
    let mut floor = floor.anew();
    let (_, is_shown_silent) = floor.database.attempts[&AttemptId(1)].shown_takes(AttemptId(1));
    assert!(!is_shown_silent, "it is recorded");
    wish(&mut floor, RecordingWish::Pause);
    assert!(floor.pbx.takes[&FIRST].silent, "{}", floor.story());
    wish(&mut floor, RecordingWish::Resume);
    assert!(!floor.pbx.takes[&FIRST].silent, "{}", floor.story());
}

#[test]
fn that_a_take_has_begun_after_all_is_noted() {
    let mut floor = talking(records(Recorded::OnDemand, false));
    floor.instead("BeginTake", 1, Instead::Untold);
    wish(&mut floor, RecordingWish::Start);
    let (going_on, _) = floor.database.attempts[&AttemptId(1)].shown_takes(AttemptId(1));
    assert_eq!(going_on, [FIRST], "{}", floor.story());
}

#[test]
fn that_a_recording_has_broken_off_is_noted_with_the_next_survey() {
    let mut floor = talking(records(Recorded::All, false));
    floor.after(Span::secs(59));
    let mut floor = floor.anew();
    let broken = floor.pbx.end_take(FIRST, false);
    floor.happens(broken);
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @"
    59.000 > callee 1.1 take 1, Both: failed
    60.000 Survey
    60.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, and its takes
    ");
}
