use super::*;

/// What is said to a preset in which a text has been exchanged.
fn told(preset: &str, from: &str, to: &str) -> String {
    let (_, text) = PRESETS.iter().find(|(name, _)| *name == preset).expect("a preset");
    assert_eq!(text.matches(from).count(), 1, "{from:?} is not once in {preset}");
    read("my.toml", &text.replace(from, to)).expect_err("it is wrong").to_string()
}

#[test]
fn the_presets_are_right() {
    let names: Vec<_> = presets().map(|(name, about)| format!("{name}: {about}")).collect();
    insta::assert_snapshot!(names.join("\n"), @"
    exponential: Everything exponential and callees who do not wait: the world that `simulator limit` solves
    realistic-flat: Long-tailed talk, machines and busy lines; the answer rate is the same all day
    realistic-step: Long-tailed talk, machines and busy lines; the list gets almost four times better at noon
    realistic-sine: Long-tailed talk, machines and busy lines; the answer rate swings every three hours
    step-down: The list gets five times worse at noon: the pace must follow, and nobody is dropped for it
    slow-ramp: The list gets better all day, so slowly that no change of it stands out
    dead-list: After two hours nobody answers any more: calls must not be piled up for those who do not come
    callback-list: After two hours everybody answers, as on a list of people who asked to be called
    latency-shift: At noon people begin to take twice as long to answer: calls in the air are worth more than they were
    impatient: People who hang up within seconds when nobody speaks, before their time for an agent is over
    machines: Four of ten dials that no person answers are taken by machines, which nobody knows from people until an agent has listened
    amd-off: Four of ten dials that no person answers are taken by machines, and agents find out: what detection is measured against
    amd-gate: The same callees, of whom Asterisk's AMD() makes out the machines before an agent is joined
    amd-parallel: The same callees, whom an agent is joined with at once, and taken back from if the dialer hears a machine
    retries: A list of twenty thousand that is worked for a week, gets stale and is tried up to four times
    preview: Agents see each lead before it is dialled and look at it for half a minute, as with few leads of much worth
    month: A drop window as the law has it: thirty days, of which each carries on the budget of those before
    talk-shock: For three hours conversations last twice as long, as when a system is slow
    fire-alarm: Twice a day everybody who talks hangs up at the same moment, and all agents get free together
    bimodal-talk: Seven of ten conversations are refusals of a few seconds, the others sales of five minutes
    heavy-tail: A few conversations are so long that their mean says little about the next one
    one-agent: A single agent: each drop weighs most, and pacing can gain least
    two-agents: Two agents
    three-agents: Three agents, the smallest pool of the published figures
    log-in-at-once: Five agents work, and after two hours forty-five more log in within the same second
    log-in-waves: Early and late shifts that come and go in waves, with breaks: the pool is never the same for long
    lunch: At noon everybody goes to lunch at once, with calls still ringing, and comes back at once
    pool-collapse: Within a minute fifty agents become five, while calls for fifty are in the air
    flapping: Agents who get ready and unready every few seconds, so that who is free now is gone when somebody answers
    overload: Three hundred agents on a list that hardly answers: whoever dials ahead has thousands of calls ringing at once
    carrier-storm: For ten minutes, twice a day, the only carrier answers most calls with 503: failures, and not people who do not answer
    carrier-480: The same storms with 480, which says that the callee cannot be reached, and so looks like a list that got worse
    carrier-rests: One of two carriers fails for an hour, and is left out meanwhile
    trunk-cap: Ten agents behind fifteen channels and two calls a second: the trunk sets the pace of whoever dials ahead
    lost-events: Events of the exchange are lost, come late and overtake each other, and come twice
    slow-exchange: The exchange refuses some requests and carries out others seconds later
    slow-database: For an hour the database fails or takes seconds, and nothing may be dialled that it has not saved
    restart: The dialer dies in mid-ring and mid-talk, and a new process takes over from what the database holds
    clock-jump: The clock jumps ahead in mid-ring, by half a minute and by half an hour
    clocks-back: Two shifts over the night in which clocks are set back and the one after, with each local day a drop window
    clocks-forward: Two shifts over the night in which clocks are set forward and the one after, with each local day a drop window
    everything: Every field of a scenario, each with what it means; a place to copy from
    ");
}

#[test]
fn a_figure_that_is_wrong_is_told_with_its_line() {
    let told = [
        ("count = 10", "count = 0"),
        ("count = 10", "count = 2.5"),
        ("count = 10", "counts = 10"),
        ("hours = 8", "hours = 8\nwindow_days = 32"),
        ("flat = 0.22", "flat = 1.2"),
        ("\"progressive\"", "\"telepathic\""),
    ]
    .map(|(from, to)| told("realistic-flat", from, to));
    let nowhere = load("nowhere.toml").expect_err("there is none").to_string();
    let (nowhere, _) = nowhere.split_once("exponential").expect("presets are named");
    insta::assert_snapshot!(format!("{}\n\n{nowhere}", told.join("\n\n")), @r#"
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
    unknown field `counts`, expected one of `count`, `talk`, `talk_scale`, `wrap_up`, `from`, `log_in`, `until`, `log_out`, `preview`, `breaks`, `pauses`, `shifts`


    my.toml: TOML parse error at line 6, column 15
      |
    6 | window_days = 32
      |               ^^
    32 is not a whole number of days from 1 to 31


    my.toml: TOML parse error at line 13, column 24
       |
    13 | answer_rate = { flat = 1.2 }
       |                        ^^^
    1.2 is not a share from 0 to 1


    my.toml: TOML parse error at line 22, column 10
       |
    22 | pacing = "telepathic"
       |          ^^^^^^^^^^^^
    unknown variant `telepathic`, expected one of `progressive`, `preview`, `ratio`, `predictive`, `broadcast`, `vicidial`


    nowhere.toml: No such file or directory (os error 2); presets are 
    "#);
}

#[test]
fn a_pacing_that_is_wrong_is_told_with_its_line() {
    let told = [
        "{ broadcast = 0 }",
        "{ broadcast = 6001 }",
        "{ vicidial = { level = 2 } }",
        "{ vicidial = { method = \"manual\" } }",
        "{ vicidial = { method = \"ratio\", dial_level = 2 } }",
        "{ vicidial = { method = \"ratio\", level = 0.5 } }",
        "{ vicidial = { method = \"adapt_average\", level = 4 } }",
        "{ vicidial = { method = \"adapt_average\", intensity = 41 } }",
        "{ vicidial = { method = \"adapt_average\", drop_limit = 0 } }",
        "{ vicidial = { method = \"adapt_tapered\", latest = 1275 } }",
        "{ vicidial = { method = \"ratio\", cps = 201 } }",
    ]
    .map(|pacing| told("realistic-flat", "\"progressive\"", pacing));
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    my.toml: TOML parse error at line 22, column 24
       |
    22 | pacing = { broadcast = 0 }
       |                        ^
    0 is not a whole number of dials a minute from 1 to 6000


    my.toml: TOML parse error at line 22, column 24
       |
    22 | pacing = { broadcast = 6001 }
       |                        ^^^^
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


    my.toml, line 22: campaign.pacing.vicidial.level: 4 is above max_level = 3

    my.toml: TOML parse error at line 22, column 63
       |
    22 | pacing = { vicidial = { method = "adapt_average", intensity = 41 } }
       |                                                               ^^
    41 is not a whole number from -40 to 40


    my.toml, line 22: campaign.pacing.vicidial.drop_limit: 0 is not between 0.001 and 1

    my.toml, line 22: campaign.pacing.vicidial.latest: 1275 is no time: an hour has 60 minutes

    my.toml: TOML parse error at line 22, column 49
       |
    22 | pacing = { vicidial = { method = "ratio", cps = 201 } }
       |                                                 ^^^
    201 is not a whole number of calls a second from 1 to 200
    "#);
}

#[test]
fn clocks_that_are_wrong_are_told_with_their_line() {
    let told = [
        ("\"2026-10-24 18:00\"", "\"2026-10-24T18:00:00Z\""),
        ("\"2026-10-24 18:00\"", "\"2019-10-24 18:00\""),
        ("\"2026-10-24 18:00\"", "\"tonight\""),
        ("\"2026-10-24 18:00\"", "\"2026-10-24\""),
        ("\"2026-10-24 18:00\"", "\"2026-10-24 18:00-07:00\""),
        ("Europe/London", "Europe/Londn"),
        ("Europe/London", "Etc/Unknown"),
        ("0.03, span = \"day\"", "0.03, span = \"week\""),
        ("{ limit = 0.03, span = \"day\" }", "{ span = \"day\" }"),
    ]
    .map(|(from, to)| told("clocks-back", from, to));
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    my.toml: TOML parse error at line 9, column 9
      |
    9 | opens = "2026-10-24T18:00:00Z"
      |         ^^^^^^^^^^^^^^^^^^^^^^
    "2026-10-24T18:00:00Z" is no date with a time from 2020 to 2099, such as "2026-03-28 18:00"


    my.toml: TOML parse error at line 9, column 9
      |
    9 | opens = "2019-10-24 18:00"
      |         ^^^^^^^^^^^^^^^^^^
    "2019-10-24 18:00" is no date with a time from 2020 to 2099, such as "2026-03-28 18:00"


    my.toml: TOML parse error at line 9, column 9
      |
    9 | opens = "tonight"
      |         ^^^^^^^^^
    "tonight" is no date with a time from 2020 to 2099, such as "2026-03-28 18:00"


    my.toml: TOML parse error at line 9, column 9
      |
    9 | opens = "2026-10-24"
      |         ^^^^^^^^^^^^
    "2026-10-24" is no date with a time from 2020 to 2099, such as "2026-03-28 18:00"


    my.toml: TOML parse error at line 9, column 9
      |
    9 | opens = "2026-10-24 18:00-07:00"
      |         ^^^^^^^^^^^^^^^^^^^^^^^^
    "2026-10-24 18:00-07:00" is no date with a time from 2020 to 2099, such as "2026-03-28 18:00"


    my.toml: TOML parse error at line 28, column 8
       |
    28 | zone = "Europe/Londn"
       |        ^^^^^^^^^^^^^^
    "Europe/Londn" is no zone of the IANA database, such as "Europe/London" or "UTC"


    my.toml: TOML parse error at line 28, column 8
       |
    28 | zone = "Etc/Unknown"
       |        ^^^^^^^^^^^^^
    "Etc/Unknown" is no zone of the IANA database, such as "Europe/London" or "UTC"


    my.toml: TOML parse error at line 30, column 35
       |
    30 | windows = [{ limit = 0.03, span = "week" }]
       |                                   ^^^^^^
    unknown variant `week`, expected `day` or `month`


    my.toml: TOML parse error at line 30, column 12
       |
    30 | windows = [{ span = "day" }]
       |            ^^^^^^^^^^^^^^^^
    missing field `limit`
    "#);
}

#[test]
fn figures_that_do_not_go_together_are_told_with_their_line() {
    let told = [
        ("last_calls = 40", "last_calls = 7200"),
        ("fire_alarms = [1.5]", "fire_alarms = [1.5, 2]"),
        ("talk_scale = [[1.0, 1.5], [1.25, 1.0]]", "talk_scale = [[1.0, 1.5], [0.25, 1.0]]"),
        ("{ gamma = { shape = 2, mean = 20 } }", "{ uniform = { from = 60, to = 7200 } }"),
        ("{ gamma = { shape = 2, mean = 20 } }", "{ one_of = [60, 7200, 20] }"),
        ("{ gamma = { shape = 3, mean = 27, after = 3 } }", "{ one_of = [30, 601] }"),
        ("{ gamma = { shape = 3, mean = 27, after = 3 } }", "{ fixed = 601 }"),
        ("every = { exponential = { mean = 1800 } }", "every = { fixed = 0 }"),
        ("until = 1.9", "until = 0"),
        ("}, { from = 0.5", "}, { from = 3"),
        ("shifts = ", "from = 0.5\nshifts = "),
        ("until = 1.5 }", "until = 1.5, breaks = [{ at = 1.5, lasts = { fixed = 60 } }] }"),
        ("until = 1.5 }", "until = 1.5, breaks = [{ at = 1, lasts = { uniform = { from = 9, to = 6 } } }] }"),
        ("breaks = [{ at = 1,", "breaks = [{ at = 2,"),
        ("share = 0.7, of", "share = 0.8, of"),
        ("{ from = 0, to = 60 } }", "{ from = 61, to = 60 } }"),
        ("ramp = [[0, 0.15], [2, 0.30]]", "ramp = [[1, 0.15], [2, 0.30]]"),
        ("ramp = [[0, 0.15], [2, 0.30]]", "steps = [[0, 0.1], [4, 0.2], [3, 0.3]]"),
        ("ramp = [[0, 0.15], [2, 0.30]]", "sine = { mean = 0.1, swing = 0.2, period = 3 }"),
        ("by_list_age = [[0, 1.0], [1, 0.7]]", "by_list_age = [[1, 1.0], [1, 0.7]]"),
        ("machine = 0.20", "machine = 0.95"),
        ("weight = 3", "weight = 1001"),
        ("rest = 30", "rest = 0.5"),
        ("until = 0.6,", "until = 0.4,"),
        ("\"progressive\"\n", "{ ratio = 11 }\n"),
        ("\"progressive\"\n", "{ predictive = { drop_limit = 0.2 } }\n"),
        ("\"progressive\"\n", "{ predictive = { drop_limit = 0.0015 } }\n"),
        ("\"progressive\"\n", "{ predictive = { drop_limit = 0.03, answer_rate = 0.0003 } }\n"),
        ("\"progressive\"\n", "{ predictive = { drop_limit = 0.03, answer_rate = 0.0014 } }\n"),
        ("answer_within = 2.0", "answer_within = 3"),
        ("greeting = 1.2", "greeting = 6"),
        ("{ limit = 0.05, span", "{ limit = 0.2, span"),
        ("until = 1.75", "until = 0.25"),
        ("events = { lost = 0.001", "events = { lost = 0.99"),
        ("exchange = { lost", "exchange = { doubled"),
        ("database = { lost", "database = { doubled"),
        ("restarts = [{ at = 1.3,", "restarts = [{ at = 1.99,"),
        ("restarts = [{ at = 1.3,", "restarts = [{ at = 1.3005, down = 1 }, { at = 1.3,"),
        ("clock_jumps = [{ at = 0.8,", "clock_jumps = [{ at = 2,"),
    ]
    .map(|(from, to)| told("everything", from, to));
    insta::assert_snapshot!(told.join("\n"), @"
    my.toml, line 12: shift.last_calls: 7200 s are the whole day
    my.toml, line 14: shift.fire_alarms.2: 2 is after closing time, which is hour 2
    my.toml, line 21: agents.talk_scale.2: 0.25 is not later than 1, the one before
    my.toml, line 23: agents.wrap_up: 7200 s are longer than the hour after which the dialer ends it
    my.toml, line 23: agents.wrap_up: 7200 s are longer than the hour after which the dialer ends it
    my.toml, line 25: agents.preview: 601 s are longer than the ten minutes after which the dialer dials the lead
    my.toml, line 25: agents.preview: 601 s are longer than the ten minutes after which the dialer dials the lead
    my.toml, line 34: agents.pauses.every: leaves no time between one pause and the next
    my.toml, line 29: agents.until: the shift ends at hour 0, before it starts at 0
    my.toml, line 39: more_agents.1.shifts.2.from: 3 is after closing time, which is hour 2
    my.toml, line 40: more_agents.1.shifts: each has its own `from`, `until` and `breaks`: leave out those of all
    my.toml, line 39: more_agents.1.shifts.2.breaks.1.at: 1.5 is after the shift, which ends at hour 1.5
    my.toml, line 39: more_agents.1.shifts.2.breaks.1.lasts: ends at 6 s, before it starts at 9 s
    my.toml, line 32: agents.breaks.1.at: 2 is after closing time, which is hour 2
    my.toml, line 40: more_agents.1.talk.mixture: the shares of the mixture are 1.1, and not 1
    my.toml, line 30: agents.log_out: ends at 60 s, before it starts at 61 s
    my.toml, line 49: callees.answer_rate.ramp: begins at hour 1: give the first at hour 0, such as [0, 0.2]
    my.toml, line 49: callees.answer_rate.steps.3: 3 is not later than 4, the one before
    my.toml, line 49: callees.answer_rate.sine: 0.1 and 0.2 go below 0 or above 1
    my.toml, line 52: callees.by_list_age.2: 1 is not later than 1, the one before
    my.toml, line 63: callees.voicemail: with the 0.95 of `machine` it is more than 1
    my.toml: TOML parse error at line 72, column 10
       |
    72 | weight = 1001
       |          ^^^^
    1001 is not a whole number from 1 to 1000

    my.toml, line 79: carriers.1.rest: 0.5 s is not between 1 and 3600 s
    my.toml, line 80: carriers.1.storms.1.until: ends at hour 0.4, before it starts at 0.5
    my.toml, line 90: campaign.pacing.ratio: 11 is not between 1 and 10
    my.toml, line 90: campaign.pacing.predictive.drop_limit: 0.2 is not between 0.001 and 0.1
    my.toml, line 90: campaign.pacing.predictive.drop_limit: 0.0015 has more than three decimals, such as 0.025 has
    my.toml, line 90: campaign.pacing.predictive.answer_rate: 0.0003 is not between 0.001 and 1
    my.toml, line 90: campaign.pacing.predictive.answer_rate: 0.0014 has more than three decimals, such as 0.025 has
    my.toml, line 95: campaign.answer_within: 3 s is not between 0.001 and 2 s
    my.toml, line 94: campaign.greeting: 6 s is longer than the 5 s allowed
    my.toml, line 93: campaign.windows.2.limit: 0.2 is not between 0.001 and 0.1
    my.toml, line 110: faults.until: ends at hour 0.25, before it starts at 0.25
    my.toml, line 112: faults.events: lost, doubled and late are more than 1 together
    my.toml, line 113: faults.exchange.doubled: what is asked for never comes twice: only `events` can be doubled
    my.toml, line 114: faults.database.doubled: what is asked for never comes twice: only `events` can be doubled
    my.toml, line 116: faults.restarts.1.at: it is not over before the last calls, at hour 1.989
    my.toml, line 116: faults.restarts.1.at: the process is down then already, by another restart
    my.toml, line 118: faults.clock_jumps.1.at: 2 is after closing time, which is hour 2
    ");
}

#[test]
fn what_stands_on_several_lines_is_told_with_the_line_that_is_wrong() {
    let told = [
        ("fire_alarms = [1.5]", "fire_alarms = [\n1.5,\n2]"),
        ("talk_scale = [[1.0, 1.5], [1.25, 1.0]]", "talk_scale = [\n[1.0, 1.5],\n[1.25, 1.0],\n[1.0, 2.0]]"),
        ("share = 0.7, of", "share = 0.4, of = { uniform = { from = 2, to = 1 } } },\n{ share = 0.3, of"),
        ("ramp = [[0, 0.15], [2, 0.30]]", "steps = [\n[0, 0.1],\n[1, 0.2],\n[1, 0.3],\n[2, 0.4]]"),
    ]
    .map(|(from, to)| told("everything", from, to));
    insta::assert_snapshot!(told.join("\n"), @"
    my.toml, line 16: shift.fire_alarms.2: 2 is after closing time, which is hour 2
    my.toml, line 24: agents.talk_scale.3: 1 is not later than 1.25, the one before
    my.toml, line 41: more_agents.1.talk.mixture.1.of: ends at 1 s, before it starts at 2 s
    my.toml, line 52: callees.answer_rate.steps.3: 1 is not later than 1, the one before
    ");
}

/// Whether each exchange in a preset is refused with words that it has beside it.
fn assert_told(preset: &str, exchanges: &[(&str, &str, &str)]) {
    for (from, to, words) in exchanges {
        let told = told(preset, from, to);
        assert!(told.contains(words), "{to:?} is told as: {told}");
        assert!(told.starts_with("my.toml, line "), "{told}");
    }
}

#[test]
fn calls_that_take_no_time_at_all_are_refused_since_the_day_would_never_pass() {
    let busy_after = "busy_after = { exponential = { mean = 1.5, after = 2 } }\n";
    let machine_after = "machine_after = { uniform = { from = 14, to = 20 } }\n";
    let voicemail_talk = "voicemail_talk = { uniform = { from = 4, to = 8 } }\n";
    let mixed =
        "ring_out = { mixture = [{ share = 1, of = { fixed = 0 } }, { share = 0, of = { fixed = 9 } }] }";
    assert_told(
        "everything",
        &[
            ("ring_out = { fixed = 22 }", "ring_out = { fixed = 0 }", "callees.ring_out: is no time at all"),
            (
                "ring_out = { fixed = 22 }",
                "ring_out = { fixed = 1e-7 }",
                "callees.ring_out: is no time at all",
            ),
            ("ring_out = { fixed = 22 }", mixed, "callees.ring_out: is no time at all"),
            (
                "ring_out = { fixed = 22 }",
                "ring_out = { one_of = [0, 1e-7] }",
                "callees.ring_out: is no time at all",
            ),
            (busy_after, "", "callees.busy_after: is no time at all, which does not go with `busy` = 0.12"),
            (
                busy_after,
                "busy_after = { exponential = { mean = 0 } }\n",
                "callees.busy_after: is no time at all",
            ),
            (
                machine_after,
                "",
                "callees.machine_after: is no time at all, which does not go with `machine` = 0.2",
            ),
            (
                voicemail_talk,
                "",
                "callees.voicemail_talk: is no time at all, which does not go with `voicemail` =",
            ),
            (
                "talk = { lognormal = { mean = 90, cv = 0.9 } }",
                "talk = { fixed = 0 }",
                "agents.talk: is no time at all",
            ),
        ],
    );
}

#[test]
fn times_after_which_the_dialer_has_given_up_are_refused() {
    let answer = "answer = { gamma = { shape = 2, mean = 7, after = 3 } }";
    let ring_out = "ring_out = { fixed = 22 }";
    let dial_delay = "dial_delay = { uniform = { from = 0.5, to = 2.5 } }";
    assert_told(
        "everything",
        &[
            (
                answer,
                "answer = { fixed = 130 }",
                "callees.answer: 130 s are longer than the 120 s after which the dialer lets nobody's telephone ring any more",
            ),
            (
                answer,
                "answer = { exponential = { mean = 3, after = 121 } }",
                "callees.answer: 121 s are longer",
            ),
            (
                ring_out,
                "ring_out = { uniform = { from = 121, to = 130 } }",
                "callees.ring_out: 121 s are longer",
            ),
            (ring_out, "ring_out = { one_of = [130, 121.5] }", "callees.ring_out: 121.5 s are longer"),
            (
                "busy_after = { exponential = { mean = 1.5, after = 2 } }",
                "busy_after = { fixed = 121 }",
                "callees.busy_after: 121 s are longer",
            ),
            (
                "machine_after = { uniform = { from = 14, to = 20 } }",
                "machine_after = { fixed = 121 }",
                "callees.machine_after: 121 s",
            ),
            (
                dial_delay,
                "dial_delay = { fixed = 31 }",
                "carriers.1.dial_delay: 31 s are longer than the 30 s that the dialer waits for the first ring",
            ),
            (
                "after = { fixed = 0.3 } }]",
                "after = { fixed = 31 } }]",
                "carriers.1.storms.1.after: 31 s are longer than the 30 s",
            ),
        ],
    );
    let (_, text) = PRESETS.iter().find(|(name, _)| *name == "everything").expect("a preset");
    let just_in_time = text
        .replace(answer, "answer = { fixed = 120 }")
        .replace(ring_out, "ring_out = { one_of = [130, 119.5] }")
        .replace(dial_delay, "dial_delay = { fixed = 30 }");
    read("my.toml", &just_in_time).expect("some of them are in time");
}

#[test]
fn times_of_breaks_and_pauses_are_named_with_their_own_line() {
    let wrap_up = "wrap_up = { gamma = { shape = 2, mean = 20 } }";
    let told = |block: &str| told("realistic-flat", wrap_up, &format!("{wrap_up}\n\n{block}"));
    let turned = "lasts = { uniform = { from = 900, to = 600 } }";
    let breaks =
        format!("[[agents.breaks]]\nat = 2\nlasts = {{ fixed = 60 }}\n\n[[agents.breaks]]\nat = 3\n{turned}");
    let pauses = format!("[agents.pauses]\nevery = {{ fixed = 600 }}\n{turned}");
    insta::assert_snapshot!([told(&breaks), told(&pauses)].join("\n"), @"
    my.toml, line 18: agents.breaks.2.lasts: ends at 600 s, before it starts at 900 s
    my.toml, line 14: agents.pauses.lasts: ends at 600 s, before it starts at 900 s
    ");
}

#[test]
fn breaks_outside_the_shift_are_refused_whatever_the_hours_of_the_house() {
    let breaks = "breaks = [{ at = 1,";
    assert_told(
        "everything",
        &[
            (
                breaks,
                "breaks = [{ at = 1, lasts = { fixed = 60 } }, { at = 1.9,",
                "agents.breaks.2.at: 1.9 is after the shift, which ends at hour 1.9",
            ),
            (breaks, "breaks = [{ at = 2,", "agents.breaks.1.at: 2 is after closing time, which is hour 2"),
            (
                "from = 0\nlog_in",
                "from = 1.1\nlog_in",
                "agents.breaks.1.at: 1 is before the shift, which begins at hour 1.1",
            ),
        ],
    );
    let late = "breaks = [{ at = 8, lasts";
    assert_told(
        "lunch",
        &[(
            "breaks = [{ at = 4, lasts",
            late,
            "agents.breaks.1.at: 8 is after closing time, which is hour 8",
        )],
    );
}

#[test]
fn trouble_that_begins_after_closing_time_is_refused() {
    assert_told(
        "everything",
        &[
            (
                "from = 0.25\nuntil = 1.75",
                "from = 2",
                "faults.from: 2 is after closing time, which is hour 2",
            ),
            (
                "storms = [{ from = 0.5, until = 0.6",
                "storms = [{ from = 9, until = 9.5",
                "carriers.1.storms.1.from: 9 is after closing time, which is hour 2",
            ),
        ],
    );
}

#[test]
fn rules_for_another_attempt_without_a_cap_have_the_dialers_own() {
    let (_, text) = PRESETS.iter().find(|(name, _)| *name == "everything").expect("a preset");
    let cap = |from, to| {
        let scenario = read("my.toml", &text.replace(from, to)).expect("it is right");
        scenario.campaign.retry.rules().cap
    };
    let usual = engine::lead::RetryRules::default().cap;
    assert_eq!(
        (cap("cap = 3\n", "cap = 3\n"), cap("cap = 3\n", "cap = 1\n"), cap("cap = 3\n", "")),
        (3, 1, usual)
    );
    let never = load("realistic-flat").expect("a preset").campaign.retry.rules();
    assert_eq!((never.cap, never.by_result.len()), (1, 0), "nobody is tried again where nothing is said");
}

#[test]
fn shares_that_never_fit_into_one_are_refused_and_those_that_do_at_some_hour_are_not() {
    // The rarest answers are 0.15 times the 0.6 of the third attempt and the 0.7 of the second day.
    assert_told(
        "everything",
        &[
            (
                "busy = 0.12",
                "busy = 0.9",
                "callees.busy: with 0.063 answered, 0.9 busy and 0.281 taken by machines it is 1.244, which is more than 1",
            ),
            (
                "machine = 0.20",
                "machine = 0.88",
                "callees.busy: with 0.063 answered, 0.12 busy and 0.918 taken by machines it is 1.101",
            ),
        ],
    );
    assert_told(
        "realistic-flat",
        &[
            (
                "flat = 0.22",
                "flat = 0.9",
                "callees.busy: with 0.9 answered, 0.12 busy and 0.03 taken by machines it is 1.05",
            ),
            (
                "flat = 0.22",
                "sine = { mean = 0.9, swing = 0.05, period = 3 }",
                "callees.busy: with 0.85 answered",
            ),
        ],
    );
    load("callback-list").expect("at its end everybody answers, and nobody is busy");
}

#[test]
fn what_is_wrong_with_one_of_several_is_told_by_the_number_that_exchanges_it() {
    let draft = Draft::load("carrier-rests").expect("a preset");
    for path in ["carriers.2.rest", "carriers.1.rest"] {
        let told = draft.with(path, 5000.into(), "--over").expect_err("too much").to_string();
        assert!(told.starts_with(&format!("carrier-rests with --over: {path}: 5000")), "{told}");
    }
}

#[test]
fn one_of_several_that_is_not_there_is_told_with_how_many_there_are() {
    let told = |preset: &str, path: &str| {
        let draft = Draft::load(preset).expect("a preset");
        draft.with(path, 5.into(), &format!("--over {path}=5")).expect_err("there is none").to_string()
    };
    for (preset, path, words) in [
        ("trunk-cap", "carriers.3.channels", "carriers.3: there is 1 of them, named by 1"),
        ("carrier-rests", "carriers.3.channels", "carriers.3: there are 2 of them, named by 1 to 2"),
        ("carrier-rests", "carriers.0.channels", "carriers.0: there are 2 of them, named by 1 to 2"),
        ("carrier-rests", "carriers.channels", "carriers.channels: there are 2 of them, named by 1 to 2"),
        ("carrier-rests", "carriers.1.storms.2.share", "carriers.1.storms.2: there is 1 of them, named by 1"),
        ("realistic-flat", "carriers.1.channels", "carriers.1: there are none of them"),
        ("realistic-flat", "agents.breaks.1.at", "agents.breaks.1: there are none of them"),
    ] {
        assert!(told(preset, path).ends_with(words), "{path} is told as: {}", told(preset, path));
    }
}

#[test]
fn a_bare_figure_or_name_is_told_how_it_is_given() {
    let wrap_up = "wrap_up = { gamma = { shape = 2, mean = 20 } }";
    let cases = [
        ("answer_rate = { flat = 0.22 }", "answer_rate = 0.22", "{ flat = 0.22 }"),
        (wrap_up, "wrap_up = 20", "{ fixed = 20 }"),
        (wrap_up, "wrap_up = 2.5", "{ fixed = 2.5 }"),
        (
            wrap_up,
            "wrap_up = { fixed = 2, exponential = { mean = 2 } }",
            "is a second name where one is meant",
        ),
        ("\"progressive\"", "\"predictive\"", "{ predictive = { drop_limit = 0.03 } }"),
        ("\"progressive\"", "\"ratio\"", "{ ratio = 2.0 }"),
        ("\"progressive\"", "\"broadcast\"", "{ broadcast = 60 }"),
        ("\"progressive\"", "\"vicidial\"", "{ vicidial = { method = \"ratio\", level = 2.0 } }"),
    ];
    for (from, to, remedy) in cases {
        let told = told("realistic-flat", from, to);
        assert!(told.contains(remedy) && told.contains("line "), "{to:?} is told as: {told}");
    }
    let draft = Draft::load("realistic-flat").expect("a preset");
    let told = |text| draft.paced(&pacing(text).expect("TOML")).expect_err("it lacks a figure").to_string();
    for (text, remedy) in [
        ("ratio", "--pacing ratio=2.0"),
        ("broadcast", "--pacing broadcast=60"),
        ("vicidial", "--pacing 'vicidial={ method = \"ratio\", level = 2.0 }'"),
        ("predictive=3", "campaign.pacing.predictive.drop_limit: 3 is not between 0.001 and 0.1"),
    ] {
        assert!(told(text).contains(remedy), "{text:?} is told as: {}", told(text));
    }
}

#[test]
fn what_is_of_another_kind_is_told_in_plain_words() {
    let told = [
        ("count = 10", "count = \"ten\""),
        ("flat = 0.22", "flat = true"),
        ("\"progressive\"", "{ predictive = 0.03 }"),
        ("\"progressive\"", "{ predictive = { drop_limit = \"3 %\" } }"),
        ("\"progressive\"", "{ predictive = { drop_limit = 0.03, strict = 1 } }"),
        ("\"progressive\"", "{ ratio = [2] }"),
        ("\"progressive\"", "2"),
        ("\"progressive\"", "{}"),
        ("answer_within = 2.0", "answer_within = 2.0\nwindows = { limit = 0.03, span = \"day\" }"),
        ("answer_within = 2.0", "answer_within = 2.0\nwindows = [[0.03]]"),
        ("answer_within = 2.0", "answer_within = 2.0\nwindows = [{ limit = 0.03, span = 1 }]"),
        ("answer_within = 2.0", "answer_within = 2.0\nzone = 1"),
        ("hours = 8", "hours = 8\nopens = 2026-03-28"),
        ("{ flat = 0.22 }", "{ steps = [0, 0.2] }"),
        ("{ flat = 0.22 }", "{ steps = [[0]] }"),
        ("{ flat = 0.22 }", "{ steps = [] }"),
        ("{ gamma = { shape = 2, mean = 20 } }", "{ gamma = 20 }"),
        ("{ gamma = { shape = 2, mean = 20 } }", "{ mixture = [] }"),
        ("{ gamma = { shape = 2, mean = 20 } }", "{ one_of = [] }"),
        ("{ gamma = { shape = 2, mean = 20 } }", "{ one_of = 20 }"),
        ("{ gamma = { shape = 2, mean = 20 } }", "{ one_of = [20, 36000.5] }"),
        ("{ gamma = { shape = 2, mean = 20 } }", "{ one_of = [20, \"long\"] }"),
        ("{ gamma = { shape = 2, mean = 20 } }", "[20]"),
    ]
    .map(|(from, to)| told("realistic-flat", from, to));
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    my.toml: TOML parse error at line 8, column 9
      |
    8 | count = "ten"
      |         ^^^^^
    "ten" is not a whole number from 1 to 10000


    my.toml: TOML parse error at line 13, column 24
       |
    13 | answer_rate = { flat = true }
       |                        ^^^^
    true is not a share from 0 to 1


    my.toml: TOML parse error at line 22, column 25
       |
    22 | pacing = { predictive = 0.03 }
       |                         ^^^^
    0.03 is not a table such as { drop_limit = 0.03 }


    my.toml: TOML parse error at line 22, column 40
       |
    22 | pacing = { predictive = { drop_limit = "3 %" } }
       |                                        ^^^^^
    "3 %" is not a share of the answers from 0.001 to 0.1


    my.toml: TOML parse error at line 22, column 55
       |
    22 | pacing = { predictive = { drop_limit = 0.03, strict = 1 } }
       |                                                       ^
    1 is not true or false


    my.toml: TOML parse error at line 22, column 20
       |
    22 | pacing = { ratio = [2] }
       |                    ^^^
    a list is not a number of lines for each idle agent from 1 to 10


    my.toml: TOML parse error at line 22, column 10
       |
    22 | pacing = 2
       |          ^
    2 is not a policy such as "progressive", { ratio = 2.0 } or { predictive = { drop_limit = 0.03 } }


    my.toml: TOML parse error at line 22, column 10
       |
    22 | pacing = {}
       |          ^^
    an empty table names nothing


    my.toml: TOML parse error at line 25, column 11
       |
    25 | windows = { limit = 0.03, span = "day" }
       |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    what stands here is not a list in square brackets


    my.toml: TOML parse error at line 25, column 12
       |
    25 | windows = [[0.03]]
       |            ^^^^^^
    a list of 1 is not a table such as { limit = 0.03, span = "day" }


    my.toml: TOML parse error at line 25, column 35
       |
    25 | windows = [{ limit = 0.03, span = 1 }]
       |                                   ^
    1 is not "day" or "month"


    my.toml: TOML parse error at line 25, column 8
       |
    25 | zone = 1
       |        ^
    1 is not a text in quotation marks


    my.toml: TOML parse error at line 6, column 9
      |
    6 | opens = 2026-03-28
      |         ^^^^^^^^^^
    what stands here is not a text in quotation marks


    my.toml: TOML parse error at line 13, column 26
       |
    13 | answer_rate = { steps = [0, 0.2] }
       |                          ^
    0 is not a pair such as [0, 0.5]


    my.toml: TOML parse error at line 13, column 26
       |
    13 | answer_rate = { steps = [[0]] }
       |                          ^^^
    a list of 1 is not a pair such as [0, 0.5]


    my.toml, line 13: callees.answer_rate.steps: has no shares: give the first at hour 0, such as [0, 0.2]

    my.toml: TOML parse error at line 10, column 21
       |
    10 | wrap_up = { gamma = 20 }
       |                     ^^
    20 is not a table of the law's figures, such as { mean = 90 } or { from = 6, to = 24 }


    my.toml, line 10: agents.wrap_up.mixture: has no parts: give one such as { share = 1, of = { fixed = 5 } }

    my.toml, line 10: agents.wrap_up.one_of: has no times: give one in seconds such as 12.5

    my.toml: TOML parse error at line 10, column 22
       |
    10 | wrap_up = { one_of = 20 }
       |                      ^^
    20 is not a list in square brackets


    my.toml: TOML parse error at line 10, column 27
       |
    10 | wrap_up = { one_of = [20, 36000.5] }
       |                           ^^^^^^^
    36000.5 is not a time in seconds from 0 to 36000


    my.toml: TOML parse error at line 10, column 27
       |
    10 | wrap_up = { one_of = [20, "long"] }
       |                           ^^^^^^
    "long" is not a time in seconds from 0 to 36000


    my.toml: TOML parse error at line 10, column 11
       |
    10 | wrap_up = [20]
       |           ^^^^
    a list is not a law such as { fixed = 20 } or { exponential = { mean = 90 } }
    "#);
    let draft = Draft::load("realistic-flat").expect("a preset");
    let told = |path: &str| draft.with(path, "x".into(), "--over").expect_err("a text").to_string();
    insta::assert_snapshot!(["agents", "agents.count", "campaign.pacing.predictive"].map(told).join("\n"), @r#"
    realistic-flat with --over: "x" is not a table such as { count = 10, talk = { exponential = { mean = 90 } } }
    in `agents`

    realistic-flat with --over: "x" is not a whole number from 1 to 10000
    in `agents.count`

    realistic-flat with --over: "x" is not a table such as { drop_limit = 0.03 }
    in `campaign.pacing.predictive`
    "#);
}

/// What a value of each kind, where another one is meant, is not told in: the parser's own words.
const OF_THE_PARSER: [&str; 9] = [
    "invalid type",
    "invalid length",
    "invalid value",
    "struct",
    "enum",
    "f64",
    "sequence",
    "wanted",
    "$__toml",
];

#[test]
fn no_field_of_a_scenario_is_told_in_words_of_the_parser() {
    let paced = |pacing: &str| {
        let (_, text) = PRESETS.iter().find(|(name, _)| *name == "everything").expect("a preset");
        text.replace("\"progressive\"\n", &format!("{pacing}\n")).parse::<Table>().expect("TOML")
    };
    let mut told = 0;
    for pacing in [
        "{ ratio = 2.0 }",
        "{ predictive = { drop_limit = 0.03, answer_rate = 0.2, strict = false } }",
        "{ vicidial = { method = \"ratio\", level = 2.0, cps = 5, opens = 900, british = false } }",
    ] {
        let whole = toml::Value::Table(paced(pacing));
        let places = places(&whole, "");
        // What is beside the pacing is the same each time.
        let places = places.iter().filter(|place| pacing.starts_with("{ ratio") || place.contains(".pacing"));
        for place in places {
            for bad in ["\"x\"", "-1", "true", "[]", "[[1]]", "{}", "2026-01-01", "nan"] {
                let bad = format!("bad = {bad}").parse::<Table>().expect("TOML")["bad"].clone();
                let mut table = whole.clone();
                *at(&mut table, place) = bad;
                let text = toml::to_string(&table).expect("TOML");
                let Err(error) = read("my.toml", &text) else { continue };
                let error = error.to_string();
                let words = OF_THE_PARSER.iter().find(|words| error.contains(**words));
                assert_eq!(words, None, "{place}: {error}");
                assert!(error.contains("line "), "{place}: {error}");
                told += 1;
            }
        }
    }
    assert!(told > 1_000, "{told}");
}

/// The paths of all values in a value, with one of several by its number.
fn places(value: &toml::Value, path: &str) -> Vec<String> {
    let fields = value.as_table().into_iter().flatten().map(|(key, value)| (key.clone(), value));
    let several = value.as_array().into_iter().flatten().enumerate();
    let below =
        fields.chain(several.map(|(nth, value)| (nth.to_string(), value))).flat_map(|(step, value)| {
            let path = format!("{path}.{step}");
            [path.clone()].into_iter().chain(places(value, &path)).collect::<Vec<_>>()
        });
    below.collect()
}

fn at<'v>(value: &'v mut toml::Value, place: &str) -> &'v mut toml::Value {
    place.split('.').skip(1).fold(value, |value, step| match step.parse::<usize>() {
        Ok(nth) => &mut value[nth],
        Err(_) => &mut value[step],
    })
}

#[test]
fn what_is_wrong_with_greetings_and_machines_is_told_with_its_line() {
    let told = [
        ("silent = 0.01", "silent = 1.01"),
        ("latency = { uniform = { from = 0.2, to = 1 } }", "latency = { uniform = { from = 2, to = 1 } }"),
        ("lasts = { uniform = { from = 0.2, to = 0.6 } }", "lasts = { uniform = { from = 0.7, to = 0.6 } }"),
        ("phrase = { gamma = { shape = 3, mean = 1, after = 0.4 } }\n", ""),
        ("word = { gamma = { shape = 4, mean = 0.35, after = 0.1 } }\n", ""),
        ("loudness = { from = 1000, to = 6000 }", "loudness = { from = 1000, to = 600 }"),
        ("noise = { share = 0.05, from = 50, to = 350 }", "noise = { share = 0.05, from = 50, to = 40_000 }"),
        ("amd = \"off\"", "amd = \"on\""),
        ("machine = \"message\"", "machine = \"talk\""),
        ("total = 5\n", "total = 31\n"),
        ("verdict_within = 8", "verdict_within = 0.5"),
        ("persons = 2\n", "persons = 301\n"),
        ("persons = 2\n", ""),
        ("reviewed = 300\n", ""),
        ("reviewed = 300\n", "reviewed = 299\n"),
        ("min_word_length = 100", "minimum_word_length = 100"),
        ("between_words_silence = 50", "between_words_silence = 0"),
    ]
    .map(|(from, to)| told("everything", from, to));
    let beside_an_agent = told_of_parallel();
    insta::assert_snapshot!(format!("{}\n\n{beside_an_agent}", told.join("\n\n")), @r#"
    my.toml: TOML parse error at line 123, column 10
        |
    123 | silent = 1.01
        |          ^^^^
    1.01 is not a share from 0 to 1


    my.toml, line 136: callees.greetings.machine.latency: ends at 1 s, before it starts at 2 s

    my.toml, line 139: callees.greetings.machine.tone.lasts: ends at 0.6 s, before it starts at 0.7 s

    my.toml, line 127: callees.greetings.person.pause: goes with `phrase`

    my.toml, line 129: callees.greetings.person.gap: goes with `word`

    my.toml, line 132: callees.greetings.person.loudness: ends at 600, before it starts at 1000

    my.toml: TOML parse error at line 133, column 41
        |
    133 | noise = { share = 0.05, from = 50, to = 40_000 }
        |                                         ^^^^^^
    40000 is not a level from 0 to 32768


    my.toml: TOML parse error at line 96, column 7
       |
    96 | amd = "on" # or "gate" or "parallel": who tells persons from machines, see below
       |       ^^^^
    unknown variant `on`, expected one of `off`, `gate`, `parallel`


    my.toml: TOML parse error at line 144, column 11
        |
    144 | machine = "talk"
        |           ^^^^^^
    unknown variant `talk`, expected one of `connect`, `hang_up`, `message`


    my.toml, line 154: campaign.machines.total: 31 s is not between 1 and 30 s

    my.toml, line 150: campaign.machines.verdict_within: 0.5 s is not between 1 and 30 s

    my.toml, line 157: campaign.machines.persons: are more than the 300 that were reviewed

    my.toml, line 156: campaign.machines.reviewed: goes with `persons`

    my.toml, line 156: campaign.machines.persons: goes with `reviewed`

    my.toml: TOML parse error at line 156, column 12
        |
    156 | reviewed = 299
        |            ^^^
    299 is not a whole number of calls from 300 to 100000


    my.toml: TOML parse error at line 165, column 1
        |
    165 | minimum_word_length = 100
        | ^^^^^^^^^^^^^^^^^^^
    unknown field `minimum_word_length`, expected one of `initial_silence`, `greeting`, `after_greeting_silence`, `total_analysis_time`, `min_word_length`, `between_words_silence`, `maximum_number_of_words`, `maximum_word_length`, `silence_threshold`


    my.toml: TOML parse error at line 166, column 25
        |
    166 | between_words_silence = 0
        |                         ^
    0 is not a time in milliseconds from 20 to 30000


    my.toml, line 53: campaign.machines.human: an agent talks with them by then: only "connect" goes with "parallel"
    "#);
}

fn told_of_parallel() -> String {
    told("amd-parallel", "amd = \"parallel\"", "amd = \"parallel\"\nmachines = { human = \"hang_up\" }")
}

#[test]
fn what_is_wrong_with_a_record_is_told_with_its_line() {
    let told = [
        ("dials = 1480", "dials = 317"),
        ("drops = 7\n", "drops = 319\n"),
        ("hung_up_waiting = 2", "hung_up_waiting = 312"),
        ("pacing = { ratio = 1.5 }", "pacing = { ratio = 11 }"),
        ("pacing = { ratio = 1.5 }", "pacing = { predictive = { drop_limit = 0.2 } }"),
        ("pacing = { ratio = 1.5 }", "pacing = { vicidial = { method = \"adapt_average\", level = 4 } }"),
        ("pacing = { ratio = 1.5 }", "pacing = \"ratio\""),
        ("pacing = { ratio = 1.5 }", "pacing = \"telepathic\""),
        ("utilisation = 0.7125", "utilisation = 71.25"),
        ("agents = 12", "agents = 0"),
        ("drops = 7\n", "drops = 7.5\n"),
        ("drops = 7\n", ""),
        ("dials = 1480", "dials = 1480\nday = 2026-11-27"),
    ]
    .map(|(from, to)| told("everything", from, to));
    insta::assert_snapshot!(told.join("\n"), @r#"
    my.toml, line 178: recorded.answers: 318 are more than the 317 dials
    my.toml, line 179: recorded.drops: 319 are more than the 318 answers
    my.toml, line 180: recorded.hung_up_waiting: 312 are more than the 311 answers that are no drops
    my.toml, line 175: recorded.pacing.ratio: 11 is not between 1 and 10
    my.toml, line 175: recorded.pacing.predictive.drop_limit: 0.2 is not between 0.001 and 0.1
    my.toml, line 175: recorded.pacing.vicidial.level: 4 is above max_level = 3
    my.toml, line 175: recorded.pacing: "ratio" alone does not say how much: give { ratio = 2.0 }
    my.toml: TOML parse error at line 175, column 10
        |
    175 | pacing = "telepathic"
        |          ^^^^^^^^^^^^
    unknown variant `telepathic`, expected one of `progressive`, `preview`, `ratio`, `predictive`, `broadcast`, `vicidial`

    my.toml: TOML parse error at line 176, column 15
        |
    176 | utilisation = 71.25
        |               ^^^^^
    71.25 is not a share from 0 to 1

    my.toml: TOML parse error at line 181, column 10
        |
    181 | agents = 0
        |          ^
    0 is not a whole number from 1 to 10000

    my.toml: TOML parse error at line 179, column 9
        |
    179 | drops = 7.5
        |         ^^^
    7.5 is not a whole number of calls from 0 to 10000000

    my.toml: TOML parse error at line 172, column 1
        |
    172 | [recorded]
        | ^^^^^^^^^^
    missing field `drops`

    my.toml: TOML parse error at line 178, column 1
        |
    178 | day = 2026-11-27
        | ^^^
    unknown field `day`, expected one of `pacing`, `agents`, `hours`, `utilisation`, `dials`, `answers`, `drops`, `hung_up_waiting`
    "#);
    let at_most = [
        ("dials = 1480", "dials = 318"),
        ("hung_up_waiting = 2", "hung_up_waiting = 311"),
        ("utilisation = 0.7125\n", ""),
    ];
    let (_, text) = PRESETS.iter().find(|(name, _)| *name == "everything").expect("a preset");
    let text = at_most.iter().fold((*text).to_owned(), |text, (from, to)| text.replace(from, to));
    let recorded = read("my.toml", &text).expect("it is right").recorded.expect("there is one");
    assert_eq!((recorded.dials, recorded.hung_up_waiting), (Calls(318), Calls(311)));
    assert_eq!(recorded.utilisation, None);
}

#[test]
fn who_is_not_heard_cannot_be_told_from_a_machine() {
    let told = told("realistic-flat", "answer_within = 2.0", "answer_within = 2.0\namd = \"gate\"");
    insta::assert_snapshot!(told, @"my.toml, line 25: campaign.amd: needs something to go by: give `callees.greetings`");
}

#[test]
fn detection_and_all_that_it_goes_by_can_be_exchanged() {
    let draft = Draft::load("amd-gate").expect("a preset");
    for (path, value) in [
        ("campaign.amd", "\"parallel\""),
        ("campaign.machines.greeting", "2.2"),
        ("campaign.amd_conf.after_greeting_silence", "700"),
        ("callees.greetings.person.noise.share", "0.1"),
    ] {
        let value: toml::Value =
            toml::from_str::<toml::Table>(&format!("value = {value}")).expect("TOML")["value"].clone();
        let varied = draft.with(path, value, "--over").expect("it fits");
        assert_ne!(varied.scenario(), draft.scenario(), "{path}");
    }
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
        ("preview", Pacing::Preview),
        ("ratio=2", Pacing::Ratio(2.0)),
        ("ratio = 2.5", Pacing::Ratio(2.5)),
        ("{ ratio = 2.5 }", Pacing::Ratio(2.5)),
        ("broadcast=60", Pacing::Broadcast(PerMinute(60))),
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
    realistic-step with --over: unknown field `cuont`, expected one of `count`, `talk`, `talk_scale`, `wrap_up`, `from`, `log_in`, `until`, `log_out`, `preview`, `breaks`, `pauses`, `shifts`
    in `agents`


    realistic-step with --over: 50 is not a share from 0 to 1
    in `callees.answer_rate.flat`


    realistic-step with --over: 50.0 is not a table such as { count = 10, talk = { exponential = { mean = 90 } } }
    in `agents`


    realistic-step with --over: campaign.pacing.ratio: 50 is not between 1 and 10
    ");
}

#[test]
fn vicidials_clock_is_that_of_the_house_unless_it_is_said() {
    let opens = |preset: &str, fields: &str| {
        let draft = Draft::load(preset).expect("a preset");
        let pacing = pacing(&format!("vicidial={{ method = \"adapt_tapered\"{fields} }}")).expect("TOML");
        let paced = draft.paced(&pacing).expect("it fits");
        paced.scenario().world().house.baseline.expect("VICIdial").opens
    };
    assert_eq!(opens("clocks-back", ""), 18 * 60, "it opens at 18:00 on a Saturday");
    assert_eq!(opens("clocks-back", ", opens = 1030"), 10 * 60 + 30);
    assert_eq!(opens("realistic-flat", ""), 9 * 60, "at some moment that matters to nobody");
}

#[test]
fn one_of_several_is_exchanged_by_its_number() {
    let draft = Draft::load("carrier-rests").expect("a preset");
    let shorter = draft.with("carriers.1.storms.1.until", 2.5.into(), "--over").expect("it fits");
    let storm =
        |draft: &Draft| draft.field("carriers").map(|carriers| carriers[0]["storms"][0]["until"].clone());
    assert_eq!((storm(&draft), storm(&shorter)), (Some(3.into()), Some(2.5.into())));
    let error =
        draft.with("carriers.3.storms", 1.into(), "--over carriers.3.storms=1").expect_err("there are two");
    insta::assert_snapshot!(error.to_string(), @"carrier-rests with --over carriers.3.storms=1: carriers.3: there are 2 of them, named by 1 to 2");
}

#[test]
fn a_time_that_was_observed_is_exchanged_by_its_number() {
    let draft = Draft::load("everything").expect("a preset");
    let lasts = |draft: &Draft| draft.scenario().agents.breaks[0].lasts.clone();
    assert_eq!(lasts(&draft), Time::OneOf([240.0, 300.0, 390.5].map(Seconds).to_vec()));
    let longer = draft.with("agents.breaks.1.lasts.one_of.2", 600.into(), "--over").expect("it fits");
    assert_eq!(lasts(&longer), Time::OneOf([240.0, 600.0, 390.5].map(Seconds).to_vec()));
    let always = draft.with("agents.breaks.1.lasts.fixed", 600.into(), "--over").expect("it fits");
    assert_eq!(lasts(&always), Time::Fixed(Seconds(600.0)));
    let told = [("one_of.4", 600), ("one_of.0", 600), ("one_of.2", 36_001)].map(|(which, seconds)| {
        let path = format!("agents.breaks.1.lasts.{which}");
        draft.with(&path, seconds.into(), "--over").expect_err("it does not fit").to_string()
    });
    insta::assert_snapshot!(told.join("\n"), @"
    everything with --over: agents.breaks.1.lasts.one_of.4: there are 3 of them, named by 1 to 3
    everything with --over: agents.breaks.1.lasts.one_of.0: there are 3 of them, named by 1 to 3
    everything with --over: 36001 is not a time in seconds from 0 to 36000
    in `agents.breaks.lasts.one_of`
    ");
}

#[test]
fn more_carriers_than_the_dialer_takes_are_refused_with_the_line_of_the_first_too_many() {
    let text = include_str!("../../scenarios/realistic-flat.toml").to_owned()
        + &"\n[[carriers]]\nname = \"one\"\n".repeat(201);
    let told = read("my.toml", &text).expect_err("too many").to_string();
    assert!(told.ends_with("carriers.201: 201 are more than 200"), "{told}");
    assert!(told.starts_with("my.toml, line "), "{told}");
}

#[test]
fn a_field_that_does_not_go_with_the_others_is_refused_and_takes_nothing_from_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("lossy.toml");
    let text = include_str!("../../scenarios/realistic-flat.toml").to_owned()
        + "\n[faults]\nevents = { lost = 0.9 }\n";
    std::fs::write(&path, text).expect("written");
    let draft = Draft::load(&path.to_string_lossy()).expect("right");
    let told = draft.with("faults.events.doubled", 0.2.into(), "--over").expect_err("too much").to_string();
    assert!(told.contains("lost, doubled and late are more than 1 together"), "{told}");
}

#[test]
fn of_agents_with_shifts_of_their_own_each_has_one_in_turn() {
    let lunch = "breaks = [{ at = 4, lasts = { fixed = 1800 } }]";
    let shifts = format!("count = 3\nshifts = [{{ until = 6 }}, {{ from = 2, {lunch} }}]");
    let (_, text) = PRESETS.iter().find(|(name, _)| *name == "realistic-flat").expect("a preset");
    let scenario = read("my.toml", &text.replace("count = 10", &shifts)).expect("it fits");
    let hours = |span: Span| span.0 as f64 / 3.6e9;
    let seen: Vec<_> = scenario
        .world()
        .crew
        .iter()
        .map(|group| (group.agents, hours(group.from), group.until.map(hours), group.breaks.len()))
        .collect();
    assert_eq!(seen, [(1, 0.0, Some(6.0), 0), (1, 2.0, None, 1), (1, 0.0, Some(6.0), 0)]);
}

#[test]
fn carriers_are_told_apart_by_names_of_their_own() {
    let told = [
        ("name = \"far\"", "name = \"near\""),
        ("name = \"near\"", "name = \"\""),
        ("name = \"far\"", "name = \"  \""),
    ]
    .map(|(from, to)| told("everything", from, to));
    insta::assert_snapshot!(told.join("\n"), @r#"
    my.toml, line 83: carriers.2.name: "near" is that of carrier 1 already
    my.toml, line 71: carriers.1.name: is empty: give one such as "near"
    my.toml, line 83: carriers.2.name: is empty: give one such as "near"
    "#);
}

#[test]
fn a_house_does_not_open_at_a_time_that_its_clocks_leave_out() {
    let opens = |at: &str| {
        let (_, text) = PRESETS.iter().find(|(name, _)| *name == "clocks-forward").expect("a preset");
        assert_eq!(text.matches("opens = \"2026-03-28 18:00\"").count(), 1);
        let text = text.replace("2026-03-28 18:00", at);
        read("my.toml", &text)
            .map(|scenario| scenario.world().hours.opens.0 / 60_000_000)
            .map_err(|error| error.to_string())
    };
    // London's clocks go from 1:00 to 2:00, an hour behind.
    assert_eq!(
        opens("2026-03-29 02:00").expect("it is there") - opens("2026-03-29 00:59").expect("it is there"),
        1
    );
    let told = ["2026-03-29 01:00", "2026-03-29 01:59"].map(|at| opens(at).expect_err("it is left out"));
    insta::assert_snapshot!(told.join("\n"), @r#"
    my.toml, line 9: shift.opens: clocks in Europe/London leave out 2026-03-29 01:00, when they are set forward: give "2026-03-29 02:00", or a time before
    my.toml, line 9: shift.opens: clocks in Europe/London leave out 2026-03-29 01:59, when they are set forward: give "2026-03-29 02:59", or a time before
    "#);
    opens("2026-10-25 01:30").expect("it is there twice, and the first is meant");
    let with = |draft: &Draft, path, value: &str| draft.with(path, value.into(), "--over");
    let draft = Draft::load("clocks-forward").expect("a preset");
    let earlier = with(&draft, "shift.opens", "2026-03-29 00:30").expect("it is there in London");
    let told = with(&earlier, "campaign.zone", "Atlantic/Azores").expect_err("and not there");
    insta::assert_snapshot!(told.to_string(), @r#"clocks-forward with --over: shift.opens: clocks in Atlantic/Azores leave out 2026-03-29 00:30, when they are set forward: give "2026-03-29 01:30", or a time before"#);
}

#[test]
fn ages_that_no_list_comes_to_are_refused() {
    let told = [
        ("by_list_age = [[0, 1.0], [1, 0.7]]", "by_list_age = [[0, 1.0], [2, 0.7]]"),
        ("window_days = 2\n", "window_days = 1\n"),
    ]
    .map(|(from, to)| told("everything", from, to));
    insta::assert_snapshot!(told.join("\n"), @"
    my.toml, line 52: callees.by_list_age.2: no list comes to day 2, counted from 0: `shift.window_days` is 2, and each window has a new one
    my.toml, line 52: callees.by_list_age.2: no list comes to day 1, counted from 0: `shift.window_days` is 1, and each window has a new one
    ");
}

#[test]
fn what_changes_in_the_course_of_a_day_may_do_so_after_a_shorter_one_is_over() {
    let draft = Draft::load("realistic-step").expect("a preset");
    draft
        .with("shift.hours", 0.5.into(), "--over")
        .expect("who opens for less long need not say it all anew");
}

#[test]
fn a_weight_and_failures_have_one_range_however_far_beyond_it_they_are() {
    for field in ["weight", "failures_to_rest"] {
        for value in ["1001", "5000", "20000", "0"] {
            let from = if field == "weight" { "weight = 3" } else { "failures_to_rest = 10" };
            let told = told("everything", from, &format!("{field} = {value}"));
            assert!(told.contains(&format!("{value} is not a whole number from 1 to 1000\n")), "{told}");
        }
    }
}

#[test]
fn a_figure_beyond_all_measure_is_echoed_in_few_digits() {
    let told = [
        ("count = 8", "count = 1e300"),
        ("count = 8", "count = 1e-300"),
        ("count = 8", "count = -99999999999999999999999999"),
        ("wrap_up = { fixed = 15 }", "wrap_up = 1e300"),
        ("\"progressive\"\n", "{ ratio = 1e300 }\n"),
        ("\"progressive\"\n", "{ predictive = { drop_limit = 1e-300 } }\n"),
        ("rest = 30", "rest = 1e-300"),
        ("answer_within = 2.0", "answer_within = 1e-300"),
        ("share = 0.7, of", "share = 1e-300, of"),
        ("ramp = [[0, 0.15], [2, 0.30]]", "sine = { mean = 1e-300, swing = 0.2, period = 3 }"),
        ("until = 1.9", "until = 1e-300"),
    ]
    .map(|(from, to)| told("everything", from, to));
    let said = told.iter().map(|told| told.lines().rfind(|line| !line.is_empty()).expect("a message"));
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @"
    1e300 is not a whole number from 1 to 10000
    1e-300 is not a whole number from 1 to 10000
    -1e26 is not a whole number from 1 to 10000
    1e300 is no law: give { fixed = 1e300 }
    my.toml, line 90: campaign.pacing.ratio: 1e300 is not between 1 and 10
    my.toml, line 90: campaign.pacing.predictive.drop_limit: 1e-300 is not between 0.001 and 0.1
    my.toml, line 79: carriers.1.rest: 1e-300 s is not between 1 and 3600 s
    my.toml, line 95: campaign.answer_within: 1e-300 s is not between 0.001 and 2 s
    my.toml, line 40: more_agents.1.talk.mixture: the shares of the mixture are 0.3, and not 1
    my.toml, line 49: callees.answer_rate.sine: 1e-300 and 0.2 go below 0 or above 1
    my.toml, line 32: agents.breaks.1.at: 1 is after the shift, which ends at hour 1e-300
    ");
}
