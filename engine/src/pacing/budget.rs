//! What may still be dropped? A budget for each window, what share of the answers to aim at, and the price of a drop
//! that leads there.

use alloc::vec::Vec;

use libm::sqrt;

use super::window::WHOLE;
use super::{DropWindow, WindowCount, share};
use crate::words::{Micros, Milli, Span};
use crate::zone::Zone;

/// Drops that come of an aim for each drop that its price allows at the margin, until these windows have shown better.
const COMES_TO: f64 = 0.7;
/// By what factors that guess is ever corrected.
const CORRECTION: (f64, f64) = (0.1, 3.0);
/// How many drops that first guess is worth, and what each further one leaves of the earlier ones' weight.
const PRIOR_DROPS: f64 = 8.0;
const KEEP: f64 = 0.99;
/// Tokens from which on the whole limit is aimed at: so many, and so many more for each agent.
const FULL: f64 = 2.5;
const FULL_FOR_EACH_AGENT: f64 = 0.3;
/// Tokens kept against chance, so that the price seldom has to fall: so many deviations of what the rest of the window
/// drops, but never more than so many times [`FULL`].
const RESERVE_DEVIATIONS: f64 = 1.0;
const RESERVE_FULL: f64 = 6.0;
/// The share of the limit that is saved at most while tokens are short of the reserve. They come and go by chance: without it they
/// would be as likely to be few as many, and behind the gate, where they have gone, agents wait for long.
const SAVED: f64 = 0.15;
/// The share of what a window is expected to earn yet that is reckoned with: its answers may come slower.
const EARNED_AT_LEAST: f64 = 0.5;
/// A surplus is spent within this share of the answers to come. Within fewer answers than these only if the window has no
/// more, and never within fewer than the last.
const SPENT_WITHIN: f64 = 0.1;
const SPENT_NOT_WITHIN: f64 = 200.0;
const SHORTEST_REST: f64 = 20.0;
/// The largest share of the answers that is ever aimed at.
const LARGEST_AIM: f64 = 0.12;
/// Between what the price moves, in drops for each answer.
const DEAREST: f64 = 0.9;
const DAY: Span = Span::secs(86_400);

/// The budget of all windows.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    zone: Zone,
    /// When the campaign began.
    began: Micros,
    windows: Vec<Window>,
    /// The share of the answers aimed at now, and which window has it no higher.
    aim: f64,
    ruling: usize,
    /// Drops aimed at since long, and those that came; both decayed.
    aimed: f64,
    came: f64,
    /// The part of a drop that came since the last whole one.
    doubtful: Milli,
}

/// What decides about the aim beside the windows themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prospect {
    pub(super) now: Micros,
    pub(super) agents: u32,
    /// People who have answered and may yet be dropped.
    pub(super) waiting: u32,
    /// Answers expected in a second of work.
    pub(super) answers_per_s: f64,
    /// When the campaign stops to dial, where that is known.
    pub(super) closes_at: Option<Micros>,
}

/// One window's answers and drops.
///
/// A token is a drop that may still happen: `limit * answers - drops`. Every window begins without any, one line for
/// each idle agent, and earns them by its answers.
#[derive(Debug, Clone)]
struct Window {
    rules: DropWindow,
    limit: f64,
    /// Since when it counts: its first moment, or the campaign's if that is later.
    began: Micros,
    /// The first moment of the next one.
    ends: Micros,
    answers: u64,
    drops: u64,
    /// The part of a drop that machines who may have been persons come to beside these.
    doubtful: Milli,
}

impl Budget {
    /// Budgets of a campaign that begins now.
    pub(super) fn new(rules: &[DropWindow], zone: Zone, now: Micros) -> Self {
        let window = |rules: &DropWindow| Window {
            rules: *rules,
            limit: share(rules.limit),
            began: now,
            ends: now,
            answers: 0,
            drops: 0,
            doubtful: Milli(0),
        };
        let mut budget = Self {
            zone,
            began: now,
            windows: rules.iter().map(window).collect(),
            aim: 0.0,
            ruling: 0,
            aimed: PRIOR_DROPS,
            came: PRIOR_DROPS,
            doubtful: Milli(0),
        };
        budget.begins(now);
        budget
    }

