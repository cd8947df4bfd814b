use engine::Engine;
use engine::amd::{Detection, JudgeRules, Policies, Policy};
use engine::call::CallResult;
use engine::flow::Meanwhile;
use engine::lead::{Geography, OpenWindow};
use engine::pacing::{DropWindow, PredictiveRules, PreviewEnd, PreviewRules, WindowSpan};
use engine::words::{AgentId, AttemptId, CampaignId, CarrierId, Micros, Milli, PoolId, SessionId};
use secrecy::ExposeSecret;

use super::*;

/// Something that must never be shown.
const SECRET: &str = "hunter2";

#[test]
fn the_example_loads_and_its_comments_tell_the_defaults() {
    let example = include_str!("../../../ringmaster.example.toml");
    let shown = load(example).expect("the example is right");
    // A comment that begins with a key is a default or an example: with all of them in force it must load as well,
    // and where the comment gives a default, nothing may change.
    let keys: String = example
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => rest,
            Some(_) | None => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let spelt = load(&keys).expect("so is every key in its comments");
    assert_eq!(shown.ari.url, spelt.ari.url);
    assert_eq!(shown.http.listen, spelt.http.listen);
    assert_eq!(shown.data_dir, spelt.data_dir);
    assert_eq!(
        (shown.redis.is_none(), spelt.redis.map(|redis| redis.prefix)),
        (true, Some("ringmaster".into()))
    );
    let (shown, spelt) = (&shown.campaigns[0], &spelt.campaigns[0]);
    assert!(spelt.retry.completion.is_some(), "an example, for there is none by default");
    assert_eq!(shown.retry, RetryRules { completion: None, ..spelt.retry.clone() });
    assert_eq!(shown.hopper_size, spelt.hopper_size);
    assert_eq!(shown.zone, spelt.zone);
    for span in [
        |c: &Campaign| c.setup_timeout,
        |c: &Campaign| c.ring_timeout,
        |c: &Campaign| c.talk_limit,
        |c: &Campaign| c.message_within,
        |c: &Campaign| c.greeting,
        |c: &Campaign| c.wrap_up,
        |c: &Campaign| c.callback_patience,
        |c: &Campaign| c.repeat_after_drop,
    ] {
        assert_eq!(span(shown), span(spelt));
    }
}

#[test]
fn the_engine_takes_the_example() {
    let config = load(include_str!("../../../ringmaster.example.toml")).expect("the example is right");
    fn numbered<'n, Id>(names: impl Iterator<Item = &'n String>, id: fn(u32) -> Id) -> BTreeMap<String, Id> {
        names.cloned().zip((1..).map(id)).collect()
    }
    let ids = Ids {
        campaigns: numbered(config.campaigns.iter().map(|c| &c.name), CampaignId),
        carriers: numbered(config.carriers.iter().map(|c| &c.name), CarrierId),
        agents: numbered(config.agents.iter().map(|a| &a.name), AgentId),
    };
    let rules = config.engine(&ids, config.node.clone().into(), AttemptId(1), SessionId(1));
    Engine::new(rules, [0; 32], Micros(1)).expect("what loads, the engine takes");
}

#[test]
fn the_dialplan_has_a_context_for_each_carrier_of_the_example_that_goes_by_it() {
    let example = load(include_str!("../../../ringmaster.example.toml")).expect("the example is right");
    let dialplan = include_str!("../../../dialplan/site/carriers.conf");
    let by_dialplan = |carrier: &&Carrier| matches!(carrier.route, Route::Local { .. });
    let contexts =
        example.carriers.iter().filter(by_dialplan).map(|carrier| format!("[carrier-{}]", carrier.name));
    let lacking: Vec<String> =
        contexts.filter(|context| !dialplan.lines().any(|line| line == context)).collect();
    assert_eq!(lacking, Vec::<String>::new());
}

#[test]
fn little_needs_to_be_said() {
    let config = load(&format!("ari.password = '{SECRET}'")).expect("the password is enough");
    assert_eq!(config.node.to_string(), "rm1");
    assert_eq!(config.data_dir, Path::new("etc/data"));
    assert_eq!(config.database.url.expose_secret(), "sqlite://etc/data/ringmaster.db");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8090");
}

#[test]
fn a_data_directory_may_be_called_anything() {
    let config = load(&format!("data_dir = 'my data'\nari.password = '{SECRET}'")).expect("all right");
    assert_eq!(config.database.url.expose_secret(), "sqlite://etc/my%20data/ringmaster.db");
}

#[test]
fn retry_rules_change_what_they_name_and_nothing_else() {
    let config = load(&floor(
        "retry = { cap = 9, busy = { up_to = 2 }, dropped = { up_to = 1, delay = '1d' }, technical = { up_to = 0 } }",
    ))
    .expect("all right");
    let retry = &config.campaigns[0].retry;
    let usual = RetryRules::default();
    assert_eq!(retry.cap, 9);
    let rule = |rules: &RetryRules, result| rules.by_result.get(&result).copied();
    let busy = rule(retry, CallResult::Busy).expect("a rule");
    assert_eq!(busy.up_to, 2);
    assert_eq!(Some(busy.delay), rule(&usual, CallResult::Busy).map(|r| r.delay));
    assert_eq!(rule(retry, CallResult::Dropped).map(|r| r.delay), Some(Span::secs(86_400)));
    assert_eq!(rule(retry, CallResult::Technical).map(|r| r.up_to), Some(0));
    assert_eq!(rule(retry, CallResult::NoAnswer), rule(&usual, CallResult::NoAnswer));
    assert_eq!(rule(retry, CallResult::Rejected), None);
    assert_eq!((retry.technical_cap, retry.bad_after, retry.completion), (10, 2, None));
}

