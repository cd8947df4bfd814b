//! Telephone numbers as people write them, and the one canonical form that all the house compares by.
//!
//! The canonical form is that of E.164: country code and national number, digits only. A number with `+` or `00` in front
//! is international already; any other can be read only by who knows its country. Where no country is told, digits are
//! taken as they stand, and nothing but their count is checked: so it is with the extensions of a PBX, which belong to no
//! country's plan.

use std::fmt;

use engine::lead::Barred;
use engine::words::Number;
use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region,
};

/// Digits of an international number at least, without its `00`: no extension is that long.
const INTERNATIONAL_DIGITS: usize = 8;

/// Digits of a number at least behind which another one may stand in the same text, by how it begins: internationally, with the 0
/// that is dialled at home, or otherwise. Those of an area, which may be set apart likewise, are fewer.
const WHOLE: [(&str, usize); 4] = [("+", 9), ("00", 11), ("0", 7), ("", 6)];
/// Digits of the shortest number that may stand there.
const ANOTHER: usize = 6;

/// Digits of an area behind its country's code, of which there are fewer in one that is wide.
const NARROW: usize = 2;

/// Whether the numbers that begin so are those of a country, or of a large part of one.
pub(crate) fn is_wide(area: &str) -> bool {
    let is_code = |digits: &usize| {
        let code = area.get(..*digits).and_then(|code| code.parse::<i32>().ok());
        code.is_some_and(|code| PHONE_NUMBER_UTIL.get_supported_calling_codes().any(|known| known == code))
    };
    // No code is the beginning of another, and none is longer than three digits.
    let code = (1..=2).find(is_code).unwrap_or(3);
    area.len() < code + NARROW
}

/// Why what is put on a list is put there only where that is said once more, by `how`.
pub(crate) fn too_wide(barred: &Barred, list: &str, how: &str) -> Option<String> {
    let Barred::Area(area) = barred else { return None };
    is_wide(area).then(|| {
        format!(
            "+{area}* is a whole country, or much of one, of which nobody would be called any more; to put it on {list} all the \
             same, say {how}"
        )
    })
}

/// How numbers are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbering {
    country: Option<Region>,
}

impl Numbering {
    /// Digits as they stand, of no country in particular.
    pub const AS_THEY_STAND: Self = Self { country: None };

    /// Numbers of a country, by its two letters in ISO 3166, such as `NL`; with `+` in front, of any other.
    ///
    /// # Errors
    /// What would be right, where there is no such country.
    pub fn of(country: &str) -> Result<Self, String> {
        let region = Region::try_from(country.to_ascii_uppercase().as_str()).ok();
        let known = region.filter(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(*region).is_some());
        match known {
            Some(region) => Ok(Self { country: Some(region) }),
            None => Err(format!("{country:?} is no country; write its two letters, such as NL, DE or US")),
        }
    }