    /// The campaign has begun at that moment, which is no later than anything that counts.
    pub(super) fn begins(&mut self, at: Micros) {
        self.began = at;
        for window in &mut self.windows {
            window.opens(at, at, &self.zone);
        }
    }

    /// Goes on with what an earlier process has counted, for each window in the order of the rules.
    pub(super) fn goes_on(&mut self, counts: &[WindowCount]) {
        for (window, counted) in self.windows.iter_mut().zip(counts) {
            window.opens(counted.since, self.began, &self.zone);
            (window.answers, window.drops) = (counted.answers, counted.drops);
            window.doubtful = counted.doubtful;
        }
    }

    /// Each window has that limit from now on, in the order of the rules. What it has counted stays: with less allowed it may be behind
    /// its gate, as after drops.
    pub(super) fn is_held_to(&mut self, rules: &[DropWindow]) {
        for (window, rules) in self.windows.iter_mut().zip(rules) {
            (window.rules, window.limit) = (*rules, share(rules.limit));
        }
    }

    /// What each window has counted, in the order of the rules.
    pub(super) fn counts(&self) -> Vec<WindowCount> {
        let count = |window: &Window| WindowCount {
            since: window.began,
            answers: window.answers,
            drops: window.drops,
            doubtful: window.doubtful,
        };
        self.windows.iter().map(count).collect()
    }

    /// Windows that are over by now are followed by the next ones.
    fn follow(&mut self, now: Micros) {
        for window in &mut self.windows {
            if window.ends <= now {
                window.opens(now, self.began, &self.zone);
            }
        }
    }

    /// A person answered at that moment, as is known now. It counts in the window of the answer.
    pub(super) fn answered(&mut self, answered: Micros, now: Micros) {
        self.follow(now);
        for window in &mut self.windows {
            window.answers += u64::from(window.began <= answered);
        }
        self.aimed += self.aim;
    }

    /// Whoever answered at that moment was no person: neither the answer nor what comes of it counts.
    pub(super) fn was_a_machine(&mut self, answered: Micros) {
        for window in self.windows.iter_mut().filter(|window| window.began <= answered) {
            window.answers = window.answers.saturating_sub(1);
        }
        self.aimed = (self.aimed - self.aim).max(0.0);
    }

    /// Somebody who answered at that moment was dropped. It counts in the window of the answer.
    pub(super) fn dropped(&mut self, answered: Micros) {
        for window in &mut self.windows {
            window.drops += u64::from(window.began <= answered);
        }
        self.learns_of_a_drop();
    }

    /// A machine that answered at that moment may have been a person, who was dropped: that part of a drop. It counts in the window of
    /// the answer, and a drop is counted for each whole that the parts of one window come to.
    pub(super) fn doubted(&mut self, answered: Micros, part: Milli, now: Micros) {
        self.follow(now);
        for window in self.windows.iter_mut().filter(|window| window.began <= answered) {
            window.drops += u64::from(add(&mut window.doubtful, part));
        }
        if add(&mut self.doubtful, part) {
            self.learns_of_a_drop();
        }
    }

    fn learns_of_a_drop(&mut self) {
        self.came = (self.came + 1.0) * KEEP;
        self.aimed *= KEEP;
    }

    /// What may still be dropped of the calls that may be answered until then, in the window that is nearest to its
    /// limit: nothing where a window ends before, since the next begins with nothing.
    pub(super) fn tokens(&self, until: Micros) -> f64 {
        let tokens = |window: &Window| if window.ends <= until { 0.0 } else { window.tokens() };
        self.windows.iter().map(tokens).fold(f64::INFINITY, f64::min)
    }

    /// The window that has allowed the fewest drops when the price was looked at last, and what may still be dropped in it.
    pub(super) fn ruling(&self, now: Micros) -> (DropWindow, f64) {
        let window = &self.windows[self.ruling];
        (window.rules, if window.ends <= now { 0.0 } else { window.tokens() })
    }

