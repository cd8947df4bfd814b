use super::interval::Interval;
use super::*;
use crate::scenario::{
    self, Count, Hours, Pacing, PerMinute, Predictive, Probability, Seconds, Time, WindowDays,
};

fn short(name: &str, agents: u32, pacing: Pacing) -> Scenario {
    let mut scenario = scenario::load(name).expect("a preset");
    scenario.agents.count = Count(agents);
    scenario.shift.days = Count(3);
    scenario.shift.hours = Hours(1.0);
    scenario.campaign.pacing = pacing;
    scenario
}

#[test]
fn one_line_for_each_idle_agent_drops_nobody_and_keeps_them_as_busy_as_the_formula_says() {
    let mut scenario = short("exponential", 10, Pacing::Progressive);
    scenario.shift.hours = Hours(8.0);
    let study = run(&scenario, 1, || {});
    assert_eq!(study.drop_rate, 0.0);
    // T / (T + R / p): talk 120 s, ringing 10 s, three of ten answer.
    let expected = 120.0 / (120.0 + 10.0 / 0.3);
    assert!((study.utilisation - expected).abs() < 0.01, "{} and not {expected}", study.utilisation);
}

#[test]
fn who_looks_at_each_lead_first_is_less_busy_by_as_much_as_the_formula_says() {
    let mut scenario = short("exponential", 10, Pacing::Preview);
    scenario.shift.hours = Hours(8.0);
    scenario.agents.preview = Some(Time::Exponential { mean: Seconds(20.0), after: Seconds(0.0) });
    let study = run(&scenario, 1, || {});
    assert_eq!(study.drop_rate, 0.0);
    // T / (T + (V + R) / p): talk 120 s, a look of 20 s and ringing 10 s for each dial, of which three in ten are answered.
    let expected = 120.0 / (120.0 + 30.0 / 0.3);
    assert!((study.utilisation - expected).abs() < 0.01, "{} and not {expected}", study.utilisation);
}

#[test]
fn a_day_is_the_same_however_many_are_played_at_once() {
    let scenario = short("realistic-step", 5, Pacing::Ratio(2.0));
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let alone = one.install(|| run(&scenario, 7, || {}));
    assert_eq!(alone, run(&scenario, 7, || {}));
    assert_ne!(alone, run(&scenario, 8, || {}), "another seed is another day");
}

#[test]
fn every_answer_is_a_connect_or_a_drop() {
    for pacing in [
        Pacing::Progressive,
        Pacing::Ratio(3.0),
        Pacing::Broadcast(PerMinute(60)),
        vicidial("method = 'adapt_tapered'"),
    ] {
        for day in run(&short("realistic-sine", 10, pacing), 3, || {}).days {
            assert!(day.answers > 50, "{day:?}");
            assert_eq!(day.answers, day.connects + day.drops, "{pacing:?}: {day:?}");
        }
    }
}

#[test]
fn more_lines_for_each_agent_keep_them_busier_and_drop_more() {
    let at = |level| run(&short("realistic-flat", 10, Pacing::Ratio(level)), 5, || {});
    let (calm, eager) = (at(1.0), at(4.0));
    assert!(eager.utilisation > calm.utilisation + 0.05, "{} {}", eager.utilisation, calm.utilisation);
    assert!(eager.drop_rate > calm.drop_rate + 0.02, "{} {}", eager.drop_rate, calm.drop_rate);
}

fn predictive(limit: f64) -> Pacing {
    Pacing::Predictive(Predictive { drop_limit: Probability(limit), answer_rate: None, strict: false })
}

#[test]
fn predictive_keeps_agents_busier_than_one_line_each_and_every_day_within_its_limit() {
    for preset in ["realistic-flat", "realistic-step", "realistic-sine"] {
        let mut scenario = short(preset, 10, predictive(0.03));
        scenario.shift.hours = Hours(8.0);
        let learnt = run(&scenario, 21, || {});
        scenario.campaign.pacing = Pacing::Progressive;
        let progressive = run(&scenario, 21, || {});
        assert_eq!(learnt.days_over_3_percent, 0, "{preset}: the worst day has {}", learnt.worst_day);
        let gain = learnt.utilisation - progressive.utilisation;
        assert!(gain > 0.15, "{preset}: {gain}");
    }
}

