//! Figures with a range: what does not fit is refused where it stands, so that its line can be told.

use core::fmt;
use core::marker::PhantomData;

use engine::words::Span;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A figure that says in words what it may be.
trait Ranged: TryFrom<f64, Error = String> {
    fn range() -> String;
}

/// What is given for a figure.
struct Given<F>(PhantomData<F>);

impl<F: Ranged> Visitor<'_> for Given<F> {
    type Value = F;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&F::range())
    }

    fn visit_i64<E: Error>(self, figure: i64) -> Result<F, E> {
        self.visit_f64(figure as f64)
    }

    fn visit_u64<E: Error>(self, figure: u64) -> Result<F, E> {
        self.visit_f64(figure as f64)
    }

    fn visit_i128<E: Error>(self, figure: i128) -> Result<F, E> {
        self.visit_f64(figure as f64)
    }

    fn visit_u128<E: Error>(self, figure: u128) -> Result<F, E> {
        self.visit_f64(figure as f64)
    }

    fn visit_f64<E: Error>(self, figure: f64) -> Result<F, E> {
        F::try_from(figure).map_err(E::custom)
    }
}

/// A number whose range is checked where all rules are; `meant` says in words what it is.
pub(super) fn number<'de, D: Deserializer<'de>>(of: D, meant: &'static str) -> Result<f64, D::Error> {
    of.deserialize_f64(Number(meant))
}

struct Number(&'static str);

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }
}

/// A number in few digits, however large or small it is.
pub(super) fn plain(number: f64) -> String {
    // All numbers that fit anywhere are shown as they are written.
    let is_usual = number == 0.0 || (1e-9..1e15).contains(&number.abs());
    if is_usual { number.to_string() } else { format!("{number:e}") }
}

