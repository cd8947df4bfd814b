//! Where is a number? The zones that it may be in, and whose law holds there, by how it begins.
//!
//! The engine has no list of zones or countries: it is given what the house knows, as plain data.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::lead::hours::{Hours, Timetable};
use crate::words::Number;
use crate::zone::Zone;

/// What is known of the places of numbers. A number belongs to the entry whose prefix is the longest that it begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Geography {
    /// The zones, each kind of clock once.
    pub zones: Vec<Zone>,
    /// The names by which leads may give their zone, with its place in `zones`; each name once.
    pub names: Vec<(String, u16)>,
    /// In which zones numbers may be, all at once; each prefix once.
    pub places: Vec<Place>,
    /// Laws, by name.
    pub jurisdictions: Vec<Jurisdiction>,
    /// Whose law holds for which numbers; each prefix once.
    pub areas: Vec<Area>,
}

/// The zones in which the numbers that begin so may be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Place {
    /// The first digits in canonical form; none stands for all numbers.
    pub prefix: String,
    /// Places in [`Geography::zones`]; at least one.
    pub zones: Vec<u16>,
}

/// The numbers that begin so are under a jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Area {
    /// The first digits in canonical form; none stands for all numbers.
    pub prefix: String,
    /// A place in [`Geography::jurisdictions`].
    pub jurisdiction: u16,
}

/// A law about calls.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Jurisdiction {
    /// As people call it.
    pub name: String,
    /// When its people may be called, by their own clocks; `None` at any hour.
    pub hours: Option<Hours>,
}

impl Geography {
    /// What is wrong with it, if anything: where, and what.
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        for (name, zone) in &self.names {
            within(*zone, self.zones.len(), || format!("names.{name}"))?;
        }
        for Place { prefix, zones } in &self.places {
            let place = || format!("places.{prefix}");
            digits(prefix, place)?;
            zones.iter().try_for_each(|zone| within(*zone, self.zones.len(), place))?;
            if zones.is_empty() {
                return Err((place(), "a number is in one zone at least".to_owned()));
            }
        }
        for Area { prefix, jurisdiction } in &self.areas {
            let area = || format!("areas.{prefix}");
            digits(prefix, area)?;
            within(*jurisdiction, self.jurisdictions.len(), area)?;
        }
        self.jurisdictions.iter().try_for_each(|jurisdiction| {
            let hours = jurisdiction.hours.as_ref().map_or(Ok(()), Hours::check);
            hours.map_err(|problem| (format!("jurisdictions.{}", jurisdiction.name), problem))
        })
    }
}

fn within(index: u16, length: usize, place: impl Fn() -> String) -> Result<(), (String, String)> {
    if usize::from(index) < length {
        return Ok(());
    }
    Err((place(), format!("there is no entry {index} among {length}")))
}

fn digits(prefix: &str, place: impl Fn() -> String) -> Result<(), (String, String)> {
    if prefix.len() <= 15 && prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err((place(), format!("{prefix:?} is no beginning of a number: write at most 15 digits")))
}

/// Geography at work: quick to look a number up in.
#[derive(Debug, Clone)]
pub(crate) struct Atlas {
    zones: Vec<Zone>,
    names: BTreeMap<String, u16>,
    places: Prefixes<Arc<[u16]>>,
    /// The hours of each jurisdiction.
    laws: Vec<Option<Timetable>>,
    areas: Prefixes<u16>,
}

/// Where a number is, as far as hours are concerned; numbers of one spot are always open and closed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    whereabouts: Whereabouts,
    law: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whereabouts {
    /// The lead's own zone.
    Given(u16),
    /// In some of that entry's zones.
    Place(u32),
    /// Nobody knows: anywhere.
    Anywhere,
}

