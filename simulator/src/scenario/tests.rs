use super::*;

/// What is said to a preset in which a text has been exchanged.
fn told(from: &str, to: &str) -> String {
    let (_, preset) = PRESETS[1];
    assert!(preset.contains(from), "{from:?} is not in the preset");
    read("my.toml", &preset.replace(from, to)).expect_err("it is wrong").to_string()
}

#[test]
fn the_presets_are_right() {
    let names: Vec<_> = presets().map(|(name, about)| format!("{name}: {about}")).collect();
    insta::assert_snapshot!(names.join("\n"), @"
    exponential: Everything exponential and callees who do not wait: the world that `simulator limit` solves
    realistic-flat: Long-tailed talk, machines, busy lines and impatient callees; the answer rate is the same all day
    realistic-sine: Long-tailed talk, machines, busy lines and impatient callees; the answer rate swings every three hours
    realistic-step: Long-tailed talk, machines, busy lines and impatient callees; the list gets four times better at noon
    ");
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let told = [
        told("count = 10", "count = 0"),
        told("count = 10", "count = 2.5"),
        told("count = 10", "counts = 10"),
        told("hours = 8", "hours = 8\nwindow_days = 32"),
        told("hours = 8", "hours = 24\nwindow_days = 2"),
        told("hours = 8", "hours = 0.5\nlast_calls = 1800"),
        told("flat = 0.22", "flat = 1.2"),
        told("flat = 0.22", "steps = [[0, 0.1], [4, 0.2], [3, 0.3]]"),
        told("flat = 0.22", "sine = { mean = 0.1, swing = 0.2, period = 3 }"),
        told("from = 14, to = 20", "from = 20, to = 14"),
        told("\"progressive\"", "{ ratio = 11 }"),
        told("\"progressive\"", "\"telepathic\""),
        told("answer_within = 2.0", "answer_within = 3"),
        load("nowhere.toml").expect_err("there is none").to_string(),
    ];
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    my.toml: TOML parse error at line 8, column 9
      |
    8 | count = 0
      |         ^
    0 is not a whole number from 1 to 10000


    my.toml: TOML parse error at line 8, column 9
      |
    8 | count = 2.5
      |         ^^^
    2.5 is not a whole number from 1 to 10000


    my.toml: TOML parse error at line 8, column 1
      |
    8 | counts = 10
      | ^^^^^^
    unknown field `counts`, expected one of `count`, `talk`, `wrap_up`


    my.toml: TOML parse error at line 6, column 15
      |
    6 | window_days = 32
      |               ^^
    32 is not a whole number of days from 1 to 31


    my.toml: shift.hours: 24 leave no night between the days of a window; at most 23

    my.toml: shift.last_calls: 1800 s are the whole day

    my.toml: TOML parse error at line 13, column 15
       |
    13 | answer_rate = { flat = 1.2 }
       |               ^^^^^^^^^^^^^^
    1.2 is not a share from 0 to 1


    my.toml: callees.answer_rate.steps: the first step is at hour 0, and each later than the one before

    my.toml: callees.answer_rate.sine: 0.1 and 0.2 go below 0 or above 1

    my.toml: callees.machine_after: ends at 14 s, before it starts at 20 s

    my.toml: campaign.pacing.ratio: 11 is not between 1 and 10

    my.toml: TOML parse error at line 22, column 10
       |
    22 | pacing = "telepathic"
       |          ^^^^^^^^^^^^
    unknown variant `telepathic`, expected one of `progressive`, `ratio`, `predictive`


    my.toml: campaign.answer_within: 3 s is not between 0.001 and 2 s

    nowhere.toml: No such file or directory (os error 2); presets are exponential, realistic-flat, realistic-sine, realistic-step
    "#);
}