macro_rules! figure {
    ($(#[$doc:meta])* $name:ident($inner:ty), $least:expr, $most:expr, $unit:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
        pub struct $name(pub $inner);

        impl Ranged for $name {
            fn range() -> String {
                format!("{} from {} to {}", $unit, $least, $most)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(of: D) -> Result<Self, D::Error> {
                of.deserialize_f64(Given(PhantomData))
            }
        }

        impl TryFrom<f64> for $name {
            type Error = String;
            fn try_from(value: f64) -> Result<Self, String> {
                let whole = f64::from(value as $inner) == value;
                if whole && ($least..=$most).contains(&value) {
                    Ok(Self(value as $inner))
                } else {
                    Err(format!("{} is not {}", plain(value), Self::range()))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&plain(f64::from(self.0)))
            }
        }
    };
}

figure!(
    /// A share, 0 to 1.
    Probability(f64), 0.0, 1.0, "a share"
);
figure!(
    /// A time in seconds, 0 to 36,000.
    Seconds(f64), 0.0, 36_000.0, "a time in seconds"
);
figure!(
    /// A time in hours, a quarter to 24.
    Hours(f64), 0.25, 24.0, "a time in hours"
);
figure!(
    /// How many, 1 to 10,000.
    Count(u32), 1.0, 10_000.0, "a whole number"
);

figure!(
    /// A carrier's share of the calls against the others', 1 to 1,000.
    Weight(u32), 1.0, 1_000.0, "a whole number"
);
figure!(
    /// How many failures in a row, 1 to 1,000.
    Failures(u32), 1.0, 1_000.0, "a whole number"
);

figure!(
    /// How many days a window has, 1 to 31.
    WindowDays(u32), 1.0, 31.0, "a whole number of days"
);

figure!(
    /// A moment of the day in hours since its opening, 0 to 24.
    Hour(f64), 0.0, 24.0, "an hour"
);
figure!(
    /// What something is multiplied with, 0 to 100.
    Factor(f64), 0.0, 100.0, "a factor"
);
figure!(
    /// A day of a list's age, 0 to 30.
    ListDay(u32), 0.0, 30.0, "a whole number of days"
);
figure!(
    /// How many leads, 1 to 100,000,000.
    Leads(u32), 1.0, 100_000_000.0, "a whole number"
);
figure!(
    /// How many calls at a time, 1 to 100,000.
    Channels(u32), 1.0, 100_000.0, "a whole number"
);
figure!(
    /// A SIP response that ends a call, 400 to 699.
    SipResponse(u16), 400.0, 699.0, "a SIP response"
);
figure!(
    /// How many attempts, 1 to 100.
    Attempts(u32), 1.0, 100.0, "a whole number"
);
figure!(
    /// How many attempts that may be followed by another, 1 to 99.
    Retries(u32), 1.0, 99.0, "a whole number"
);
figure!(
    /// How long a number that was dropped waits for an agent, in seconds, 0 to 2,592,000: thirty days.
    Held(f64), 0.0, 2_592_000.0, "a time in seconds"
);
figure!(
    /// How long to wait for the next attempt, in seconds, 1 to 604,800: a week.
    Wait(f64), 1.0, 604_800.0, "a time in seconds"
);

figure!(
    /// Dials a minute, 1 to 6,000.
    PerMinute(u32), 1.0, 6_000.0, "a whole number of dials a minute"
);
figure!(
    /// VICIdial's dial level: lines for each agent, 1 to 20.
    DialLevel(f64), 1.0, 20.0, "a dial level"
);
figure!(
    /// One of VICIdial's settings that go to both sides, -40 to 40.
    Knob(i32), -40.0, 40.0, "a whole number"
);
figure!(
    /// Calls placed a second, 1 to 200.
    CallsPerSecond(u32), 1.0, 200.0, "a whole number of calls a second"
);
figure!(
    /// A time of the clock as hours times 100 and minutes, 0 to 2359.
    ClockTime(u32), 0.0, 2_359.0, "a time such as 930"
);

figure!(
    /// How loud something is: the mean of its samples, 0 to 32,768.
    Level(u32), 0.0, 32_768.0, "a level"
);
figure!(
    /// A time in milliseconds, 20 to 30,000, as `amd.conf` has it.
    Millis(u32), 20.0, 30_000.0, "a time in milliseconds"
);
figure!(
    /// How many words, 1 to 100.
    Words(u32), 1.0, 100.0, "a whole number of words"
);
figure!(
    /// How many calls of machines have been listened to, 300 to 100,000.
    Reviewed(u32), 300.0, 100_000.0, "a whole number of calls"
);
figure!(
    /// How many of these were persons, 0 to 100,000.
    Persons(u32), 0.0, 100_000.0, "a whole number of persons"
);

figure!(
    /// How many calls a floor had on a day, 0 to 10,000,000.
    Calls(u32), 0.0, 10_000_000.0, "a whole number of calls"
);

impl Millis {
    /// In whole microseconds.
    pub(crate) fn span(self) -> Span {
        Span::millis(u64::from(self.0))
    }
}

impl Hours {
    /// In whole microseconds.
    pub(crate) fn span(self) -> Span {
        Span((self.0 * 3.6e9) as u64)
    }
}

impl Hour {
    /// In whole microseconds.
    pub(crate) fn span(self) -> Span {
        Span((self.0 * 3.6e9) as u64)
    }
}

impl Seconds {
    /// In whole microseconds.
    pub(crate) fn span(self) -> Span {
        Span((self.0 * 1e6) as u64)
    }
}

impl ClockTime {
    /// Since midnight.
    pub(crate) const fn minutes(self) -> u32 {
        self.0 / 100 * 60 + self.0 % 100
    }
}

impl Held {
    /// In whole microseconds.
    pub(crate) fn span(self) -> Span {
        Span((self.0 * 1e6) as u64)
    }
}

impl Wait {
    /// In whole microseconds.
    pub(crate) fn span(self) -> Span {
        Span((self.0 * 1e6) as u64)
    }
}
