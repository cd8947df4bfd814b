//! Families of trouble that pacing is known to fail in, each played with predictive pacing under a 3 % limit a window.
//!
//! The floor itself asserts, in each of these days, that every saved attempt gets its one record, that nothing is dialled
//! before it is saved, and that everything comes to rest. Here it is asserted what pacing owes besides. The last tests
//! are the controls: simple rules that are known to fail do fail here, so what passes means something.

use std::collections::BTreeMap;

use jiff::tz::TimeZoneDatabase;
use simulator::scenario::{
    self, Count, Hour, Hours, Pacing, Predictive, Probability, Rate, Restart, Scenario, Seconds, ZoneName,
};
use simulator::study::{self, Day, Study};

/// Looked at by no tuning.
const SEED: u64 = 20_261_126;
/// The limit of each window.
const LIMIT: f64 = 0.03;
/// No list needs more lines for an agent than twice what it takes to reach one of twenty.
const LINES_FOR_AN_AGENT: u32 = 40;
/// So much less busy than with one line each may agents be, where there is nothing to be gained: a hundredth of their
/// time.
const MARGIN: f64 = 0.01;

fn family(preset: &str, pacing: Pacing) -> Scenario {
    let mut scenario = scenario::load(preset).expect("a preset");
    scenario.shift.days = Count(2);
    scenario.campaign.pacing = pacing;
    scenario
}

fn played(scenario: &Scenario) -> Study {
    study::run(scenario, SEED, || {})
}

fn predictive() -> Pacing {
    held_to_the_limit(false)
}

fn strict() -> Pacing {
    held_to_the_limit(true)
}

fn held_to_the_limit(strict: bool) -> Pacing {
    Pacing::Predictive(Predictive { drop_limit: Probability(LIMIT), answer_rate: None, strict })
}

/// The highest that drops per answer have been at any moment, counted since each window of days began.
fn worst_moment(study: &Study) -> f64 {
    study.days.iter().map(|day| day.worst_moment).fold(0.0, f64::max)
}

fn most_lines(study: &Study) -> u32 {
    study.days.iter().map(|day| day.most_lines).max().unwrap_or_default()
}

fn sum(study: &Study, of: fn(&Day) -> u64) -> u64 {
    study.days.iter().map(of).sum()
}

/// What pacing owes in every family; says how much busier agents are than with one line each.
fn keeps_the_limit(scenario: &Scenario) -> f64 {
    let study = played(scenario);
    let about = &scenario.about;
    for day in &study.days {
        assert_eq!(day.answers, day.connects + day.drops + day.hang_ups, "{about}: {day:?}");
    }
    assert!(study.worst_window <= LIMIT, "{about}: {} are dropped in the worst window", study.worst_window);
    let (agents, lines) = (scenario.headcount(), most_lines(&study));
    assert!(lines <= agents * LINES_FOR_AN_AGENT, "{about}: {lines} lines for {agents} agents");
    let mut one_each = scenario.clone();
    one_each.campaign.pacing = Pacing::Progressive;
    let gain = study.utilisation - played(&one_each).utilisation;
    assert!(gain > -MARGIN, "{about}: agents are less busy by {gain} than with one line each");
    gain
}

macro_rules! families {
    ($($name:ident: $preset:literal gains $gain:literal;)*) => {$(
        #[test]
        fn $name() {
            let gain = keeps_the_limit(&family($preset, predictive()));
            assert!(gain > $gain, "{}: it gains only {gain}", $preset);
        }
    )*};
}

