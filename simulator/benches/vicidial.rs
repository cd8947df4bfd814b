//! How does predictive pacing stand beside VICIdial's own, each of them set as well as hindsight can?
//!
//! World R (`realistic-flat`, `-step`, `-sine`): pools of 10, 30, 100 and 300 agents, nothing known beforehand. Every
//! setting of a grid plays the same days, meeting the same people. Of each of VICIdial's methods stands the setting that
//! kept agents busiest with at most 3 % of the answers dropped *on those very days*, which no administrator could have
//! known; then the one setting that would have kept to 3 % in all three worlds. Beside each stands what predictive pacing
//! has more when it is held to no more drops than that setting had, to a tenth of a percent: over the same days, with its
//! 95 % interval. A setting may have dropped less than the lowest limit that predictive pacing takes. Where predictive pacing
//! then drops more, a line says so.
//!
//! `cargo bench -p simulator --bench vicidial [-- <agents> ...]`
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use rayon::prelude::*;
use simulator::scenario::{self, Draft, Scenario};
use simulator::study::interval::Interval;
use simulator::study::{self, Study};
use toml::{Table, Value};

const DROP_LIMIT: f64 = 0.03;
/// The lowest limit that predictive pacing takes, and the steps of it.
const LIMIT_STEP: f64 = 0.001;
/// Days that nothing else plays, and on which no constant was tuned.
const SEED: u64 = 20_261_127;
const WORLDS: [&str; 3] = ["flat", "step", "sine"];
/// Agents, and how many days each world is played for: fewer where a day has more calls to tell policies apart by.
const POOLS: [(u32, u32); 4] = [(10, 20), (30, 20), (100, 10), (300, 5)];

/// The ways to run VICIdial that are told apart.
const METHODS: [&str; 4] = ["ratio", "ratio, available only", "adapt hard", "adapt hard, available only"];

/// One way to set VICIdial up.
struct Candidate {
    method: &'static str,
    name: String,
    pacing: Value,
}

fn main() {
    let asked: Vec<u32> = std::env::args().filter_map(|said| said.parse().ok()).collect();
    for (agents, days) in POOLS {
        if asked.is_empty() || asked.contains(&agents) {
            pool(agents, days);
        }
    }
}

fn pool(agents: u32, days: u32) {
    let candidates = candidates(agents);
    println!("\n{agents} agents, {days} days a world, {} settings of VICIdial", candidates.len());
    println!(
        "world  pacing                                              busy   drops  predictive, at its drops"
    );
    let mut played: Vec<Vec<Study>> = Vec::new();
    for world in WORLDS {
        let field = Field { world, agents, days };
        let predictive = field.predictive(DROP_LIMIT);
        println!("{}", told(world, "predictive", &predictive));
        let studies: Vec<Study> =
            candidates.par_iter().map(|candidate| field.play(&candidate.pacing)).collect();
        for method in METHODS {
            let of_method =
                candidates.iter().zip(&studies).filter(|(candidate, _)| candidate.method == method);
            let best = of_method
                .filter(|(_, study)| study.drop_rate <= DROP_LIMIT)
                .max_by(|(_, one), (_, other)| one.utilisation.total_cmp(&other.utilisation));
            match best {
                Some((candidate, study)) => field.compare(&candidate.name, study),
                None => println!("{world:<6} {method}: no setting kept to 3 %"),
            }
        }
        played.push(studies);
    }
    one_for_all(agents, days, &candidates, &played);
}

/// The best that is the same in all worlds and keeps to the limit in each.
fn one_for_all(agents: u32, days: u32, candidates: &[Candidate], played: &[Vec<Study>]) {
    let keeps = |nth: &usize| played.iter().all(|studies| studies[*nth].drop_rate <= DROP_LIMIT);
    let busy = |nth: usize| played.iter().map(|studies| studies[nth].utilisation).sum::<f64>();
    let best = (0..candidates.len()).filter(keeps).max_by(|one, other| busy(*one).total_cmp(&busy(*other)));
    let Some(best) = best else { return println!("No one setting kept to 3 % in all three worlds.") };
    println!("One setting for all three worlds:");
    for (world, studies) in WORLDS.iter().zip(played) {
        Field { world, agents, days }.compare(&candidates[best].name, &studies[best]);
    }
}

/// Where pacings meet.
#[derive(Clone, Copy)]
struct Field {
    world: &'static str,
    agents: u32,
    days: u32,
}

