//! Figures with a range: what does not fit is refused where it stands, so that its line can be told.

use engine::words::Span;
use serde::Deserialize;

macro_rules! figure {
    ($(#[$doc:meta])* $name:ident($inner:ty), $least:expr, $most:expr, $unit:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Deserialize)]
        #[serde(try_from = "f64")]
        pub struct $name(pub $inner);

        impl TryFrom<f64> for $name {
            type Error = String;
            fn try_from(value: f64) -> Result<Self, String> {
                if ($least..=$most).contains(&value) {
                    Ok(Self(value as $inner))
                } else {
                    Err(format!("{value} is not {} from {} to {}", $unit, $least, $most))
                }
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
    Count(u32), 1.0, 10_000.0, "a number"
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

impl ClockTime {
    /// Since midnight.
    pub(crate) const fn minutes(self) -> u32 {
        self.0 / 100 * 60 + self.0 % 100
    }
}

impl Seconds {
    /// In whole microseconds.
    pub(crate) fn span(self) -> Span {
        Span((self.0 * 1e6) as u64)
    }
}