#[test]
fn a_retry_rule_may_grow_its_delay_go_on_to_the_next_number_and_have_conversations_again() {
    let config = load(&floor(
        "retry = { technical_cap = 3, bad_after = 1, \
         busy = { factor = 1.5, at_most = '1h', next_number = true }, \
         technical = { factor = 1, delay = '2h' }, \
         completion = { up_to = 2, delay = '15m', least_talk = '10s' } }",
    ))
    .expect("all right");
    let retry = &config.campaigns[0].retry;
    assert_eq!((retry.technical_cap, retry.bad_after), (3, 1));
    insta::assert_snapshot!(
        format!("{:?}\n{:?}\n{:?}", retry.by_result[&CallResult::Busy], retry.by_result[&CallResult::Technical], retry.completion),
        @"
    RetryRule { up_to: 4, delay: Span(600000000), growth: Some(Growth { factor: Milli(1500), at_most: Span(3600000000) }), next_number: true }
    RetryRule { up_to: 9, delay: Span(7200000000), growth: Some(Growth { factor: Milli(1000), at_most: Span(7200000000) }), next_number: false }
    Some(CompletionRule { least_talk: Span(10000000), rule: RetryRule { up_to: 2, delay: Span(900000000), growth: None, next_number: false } })
    "
    );
}

