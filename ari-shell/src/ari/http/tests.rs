use super::super::fake::{Act, Fake, PASSWORD, hangs_up, server};
use super::super::{
    BridgeFlag, BridgeId, ChannelId, Direction, Hangup, Originate, Place, PlaybackId, Reason, Recording,
    RecordingName,
};
use super::*;

const CHANNEL: &str = r#"{"id":"rm1.42.1.c","state":"Down"}"#;

fn call() -> Originate {
    Originate {
        endpoint: "PJSIP/+4930123@trunk".to_owned(),
        app: "ringmaster".to_owned(),
        app_args: "dialed".to_owned(),
        channel_id: ChannelId::new("rm1.42.1.c"),
        other_channel_id: Some(ChannelId::new("rm1.o.42.1.c")),
        caller_id: "\"A & B\" <+4930999>".to_owned(),
        timeout_s: 45,
        variables: [
            ("TIMEOUT(absolute)".to_owned(), "3600".to_owned()),
            ("ATTEMPT".to_owned(), "42.1".to_owned()),
        ]
        .into(),
        formats: None,
    }
}

fn id(text: &str) -> ChannelId {
    ChannelId::new(text)
}

#[test]
fn only_plain_http_without_credentials_is_an_address() {
    let new = |address| Server::new(address, "dialer", SecretString::from(PASSWORD));
    assert_eq!(new("https://pbx").expect_err("https"), ServerError::Https);
    assert!(ServerError::Https.to_string().contains("proxy"));
    assert_eq!(new("ws://pbx").expect_err("ws"), ServerError::Scheme);
    assert_eq!(new("http://a:b@pbx").expect_err("credentials"), ServerError::Credentials);
    assert!(matches!(new("pbx"), Err(ServerError::Invalid(_))));
}

#[test]
fn an_address_is_the_same_with_and_without_ari() {
    for (address, expected) in [
        ("http://127.0.0.1:8088", "http://127.0.0.1:8088/ari/channels"),
        ("http://127.0.0.1:8088/", "http://127.0.0.1:8088/ari/channels"),
        ("http://127.0.0.1:8088/ari/", "http://127.0.0.1:8088/ari/channels"),
        ("http://pbx:8088/asterisk", "http://pbx:8088/asterisk/ari/channels"),
        ("http://pbx:8088/asterisk/ari?x=y#z", "http://pbx:8088/asterisk/ari/channels"),
    ] {
        assert_eq!(server(address).url(&["channels"], &[]).expect("an address").as_str(), expected);
    }
}

#[test]
fn ids_are_escaped_and_can_never_address_another_resource() {
    let server = server("http://pbx");
    let url = |id: &str| server.url(&["channels", id], &[]).map(|url| url.path().to_owned());
    assert_eq!(url("rm1.42.1.c").expect("an id"), "/ari/channels/rm1.42.1.c");
    assert_eq!(
        url("a/../b?c#d+e f%2e\u{e4}").expect("an id"),
        "/ari/channels/a%2F..%2Fb%3Fc%23d%2Be%20f%252e%C3%A4"
    );
    for wrong in ["", ".", ".."] {
        assert!(matches!(url(wrong), Err(Error::NotSent(_))), "{wrong:?}");
    }
}

#[test]
fn the_password_is_in_no_debug_output() {
    let server = server("http://pbx");
    let header = server.authorization();
    let encoded = header.to_str().expect("text").trim_start_matches("Basic ").to_owned();
    let client = Client::new(server.clone(), &HttpConfig::default()).expect("a client");
    for shown in [format!("{server:?}"), format!("{client:?}"), format!("{header:?}")] {
        assert!(!shown.contains(PASSWORD) && !shown.contains(&encoded), "{shown}");
    }
}