#[test]
fn a_fixed_ratio_that_is_right_for_one_list_is_wrong_for_the_next() {
    // The control: a level that holds 3 % on the flat list breaks it where the list gets better at noon.
    let day = |preset| {
        let mut scenario = short(preset, 10, Pacing::Ratio(2.0));
        scenario.shift.hours = Hours(8.0);
        run(&scenario, 21, || {})
    };
    assert_eq!(day("realistic-flat").days_over_3_percent, 0);
    assert_eq!(day("realistic-step").days_over_3_percent, 3);
}

#[test]
fn a_lower_limit_drops_fewer() {
    let at = |limit| {
        let mut scenario = short("realistic-flat", 30, predictive(limit));
        scenario.shift.hours = Hours(4.0);
        run(&scenario, 5, || {})
    };
    let (strict, common) = (at(0.01), at(0.03));
    assert!(strict.worst_day <= 0.01, "{}", strict.worst_day);
    assert!(strict.utilisation < common.utilisation, "{} {}", strict.utilisation, common.utilisation);
}

#[test]
fn the_days_of_a_window_are_played_on_one_floor_and_judged_together() {
    let mut scenario = short("realistic-step", 5, Pacing::Ratio(3.0));
    let alone = run(&scenario, 7, || {});
    scenario.shift.window_days = WindowDays(2);
    let paired = run(&scenario, 7, || {});
    let figures = |day: &Day| (day.dials, day.answers, day.connects, day.drops, day.most_lines);
    assert_eq!(figures(&paired.days[0]), figures(&alone.days[0]), "nothing of the night before is there yet");
    assert_ne!(figures(&paired.days[1]), figures(&alone.days[1]), "the second day goes on with the list");
    assert_eq!(
        figures(&paired.days[2]),
        figures(&alone.days[1]),
        "the last window is shorter, and begins anew"
    );
    let first = &paired.days[..2];
    let drops: u64 = first.iter().map(|day| day.drops).sum();
    let answers: u64 = first.iter().map(|day| day.answers).sum();
    let expected = (drops as f64 / answers as f64).max(paired.days[2].drop_rate());
    assert_eq!(paired.worst_window, expected);
}

/// VICIdial with fields as a scenario writes them.
fn vicidial(fields: &str) -> Pacing {
    Pacing::Vicidial(toml::from_str(&fields.replace(", ", "\n")).expect("VICIdial's fields"))
}

fn whole_day(agents: u32, pacing: Pacing) -> Study {
    let mut scenario = short("realistic-flat", agents, pacing);
    (scenario.shift.days, scenario.shift.hours) = (Count(1), Hours(8.0));
    run(&scenario, 21, || {})
}

#[test]
fn a_broadcast_dials_by_the_clock_whoever_is_ready() {
    for agents in [1, 30] {
        let scenario = short("realistic-flat", agents, Pacing::Broadcast(PerMinute(45)));
        for day in run(&scenario, 5, || {}).days {
            // An hour less the 40 s of the last calls, and the call at its beginning; the last one may just slip through.
            let by_the_clock = 45 * 3_560 / 60 + 1;
            assert!(day.dials - by_the_clock <= 1, "{} and not {by_the_clock}, {agents} agents", day.dials);
        }
    }
}

#[test]
fn vicidial_at_level_one_drops_nobody_and_is_slower_than_one_line_for_each_idle_agent() {
    let vicidial = whole_day(10, vicidial("method = 'ratio', level = 1"));
    let progressive = whole_day(10, Pacing::Progressive);
    assert_eq!(vicidial.drop_rate, 0.0);
    // Its ghost lines and passes cost it time.
    assert!(vicidial.utilisation < progressive.utilisation - 0.05, "{}", vicidial.utilisation);
}

/// The world of the sanity run that was published for VICIdial's methods: a quarter of the callees answer, and whoever
/// answers waits 5.7 s.
const SANITY: &str = r#"
about = "VICIdial's sanity run"
shift = { days = 1, hours = 8 }
agents = { count = 30, talk = { exponential = { mean = 90 } }, wrap_up = { exponential = { mean = 20 } } }
[callees]
answer_rate = { flat = 0.25 }
answer = { uniform = { from = 6, to = 24 } }
busy = 0.15
busy_after = { fixed = 2 }
ring_out = { fixed = 26 }
[campaign]
pacing = "progressive"
greeting = 3.7
answer_within = 2
"#;