// What is to be gained at least, as a share of the agents' time; 0.0 and less where it is a matter of doing no harm.
families! {
    a_list_as_it_is: "realistic-flat" gains 0.15;
    a_list_that_gets_four_times_better: "realistic-step" gains 0.15;
    a_list_that_gets_five_times_worse: "step-down" gains 0.15;
    a_list_that_gets_better_so_slowly_that_nothing_stands_out: "slow-ramp" gains 0.12;
    a_list_that_swings: "realistic-sine" gains 0.12;
    a_list_that_nobody_answers_any_more: "dead-list" gains 0.0;
    a_list_that_everybody_answers: "callback-list" gains 0.02;
    people_who_take_twice_as_long_to_answer: "latency-shift" gains 0.15;
    people_who_do_not_wait: "impatient" gains 0.0;
    machines_that_nobody_detects: "machines" gains 0.05;
    a_list_that_ends_and_is_tried_again: "retries" gains 0.15;
    conversations_that_last_twice_as_long: "talk-shock" gains 0.12;
    everybody_hangs_up_at_once: "fire-alarm" gains 0.15;
    refusals_and_sales: "bimodal-talk" gains 0.15;
    conversations_with_a_heavy_tail: "heavy-tail" gains 0.15;
    one_agent: "one-agent" gains -0.01;
    two_agents: "two-agents" gains 0.0;
    three_agents: "three-agents" gains 0.03;
    forty_five_agents_log_in_within_a_second: "log-in-at-once" gains 0.2;
    shifts_that_come_and_go_in_waves: "log-in-waves" gains 0.15;
    everybody_goes_to_lunch_at_once: "lunch" gains 0.15;
    fifty_agents_become_five: "pool-collapse" gains 0.2;
    agents_who_come_and_go_every_few_seconds: "flapping" gains 0.08;
    a_carrier_that_fails: "carrier-storm" gains 0.12;
    a_carrier_whose_failures_look_like_the_callees: "carrier-480" gains 0.12;
    one_of_two_carriers_that_fails: "carrier-rests" gains 0.12;
    a_trunk_that_is_too_small: "trunk-cap" gains 0.12;
    events_that_are_lost_or_late: "lost-events" gains 0.08;
    an_exchange_that_is_slow: "slow-exchange" gains 0.05;
    a_database_that_fails: "slow-database" gains 0.12;
    a_process_that_dies_in_mid_ring: "restart" gains 0.1;
    a_clock_that_jumps: "clock-jump" gains 0.12;
    everything_at_once: "everything" gains 0.05;
}

/// Families in which nobody is dropped but by pacing: no answer is lost or found by a dead process, and nobody is taken for a
/// machine. A window that keeps its limit when it is over may have been above it before, and a strict one not.
const OF_PACING_ALONE: [&str; 33] = [
    "realistic-flat",
    "realistic-step",
    "realistic-sine",
    "step-down",
    "slow-ramp",
    "dead-list",
    "callback-list",
    "latency-shift",
    "impatient",
    "machines",
    "retries",
    "talk-shock",
    "fire-alarm",
    "bimodal-talk",
    "heavy-tail",
    "one-agent",
    "two-agents",
    "three-agents",
    "log-in-at-once",
    "log-in-waves",
    "lunch",
    "pool-collapse",
    "flapping",
    "carrier-storm",
    "carrier-480",
    "carrier-rests",
    "trunk-cap",
    "slow-exchange",
    "slow-database",
    "clock-jump",
    "clocks-back",
    "clocks-forward",
    "amd-off",
];

#[test]
fn a_strict_limit_holds_at_every_moment_of_every_family_that_pacing_alone_decides() {
    for preset in OF_PACING_ALONE {
        let worst = worst_moment(&played(&family(preset, strict())));
        assert!(worst <= LIMIT, "{preset}: {worst}");
    }
    // The control: one that is kept when its window is over is broken before, where the list gets better.
    let worst = worst_moment(&played(&family("realistic-step", predictive())));
    assert!(worst > LIMIT, "{worst}");
}

#[test]
fn a_list_that_gets_better_while_nothing_can_be_made_up_for_breaks_a_limit_that_is_not_strict() {
    let mut scenario = family("realistic-flat", strict());
    scenario.shift.days = Count(20);
    let steps = vec![(Hour(0.0), Probability(0.05)), (Hour(7.7), Probability(0.7))];
    scenario.callees.answer_rate = Rate::Steps(steps);
    assert!(keeps_the_limit(&scenario) > 0.1);
    let worst = worst_moment(&played(&scenario));
    assert!(worst <= LIMIT, "{worst}");
    scenario.campaign.pacing = predictive();
    let worst = played(&scenario).worst_window;
    assert!(worst > LIMIT, "{worst}");
}

