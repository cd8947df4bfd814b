//! What operators do while the shell waits for an Asterisk that is not there yet.

use std::net::SocketAddr;
use std::time::Duration;

use ari_shell::http::AgentVerb;
use tests::house::House;
use tests::lab::port;
use tests::pbx::Pbx;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::waiting::RULES;

const LIMIT: Duration = Duration::from_secs(20);

/// An address at which the PBX can be reached once somebody leads there.
struct Address(SocketAddr);

impl Address {
    fn new() -> Self {
        Self(SocketAddr::from(([127, 0, 0, 1], port::free().expect("a port"))))
    }

    /// Leads there from now on.
    async fn leads_to(&self, pbx: &Pbx) {
        let there = pbx.url().trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind(self.0).await.expect("the port is still free");
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let mut to = TcpStream::connect(&there).await.expect("the PBX is there");
                tokio::spawn(async move { copy_bidirectional(&mut from, &mut to).await });
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_while_asterisk_is_away_holds_once_it_is_there() {
    let pbx = Pbx::simulated().await.expect("a port is free");
    let address = Address::new();
    let list = "\n[[do_not_call]]\nname = \"house\"\neveryone = true\n";
    let mut house = House::furnish(&format!("http://{}", address.0), &format!("{RULES}{list}"));
    house.spawn();
    assert!(tests::lab::until(LIMIT, || house.log().contains("does not answer")).await, "{}", house.log());
    let (_, checked, _) = house.command(&["check"]);
    assert!(checked.contains("for Asterisk"), "{checked}");
    house.import("spring", ["15552000001".to_owned(), "15552000002".to_owned()]);
    house.must(&["dnc", "add", "15552000001", "--list", "house"]);
    house.must(&["campaign", "start", "spring"]);
    let (code, _, told) = house.command(&["agent", "login", "agent-1"]);
    assert!(code == 1 && told.contains("waits for Asterisk"), "{told}");
    assert!(house.is_running());

    address.leads_to(&pbx).await;
    let is_there = || house.log().contains("connected to Asterisk");
    assert!(tests::lab::until(LIMIT, is_there).await, "{}", house.log());
    house.asks("agent-1", AgentVerb::LogIn).await;
    house.until_completed(LIMIT).await;
    let dialled: Vec<String> =
        house.requests().await.iter().map(|request| request.number.to_string()).collect();
    assert_eq!(dialled, ["15552000002"]);
    house.close().await;
}
