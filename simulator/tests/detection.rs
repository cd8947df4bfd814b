//! Days on which persons are told from machines: by nobody, by Asterisk before an agent, by the engine beside one.
//!
//! The floor asserts in each of these days that every saved attempt gets its one record and that everything comes to rest.

use simulator::scenario::{self, Amd, Count, Fate, Hours, Leads, Pacing, Probability, Scenario, Seconds};
use simulator::study::{self, Day, Detection, Study};

/// Looked at by no tuning.
const SEED: u64 = 20_261_126;
const MODES: [Amd; 3] = [Amd::Off, Amd::Gate, Amd::Parallel];

fn short(preset: &str, amd: Amd) -> Scenario {
    let mut scenario = scenario::load(preset).expect("a preset");
    scenario.shift.days = Count(2);
    scenario.campaign.amd = amd;
    scenario
}

fn played(scenario: &Scenario) -> Study {
    study::run(scenario, SEED, || {})
}

fn of(day: &Day) -> &Detection {
    day.detection.as_ref().expect("callees are heard")
}

fn sum(study: &Study, count: fn(&Detection) -> u64) -> u64 {
    study.days.iter().map(|day| count(of(day))).sum()
}

/// Each answered call is one kind of answer, and stands once in the table of verdicts.
fn adds_up(day: &Day, is_sound: bool) {
    let detection = of(day);
    let (persons, machines) = (&detection.persons, &detection.machines);
    assert_eq!(day.answers, day.connects + day.drops + day.hang_ups, "{day:?}");
    assert_eq!(persons.all() + machines.all(), day.answers + detection.screened, "{day:?}");
    assert_eq!(day.machines + detection.screened, machines.all(), "{day:?}");
    assert!(detection.false_positives <= day.drops && detection.connects <= day.connects, "{day:?}");
    if is_sound {
        assert!(detection.screened <= machines.machine, "{day:?}");
        assert!(detection.false_positives <= persons.machine, "{day:?}");
    }
    for (sum, of_bins) in [
        (day.answers, day.course.bins.iter().map(|bin| bin.answers).sum::<u64>()),
        (day.drops, day.course.bins.iter().map(|bin| bin.drops).sum()),
    ] {
        assert_eq!(sum, of_bins);
    }
    assert!((day.busy_s + day.idle_s - day.staffed_s).abs() < 1e-3, "{day:?}");
    assert!(detection.machine_s <= day.busy_s, "{day:?}");
}

#[test]
fn each_answered_call_is_counted_once_whoever_listens_and_whatever_follows() {
    for amd in MODES {
        for (fate, pacing) in [(Fate::HangUp, Pacing::Progressive), (Fate::Message, Pacing::Ratio(2.0))] {
            let mut scenario = short("amd-off", amd);
            scenario.shift.hours = Hours(2.0);
            scenario.campaign.pacing = pacing;
            scenario.campaign.machines.machine = Some(fate);
            for day in played(&scenario).days {
                assert!(of(&day).persons.all() > 100, "{day:?}");
                adds_up(&day, true);
            }
        }
    }
}

#[test]
fn whom_the_dialer_gives_up_on_before_there_is_a_verdict_is_screened_as_if_there_had_been_one() {
    for fate in [Fate::HangUp, Fate::Message] {
        let mut scenario = short("amd-off", Amd::Gate);
        scenario.shift.hours = Hours(2.0);
        scenario.campaign.pacing = Pacing::Progressive;
        scenario.callees.patience = None;
        // By then the exchange has told nobody's.
        scenario.campaign.machines.verdict_within = Some(Seconds(1.0));
        scenario.campaign.machines.not_sure = Some(fate);
        scenario.campaign.machines.silence_within = Some(Seconds(1.0));
        for day in played(&scenario).days {
            adds_up(&day, false);
            let detection = of(&day);
            let (persons, machines) = (detection.persons.all(), detection.machines.all());
            assert!(persons > 100 && machines > 100, "{day:?}");
            assert_eq!((day.machines, detection.screened), (0, machines), "{fate:?}: {day:?}");
            let counted = (day.answers, day.drops, detection.false_positives);
            assert_eq!(counted, (persons, persons, persons), "{fate:?}: {day:?}");
        }
    }
}

#[test]
fn in_any_trouble_days_come_to_rest_and_add_up() {
    let heard = scenario::load("amd-off").expect("a preset").callees;
    for preset in ["everything", "lost-events", "slow-exchange", "restart"] {
        for amd in MODES {
            let mut scenario = short(preset, Amd::Off);
            scenario.campaign.amd = amd;
            scenario.callees.greetings = heard.greetings.clone();
            scenario.callees.voicemail = Probability(0.3);
            scenario.callees.voicemail_talk = heard.voicemail_talk.clone();
            scenario.campaign.machines.machine = Some(Fate::Message);
            for day in played(&scenario).days {
                adds_up(&day, false);
            }
        }
    }
}