impl Field {
    /// Prints what a setting of VICIdial's has reached, and what predictive pacing has more at no more drops.
    fn compare(self, name: &str, study: &Study) {
        let limit = ((study.drop_rate / LIMIT_STEP).floor() * LIMIT_STEP).max(LIMIT_STEP);
        let predictive = self.predictive(limit);
        let busy = |study: &Study| study.days.iter().map(|day| 100.0 * day.utilisation()).collect::<Vec<_>>();
        let more = Interval::of_differences(&busy(&predictive), &busy(study));
        println!(
            "{}  {:>5.1} % {:>5.2} %  {:+.1} ± {:.1}",
            told(self.world, name, study),
            100.0 * predictive.utilisation,
            100.0 * predictive.drop_rate,
            more.mean,
            more.half_width().unwrap_or(f64::NAN)
        );
        if predictive.drop_rate > study.drop_rate {
            println!("       MORE drops than this setting had, held to {:.1} %", 100.0 * limit);
        }
    }

    fn predictive(self, limit: f64) -> Study {
        let pacing = format!("predictive={limit:.3}");
        self.play(&scenario::pacing(&pacing).unwrap_or_else(|problem| panic!("{pacing}: {problem}")))
    }

    fn play(self, pacing: &Value) -> Study {
        let Self { world, agents, days } = self;
        let scenario: Result<Scenario, _> = Draft::load(&format!("realistic-{world}"))
            .and_then(|draft| draft.paced(pacing))
            .and_then(|draft| draft.with("agents.count", i64::from(agents).into(), "the pool"))
            .and_then(|draft| draft.with("shift.days", i64::from(days).into(), "the days"))
            .map(|draft| draft.scenario().clone());
        study::run(&scenario.unwrap_or_else(|bad| panic!("{bad}")), SEED, || ())
    }
}

fn told(world: &str, name: &str, study: &Study) -> String {
    format!("{world:<6} {name:<50} {:>5.1} % {:>5.2} %", 100.0 * study.utilisation, 100.0 * study.drop_rate)
}

/// What an administrator might set: fixed levels over all agents and over the ready ones, and the hard limit with tight
/// caps. As many calls a second as the pool needs, since VICIdial's default of 5 would starve a large one.
fn candidates(agents: u32) -> Vec<Candidate> {
    let cps = i64::from((agents / 5).clamp(5, 60));
    let candidate = |method: usize, name: String, fields: Vec<(&str, Value)>| {
        let all = fields.into_iter().chain([("cps", cps.into())]).map(|(key, value)| (key.to_owned(), value));
        let vicidial = Value::Table(all.collect());
        let pacing = Value::Table(Table::from_iter([("vicidial".to_owned(), vicidial)]));
        Candidate { method: METHODS[method], name: format!("{}, {name}", METHODS[method]), pacing }
    };
    let ratio = |method, only: bool| {
        move |level: f64| {
            let fields =
                vec![("method", "ratio".into()), ("level", level.into()), ("available_only", only.into())];
            candidate(method, format!("level {level}"), fields)
        }
    };
    let adapt = |method, only: bool| {
        move |(most, target, intensity): (f64, i64, i64)| {
            let fields = vec![
                ("method", "adapt_hard_limit".into()),
                ("max_level", most.into()),
                ("target", target.into()),
                ("intensity", intensity.into()),
                ("available_only", only.into()),
            ];
            candidate(method, format!("to {most}, target {target}, intensity {intensity}"), fields)
        }
    };
    let tight = [1.5, 1.8, 2.2, 3.0].map(|most| [(most, -2, -40), (most, -3, -40)]).concat();
    let mut available = [3.0, 4.0, 6.0, 8.0].map(|most| [(most, 0, 0), (most, -3, -40)]).concat();
    // The larger the pool, the more agents it may leave idle without harm, and the more it gains by a high cap.
    let spared = [2, 4, 6, 8, 12, 20].into_iter().filter(|spared| *spared < i64::from(agents));
    for spared in spared {
        available.extend([6.0, 12.0, 20.0].map(|most| [(most, -spared, 0), (most, -spared, -40)]).concat());
    }
    let levels = [1.2, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.2, 2.4];
    let levels_of_ready = [2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0];
    let fixed = levels.map(ratio(0, false)).into_iter().chain(levels_of_ready.map(ratio(1, true)));
    fixed
        .chain(tight.into_iter().map(adapt(2, false)))
        .chain(available.into_iter().map(adapt(3, true)))
        .collect()
}