#[test]
fn vicidial_comes_out_as_in_its_published_sanity_run() {
    let mut scenario = scenario::read("the sanity run", SANITY).expect("it is right");
    // Drops per answer, and the share of the agents' time that they talk, in percent.
    for (fields, drops, talk) in [
        ("method = 'ratio', level = 1.5", 0.06, 58.0),
        ("method = 'ratio', level = 2", 5.9, 72.0),
        ("method = 'ratio', level = 2, ghost_lines = false", 15.2, 77.0),
        ("method = 'adapt_hard_limit'", 3.1, 43.0),
        ("method = 'adapt_tapered'", 13.0, 61.0),
        ("method = 'adapt_hard_limit', max_level = 2, target = -3, intensity = -40", 1.9, 66.0),
    ] {
        scenario.campaign.pacing = vicidial(fields);
        let study = run(&scenario, 3, || {});
        let seen = (100.0 * study.drop_rate, 100.0 * study.utilisation * 90.0 / 110.0);
        // A day's drops scatter the more the more there are.
        let scatter = 0.3 + 0.12 * drops;
        assert!((seen.0 - drops).abs() < scatter, "{fields}: {seen:?} and not {drops} % of drops");
        assert!((seen.1 - talk).abs() < 1.5, "{fields}: {seen:?} and not {talk} % of talk");
    }
}

#[test]
fn the_british_formula_takes_off_the_machines_that_agents_were_given() {
    let drops = |british: bool| {
        let fields = format!("method = 'adapt_hard_limit', max_level = 3.0, british = {british}");
        let study = run(&short("machines", 30, vicidial(&fields)), 3, || {});
        study.days.iter().map(|day| day.drops).sum::<u64>()
    };
    // What it counts fewer drops of it brakes later.
    assert!(drops(true) > drops(false), "{} and {}", drops(true), drops(false));
}

#[test]
fn the_course_of_a_day_adds_up_to_its_figures() {
    for pacing in [Pacing::Ratio(3.0), predictive(0.03)] {
        let study = run(&short("realistic-sine", 10, pacing), 3, || {});
        for day in &study.days {
            let Course { bins, lines, calls_per_second, .. } = &day.course;
            assert_eq!(bins.len(), 12, "one hour");
            assert!(
                (day.staffed_s - 36_000.0).abs() < 1e-6,
                "ten agents and an hour are not {} s",
                day.staffed_s
            );
            let sum = |of: fn(&Bin) -> u64| bins.iter().map(of).sum::<u64>();
            assert_eq!(sum(|bin| bin.dials), day.dials);
            assert_eq!(sum(|bin| bin.answers), day.answers);
            assert_eq!(sum(|bin| bin.drops), day.drops);
            for (microseconds, seconds) in [
                (sum(|bin| bin.busy_us), day.busy_s),
                (sum(|bin| bin.idle_us), day.idle_s),
                (sum(|bin| bin.busy_us + bin.idle_us), day.staffed_s),
                (lines.total(), 3_600.0),
            ] {
                let off = microseconds as f64 / 1e6 - seconds;
                assert!(off.abs() < 1.0, "{microseconds} us and {seconds} s");
            }
            let lines_us: u64 = bins.iter().map(|bin| bin.lines_us).sum();
            assert!(sum(|bin| bin.ringing_us) < lines_us);
            assert_eq!(lines.most(), u64::from(day.most_lines));
            assert_eq!(calls_per_second.total(), 3_600);
            assert!(calls_per_second.most() > calls_per_second.quantile(0.5));
        }
        let dials: u64 = study.course.bins.iter().map(|bin| bin.dials).sum();
        assert_eq!(dials, study.days.iter().map(|day| day.dials).sum::<u64>());
    }
}

#[test]
fn a_tally_tells_how_much_of_its_weight_lies_at_or_below_a_number() {
    let mut tally = Tally::default();
    assert_eq!((tally.quantile(0.5), tally.most()), (0, 0));
    for (number, weight) in [(0, 50), (2, 40), (7, 9), (9, 1)] {
        tally.add(number, weight);
    }
    assert_eq!([0.1, 0.5, 0.51, 0.9, 0.99, 1.0].map(|share| tally.quantile(share)), [0, 0, 2, 2, 7, 9]);
    assert_eq!((tally.total(), tally.most()), (100, 9));
}

/// A list on which everybody answers after 20 s, to one agent who is there as the fields of `agents` and what follows say.
fn one_agent(agents: &str) -> Study {
    let text = format!(
        "about = \"One agent\"
         shift = {{ days = 1, hours = 1 }}
         [agents]
         count = 1
         talk = {{ fixed = 60 }}
         {agents}
         [callees]
         answer_rate = {{ flat = 1 }}
         answer = {{ fixed = 20 }}
         ring_out = {{ fixed = 20 }}
         [campaign]
         pacing = \"progressive\"
         answer_within = 2"
    );
    run(&scenario::read("one agent", &text).expect("it is right"), 1, || {})
}

