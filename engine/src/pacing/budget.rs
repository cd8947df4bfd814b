//! What may still be dropped? A budget for each window, and the price that it makes of a drop.

use crate::words::{Micros, Span};

/// The share of the budget by which the price moves with each answer.
const EAGERNESS: f64 = 0.6;
/// What a drop takes off the price.
const REMORSE: f64 = 0.95;
/// The price at the beginning, and between what it moves: drops expected for each answer that a further call brings.
const FIRST_PRICE: f64 = 0.06;
const LOWEST_PRICE: f64 = 0.003;
const HIGHEST_PRICE: f64 = 0.9;

/// One window's answers and drops.
///
/// A token is a drop that may still happen: `limit * answers - drops`. Every window begins without any, one line for
/// each idle agent, and earns them by its answers; so does whoever starts anew in the middle of one, since windows that
/// each keep the limit keep it together.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    limit: f64,
    window: Span,
    /// Where the present window began; `None` before the first answer.
    began: Option<Micros>,
    answers: u64,
    drops: u64,
    price: f64,
}

impl Budget {
    pub(super) const fn new(limit: f64, window: Span) -> Self {
        Self { limit, window, began: None, answers: 0, drops: 0, price: FIRST_PRICE }
    }

    /// A person has answered.
    pub(super) fn answered(&mut self, now: Micros, agents: u32) {
        let began = *self.began.get_or_insert(now);
        if now.since(began) >= self.window {
            // The windows follow each other without a gap, whether or not anybody was called.
            let windows = now.since(began).0 / self.window.0;
            self.began = Some(began + Span(windows * self.window.0));
            (self.answers, self.drops) = (0, 0);
        }
        self.answers += 1;
        // While the gate is shut the price has nothing to do with what happens.
        if self.tokens() >= 1.0 {
            let reserve = reserve(agents);
            let ahead = ((self.tokens() - reserve) / reserve).clamp(-1.0, 1.0);
            self.price *= 1.0 + EAGERNESS * self.limit * ahead;
            self.price = self.price.clamp(LOWEST_PRICE, HIGHEST_PRICE);
        }
    }

    /// Somebody was dropped.
    pub(super) fn dropped(&mut self) {
        self.drops += 1;
        self.price = (self.price * REMORSE).max(LOWEST_PRICE);
    }

    /// What may still be dropped.
    pub(super) fn tokens(&self) -> f64 {
        self.limit * self.answers as f64 - self.drops as f64
    }

    /// The drops that an answer may cost now, with so many people waiting who may yet be dropped; `None` where only one
    /// line for each idle agent is allowed.
    pub(super) fn price(&self, agents: u32, waiting: u32) -> Option<f64> {
        let tokens = self.tokens() - 0.5 * f64::from(waiting);
        // It is lowered long before the last token, since what is in the air cannot be called back.
        (tokens >= 1.0).then(|| self.price * (tokens / reserve(agents)).min(1.0))
    }
}

/// The tokens to keep in hand.
fn reserve(agents: u32) -> f64 {
    4.0 + 0.1 * f64::from(agents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(budget: &mut Budget, times: u32) {
        (0..times).for_each(|_| budget.answered(Micros(1), 10));
    }

    #[test]
    fn a_window_begins_without_a_token_and_earns_one_by_thirty_four_answers() {
        let mut budget = Budget::new(0.03, Span::secs(86_400));
        answered(&mut budget, 33);
        assert_eq!(budget.price(10, 0), None);
        answered(&mut budget, 1);
        assert!(budget.price(10, 0).is_some());
        assert_eq!(budget.price(10, 1), None, "somebody who waits may take it");
    }

    #[test]
    fn a_drop_shuts_the_gate_and_a_new_window_begins_with_nothing() {
        let mut budget = Budget::new(0.03, Span::secs(100));
        answered(&mut budget, 40);
        budget.dropped();
        assert_eq!(budget.price(10, 0), None);
        answered(&mut budget, 400);
        assert!(budget.price(10, 0).is_some());
        budget.answered(Micros(250_000_000), 10);
        assert_eq!((budget.answers, budget.drops), (1, 0));
        assert_eq!(budget.began, Some(Micros(200_000_001)));
    }

    #[test]
    fn a_budget_left_over_raises_the_price_and_one_that_is_gone_does_not_lower_it_for_ever() {
        let mut budget = Budget::new(0.03, Span::secs(86_400));
        answered(&mut budget, 1_000);
        assert!(budget.price > FIRST_PRICE * 2.0, "{}", budget.price);
        (0..30).for_each(|_| budget.dropped());
        let price = budget.price;
        answered(&mut budget, 30);
        assert_eq!(budget.price, price, "an hour behind the gate teaches nothing");
    }
}
