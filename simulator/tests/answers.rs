//! `simulator run`, `sweep`, `compare` and `limit` as they are called: what they print, refuse and report.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use scraper::{Html, Selector};
use serde_json::Value;
use simulator::study::figure::{FIGURES, Unit};
use tempfile::TempDir;

/// Short days without predictive pacing: what is printed changes with the world, not with each idea about pacing.
const SCENARIO: &str = r#"
about = "Short days, <b>\"quoted\"</b> & </script><!-- all"

[shift]
days = 3
hours = 0.5

[agents]
count = 4
talk = { exponential = { mean = 60 } }
wrap_up = { fixed = 10 }

[callees]
answer_rate = { flat = 0.4 }
answer = { exponential = { mean = 8 } }
ring_out = { fixed = 20 }

[campaign]
pacing = "progressive"
greeting = 1
answer_within = 2
"#;

/// A folder with the scenario in it, to call the program in.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("short.toml"), SCENARIO).expect("written");
        Self(folder)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_simulator"));
        command.args(line.split_whitespace()).current_dir(&self.0);
        command
    }

    fn call(&self, line: &str) -> Output {
        self.command(line).output().expect("the simulator runs")
    }

    fn prints(&self, line: &str) -> String {
        let output = self.call(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.prints(line)).expect("one JSON object")
    }

    fn refuses(&self, line: &str) -> String {
        let output = self.call(line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert_eq!(output.stdout, b"", "{line}");
        format!("$ simulator {line}\n{}", String::from_utf8(output.stderr).expect("text"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

#[test]
fn a_run_a_sweep_a_comparison_and_a_limit_are_told_in_tables() {
    let desk = Desk::new();
    for (name, line) in [
        ("run", "run short.toml --pacing ratio=2"),
        ("sweep", "sweep short.toml --over campaign.pacing.ratio=1..3:3"),
        ("compare", "compare short.toml --pacing progressive --pacing ratio=2 --pacing ratio=3"),
        ("limit", "limit --agents 4 --answer-rate 0.4 --talk 70 --ring 8 --patience 3"),
    ] {
        insta::assert_snapshot!(name, format!("$ simulator {line}\n{}", desk.prints(line)));
    }
}

#[test]
fn a_figure_that_is_of_nothing_is_not_told_as_zero() {
    let desk = Desk::new();
    let nobody = SCENARIO.replace("flat = 0.4", "flat = 0.0");
    std::fs::write(desk.file("nobody.toml"), nobody).expect("written");
    insta::assert_snapshot!(desk.prints("run nobody.toml --report out.html"), @r#"
    Short days, <b>"quoted"</b> & </script><!-- all
    4 agents, 3 days of 0.5 hours, seed 1, drop limit 3 %

     figure                        progressive          95 % interval
    ──────────────────────────────────────────────────────────────────
     utilisation                        0.00 %       0.00 % to 0.00 %
     talk minutes per agent hour      0.00 min   0.00 min to 0.00 min
     contacts per agent hour               0.0             0.0 to 0.0
     drops per answer                        -
     hung up while waiting                   -
     drops on the worst day                  -
     days over the limit                0 of 3
     wait for a call, mean            1800.0 s   1800.0 s to 1800.0 s
     wait for a call, median          1800.0 s
     wait for a call, p90             1800.0 s
     wait for a call, p99             1800.0 s
     wait for a call, longest         1800.0 s
     lines in use, median                    4
     lines in use, p99                       4
     lines in use, most                      4
     calls per second, median                0
     calls per second, p99                   4
     calls per second, most                  4
     dials per contact                       -
     dials a day                         352.0         352.0 to 352.0
     answers a day                         0.0             0.0 to 0.0
     drops a day                           0.0             0.0 to 1.2
    "#);
    let figures = &desk.json("run nobody.toml --json")["settings"][0]["figures"];
    assert_eq!((&figures["drop_rate"], &figures["drops_per_day"]), (&Value::Null, &Value::from(0.0)));
    well_formed(&desk.file("out.html"));
}

#[test]
fn a_list_that_comes_to_its_end_is_told_with_the_day_and_the_dials_before() {
    let desk = Desk::new();
    let short = SCENARIO.replace("days = 3", "days = 3\nwindow_days = 2");
    let list = short.replace("ring_out = { fixed = 20 }", "ring_out = { fixed = 20 }\nleads = 200");
    std::fs::write(desk.file("list.toml"), list).expect("written");
    let told = desk.prints("run list.toml --report out.html");
    let of_list: Vec<&str> = told.lines().filter(|line| line.contains("list ")).map(str::trim_end).collect();
    insta::assert_snapshot!(of_list.join("\n"), @"
    days with the list at its end                         1 of 3
    dials until the list ended                               200
    hours until the list ended                               0.6
    ");
    let page = std::fs::read_to_string(desk.file("out.html")).expect("a page");
    assert!(page.contains("dials until the list ended"), "the report says nothing of it");
    let days = &desk.json("run list.toml --json")["settings"][0]["days"];
    let ended: Vec<bool> = (0..3).map(|nth| days[nth]["list_ended_s"].is_number()).collect();
    assert_eq!(ended, [false, true, false], "the third day begins a window, whose list is new");
    assert!(!desk.prints("run short.toml").contains("list"), "one without end has none");
}

#[test]
fn settings_whose_lists_come_to_their_end_are_told_apart_by_when() {
    let desk = Desk::new();
    let list = SCENARIO.replace("ring_out", "leads = 150\nring_out");
    std::fs::write(desk.file("list.toml"), list).expect("written");
    let line = "compare list.toml --pacing progressive --pacing ratio=2 --pacing ratio=3 --report out.html";
    let told = desk.prints(line);
    let of_list: Vec<&str> = told.lines().filter(|line| line.contains("list ")).map(str::trim_end).collect();
    insta::assert_snapshot!(of_list.join("\n"), @"
    days with the list at its end           2 of 3       3 of 3                             3 of 3
    dials until the list ended                 150          150                                150
    hours until the list ended                 0.5          0.4                                0.3
    ");
    let page = well_formed(&desk.file("out.html"));
    for section in ["#differences", "#figures"] {
        let rows = words(&page, &format!("{section} tbody th"));
        assert!(rows.iter().any(|name| name == "hours until the list ended"), "{section}: {rows:?}");
    }
    let told = desk.prints("sweep list.toml --over callees.leads=100,150,1000");
    let table = told.lines().skip_while(|line| !line.contains("list ended"));
    insta::assert_snapshot!(table.collect::<Vec<_>>().join("\n"), @"
     leads   list ended   hours until then
    ───────────────────────────────────────
     100         3 of 3                0.3
     150         2 of 3                0.5
     1000        0 of 3                  -
    ");
    let told = desk.prints("compare short.toml --pacing progressive --pacing ratio=2");
    assert!(!told.contains("list"), "one without end has none: {told}");
}

#[test]
fn of_callees_who_are_not_heard_nothing_is_told_of_machines() {
    let desk = Desk::new();
    desk.prints("compare amd-off realistic-flat --days 1 --agents 2 --report out.html");
    let page = well_formed(&desk.file("out.html"));
    let persons = selector("[data-key=persons_per_agent_hour]");
    let told: Vec<String> = page.select(&persons).map(|cell| cell.text().collect()).collect();
    assert_eq!((told.len(), told[1].as_str()), (2, "-"), "{told:?}");
    let settings = &desk.json("compare realistic-flat amd-off --days 1 --agents 2 --json")["settings"];
    let difference = |key: &str| settings[1]["differences"][key].clone();
    assert_eq!(difference("persons_per_agent_hour"), Value::Null, "there is nothing to compare with");
    assert_ne!(difference("utilisation"), Value::Null);
}

#[test]
fn a_sweep_judges_windows_where_one_has_more_than_a_day() {
    let desk = Desk::new();
    for (values, judged) in [("1,3", ["worst window", "windows over"]), ("1,1", ["worst day", "days over"])] {
        let told =
            desk.prints(&format!("sweep short.toml --over shift.window_days={values} --report out.html"));
        assert!(judged.iter().all(|heading| told.contains(heading)), "{told}");
        let page = well_formed(&desk.file("out.html"));
        let tiles: String = page.select(&selector(".tiles")).flat_map(|tiles| tiles.text()).collect();
        let over = format!("{} limit", judged[1]);
        assert!(tiles.to_lowercase().contains(&over), "{over} is not in {tiles}");
    }
}

/// Twenty days of [`SCENARIO`] at a fixed ratio with callees who do not wait for ever, and what a real floor had on one of them,
/// with some of its fields exchanged.
fn recorded(desk: &Desk, name: &str, exchanged: &[(&str, &str)]) {
    let recorded = "
[recorded]
pacing = { ratio = 2 }
utilisation = 0.801
dials = 203
answers = 81
drops = 7
hung_up_waiting = 1
";
    let days = SCENARIO
        .replace("days = 3", "days = 20")
        .replace("\"progressive\"", "{ ratio = 2.0 }")
        .replace("ring_out", "patience = { exponential = { mean = 20 } }\nring_out");
    let text = exchanged.iter().fold(days + recorded, |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from:?} is not there once");
        text.replace(from, to)
    });
    std::fs::write(desk.file(name), text).expect("written");
}

/// Exchanges for a day on which nobody answered.
const NOBODY_ANSWERED: [(&str, &str); 3] =
    [("answers = 81", "answers = 0"), ("drops = 7", "drops = 0"), ("waiting = 1", "waiting = 0")];

#[test]
fn what_a_real_floor_had_stands_beside_what_is_simulated() {
    let desk = Desk::new();
    recorded(&desk, "floor.toml", &[]);
    for (name, line) in [
        ("run_recorded", "run floor.toml"),
        ("compare_recorded", "compare floor.toml --pacing ratio=2 --pacing progressive"),
    ] {
        insta::assert_snapshot!(name, format!("$ simulator {line}\n{}", desk.prints(line)));
    }
}

/// What is said of a scenario and the floor that it stands for, or does not.
fn calibration(desk: &Desk, line: &str) -> String {
    let told = desk.prints(line);
    let (header, _) = told.split_once("\n\n").expect("a table of its own");
    format!("$ simulator {line}\n{}", header.lines().skip(2).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_scenario_stands_for_a_real_floor_whose_day_is_among_those_that_are_simulated() {
    let desk = Desk::new();
    recorded(&desk, "alike.toml", &[]);
    recorded(&desk, "busier.toml", &[("0.801", "0.95")]);
    recorded(&desk, "idler.toml", &[("0.801", "0.2"), ("drops = 7", "drops = 70")]);
    recorded(&desk, "hardly.toml", &[("0.801", "0.845")]);
    recorded(&desk, "patient.toml", &[("waiting = 1", "waiting = 20")]);
    recorded(&desk, "called.toml", &[("dials = 203", "dials = 303")]);
    for (name, known) in [
        ("known.toml", "agents = 4\nhours = 0.5\n"),
        ("fewer.toml", "agents = 3\n"),
        ("longer.toml", "hours = 8\n"),
    ] {
        recorded(&desk, name, &[("dials = 203", &format!("{known}dials = 203"))]);
    }
    recorded(&desk, "unknown.toml", &[("utilisation = 0.801\n", "")]);
    recorded(&desk, "unanswered.toml", &NOBODY_ANSWERED);
    recorded(&desk, "dead.toml", &[("flat = 0.4", "flat = 0")]);
    let told = [
        "run alike.toml",
        "run busier.toml",
        "run idler.toml",
        "run hardly.toml",
        "run patient.toml",
        "run called.toml",
        "run unknown.toml",
        "run unanswered.toml",
        "run dead.toml",
        "run alike.toml --days 19",
        "run alike.toml --days 1",
        "compare alike.toml --pacing ratio=2 --pacing ratio=3",
        "compare alike.toml --pacing ratio=3 --pacing ratio=2",
        "run alike.toml --pacing progressive",
        "run alike.toml --agents 4 --days 21",
        "run alike.toml --agents 5",
        "run known.toml",
        "run known.toml --agents 5",
        "run fewer.toml",
        "run fewer.toml --agents 3",
        "run longer.toml",
        "compare alike.toml --agents 5 --pacing ratio=2 --pacing ratio=3",
        "compare alike.toml --agents 5 --pacing ratio=3 --pacing ratio=2",
    ]
    .map(|line| calibration(&desk, line));
    insta::assert_snapshot!(told.join("\n\n"), @"
    $ simulator run alike.toml
    On record, paced alike: utilisation 80.10 %, simulated 80.40 % (single days 77.41 % to 83.78 %); drops per answer 8.64 %, simulated 8.63 % (single days 3.57 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days all recorded figures are between the lowest and the highest: in utilisation, drops per answer, hang-ups while waiting, dials a day and answers a day this scenario stands for the real floor.

    $ simulator run busier.toml
    On record, paced alike: utilisation 95.00 %, simulated 80.40 % (single days 77.41 % to 83.78 %); drops per answer 8.64 %, simulated 8.63 % (single days 3.57 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days the recorded utilisation is above the highest, the other recorded figures are between the lowest and the highest: in utilisation this scenario does not stand for the real floor.

    $ simulator run idler.toml
    On record, paced alike: utilisation 20.00 %, simulated 80.40 % (single days 77.41 % to 83.78 %); drops per answer 86.42 %, simulated 8.63 % (single days 3.57 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days the recorded utilisation is below the lowest, the recorded drops per answer are above the highest, the other recorded figures are between the lowest and the highest: in utilisation and drops per answer this scenario does not stand for the real floor.

    $ simulator run hardly.toml
    On record, paced alike: utilisation 84.50 %, simulated 80.40 % (single days 77.41 % to 83.78 %); drops per answer 8.64 %, simulated 8.63 % (single days 3.57 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days the recorded utilisation is a little above the highest, the other recorded figures are between the lowest and the highest: in utilisation, drops per answer, hang-ups while waiting, dials a day and answers a day this scenario stands for the real floor.

    $ simulator run patient.toml
    On record, paced alike: utilisation 80.10 %, simulated 80.40 % (single days 77.41 % to 83.78 %); drops per answer 8.64 %, simulated 8.63 % (single days 3.57 % to 13.64 %); hung up while waiting 24.69 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days the recorded hang-ups while waiting are above the highest, the other recorded figures are between the lowest and the highest: in hang-ups while waiting this scenario does not stand for the real floor.

    $ simulator run called.toml
    On record, paced alike: utilisation 80.10 %, simulated 80.40 % (single days 77.41 % to 83.78 %); drops per answer 8.64 %, simulated 8.63 % (single days 3.57 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 303.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days the recorded dials a day are above the highest, the other recorded figures are between the lowest and the highest: in dials a day this scenario does not stand for the real floor.

    $ simulator run unknown.toml
    On record, paced alike: drops per answer 8.64 %, simulated 8.63 % (single days 3.57 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days all recorded figures are between the lowest and the highest: in drops per answer, hang-ups while waiting, dials a day and answers a day this scenario stands for the real floor.

    $ simulator run unanswered.toml
    On record, paced alike: utilisation 80.10 %, simulated 80.40 % (single days 77.41 % to 83.78 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 0.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days the recorded answers a day are below the lowest, the other recorded figures are between the lowest and the highest: in answers a day this scenario does not stand for the real floor.

    $ simulator run dead.toml
    On record, paced alike: utilisation 80.10 %, simulated 0.00 % (single days 0.00 % to 0.00 %); drops per answer 8.64 %, simulated -; hung up while waiting 1.23 %, simulated -; dials a day 203.0, simulated 704.0 (single days 704.0 to 704.0); answers a day 81.0, simulated 0.0 (single days 0.0 to 0.0).
    On no simulated day did anybody answer: this scenario does not stand for the real floor.

    $ simulator run alike.toml --days 19
    On record, paced alike: utilisation 80.10 %, simulated 80.30 % (single days 77.41 % to 83.78 %); drops per answer 8.64 %, simulated 8.88 % (single days 3.80 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.93 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 225.4 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.7 (single days 78.0 to 104.0).
    Among 19 simulated days all recorded figures are between the lowest and the highest. These are too few to say whether this scenario stands for the real floor: give --days 20 or more.

    $ simulator run alike.toml --days 1
    On record, paced alike: utilisation 80.10 %, simulated 80.93 % (single days 80.93 % to 80.93 %); drops per answer 8.64 %, simulated 4.71 % (single days 4.71 % to 4.71 %); hung up while waiting 1.23 %, simulated 2.35 % (single days 2.35 % to 2.35 %); dials a day 203.0, simulated 210.0 (single days 210.0 to 210.0); answers a day 81.0, simulated 85.0 (single days 85.0 to 85.0).
    One simulated day does not say whether this scenario stands for the real floor: give --days 20 or more.

    $ simulator compare alike.toml --pacing ratio=2 --pacing ratio=3
    On record, paced alike: utilisation 80.10 %, simulated 80.40 % (single days 77.41 % to 83.78 %); drops per answer 8.64 %, simulated 8.63 % (single days 3.57 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days all recorded figures are between the lowest and the highest: in utilisation, drops per answer, hang-ups while waiting, dials a day and answers a day this scenario stands for the real floor.

    $ simulator compare alike.toml --pacing ratio=3 --pacing ratio=2


    $ simulator run alike.toml --pacing progressive


    $ simulator run alike.toml --agents 4 --days 21
    On record, paced alike: utilisation 80.10 %, simulated 80.41 % (single days 77.41 % to 83.78 %); drops per answer 8.64 %, simulated 8.75 % (single days 3.57 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.9 (single days 78.0 to 104.0).
    Among 21 simulated days all recorded figures are between the lowest and the highest: in utilisation, drops per answer, hang-ups while waiting, dials a day and answers a day this scenario stands for the real floor.

    $ simulator run alike.toml --agents 5
    This has 5 agents, and not those of the floor on record: whether this scenario stands for the real floor is not judged.

    $ simulator run known.toml
    On record, paced alike: utilisation 80.10 %, simulated 80.40 % (single days 77.41 % to 83.78 %); drops per answer 8.64 %, simulated 8.63 % (single days 3.57 % to 13.64 %); hung up while waiting 1.23 %, simulated 0.89 % (single days 0.00 % to 3.96 %); dials a day 203.0, simulated 224.3 (single days 192.0 to 254.0); answers a day 81.0, simulated 90.3 (single days 78.0 to 104.0).
    Among 20 simulated days all recorded figures are between the lowest and the highest: in utilisation, drops per answer, hang-ups while waiting, dials a day and answers a day this scenario stands for the real floor.

    $ simulator run known.toml --agents 5
    The floor on record had 4 agents, and this has 5: whether this scenario stands for the real floor is not judged.

    $ simulator run fewer.toml
    The floor on record had 3 agents, and this has 4: whether this scenario stands for the real floor is not judged.

    $ simulator run fewer.toml --agents 3
    On record, paced alike: utilisation 80.10 %, simulated 79.83 % (single days 73.65 % to 83.79 %); drops per answer 8.64 %, simulated 9.86 % (single days 3.45 % to 17.74 %); hung up while waiting 1.23 %, simulated 1.58 % (single days 0.00 % to 4.88 %); dials a day 203.0, simulated 175.7 (single days 148.0 to 208.0); answers a day 81.0, simulated 69.5 (single days 58.0 to 82.0).
    Among 20 simulated days all recorded figures are between the lowest and the highest: in utilisation, drops per answer, hang-ups while waiting, dials a day and answers a day this scenario stands for the real floor.

    $ simulator run longer.toml
    The floor on record was open for 8 hours, and this is for 0.5: whether this scenario stands for the real floor is not judged.

    $ simulator compare alike.toml --agents 5 --pacing ratio=2 --pacing ratio=3
    This has 5 agents, and not those of the floor on record: whether this scenario stands for the real floor is not judged.

    $ simulator compare alike.toml --agents 5 --pacing ratio=3 --pacing ratio=2
    ");
}

#[test]
fn whether_a_scenario_stands_for_a_floor_is_there_for_programs() {
    let desk = Desk::new();
    recorded(&desk, "alike.toml", &[]);
    recorded(&desk, "busier.toml", &[("0.801", "0.95")]);
    recorded(&desk, "dead.toml", &[("flat = 0.4", "flat = 0")]);
    let stands = |line: &str| desk.json(&format!("{line} --json"))["calibration"]["stands"].clone();
    assert_eq!(stands("run alike.toml"), true);
    assert_eq!(stands("run busier.toml"), false);
    assert_eq!(stands("run dead.toml"), false);
    assert_eq!(stands("run alike.toml --days 19"), Value::Null);
    assert_eq!(stands("run alike.toml --agents 5"), Value::Null);
    let calibration = &desk.json("run busier.toml --json --report out.html")["calibration"];
    let told = calibration["told"].as_array().expect("sentences");
    let printed = desk.prints("run busier.toml");
    assert!(told.iter().all(|told| printed.contains(told.as_str().expect("a sentence"))), "{told:?}");
    assert_eq!(&embedded(&well_formed(&desk.file("out.html")))["calibration"], calibration);
    let keys: Vec<&Value> =
        calibration["figures"].as_array().expect("figures").iter().map(|of| &of["key"]).collect();
    assert_eq!(keys, ["utilisation", "drop_rate", "hung_up_waiting", "dials_per_day", "answers_per_day"]);
    let first = &calibration["figures"][0];
    assert_eq!(first["recorded"], 0.95);
    let of_days = ["lowest", "simulated", "highest"].map(|of| first[of].as_f64().expect("a share"));
    assert!(of_days.is_sorted(), "{of_days:?}");
    for line in ["run alike.toml --pacing progressive", "run short.toml"] {
        assert_eq!(desk.json(&format!("{line} --json")).get("calibration"), None, "{line}");
    }
}

#[test]
fn figures_that_are_of_nothing_on_record_are_not_told_as_zero() {
    let desk = Desk::new();
    recorded(&desk, "unanswered.toml", &NOBODY_ANSWERED);
    let told = desk.prints("run unanswered.toml");
    let on_record = |name: &str| {
        let row = told.lines().find_map(|row| row.trim().strip_prefix(name)).expect("a row");
        row.split_whitespace().next().expect("a figure").to_owned()
    };
    let rows = ["drops per answer", "hung up while waiting", "dials a day", "answers a day", "drops a day"];
    assert_eq!(rows.map(on_record), ["-", "-", "203.0", "0.0", "0.0"]);
}

#[test]
fn a_record_changes_nothing_of_what_is_played_and_is_there_for_programs() {
    let desk = Desk::new();
    recorded(&desk, "floor.toml", &[]);
    let with = desk.json("run floor.toml --days 2 --json");
    let floor = std::fs::read_to_string(desk.file("floor.toml")).expect("it is there");
    let (without, _) = floor.split_once("[recorded]").expect("a record");
    std::fs::write(desk.file("plain.toml"), without).expect("written");
    assert_eq!(with["settings"], desk.json("run plain.toml --days 2 --json")["settings"]);
    let recorded = serde_json::json!({
        "pacing": { "ratio": 2 },
        "utilisation": 0.801,
        "dials": 203,
        "answers": 81,
        "drops": 7,
        "hung_up_waiting": 1,
    });
    assert_eq!(with["scenarios"][0]["recorded"], recorded);
}

#[test]
fn a_record_is_shown_only_where_it_is_that_of_all_scenarios() {
    let desk = Desk::new();
    recorded(&desk, "floor.toml", &[]);
    recorded(&desk, "same.toml", &[("count = 4", "count = 5")]);
    recorded(&desk, "other.toml", &[("dials = 203", "dials = 204")]);
    std::fs::write(desk.file("plain.toml"), SCENARIO.replace("days = 3", "days = 20")).expect("written");
    for (line, shown) in [
        ("compare floor.toml same.toml", true),
        ("compare floor.toml other.toml", false),
        ("compare floor.toml plain.toml", false),
        ("sweep floor.toml --over agents.count=4,5", false),
    ] {
        let told = desk.prints(&format!("{line} --report out.html"));
        let times = told.to_lowercase().matches("on record").count();
        assert_eq!(times, if shown { 2 } else { 0 }, "{line}: {told}");
        let page = well_formed(&desk.file("out.html"));
        assert_eq!(page.select(&selector(".record, .calibration")).count() > 0, shown, "{line}");
    }
}

#[test]
fn a_report_says_of_a_record_what_the_table_says() {
    let desk = Desk::new();
    recorded(&desk, "floor.toml", &[]);
    for (line, tables) in [
        ("run floor.toml", &["figures"][..]),
        ("compare floor.toml --pacing ratio=2 --pacing progressive", &["figures", "differences"]),
    ] {
        let told = desk.prints(&format!("{line} --report out.html"));
        let page = well_formed(&desk.file("out.html"));
        let calibration = words(&page, "header .calibration").concat();
        assert!(calibration.starts_with("On record, paced alike: "), "{line}: {calibration}");
        assert!(told.replace('\n', " ").contains(&calibration), "{line}: {calibration}");
        for table in tables {
            let heading = words(&page, &format!("#{table} thead th:nth-child(2)"));
            assert_eq!(heading, ["on record: ratio=2"], "{line}");
            let names = words(&page, &format!("#{table} tbody th"));
            let figures = words(&page, &format!("#{table} tbody td.record"));
            let known: Vec<_> = names.iter().zip(&figures).filter(|(_, figure)| !figure.is_empty()).collect();
            assert_eq!((names.len(), known.len()), (figures.len(), if *table == "figures" { 6 } else { 3 }));
            // A comparison prints fewer figures than a report has.
            for (name, figure) in known {
                let row = told.lines().find_map(|row| row.trim().strip_prefix(name.as_str()));
                assert!(
                    row.is_none_or(|row| row.trim().starts_with(figure.as_str())),
                    "{line}, {name}: {row:?}"
                );
            }
        }
    }
}

/// Evenings that meet the last two days of a month, in the zone of [`SCENARIO`]: UTC.
fn evenings(desk: &Desk) {
    let months =
        "answer_within = 2\nwindows = [{ limit = 0.03, span = \"day\" }, { limit = 0.1, span = \"month\" }]";
    let evenings = SCENARIO
        .replace("hours = 0.5", "hours = 2\nwindow_days = 3\nopens = \"2026-04-29 23:00\"")
        .replace("answer_within = 2", months);
    std::fs::write(desk.file("evenings.toml"), evenings).expect("written");
}

#[test]
fn each_further_window_is_judged_by_its_own_limit_and_one_that_is_not_over_is_not() {
    let desk = Desk::new();
    evenings(&desk);
    let line = "compare evenings.toml --days 4 --pacing progressive --pacing ratio=2";
    insta::assert_snapshot!(desk.prints(line).rsplit_once("\n\n").expect("a table of its own").1, @"
     setting       each calendar   limit   over the limit   the worst          incomplete
    ──────────────────────────────────────────────────────────────────────────────────────
     progressive             day     3 %           0 of 4      0.00 %    2, 0.00 % so far
     progressive           month    10 %           0 of 1      0.00 %    2, 0.00 % so far
     ratio=2                 day     3 %           4 of 4      9.74 %   2, 11.54 % so far
     ratio=2               month    10 %           0 of 1      9.17 %   2, 10.61 % so far
    ");
    let settings = &desk.json(&format!("{line} --json --report out.html"))["settings"];
    let windows = settings[1]["calendar_windows"].as_array().expect("two windows");
    let numbers = |of: &Value| ["complete", "over_limit", "incomplete"].map(|key| of[key].as_u64());
    assert_eq!(windows.len(), 2);
    assert_eq!((&windows[0]["span"], &windows[1]["limit"]), (&"day".into(), &0.1.into()));
    assert_eq!(numbers(&windows[0]), [4, 4, 2].map(Some));
    assert_eq!(numbers(&windows[1]), [1, 0, 2].map(Some));
    let page = well_formed(&desk.file("out.html"));
    let told: String = page.select(&selector("#days table")).flat_map(|table| table.text()).collect();
    assert!(told.contains("calendar") && told.contains("so far"), "{told}");
    let tiles: String = page.select(&selector(".tiles")).flat_map(|tiles| tiles.text()).collect();
    assert!(tiles.contains("calendar windows over theirs"), "{tiles}");
    let verdict: String = page.select(&selector(".verdicts")).flat_map(|verdict| verdict.text()).collect();
    assert!(verdict.ends_with("; 4 of 5 calendar windows over theirs."), "{verdict}");
}

#[test]
fn a_window_that_has_not_all_its_days_is_told_as_incomplete() {
    let desk = Desk::new();
    evenings(&desk);
    for (line, told) in [
        ("run evenings.toml --days 6", "0 of 2"),
        ("run evenings.toml --days 4", "0 of 2 (the last incomplete)"),
        ("run evenings.toml --days 2", "0 of 1 (the last incomplete)"),
        ("run month --days 3 --agents 2 --pacing progressive", "0 of 1 (the last incomplete)"),
    ] {
        let text = desk.prints(line);
        let windows = text.lines().find(|line| line.contains("windows over the limit")).expect("a figure");
        assert!(windows.trim_end().ends_with(told), "{line}: {windows}");
    }
}

#[test]
fn a_sweep_of_the_callees_does_not_say_that_all_settings_meet_the_same_ones() {
    let desk = Desk::new();
    for (over, whom) in [
        ("agents.count=4,5", "All settings meet the same people, day by day."),
        ("callees.answer_rate.flat=0.3,0.4", "All settings meet people who draw the same luck, day by day."),
    ] {
        desk.prints(&format!("sweep short.toml --days 2 --over {over} --report out.html"));
        let page = well_formed(&desk.file("out.html"));
        assert_eq!(words(&page, "#sweep .lead"), [whom]);
    }
}

#[test]
fn equal_values_of_a_sweep_are_drawn_as_others_are() {
    let desk = Desk::new();
    desk.prints("sweep short.toml --over campaign.repeat_after_drop=604800,604800 --report out.html");
    well_formed(&desk.file("out.html"));
}

#[test]
fn an_axis_of_shares_goes_from_none_to_all_however_wide_intervals_are() {
    let desk = Desk::new();
    for line in [
        "limit --agents 1 --answer-rate 0.001 --talk 1",
        "run short.toml --days 2 --pacing ratio=4",
        "sweep short.toml --days 2 --over campaign.pacing.ratio=1,4,10",
        "sweep short.toml --days 2 --over callees.answer_rate.flat=0,0.01",
    ] {
        desk.prints(&format!("{line} --report out.html"));
        let page = well_formed(&desk.file("out.html"));
        // The other axis of a sweep is that of its field.
        let ticks = selector("#frontier .tick, #sweep .tick[text-anchor=end]");
        let ticks: Vec<String> = page.select(&ticks).map(|tick| tick.text().collect()).collect();
        let beyond = |tick: &&String| !(0.0..=100.0).contains(&tick.parse::<f64>().expect("a figure"));
        assert_eq!(ticks.iter().find(beyond), None, "{line}: {ticks:?}");
        assert!(ticks.len() > 10, "{line}");
    }
}

#[test]
fn policies_of_a_sweep_are_no_values_of_one_policy_and_not_joined() {
    let desk = Desk::new();
    for (values, joined) in [("=\"progressive\",{ratio=2}", false), (".ratio=1,2", true)] {
        let line = format!("sweep short.toml --over campaign.pacing{values} --drop-limit 0.2");
        desk.prints(&format!("{line} --report out.html"));
        let page = well_formed(&desk.file("out.html"));
        assert_eq!(page.select(&selector("#frontier .joins")).count() > 0, joined, "{values}");
        let names = selector("#frontier .name");
        let names: Vec<String> = page.select(&names).map(|name| name.text().collect()).collect();
        let named = |name: &str| names.iter().filter(|other| *other == name).count();
        // In each of the two forms of the plot; where one stands has a name of its own.
        assert_eq!(named("ratio=2"), if joined { 0 } else { 2 }, "{names:?}");
    }
}

#[test]
fn values_of_a_sweep_are_joined_by_their_size_however_they_are_listed() {
    let desk = Desk::new();
    let lines = ["1,2,3", "3,1,2"].map(|values| {
        let line = format!("sweep short.toml --over campaign.pacing.ratio={values} --drop-limit 0.2");
        desk.prints(&format!("{line} --report out.html"));
        let joins = selector("#frontier .joins");
        let page = well_formed(&desk.file("out.html"));
        page.select(&joins).map(|line| line.attr("d").map(str::to_owned)).collect::<Vec<_>>()
    });
    assert_eq!(lines[0], lines[1]);
    assert_eq!(lines[0].len(), 2, "in each form of the plot");
}

#[test]
fn one_agent_is_told_as_one() {
    let told = Desk::new().prints("limit --agents 1 --answer-rate 0.4 --talk 70");
    assert!(told.starts_with("1 agent, "), "{told}");
}

#[test]
fn settings_of_unlike_sizes_are_headed_by_all_of_them() {
    let desk = Desk::new();
    let two = SCENARIO.replace("count = 4", "count = 2");
    std::fs::write(desk.file("two.toml"), two).expect("written");
    for line in ["compare short.toml two.toml", "sweep short.toml --over agents.count=2..4:3"] {
        let told = desk.prints(line);
        let heading = told.lines().find(|line| line.contains("seed")).expect("a heading");
        assert!(heading.starts_with("2 to 4 agents, 3 days of 0.5 hours, "), "{heading}");
        desk.prints(&format!("{line} --report out.html"));
        let page = well_formed(&desk.file("out.html"));
        let told: String = page.select(&selector("p.meta")).flat_map(|meta| meta.text()).collect();
        assert!(told.starts_with("2 to 4 agents3 days of 0.5 hours"), "{told}");
    }
}

#[test]
fn a_report_names_each_field_of_its_scenario_and_lists_no_thousand_times() {
    let desk = Desk::new();
    let times: Vec<String> = (10..1_010).map(|seconds| format!("{seconds}.5")).collect();
    let mixed = format!(
        "talk = {{ mixture = [{{ share = 0.7, of = {{ one_of = [{}] }} }}, {{ share = 0.3, of = {{ one_of = [4, 5.5] }} }}] }}",
        times.join(", ")
    );
    let observed = SCENARIO.replace("talk = { exponential = { mean = 60 } }", &mixed);
    std::fs::write(desk.file("observed.toml"), observed).expect("written");
    desk.prints("run observed.toml --days 1 --report out.html");
    let page = well_formed(&desk.file("out.html"));
    let fields = words(&page, "#scenario dt").into_iter().zip(words(&page, "#scenario dd"));
    let talk: Vec<_> = fields.filter(|(path, _)| path.starts_with("agents.talk")).collect();
    let talk: Vec<_> = talk.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
    assert_eq!(
        talk,
        [
            ("agents.talk.mixture.1.of.one_of", "[10.5, 11.5, …, 1009.5], 1000 of them"),
            ("agents.talk.mixture.1.share", "0.7"),
            ("agents.talk.mixture.2.of.one_of", "[4, 5.5]"),
            ("agents.talk.mixture.2.share", "0.3"),
        ]
    );
    assert_eq!(embedded(&page)["scenarios"][0]["agents"]["talk"]["mixture"][0]["of"]["one_of"][999], 1009.5);
}

#[test]
fn each_is_one_json_object_of_a_known_shape() {
    let desk = Desk::new();
    for (name, line) in [
        ("run_json", "run short.toml --json"),
        ("sweep_json", "sweep short.toml --over agents.count=2,4 --json"),
        ("compare_json", "compare short.toml --pacing progressive --pacing ratio=2 --json"),
        ("limit_json", "limit --agents 4 --answer-rate 0.4 --talk 70 --json"),
    ] {
        insta::assert_snapshot!(name, shape(&desk.json(line)));
    }
}

#[test]
fn help_says_what_can_be_asked() {
    let desk = Desk::new();
    let help = ["", "run", "sweep", "compare", "limit"].map(|command| {
        let line = format!("{command} --help");
        format!("$ simulator {}\n{}", line.trim(), desk.prints(&line))
    });
    insta::assert_snapshot!("help", help.join("\n\n"));
}

#[test]
fn what_cannot_be_played_is_named_with_what_would_be_right() {
    let desk = Desk::new();
    let pairs = SCENARIO.replace("days = 3", "days = 3\nwindow_days = 2");
    assert_ne!(pairs, SCENARIO);
    std::fs::write(desk.file("pairs.toml"), pairs).expect("written");
    let large = SCENARIO.replace("count = 4", "count = 99999999999999999999");
    std::fs::write(desk.file("large.toml"), large).expect("written");
    std::fs::write(desk.file("latin.toml"), b"[shift]\nabout = \"caf\xe9\"").expect("written");
    std::fs::write(desk.file("binary.toml"), b"\x7fELF\x02\x01\x01\0\0").expect("written");
    for (name, crowd) in [
        ("invalid.json", r#"{ "invalid_ppm": 1000001 }"#),
        ("crowded.json", r#"{ "person_ppm": 700000, "machine_ppm": 250000 }"#),
        ("ring.json", r#"{ "ring": { "min_ms": 18000, "max_ms": 2000 } }"#),
    ] {
        std::fs::write(desk.file(name), crowd).expect("written");
    }
    let told = [
        "run nowhere.toml",
        "run large.toml",
        "run latin.toml",
        "run binary.toml",
        "run .",
        "run short.toml --seed -1",
        "run short.toml --days -1",
        "run short.toml --drop-limit -0.01",
        "run short.toml --report /proc/x.html",
        "run short.toml --pacing ratio=11",
        "run short.toml --pacing telepathic",
        "run short.toml --pacing ratio=x",
        "run short.toml --days 0",
        "run short.toml --drop-limit 3",
        "run short.toml --report no/such/folder.html",
        "sweep short.toml",
        "sweep short.toml --over agents.count",
        "sweep short.toml --over agents.count=1..5",
        "sweep short.toml --over agents.count=1..5:1",
        "sweep short.toml --over agents.count=0..4:5",
        "sweep short.toml --over agents.cuont=1,2",
        "sweep short.toml --over campaign.pacing.ratio=1,fast",
        "compare short.toml",
        "compare short.toml --pacing progressive",
        "compare short.toml exponential",
        "compare short.toml pairs.toml --days 4",
        "compare exponential pairs.toml",
        "run short.toml --pacing vicidial.level=2",
        "limit --agents 0 --answer-rate 0.3 --talk 120",
        "limit --agents 5 --answer-rate 1.2 --talk 120",
        "limit --agents 5 --answer-rate 0.3 --talk 120 --drop -0.01",
        "limit --agents 20 --answer-rate 0.3 --talk 10 --patience 10",
        "sweep short.toml --over agents.count=1..1e30:2",
        "sweep short.toml --over agents.count=2,4 --agents 5",
        "sweep short.toml --over shift.days=2,4 --days 5",
        "sweep short.toml --over shift={days=2,hours=1},{days=3,hours=1} --days 5",
        "sweep short.toml --over campaign.pacing=\"progressive\",{ratio=2} --pacing ratio=3",
        "pbx --callees nowhere.json",
        "pbx --callees short.toml",
        "pbx --listen 192.0.2.1:1 --callees invalid.json",
        "pbx --listen 192.0.2.1:1 --callees crowded.json",
        "pbx --listen 192.0.2.1:1 --callees ring.json",
        "pbx --listen 192.0.2.1:1",
        "pbx --speed 0",
        "pbx --listen 192.0.2.1:1 --asterisk-version foo",
        "pbx --listen 192.0.2.1:1 --asterisk-version 22",
    ];
    insta::assert_snapshot!("refusals", told.map(|line| desk.refuses(line)).join("\n"));
}

#[test]
fn tables_are_no_wider_than_a_terminal_where_that_can_be() {
    let desk = Desk::new();
    recorded(&desk, "floor.toml", &[]);
    let policies = ["progressive", "ratio=1.2", "ratio=1.4", "ratio=1.6", "ratio=1.8", "predictive"];
    let line = |many: usize| {
        let pacings: String = policies[..many].iter().map(|policy| format!(" --pacing {policy}")).collect();
        format!("compare short.toml --days 2{pacings}")
    };
    let mut lines: Vec<String> = (2..=6).map(line).collect();
    lines.push("compare floor.toml --pacing ratio=2 --pacing ratio=3 --pacing ratio=4".to_owned());
    lines.extend(
        [
            "sweep short.toml --over campaign.pacing.ratio=1..3:3",
            "sweep short.toml --over shift.window_days=1,3",
            "sweep amd-gate --days 1 --over callees.answer_rate.flat=0.1,0.2",
        ]
        .map(str::to_owned),
    );
    for line in lines {
        let told = desk.prints(&line);
        let (_, tables) = told.split_once("\n\n").expect("a table");
        let widest = tables.lines().map(|line| line.trim_end().chars().count()).max().expect("rows");
        assert!(widest <= 120, "{line}: {widest} columns\n{tables}");
    }
    let many = desk.prints(&line(6));
    for figure in ["utilisation", "drops per answer"] {
        // In each of its parts.
        assert!(many.matches(&format!("\n {figure} ")).count() > 1, "{many}");
    }
}

#[test]
fn the_same_seed_gives_the_same_answer_and_another_one_another() {
    let desk = Desk::new();
    let line = "compare short.toml --pacing progressive --pacing ratio=2 --json";
    assert_eq!(desk.prints(line), desk.prints(line));
    assert_ne!(desk.json(line)["settings"], desk.json(&format!("{line} --seed 2"))["settings"]);
}

#[test]
fn a_comparison_pairs_the_days_that_it_tells_of() {
    let answer = Desk::new().json("compare short.toml --pacing progressive --pacing ratio=2 --json");
    // What each day says of a ratio of sums: the ratio, and how far the day is off it.
    let said = |setting: usize| -> Vec<f64> {
        let of = |day: &Value, key: &str| day[key].as_f64().expect("seconds");
        let days = answer["settings"][setting]["days"].as_array().expect("days");
        let sum = |key| days.iter().map(|day| of(day, key)).sum::<f64>();
        let (ratio, mean) = (sum("busy_s") / sum("staffed_s"), sum("staffed_s") / 3.0);
        days.iter().map(|day| ratio + (of(day, "busy_s") - ratio * of(day, "staffed_s")) / mean).collect()
    };
    let differences: Vec<f64> = said(1).iter().zip(said(0)).map(|(one, other)| one - other).collect();
    let mean = differences.iter().sum::<f64>() / 3.0;
    let variance = differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>() / 2.0;
    let told = &answer["settings"][1]["differences"]["utilisation"];
    assert!((told["mean"].as_f64().expect("a mean") - mean).abs() < 1e-12, "{told}");
    // Student's t for two degrees of freedom, from a table.
    let half_width = 4.302_653 * (variance / 3.0).sqrt();
    let [low, high] = ["low", "high"].map(|end| told[end].as_f64().expect("three days have an interval"));
    assert!(((high - low) / 2.0 - half_width).abs() < 1e-6, "{told} and {half_width}");
    assert!((f64::midpoint(low, high) - mean).abs() < 1e-12, "{told}");
    assert_eq!(answer["settings"][0].get("differences"), None);
}

#[test]
fn a_report_is_one_well_formed_file_whose_figures_are_those_of_the_json() {
    let desk = Desk::new();
    for (line, sections) in [
        ("run short.toml --pacing ratio=2 --json --report out.html", 8),
        ("sweep short.toml --over campaign.pacing.ratio=1..3:3 --json --report out.html", 9),
        ("compare short.toml --pacing progressive --pacing ratio=2 --json --report out.html", 9),
    ] {
        let answer = desk.json(line);
        let page = well_formed(&desk.file("out.html"));
        assert_eq!(page.select(&selector("section")).count(), sections, "{line}");
        assert_eq!(embedded(&page), answer, "{line}");
        let mut compared = 0;
        for setting in answer["settings"].as_array().expect("settings") {
            for figure in &FIGURES {
                let cell = format!(
                    "td[data-key='{}'][data-setting='{}']",
                    figure.key,
                    setting["name"].as_str().expect("a name")
                );
                let shown: String = page.select(&selector(&cell)).flat_map(|cell| cell.text()).collect();
                let value = setting["figures"][figure.key].as_f64().expect("a figure");
                let days = if figure.unit == Unit::Days { " of 3" } else { "" };
                // Windows are days here, and not shown twice.
                let twice = figure.key.contains("window");
                let expected = if twice { String::new() } else { figure.unit.shown(value) + days };
                assert_eq!(shown, expected, "{line}: {cell}");
                compared += 1;
            }
        }
        assert!(compared >= FIGURES.len(), "{line}");
    }
}

#[test]
fn a_report_on_the_limit_is_one_well_formed_file_too() {
    let desk = Desk::new();
    let answer = desk.json("limit --agents 4 --answer-rate 0.4 --talk 70 --json --report out.html");
    let page = well_formed(&desk.file("out.html"));
    assert_eq!(embedded(&page), answer);
    let best = format!("{:.2} %", 100.0 * answer["optimum"]["utilisation"].as_f64().expect("a share"));
    let tiles: Vec<String> =
        page.select(&selector(".tile .value")).map(|tile| tile.text().collect()).collect();
    assert!(tiles.contains(&best), "{best} is not in {tiles:?}");
}

#[test]
fn a_report_takes_the_place_of_a_longer_one_and_goes_down_a_pipe_as_well() {
    let desk = Desk::new();
    std::fs::write(desk.file("old.html"), "x".repeat(10_000_000)).expect("a file");
    desk.prints("run short.toml --report old.html");
    desk.prints("run short.toml --report new.html");
    let written = |name| std::fs::read_to_string(desk.file(name)).expect("a report");
    assert!(written("old.html") == written("new.html"), "something is left of the longer one");
    let piped = desk.prints("run short.toml --json --report /dev/stdout");
    assert!(piped.starts_with(&written("new.html")), "{}", &piped[..200]);
}

#[test]
fn a_report_that_is_interrupted_leaves_nothing_behind() {
    let desk = Desk::new();
    let line = "run short.toml --days 10000 --report out.html";
    let mut child = desk.command(line).stdout(Stdio::null()).spawn().expect("the simulator runs");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(child.try_wait().expect("it can be asked"), None, "it is at work");
    child.kill().expect("it is ended");
    child.wait().expect("it has ended");
    let files: Vec<_> = std::fs::read_dir(desk.0.path()).expect("a folder").collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[test]
fn a_reader_who_has_gone_is_no_failure() {
    let desk = Desk::new();
    desk.prints("run short.toml --report there.html");
    for line in [
        "scenarios",
        "--help",
        "run short.toml",
        "run short.toml --json",
        "run short.toml --report /dev/stdout",
        "run short.toml --report out.html",
        "sweep short.toml --over agents.count=2,4",
        "compare short.toml --pacing progressive --pacing ratio=2",
        "limit --agents 4 --answer-rate 0.4 --talk 70",
        "limit --agents 4 --answer-rate 0.4 --talk 70 --json",
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = desk.command(line).stdout(writer).stderr(Stdio::piped()).spawn().expect("it runs");
        let output = child.wait_with_output().expect("it has ended");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), told.as_str()), (Some(0), ""), "{line}");
    }
    well_formed(&desk.file("out.html"));
}

#[test]
fn a_report_of_the_same_experiment_is_the_same_file() {
    let desk = Desk::new();
    let written = |name: &str| {
        desk.prints(&format!("run short.toml --pacing ratio=2 --report {name}"));
        std::fs::read(desk.file(name)).expect("a report")
    };
    assert!(written("one.html") == written("two.html"), "the two reports differ");
}

#[test]
fn callees_who_hang_up_leave_no_limit_to_draw() {
    let desk = Desk::new();
    let impatient = SCENARIO.replace("ring_out", "patience = { exponential = { mean = 2 } }\nring_out");
    std::fs::write(desk.file("impatient.toml"), impatient).expect("written");
    for (command, drawn) in [("run", 2), ("sweep", 4), ("compare", 2)] {
        let options = match command {
            "sweep" => "--over campaign.pacing.ratio=1,2",
            "compare" => "--pacing progressive --pacing ratio=2",
            _ => "",
        };
        for (scenario, drawn) in [("short.toml", drawn), ("impatient.toml", 0)] {
            let line = format!("{command} {scenario} {options} --days 1 --report out.html");
            desk.prints(&line);
            let page = well_formed(&desk.file("out.html"));
            assert_eq!(page.select(&selector("path.limit")).count(), drawn, "{line}");
            let told = words(&page, "#frontier .note").concat();
            assert_eq!(told.contains("hang up before they are dropped"), drawn == 0, "{line}: {told}");
        }
    }
}

#[test]
fn a_limit_says_whose_it_is_and_there_is_none_where_machines_are_told_first() {
    let desk = Desk::new();
    let halves = SCENARIO.replace("count = 4", "count = 4\nshifts = [{ until = 0.25 }, { from = 0.25 }]");
    std::fs::write(desk.file("halves.toml"), halves).expect("written");
    for (scenario, of) in [
        ("short.toml", "exponential throughout: 4 agents, 40 % of dials answered"),
        ("halves.toml", "exponential throughout: 2 agents at work at a time, 40 % of dials answered"),
        ("retries", "10 agents, 22 % of dials answered, which are first attempts all of them, 110 s talk"),
        ("amd-gate", "No limit is drawn: persons are told from machines first."),
    ] {
        desk.prints(&format!("run {scenario} --days 1 --report out.html"));
        let told = words(&well_formed(&desk.file("out.html")), "#frontier .note").concat();
        assert!(told.contains(of), "{scenario}: {told}");
    }
}

#[test]
fn who_hangs_up_while_waiting_is_told_wherever_drops_are() {
    let desk = Desk::new();
    let impatient = SCENARIO.replace("ring_out", "patience = { exponential = { mean = 2 } }\nring_out");
    std::fs::write(desk.file("impatient.toml"), impatient).expect("written");
    let figures =
        &desk.json("run impatient.toml --pacing ratio=2 --json --report out.html")["settings"][0]["figures"];
    let share = format!("{:.2} %", 100.0 * figures["hung_up_waiting"].as_f64().expect("a share"));
    assert_ne!(share, "0.00 %");
    let page = well_formed(&desk.file("out.html"));
    let drops =
        words(&page, ".tile").into_iter().find(|tile| tile.starts_with("Drops per answer")).expect("a tile");
    assert!(drops.ends_with(&format!("; {share} hung up waiting")), "{drops}");
    let note = words(&page, "#frontier .note").concat();
    assert!(note.contains(&format!("{share} of the answers")), "{note}");
    let line = "compare impatient.toml --pacing progressive --pacing ratio=2";
    let answer = desk.json(&format!("{line} --json --report out.html"));
    let difference =
        answer["settings"][1]["differences"]["hung_up_waiting"]["mean"].as_f64().expect("a share");
    let verdict = words(&well_formed(&desk.file("out.html")), ".verdicts").concat();
    assert!(verdict.contains(&format!(", hung up while waiting {:+.2} ± ", 100.0 * difference)), "{verdict}");
    desk.prints("run short.toml --report out.html");
    let note = words(&well_formed(&desk.file("out.html")), "#frontier .note").concat();
    assert!(!note.contains("hung up"), "nobody has: {note}");
}

#[test]
fn persons_taken_for_machines_are_told_as_drops_that_no_pacing_spares() {
    let desk = Desk::new();
    let mut told = String::new();
    for line in [
        "run amd-off --days 1",
        "run amd-gate --pacing progressive --days 1",
        "run amd-gate --days 1",
        "compare amd-off amd-gate amd-parallel --pacing ratio=2 --days 1",
        "sweep amd-parallel --over agents.count=2,3 --pacing progressive --days 1",
        "sweep amd-parallel --over agents.count=4..10:7 --pacing progressive --days 1",
    ] {
        let printed = desk.prints(&format!("{line} --report out.html"));
        let sentences: Vec<&str> =
            printed.lines().filter(|line| line.contains("spares") || line.contains("counts")).collect();
        let page = well_formed(&desk.file("out.html"));
        let note = words(&page, "#frontier .note").concat();
        assert!(sentences.iter().all(|sentence| note.contains(sentence)), "{line}: {note}");
        told.push_str(&format!("$ {line}\n{}\n", sentences.join("\n")));
    }
    insta::assert_snapshot!(told, @"
    $ run amd-off --days 1

    $ run amd-gate --pacing progressive --days 1
    84 of 84 drops are persons taken for machines, 4.71 % of the answers: no pacing spares them.
    $ run amd-gate --days 1
    84 of 84 drops are persons taken for machines, 4.71 % of the answers: no pacing spares them. Predictive pacing counts 5 % of the 2295 who were taken for machines and not connected as drops, 6.76 % of the other answers and more than its limit of 3 %: it has room for hardly more than one line for each idle agent.
    $ compare amd-off amd-gate amd-parallel --pacing ratio=2 --days 1
    amd-gate, ratio=2: 107 of 131 drops are persons taken for machines, 4.72 % of the answers: no pacing spares them.
    amd-parallel, ratio=2: 159 of 185 drops are persons taken for machines, 7.22 % of the answers: no pacing spares them.
    $ sweep amd-parallel --over agents.count=2,3 --pacing progressive --days 1
    agents.count=2: 36 of 36 drops are persons taken for machines, 10.17 % of the answers: no pacing spares them.
    agents.count=3: 49 of 49 drops are persons taken for machines, 9.18 % of the answers: no pacing spares them.
    $ sweep amd-parallel --over agents.count=4..10:7 --pacing progressive --days 1
    With 7 of 7 values: 649 of 649 drops are persons taken for machines: no pacing spares them.
    ");
}

#[test]
fn an_interval_is_the_same_in_the_table_the_json_and_the_report() {
    let desk = Desk::new();
    for line in ["run short.toml", "run short.toml --pacing ratio=3 --days 2"] {
        let table = desk.prints(line);
        let answer = desk.json(&format!("{line} --json --report out.html"));
        let page = well_formed(&desk.file("out.html"));
        let (figures, ranges) = (words(&page, "#figures tbody th"), words(&page, "#figures td.quiet"));
        let intervals = answer["settings"][0]["intervals"].as_object().expect("intervals");
        for figure in &FIGURES {
            let Some(interval) = intervals.get(figure.key) else { continue };
            let keys: Vec<&String> = interval.as_object().expect("an interval").keys().collect();
            assert_eq!(keys, ["high", "low", "mean"], "{line}: {}", figure.key);
            let [low, high] = ["low", "high"].map(|end| interval[end].as_f64().expect("two days and more"));
            let told = format!("{} to {}", figure.unit.shown(low), figure.unit.shown(high));
            let row = table.lines().find(|row| row.trim().starts_with(figure.name)).expect("a row");
            assert!(row.trim_end().ends_with(&told), "{line}: {told} is not in {row}");
            let nth = figures.iter().position(|name| name == figure.name).expect("a row");
            assert_eq!(ranges[nth], told, "{line}: {}", figure.name);
        }
        assert!(intervals.len() >= 8, "{intervals:?}");
    }
    let alone = &desk.json("run short.toml --days 1 --json")["settings"][0]["intervals"]["utilisation"];
    assert_eq!((&alone["low"], &alone["high"]), (&Value::Null, &Value::Null), "a day says nothing of others");
}

#[test]
fn of_as_many_answers_no_hang_up_is_no_surer_than_no_drop() {
    let told = Desk::new().prints("run short.toml");
    let range = |name: &str| {
        let row = told.lines().find(|row| row.trim().starts_with(name)).expect("a row");
        row.trim().strip_prefix(name).expect("its name").trim().to_owned()
    };
    assert!(range("drops per answer").starts_with("0.00 %"), "{told}");
    assert_eq!(range("hung up while waiting"), range("drops per answer"));
}

#[test]
fn a_sweep_draws_the_limit_of_each_value_and_says_so() {
    let desk = Desk::new();
    desk.prints("sweep short.toml --over agents.count=2,4 --days 1 --drop-limit 0.05 --report out.html");
    let page = well_formed(&desk.file("out.html"));
    assert_eq!(page.select(&selector("#sweep path.limit")).count(), 2);
    let above = words(&page, "#frontier .note").concat();
    assert!(above.contains("the limit of each is in the next plot"), "{above}");
    let told = words(&page, "#sweep .note").concat();
    assert!(told.contains("at 5 % drops"), "{told}");
}

#[test]
fn a_sweep_of_many_values_judges_all_of_them_and_says_how_many_it_draws() {
    let desk = Desk::new();
    desk.prints("sweep short.toml --over campaign.pacing.ratio=1..3:20 --days 2 --report out.html");
    let page = well_formed(&desk.file("out.html"));
    // In each of the two forms of the plot.
    assert_eq!(words(&page, "#days .name").len(), 2 * 20);
    for (section, drawn) in [("waits", "8 of 20 values"), ("capacity", "8 of 20 values")] {
        let told = words(&page, &format!("#{section} .note")).concat();
        assert!(told.contains(drawn), "{section}: {told}");
    }
    desk.prints("sweep short.toml --over campaign.pacing.ratio=1..3:9 --days 1 --report out.html");
    let told = words(&well_formed(&desk.file("out.html")), ".note").concat();
    assert!(!told.contains("of 9 values"), "{told}");
}

#[test]
fn a_limit_line_goes_to_the_end_of_its_plot() {
    let desk = Desk::new();
    for drop_limit in ["0.03", "0.031", "0.035", "0.04", "0.047", "0.05", "0.06", "0.07"] {
        desk.prints(&format!("compare short.toml --days 1 --pacing progressive --pacing ratio=1 --drop-limit {drop_limit} --report out.html"));
        let page = well_formed(&desk.file("out.html"));
        let lines: Vec<&str> =
            page.select(&selector("#frontier path.limit")).filter_map(|line| line.attr("d")).collect();
        for (line, end) in lines.into_iter().zip(["L948,", "L348,"]) {
            assert!(line.contains(end), "{drop_limit}: {line} does not come to {end}");
        }
    }
}

#[test]
fn a_report_takes_the_place_of_no_scenario_that_it_is_of() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("short.toml", desk.file("link.toml")).expect("a link");
    for line in [
        "run short.toml --report short.toml",
        "run link.toml --report short.toml",
        "run short.toml --report ./link.toml",
        "sweep short.toml --over agents.count=1,2 --report short.toml",
        "compare exponential short.toml --days 3 --report short.toml",
    ] {
        let told = desk.refuses(line);
        assert!(told.contains("is the scenario"), "{told}");
    }
    assert_eq!(std::fs::read_to_string(desk.file("short.toml")).expect("it is there"), SCENARIO);
    // A preset is no file, and a file of its name is none of it.
    desk.prints("run two-agents --days 1 --report two-agents");
}

#[test]
fn a_report_for_standard_output_stands_before_the_table_in_a_file_too() {
    let desk = Desk::new();
    let table = desk.prints("run short.toml --report page.html");
    let page = std::fs::read_to_string(desk.file("page.html")).expect("a report");
    for place in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let file = std::fs::File::create(desk.file("both")).expect("a file");
        let mut command = desk.command(&format!("run short.toml --report {place}"));
        assert!(command.stdout(file).status().expect("it runs").success(), "{place}");
        let both = std::fs::read_to_string(desk.file("both")).expect("it is there");
        assert!(both == format!("{page}{table}"), "{place}: {}", &both[..both.len().min(200)]);
    }
    let told = desk.refuses("run short.toml --report -");
    assert!(told.contains("/dev/stdout"), "{told}");
    assert!(!desk.file("-").exists());
}

#[test]
fn of_a_day_on_which_nobody_is_there_no_wait_is_drawn_and_no_share_of_time() {
    let desk = Desk::new();
    let late = SCENARIO.replace("talk =", "from = 0.49\nlog_in = { fixed = 3000 }\ntalk =");
    std::fs::write(desk.file("late.toml"), late).expect("written");
    for line in ["run late.toml", "sweep late.toml --over agents.count=1,2", "compare late.toml short.toml"] {
        desk.prints(&format!("{line} --report out.html"));
        let page = well_formed(&desk.file("out.html"));
        // Of the comparison the second, whose agents are there, in each of two forms.
        let theirs = if line.starts_with("compare") { 2 } else { 0 };
        assert_eq!(page.select(&selector("#waits path.curve")).count(), theirs, "{line}");
        assert_eq!(page.select(&selector("#frontier circle.here")).count(), 0, "{line}");
        assert!(!words(&page, "#frontier text").concat().contains("late.toml"), "{line}");
        assert!(words(&page, "#waits .note").concat().contains("Nobody waited"), "{line}");
    }
}

#[test]
fn nobody_waits_longer_than_the_day_is() {
    let desk = Desk::new();
    std::fs::write(desk.file("nobody.toml"), SCENARIO.replace("flat = 0.4", "flat = 0.0")).expect("written");
    let figures = &desk.json("run nobody.toml --json")["settings"][0]["figures"];
    for key in ["wait_mean_s", "wait_p50_s", "wait_p90_s", "wait_p99_s", "wait_most_s"] {
        assert_eq!(figures[key], 1800.0, "{key}");
    }
}

#[test]
fn the_name_of_a_limit_stays_on_the_page() {
    let desk = Desk::new();
    for (page, line) in [
        (0, "limit --agents 4 --answer-rate 0.4 --talk 70 --drop 0.5"),
        (1, "limit --agents 4 --answer-rate 0.4 --talk 70 --drop 0.03"),
        (2, "run short.toml --drop-limit 0.5"),
    ] {
        let name = format!("{page}.html");
        desk.prints(&format!("{line} --report {name}"));
        let page = well_formed(&desk.file(&name));
        for (plot, width) in [(".wide", 960.0), (".narrow", 360.0)] {
            let label =
                page.select(&selector(&format!("#frontier {plot} .legal-name"))).next().expect("a name");
            let x: f64 = label.attr("x").expect("a place").parse().expect("a figure");
            let letters = 0.62 * 13.0 * label.text().collect::<String>().chars().count() as f64;
            let (left, right) =
                if label.attr("text-anchor") == Some("end") { (x - letters, x) } else { (x, x + letters) };
            assert!(left >= 0.0 && right <= width, "{line}, {plot}: {left} to {right}");
        }
    }
}

#[test]
fn six_policies_are_compared_in_six_columns_with_their_names_above() {
    let desk = Desk::new();
    let policies = ["progressive", "ratio=1.2", "ratio=1.4", "ratio=1.6", "ratio=1.8", "ratio=2"];
    let pacings: String = policies.map(|policy| format!(" --pacing {policy}")).concat();
    desk.prints(&format!("compare short.toml --days 2{pacings} --report out.html"));
    let page = well_formed(&desk.file("out.html"));
    let headings = words(&page, "#differences thead th");
    assert_eq!(headings, ["figure", "A", "BB − A", "CC − A", "DD − A", "EE − A", "FF − A"]);
    let named: Vec<String> =
        ('A'..='F').zip(policies).map(|(letter, name)| format!("{letter}: {name}")).collect();
    assert_eq!(words(&page, "#differences .legend > span"), named);
    let told = words(&page, "#differences tbody tr:first-child td");
    assert!(!told[0].contains('±') && told[1..].iter().all(|cell| cell.contains('±')), "{told:?}");
}

#[test]
fn a_share_of_nothing_is_not_drawn_as_none_and_the_report_says_why() {
    let desk = Desk::new();
    std::fs::write(desk.file("nobody.toml"), SCENARIO.replace("flat = 0.4", "flat = 0.0")).expect("written");
    let drawn = |line: &str, of: &str| {
        desk.prints(&format!("{line} --report out.html"));
        well_formed(&desk.file("out.html")).select(&selector(of)).count()
    };
    let notes =
        |section: &str| words(&well_formed(&desk.file("out.html")), &format!("{section} .note")).concat();
    for (of, somebody) in [
        ("#frontier circle.here", 2),
        // Agents, two of calls, and drops; in each of two forms.
        ("#course path.curve, #course path.thin", 8),
        ("#sensitivity svg", 4),
    ] {
        assert_eq!(drawn("run short.toml", of), somebody, "{of}");
        let nobody = if of.contains("here") { 0 } else { somebody - 2 };
        assert_eq!(drawn("run nobody.toml", of), nobody, "{of}");
    }
    assert!(drawn("run short.toml", "#days rect") > 0);
    assert_eq!(drawn("run nobody.toml", "#days rect"), 0);
    assert!(notes("#frontier").contains("Nobody answered, of whom some could be dropped: progressive."));
    assert!(notes("#days").contains("In 3 of 3 days nobody answered"), "{}", notes("#days"));
    assert!(notes("#sensitivity").contains("Nobody answered"));
    // Utilisation of three values and drops of two.
    let line = "sweep short.toml --over callees.answer_rate.flat=0,0.2,0.4";
    assert_eq!(drawn(line, "#sweep path.mark"), 2 * (3 + 2));
}

#[test]
fn no_words_of_a_plot_lie_on_others_or_are_cut_off_however_long_a_name_is() {
    let desk = Desk::new();
    let long = "'vicidial={ method = \"adapt_hard_limit\", level = 2.0, max_level = 3.0 }'";
    let compare =
        format!("compare short.toml --days 2 --pacing progressive --pacing {long} --pacing ratio=3");
    let windows = SCENARIO.replace("days = 3", "days = 3\nwindow_days = 2");
    std::fs::write(desk.file("windows.toml"), windows).expect("written");
    for line in [
        compare.as_str(),
        "run windows.toml --pacing predictive=0.015",
        "run short.toml --pacing ratio=2 --drop-limit 0.125",
        "sweep short.toml --over campaign.pacing.ratio=1..3:20 --days 2",
    ] {
        let mut command = Command::new("sh");
        let told = format!("exec '{}' {line} --report out.html", env!("CARGO_BIN_EXE_simulator"));
        let output = command.args(["-c", &told]).current_dir(&desk.0).output().expect("it runs");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        for plot in well_formed(&desk.file("out.html")).select(&selector("svg.plot")) {
            let view = plot
                .attr("viewBox")
                .expect("a view")
                .split(' ')
                .map(|figure| figure.parse().expect("a figure"));
            let [_, _, width, _]: [f64; 4] = view.collect::<Vec<_>>().try_into().expect("four figures");
            let written: Vec<(String, [f64; 4])> = plot
                .select(&selector("text"))
                .map(|words| (words.text().collect(), place_of(&words)))
                .collect();
            for (nth, (words, [left, top, right, bottom])) in written.iter().enumerate() {
                assert!(*left >= -1.0 && *right <= width + 1.0, "{line}: {words:?} from {left} to {right}");
                let meets = |other: &[f64; 4]| {
                    *left < other[2] && other[0] < *right && *top < other[3] && other[1] < *bottom
                };
                let below = written[..nth].iter().find(|(_, other)| meets(other));
                assert_eq!(below, None, "{line}: {words:?} lies on it");
            }
        }
    }
}

/// Where words of a plot are, in letters as wide as those of a common font are on average: left, top, right, bottom.
fn place_of(words: &scraper::ElementRef) -> [f64; 4] {
    let figure = |name: &str| words.attr(name).expect("a place").parse::<f64>().expect("a figure");
    let size = if words.attr("class") == Some("knob") { 11.0 } else { 13.0 };
    let width = 0.48 * size * words.text().collect::<String>().chars().count() as f64;
    let left = match words.attr("text-anchor") {
        Some("middle") => figure("x") - width / 2.0,
        Some("end") => figure("x") - width,
        _ => figure("x"),
    };
    [left, figure("y") - 0.7 * size, left + width, figure("y")]
}

/// The page, which a browser reads without a complaint and without asking for anything.
fn well_formed(file: &Path) -> Html {
    let text = std::fs::read_to_string(file).expect("a report");
    let page = Html::parse_document(&text);
    assert_eq!(page.errors, Vec::<String>::new(), "HTML that has to be mended");
    for word in ["http://", "https://", "url(", "@import", "javascript:"] {
        assert!(!text.contains(word), "it names {word}");
    }
    for element in page.select(&selector("[src], [href], [srcset], [data], object, iframe, embed, base")) {
        assert_eq!(element.attr("href"), Some("data:,"), "{:?}", element.value());
    }
    let scripts: Vec<_> = page.select(&selector("script")).map(|script| script.attr("type")).collect();
    assert_eq!(scripts, [Some("application/json")]);
    assert!(page.select(&selector("svg.plot")).count() >= 4);
    assert_eq!(page.select(&selector("b")).count(), 0, "a scenario's words are no markup");
    page
}

/// The words of whatever a selector finds on a page.
fn words(page: &Html, of: &str) -> Vec<String> {
    page.select(&selector(of)).map(|element| element.text().collect()).collect()
}

fn embedded(page: &Html) -> Value {
    let text: String =
        page.select(&selector("script#figures-json")).flat_map(|script| script.text()).collect();
    serde_json::from_str(&text).expect("one JSON object")
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector")
}

/// What keys there are, and of which kind; of a list, its last entry.
fn shape(value: &Value) -> String {
    fn kinds(value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| (key.clone(), kinds(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Value::Array(entries) => entries.last().map(kinds).into_iter().collect::<Vec<_>>().into(),
            Value::Number(_) => "number".into(),
            Value::String(_) => "text".into(),
            Value::Bool(_) => "yes or no".into(),
            Value::Null => "nothing".into(),
        }
    }
    format!("{:#}", kinds(value))
}