    /// What may be dropped at one stroke, in the window that is nearest to its limit: what that is over the tokens, the rest
    /// of the window has to make up for.
    pub(super) fn makes_up_for(&self, prospect: &Prospect) -> f64 {
        let by_the_end =
            |window: &Window| window.tokens() + EARNED_AT_LEAST * window.limit * window.rest(prospect);
        self.windows.iter().map(by_the_end).fold(f64::INFINITY, f64::min)
    }

    /// The share of the answers that was aimed at last.
    pub(super) const fn aim(&self) -> f64 {
        self.aim
    }

    /// The drops that an answer may cost now; `None` where only one line for each idle agent is allowed.
    ///
    /// The price of a drop is what leads to the aim as far as these windows have shown: to aim at twice the drops is to
    /// pay twice as much for each.
    pub(super) fn price(&mut self, prospect: &Prospect) -> Option<f64> {
        self.follow(prospect.now);
        let aims = self.windows.iter().map(|window| window.aim(prospect)).enumerate();
        let tokens = |nth: usize| self.windows[nth].tokens();
        // Of several that allow nothing, the one that has to earn most until it does.
        let lowest = aims.min_by(|(nth, one), (of, other)| {
            one.total_cmp(other).then_with(|| tokens(*nth).total_cmp(&tokens(*of)))
        });
        let (ruling, aim) = lowest.expect("there is at least one window");
        (self.ruling, self.aim) = (ruling, aim.min(LARGEST_AIM));
        let comes_to = COMES_TO * (self.came / self.aimed).clamp(CORRECTION.0, CORRECTION.1);
        (self.aim > 0.0).then(|| (self.aim / comes_to).min(DEAREST))
    }
}

impl Window {
    /// The window that a moment lies in begins, with nothing counted.
    fn opens(&mut self, at: Micros, campaign_began: Micros, zone: &Zone) {
        let (began, ends) = self.rules.span.around(at, campaign_began, zone);
        self.began = if began < campaign_began && campaign_began < ends { campaign_began } else { began };
        self.ends = ends;
        (self.answers, self.drops, self.doubtful) = (0, 0, Milli(0));
    }

    fn tokens(&self) -> f64 {
        self.limit * self.answers as f64 - self.drops as f64
    }

    /// The share of the answers that may be dropped from here on; zero behind the gate.
    ///
    /// The whole limit where there is a reserve of tokens; somewhat less where they are short of it, as long as another shift
    /// can spend what is saved, and far less where they are few, since behind the gate agents wait. What is left beyond
    /// the reserve is spread over a part of the answers that the window still has.
    fn aim(&self, prospect: &Prospect) -> f64 {
        let tokens = self.tokens() - 0.5 * f64::from(prospect.waiting);
        let agents = f64::from(prospect.agents);
        let rest = self.rest(prospect);
        if tokens < 1.0 {
            return 0.0;
        }
        let full = FULL + FULL_FOR_EACH_AGENT * agents;
        let reserve = (1.0 + RESERVE_DEVIATIONS * sqrt(self.limit * rest)).min(RESERVE_FULL * full);
        let surplus = (tokens - reserve).max(0.0);
        let horizon = (rest * SPENT_WITHIN).max(SPENT_NOT_WITHIN).min(rest).max(SHORTEST_REST);
        let short = if full < reserve && !self.is_in_its_last_shift(prospect) {
            ((reserve - tokens) / (reserve - full)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        self.limit * (tokens / full).min(1.0) * (1.0 - SAVED * short) + surplus / horizon
    }

    /// Whether there is known to be no other before the window ends.
    fn is_in_its_last_shift(&self, prospect: &Prospect) -> bool {
        prospect.closes_at.is_some_and(|closes| self.ends.since(closes) < DAY)
    }

    /// How many answers the window is expected to have yet.
    fn rest(&self, prospect: &Prospect) -> f64 {
        let now = prospect.now;
        let Self { began, ends, .. } = *self;
        let (lasted, left) = (seconds(now.since(began)), seconds(ends.since(now)));
        match prospect.closes_at {
            Some(closes) if self.is_in_its_last_shift(prospect) => {
                prospect.answers_per_s * seconds(closes.min(ends).since(now))
            }
            Some(_) | None if lasted > seconds(DAY) => self.answers as f64 / lasted * left,
            // A third of the time is work, as long as nothing else is known.
            Some(_) | None => prospect.answers_per_s * left / 3.0,
        }
    }
}

/// Adds a part of a drop, at most a whole one, to others. Says whether they come to a whole one, which is taken off them.
fn add(parts: &mut Milli, part: Milli) -> bool {
    parts.0 += part.0;
    let are_whole = parts.0 >= WHOLE;
    parts.0 %= WHOLE;
    are_whole
}

fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1e6
}

#[cfg(all(test, feature = "zones"))]
mod recount;

#[cfg(test)]
mod tests {
    use super::super::WindowSpan;
    use super::*;