#[tokio::test]
async fn an_originate_carries_everything_and_the_credentials_in_a_header() {
    let fake = Fake::start(vec![Act::Reply(200, CHANNEL)], Vec::new()).await;
    fake.client().originate(&call()).await.expect("placed");
    let seen = fake.seen();
    assert_eq!(
        seen[0].line,
        "POST /ari/channels?endpoint=PJSIP%2F%2B4930123%40trunk&app=ringmaster&appArgs=dialed&channelId=rm1.42.1.c\
         &callerId=%22A%20%26%20B%22%20%3C%2B4930999%3E&timeout=45\
         &otherChannelId=rm1.o.42.1.c"
    );
    let body: serde_json::Value = serde_json::from_str(&seen[0].body).expect("JSON");
    let variables = serde_json::json!({ "ATTEMPT": "42.1", "TIMEOUT(absolute)": "3600" });
    assert_eq!(body, serde_json::json!({ "variables": variables }));
    assert_eq!(seen[0].authorization, "Basic ZGlhbGVyOnMzY3JldC1ww6Rzc3dvcmQ=");
}

#[tokio::test]
async fn every_request_is_the_one_that_asterisk_knows() {
    let list = || Act::Reply(200, "[]");
    let done = || Act::Reply(204, "");
    let bridge = || Act::Reply(200, r#"{"id":"b"}"#);
    let channel = || Act::Reply(200, CHANNEL);
    let replies = vec![
        Act::Reply(200, r#"{"system":{"version":"22.10.1"}}"#),
        done(),
        Act::Reply(200, r#"{"name":"m"}"#),
        list(),
        channel(),
        done(),
        done(),
        done(),
        Act::Reply(201, r#"{"id":"p"}"#),
        Act::Reply(200, r#"{"id":"p"}"#),
        done(),
        done(),
        done(),
        done(),
        channel(),
        bridge(),
        done(),
        done(),
        done(),
        done(),
        list(),
        bridge(),
        done(),
        Act::Reply(201, r#"{"name":"r"}"#),
        Act::Reply(200, r#"{"name":"r"}"#),
        done(),
        Act::Reply(200, r#"{"id":"s"}"#),
        Act::Reply(200, r#"{"technology":"PJSIP","resource":"trunk"}"#),
    ];
    let fake = Fake::start(replies, Vec::new()).await;
    ask_everything(&fake.client()).await.expect("all answered");
    assert_eq!(
        fake.lines(),
        [
            "GET /ari/asterisk/info",
            "GET /ari/asterisk/ping",
            "GET /ari/asterisk/modules/app_amd.so",
            "GET /ari/channels",
            "GET /ari/channels/c",
            "DELETE /ari/channels/c?reason=no_answer",
            "DELETE /ari/channels/c?reason_code=21",
            "POST /ari/channels/c/continue?context=amd&extension=s&priority=1",
            "POST /ari/channels/c/play/p?media=sound%3Ahello",
            "GET /ari/playbacks/p",
            "DELETE /ari/playbacks/p",
            "POST /ari/channels/c/variable?variable=TIMEOUT%28absolute%29&value=60",
            "POST /ari/channels/c/mute?direction=in",
            "DELETE /ari/channels/c/mute?direction=in",
            "POST /ari/channels/c/snoop/s?app=a&spy=both&whisper=none",
            "POST /ari/bridges/b?type=mixing%2Cdtmf_events%2Cproxy_media&name=call%2042",
            "POST /ari/bridges/b/addChannel?channel=c%2Cd",
            "POST /ari/bridges/b/removeChannel?channel=d",
            "POST /ari/bridges/b/moh",
            "POST /ari/bridges/b/moh?mohClass=quiet",
            "GET /ari/bridges",
            "GET /ari/bridges/b",
            "DELETE /ari/bridges/b",
            "POST /ari/channels/c/record?name=r&format=wav&maxDurationSeconds=60&maxSilenceSeconds=5&beep=true&ifExists=fail",
            "GET /ari/recordings/live/r",
            "POST /ari/recordings/live/r/stop",
            "GET /ari/sounds/campaign%2Fhello",
            "GET /ari/endpoints/PJSIP/trunk",
        ]
    );
}

async fn ask_everything(client: &Client) -> Result<(), Error> {
    let (c, d, b, p) = (id("c"), id("d"), BridgeId::new("b"), PlaybackId::new("p"));
    let recording = Recording {
        name: RecordingName::new("r"),
        format: "wav".to_owned(),
        duration_s_max: 60,
        silence_s_max: 5,
        beep: true,
    };
    let place = Place { context: "amd".to_owned(), extension: "s".to_owned(), priority: 1 };
    assert_eq!(client.info().await?.system.version, "22.10.1");
    client.ping().await?;
    client.module("app_amd.so").await?;
    client.channels().await?;
    client.channel(&c).await?;
    client.hangup(&c, Hangup::Reason(Reason::NoAnswer)).await?;
    client.hangup(&c, Hangup::Code(21)).await?;
    client.continue_(&c, &place).await?;
    client.play(&c, &p, "sound:hello").await?;
    client.playback(&p).await?;
    client.stop_playback(&p).await?;
    client.set_variable(&c, "TIMEOUT(absolute)", "60").await?;
    client.mute(&c, Direction::In).await?;
    client.unmute(&c, Direction::In).await?;
    client.snoop(&c, &id("s"), "a", Direction::Both, Direction::None).await?;
    let flags = [BridgeFlag::Mixing, BridgeFlag::DtmfEvents, BridgeFlag::ProxyMedia];
    client.create_bridge(&b, &flags, "call 42").await?;
    client.add_channel(&b, &[&c, &d]).await?;
    client.remove_channel(&b, &[&d]).await?;
    client.start_moh(&b, None).await?;
    client.start_moh(&b, Some("quiet")).await?;
    client.bridges().await?;
    client.bridge(&b).await?;
    client.destroy_bridge(&b).await?;
    client.record_channel(&c, &recording).await?;
    client.live_recording(&recording.name).await?;
    client.stop_recording(&recording.name).await?;
    client.sound("campaign/hello").await?;
    client.endpoint("PJSIP", "trunk").await?;
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_told_by_what_was_asked() {
    let replies = vec![
        Act::Reply(400, r#"{"message":"Channel not found"}"#),
        Act::Reply(422, r#"{"message":"Channel not in this bridge"}"#),
        Act::Reply(409, r#"{"message":"Channel with given unique ID already exists"}"#),
        Act::Reply(500, r#"{"error":"Allocation failed"}"#),
        Act::Reply(401, r#"{"message":"Authentication required"}"#),
        Act::Reply(404, r#"{"message":"Endpoint not found"}"#),
        Act::Reply(200, "surprise"),
    ];
    let fake = Fake::start(replies, Vec::new()).await;
    let client = fake.client();
    let (bridge, channel) = (BridgeId::new("b"), id("c"));
    let kinds = [
        client.add_channel(&bridge, &[&channel]).await.expect_err("400").kind(),
        client.remove_channel(&bridge, &[&channel]).await.expect_err("422").kind(),
        client.originate(&call()).await.expect_err("409").kind(),
        client.originate(&call()).await.expect_err("500").kind(),
        client.ping().await.expect_err("401").kind(),
        client.endpoint("PJSIP", "trunk").await.expect_err("404").kind(),
        client.channels().await.expect_err("no JSON").kind(),
    ];
    let expected = [
        Kind::Gone,
        Kind::WrongState,
        Kind::Conflict,
        Kind::Unavailable,
        Kind::Unauthorized,
        Kind::Gone,
        Kind::Malformed,
    ];
    assert_eq!(kinds, expected.map(Some));
}

#[tokio::test]
async fn a_late_reply_leaves_the_outcome_unknown_and_is_not_asked_for_again() {
    let fake = Fake::start(vec![Act::Late(Duration::from_secs(5))], Vec::new()).await;
    let config = HttpConfig { deadline: Duration::from_millis(100), ..HttpConfig::default() };
    let start = Instant::now();
    let outcome = fake.client_with(&config).channels().await;
    assert_eq!(outcome, Err(Error::Unknown(Doubt::Deadline)));
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(fake.lines().len(), 1);
}

#[tokio::test]
async fn a_folder_of_recordings_that_takes_long_to_be_listed_is_there_and_one_that_is_not_is_told() {
    let missing = Act::Reply(500, r#"{"error":"Allocation failed"}"#);
    let fake = Fake::start(vec![Act::Late(Duration::from_secs(5)), missing], Vec::new()).await;
    let config = HttpConfig { deadline: Duration::from_millis(100), ..HttpConfig::default() };
    let client = fake.client_with(&config);
    assert_eq!(client.recordings_folder().await, Ok(()));
    let missing = client.recordings_folder().await;
    assert!(matches!(missing, Err(Error::Http { status: 500, .. })), "{missing:?}");
}

#[tokio::test]
async fn a_request_that_finds_no_slot_in_time_was_not_sent() {
    let fake = Fake::start(vec![Act::Late(Duration::from_secs(5))], Vec::new()).await;
    let config =
        HttpConfig { deadline: Duration::from_millis(200), in_flight_max: 1, ..HttpConfig::default() };
    let client = fake.client_with(&config);
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.ping().await }
    });
    while fake.lines().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // Asked a little before the slot gets free, with a deadline that ends before that.
    let hurried = Client { deadline: Duration::from_millis(20), ..client };
    assert!(matches!(hurried.ping().await, Err(Error::NotSent(_))));
    assert_eq!(first.await.expect("no panic"), Err(Error::Unknown(Doubt::Deadline)));
    assert_eq!(fake.lines().len(), 1);
}

#[tokio::test]
async fn a_refused_connection_means_not_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let client = Client::new(server(&address), &HttpConfig::default()).expect("a client");
    let error = client.originate(&call()).await.expect_err("nobody listens");
    assert!(matches!(error, Error::NotSent(_)), "{error}");
    assert!(!error.to_string().contains("4930123"), "{error}");
}

/// Somebody who listens and takes nobody in: whoever wants a connection hears nothing at all.
async fn takes_nobody_in() -> (Server, (tokio::net::TcpListener, Vec<tokio::net::TcpStream>)) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(1).expect("it listens");
    let address = listener.local_addr().expect("an address");
    let mut taken_in = Vec::new();
    let connect = || tokio::net::TcpStream::connect(address);
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(200), connect()).await {
        taken_in.push(stream.expect("a connection"));
    }
    (server(&format!("http://{address}")), (listener, taken_in))
}

#[tokio::test]
async fn what_no_connection_is_had_for_in_time_was_not_sent() {
    let (server, _listens) = takes_nobody_in().await;
    let config = HttpConfig { deadline: Duration::from_millis(400), ..HttpConfig::default() };
    let client = Client::new(server, &config).expect("a client");
    let hangup = Hangup::Reason(Reason::Normal);
    for outcome in [
        client.originate(&call()).await,
        client.hangup(&id("c"), hangup).await,
        client.add_channel(&BridgeId::new("b"), &[&id("c")]).await,
    ] {
        assert!(matches!(outcome, Err(Error::NotSent(_))), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_broken_connection_repeats_what_is_harmless_and_never_a_call() {
    let (server, mut requests) = hangs_up().await;
    let client = Client::new(server, &HttpConfig::default()).expect("a client");
    let mut sent = async |outcome: Result<(), Error>| {
        assert!(matches!(outcome, Err(Error::Unknown(Doubt::Broken(_)))), "{outcome:?}");
        std::iter::from_fn(|| requests.try_recv().ok()).count()
    };
    assert_eq!(sent(client.channels().await.map(drop)).await, 2);
    assert_eq!(sent(client.hangup(&id("c"), Hangup::Reason(Reason::Normal)).await).await, 2);
    assert_eq!(sent(client.event_filter("a", &[]).await.map(drop)).await, 2);
    assert_eq!(sent(client.originate(&call()).await).await, 1);
    assert_eq!(sent(client.add_channel(&BridgeId::new("b"), &[&id("c")]).await).await, 1);
}