impl From<&Geography> for Atlas {
    fn from(geography: &Geography) -> Self {
        let place = |place: &Place| (place.prefix.clone(), place.zones.as_slice().into());
        let area = |area: &Area| (area.prefix.clone(), area.jurisdiction);
        let law = |jurisdiction: &Jurisdiction| jurisdiction.hours.as_ref().map(Timetable::from);
        Self {
            zones: geography.zones.clone(),
            names: geography.names.iter().cloned().collect(),
            places: Prefixes::new(geography.places.iter().map(place)),
            laws: geography.jurisdictions.iter().map(law).collect(),
            areas: Prefixes::new(geography.areas.iter().map(area)),
        }
    }
}

impl Atlas {
    /// Where the lead of a number is whose zone may have been given. One that is not known says nothing.
    pub(crate) fn spot(&self, number: Number, zone: Option<&str>) -> Spot {
        let given = zone.and_then(|name| self.names.get(name));
        let whereabouts = match (given, self.places.find(number)) {
            (Some(zone), _) => Whereabouts::Given(*zone),
            (None, Some((place, _))) => Whereabouts::Place(place),
            (None, None) => Whereabouts::Anywhere,
        };
        Spot { whereabouts, law: self.areas.find(number).map(|(_, law)| *law) }
    }

    /// The zones whose clocks a spot may go by.
    pub(crate) fn zones(&self, spot: Spot) -> impl Iterator<Item = &Zone> {
        let all = 0..u16::try_from(self.zones.len()).unwrap_or(u16::MAX);
        let (given, place, all) = match spot.whereabouts {
            Whereabouts::Given(zone) => (Some(zone), None, None),
            Whereabouts::Place(place) => (None, Some(self.places.get(place)), None),
            Whereabouts::Anywhere => (None, None, Some(all)),
        };
        let listed = place.into_iter().flat_map(|zones| zones.iter().copied());
        let indices = given.into_iter().chain(listed).chain(all.into_iter().flatten());
        indices.map(|zone| &self.zones[usize::from(zone)])
    }

    /// The hours that the law of a spot allows.
    pub(crate) fn law(&self, spot: Spot) -> Option<&Timetable> {
        self.laws[usize::from(spot.law?)].as_ref()
    }
}

/// What is known by the beginnings of numbers.
#[derive(Debug, Clone)]
struct Prefixes<V> {
    /// By length and value of the prefix.
    sorted: Vec<((u8, u64), V)>,
    /// The lengths that there are, longest first.
    lengths: Vec<u8>,
}

impl<V> Prefixes<V> {
    fn new(entries: impl Iterator<Item = (String, V)>) -> Self {
        let key = |prefix: &str| {
            let length = u8::try_from(prefix.len()).expect("a prefix has at most 15 digits, as checked");
            (length, prefix.bytes().fold(0, |value, byte| value * 10 + u64::from(byte - b'0')))
        };
        let mut sorted: Vec<_> = entries.map(|(prefix, value)| (key(&prefix), value)).collect();
        sorted.sort_by_key(|(key, _)| *key);
        let mut lengths: Vec<u8> = sorted.iter().map(|((length, _), _)| *length).collect();
        lengths.dedup();
        lengths.reverse();
        Self { sorted, lengths }
    }

    /// The entry of the longest prefix, and its place among all.
    fn find(&self, number: Number) -> Option<(u32, &V)> {
        let place = self.lengths.iter().find_map(|&length| {
            let key = (length, number.beginning(length)?);
            self.sorted.binary_search_by_key(&key, |(key, _)| *key).ok()
        })?;
        let found = u32::try_from(place).expect("no configuration has four thousand million prefixes");
        Some((found, &self.sorted[place].1))
    }

    fn get(&self, place: u32) -> &V {
        &self.sorted[place as usize].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_prefixes_are_known_as_there_are() {
        let entries = (10_000_000..10_070_000_u64).map(|prefix| (alloc::format!("{prefix}"), prefix));
        let prefixes = Prefixes::new(entries);
        let number = Number::parse("10069999123").expect("a number");
        let (place, prefix) = prefixes.find(number).expect("it is the last");
        assert_eq!((*prefix, prefixes.get(place)), (10_069_999, prefix));
    }
}