    fn block(limit: u32, length: Span) -> DropWindow {
        DropWindow { limit: Milli(limit), span: WindowSpan::Block(length) }
    }

    fn budget(limit: u32, length: Span) -> Budget {
        Budget::new(&[block(limit, length)], Zone::default(), Micros(1))
    }

    fn answered(budget: &mut Budget, times: u32) {
        (0..times).for_each(|_| budget.answered(Micros(1), Micros(1)));
    }

    fn prospect(waiting: u32) -> Prospect {
        Prospect { now: Micros(1), agents: 10, waiting, answers_per_s: 0.1, closes_at: None }
    }

    #[test]
    fn a_window_begins_without_a_token_and_earns_one_by_thirty_four_answers() {
        let mut budget = budget(30, DAY);
        answered(&mut budget, 33);
        assert_eq!(budget.price(&prospect(0)), None);
        answered(&mut budget, 1);
        assert!(budget.price(&prospect(0)).is_some());
        assert_eq!(budget.price(&prospect(1)), None, "somebody who waits may take it");
    }

    #[test]
    fn a_drop_shuts_the_gate_and_a_new_window_begins_with_nothing() {
        let mut budget = budget(30, Span::secs(100_000));
        answered(&mut budget, 40);
        budget.dropped(Micros(1));
        assert_eq!(budget.price(&prospect(0)), None);
        answered(&mut budget, 400);
        assert!(budget.price(&prospect(0)).is_some());
        budget.answered(Micros(250_000_000_000), Micros(250_000_000_000));
        assert_eq!((budget.windows[0].answers, budget.windows[0].drops), (1, 0));
        assert_eq!(budget.windows[0].began, Micros(200_000_000_001));
        budget.dropped(Micros(200_000_000_000));
        assert_eq!(budget.windows[0].drops, 0, "who answered in the window before is dropped in it");
    }

    #[test]
    fn who_is_known_to_be_a_person_only_in_the_next_window_has_answered_in_neither() {
        let mut budget = budget(30, Span::secs(100));
        let [answered, known] = [99_000_000, 102_000_000].map(Micros);
        budget.answered(answered, known);
        budget.dropped(answered);
        assert_eq!((budget.windows[0].answers, budget.windows[0].drops), (0, 0), "that window is over");
        budget.answered(known, known);
        assert_eq!(budget.windows[0].answers, 1);
    }

    #[test]
    fn more_tokens_are_worth_a_higher_price_and_the_tightest_window_rules() {
        let mut one = budget(30, DAY);
        let mut two = {
            let windows = [block(30, DAY), block(10, Span::secs(30 * 86_400))];
            Budget::new(&windows, Zone::default(), Micros(1))
        };
        let mut price = 0.0;
        for _ in 0..20 {
            answered(&mut one, 50);
            answered(&mut two, 50);
            let dearer = one.price(&prospect(0)).expect("fifty answers are a token");
            assert!(dearer >= price, "{dearer} after {price}");
            assert!(two.price(&prospect(0)).is_none_or(|both| both < dearer));
            price = dearer;
        }
    }

    #[test]
    fn what_is_short_of_the_reserve_is_saved_up_unless_no_shift_is_left_to_spend_it() {
        let month = Span::secs(30 * 86_400);
        let last_shift = Prospect { closes_at: Some(Micros(1) + month), ..prospect(0) };
        // Ten agents have a reserve of 33 tokens in a month, and few are less than 5.5.
        for (answers, saves) in [(200, 0.147), (500, 0.098), (800, 0.049), (1_100, 0.0)] {
            let mut budget = budget(30, month);
            answered(&mut budget, answers);
            let aim = |prospect| budget.windows[0].aim(&prospect) / 0.03;
            assert!((1.0 - aim(prospect(0)) - saves).abs() < 1e-3, "{answers}: {}", aim(prospect(0)));
            assert!((aim(last_shift) - 1.0).abs() < 1e-9, "{answers}: {}", aim(last_shift));
        }
    }

