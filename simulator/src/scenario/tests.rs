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
        told("count = 10", "counts = 10"),
        told("flat = 0.22", "flat = 1.2"),
        told("flat = 0.22", "steps = [[0, 0.1], [4, 0.2], [3, 0.3]]"),
        told("flat = 0.22", "sine = { mean = 0.1, swing = 0.2, period = 3 }"),
        told("from = 14, to = 20", "from = 20, to = 14"),
        told("\"progressive\"", "{ ratio = 11 }"),
        told("\"progressive\"", "\"telepathic\""),
        told("\"progressive\"", "{ broadcast = 0 }"),
        told("\"progressive\"", "{ broadcast = 6001 }"),
        told("\"progressive\"", "{ vicidial = { level = 2 } }"),
        told("\"progressive\"", "{ vicidial = { method = \"manual\" } }"),
        told("\"progressive\"", "{ vicidial = { method = \"ratio\", dial_level = 2 } }"),
        told("\"progressive\"", "{ vicidial = { method = \"ratio\", level = 0.5 } }"),
        told("\"progressive\"", "{ vicidial = { method = \"adapt_average\", level = 4 } }"),
        told("\"progressive\"", "{ vicidial = { method = \"adapt_average\", intensity = 41 } }"),
        told("\"progressive\"", "{ vicidial = { method = \"adapt_average\", drop_limit = 0 } }"),
        told("\"progressive\"", "{ vicidial = { method = \"adapt_tapered\", latest = 1275 } }"),
        told("\"progressive\"", "{ vicidial = { method = \"ratio\", cps = 201 } }"),
        told("answer_within = 2.0", "answer_within = 3"),
        load("nowhere.toml").expect_err("there is none").to_string(),
    ];
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    my.toml: TOML parse error at line 8, column 9
      |
    8 | count = 0
      |         ^
    0 is not a number from 1 to 10000


    my.toml: TOML parse error at line 8, column 1
      |
    8 | counts = 10
      | ^^^^^^
    unknown field `counts`, expected one of `count`, `talk`, `wrap_up`


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
    unknown variant `telepathic`, expected one of `progressive`, `ratio`, `predictive`, `broadcast`, `vicidial`


    my.toml: TOML parse error at line 22, column 10
       |
    22 | pacing = { broadcast = 0 }
       |          ^^^^^^^^^^^^^^^^^
    0 is not a whole number of dials a minute from 1 to 6000


    my.toml: TOML parse error at line 22, column 10
       |
    22 | pacing = { broadcast = 6001 }
       |          ^^^^^^^^^^^^^^^^^^^^
    6001 is not a whole number of dials a minute from 1 to 6000


    my.toml: TOML parse error at line 22, column 23
       |
    22 | pacing = { vicidial = { level = 2 } }
       |                       ^^^^^^^^^^^^^
    missing field `method`


    my.toml: TOML parse error at line 22, column 34
       |
    22 | pacing = { vicidial = { method = "manual" } }
       |                                  ^^^^^^^^
    unknown variant `manual`, expected one of `ratio`, `adapt_hard_limit`, `adapt_average`, `adapt_tapered`


    my.toml: TOML parse error at line 22, column 43
       |
    22 | pacing = { vicidial = { method = "ratio", dial_level = 2 } }
       |                                           ^^^^^^^^^^
    unknown field `dial_level`, expected one of `method`, `level`, `max_level`, `available_only`, `intensity`, `target`, `drop_limit`, `opens`, `latest`, `dial_timeout`, `drop_call_seconds`, `cps`, `ghost_lines`, `british`


    my.toml: TOML parse error at line 22, column 51
       |
    22 | pacing = { vicidial = { method = "ratio", level = 0.5 } }
       |                                                   ^^^
    0.5 is not a dial level from 1 to 20


    my.toml: campaign.pacing.vicidial.level: 4 is above max_level = 3

    my.toml: TOML parse error at line 22, column 63
       |
    22 | pacing = { vicidial = { method = "adapt_average", intensity = 41 } }
       |                                                               ^^
    41 is not a whole number from -40 to 40


    my.toml: campaign.pacing.vicidial.drop_limit: 0 is not between 0.001 and 1

    my.toml: campaign.pacing.vicidial.latest: 1275 is no time: an hour has 60 minutes

    my.toml: TOML parse error at line 22, column 49
       |
    22 | pacing = { vicidial = { method = "ratio", cps = 201 } }
       |                                                 ^^^
    201 is not a whole number of calls a second from 1 to 200


    my.toml: campaign.answer_within: 3 s is not between 0.001 and 2 s

    nowhere.toml: No such file or directory (os error 2); presets are exponential, realistic-flat, realistic-sine, realistic-step
    "#);
}

#[test]
fn a_policy_is_said_in_one_word_or_as_in_the_file() {
    let meant = |text| {
        let value = pacing(text).expect("it is one");
        let draft = Draft::load("realistic-flat").expect("a preset");
        draft.with("campaign.pacing", value, text).expect("it fits").scenario().campaign.pacing
    };
    let predictive = |drop_limit, answer_rate: Option<f64>| {
        let answer_rate = answer_rate.map(Probability);
        Pacing::Predictive(Predictive { drop_limit: Probability(drop_limit), answer_rate, strict: false })
    };
    for (text, policy) in [
        ("progressive", Pacing::Progressive),
        ("\"progressive\"", Pacing::Progressive),
        ("ratio=2", Pacing::Ratio(2.0)),
        ("ratio = 2.5", Pacing::Ratio(2.5)),
        ("{ ratio = 2.5 }", Pacing::Ratio(2.5)),
        ("predictive", predictive(0.03, None)),
        ("predictive=0.01", predictive(0.01, None)),
        ("predictive={ drop_limit = 0.02, answer_rate = 0.2 }", predictive(0.02, Some(0.2))),
    ] {
        assert_eq!(meant(text), policy, "{text}");
    }
}

#[test]
fn a_field_can_be_exchanged_and_a_law_of_another_name_takes_the_place_of_the_one_there() {
    let draft = Draft::load("realistic-step").expect("a preset");
    let with =
        |path, value: f64| draft.with(path, value.into(), "--over").map(|draft| draft.scenario().clone());
    let of = |path, value| with(path, value).expect("it fits");
    assert_eq!(of("agents.count", 30.0).agents.count, Count(30));
    assert_eq!(of("callees.answer_rate.flat", 0.3).callees.answer_rate, Rate::Flat(Probability(0.3)));
    assert_eq!(
        of("agents.talk.exponential.mean", 60.0).agents.talk,
        Time::Exponential { mean: Seconds(60.0), after: Seconds(0.0) }
    );
    assert_eq!(of("campaign.pacing.ratio", 2.0).campaign.pacing, Pacing::Ratio(2.0));
    let told = ["agents.cuont", "callees.answer_rate.flat", "agents", "campaign.pacing.ratio"]
        .map(|path| with(path, 50.0).expect_err("it does not fit").to_string());
    insta::assert_snapshot!(told.join("\n\n"), @"
    realistic-step with --over: unknown field `cuont`, expected one of `count`, `talk`, `wrap_up`
    in `agents`


    realistic-step with --over: 50 is not a share from 0 to 1
    in `callees.answer_rate`


    realistic-step with --over: invalid type: floating point `50.0`, expected struct Agents
    in `agents`


    realistic-step with --over: campaign.pacing.ratio: 50 is not between 1 and 10
    ");
}
