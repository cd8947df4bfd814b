//! A real browser, headless, that opens a file and tells what came of it.
//!
//! It is Debian's Chromium, driven through its DevTools protocol; its profile is a folder of its own, and both are gone
//! when the handle is dropped.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::lab::{say, until};

const PROGRAM: &str = "/usr/bin/chromium";
/// Nothing of the world outside, and no sandbox, which root cannot have.
const OPTIONS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
];
const PATIENCE: Duration = Duration::from_secs(60);

/// For the first line of a test: false, and loud, when the test has to be skipped.
///
/// # Panics
/// In CI (`CI=true`), where a browser that is not there is a failure.
pub fn ready() -> bool {
    if Path::new(PROGRAM).exists() {
        return true;
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "CI must run the tests with a real browser: no {PROGRAM}"
    );
    say(&format!("SKIPPED, no real browser: no {PROGRAM}"));
    false
}

/// A running browser with one page.
pub struct Browser {
    process: Child,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Of the page, once there is one.
    session: Option<String>,
    sent: u64,
    /// What the browser said by itself since the page was opened.
    events: Vec<Value>,
    _profile: TempDir,
}

/// What a page came to at one width.
#[derive(Debug)]
pub struct Opened {
    /// What it wrote to the console or complained of, and what it failed to load.
    pub complaints: Vec<String>,
    /// Addresses that it asked for, itself left out.
    pub fetched: Vec<String>,
    /// The picture of the whole page, as PNG.
    pub picture: Vec<u8>,
}

impl Browser {
    /// Starts it.
    ///
    /// # Errors
    /// What the system says; or that the browser does not answer.
    pub async fn start() -> io::Result<Self> {
        let profile = tempfile::tempdir()?;
        let process = Command::new(PROGRAM)
            .args(OPTIONS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let address = address(profile.path()).await?;
        let (socket, _) = tokio_tungstenite::connect_async(address).await.map_err(io::Error::other)?;
        let mut browser =
            Self { process, socket, session: None, sent: 0, events: Vec::new(), _profile: profile };
        let target = browser.ask("Target.createTarget", json!({ "url": "about:blank" })).await?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.ask("Target.attachToTarget", attach).await?;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), json!({})).await?;
        }
        Ok(browser)
    }

    /// Opens a file at a width in CSS pixels and waits until it is loaded and drawn.
    ///
    /// # Errors
    /// That the browser does not answer, or cannot open it.
    pub async fn open(&mut self, file: &Path, width: u32) -> io::Result<Opened> {
        self.events.clear();
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", metrics).await?;
        let url = format!("file://{}", file.display());
        let navigated = self.ask("Page.navigate", json!({ "url": url })).await?;
        if let Some(error) = navigated["errorText"].as_str() {
            return Err(io::Error::other(format!("{url}: {error}")));
        }
        self.hear("Page.loadEventFired").await?;
        let drawn =
            self.ask("Page.captureScreenshot", json!({ "captureBeyondViewport": true, "format": "png" }));
        let picture = decoded(drawn.await?["data"].as_str().unwrap_or_default())?;
        Ok(Opened { complaints: self.complaints(), fetched: self.fetched(&url), picture })
    }

    /// What an expression is worth on the page.
    ///
    /// # Errors
    /// That the browser does not answer, or what the page throws.
    pub async fn value(&mut self, expression: &str) -> io::Result<Value> {
        let evaluate = json!({ "expression": expression, "returnByValue": true });
        let mut answer = self.ask("Runtime.evaluate", evaluate).await?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(io::Error::other(format!("{expression}: {thrown}"))),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    fn complaints(&self) -> Vec<String> {
        let complains = |event: &&Value| {
            matches!(
                event["method"].as_str(),
                Some(
                    "Runtime.consoleAPICalled"
                        | "Runtime.exceptionThrown"
                        | "Log.entryAdded"
                        | "Network.loadingFailed"
                )
            )
        };
        self.events.iter().filter(complains).map(Value::to_string).collect()
    }

    fn fetched(&self, page: &str) -> Vec<String> {
        let asked = |event: &&Value| event["method"] == "Network.requestWillBeSent";
        let url = |event: &Value| event["params"]["request"]["url"].as_str().map(str::to_owned);
        let urls = self.events.iter().filter(asked).filter_map(url);
        urls.filter(|url| url != page && !url.starts_with("data:")).collect()
    }

    /// A command, and the browser's answer to it.
    async fn ask(&mut self, method: &str, params: Value) -> io::Result<Value> {
        self.sent += 1;
        let mut command = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        self.socket.send(Message::text(command.to_string())).await.map_err(io::Error::other)?;
        loop {
            let mut said = self.next().await?;
            if said["id"] != self.sent {
                self.events.push(said);
            } else if let Some(error) = said.get("error") {
                return Err(io::Error::other(format!("{method}: {error}")));
            } else {
                return Ok(said["result"].take());
            }
        }
    }

    /// Waits until the browser says this by itself, unless it has already.
    async fn hear(&mut self, method: &str) -> io::Result<()> {
        while !self.events.iter().any(|event| event["method"] == method) {
            let said = self.next().await?;
            self.events.push(said);
        }
        Ok(())
    }

    async fn next(&mut self) -> io::Result<Value> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await?;
            let message = message.ok_or(io::ErrorKind::UnexpectedEof)?.map_err(io::Error::other)?;
            if let Message::Text(text) = message {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its helpers end with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where the browser listens; it writes that into its profile once it does.
async fn address(profile: &Path) -> io::Result<String> {
    let file: PathBuf = profile.join("DevToolsActivePort");
    let read = || std::fs::read_to_string(&file).ok().filter(|text| text.lines().count() == 2);
    if !until(PATIENCE, || read().is_some()).await {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "the browser does not listen"));
    }
    let text = read().unwrap_or_default();
    let mut lines = text.lines();
    let (port, path) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    Ok(format!("ws://127.0.0.1:{port}{path}"))
}

fn decoded(text: &str) -> io::Result<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).map_err(io::Error::other)
}
