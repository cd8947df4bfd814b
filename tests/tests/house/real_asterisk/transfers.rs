//! What is heard of a transfer, and what the telephone is told to which a callee is put through.

use std::fmt::Write as _;
use std::time::Duration;

use tests::house::House;
use tests::lab::CallLog;
use tests::lab::far_end::{Timings, number};
use tests::pbx::Pbx;

const LIMIT: Duration = Duration::from_secs(20);

/// A house whose one campaign takes callees through that node, with one lead.
async fn put_through(pbx: &Pbx, node: &str, lead: &str) -> House {
    let mut flow = "version = 1\n[[node]]\nname = \"desk\"\ntype = \"transfer\"\n".to_owned();
    writeln!(flow, "{node}\notherwise = \"hang_up\"").expect("a string takes everything");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.toml");
    std::fs::write(&file, flow).expect("the flow is written");
    let rules = "[[carrier]]\nname = \"trunk-a\"\ntrunk = \"trunk-a\"\n\
                 [[campaign]]\nname = \"spring\"\ncarriers = [\"trunk-a\"]\nmode = \"broadcast\"\nper_minute = 600\n\
                 caller_id = \"15550007777\"\n";
    let mut house = House::furnish(&pbx.url(), &format!("{rules}flow = {:?}\n", file.display().to_string()));
    std::fs::write(house.folder().join("leads.csv"), lead).expect("the lead is written");
    house.must(&["import", "leads.csv", "--campaign", "spring"]);
    house.open().await;
    house.start().await;
    house
}

fn header<'l>(call: &'l CallLog, name: &str) -> Option<&'l str> {
    call.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_is_told_who_is_coming_while_the_callee_hears_music() {
    if !tests::lab::ready() {
        return;
    }
    let mut pbx = Pbx::real(Timings::default(), 0).await.expect("Asterisk starts");
    let (callee, other) = (number(201, 1), number(200, 1));
    let node = format!(
        "to = \"{other}\"\nwhisper = \"sound:ringmaster/safe-harbour\"\ncaller_id = \"callee\"\nscreen_pop = true"
    );
    let lead = format!("phone,transfer_ref\n{callee},R-17\r\n");
    let mut house = put_through(&pbx, &node, &lead).await;
    house.until_completed(LIMIT).await;
    let far_end = &pbx.lab().far_end;
    let seen = far_end.call_to(&other).expect("the other was called");
    let heard = far_end.call_to(&callee).expect("the callee was called");
    assert_eq!(seen.caller, callee, "they see the callee's number");
    assert_eq!(heard.caller, "15550007777", "the callee sees the campaign's");
    assert!(header(&seen, "P-Contact-ID").is_some_and(|lead| lead.parse::<u64>().is_ok()));
    assert_eq!(header(&seen, "P-Contact-Transfer-Ref"), Some("R-17"));
    let attempt = house.logged().await[0].attempt.to_string();
    assert_eq!(header(&seen, "P-CallRequest-ID"), Some(attempt.as_str()));
    assert!(seen.sound_at > seen.answered_at, "the other hears the whisper");
    assert!(
        heard.sound_at.is_some() && heard.sound_at < seen.answered_at,
        "the callee hears music meanwhile"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_who_is_put_through_to_a_telephone_of_the_house_and_whoever_is_there_hear_each_other() {
    if !tests::lab::ready() {
        return;
    }
    let mut pbx = Pbx::real(Timings::default(), 1).await.expect("Asterisk starts");
    let callee = number(201, 1);
    let node = "endpoint = \"PJSIP/agent-1\"\nmeanwhile = \"ringback\"";
    let mut house = put_through(&pbx, node, &format!("phone\n{callee}\n")).await;
    let lab = pbx.lab();
    let (far_end, phones) = (&lab.far_end, &lab.phones);
    let of_callee = || far_end.call_to(&callee).is_some_and(|call| call.phones_heard.contains_key(&1));
    assert!(tests::lab::until(LIMIT, of_callee).await, "the callee hears nobody: {}", house.log());
    // What callees say when they answer, which the callee still does when they are put through.
    let of_other = || phones.calls(1).iter().any(|call| call.sound_at.is_some());
    assert!(tests::lab::until(LIMIT, of_other).await, "the callee is not heard: {}", house.log());
    phones.hang_up(1);
    house.until_completed(LIMIT).await;
    let call = house.logged().await.remove(0);
    assert_eq!((call.way.as_str(), call.transfers[0].outcome()), ("desk transferred: done", "answered"));
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_hears_it_ring_and_then_the_flow_again_where_nobody_answers() {
    if !tests::lab::ready() {
        return;
    }
    let mut pbx = Pbx::real(Timings::default(), 0).await.expect("Asterisk starts");
    let callee = number(201, 1);
    let node = format!("to = \"{}\"\nring_timeout = \"5s\"\nmeanwhile = \"ringback\"", number(180, 1));
    let mut house = put_through(&pbx, &node, &format!("phone\n{callee}\n")).await;
    let far_end = &pbx.lab().far_end;
    let rings = || far_end.call_to(&callee).is_some_and(|call| call.sound_at.is_some());
    assert!(tests::lab::until(Duration::from_secs(4), rings).await, "it does not ring: {}", house.log());
    house.until_completed(LIMIT).await;
    assert_eq!(house.logged().await[0].way, "desk no_answer: done");
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