    #[test]
    fn the_window_rules_that_allows_the_fewest_drops_and_not_the_one_with_the_fewest_tokens() {
        let month = Span::secs(30 * 86_400);
        let mut budget = Budget::new(&[block(30, DAY), block(30, month)], Zone::default(), Micros(1));
        // A day's surplus is to be spent by its end; the month has the more tokens and all the time.
        answered(&mut budget, 400);
        let evening =
            Prospect { closes_at: Some(Micros(1) + DAY), now: Micros(80_000_000_000), ..prospect(0) };
        for window in &mut budget.windows {
            window.began = Micros(1);
        }
        budget.windows[1].answers += 400;
        assert!(budget.price(&evening).is_some());
        let (window, tokens) = budget.ruling(evening.now);
        assert_eq!((window, tokens), (block(30, month), 24.0));
        budget.windows[0].drops = 12;
        budget.windows[1].drops = 30;
        assert_eq!(budget.price(&evening), None);
        assert_eq!(
            budget.ruling(evening.now),
            (block(30, month), -6.0),
            "which has to earn more than the day"
        );
        let (_, tokens) = budget.ruling(Micros(1) + month);
        assert_eq!(tokens, 0.0, "what is over leaves nothing to the next one");
    }

    #[test]
    fn more_drops_than_were_aimed_at_lower_the_price() {
        let price = |drops: u64| {
            let mut budget = budget(30, DAY);
            budget.aim = 0.03;
            answered(&mut budget, 2_000);
            (0..drops).for_each(|_| budget.dropped(Micros(1)));
            // The same tokens, so that nothing but the experience differs.
            budget.windows[0].drops = 30;
            budget.price(&prospect(0)).expect("thirty tokens")
        };
        assert!(price(60) < price(30), "{} and {}", price(60), price(30));
        assert!(price(120) < price(60), "{} and {}", price(120), price(60));
    }

    #[test]
    fn before_a_window_ends_nothing_may_be_dropped_by_what_is_answered_after_it() {
        let mut budget = budget(30, Span::secs(7_200));
        answered(&mut budget, 400);
        assert_eq!(budget.tokens(Micros(7_200_000_000)), 12.0);
        assert_eq!(budget.tokens(Micros(7_200_000_001)), 0.0);
    }

    /// What so many agents aim at who have that many tokens, so long before closing time.
    fn aims(agents: u32, tokens: u64, left_s: u64) -> f64 {
        let mut budget = budget(30, DAY);
        answered(&mut budget, 10_000);
        (0..300 - tokens).for_each(|_| budget.dropped(Micros(1)));
        let closes_at = Some(Micros(1) + Span::secs(left_s));
        budget.windows[0].aim(&Prospect { closes_at, agents, ..prospect(0) })
    }

    #[test]
    fn a_surplus_is_spent_towards_closing_time_and_no_token_that_is_not_there() {
        let aim = |tokens, left_s| aims(10, tokens, left_s);
        assert!(aim(20, 3_600) > 0.1, "{}", aim(20, 3_600));
        assert!(aim(20, 36_000) < 0.06, "{}", aim(20, 36_000));
        assert!(aim(2, 60) > 0.0);
        assert_eq!(aim(0, 60), 0.0);
    }

    #[test]
    fn a_window_makes_up_for_its_tokens_and_half_of_what_it_will_earn() {
        let mut budget = budget(30, DAY);
        answered(&mut budget, 100);
        let left = |closes_s| {
            let closes_at = Some(Micros(1) + Span::secs(closes_s));
            (budget.makes_up_for(&Prospect { closes_at, ..prospect(0) }) * 100.0) as u32
        };
        assert_eq!([left(100), left(1_000), left(10_000)], [315, 450, 1_800]);
    }
}
