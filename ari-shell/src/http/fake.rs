//! A shell to test against: the real server on a real socket, and a floor that grants or denies as it is told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use engine::agent::AgentState;
use engine::call::CallResult;
use engine::campaign::CampaignState;
use engine::pacing::{Bound, DropWindow, Pace, Pacing, Target, WindowCount, WindowSpan};
use engine::view::{AgentView, CampaignView, CarrierView, View};
use engine::words::{AgentId, AttemptId, CampaignId, CarrierId, Micros, Milli};
use engine::{Denial, Reason, Wish};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{House, Token, Tokens, serve};
use crate::ari::{self, fake::Act};
use crate::clock::Clock;
use crate::config::{Config, Ids};
use crate::floor::{Call, Floor};
use crate::numbers::Numbering;
use crate::recordings::Recordings;
use crate::store::{ListRules, Store};

/// By what its figures may be scraped.
pub(super) const SCRAPES: &str = "a-token-for-the-scraper";

/// The file of its database.
const DATABASE: &str = "floor.db";

/// Runs until it is dropped together with the test's runtime.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    pub(crate) token: Token,
    /// What was asked so far.
    pub(crate) wishes: Arc<Mutex<Vec<Wish>>>,
    home: TempDir,
}

impl Fake {
    /// A floor that gives one answer to every wish, and shows `view`.
    pub(crate) async fn start(answer: Result<(), Denial>, view: View) -> Self {
        let (floor, mut inbox) = Floor::channel();
        let wishes = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&wishes);
        tokio::spawn(async move {
            while let Some(call) = inbox.recv().await {
                match call {
                    Call::Ask { wish, answer: reply } => {
                        heard.lock().expect("no panic").push(wish);
                        let _ = reply.send(answer.clone());
                    }
                    Call::View { answer: reply } => {
                        let _ = reply.send(view.clone());
                    }
                }
            }
        });
        Self::serve(floor, wishes, Vec::new()).await
    }

    /// A floor that has ended.
    pub(crate) async fn gone() -> Self {
        Self::with_recordings(Vec::new()).await
    }

    /// A PBX that answers so to whoever fetches its recordings.
    pub(crate) async fn with_recordings(replies: Vec<Act>) -> Self {
        let (floor, _) = Floor::channel();
        Self::serve(floor, Arc::default(), replies).await
    }

    /// Commands find it at that address from now on.
    pub(crate) fn is_reached_at(&self, address: SocketAddr) {
        self.token.leave(&self.home.path().join("data"), address, "", None).expect("a file");
    }

    /// Nobody finds it where it was.
    pub(super) fn database_goes_away(&self) {
        std::fs::rename(self.home.path().join(DATABASE), self.home.path().join("away.db"))
            .expect("a database");
    }

    pub(super) fn database_comes_back(&self) {
        std::fs::rename(self.home.path().join("away.db"), self.home.path().join(DATABASE))
            .expect("a database");
    }

    /// Somebody writes that into its database.
    pub(super) async fn writes(&self, statements: &'static str) {
        let url = format!("sqlite://{}", self.home.path().join(DATABASE).display());
        let node = engine::words::Node::try_from("rm1".to_owned()).expect("a node name");
        let store = Store::open(&url, &node, Clock::start()).await.expect("a database");
        sqlx::raw_sql(statements).execute(store.pool()).await.expect("written");
    }

    async fn serve(floor: Floor, wishes: Arc<Mutex<Vec<Wish>>>, replies: Vec<Act>) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let token = Token::create(&home.path().join("data"), address, "", None).expect("a token");
        let forever = std::future::pending();
        let store = database(&home).await;
        let pbx = ari::fake::Fake::start(replies, Vec::new()).await;
        let signature = engine::words::Signature::try_from("rm1.3fa9c2".to_owned()).expect("a signature");
        let recordings = Recordings::new(pbx.client(), signature);
        let numbering = Numbering::of("NL").expect("a country");
        let house = House { floor, store, recordings, ids: Arc::new(ids()), numbering };
        let metrics = Some(Token::agreed(SCRAPES.into()));
        tokio::spawn(serve(listener, house, Tokens { own: token.clone(), metrics }, forever));
        Self { address, token, wishes, home }
    }

    /// The file of a configuration that leads here.
    pub(crate) fn config_file(&self) -> PathBuf {
        let path = self.home.path().join("ringmaster.toml");
        let text = format!(
            "ari.password = 'x'
http.listen = '{}'
[[carrier]]
name = 'main'
trunk = 'trunk-a'
[[campaign]]
name = 'spring sale'
carriers = ['main']
[[agent]]
name = 'anna'
campaign = 'spring sale'
",
            self.address
        );
        std::fs::write(&path, text).expect("a file");
        path
    }

    pub(crate) fn config(&self) -> Config {
        Config::load(&self.config_file(), []).expect("a right configuration")
    }

    pub(crate) fn wishes(&self) -> Vec<Wish> {
        self.wishes.lock().expect("no panic").clone()
    }
}