#[test]
fn three_hundred_agents_on_a_list_that_hardly_answers() {
    let mut scenario = family("overload", predictive());
    scenario.shift.days = Count(1);
    assert!(keeps_the_limit(&scenario) > 0.4);
}

#[test]
fn a_window_of_several_days_carries_its_budget() {
    let mut scenario = family("month", predictive());
    scenario.shift.days = Count(5);
    assert!(keeps_the_limit(&scenario) > 0.15);
}

/// The nights in which London's clocks are changed.
const CLOCKS: [&str; 2] = ["clocks-back", "clocks-forward"];

/// Six times one of these nights and the one after.
fn nights(preset: &str) -> Scenario {
    let mut scenario = family(preset, predictive());
    scenario.shift.days = Count(12);
    scenario
}

/// The share of its answers that was dropped on the worst local day, by London's calendar.
fn worst_date(study: &Study) -> f64 {
    let london = TimeZoneDatabase::bundled().get("Europe/London").expect("a zone");
    let dates: Vec<_> = study.dates(&london).into_iter().flat_map(BTreeMap::into_values).collect();
    assert_eq!(dates.len(), 18, "six Saturdays, Sundays and Mondays");
    let counted = dates.iter().fold((0, 0), |sum, on| (sum.0 + on.answers, sum.1 + on.drops));
    assert_eq!(counted, (sum(study, |day| day.answers), sum(study, |day| day.drops)));
    dates.iter().map(|on| on.drops as f64 / on.answers as f64).fold(0.0, f64::max)
}

#[test]
fn each_local_day_of_a_night_in_which_clocks_are_changed_keeps_its_limit() {
    for preset in CLOCKS {
        assert!(keeps_the_limit(&family(preset, predictive())) > 0.15);
        let study = played(&nights(preset));
        assert!(study.worst_window <= LIMIT, "{preset}: {}", study.worst_window);
        assert!(worst_date(&study) <= LIMIT, "{preset}: {}", worst_date(&study));

        // The control: one window for all days breaks the limit of single ones.
        let mut alone = nights(preset);
        alone.campaign.windows.clear();
        let study = played(&alone);
        assert!(study.worst_window <= LIMIT, "{preset}: {}", study.worst_window);
        assert!(worst_date(&study) > LIMIT, "{preset}: {}", worst_date(&study));
    }
}

#[test]
fn days_of_24_hours_by_clocks_that_are_not_changed_break_the_limit_of_the_days_as_they_are() {
    let mut scenario = nights("clocks-back");
    scenario.campaign.zone = ZoneName::try_from("Etc/GMT-1".to_owned()).expect("London's summer time");
    assert!(worst_date(&played(&scenario)) > LIMIT, "{}", worst_date(&played(&scenario)));
}

#[test]
fn restarts_within_several_windows_at_once_break_none_of_them() {
    for preset in CLOCKS {
        let mut scenario = nights(preset);
        // In the evening, just before midnight, soon after it, and after the clocks have been changed.
        let at = [3.0, 5.9, 6.4, 8.2].map(|at| Restart { at: Hour(at), down: Seconds(2.0) });
        scenario.faults.restarts = at.to_vec();
        // Whoever answers while no process is there is dropped, and nobody can count that.
        let unseen =
            at.iter().map(|restart| restart.down.0).sum::<f64>() / (scenario.shift.hours.0 * 3_600.0);
        let study = played(&scenario);
        assert!(study.worst_window <= LIMIT + unseen, "{preset}: {}", study.worst_window);
        assert!(worst_date(&study) <= LIMIT + unseen, "{preset}: {}", worst_date(&study));
        scenario.campaign.pacing = Pacing::Progressive;
        let gain = study.utilisation - played(&scenario).utilisation;
        assert!(gain > 0.15, "{preset}: it gains only {gain}");
    }
}

