//! Where the words of a callee cannot be kept, the call flow goes on elsewhere.

use std::io::Write as _;
use std::time::Duration;

use simulator::pbx::Fault;
use tests::house::House;
use tests::lab::far_end::number;
use tests::pbx::{MESSAGE, Pbx};

const LIMIT: Duration = Duration::from_secs(20);

/// A house whose one campaign asks one callee for a word.
pub(crate) async fn asks_for_a_word(pbx: &Pbx) -> House {
    let flow = format!(
        "version = 1\n\
         [[node]]\nname = \"word\"\ntype = \"record\"\nlongest = \"5s\"\nsilence = \"2s\"\nbeep = false\n\
         next = \"hang_up\"\nfailed = \"sorry\"\n\
         [[node]]\nname = \"sorry\"\ntype = \"play\"\nsounds = \"{MESSAGE}\"\nnext = \"hang_up\"\n"
    );
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a temporary file");
    file.write_all(flow.as_bytes()).expect("the flow is written");
    let rules = format!(
        "[[carrier]]\nname = \"trunk-a\"\ntrunk = \"trunk-a\"\n\
         [[campaign]]\nname = \"spring\"\ncarriers = [\"trunk-a\"]\nmode = \"broadcast\"\nper_minute = 600\n\
         flow = {:?}\n",
        file.path().display().to_string()
    );
    let mut house = House::furnish(&pbx.url(), &rules);
    house.has_no_mark().await;
    house.import("spring", [number(201, 1)]);
    // The shell reads the flow, and does not need its file any more.
    house.open().await;
    house.start().await;
    house
}

/// The flow has gone on, and nothing is left of it.
pub(crate) async fn has_gone_on(mut house: House, pbx: &Pbx) {
    house.until_completed(LIMIT).await;
    assert_eq!(house.logged().await[0].way, "word not_recorded, sorry said: done", "{}", house.log());
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_a_simulated_pbx_does_not_record_is_made_up_for() {
    let pbx = Pbx::simulated().await.expect("a port is free");
    let Pbx::Simulated(handle) = &pbx else { unreachable!("it is simulated") };
    let on = Some("POST /channels/rm1.c.1.1/record".to_owned());
    handle.inject(Fault::FailRequest { nth: 1, on, status: 500 }).await;
    has_gone_on(asks_for_a_word(&pbx).await, &pbx).await;
}