/// A database with the campaign, which keeps to the house's list, the agent and one queue item.
async fn database(home: &TempDir) -> Store {
    let url = format!("sqlite://{}", home.path().join(DATABASE).display());
    let node = engine::words::Node::try_from("rm1".to_owned()).expect("a node name");
    let store = Store::open(&url, &node, Clock::start()).await.expect("a database");
    store.migrate().await.expect("migrations");
    let statements = "INSERT INTO campaigns (id, name) VALUES (1, 'spring sale');
        INSERT INTO agents (id, name, campaign_id, state, since) VALUES (3, 'anna', 1, 'offline', 0);
        INSERT INTO leads (id, number, attributes) VALUES (5, '15550000001', '[]');
        INSERT INTO queue (id, campaign_id, lead_id, number, state, due_at, attempts)
        VALUES (7, 1, 5, '15550000001', 'waiting', 0, 0);";
    sqlx::raw_sql(statements).execute(store.pool()).await.expect("rows");
    let campaigns = vec![(CampaignId(1), false)];
    let house = ListRules { name: "house", max_age: None, campaigns };
    store.keep_lists(&[CampaignId(1)], &[house]).await.expect("a list");
    store
}

pub(super) fn ids() -> Ids {
    Ids {
        campaigns: [("spring sale".into(), CampaignId(1))].into(),
        carriers: [("main".into(), CarrierId(2))].into(),
        agents: [("anna".into(), AgentId(3))].into(),
    }
}

/// A floor with one of each.
pub(crate) fn view() -> View {
    View {
        pbx: true,
        breaker_until: None,
        campaigns: vec![CampaignView {
            id: CampaignId(1),
            state: CampaignState::Running,
            closes_at: None,
            pacing: Pacing::Ratio { level: Milli(2_500) },
            configured: Some(Pacing::Ratio { level: Milli(2_000) }),
            reason: Some(Reason::NoAgents),
            opens_at: None,
            hopper: 40,
            in_flight: 2,
            waiting: 1,
            talking: 3,
            handed: 1,
            skipped: 0,
            refusals: [(Reason::NoAgents, 12), (Reason::CarrierRate, 340)].into(),
            results: [(CallResult::Connected, 31), (CallResult::NoAnswer, 60), (CallResult::Dropped, 3)]
                .into(),
            windows: vec![WindowCount {
                since: Micros(1_700_000_000_000_000),
                answers: 340,
                drops: 9,
                doubtful: Milli(0),
            }],
            pace: Some(Pace {
                up_to: 9,
                agents: 6,
                idle: 1,
                answer_rate: Milli(251),
                window: DropWindow { limit: Milli(30), span: WindowSpan::Day },
                drops_left: 120,
                target: Target::Spend { drops: Milli(26), a_drop_brings: 27, bound: Bound::Price },
            }),
        }],
        agents: vec![AgentView {
            held: None,
            muted: false,
            missed_rings: 0,
            consults: None,
            transfers: vec![],
            owes: vec![],
            leaving: false,
            logs_out: false,
            pause_code: None,
            id: AgentId(3),
            state: AgentState::OnCall,
            // In the year 2255, so that it is no time ago whenever the tests are run.
            since: Micros(9_000_000_000_000_000),
            attempt: Some(AttemptId(42)),
            agreed: None,
            preview: None,
        }],
        carriers: vec![CarrierView { id: CarrierId(2), healthy: true, channels: 6 }],
        opened: 100,
        closed: 94,
        stray: [("StasisEnd".into(), 2)].into(),
    }
}