#[test]
fn who_wants_to_leave_is_at_work_until_the_dialer_lets_them_go() {
    let figures = |study: &Study| {
        let day = &study.days[0];
        (day.connects, day.idle_s, day.busy_s, day.staffed_s)
    };
    // Their shift is over after 10 s, while the call that was made for them rings; or while they talk, or work after it.
    for (until, agents) in [(10, ""), (30, ""), (90, "wrap_up = { fixed = 15 }")] {
        let work = if agents.is_empty() { 0.0 } else { 15.0 };
        let study = one_agent(&format!("until = {}\n{agents}", f64::from(until) / 3_600.0));
        assert_eq!(figures(&study), (1, 20.0, 60.0 + work, 80.0 + work), "until {until} s");
    }
    // They ask for ten seconds of rest while a call rings for them: 20 s of ringing, 60 s of talk, and then the break.
    let study = one_agent("pauses = { every = { fixed = 5 }, lasts = { fixed = 10 } }");
    let day = &study.days[0];
    assert_eq!(study.utilisation, 0.75, "{} s of {} s", day.busy_s, day.staffed_s);
    assert_eq!(day.connects, 40);
}

#[test]
fn a_break_that_ends_while_no_process_is_there_is_over_when_one_comes_back() {
    let study = one_agent(
        "breaks = [{ at = 0.1, lasts = { fixed = 60 } }]
         [faults]
         restarts = [{ at = 0.12, down = 120 }]",
    );
    // Their call is over after 400 s and the break after 460 s; the process is gone from 432 s to 552 s.
    assert_eq!(study.days[0].staffed_s, 3_600.0 - (552.0 - 400.0));
}

#[test]
fn who_was_through_with_a_call_before_a_new_process_knows_of_its_end_can_leave_all_the_same() {
    // The call is over after 80 s and its work after 85, while no process is there; the next one takes them to be at that work.
    let study = one_agent(
        "wrap_up = { uniform = { from = 5, to = 5.001 } }
         breaks = [{ at = 0.05, lasts = { fixed = 10 } }]
         [faults]
         restarts = [{ at = 0.0125, down = 100 }]",
    );
    // After the break they say that they are ready: forty calls of 85 s would fill the hour.
    assert!(study.days[0].connects > 30, "{} calls", study.days[0].connects);
}

#[test]
fn a_share_of_few_persons_or_machines_is_no_surer_than_their_number_allows() {
    let mut scenario = scenario::load("amd-gate").expect("a preset");
    (scenario.shift.hours, scenario.shift.days, scenario.agents.count) = (Hours(0.25), Count(2), Count(1));
    let study = run(&scenario, 1, || ());
    for figure in [
        figure::DROP_RATE,
        figure::HUNG_UP,
        figure::PERSONS_AS_MACHINES,
        figure::FALSE_POSITIVES,
        figure::MACHINES_AS_PERSONS,
        figure::NOT_SURE,
    ] {
        let few = figure.few(&study).expect("so short a day has few of them");
        let (low, high) = figure.interval(&study).expect("some have answered").ends();
        assert!(low <= few.low && high >= few.high.min(1.0), "{}: {low} to {high}, {few:?}", figure.key);
    }
}

#[test]
fn no_minutes_of_an_hour_are_told_beyond_sixty_and_no_mean_wait_beyond_the_day() {
    for (figure, most, answer_rate) in [(figure::TALK_MINUTES, 60.0, 0.22), (figure::WAIT_MEAN, 900.0, 0.02)]
    {
        let mut scenario = short("one-agent", 1, Pacing::Progressive);
        (scenario.shift.hours, scenario.shift.days) = (Hours(0.25), Count(2));
        scenario.agents.talk = Time::Exponential { mean: Seconds(300.0), after: Seconds(0.0) };
        scenario.callees.answer_rate = scenario::Rate::Flat(Probability(answer_rate));
        let study = run(&scenario, 1, || ());
        let alone = Interval::of(&figure.by_window(&study).expect("an agent was there")).ends().1;
        assert!(alone > most, "two such days alone tell {}: {alone}", figure.key);
        let (_, high) = figure.interval(&study).expect("an agent was there").ends();
        assert_eq!(high, most, "{}", figure.key);
    }
}