    /// Whether a canonical number is one that the numbering plan of its country has in use; all are as they stand.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub(crate) fn in_use(self, number: Number) -> Result<(), String> {
        if self == Self::AS_THEY_STAND { Ok(()) } else { self.canonical(&format!("+{number}")).map(drop) }
    }

    /// The canonical number of a text such as `+1 (202) 555-0123`.
    ///
    /// Where a country is told, a number must also be one that the numbering plan of its country has in use.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn canonical(self, text: &str) -> Result<Number, String> {
        let bare = self.bare(text)?;
        match self.country {
            Some(country) => of_country(&bare, country),
            None => match bare.strip_prefix("00") {
                Some(digits) if digits.len() >= INTERNATIONAL_DIGITS => as_it_stands(digits),
                Some(_) | None => as_it_stands(&bare),
            },
        }
    }

    /// A number of the right length that the numbering plan of its country has not in use, as far as is known here: a range
    /// may have been opened since. Whoever asks not to be called may have one, and nobody is called by a list.
    ///
    /// None where [`Self::canonical`] takes the text, or where it is no number at all.
    #[must_use]
    pub fn unused(self, text: &str) -> Option<Number> {
        let (bare, country) = (self.bare(text).ok()?, self.country?);
        let parsed = PHONE_NUMBER_UTIL.parse(&bare, Some(country)).ok()?;
        let is_unused = is_whole(&parsed) && !PHONE_NUMBER_UTIL.is_valid_number(&parsed);
        let other = canonical_of_country(&bare, country, is_whole).filter(|other| *other != parsed);
        (is_unused && other.is_none()).then(|| e164(&parsed).ok())?
    }

    /// The number of a text by which something is looked for: also one that is not in use as far as is known here. It may be stored
    /// all the same, such as from before a country was told.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub(crate) fn sought(self, text: &str) -> Result<Number, String> {
        self.read(text).map(|(number, _)| number)
    }

    /// The number of a text and, where that is not in use as far as is known here, why it is not taken elsewhere.
    fn read(self, text: &str) -> Result<(Number, Option<String>), String> {
        match self.canonical(text) {
            Ok(number) => Ok((number, None)),
            Err(bad) => match self.unused(text) {
                Some(number) => Ok((number, Some(bad))),
                None => Err(bad),
            },
        }
    }

    /// A text without what people put between its digits, which are those of one number.
    fn bare(self, text: &str) -> Result<String, String> {
        if let Some(problem) = self.ambiguity(text.trim()) {
            return Err(problem.to_owned());
        }
        let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        if digits.is_empty() || digits.bytes().any(|byte| !byte.is_ascii_digit()) {
            as_it_stands(&bare)?;
        }
        Ok(bare)
    }

    /// Why the digits of a text are not those of one number, though nothing else is in it.
    fn ambiguity(self, text: &str) -> Option<&'static str> {
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        // A table that took the column for amounts writes 12025550123.0.
        if text.rsplit_once('.').is_some_and(|(_, decimals)| decimals.len() == 1 && digits(decimals) == 1) {
            return Some("ends like an amount; have the column written as text, without the decimals");
        }
        let is_whole = |text: &str| {
            WHOLE
                .iter()
                .find(|(begin, _)| text.trim_start_matches('(').starts_with(begin))
                .is_some_and(|&(_, least)| digits(text) >= least)
        };
        if text.split_once('/').is_some_and(|(one, other)| is_whole(one) && digits(other) >= ANOTHER) {
            return Some("are two numbers; write the further ones into columns of their own");
        }
        // Whether the 0 stays behind the country's code is for the country to say: it does in Italy.
        let knows = self.country.is_some();
        (!knows && text.contains("(0)")).then_some("has a (0) that is dialled at home only; leave it out")
    }

    /// What a do-not-call list is told: a number as it is written where the house is, or an area such as `+1900*`, which
    /// always begins with the country's code. A number may be one that is not in use as far as is known here: leads that have
    /// it are dialled.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn listed(self, text: &str) -> Result<Listed, String> {
        if text.ends_with('*') {
            if self.country.is_some() && text.starts_with('0') {
                return Err("no number begins so once it is read: begin the area with its country's code, such as +1900*".to_owned());
            }
            let barred = Barred::parse(text).map_err(|bad| bad.to_string())?;
            return Ok(Listed { barred, unused: None });
        }
        let (number, unused) = self.read(text)?;
        Ok(Listed { barred: Barred::Number(number), unused })
    }

    /// A canonical number as [`Self::canonical`] reads it again: international where a country is told.
    #[must_use]
    pub fn written(self, canonical: &str) -> String {
        match self.country {
            Some(_) => format!("+{canonical}"),
            None => canonical.to_owned(),
        }
    }
}

/// What a do-not-call list has or is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// A number, or an area.
    pub barred: Barred,
    /// What is wrong with a number that is not in use as far as is known here, and what would be right.
    pub unused: Option<String>,
}

impl fmt::Display for Numbering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.country {
            Some(country) => write!(f, "{country:?}"),
            None => f.write_str("as they stand"),
        }
    }
}

fn as_it_stands(text: &str) -> Result<Number, String> {
    Number::parse(text).map_err(|problem| problem.to_string())
}

fn of_country(text: &str, country: Region) -> Result<Number, String> {
    let parsed = PHONE_NUMBER_UTIL.parse(text, Some(country)).map_err(|error| unread(&error, country))?;
    if PHONE_NUMBER_UTIL.is_valid_number(&parsed) {
        let in_use = |number: &PhoneNumber| PHONE_NUMBER_UTIL.is_valid_number(number);
        return match canonical_of_country(text, country, in_use) {
            Some(other) if other != parsed => Err(either(&parsed, &other)),
            Some(_) | None => e164(&parsed),
        };
    }
    let region = PHONE_NUMBER_UTIL.get_region_for_country_code(parsed.country_code).unwrap_or(country);
    Err(format!("is no number in use in {region:?}; {}", example(region, country)))
}

