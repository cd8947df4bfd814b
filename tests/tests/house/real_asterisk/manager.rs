//! The manager interface of a real Asterisk is watched, and lost in the middle of a campaign.

use std::net::SocketAddr;
use std::time::Duration;

use ari_shell::http::Board;
use engine::Reason;
use tests::house::House;
use tests::lab::asterisk::{PASSWORD, USER};
use tests::lab::far_end::Timings;
use tests::pbx::Pbx;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::outage::{AGENTS, end, numbers, rules, until_thirds};

/// How long a change may take to be seen: a rest between two tries, and its jitter.
const SEEN: Duration = Duration::from_secs(15);

/// A line to the manager interface that can be cut.
struct Line {
    to: SocketAddr,
    at: SocketAddr,
    carrying: JoinHandle<()>,
}

impl Line {
    async fn to(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        Self { to, at, carrying: tokio::spawn(carry(listener, to)) }
    }

    async fn cut(&mut self) {
        self.carrying.abort();
        let _ = (&mut self.carrying).await;
    }

    async fn mend(&mut self) {
        let listener = TcpListener::bind(self.at).await.expect("the port again");
        self.carrying = tokio::spawn(carry(listener, self.to));
    }
}

/// One connection after the other, since the dialer has one.
async fn carry(listener: TcpListener, to: SocketAddr) {
    while let Ok((mut near, _)) = listener.accept().await {
        let mut far = TcpStream::connect(to).await.expect("Asterisk listens");
        // However it ends, the next is waited for.
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_manager_interface_is_away_nothing_is_dialled_and_afterwards_nothing_is_lost() {
    if !tests::lab::ready() {
        return;
    }
    let mut pbx = Pbx::real(Timings::default(), AGENTS).await.expect("Asterisk starts");
    let mut line = Line::to(pbx.lab().asterisk.manager_addr()).await;
    let ami = format!("[ami]\naddress = \"{}\"\nuser = \"{USER}\"\npassword = \"{PASSWORD}\"\n", line.at);
    let mut house = House::furnish(&pbx.url(), &rules(&ami));
    let found = house.must(&["check"]);
    assert!(found.contains("Asterisk Call Manager/"), "{found}");
    house.import("spring", numbers());
    house.open().await;
    house.start().await;

    until_thirds(&house, 1).await;
    line.cut().await;
    let silent = |board: &Board| board.campaigns[0].view.reason == Some(Reason::ManagerSilent);
    house.until(SEEN, "held back by the manager interface", silent).await;
    let dialled = pbx.dialled().await.len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(pbx.dialled().await.len(), dialled, "nothing is dialled while it is away");
    line.mend().await;
    until_thirds(&house, 2).await;
    end(&mut house, &pbx).await;
}
