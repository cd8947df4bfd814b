//! What commands say and do beside a shell that waits for Asterisk.

use std::net::SocketAddr;

use engine::Wish;
use engine::words::{CampaignId, Micros, QueueId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::house::House;
use super::ok;
use crate::http::fake::{Fake, view};

const WAITING: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\nconnection: close\r\n\r\nwaiting\n";

/// Where the first who asks is told that the shell waits, and all others reach the one at `open`.
async fn opens_after_one_question(open: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.expect("a question");
        assert!(first.read(&mut [0; 1_024]).await.expect("a request") > 0);
        first.write_all(WAITING).await.expect("answered");
        while let Ok((mut from, _)) = listener.accept().await {
            let mut to = TcpStream::connect(open).await.expect("the floor is open");
            tokio::spawn(async move { copy_bidirectional(&mut from, &mut to).await });
        }
    });
    address
}

#[tokio::test]
async fn commands_say_that_the_shell_waits_and_not_that_none_runs() {
    let house = House::new().await;
    house.migrate().await;
    house.wait().await;
    let leads = house.write("leads.csv", "phone\n15550000001\n");
    let mut told = String::new();
    for line in [
        &["import", &leads, "--list", "members", "--campaign", "spring"][..],
        &["campaign", "start", "spring"],
        &["campaign", "pause", "spring"],
        &["campaign", "close", "spring", "--at", "2099-12-01 17:30"],
        &["campaign", "list"],
        &["agent", "list"],
    ] {
        let said = house.says(line).await;
        let first = line[..2].join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {first}\n{said}"));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_callback_is_told_to_a_floor_that_has_opened_while_it_was_written_down() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = fake.config_file();
    let database = file.with_file_name("floor.db").display().to_string();
    let address = opens_after_one_question(fake.address).await;
    fake.is_reached_at(address);
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, format!("{text}[database]\nurl = 'sqlite://{database}'\n")).expect("written");

    let set = ["callback", "set", "--item", "7", "--at", "2126-01-01T00:00:00Z"];
    assert_eq!(
        ok(&file, &set).await,
        "queue item 7: to be called from 2126-01-01 00:00:00.000 UTC by anybody\n"
    );
    let at = Micros(4_922_899_200_000_000);
    assert_eq!(fake.wishes(), [Wish::CallBack { campaign: CampaignId(1), item: QueueId(7), at }]);
}