#[test]
fn a_pool_of_caller_ids_is_named_by_campaigns_and_carriers() {
    let config = load(
        "ari.password = 'x'
[[caller_ids]]
name = 'west'
numbers = ['+13105550100']
[[caller_ids]]
name = 'east'
numbers = ['+12125550100', 'Sale <+16175550100>']
pick = 'nearest'
per_day = 200
keep = false
[[carrier]]
name = 'main'
trunk = 'a'
caller_ids = 'west'
[[campaign]]
name = 'spring'
carriers = ['main']
caller_ids = 'east'",
    )
    .expect("all right");
    assert_eq!(
        (config.carriers[0].caller_ids, config.campaigns[0].caller_ids),
        (Some(PoolId(1)), Some(PoolId(2)))
    );
    insta::assert_snapshot!(format!("{:?}", config.caller_ids[1]), @r#"CallerIdPool { id: PoolId(2), name: "east", caller_ids: ["+12125550100", "Sale <+16175550100>"], pick: Nearest, per_hour: None, per_day: Some(200), keep: false }"#);
}

#[test]
fn whom_agents_hand_callees_over_to_has_a_name_and_the_keys_of_a_node() {
    let campaign = |transfers: &str| floor(&format!("mode = 'progressive'\n{transfers}"));
    let desk = "[[campaign.transfers]]\nname = \"desk\"\nto = \"15551234567\"\naccept = \"1\"\n";
    let config = load(&campaign(desk)).expect("it is right");
    let rules = &config.campaigns[0].transfers["desk"];
    assert_eq!(rules.accept.map(|accept| accept.key.to_string()).as_deref(), Some("1"));
    assert_eq!((rules.meanwhile, rules.longest), (Meanwhile::Music, Span::secs(3_600)));
    let problems = |transfers: &str| load(&campaign(transfers)).expect_err("it is wrong").to_string();
    assert!(problems(&desk.repeat(2)).contains("is used twice"));
    assert!(problems("[[campaign.transfers]]\nname = \"desk\"\nnumber = \"1\"\n").contains("to: is missing"));
}

#[test]
fn a_group_stands_for_its_carriers_and_each_route_is_read() {
    let carrier = |name: &str, route: &str| format!("[[carrier]]\nname = '{name}'\n{route}\n");
    let text = [
        "ari.password = 'x'\n",
        &carrier("a", "trunk = 'trunk-a'"),
        &carrier("b", "sip = 'peer-b'"),
        &carrier("c", "dahdi = 'r2'"),
        &carrier("d", "local = 'from-campaign'\ncodec = 'alaw'"),
        "[[carrier_group]]\nname = 'lines'\ncarriers = ['c', 'b']\n",
        "[[campaign]]\nname = 'spring'\ncarriers = ['d', 'lines', 'a']\n",
    ];
    let config = load(&text.concat()).expect("all right");
    assert_eq!(config.campaigns[0].carriers, ["d", "c", "b", "a"]);
    let routes: Vec<String> = config.carriers.iter().map(|carrier| format!("{:?}", carrier.route)).collect();
    insta::assert_snapshot!(routes.join("\n"), @r#"
    Trunk { endpoint: "trunk-a" }
    Sip { peer: "peer-b" }
    Dahdi { group: "r2" }
    Local { context: "from-campaign", codec: "alaw" }
    "#);
}

#[test]
fn the_environment_overrides_the_file() {
    let file = "node = 'file'\n[ari]\npassword = 'from-file'\n[http]\nlisten = '127.0.0.1:1'";
    let config = load_with(
        file,
        &[
            ("RINGMASTER__NODE", "env"),
            ("RINGMASTER__ARI__PASSWORD", SECRET),
            ("RINGMASTER__HTTP__LISTEN", "0.0.0.0:9000"),
            ("RINGMASTER__HTTP__ALLOW_REMOTE", "true"),
            ("RINGMASTER_CONFIG", "is another matter"),
            ("HOME", "/root"),
        ],
    )
    .expect("all right");
    assert_eq!(config.node.to_string(), "env");
    assert_eq!(config.ari.password.expose_secret(), SECRET);
    assert_eq!(config.http.listen.to_string(), "0.0.0.0:9000");
}

#[test]
fn a_webhook_may_have_its_secret_from_the_environment_and_is_told_everything_unless_asked() {
    let file = webhook("url = 'http://127.0.0.1:8000/'\nsecret_env = 'CRM_SECRET'\nattempts = 3")
        + "\n[redis]\nurl = 'redis://127.0.0.1/0'\nprefix = 'rm'\nstream = true\n[stream]\nevents = []";
    let config = load_with(&file, &[("CRM_SECRET", "from-the-environment")]).expect("all right");
    let webhook = &config.webhooks[0];
    assert_eq!(webhook.secret.expose_secret(), "from-the-environment");
    assert_eq!((&webhook.delivery.events[..], webhook.delivery.attempts), (&Kind::ALL[..], 3));
    let stream = config.stream.as_ref().expect("a stream");
    assert_eq!((stream.key().as_str(), stream.length), ("rm:events", 100_000));
    let subscribed = config.subscriptions();
    let named: Vec<(&str, usize)> =
        subscribed.iter().map(|one| (one.sink.as_str(), one.kinds.len())).collect();
    assert_eq!(named, [("crm", Kind::ALL.len()), ("@stream", 0)]);
}

#[test]
fn a_list_comes_from_the_environment_with_commas() {
    let file = "[redis]\nurl = 'redis://127.0.0.1/0'\nprefix = 'rm'\nstream = true";
    let events = |named| {
        load_with(file, &[("RINGMASTER__ARI__PASSWORD", SECRET), ("RINGMASTER__STREAM__EVENTS", named)])
    };
    let config = events("call.ended, flow.sms").expect("all right");
    assert_eq!(config.subscriptions()[0].kinds, [Kind::CallEnded, Kind::Sms]);
    let problems = events("flow.sms,call.endet").expect_err("a misspelt one").to_string();
    let problem = "RINGMASTER__STREAM__EVENTS: stream.events: there is no event \"call.endet\"; did you mean \"call.ended\"?";
    assert_eq!(problems.trim(), problem);
}

#[test]
fn secrets_are_in_no_debug_output_and_in_no_message() {
    for url in [format!("sqlite:{SECRET}"), format!("postgres://me:{SECRET}@db/x")] {
        let redis = format!("redis.url = 'redis://:{SECRET}@r/0'");
        let token = format!("http.metrics_token = '{SECRET}-{SECRET}-{SECRET}'");
        let good = format!("ari.password = '{SECRET}'\ndatabase.url = '{url}'\n{redis}\n{token}");
        let config = load(&good).expect("all right");
        assert!(!format!("{config:?}").contains(SECRET));
    }
    let told = webhook(&format!("url = 'http://r/?token={SECRET}'\nsecret = '{SECRET}-{SECRET}-{SECRET}'"));
    let config = load(&told).expect("all right");
    assert!(!format!("{config:?}").contains(SECRET));
    for bad in [
        format!("ari.password = ['{SECRET}']"),
        format!("ari.pasword = '{SECRET}'"),
        format!("ari.password = {SECRET}"),
        format!("ari.password = '{SECRET}"),
        format!("ari.password = '{SECRET}' '{SECRET}'"),
        format!("ari = '{SECRET}'"),
        format!("ari = '{SECRET}'\nari = '{SECRET}'"),
        format!("ari.url = 'http://me:{SECRET}@pbx'"),
        format!("ari.url = '{SECRET}'"),
        format!("database.url = 'mysql://me:{SECRET}@db/x'"),
        format!("database = '{SECRET}'"),
        format!("redis.url = 'http://me:{SECRET}@r'"),
        format!("http.metrics_token = '{SECRET} {SECRET} {SECRET}'"),
        webhook(&format!("url = 'http://me:{SECRET}@r'\nsecret = '{SECRET}'")),
        webhook(&format!("url = '{SECRET}'\nsecret = ['{SECRET}']")),
    ] {
        let problems = load(&bad).expect_err(&bad);
        assert!(!format!("{problems} {problems:?}").contains(SECRET), "{problems}");
    }
    let problems = load_with("", &[("RINGMASTER__ARI", SECRET)]).expect_err("a section is no text");
    assert!(!problems.to_string().contains(SECRET), "{problems}");
}

#[test]
fn every_problem_is_told_with_its_place_and_what_would_be_right() {
    let mut told = String::new();
    for (case, file, env) in bad() {
        let problems = load_with(&file, env).expect_err(case);
        told += &format!("# {case}\n{problems}\n\n");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_stream_that_is_switched_off_keeps_its_details() {
    let config = load("ari.password = 'x'\n[redis]\nstream = false\n[stream]\nlength = 1000\n");
    assert!(config.expect("they are known to be for later").stream.is_none());
}

#[test]
fn a_file_that_is_not_there_is_a_problem() {
    let problems = Config::load(Path::new("no/such.toml"), []).expect_err("no such file");
    let told = problems.to_string();
    assert!(told.starts_with("no/such.toml: cannot be read ("), "{told}");
    assert!(told.contains("ringmaster.example.toml"), "{told}");
}

#[test]
fn the_hopper_has_a_size_or_goes_by_the_demand() {
    for (key, size) in [("", Some(100)), ("hopper_size = 7", Some(7)), ("hopper_size = 'auto'", None)] {
        let config = load(&floor(key)).expect(key);
        assert_eq!(config.campaigns[0].hopper_size, size, "{key}");
    }
}

#[test]
fn each_mode_is_the_engines_pacing_of_that_name() {
    let within = |windows, strict| Pacing::Predictive(PredictiveRules { windows, answer_rate: None, strict });
    let month = WindowSpan::Block(Span::secs(30 * 86_400));
    for (mode, pacing) in [
        ("mode = 'progressive'", Pacing::Progressive),
        ("mode = 'ratio'\nlevel = 2.125", Pacing::Ratio { level: Milli(2_125) }),
        (
            "mode = 'predictive'\ndrop_limit = 2.5\nwindow = '30d'",
            within(vec![DropWindow { limit: Milli(25), span: month }], false),
        ),
        (
            "mode = 'predictive'\nwindow = 'day'",
            within(vec![DropWindow { limit: Milli(30), span: WindowSpan::Day }], false),
        ),
        (
            "mode = 'predictive'\nwindows = [{ limit = 3, span = '30d' }, { limit = 3, span = 'day' },
                { limit = 5.0, span = 'month' }]",
            within(
                vec![
                    DropWindow { limit: Milli(30), span: month },
                    DropWindow { limit: Milli(30), span: WindowSpan::Day },
                    DropWindow { limit: Milli(50), span: WindowSpan::Month },
                ],
                false,
            ),
        ),
        (
            "mode = 'predictive'\nstrict = true",
            within(vec![DropWindow { limit: Milli(30), span: WindowSpan::Block(Span::secs(86_400)) }], true),
        ),
        (
            "mode = 'preview'",
            Pacing::Preview(PreviewRules {
                time_limit: Span::secs(60),
                then: PreviewEnd::Dial,
                may_skip: true,
                rest: Span::secs(3_600),
            }),
        ),
        (
            "mode = 'preview'\npreview_time = '5m'\npreview_end = 'skip'\nmay_skip = false\nskip_rest = '1d'",
            Pacing::Preview(PreviewRules {
                time_limit: Span::secs(300),
                then: PreviewEnd::Skip,
                may_skip: false,
                rest: Span::secs(86_400),
            }),
        ),
        ("mode = 'broadcast'\nper_minute = 90", Pacing::Broadcast { per_minute: 90 }),
    ] {
        let config = load(&floor(&format!("{mode}\nmessage = 'sound:sorry'"))).expect(mode);
        assert_eq!(config.campaigns[0].pacing, pacing, "{mode}");
    }
}

/// What other dialers call ALWAYS, HUMAN_ONLY and VOICEMAIL_ONLY, and what is usual here.
#[test]
fn what_becomes_of_machines_is_what_the_names_of_other_dialers_say_too() {
    use Policy::{Connect, HangUp, Message};
    let left = "message = 'sound:voicemail'";
    for (machines, human, machine) in [
        (String::new(), Connect, HangUp),
        ("machine = 'connect'".to_owned(), Connect, Connect),
        ("machine = 'hang_up'".to_owned(), Connect, HangUp),
        (format!("human = 'hang_up'\nmachine = 'message'\n{left}"), HangUp, Message),
    ] {
        let text = floor(&format!("amd = 'gate'\n[campaign.machines]\n{machines}"));
        let config = load(&text).expect("all right");
        let amd = config.campaigns[0].amd.clone().expect("persons are told from machines");
        let policies = Policies { human, machine, not_sure: Connect, fax: HangUp };
        assert_eq!((amd.policies, amd.false_positives), (policies, Milli(50)), "{machines}");
    }
    let reviewed = floor("amd = 'parallel'\n[campaign.machines]\nreviewed = 1000\npersons = 7");
    let amd = load(&reviewed).expect("all right").campaigns[0].amd.clone().expect("there");
    assert_eq!((amd.detection, amd.false_positives), (Detection::Parallel(JudgeRules::default()), Milli(14)));
    assert_eq!(load(&floor("amd = 'off'")).expect("all right").campaigns[0].amd, None);
}

#[test]
fn the_engine_gets_ids_for_names() {
    let config = load(&floor("mode = 'ratio'\nlevel = 2.125\nmessage = 'sound:sorry'")).expect("all right");
    let ids = Ids {
        campaigns: [("spring".into(), CampaignId(7))].into(),
        carriers: [("main".into(), CarrierId(8))].into(),
        agents: [("anna".into(), AgentId(9))].into(),
    };
    let engine = config.engine(&ids, config.node.clone().into(), AttemptId(100), SessionId(200));
    assert_eq!(engine.campaigns[0].id, CampaignId(7));
    assert_eq!(engine.campaigns[0].carriers, [CarrierId(8)]);
    assert_eq!(engine.campaigns[0].pacing, Pacing::Ratio { level: Milli(2_125) });
    assert_eq!(engine.carriers[0].id, CarrierId(8));
    assert_eq!(engine.agents[0].campaign, CampaignId(7));
    assert_eq!(engine.agents[0].endpoint, "PJSIP/anna");
    assert_eq!(engine.next_attempt, AttemptId(100));
    assert_eq!(engine.next_session, SessionId(200));
}

#[test]
fn what_stands_for_fewer_days_goes_before_what_stands_for_more_and_windows_may_end_on_the_next_day() {
    let config = load(&floor(
        "hours = { mon = [], weekend = ['22:00-02:00'], daily = ['09:00-12:30', '13:30-24:00'], holidays = ['1970-01-02', '2026-12-24 09:00-13:00 14:00-15:00'] }",
    ));
    let config = config.expect("hours");
    let hours = config.campaigns[0].hours.as_ref().expect("hours");
    let shown =
        |windows: &[OpenWindow]| windows.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let week: Vec<String> = hours.week.iter().map(|windows| shown(windows)).collect();
    let usual = "09:00-12:30 13:30-24:00";
    assert_eq!(week, ["", usual, usual, usual, usual, "22:00-02:00", "22:00-02:00"]);
    let holidays: Vec<_> = hours.holidays.iter().map(|(day, windows)| (*day, shown(windows))).collect();
    assert_eq!(holidays, [(1, String::new()), (20_811, "09:00-13:00 14:00-15:00".to_owned())]);
}

#[test]
fn a_holiday_whose_windows_do_not_stand_behind_a_space_is_told_and_not_closed() {
    for holiday in
        ["2026-12-24T09:00-13:00", "2026-12-24T09:00", "2026-12-24[Europe/Berlin]", "20261224", "2026-1224"]
    {
        let problems =
            load(&floor(&format!("hours = {{ daily = ['09:00-17:00'], holidays = ['{holiday}'] }}")));
        let told = problems.expect_err(holiday).to_string();
        assert!(told.contains(&format!("{holiday:?} is no date; write \"2026-12-25\"")), "{told}");
    }
}

#[test]
fn leads_are_put_off_by_other_rules_where_hours_laws_caps_or_what_follows_a_drop_are_others() {
    let ids = Ids { campaigns: [("spring".into(), CampaignId(1))].into(), ..Ids::default() };
    let put_off_by = |text: &str| {
        let config = load(text).expect("all right");
        config.put_off_by(&ids).map(|by| by.rules).collect::<Vec<_>>()
    };
    let usual = "hours = { weekdays = ['09:00-17:00'] }\ncallee_hours = { daily = ['09:00-20:00'] }";
    let law = "jurisdictions = true\n[[jurisdiction]]\nname = 'Florida'\nhours = { mon = ['10:00-11:00'] }";
    let same = put_off_by(&floor(usual));
    let with = |more: &str| floor(&format!("{usual}\n{more}"));
    let ahead = "mode = 'ratio'\nlevel = 2\nmessage = 'sound:sorry'";
    for others in [
        floor(&usual.replace("weekdays", "daily")),
        floor(&usual.replace("20:00", "21:00")),
        floor("hours = { weekdays = ['09:00-17:00'] }"),
        with("zone = 'Europe/Berlin'"),
        with(ahead),
        with("jurisdictions = true"),
        with(law),
        floor(usual) + "[[frequency]]\nmax = 2\nwithin = '1d'\n",
    ] {
        assert_ne!(put_off_by(&others), same, "{others}");
    }
    assert_ne!(put_off_by(&with(law)), put_off_by(&with("jurisdictions = true")));
    let sooner = format!("{ahead}\nrepeat_after_drop = '1h'");
    assert_ne!(put_off_by(&with(&sooner)), put_off_by(&with(ahead)));
    // Where each call has its agent beforehand, nobody waits for one after a drop.
    for alike in ["wrap_up = '7s'", "mode = 'preview'", "repeat_after_drop = '1h'"] {
        assert_eq!(put_off_by(&with(alike)), same, "{alike}");
    }
}

#[test]
fn a_law_that_is_configured_takes_the_place_of_that_which_comes_with_the_program() {
    let bundled = load(&floor("")).expect("no law of its own").jurisdictions;
    let text = "[[jurisdiction]]\nname = 'Florida'\nhours = { mon = ['10:00-11:00'] }\n[[jurisdiction]]\nname = 'Miami'\nprefixes = ['+1305', '1786']";
    let changed = load(&(floor("") + text)).expect("two laws").jurisdictions;
    let of = |laws: &[Jurisdiction], prefix: &str| -> Vec<String> {
        let has = |law: &&Jurisdiction| law.prefixes.iter().any(|one| one == prefix);
        laws.iter().filter(has).map(|law| law.name.clone()).collect()
    };
    for (prefix, before, after) in [
        ("1305", "Florida", "Miami"),
        ("1850", "Florida", "Florida"),
        ("1", "United States", "United States"),
        ("", "elsewhere", "elsewhere"),
    ] {
        assert_eq!(
            (of(&bundled, prefix), of(&changed, prefix)),
            (vec![before.to_owned()], vec![after.to_owned()])
        );
    }
    let florida = |laws: &[Jurisdiction]| {
        laws.iter().find(|law| law.name == "Florida").and_then(|law| law.hours.clone())
    };
    assert_ne!(florida(&bundled), florida(&changed));
}

#[test]
fn the_caps_of_a_law_are_for_the_numbers_that_are_under_it() {
    let text = "jurisdictions = true\n[[jurisdiction]]\nname = 'Maryland'\nprefixes = ['+1240', '+1301', '+1500']\n\
                [[jurisdiction]]\nname = 'Miami'\nprefixes = ['+1305']\n\
                [[jurisdiction]]\nname = 'Ohio'\nprefixes = ['+1614']\nfrequency = [{ max = 2, within = '1h' }]\n\
                [[jurisdiction]]\nname = 'Columbus'\nprefixes = ['+1614']\nfrequency = [{ max = 1, within = '1h' }]";
    let config = load(&floor(text)).expect("four laws");
    let caps = |prefix: &str| -> Vec<u32> {
        let caps = config.caps(&[CampaignId(1)]);
        caps.filter(|(_, area, _)| *area == prefix).map(|(_, _, cap)| cap.most).collect()
    };
    for (prefix, expected, why) in [
        ("1301", &[3][..], "what is left to a law keeps its cap"),
        ("1500", &[3], "what a law is given comes under its cap"),
        ("1410", &[], "what it is given no more is no longer under it"),
        ("1305", &[], "nor is what another law has taken, which has no cap"),
        ("1850", &[3], "while the rest is"),
        ("1614", &[1], "nor does the cap of whoever had it before stand beside that of who has it"),
        ("", &[], "and the others have none"),
    ] {
        assert_eq!(caps(prefix), expected, "{prefix}: {why}");
    }
}

#[test]
fn the_engine_is_told_of_numbers_where_a_campaign_looks_at_its_callees_clocks_and_takes_all_of_it() {
    let ids = Ids {
        campaigns: [("spring".to_owned(), CampaignId(7))].into(),
        carriers: [("main".to_owned(), CarrierId(8))].into(),
        agents: [("anna".to_owned(), AgentId(9))].into(),
    };
    let rules = |text: &str| {
        let config = load(&floor(text)).expect(text);
        config.engine(&ids, config.node.clone().into(), AttemptId(1), SessionId(1))
    };
    assert_eq!(rules("hours.daily = ['09:00-20:00']").geography, Geography::default());
    let geography = rules("jurisdictions = true").geography;
    let zones = |prefix: &str| -> Vec<&str> {
        let place = geography.places.iter().find(|place| place.prefix == prefix).expect("a place");
        let canonical =
            ["America/New_York", "America/Chicago", "Asia/Kolkata", "Europe/Paris", "Pacific/Apia"];
        let named = |name: &&str| {
            let found = geography.names.iter().find(|(known, _)| known == name);
            found.is_some_and(|(_, zone)| place.zones.contains(zone))
        };
        canonical.into_iter().filter(named).collect()
    };
    assert_eq!(zones("1212"), ["America/New_York"]);
    assert_eq!(zones("91"), ["Asia/Kolkata"]);
    assert_eq!(zones("33"), ["Europe/Paris"]);
    assert_eq!(zones("685"), ["Pacific/Apia"]);
    assert_eq!(zones("1"), ["America/New_York", "America/Chicago"], "an area code that nobody knows");
    Engine::new(rules("jurisdictions = true"), [0; 32], Micros(1)).expect("the engine takes it");
}

type Env = &'static [(&'static str, &'static str)];

/// What can be wrong: a name for the case, the file and the environment.
/// A set with all that can be wrong with one.
const DISPOSITIONS: &str = "
[[dispositions]]
name = 'sales'
default = 'later'
[[dispositions.list]]
code = 'sold'
flags = ['human', 'compleeted']
[[dispositions.list]]
code = 'sold'
flags = ['callback', 'unworkable']
[[dispositions.list]]
code = 'later'
flags = ['callback', 'callback']
retry = { up_to = 1, delay = '1h' }
[[dispositions.list]]
code = ''
list = 'house'
retry = { up_to = 1 }
[[dispositions]]
name = 'others'
default = 'sole'
list = [{ code = 'sold', flags = ['do_not_call'], list = 'federal' }]
";

fn bad() -> Vec<(&'static str, String, Env)> {
    let shell = |text: &str| format!("ari.password = 'x'\n{text}");
    let carrier = |text: &str| shell(&format!("[[carrier]]\nname = 'main'\n{text}"));
    let agent = |text: &str| floor("") + text;
    vec![
        ("empty", String::new(), &[]),
        ("no TOML", "node = \nari = {\n".into(), &[]),
        ("a key twice", shell("node = 'a'\nnode = 'b'"), &[]),
        ("unknown sections", shell("[campaigns]\n[htpt]\nlisten = ''"), &[]),
        ("unknown keys", carrier("trunk = 'a'\nwieght = 2\nzone = 'z'"), &[]),
        ("a section that is none", "ari = 1\ncarrier = 2\n[agent]\n".into(), &[]),
        ("dispositions", floor("dispositions = 'sels'\nwrap_up_limit = '5m'") + DISPOSITIONS, &[]),
        ("no dispositions", floor("wrap_up = 'disposition'") + "[[dispositions]]\nname = 'none'", &[]),
        (
            "pause codes",
            floor("")
                + "[[pause_codes]]\ncode = 'lunch'\nlongest = '2d'\n[[pause_codes]]\ncode = 'lunch'\n[[pause_codes]]\npaid = 1",
            &[],
        ),
        ("node", shell("node = 'Node 1'"), &[]),
        ("data_dir", shell("data_dir = ''"), &[]),
        ("database", shell("database.url = 'mysql://db'"), &[]),
        ("ari", "[ari]\nurl = 'https://pbx'\nuser = 'a:b'\npassword = ''\napp = 'a b'".into(), &[]),
        ("ari scheme", shell("ari.url = 'ftp://pbx'"), &[]),
        ("ari credentials", shell("ari.url = 'http://me:too@pbx'"), &[]),
        ("ami", shell("[ami]\naddress = '5038'\nuser = ''\npassword = \"a\\r\\nAction: Command\""), &[]),
        ("ami without a password", shell("ami.address = '127.0.0.1:5038'"), &[]),
        (
            "details of what there is not",
            shell(
                "[ami]\nuser = 'me'\npassword = 'x'\n[redis]\nprefix = 'rm'\n\
                 [stream]\nevents = ['call.ended']\nlength = 1000\ntimeout = '1s'",
            ),
            &[("RINGMASTER__STREAM__CONNECTIONS", "8")],
        ),
        ("country", shell("country = 'Holland'"), &[]),
        (
            "do-not-call lists",
            shell(
                "[[do_not_call]]\nname = ''\nmax_age = '0d'\nallow = true\n[[do_not_call]]\n[[do_not_call]]\nname = 'house'",
            ),
            &[],
        ),
        (
            "lists that bar and allow",
            floor("do_not_call = ['vip', 'spam']\ncall_only = ['vip', 'members', 'house', 'guests']")
                + "[[do_not_call]]\nname = 'members'\neveryone = true\n[[do_not_call]]\nname = 'house'\n\
                   [[do_not_call]]\nname = 'vip'\n[[do_not_call]]\nname = 'spam'\n[[do_not_call]]\nname = 'guests'",
            &[],
        ),
        ("no such list", floor("do_not_call = ['registry']\ncall_only = ['members']"), &[]),
        (
            "frequency",
            shell(
                "[[frequency]]\ncalls = 0\nwithin = '1d'\n[[frequency]]\ncalls = 3\n\
                 [[frequency]]\nwithin = '7d'\n[[frequency]]\ncalls = 1\nconversations = 1\nwithin = '90000d'",
            ),
            &[],
        ),
        ("listen everywhere", shell("http.listen = '0.0.0.0:8090'"), &[]),
        ("a token that can be guessed", shell("http.metrics_token = 'secret'"), &[]),
        ("a token with spaces", shell("http.metrics_token = 'correct horse battery'"), &[]),
        ("listen nowhere", shell("http = { listen = 'localhost', allow_remote = 'yes' }"), &[]),
        (
            "retries",
            floor(
                "retry = { technical_cap = 0, bad_after = 10, \
                 busy = { at_most = '1h' }, \
                 no_answer = { factor = 11, delay = '2h' }, \
                 technical = { factor = 2, delay = '2h', at_most = '1h' }, \
                 completion = { least_talk = '2h' } }",
            ),
            &[],
        ),
        ("no route", carrier(""), &[]),
        ("two routes", carrier("trunk = 'a'\nlocal = 'b'"), &[]),
        (
            "caller ids",
            carrier(
                "trunk = 'a'\ncaller_id = '+15551234567'\ncaller_ids = 'east'\n\
                 [[caller_ids]]\nname = 'east'\nnumbers = ['123456', 'x', '123456']\npick = 'any'\nper_hour = 0\n\
                 [[caller_ids]]\nname = 'west'\nnumbers = []\n\
                 [[campaign]]\nname = 'spring'\ncarriers = ['main']\ncaller_ids = 'wset'",
            ),
            &[],
        ),
        ("three routes", carrier("dahdi = 'g1'\nlocal = 'b'\nsip = 'c'\ncodec = 'ulaw'"), &[]),
        ("no line", carrier("dahdi = 'g1/5'"), &[]),
        (
            "carrier groups",
            carrier(
                "trunk = 'a'\n[[carrier_group]]\nname = 'main'\ncarriers = ['main']\n\
                 [[carrier_group]]\nname = 'all'\ncarriers = ['main', 'sapre']\n\
                 [[carrier_group]]\nname = 'none'\n\
                 [[campaign]]\nname = 'spring'\ncarriers = ['main', 'all', 'east']",
            ),
            &[],
        ),
        ("unsafe routes", carrier("trunk = 'a&PJSIP/b'"), &[]),
        (
            "carrier numbers",
            carrier(
                "trunk = 'a'\nweight = 0\nchannels = 100_001\ncalls_per_second = -1\nfailures_to_rest = 1.5\nleast_answered = 100\nanswered_over = 19",
            ),
            &[],
        ),
        (
            "carrier texts",
            carrier("trunk = 'a'\nprefix = '+00'\ncaller_id = '12'\nring_timeout = '14s'\nrest = '2h'"),
            &[],
        ),
        (
            "variables",
            carrier(
                "trunk = 'a'\nvariables = { '1X' = 'a', 'A=B' = 'b', C = \"c\\nd\", D = 4, F = '', __campaign_id = '7', 'TIMEOUT(absolute)' = '0', DIGITS_BEFORE_ANSWER = '1', 'talk_detect(set)' = '', _LEAD_NAME = 'e' }",
            ),
            &[],
        ),
        ("caller ids", carrier("trunk = 'a'\ncaller_id = \"Spring\\n <+15551234567>\""), &[]),
        (
            "names",
            shell("[[carrier]]\n[[carrier]]\nname = '/'\ntrunk = 'a'\n[[carrier]]\nname = 3\ntrunk = 'a'"),
            &[],
        ),
        ("more names", shell("[[campaign]]\nname = 'Spring / Sale'\n[[agent]]\nname = ' '"), &[]),
        ("names twice", floor("") + "[[agent]]\nname = 'anna'\ncampaign = 'spring'", &[]),
        (
            "references",
            floor("carriers = ['mian', 'main', 'main', 'other']").replacen("carriers = ['main']\n", "", 1)
                + "[[agent]]\nname = 'ben'\ncampaign = 'autumn'",
            &[],
        ),
        ("no carriers", floor("").replacen("carriers = ['main']\n", "", 1), &[]),
        ("empty carriers", floor("").replacen("['main']", "[]", 1), &[]),
        ("mode", floor("mode = 'predictive'"), &[]),
        ("ratio without level and message", floor("mode = 'ratio'"), &[]),
        ("ratio level", floor("mode = 'ratio'\nlevel = 0.5\nmessage = 'sorry'"), &[]),
        ("ratio level too fine", floor("mode = 'ratio'\nlevel = 2.0001\nmessage = 'sound:../x y'"), &[]),
        ("level without ratio", floor("level = 2"), &[]),
        ("no such mode", floor("mode = 'telepathic'"), &[]),
        (
            "preview",
            floor(
                "mode = 'preview'\npreview_time = '2h'\npreview_end = 'hang'\nmay_skip = 1\nskip_rest = '0s'",
            ),
            &[],
        ),
        ("preview in another mode", floor("preview_time = '10s'\nrepeat_after_drop = '31d'"), &[]),
        ("broadcast without its frequency and message", floor("mode = 'broadcast'"), &[]),
        ("broadcast frequency", floor("mode = 'broadcast'\nper_minute = 0\nmessage = 'sound:sorry'"), &[]),
        (
            "drop windows",
            floor(
                "mode = 'predictive'\nmessage = 'sound:sorry'\nzone = 'Europe/Londn'\ndrop_limit = 3\nwindows = [{ limit = 0, span = '30 days' }, { span = 'week' }, { limit = 3, spann = 'day' }, { limit = '3%', span = '32d' }]",
            ),
            &[],
        ),
        (
            "a drop window that is none",
            floor("mode = 'predictive'\nmessage = 'sound:sorry'\nzone = 'local time'\nwindow = 24"),
            &[],
        ),
        ("no drop windows", floor("mode = 'predictive'\nmessage = 'sound:sorry'\nwindows = []"), &[]),
        ("drop windows without predictive", floor("windows = 3"), &[]),
        (
            "keys of another mode",
            floor("mode = 'broadcast'\nper_minute = 30\nlevel = 2\nwindow = '1d'\nmessage = 'sound:sorry'"),
            &[],
        ),
        (
            "campaign spans",
            floor(
                "setup_timeout = '0s'\nring_timeout = '5s'\ntalk_limit = '25h'\nmessage_within = '2001ms'\nwrap_up = 30\nhopper_size = '5'",
            ),
            &[],
        ),
        ("recording", floor("recording = 'some'\nrecording_stereo = 'yes'\nrecording_format = 'mp3'"), &[]),
        (
            "digits",
            floor("digits_before_answer = '*21'\ndigits_after_answer = 'ww12x'")
                + "[[carrier]]\nname = 'spare'\nsip = 'peer'\ndigits_before_answer = '1'\ndigits_after_answer = 'ww'",
            &[],
        ),
        ("recording of nothing", floor("recording_stereo = true\nrecording_format = 'gsm'"), &[]),
        (
            "retry",
            floor(
                "retry = { cap = 0, no_anser = {}, connected = {}, busy = { up_to = 100, delay = '0s' }, rejected = {}, dropped = 3 }",
            ),
            &[],
        ),
        (
            "hours",
            floor(
                "hours = { daily = ['9-20', '20:00-20:00', '09:60-10:00'], mom = [], holidays = ['25.12.2026', '2026-02-30', '2026-12-24 22:00-02:00', '2026-12-31', '2026-12-31 09:00-12:00'] }\ncallee_hours = { holidays = [] }",
            ),
            &[],
        ),
        (
            "jurisdictions",
            shell(
                "[[jurisdiction]]\nname = 'Texas'\n[[jurisdiction]]\nname = 'Ohio'\nprefixes = ['+1(614)']\nhours = 9\n[[jurisdiction]]\nname = 'Ohio'\nprefixes = []",
            ),
            &[],
        ),
        (
            "webhooks",
            webhook(
                "url = 'ftp://r'\nsecret = 'short'\nevents = ['call.end', 'call.ended', 'call.ended', 'sms']\n\
                 timeout = '0s'\nconnections = 0\nretries = 3\n\
                 [[webhook]]\nname = 'crm'\nurl = 'https://r'\nsecret = 'x'\nsecret_env = 'NOT_SET'\n\
                 [[webhook]]\nname = 'other'\nsecret_env = 'TOO_SHORT'\n\
                 [[webhook]]\nname = '@stream'\n[stream]\nlength = 10\n[redis]\nstream = true\n\
                 [outbox]\nkeep = '1s'",
            ),
            &[("TOO_SHORT", "x"), ("RINGMASTER__WEBHOOK__URL", "x")],
        ),
        ("detection of machines", floor("amd = 'gates'"), &[]),
        ("machines without detection", floor("[campaign.machines]\nmachine = 'hang_up'"), &[]),
        (
            "machines behind the gate",
            floor(
                "amd = 'gate'\n[campaign.machines]\nmachine = 'message'\nfax = 'burn'\ntotal = '5s'\nreviewed = 100\n\
                 persons = 2\nverdict_within = '1m'",
            ),
            &[],
        ),
        (
            "machines beside an agent",
            floor(
                "amd = 'parallel'\n[campaign.machines]\nhuman = 'hang_up'\nnot_sure = 'message'\nmessage = 'beep'\n\
                 reviewed = 300\nverdict_within = '5s'",
            ),
            &[],
        ),
        ("agent", agent("seat = 'standing'\nring_timeout = '3m'\nendpoint = 'PJSIP/a,b'"), &[]),
        (
            "agent called for each conversation of a campaign that dials ahead",
            floor("mode = 'ratio'\nlevel = 2\nmessage = 'sound:sorry'") + "seat = 'per-call'",
            &[],
        ),
        ("agent without a dialable name", agent("[[agent]]\nname = 'Ben Ö.'"), &[]),
        (
            "environment",
            shell(""),
            &[
                ("RINGMASTER__ARI__PASWORD", "x"),
                ("RINGMASTER__CAMPAIGN__SPRING__MODE", "x"),
                ("RINGMASTER__PAUSE_CODES__PAID", "true"),
                ("RINGMASTER__HTTP__ALLOW_REMOTE", "1"),
                ("RINGMASTER__HTTP__LISTEN", "x"),
                ("RINGMASTER__A__B__C", "x"),
                ("RINGMASTER_DATABASE__URL", "x"),
            ],
        ),
    ]
}

/// One carrier, one campaign with `rules` and one agent, who comes last.
fn floor(rules: &str) -> String {
    format!(
        "ari.password = '{SECRET}'
[[carrier]]
name = 'main'
trunk = 'trunk-a'
[[campaign]]
name = 'spring'
carriers = ['main']
{rules}
[[agent]]
name = 'anna'
campaign = 'spring'
"
    )
}

/// A webhook with these keys.
fn webhook(keys: &str) -> String {
    format!("ari.password = 'x'\n[[webhook]]\nname = 'crm'\n{keys}")
}

/// The lines with a problem for that purpose.
fn in_the_way_of(purpose: Purpose, text: &str) -> Vec<Origin> {
    let config = Config::parse(purpose, Path::new("etc/ringmaster.toml"), text, []);
    let problems = config.map_or_else(|problems| problems.list, |_| Vec::new());
    problems.into_iter().map(|problem| problem.origin).collect()
}

#[test]
fn a_problem_stands_in_the_way_of_nothing_that_has_no_use_for_the_key() {
    let text = "country = 'Holland'
data_dri = 'data'
[databse]
url = 'postgres://localhost/ringmaster'
[[campaign]]
name = 'spring'
flow = 'gone.toml'
[campain]
[redis]
url = 'http://127.0.0.1'
[ari]
user = ''
";
    let lines = |lines: &[usize]| lines.iter().copied().map(Origin::Line).collect::<Vec<_>>();
    for (purpose, expected) in [
        (Purpose::Reach, &[2][..]),
        (Purpose::Database, &[1, 2, 3]),
        (Purpose::Rules, &[1, 2, 3, 5, 7, 8]),
        (Purpose::Dial, &[1, 2, 3, 5, 7, 8, 10, 11, 12]),
    ] {
        assert_eq!(in_the_way_of(purpose, text), lines(expected), "{purpose:?}");
    }
    let config = Config::parse(Purpose::Reach, Path::new("ringmaster.toml"), "ari.user = ''", []);
    let problems = config.expect("the shell can be reached").suits(Purpose::Dial).expect_err("no password");
    assert_eq!(problems.list.len(), 2, "{problems}");
}

fn load(text: &str) -> Result<Config, Problems> {
    load_with(text, &[])
}

fn load_with(text: &str, env: &[(&str, &str)]) -> Result<Config, Problems> {
    let env = env.iter().map(|(name, value)| (name.into(), value.into()));
    Config::parse(Purpose::Dial, Path::new("etc/ringmaster.toml"), text, env)
}