#[test]
fn without_detection_a_day_is_what_it_was_before_anybody_could_be_heard() {
    let mut scenario = short("amd-off", Amd::Off);
    let heard = played(&scenario);
    scenario.callees.greetings = None;
    let unheard = played(&scenario);
    let without = |study: &Study| -> Vec<Day> {
        study.days.iter().map(|day| Day { detection: None, ..day.clone() }).collect()
    };
    assert_eq!(without(&heard), unheard.days);
    assert_eq!(sum(&heard, |detection| detection.persons.no_verdict + detection.machines.no_verdict), {
        unheard.days.iter().map(|day| day.answers).sum::<u64>()
    });
}

#[test]
fn where_there_are_no_machines_none_is_kept_from_agents() {
    for amd in [Amd::Gate, Amd::Parallel] {
        let mut scenario = short("amd-off", amd);
        scenario.campaign.pacing = Pacing::Progressive;
        scenario.callees.voicemail = Probability(0.0);
        let study = played(&scenario);
        assert_eq!(sum(&study, |detection| detection.machines.all() + detection.screened), 0);
        let mistaken = sum(&study, |detection| detection.persons.machine);
        assert_eq!(mistaken, sum(&study, |detection| detection.false_positives));
        assert!(mistaken > 0, "{amd:?} is never wrong");

        // Whoever says one word in a quiet room is taken for a person by both.
        let greetings = scenario.callees.greetings.as_mut().expect("callees are heard");
        greetings.person.silent = Probability(0.0);
        greetings.person.noise = None;
        greetings.person.phrase = None;
        greetings.person.pause = None;
        greetings.person.talk = toml::from_str("uniform = { from = 0.3, to = 1.2 }").expect("a law");
        greetings.person.latency = toml::from_str("uniform = { from = 0.1, to = 1.0 }").expect("a law");
        greetings.person.word = None;
        greetings.person.gap = None;
        let study = played(&scenario);
        assert_eq!(sum(&study, |detection| detection.persons.machine + detection.persons.not_sure), 0);
    }
}

#[test]
fn no_agent_has_spent_more_time_with_machines_than_they_were_busy_until_closing_time() {
    for amd in MODES {
        let mut scenario = short("amd-off", amd);
        scenario.shift.hours = Hours(0.25);
        scenario.agents.wrap_up = Some(toml::from_str("fixed = 90").expect("a law"));
        scenario.campaign.pacing = Pacing::Progressive;
        scenario.campaign.machines.machine = Some(Fate::Connect);
        scenario.callees.voicemail = Probability(0.9);
        scenario.callees.voicemail_talk = Some(toml::from_str("fixed = 700").expect("a law"));
        for day in played(&scenario).days {
            let (with_machines, busy) = (of(&day).machine_s, day.busy_s);
            assert!((0.3..=1.0).contains(&(with_machines / busy)), "{amd:?}: {with_machines} s of {busy} s");
        }
    }
}

#[test]
fn who_answers_does_not_depend_on_who_listens() {
    let answered = MODES.map(|amd| {
        let mut scenario = short("amd-off", amd);
        scenario.callees.leads = Some(Leads(3_000));
        let study = played(&scenario);
        [sum(&study, |detection| detection.persons.all()), sum(&study, |detection| detection.machines.all())]
    });
    assert_eq!(answered, [answered[0]; 3]);
    assert!(answered[0].iter().all(|count| *count > 1_000), "{answered:?}");
}

#[test]
fn detection_spares_agents_the_machines_and_costs_the_persons_it_mistakes() {
    let [off, gate, parallel] = MODES.map(|amd| {
        let mut scenario = short("amd-off", amd);
        scenario.campaign.pacing = Pacing::Progressive;
        played(&scenario)
    });
    let connects = |study: &Study| sum(study, |detection| detection.connects);
    let machine_s = |study: &Study| study.days.iter().map(|day| of(day).machine_s).sum::<f64>();
    for detects in [&gate, &parallel] {
        assert!(machine_s(detects) < machine_s(&off) / 3.0, "{} {}", machine_s(detects), machine_s(&off));
        assert!(connects(detects) > connects(&off), "{} {}", connects(detects), connects(&off));
        let mistaken = sum(detects, |detection| detection.false_positives);
        assert_eq!(detects.days.iter().map(|day| day.drops).sum::<u64>() >= mistaken, mistaken > 0);
    }
    assert_eq!(sum(&off, |detection| detection.false_positives + detection.screened), 0);
}

#[test]
fn whom_each_of_them_takes_for_whom() {
    let told = MODES.map(|amd| {
        let mut scenario = short("amd-off", amd);
        scenario.shift.days = Count(1);
        scenario.campaign.pacing = Pacing::Progressive;
        let study = played(&scenario);
        let Detection { persons, machines, .. } = of(&study.days[0]);
        let row = |of: &study::Judged| [of.human, of.machine, of.not_sure, of.no_verdict];
        format!("{amd:?}: persons {:?}, machines {:?}", row(persons), row(machines))
    });
    insta::assert_snapshot!(told.join("\n"), @"
    Off: persons [0, 0, 0, 1355], machines [0, 0, 0, 2021]
    Gate: persons [1514, 74, 0, 107], machines [65, 2449, 5, 0]
    Parallel: persons [1560, 124, 0, 0], machines [35, 2463, 1, 7]
    ");
}
