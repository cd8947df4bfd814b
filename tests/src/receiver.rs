//! A receiver of webhooks: a small HTTP server that keeps what it is sent, and that can be as bad as receivers are.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What it does with a request, once it has read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Takes it.
    Takes,
    /// Takes it after so long.
    Slow(Duration),
    /// Answers with that status.
    Answers(u16),
    /// Says that it takes it, and closes in the middle of its answer.
    BreaksOff,
    /// Closes without an answer.
    HangsUp,
}

/// A request that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    /// Its headers, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
    /// What was done with it.
    pub manner: Manner,
}

impl Got {
    /// The name of the event, which is the same in every delivery of it.
    #[must_use]
    pub fn key(&self) -> &str {
        self.headers.get("idempotency-key").map_or("", String::as_str)
    }

    /// Whether the sender could know that it was taken.
    #[must_use]
    pub fn was_taken(&self) -> bool {
        matches!(self.manner, Manner::Takes | Manner::Slow(_))
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|problem| panic!("{problem}: {}", self.body))
    }
}

/// How it treats its requests, by their number from 0.
type Manners = Box<dyn Fn(usize) -> Manner + Send + Sync>;

/// The receiver, on a port of the loopback of its own. Dropped, it is gone.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

struct Shared {
    manners: Mutex<Manners>,
    count: AtomicUsize,
    got: Mutex<Vec<Got>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("count", &self.count).finish_non_exhaustive()
    }
}

impl Receiver {
    /// Starts one that takes everything.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let manners: Manners = Box::new(|_| Manner::Takes);
        let shared = Arc::new(Shared {
            manners: Mutex::new(manners),
            count: AtomicUsize::new(0),
            got: Mutex::default(),
        });
        let serving = Some(tokio::spawn(serve(listener, Arc::clone(&shared))));
        Ok(Self { address, shared, serving })
    }

    /// Where it is sent to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/ringmaster/", self.address)
    }

    /// Treats requests so from now on, each by its number.
    pub fn behave(&self, manners: impl Fn(usize) -> Manner + Send + Sync + 'static) {
        *lock(&self.shared.manners) = Box::new(manners);
    }

    /// Is gone, with all its connections.
    pub async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            // That it was aborted is what was wanted.
            let _ = serving.await;
        }
    }

    /// Is there again, at the same address.
    ///
    /// # Errors
    /// Where somebody else has the port.
    pub async fn again(&mut self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.serving = Some(tokio::spawn(serve(listener, Arc::clone(&self.shared))));
        Ok(())
    }

    /// Everything that came in, in its order.
    #[must_use]
    pub fn got(&self) -> Vec<Got> {
        lock(&self.shared.got).clone()
    }

    /// How many requests it has taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        lock(&self.shared.got).iter().filter(|got| got.was_taken()).count()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // Whoever sends may go away at any moment.
            let _ = converse(stream, &shared).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// One request after the other, until either side closes.
async fn converse(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some((headers, body)) = read(&mut stream).await? {
        let manner = lock(&shared.manners)(shared.count.fetch_add(1, Ordering::Relaxed));
        if let Manner::Slow(wait) = manner {
            tokio::time::sleep(wait).await;
        }
        lock(&shared.got).push(Got { headers, body, manner });
        let answer = match manner {
            Manner::Takes | Manner::Slow(_) => String::from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            Manner::Answers(status) => format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n"),
            Manner::BreaksOff => String::from("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok, bu"),
            Manner::HangsUp => return Ok(()),
        };
        stream.get_mut().write_all(answer.as_bytes()).await?;
        if manner == Manner::BreaksOff {
            return stream.get_mut().shutdown().await;
        }
    }
    Ok(())
}

/// A request's headers and body; `None` where the sender has closed.
async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<(BTreeMap<String, String>, String)>> {
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) => drop(headers.insert(name.to_ascii_lowercase(), value.to_owned())),
            None if line.trim_end().is_empty() => break,
            // The request line.
            None => {}
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some((headers, String::from_utf8_lossy(&body).into_owned())))
}
