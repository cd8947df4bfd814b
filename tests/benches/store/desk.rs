//! The store with leads in it, and callers who hand in their commands as the shell's floor does.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ari_shell::clock::Clock;
use ari_shell::import::{self, Plan};
use ari_shell::numbers::Numbering;
use ari_shell::store::{Names, Store, Writer};
use engine::call::CallSoFar;
use engine::lead::QueueItem;
use engine::words::{AgentId, AttemptId, CampaignId, Node, RequestId};
use engine::{Command, Event, Outcome};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::call;

const CAMPAIGN: CampaignId = CampaignId(1);
/// Leads in one claim.
const CLAIM: u32 = 500;

/// How callers go about it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    /// Each command when the one before is answered.
    OneByOne,
    /// Only intents and records are waited for.
    AsTheShell,
    /// The same, so many intents a second all together.
    Paced(u32),
}

/// A store at work.
pub(super) struct Desk {
    writer: Arc<Writer>,
    /// Where the answers go, by the number of the caller.
    ears: Arc<Mutex<Vec<UnboundedSender<Outcome>>>>,
    items: Arc<Mutex<VecDeque<QueueItem>>>,
}

impl Desk {
    /// The database at `url`, made anew, with so many leads.
    pub(super) async fn furnish(url: &str, leads: usize) -> Self {
        let node = Node::try_from("rm1".to_owned()).expect("a node name");
        let store = Store::open(url, &node, Clock::start()).await.expect("the store opens");
        store.migrate().await.expect("migrations");
        let agents: Vec<String> = (1..=super::CALLERS).map(|n| format!("agent-{n}")).collect();
        let agents: Vec<(&str, &str)> = agents.iter().map(|name| (name.as_str(), "bench")).collect();
        let names = Names { campaigns: &["bench"], carriers: &["trunk"], agents: &agents };
        store.register(names).await.expect("registered");
        store.reopen().await.expect("signed in");
        import_leads(&store, leads).await;

        let (events, answers) = mpsc::unbounded_channel();
        let ears = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(tell(answers, Arc::clone(&ears)));
        let writer = Arc::new(store.writer(events));
        Self { writer, ears, items: Arc::default() }
    }

    /// Claims so many leads for the callers, one claim after the other.
    pub(super) async fn claim(&mut self, leads: usize) {
        let mut caller = self.caller();
        let mut items = VecDeque::new();
        while items.len() < leads {
            let fetch = |request| Command::Fetch { request, campaign: CAMPAIGN, count: CLAIM, cap: 9 };
            let Outcome::Fetched { items: more, .. } = caller.ask(fetch).await else { panic!("no leads") };
            items.extend(more);
        }
        self.items = Arc::new(Mutex::new(items));
    }

    /// So many callers save so many intents. Gives how long each waited for its own.
    pub(super) async fn dial(&self, callers: usize, intents: usize, manner: Manner) -> Vec<Duration> {
        let start = Instant::now();
        let mut tasks = JoinSet::new();
        for nth in 0..callers {
            let mut caller = self.caller();
            let items = Arc::clone(&self.items);
            tasks.spawn(async move {
                let mut saved = Vec::new();
                for serial in (nth..intents).step_by(callers) {
                    if let Manner::Paced(rate) = manner {
                        let serial = u32::try_from(serial).expect("not so many");
                        sleep_until(start + Duration::from_secs(1) / rate * serial).await;
                    }
                    let item = lock(&items).pop_front().expect("as many leads as intents");
                    saved.push(caller.dial(&item, manner).await);
                }
                saved
            });
        }
        tasks.join_all().await.concat()
    }

    fn caller(&self) -> Caller {
        let (ear, answers) = mpsc::unbounded_channel();
        let mut ears = lock(&self.ears);
        ears.push(ear);
        Caller { nth: ears.len() as u64 - 1, writer: Arc::clone(&self.writer), answers }
    }
}

async fn import_leads(store: &Store, leads: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut csv = "phone\n".to_owned();
    for serial in 0..leads {
        // Numbers of people do not come in order: neighbours here are far from each other in every index.
        let line = serial as u64 * 7_919 % 10_000_000;
        writeln!(csv, "1555{line:07}").expect("a string takes everything");
    }
    let file = folder.path().join("leads.csv");
    fs::write(&file, csv).expect("the leads are written");
    let plan = Plan {
        file: &file,
        list: "bench",
        campaigns: &[CAMPAIGN],
        numbering: Numbering::AS_THEY_STAND,
        renamed: &[],
        errors: None,
        skip_bad: false,
    };
    let done = import::import(store, plan, &mut |_| {}).await.expect("imported");
    assert_eq!(done.imported, leads as u64, "no number twice");
}

/// Gives every answer to the caller who asked.
async fn tell(mut answers: UnboundedReceiver<Event>, ears: Arc<Mutex<Vec<UnboundedSender<Outcome>>>>) {
    while let Some(Event::Settled { request, outcome }) = answers.recv().await {
        let ear = usize::try_from(request.0).expect("the number of a caller");
        // A caller who has ended misses nothing.
        let _ = lock(&ears)[ear].send(outcome);
    }
}

struct Caller {
    nth: u64,
    writer: Arc<Writer>,
    answers: UnboundedReceiver<Outcome>,
}

impl Caller {
    /// One call from its intent to its record; gives how long the intent took to be durable.
    async fn dial(&mut self, item: &QueueItem, manner: Manner) -> Duration {
        let agent = AgentId(u32::try_from(self.nth).expect("a few callers") % 60 + 1);
        let call = call::request(CAMPAIGN, item);
        let attempt = AttemptId(item.id.0);
        let begun = Instant::now();
        let outcome = self.ask(|request| Command::Save { request, call: Arc::new(call.clone()) }).await;
        let saved = begun.elapsed();
        assert_eq!(outcome, Outcome::Done, "the intent is saved");

        let (answered, talked) = (call::answered(&call), call::talked(&call));
        for (times, agent) in [(answered, None), (talked, Some(agent))] {
            let so_far = Box::new(CallSoFar { times, agent, ..CallSoFar::default() });
            self.tell(manner, |request| Command::Note { request, attempt, so_far }).await;
        }
        let record = Arc::new(call::record(&call, agent));
        self.tell(manner, |request| Command::Record { request, record }).await;
        if !matches!(manner, Manner::OneByOne) {
            for _ in 0..3 {
                self.answer().await;
            }
        }
        saved
    }

    /// Submits, and waits where everything is waited for.
    async fn tell(&mut self, manner: Manner, make: impl FnOnce(RequestId) -> Command) {
        self.submit(make);
        if matches!(manner, Manner::OneByOne) {
            self.answer().await;
        }
    }

    fn submit(&self, make: impl FnOnce(RequestId) -> Command) {
        self.writer.submit(make(RequestId(self.nth))).expect("a command for the database");
    }

    async fn answer(&mut self) -> Outcome {
        self.answers.recv().await.expect("the store answers")
    }

    async fn ask(&mut self, make: impl FnOnce(RequestId) -> Command) -> Outcome {
        self.submit(make);
        self.answer().await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