#[test]
fn who_has_been_called_does_not_depend_on_the_policy() {
    let answers = |pacing| {
        let mut scenario = family("realistic-flat", pacing);
        scenario.callees.leads = Some(simulator::scenario::Leads(3_000));
        let study = played(&scenario);
        assert_eq!(sum(&study, |day| day.dials), 6_000, "each lead of both days is dialled once");
        sum(&study, |day| day.answers)
    };
    let one_each = answers(Pacing::Progressive);
    assert!(one_each > 1_000, "{one_each}");
    assert_eq!(answers(Pacing::Ratio(3.0)), one_each, "the same people answer");
    assert_eq!(answers(predictive()), one_each, "the same people answer");
}

#[test]
fn a_lead_is_tried_again_as_the_scenario_says_and_not_more_often() {
    let mut scenario = family("retries", Pacing::Ratio(3.0));
    scenario.callees.leads = Some(simulator::scenario::Leads(2_000));
    let once = {
        let mut scenario = scenario.clone();
        scenario.campaign.retry = simulator::scenario::Retry::default();
        sum(&played(&scenario), |day| day.dials)
    };
    let dials = sum(&played(&scenario), |day| day.dials);
    assert_eq!(once, 2_000);
    assert!((4_000..8_000).contains(&dials), "{dials} dials of at most four for each of 2,000 leads");
}

#[test]
fn a_trunk_carries_no_more_than_it_has_channels() {
    for pacing in [Pacing::Ratio(4.0), predictive()] {
        assert_eq!(most_lines(&played(&family("trunk-cap", pacing))), 15);
    }
}

#[test]
fn in_a_storm_the_calls_fail_and_nobody_is_dropped_for_it() {
    let storm = played(&family("carrier-storm", Pacing::Progressive));
    let failures = sum(&storm, |day| day.failures);
    assert!(failures > 1_000, "{failures}");
    assert_eq!(storm.drop_rate, 0.0);
}

#[test]
fn whoever_answers_a_dead_process_is_dropped_and_counted() {
    let mut scenario = family("restart", Pacing::Progressive);
    scenario.shift.days = Count(20);
    scenario.shift.hours = Hours(6.0);
    let drops = sum(&played(&scenario), |day| day.drops);
    assert!((5..200).contains(&drops), "{drops} in forty restarts");
}

#[test]
fn a_fixed_ratio_that_holds_on_one_list_breaks_the_limit_in_the_families() {
    let tuned = Pacing::Ratio(2.0);
    assert!(played(&family("realistic-flat", tuned)).worst_window <= LIMIT);
    for preset in [
        "realistic-step",
        "step-down",
        "callback-list",
        "machines",
        "one-agent",
        "two-agents",
        "three-agents",
    ] {
        let worst = played(&family(preset, tuned)).worst_window;
        assert!(worst > LIMIT, "{preset}: {worst}");
    }
}

#[test]
fn as_many_lines_for_an_idle_agent_as_it_takes_to_reach_one_person_break_the_limit_in_the_families() {
    // 1 / 0.22: what is right on average drops whoever comes above it.
    let on_average = Pacing::Ratio(4.545);
    for preset in [
        "realistic-flat",
        "realistic-step",
        "realistic-sine",
        "step-down",
        "slow-ramp",
        "dead-list",
        "callback-list",
        "talk-shock",
        "bimodal-talk",
        "heavy-tail",
        "one-agent",
        "three-agents",
        "log-in-waves",
        "lunch",
        "flapping",
    ] {
        let worst = played(&family(preset, on_average)).worst_window;
        assert!(worst > 2.0 * LIMIT, "{preset}: {worst}");
    }
}

#[test]
fn a_dial_level_over_all_agents_gains_too_little_where_it_is_tuned_and_breaks_the_limit_elsewhere() {
    let tuned = {
        let rules = "method = 'ratio'\nlevel = 1.25\nghost_lines = false\ncps = 20";
        Pacing::Vicidial(toml::from_str(rules).expect("rules"))
    };
    assert!(keeps_the_limit(&family("realistic-flat", tuned)) < 0.12, "the family has to gain 0.15");
    for preset in ["realistic-step", "step-down", "slow-ramp", "dead-list", "callback-list", "talk-shock"] {
        let worst = played(&family(preset, tuned)).worst_window;
        assert!(worst > LIMIT, "{preset}: {worst}");
    }
}
