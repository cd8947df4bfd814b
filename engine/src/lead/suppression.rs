//! Whom may nobody call any more? What an opt-out says of numbers; the lists themselves are the database's.

use alloc::string::String;
use core::fmt;

use crate::words::{BadNumber, Number};

/// Numbers that are not to be called: one, or all that begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Barred {
    /// This one.
    Number(Number),
    /// Every number in canonical form that begins with these digits, 1 to 15 of them.
    Area(String),
}

/// A text that bars nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadBarred {
    /// It is neither a number nor the beginning of some.
    Number(BadNumber),
    /// A star without a digit before it would bar everybody, and one beyond 15 digits nobody.
    Area,
}

impl fmt::Display for BadBarred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(bad) => bad.fmt(f),
            Self::Area => f.write_str("before the star of an area come 1 to 15 digits, such as +1900*"),
        }
    }
}

impl core::error::Error for BadBarred {}

impl Barred {
    /// Reads `+15551234567`, or `+1900*` for all numbers that begin so.
    ///
    /// # Errors
    /// [`BadBarred`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadBarred> {
        let Some(area) = text.strip_suffix('*') else {
            return Number::parse(text).map(Self::Number).map_err(BadBarred::Number);
        };
        let digits = area.strip_prefix('+').unwrap_or(area);
        if let Some(other) = digits.chars().find(|c| !c.is_ascii_digit()) {
            return Err(BadBarred::Number(BadNumber::NotADigit(other)));
        }
        if (1..=15).contains(&digits.len()) { Ok(Self::Area(digits.into())) } else { Err(BadBarred::Area) }
    }

    /// Whether that number is among them.
    pub fn has(&self, number: Number) -> bool {
        match self {
            Self::Number(barred) => *barred == number,
            Self::Area(digits) => number.text(&mut itoa::Buffer::new()).starts_with(digits.as_str()),
        }
    }
}

/// As it is read.
impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Area(digits) => write!(f, "{digits}*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_number_or_an_area_is_barred_and_nothing_else_can_be() {
        let number = |text| Number::parse(text).expect("a number");
        for (text, expected) in [
            ("+15551234567", Ok((true, false))),
            ("1555*", Ok((true, false))),
            ("+1*", Ok((true, true))),
            ("*", Err("before the star of an area come 1 to 15 digits, such as +1900*")),
            ("+", Err("no digits; a number has 3 to 15 of them")),
            ("19%*", Err("'%' is not a digit; write digits only, with + in front if you like")),
        ] {
            let found = Barred::parse(text).map(|barred| {
                assert_eq!(Barred::parse(&barred.to_string()), Ok(barred.clone()));
                (barred.has(number("15551234567")), barred.has(number("19001234567")))
            });
            assert_eq!(found.map_err(|bad| bad.to_string()), expected.map_err(ToString::to_string), "{text}");
        }
    }
}
