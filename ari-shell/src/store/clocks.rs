//! Whether the clock here shows what the server's does. Each node goes by its own, and holds by it what others have said to last:
//! where one is far ahead, it takes what they hold for given up.

use std::fmt;

use engine::words::{Micros, Span};

use super::row::Named;
use super::{Store, StoreError};

/// By so little clocks may differ that nobody is told: claims are renewed long before they end.
const LITTLE: Span = Span::secs(5);

/// What to do about it.
pub(crate) const SET_CLOCKS: &str = "have both set by NTP: calling hours go by the one here, and a node that is far ahead of others takes \
     leads from them that they hold";

/// How far the clock here is from the database's, at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Apart {
    by: Span,
    ahead: bool,
}

impl Apart {
    /// Where the server has told its time between these two moments of the clock here.
    fn of(asked: Micros, told: Micros, answered: Micros) -> Option<Self> {
        let (ahead, behind) = (asked.since(told), told.since(answered));
        let by = ahead.max(behind);
        (by > LITTLE).then_some(Self { by, ahead: ahead > behind })
    }
}

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.ahead { "ahead of" } else { "behind" };
        let seconds = (self.by + Span::millis(500)).0 / Span::secs(1).0;
        write!(f, "the clock here is {seconds} s {side} the database's")
    }
}

impl Store {
    /// How far the clock here is from the server's; `None` where that is little, or there is no server.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn clocks_apart(&self) -> Result<Option<Apart>, StoreError> {
        let Some(clock) = self.desk.dialect.clock() else { return Ok(None) };
        let asked = self.desk.clock.now();
        let row = self.reading.row(sqlx::query(clock)).await?;
        let told = Named::new("the server", "now", &row).moment("now")?;
        Ok(Apart::of(asked, told, self.desk.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_from_the_servers_by_more_than_the_answer_may_have_taken() {
        let told = |asked: u64, told: u64, answered: u64| {
            let [asked, told, answered] = [asked, told, answered].map(|secs| Micros(secs * 1_000_000));
            Apart::of(asked, told, answered).map(|apart| apart.to_string())
        };
        assert_eq!(told(100, 100, 100), None);
        assert_eq!(told(100, 120, 130), None, "it may have been told at any moment until then");
        assert_eq!(told(100, 95, 101), None);
        assert_eq!(told(100, 59, 101).expect("far"), "the clock here is 41 s ahead of the database's");
        assert_eq!(told(100, 107, 101).expect("far"), "the clock here is 6 s behind the database's");
    }
}