/// What digits are that lack only their `+`: a number of the country in the canonical form, as programs hand it on.
fn canonical_of_country(
    digits: &str,
    country: Region,
    is_one: impl Fn(&PhoneNumber) -> bool,
) -> Option<PhoneNumber> {
    if digits.starts_with('+') {
        return None;
    }
    let parsed = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), Some(country)).ok()?;
    let code = PHONE_NUMBER_UTIL.get_country_code_for_region(country);
    (code == Some(parsed.country_code) && is_one(&parsed)).then_some(parsed)
}

/// Whether it has as many digits as numbers of its country do, its area's among them.
fn is_whole(number: &PhoneNumber) -> bool {
    PHONE_NUMBER_UTIL.is_possible_number_with_reason(number) == Ok(NumberLengthType::IsPossible)
}

fn e164(number: &PhoneNumber) -> Result<Number, String> {
    as_it_stands(&PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164))
}

/// Nobody may be called, or not be called, by a guess.
fn either(national: &PhoneNumber, canonical: &PhoneNumber) -> String {
    let shown = |number: &PhoneNumber| {
        PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::International).into_owned()
    };
    format!("may be {} or {}; write the one that it is, with its +", shown(canonical), shown(national))
}

fn unread(error: &ParseError, country: Region) -> String {
    let what = match error {
        ParseError::InvalidCountryCode => "begins with no country's code",
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => "is too short",
        ParseError::TooLongNsn => "is too long",
        ParseError::NotANumber(_) => "is no telephone number",
    };
    format!("{what}; {}", example(country, country))
}

