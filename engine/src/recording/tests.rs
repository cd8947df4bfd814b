use alloc::collections::BTreeSet;
use alloc::string::ToString as _;

use proptest::prelude::*;

use super::*;
use crate::words::{AgentId, SessionId};

fn stereo() -> Takes {
    Takes::new(true, Format::Wav)
}

fn logged(takes: &Takes) -> Vec<(TakeState, Option<u64>, u64)> {
    let log = takes.log(|nth| nth.to_string());
    log.into_iter().map(|take| (take.state, take.took_ms, take.paused_ms)).collect()
}

const fn at(ms: u64) -> Micros {
    Micros(ms * 1_000)
}

#[test]
fn a_take_is_found_again_by_the_names_of_its_files_and_other_names_are_nobodys() {
    let node = Signature::try_from(String::from("rm1")).expect("a signature");
    let take = TakeId { attempt: AttemptId(42), ordinal: 2, nth: 1 };
    assert_eq!(node.take(take), "rm1.t.42.2.1");
    for track in [Track::Both, Track::Callee, Track::Agent] {
        assert_eq!(node.track_of(&node.track(take, track)), Some((take, track)));
    }
    for foreign in [
        "rm2.t.42.2.1",
        "rm1.r.42.1",
        "rm1.t.42.2",
        "rm1.t.42.2.1.both",
        "rm1.t.42.2.1.callee.x",
        "rm1.t.042.2.1",
        "rm1.t.+42.2.1",
        "rm1.t.42.2.1/../x",
        "rm1.c.42.2",
        "",
    ] {
        assert_eq!(node.track_of(foreign), None, "{foreign}");
    }
}

#[test]
fn no_leg_s_channel_has_an_id_with_which_that_of_a_channel_begins_that_listens_for_a_take() {
    let node = Signature::try_from(String::from("rm1")).expect("a signature");
    let (attempt, ordinal) = (AttemptId(42), 1);
    let take = TakeId { attempt, ordinal, nth: 1 };
    let transfer = Leg::Transfer { attempt, ordinal: 1 };
    for leg in [take.leg(), Leg::Agent { agent: AgentId(42), session: SessionId(1) }, transfer] {
        assert!(!node.take(take).starts_with(&node.channel(leg)), "{}", node.channel(leg));
    }
}

#[test]
fn a_stereo_take_is_over_with_its_last_track() {
    let mut takes = stereo();
    assert_eq!(takes.begin(), Ok(1));
    takes.began(at(100), 1);
    takes.began(at(130), 1);
    assert_eq!(takes.begin(), Err(NotNow::Already));
    takes.ended(at(900), 1, Track::Agent, true);
    takes.ended(at(910), 1, Track::Agent, true);
    assert_eq!(takes.begin(), Err(NotNow::Already), "the other track is written still");
    takes.ended(at(1_100), 1, Track::Callee, true);
    assert_eq!(logged(&takes), [(TakeState::Kept, Some(1_000), 0)]);
    assert_eq!(takes.begin(), Ok(2), "and another one may follow");
}

#[test]
fn the_numbers_of_takes_can_run_out_and_that_is_a_refusal() {
    let mut takes = Takes::new(false, Format::Wav);
    for nth in 1..=u16::MAX {
        assert_eq!(takes.begin(), Ok(nth));
        takes.is_gone(at(0), nth);
    }
    assert_eq!(takes.begin(), Err(NotNow::UsedUp));
    assert_eq!(takes.end(), Err(NotNow::Nothing), "and none has begun");
    takes.hung_up(at(1));
    assert_eq!(takes.log(|nth| nth.to_string()).len(), usize::from(u16::MAX));
}

