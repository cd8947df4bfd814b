//! Where numbers are: what comes with the program, in the engine's words.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use engine::lead::{self, Area, Geography, Place};
use engine::zone::{self, Zone};

use super::hours::{Jurisdiction, jurisdictions};
use super::problem::Report;
use super::section::Section;
use super::tree;

/// One line for each beginning of a number, with the zones that it may be in.
pub(super) const NUMBER_ZONES: &str = include_str!("../../data/number_zones.txt");

const JURISDICTIONS: &str = include_str!("../../data/jurisdictions.toml");

/// The laws that come with the program.
pub(super) static BUNDLED: LazyLock<Vec<Jurisdiction>> = LazyLock::new(|| {
    let report = Report::default();
    let mut root = Section::root(tree::parse(JURISDICTIONS, &report), &report);
    let bundled = jurisdictions(&mut root, &[]);
    root.finish();
    report.finish(Path::new("jurisdictions.toml")).expect("what comes with the program is right");
    bundled
});

/// What is known of all numbers, under these laws.
pub(super) fn geography(laws: &[Jurisdiction]) -> Geography {
    let (zones, names) = zones();
    let index: BTreeMap<&str, u16> = names.iter().map(|(name, index)| (name.as_str(), *index)).collect();
    let areas = laws.iter().zip(0..).flat_map(|(law, jurisdiction)| {
        law.prefixes.iter().map(move |prefix| Area { prefix: prefix.clone(), jurisdiction })
    });
    let law = |law: &Jurisdiction| lead::Jurisdiction { name: law.name.clone(), hours: law.hours.clone() };
    Geography {
        places: NUMBER_ZONES
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| place(line, &index))
            .collect(),
        jurisdictions: laws.iter().map(law).collect(),
        areas: areas.collect(),
        zones,
        names,
    }
}

/// All zones of the database, those with the same clocks once, and the names that lead to them.
fn zones() -> (Vec<Zone>, Vec<(String, u16)>) {
    let (mut zones, mut names): (Vec<Zone>, _) = (Vec::new(), Vec::new());
    for name in zone::names() {
        let zone = Zone::named(name).expect("it is a name of the database");
        let known = zones.iter().position(|known| *known == zone).unwrap_or(zones.len());
        if known == zones.len() {
            zones.push(zone);
        }
        names.push((name.to_owned(), u16::try_from(known).expect("there are some hundred zones")));
    }
    (zones, names)
}

fn place(line: &str, index: &BTreeMap<&str, u16>) -> Place {
    let (prefix, names) = line.split_once(' ').expect("a beginning and its zones");
    let mut zones: Vec<u16> = names.split(' ').map(|name| index[name]).collect();
    zones.sort_unstable();
    zones.dedup();
    Place { prefix: prefix.to_owned(), zones }
}
