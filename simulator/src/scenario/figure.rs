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
                let whole = f64::from(value as $inner) == value;
                if whole && ($least..=$most).contains(&value) {
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
    Count(u32), 1.0, 10_000.0, "a whole number"
);

figure!(
    /// How many days a window has, 1 to 31.
    WindowDays(u32), 1.0, 31.0, "a whole number of days"
);

impl Hours {
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
