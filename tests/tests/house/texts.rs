//! A text that a call flow sends: it arrives at whoever sends such things, once under one name, before the call's own end.

use std::time::Duration;

use tests::house::House;
use tests::lab::far_end::number;
use tests::pbx::Pbx;
use tests::receiver::{Got, Manner, Receiver};

use crate::results::webhook;

const LIMIT: Duration = Duration::from_secs(30);

const FLOW: &str = "version = 1\nattributes = [\"first_name\"]\n\
    [[node]]\nname = \"text\"\ntype = \"sms\"\ntext = \"Hello {first_name}, this is for {number}.\"\nnext = \"hang_up\"\n";

const RULES: &str = "[[carrier]]\nname = \"trunk-a\"\ntrunk = \"trunk-a\"\n\
    [[campaign]]\nname = \"spring\"\ncarriers = [\"trunk-a\"]\nmode = \"broadcast\"\nper_minute = 600\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_a_call_flow_arrives_before_the_end_of_its_call_under_a_name_that_stays() {
    let receiver = Receiver::start().await.expect("a port is free");
    // The first delivery is taken and not acknowledged.
    receiver.behave(|nth| if nth == 0 { Manner::HangsUp } else { Manner::Takes });
    let pbx = Pbx::simulated().await.expect("a port is free");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.toml");
    std::fs::write(&file, FLOW).expect("the flow is written");
    let rules = format!("{RULES}flow = {:?}\n{}", file.display().to_string(), webhook(&receiver));
    let mut house = House::furnish(&pbx.url(), &rules);
    let callee = number(201, 1);
    let lead = format!("phone,first_name\n{callee},Ann\n");
    std::fs::write(house.folder().join("leads.csv"), lead).expect("the lead is written");
    house.must(&["import", "leads.csv", "--campaign", "spring"]);
    house.open().await;
    house.start().await;
    house.until_completed(LIMIT).await;
    let both = || receiver.taken() >= 2;
    assert!(tests::lab::until(LIMIT, both).await, "{:#?}\n{}", receiver.got(), house.log());
    house.close().await;
    let got = receiver.got();
    let name = |got: &Got| got.headers.get("ringmaster-event").cloned().unwrap_or_default();
    let names: Vec<String> = got.iter().map(name).collect();
    assert_eq!(names, ["flow.sms", "flow.sms", "call.ended"]);
    assert_eq!(got[0].key(), got[1].key(), "what comes again is known by its key");
    let data = got[1].json()["data"].clone();
    let text = format!("Hello Ann, this is for {callee}.");
    assert_eq!(
        (data["text"].as_str(), data["number"].as_str()),
        (Some(text.as_str()), Some(callee.as_str()))
    );
    assert_eq!(data["campaign"], "spring");
}
