//! A scene: one scenario file of `tests/scenarios`, played by the house before a PBX of either kind.
//!
//! The file says who is there and what must come of it; nothing in it knows which arm it runs in. Whatever the file
//! expects, [`laws`] hold after every scene.

mod branches;
mod deeds;
mod expect;
mod file;
mod laws;
mod list;
mod skip;
mod times;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tests::house::{House, Logged};
use tests::lab::far_end::{Timings, number};
use tests::lab::postgres::Postgres;
use tests::pbx::{Dialled, Pbx};

use file::Scene;
use tempfile::NamedTempFile;

/// Longer than any scene takes to come to its end.
const LIMIT: Duration = Duration::from_secs(60);

/// Which PBX a scene is played before, and with which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arm {
    /// The simulated one, with SQLite.
    Simulated,
    /// The simulated one, with PostgreSQL.
    Postgres,
    /// A real Asterisk, with SQLite.
    Real,
}

/// What is left of a scene when the curtain has fallen.
struct Aftermath {
    calls: Vec<Logged>,
    dialled: Vec<Dialled>,
    phones: Vec<Vec<Dialled>>,
    faults: Vec<String>,
}

/// Plays the scene of that name and fails with everything that was not as it should have been.
pub(crate) async fn play(arm: Arm, name: &str) {
    if let Some(reason) = skip::reason(arm, name) {
        tests::lab::say(&format!("SKIPPED {name} ({arm:?}): {reason}"));
        return;
    }
    if arm == Arm::Real && !tests::lab::ready() {
        return;
    }
    let Some(database) = database(arm) else { return };
    let scene = Scene::read(&folder().join(name).with_extension("toml"));
    tests::lab::say(&scene.title);
    let pbx = open(arm, &scene).await;
    let flow = scene.flow_file();
    let rules = scene.rules(flow.as_ref().map(NamedTempFile::path));
    let mut house = House::furnish(&pbx.url(), &(database + &rules));
    house.import(file::CAMPAIGN, numbers(&scene.leads, 0));
    for agent in &scene.agents.do_not_pick_up {
        pbx.let_phone_ring(*agent).await;
    }
    house.open().await;
    house.start().await;
    let mut faults = deeds::perform(&scene, &mut house, &pbx).await;
    let (end, wanted) = (format!("at the end: {}", scene.expect.campaign), &scene.expect);
    house.until(LIMIT, &end, |board| wanted.is_reached(board)).await;
    let printed = house.close().await;

    faults.extend(laws::broken(&house, &pbx, &printed).await);
    let mut phones = Vec::new();
    for agent in 1..=scene.agents.count {
        phones.push(pbx.phone_calls(agent).await);
    }
    let mut aftermath =
        Aftermath { calls: house.logged().await, dialled: pbx.dialled().await, phones, faults };
    let undialled = house.count("SELECT COUNT(*) FROM queue WHERE state = 'waiting'").await;
    let barred = house.count("SELECT COUNT(*) FROM dnc_numbers").await;
    scene.expect.compare(undialled, barred, &mut aftermath);
    scene.expect.compare_dispositions(house.dispositions().await, &mut aftermath.faults);
    scene.expect.compare_pauses(house.pauses().await, &mut aftermath.faults);
    let Aftermath { calls, dialled, faults, .. } = aftermath;
    assert!(faults.is_empty(), "{}\n{faults:#?}\n{calls:#?}\n{dialled:#?}\n{}", scene.title, house.log());
}

/// What the configuration says of the database; `None` where there is no server for it.
fn database(arm: Arm) -> Option<String> {
    match arm {
        Arm::Simulated | Arm::Real => Some(String::new()),
        Arm::Postgres => {
            // Each test is a process of its own, and one that is tried once more finds nothing of the try before.
            let url = Postgres::shared()?.database(&format!("scene_{}", std::process::id()));
            Some(format!("[database]\nurl = \"{url}\"\n"))
        }
    }
}

async fn open(arm: Arm, scene: &Scene) -> Pbx {
    let broken = scene.broken();
    let pbx = match arm {
        Arm::Simulated | Arm::Postgres => Pbx::simulated_with(&scene.keys()).await.expect("a port is free"),
        Arm::Real => {
            let timings = Timings { keys: scene.keys(), ..Timings::default() };
            let real = Pbx::real_with(timings, scene.agents.count, broken);
            real.await.expect("Asterisk starts")
        }
    };
    if let Some(response) = broken {
        pbx.break_trunk(response).await;
    }
    pbx
}

/// The numbers of some leads, with serials from `base` on.
fn numbers(leads: &file::ByCode<u16>, base: u16) -> Vec<String> {
    let of_code = |(code, count): (&u16, &u16)| {
        let code = *code;
        (base..base + *count).map(move |serial| number(code, serial)).collect::<Vec<_>>()
    };
    leads.0.iter().flat_map(of_code).collect()
}

/// Where the scenario files are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// The names of all scenario files.
pub(crate) fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).expect("there are scenarios");
    let paths = files.map(|file| file.expect("a file has a name").path());
    let names = paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<String> = names.filter(|name| name != skip::FILE).collect();
    names.sort();
    names
}

pub(crate) use branches::taken as branches_taken;
pub(crate) use skip::check as check_skips;