#[test]
fn silence_is_counted_from_pause_to_resumption_or_to_the_end() {
    let mut takes = stereo();
    takes.begin().expect("nothing is under way");
    takes.began(at(0), 1);
    takes.answered(at(0), 1);
    assert_eq!(takes.pause(false), Err(NotNow::Nothing));
    assert_eq!(takes.pause(true), Ok(1));
    assert_eq!(takes.pause(false), Err(NotNow::UnderWay));
    takes.answered(at(1_000), 1);
    takes.paused(at(1_000), 1, true);
    assert_eq!(takes.pause(true), Err(NotNow::Already));
    takes.paused(at(3_000), 1, false);
    takes.paused(at(4_000), 1, true);
    takes.hung_up(at(4_500));
    assert_eq!(logged(&takes), [(TakeState::Kept, Some(4_500), 2_500)]);
}

#[test]
fn what_never_began_is_no_recording() {
    for (told, state) in [(true, TakeState::Failed), (false, TakeState::Unknown)] {
        let mut takes = stereo();
        takes.begin().expect("nothing is under way");
        if told {
            takes.failed(at(5), 1);
        }
        takes.hung_up(at(10));
        assert_eq!(logged(&takes)[0].0, state);
    }
    assert_eq!(logged(&stereo()), []);
}

/// What may happen, in any order.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Begin,
    End,
    Pause(bool),
    Answered(u16),
    Began(u16),
    Ended(u16, Track, bool),
    Failed(u16),
    Gone(u16),
}

fn turns() -> impl Strategy<Value = Turn> {
    let nth = || 0..5_u16;
    let track = prop::sample::select(&[Track::Both, Track::Callee, Track::Agent][..]);
    prop_oneof![
        3 => Just(Turn::Begin),
        2 => Just(Turn::End),
        2 => any::<bool>().prop_map(Turn::Pause),
        3 => nth().prop_map(Turn::Began),
        3 => nth().prop_map(Turn::Answered),
        3 => (nth(), track, any::<bool>()).prop_map(|(nth, track, whole)| Turn::Ended(nth, track, whole)),
        1 => nth().prop_map(Turn::Failed),
        1 => nth().prop_map(Turn::Gone),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn in_any_order_one_take_lives_at_most_and_each_is_over_with_the_call(
        stereo in any::<bool>(),
        turns in prop::collection::vec(turns(), 0..60),
    ) {
        let mut takes = Takes::new(stereo, Format::Wav);
        let mut begun = BTreeSet::new();
        let mut now = at(0);
        for turn in turns {
            now = now + Span::millis(100);
            let open = takes.all.iter().filter(|take| !take.is_over()).count();
            match turn {
                Turn::Begin => match takes.begin() {
                    Ok(nth) => prop_assert!(open == 0 && begun.insert(nth), "{nth} was begun before"),
                    Err(why) => prop_assert!(open == 1 && why == NotNow::Already),
                },
                Turn::End => prop_assert!(takes.end().is_err() || open == 1),
                Turn::Pause(paused) => {
                    if let Ok(nth) = takes.pause(paused) {
                        prop_assert_eq!(open, 1);
                        takes.paused(now, nth, paused);
                    }
                }
                Turn::Answered(nth) => takes.answered(now, nth),
                Turn::Began(nth) => takes.began(now, nth),
                Turn::Ended(nth, track, whole) => takes.ended(now, nth, track, whole),
                Turn::Failed(nth) => takes.failed(now, nth),
                Turn::Gone(nth) => takes.is_gone(now, nth),
            }
            let open = takes.all.iter().filter(|take| !take.is_over()).count();
            prop_assert!(open <= 1, "{open} takes at once");
        }
        takes.hung_up(now);
        prop_assert!(takes.all.iter().all(Take::is_over), "a take outlives its call");
        let log = takes.log(|nth| nth.to_string());
        prop_assert_eq!(log.len(), begun.len());
        for take in log {
            prop_assert!(take.state != TakeState::Kept || take.took_ms.is_some(), "kept, and nobody knows how long");
            prop_assert!(take.took_ms.is_none_or(|took| take.paused_ms <= took || take.began.is_none()));
        }
    }
}
