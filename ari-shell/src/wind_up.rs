//! The end of what a node left open that has gone for good: the engine that its next process would have takes it up, beside
//! a PBX that holds nothing any more.
//!
//! So each call ends in one record, by the same rules as one whose leg is gone after a restart: nobody can tell what became
//! of those that nobody had talked on, and their leads are tried again as the campaign has it for such. Who owed a disposition
//! will not give it, so the default is written.

use engine::words::{CampaignId, Micros, Node};
use engine::{Command, Engine, Event, Failure, Outcome};
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::config::{Config, Ids};
use crate::dialer::StartError;
use crate::store::{Reopened, Store, Writer};

/// What was brought to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WoundUp {
    /// Calls that have their record now.
    pub calls: usize,
    /// Dispositions that were written by default.
    pub owed: usize,
    /// Leads that wait again.
    pub leads: u64,
    /// Calls and dispositions of campaigns or carriers that this configuration does not name, which are left as they are.
    pub left: usize,
}

/// Winds a node up whose process will never come back, by the rules of this configuration; none of its agents works any more,
/// and no campaign is dialled there.
///
/// # Errors
/// [`StartError`] where the database fails or the rules contradict each other. What is done by then stays, and the same again
/// does the rest.
pub async fn wind_up(config: &Config, store: Store, ids: &Ids, node: Node) -> Result<WoundUp, StartError> {
    let store = store.as_node(node).telling(config.subscriptions());
    let mut done = WoundUp::default();
    // Whoever was on a call when the node died owes a disposition of it only once that call has its record.
    for _ in 0..2 {
        let mut reopened = store.reopen().await?;
        let store = store.clone().signing(reopened.signature.clone());
        let Reopened { signature, next_attempt, next_session, .. } = &reopened;
        let mut rules = config.engine(ids, signature.clone(), *next_attempt, *next_session);
        rules.agents.clear();
        done.leads += reopened.released;
        store.send_home_unknown(&mut reopened, &rules).await?;
        store.employ(&[]).await?;
        done.left = leave_unknown(&mut reopened, &rules);
        done.calls += reopened.attempts.len();
        done.owed += reopened.debts.len();
        store.settle_without_a_set(&mut reopened, &rules).await?;
        LastFloor::new(&store, rules)?.hold(reopened).await;
    }
    store.forget_standings().await?;
    store.sign_off().await?;
    Ok(done)
}

/// Takes out what these rules do not know; says how much that is.
fn leave_unknown(reopened: &mut Reopened, rules: &engine::Config) -> usize {
    let Reopened { attempts, debts, .. } = reopened;
    let all = attempts.len() + debts.len();
    let names = |id: CampaignId| rules.campaigns.iter().any(|campaign| campaign.id == id);
    attempts.retain(|open| {
        let carries = rules.carriers.iter().any(|carrier| carrier.id == open.request.carrier);
        names(open.request.campaign) && carries
    });
    debts.retain(|debt| names(debt.campaign));
    all - attempts.len() - debts.len()
}

/// The engine of a floor that only ends.
struct LastFloor {
    engine: Engine,
    clock: Clock,
    writer: Writer,
    answers: mpsc::UnboundedReceiver<Event>,
    answered: mpsc::UnboundedSender<Event>,
    /// Commands that were not answered yet.
    open: usize,
}

impl LastFloor {
    fn new(store: &Store, rules: engine::Config) -> Result<Self, StartError> {
        let clock = store.clock().clone();
        // Chance has no part in an end.
        let engine = Engine::new(rules, [0; 32], clock.now())?;
        let (answered, answers) = mpsc::unbounded_channel();
        let writer = store.writer(answered.clone());
        Ok(Self { engine, clock, writer, answers, answered, open: 0 })
    }

    /// Goes on until everything has its record and every default is written.
    async fn hold(mut self, mut reopened: Reopened) {
        let now = self.clock.now();
        for debt in &mut reopened.debts {
            debt.until = now;
        }
        self.hear(reopened.event());
        self.hear(Event::LinkUp);
        while !self.is_over() {
            let wake = self.engine.poll_timeout().map_or(Micros(u64::MAX), |(at, _)| at);
            tokio::select! {
                Some(answer) = self.answers.recv() => {
                    self.open -= 1;
                    self.hear(answer);
                }
                () = self.clock.reach(wake) => self.hear(Event::Woke),
            }
        }
        self.writer.close().await;
    }

    fn is_over(&self) -> bool {
        let view = self.engine.view();
        self.open == 0 && view.opened == view.closed
    }

    fn hear(&mut self, event: Event) {
        self.engine.handle(self.clock.now(), event);
        while let Some(command) = self.engine.poll_command() {
            let Some(request) = command.request() else { continue };
            self.open += 1;
            if let Err(for_the_pbx) = self.writer.submit(command) {
                let outcome = of_nothing(&for_the_pbx);
                // The other end is ours.
                let _ = self.answered.send(Event::Settled { request, outcome });
            }
        }
    }
}

/// What a PBX answers that holds nothing.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else is asked of it is about something that is not there"
)]
fn of_nothing(command: &Command) -> Outcome {
    match command {
        Command::Survey { .. } => {
            Outcome::Surveyed { legs: Vec::new(), bridges: Vec::new(), takes: Vec::new() }
        }
        Command::Look { .. } => Outcome::Looked(None),
        _ => Outcome::Failed(Failure::Gone),
    }
}