/// What a right number looks like, as people at home in `home` write it.
fn example(region: Region, home: Region) -> String {
    let shown = |number: &PhoneNumber, format| PHONE_NUMBER_UTIL.format(number, format).into_owned();
    match PHONE_NUMBER_UTIL.get_example_number(region) {
        Ok(number) if region == home => format!(
            "right would be such as {} or {}",
            shown(&number, PhoneNumberFormat::National),
            shown(&number, PhoneNumberFormat::International)
        ),
        Ok(number) => format!("right would be such as {}", shown(&number, PhoneNumberFormat::International)),
        Err(_) => "write it with + and its country's code in front".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(country: &str, text: &str) -> String {
        let numbering = Numbering::of(country).expect("a country");
        numbering.canonical(text).map_or_else(|problem| problem, |number| number.to_string())
    }

    #[test]
    fn a_number_of_the_country_is_the_same_however_it_is_written() {
        for text in [
            "020 123 4567",
            "(020) 123-4567",
            "+31 20 123 4567",
            "0031201234567",
            "20 1234567",
            "020/1234567",
        ] {
            assert_eq!(read("NL", text), "31201234567", "{text}");
        }
        for (country, text, canonical) in [
            ("US", "(202) 555-0123", "12025550123"),
            ("US", "011 31 20 123 4567", "31201234567"),
            ("GB", "07400 123456", "447400123456"),
            ("IT", "06 1234 5678", "390612345678"),
            ("de", "030/123456", "4930123456"),
            ("NL", "+1 202 555 0123", "12025550123"),
        ] {
            assert_eq!(read(country, text), canonical, "{country} {text}");
        }
    }

    #[test]
    fn digits_that_are_one_number_at_home_and_another_with_their_country_s_code_are_not_guessed_at() {
        for (text, read_as) in [
            (
                "491711234567",
                "may be +49 171 1234567 or +49 491 711234567; write the one that it is, with its +",
            ),
            ("+491711234567", "491711234567"),
            ("0171 1234567", "491711234567"),
        ] {
            assert_eq!(read("DE", text), read_as, "{text}");
        }
        // Where the code is read as what it is, both are the same.
        assert_eq!(read("US", "12025550123"), "12025550123");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (country, canonical) in [("DE", "491711234567"), ("DE", "442079460958"), ("US", "12025550123")] {
            let written = Numbering::of(country).expect("a country").written(canonical);
            assert_eq!(read(country, &written), canonical, "{written}");
        }
        assert_eq!(Numbering::AS_THEY_STAND.written("0201"), "0201");
    }

    #[test]
    fn what_is_no_number_is_told_with_one_that_would_be() {
        for (text, problem) in [
            (
                "020 123 456",
                "is no number in use in NL; right would be such as 010 123 4567 or +31 10 123 4567",
            ),
            ("101", "is no number in use in NL; right would be such as 010 123 4567 or +31 10 123 4567"),
            ("1", "is no telephone number; right would be such as 010 123 4567 or +31 10 123 4567"),
            ("+1 555 000 0001", "is no number in use in US; right would be such as +1 201-555-0123"),
            (
                "+999 1234567",
                "begins with no country's code; right would be such as 010 123 4567 or +31 10 123 4567",
            ),
            ("1000@evil", "'@' is not a digit; write digits only, with + in front if you like"),
            ("", "no digits; a number has 3 to 15 of them"),
        ] {
            assert_eq!(read("NL", text), problem, "{text:?}");
        }
    }

    #[test]
    fn a_number_that_is_not_in_use_is_known_by_its_length() {
        let unused = |country, text| {
            let numbering = Numbering::of(country).expect("a country");
            numbering.unused(text).map(|number| number.to_string())
        };
        for (country, text, number) in [
            ("US", "+1 555 000 0001", Some("15550000001")),
            ("US", "(555) 000-0001", Some("15550000001")),
            ("US", "5550000001", Some("15550000001")),
            ("NL", "+1 555 000 0001", Some("15550000001")),
            ("NL", "086 123 4567", Some("31861234567")),
            // In use.
            ("US", "(202) 555-0123", None),
            ("DE", "491711234567", None),
            // One at home or another with the country's code.
            ("DE", "49110000000", None),
            // Not one whole number.
            ("US", "555-0123", None),
            ("NL", "12", None),
            ("NL", "bad 1", None),
            ("NL", "020 1234567/020 7654321", None),
        ] {
            assert_eq!(unused(country, text).as_deref(), number, "{country} {text}");
        }
        assert_eq!(Numbering::AS_THEY_STAND.unused("15550000001"), None);
    }

    #[test]
    fn without_a_country_digits_are_taken_as_they_stand() {
        for (text, canonical) in [
            ("101", "101"),
            ("020 123 4567", "0201234567"),
            ("+1 (555) 000-0001", "15550000001"),
            ("0031 20 123 4567", "31201234567"),
            ("00123", "00123"),
        ] {
            let number = Numbering::AS_THEY_STAND.canonical(text).map(|number| number.to_string());
            assert_eq!(number.as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn digits_that_may_be_another_number_than_meant_are_not_read_as_one() {
        let amount = "ends like an amount; have the column written as text, without the decimals";
        let two = "are two numbers; write the further ones into columns of their own";
        let home = "has a (0) that is dialled at home only; leave it out";
        for (text, as_they_stand, in_nl) in [
            ("12025550123.0", amount, amount),
            ("020 1234567/020 7654321", two, two),
            ("+31201234567/+31207654321", two, two),
            ("+31 (0)20 123 4567", home, "31201234567"),
            ("020.123.4567", "0201234567", "31201234567"),
            ("020/123.45.67", "0201234567", "31201234567"),
        ] {
            let read_as_they_stand = Numbering::AS_THEY_STAND.canonical(text);
            let read_as_they_stand =
                read_as_they_stand.map_or_else(|problem| problem, |number| number.to_string());
            assert_eq!(
                (read_as_they_stand.as_str(), read("NL", text).as_str()),
                (as_they_stand, in_nl),
                "{text}"
            );
        }
        assert_eq!(read("IT", "+39 (0)6 1234 5678"), "390612345678");
        // An area that is set apart is no number, however long it is.
        for text in ["05251/123456", "(038204)/123456", "+49 5251/123456", "0049 5251/123456"] {
            assert!(Numbering::of("DE").expect("a country").ambiguity(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_area_that_no_number_of_a_country_is_in_is_told() {
        let barred =
            |numbering: Numbering, text| numbering.listed(text).map(|listed| listed.barred.to_string());
        let dutch = Numbering::of("NL").expect("a country");
        assert_eq!(barred(dutch, "+31900*").as_deref(), Ok("31900*"));
        assert_eq!(
            barred(dutch, "0900*"),
            Err(
                "no number begins so once it is read: begin the area with its country's code, such as +1900*"
                    .to_owned()
            )
        );
        assert_eq!(barred(Numbering::AS_THEY_STAND, "0900*").as_deref(), Ok("0900*"));
    }

    #[test]
    fn an_area_is_wide_up_to_the_second_digit_behind_its_country_s_code() {
        for (wide, narrow) in
            [("1", "190"), ("19", "1900"), ("31", "3190"), ("319", "3190"), ("4", "4930"), ("353", "35387")]
        {
            assert!(is_wide(wide) && !is_wide(narrow), "{wide} {narrow}");
        }
    }

    #[test]
    fn a_country_that_there_is_not_is_told() {
        for country in ["", "Holland", "XX", "31", "001"] {
            let problem = Numbering::of(country).expect_err(country);
            assert_eq!(
                problem,
                format!("{country:?} is no country; write its two letters, such as NL, DE or US")
            );
        }
    }
}
