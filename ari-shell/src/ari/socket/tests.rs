use super::super::fake::{Act, Fake, PASSWORD};
use super::super::reply::Kind;
use super::*;

const HELLO: &str = r#"{"type":"StasisEnd","application":"ringmaster","channel":{"id":"a"}}"#;
const REPLACED: &str = r#"{"type":"ApplicationReplaced","application":"ringmaster"}"#;

/// Times short enough for a test and long enough for a busy machine.
fn config() -> SocketConfig {
    SocketConfig {
        ping_every: Duration::from_millis(50),
        silence_max: Duration::from_millis(500),
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(5),
        ..SocketConfig::default()
    }
}

fn open(fake: &Fake) -> Stream {
    Stream::open(fake.server(), fake.client(), "ringmaster", config())
}

/// The next item in short, so that a test can compare whole stretches of the stream.
async fn next(stream: &mut Stream) -> String {
    let item = timeout(Duration::from_secs(5), stream.next()).await.expect("an item in time");
    match item.map(|item| item.news) {
        Some(News::Connected { epoch }) => format!("connected {epoch}"),
        Some(News::Event(event)) => format!("event {}", event.kind),
        Some(News::Malformed(malformed)) => format!("malformed {}", malformed.raw),
        Some(News::Lost { epoch, why }) => format!("lost {epoch}: {why}"),
        Some(News::Replaced) => "replaced".to_owned(),
        None => "end".to_owned(),
    }
}

#[tokio::test]
async fn the_upgrade_has_the_credentials_in_a_header_and_subscribes_to_nothing_else() {
    let fake = Fake::start(Vec::new(), Vec::new()).await;
    let mut stream = open(&fake);
    assert_eq!(next(&mut stream).await, "connected 1");
    let seen = fake.seen();
    assert_eq!(seen[0].line, "GET /ari/events?app=ringmaster&subscribeAll=false");
    assert_eq!(seen[0].authorization, "Basic ZGlhbGVyOnMzY3JldC1ww6Rzc3dvcmQ=");
    assert_eq!(seen[1].line, "PUT /ari/applications/ringmaster/eventFilter");
    let filter: serde_json::Value = serde_json::from_str(&seen[1].body).expect("JSON");
    assert_eq!(
        filter,
        serde_json::json!({ "disallowed": DISALLOWED.map(|kind| serde_json::json!({ "type": kind })) })
    );
    assert!(!format!("{stream:?}").contains(PASSWORD));
}

#[tokio::test]
async fn events_arrive_in_order_after_connected_and_the_malformed_among_them() {
    let again = r#"{"type":"ChannelStateChange","channel":{"id":"a"}}"#;
    let messages = vec![HELLO, "{", r#"{"type":"New"}"#, r#"{"type":"StasisEnd"}"#, again];
    let fake = Fake::start(Vec::new(), vec![Act::Hold(messages)]).await;
    let mut stream = open(&fake);
    let mut items = Vec::new();
    for _ in 0..6 {
        items.push(next(&mut stream).await);
    }
    assert_eq!(
        items,
        [
            "connected 1",
            "event StasisEnd",
            "malformed {",
            "event New",
            r#"malformed {"type":"StasisEnd"}"#,
            "event ChannelStateChange",
        ]
    );
    assert_eq!(stream.waiting(), 0);
}

#[tokio::test]
async fn after_a_loss_the_stream_reconnects_and_sets_the_filter_again() {
    let fake = Fake::start(Vec::new(), vec![Act::Send(vec![HELLO]), Act::Send(Vec::new())]).await;
    let mut stream = open(&fake);
    let mut items = Vec::new();
    for _ in 0..6 {
        items.push(next(&mut stream).await);
    }
    assert_eq!(
        items,
        [
            "connected 1",
            "event StasisEnd",
            "lost 1: closed by the server",
            "connected 2",
            "lost 2: closed by the server",
            "connected 3",
        ]
    );
    let filters = fake.lines().iter().filter(|line| line.starts_with("PUT")).count();
    assert_eq!(filters, 3);
}

#[tokio::test]
async fn a_silent_server_is_a_lost_one() {
    let fake = Fake::start(Vec::new(), vec![Act::Silent]).await;
    let mut stream = open(&fake);
    assert_eq!(next(&mut stream).await, "connected 1");
    assert_eq!(next(&mut stream).await, "lost 1: the server fell silent");
    assert_eq!(next(&mut stream).await, "connected 2");
}

#[tokio::test]
async fn a_server_that_only_answers_pings_is_not_silent() {
    let fake = Fake::start(Vec::new(), Vec::new()).await;
    let mut stream = open(&fake);
    assert_eq!(next(&mut stream).await, "connected 1");
    let quiet = timeout(config().silence_max * 3, stream.next()).await;
    assert!(quiet.is_err(), "{quiet:?}");
}

#[tokio::test]
async fn a_replaced_application_ends_the_stream_for_good() {
    let fake = Fake::start(Vec::new(), vec![Act::Hold(vec![HELLO, REPLACED, HELLO])]).await;
    let mut stream = open(&fake);
    assert_eq!(next(&mut stream).await, "connected 1");
    assert_eq!(next(&mut stream).await, "event StasisEnd");
    assert_eq!(next(&mut stream).await, "replaced");
    assert_eq!(next(&mut stream).await, "end");
    sleep(config().backoff_max * 10).await;
    let upgrades = fake.lines().iter().filter(|line| line.contains("/events")).count();
    assert_eq!(upgrades, 1);
}

#[tokio::test]
async fn a_refused_upgrade_says_why_and_is_tried_again() {
    let refusals = vec![Act::Reply(401, "{}"), Act::Reply(403, "{}"), Act::Reply(404, "{}")];
    let fake = Fake::start(Vec::new(), refusals).await;
    let mut stream = open(&fake);
    assert_eq!(next(&mut stream).await, "lost 1: user or password refused");
    assert_eq!(next(&mut stream).await, "lost 2: user or password refused");
    assert_eq!(next(&mut stream).await, "lost 3: connection refused with status 404");
    assert_eq!(next(&mut stream).await, "connected 4");
}

#[tokio::test]
async fn without_its_filter_a_connection_does_not_count() {
    let fake = Fake::start(vec![Act::Reply(404, r#"{"message":"gone"}"#)], Vec::new()).await;
    let mut stream = open(&fake);
    let item = stream.next().await.expect("an item");
    let News::Lost { epoch: 1, why: WhyLost::Filter(error) } = item.news else {
        panic!("{item:?}");
    };
    assert_eq!(error.kind(), Some(Kind::Gone));
    assert_eq!(next(&mut stream).await, "connected 2");
}

#[tokio::test]
async fn a_dropped_stream_ends_its_task() {
    let fake = Fake::start(Vec::new(), Vec::new()).await;
    let mut stream = open(&fake);
    assert_eq!(next(&mut stream).await, "connected 1");
    let task = stream.task.clone();
    drop(stream);
    let ended = async {
        while !task.is_finished() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(5), ended).await.expect("an end");
}

#[test]
fn the_wait_doubles_up_to_its_limit_and_varies_a_little() {
    let config = SocketConfig::default();
    let waits: Vec<_> =
        [1, 2, 3, 7, 8, 1000].iter().map(|&failures| backoff(&config, failures, 0).as_millis()).collect();
    assert_eq!(waits, [50, 100, 200, 3200, 5000, 5000]);
    assert_eq!(backoff(&config, 1, 999_999).as_millis(), 62);
    assert_eq!(backoff(&config, 1000, 999_999).as_millis(), 6249);
}
