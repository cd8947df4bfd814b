use simulator::pbx;

use super::house::{House, whole};

#[tokio::test]
async fn before_the_first_run_all_is_in_place_but_the_shell() {
    let house = House::new().await;
    house.migrate().await;
    insta::assert_snapshot!(house.says(&["check"]).await);
}

#[tokio::test]
async fn beside_a_running_shell_all_is_fine() {
    let house = House::new().await;
    house.migrate().await;
    let _dialer = house.open().await;
    insta::assert_snapshot!(house.says(&["check"]).await);
}

#[tokio::test]
async fn a_wrong_password_is_told_without_showing_it() {
    let house = House::new().await;
    house.migrate().await;
    house.configure("letmein", "");
    let told = house.says(&["check"]).await;
    assert!(!told.contains("letmein"), "{told}");
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn an_asterisk_below_the_floor_fails_with_why() {
    let house = House::with(pbx::Config { version: "20.9.0".to_owned(), ..whole() }).await;
    house.migrate().await;
    insta::assert_snapshot!(house.says(&["check"]).await);
}

#[tokio::test]
async fn what_the_configuration_names_and_asterisk_lacks_fails_each_by_itself() {
    let mut pbx = pbx::Config { sounds: [("beep".to_owned(), 200)].into(), ..whole() };
    pbx.modules.remove("res_ari_sounds.so");
    pbx.modules.remove("res_musiconhold.so");
    pbx.agents.insert("agent-off".to_owned(), pbx::AgentConduct::Offline);
    let house = House::with(pbx).await;
    house.migrate().await;
    house.configure(
        "hunter2",
        "[[agent]]
name = 'eve'
campaign = 'spring'
[[agent]]
name = 'agent-off'
campaign = 'spring'
[[carrier]]
name = 'gone'
trunk = 'nowhere'
",
    );
    insta::assert_snapshot!(house.says(&["check"]).await);
    insta::assert_snapshot!(house.says(&["check", "--json"]).await);
}

#[tokio::test]
async fn a_database_that_is_not_there_or_not_migrated_is_told_with_the_command_that_helps() {
    let house = House::new().await;
    let none = house.says(&["check"]).await;
    insta::assert_snapshot!(first_lines(&none));
    std::fs::create_dir(house.folder().join("data")).expect("a folder");
    house.store().await.close().await;
    let unmigrated = house.says(&["check"]).await;
    insta::assert_snapshot!(first_lines(&unmigrated));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone_by_all_and_told_with_what_helps() {
    let house = House::new().await;
    house.migrate().await;
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9000, 'later', TRUE, x'00', 0)";
    let store = house.store().await;
    sqlx::query(later).execute(store.pool()).await.expect("inserted");
    store.close().await;
    insta::assert_snapshot!(first_lines(&house.says(&["check"]).await));
    let run = house.says(&["run"]).await;
    insta::assert_snapshot!(run);
    assert_eq!(house.says(&["migrate"]).await, run);
    assert_eq!(house.says(&["report"]).await, run);
}

/// What is wrong with a server is told in its own words, which may change with its version.
#[tokio::test]
async fn postgres_that_cannot_be_used_is_told_with_what_to_do_and_without_its_password() {
    let house = House::new().await;
    let Some(url) = house.postgres() else { return };
    let (user, place) = url.rsplit_once('@').expect("a user");
    let (scheme, password) = user.rsplit_once(':').expect("a password");
    let (_, server) = url.rsplit_once('@').expect("a user");
    let (server, _) = server.split_once('/').expect("a database");
    let refused = "FAIL  database: the database at 127.0.0.1:9 cannot be opened: error communicating with database: Connection \
                   refused (os error 111); see whether the server runs and listens where [database] url says";
    let denied = &*format!(
        "FAIL  database: the database at {server} cannot be opened: password authentication failed for user \"ringmaster\"; \
         compare user and password in [database] url with those of the server"
    );
    let badly_written = "FAIL  database: the database could not do it: error with configuration: invalid port number; see \
                         to [database] url; what is neither a letter nor a digit in a password is written as %XX";
    let no_tls = &*format!(
        "FAIL  database: the database at {server} cannot be opened: error occurred while attempting to establish a TLS \
         connection: TLS upgrade required by connect options but SQLx was built without TLS support enabled; leave `sslmode` \
         out of [database] url: this ari-shell speaks no TLS to a database"
    );
    for (url, told) in [
        (format!("{user}@127.0.0.1:9/x"), refused),
        (format!("{scheme}:letmein@{place}"), denied),
        (format!("{scheme}:let/me#in@{place}"), badly_written),
        (format!("{url}?sslmode=require"), no_tls),
        (url.clone(), "FAIL  database: there is none yet; run `ari-shell migrate`"),
    ] {
        house.keep_in(&url);
        let all = house.says(&["check"]).await;
        assert_eq!(all.lines().nth(3), Some(told));
        assert!(!all.contains("letmein") && !all.contains(password), "{all}");
    }
}

#[tokio::test]
async fn postgres_is_named_with_its_version_and_takes_every_command() {
    let house = House::new().await;
    let Some(url) = house.postgres() else { return };
    house.keep_in(&url);
    let told = house.says(&["migrate"]).await;
    let (_, applied) = told.split_once('\n').expect("it is said to be made first");
    assert_eq!(
        applied,
        "applied 0001 floor\napplied 0002 windows\napplied 0003 lists\napplied 0004 rules\napplied 0005 carriers\napplied 0006 leases\napplied 0007 drops and skips\napplied 0008 outbox\napplied 0009 flows\napplied 0010 due\napplied 0011 amd\napplied 0012 recordings\napplied 0013 agents\napplied 0014 transfers\napplied 0017 pauses\napplied 0018 takes\napplied 0019 drafts\napplied 0020 log outs\napplied 0021 alive\napplied 0022 by hand\napplied 0023 arrivals\napplied 0024 again\napplied 0025 standings\napplied 0026 marks and promises\napplied 0027 minutes\napplied 0028 paces\napplied 0029 said\napplied 0030 flow so far\napplied 0031 transfers so far\napplied 0032 put off\napplied 0033 amd so far\nexit 0\n"
    );
    let told = house.says(&["check"]).await;
    let told = told.lines().nth(3).unwrap_or_default();
    assert!(told.starts_with("ok    database: PostgreSQL 1"), "{told}");
    assert!(told.ends_with(" can be reached, the tables are up to date"), "{told}");
    let file = house.write("leads.csv", "phone,first name\n15550000001,Eve\n");
    for (command, wanted) in [
        (&["import", &file, "--campaign", "spring"][..], "1"),
        (&["campaign", "start", "spring"], "spring: running"),
        (&["campaign", "list"], "spring"),
        (&["explain", "--number", "15550000001"], "waiting, 0 attempts"),
        (&["report"], "dialled"),
    ] {
        let told = house.says(command).await;
        assert!(told.contains(wanted) && told.ends_with("exit 0\n"), "{command:?}: {told}");
    }
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9000, 'later', TRUE, '', 0)";
    sqlx::query(later).execute(house.store().await.pool()).await.expect("inserted");
    let told = house.says(&["run"]).await;
    assert!(told.contains("migration 9000, which this ari-shell does not know"), "{told}");
}

#[tokio::test]
async fn a_clock_that_is_far_from_that_of_postgres_is_told_with_what_helps() {
    let house = House::new().await;
    let Some(url) = house.postgres() else { return };
    house.keep_in(&url);
    house.migrate().await;
    // The server's own clock is nobody's to set: what it says to this database alone is.
    let (_, database) = url.rsplit_once('/').expect("a database");
    let slow = format!(
        "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql \
             AS 'SELECT pg_catalog.clock_timestamp() - interval ''1 hour'''; \
         ALTER DATABASE \"{database}\" SET search_path = public, pg_catalog"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(slow)).execute(house.store().await.pool()).await.expect("slowed");
    let told = house.says(&["check"]).await;
    let told = told.lines().nth(3).unwrap_or_default();
    assert!(told.starts_with("warn  database: PostgreSQL 1"), "{told}");
    let (_, told) = told.split_once(" can be reached, ").expect("it can");
    assert_eq!(
        told,
        "the tables are up to date, and the clock here is 3600 s ahead of the database's; have both set by NTP: calling hours go by \
         the one here, and a node that is far ahead of others takes leads from them that they hold"
    );
}

#[tokio::test]
async fn postgres_needs_no_right_to_make_tables_but_for_migrate() {
    let house = House::new().await;
    let Some(url) = house.postgres() else { return };
    house.keep_in(&url);
    let store = house.store().await;
    let lacks = "the tables lack 0001 floor";
    assert!(house.says(&["check"]).await.contains(lacks), "nobody has migrated");
    let made = "SELECT COALESCE(CAST(to_regclass('_sqlx_migrations') AS TEXT), 'none')";
    assert_eq!(house.rows(made).await, ["none"], "to look makes nothing");
    house.migrate().await;
    let (user, place) = url.split_once('@').expect("a user");
    let (_, database) = place.split_once('/').expect("a database");
    let scheme = user.split("//").next().expect("a scheme");
    // Roles are the server's, whichever database they are made in.
    let role = format!("teller_{}", database.to_lowercase());
    let grant = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'sesame'; REVOKE CREATE ON SCHEMA public FROM PUBLIC; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(grant)).execute(store.pool()).await.expect("a role");
    house.keep_in(&format!("{scheme}//{role}:sesame@{place}"));
    let told = house.says(&["check"]).await;
    assert!(told.contains(" can be reached, the tables are up to date"), "{told}");
    let file = house.write("leads.csv", "phone\n15550000001\n");
    let told = house.says(&["import", &file, "--campaign", "spring"]).await;
    assert!(told.ends_with("exit 0\n"), "{told}");
}

#[tokio::test]
async fn a_postgres_role_that_may_only_read_is_told_with_the_grant_that_helps() {
    let house = House::new().await;
    let Some(url) = house.postgres() else { return };
    house.keep_in(&url);
    house.migrate().await;
    let (user, place) = url.split_once('@').expect("a user");
    let (_, database) = place.split_once('/').expect("a database");
    let scheme = user.split("//").next().expect("a scheme");
    let role = format!("reader_{}", database.to_lowercase());
    let store = house.store().await;
    let mut told = Vec::new();
    for grant in [
        format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'sesame'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        ),
        "CREATE TABLE another (id BIGINT)".to_owned(),
        format!(
            "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; REVOKE INSERT ON leads FROM {role}"
        ),
        format!("GRANT INSERT ON leads TO {role}; REVOKE INSERT ON _sqlx_migrations, another FROM {role}"),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(grant)).execute(store.pool()).await.expect("a role");
        house.keep_in(&format!("{scheme}//{role}:sesame@{place}"));
        let check = house.says(&["check"]).await;
        let line = check.lines().find(|line| line.contains("  database:")).unwrap_or_default();
        let (verdict, found) = line.split_once(" can be reached, ").expect(line);
        told.push(format!("{} {}", &verdict[..4], found.replace(&role, "reader")));
    }
    let grant =
        "as the tables' owner: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO reader";
    assert_eq!(
        told,
        [
            format!(
                "FAIL but reader may not read and write all of its tables, such as agent_states; {grant}"
            ),
            format!(
                "FAIL but reader may not read and write all of its tables, such as agent_states; {grant}"
            ),
            format!("FAIL but reader may not read and write all of its tables, such as leads; {grant}"),
            "ok   the tables are up to date".to_owned(),
        ]
    );
}

/// What is ours; the rest is as before the first run.
fn first_lines(told: &str) -> String {
    told.lines().take(4).chain(told.lines().rev().take(1)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn without_an_asterisk_nothing_more_is_asked_of_it() {
    let mut house = House::new().await;
    house.migrate().await;
    house.stop_pbx().await;
    insta::assert_snapshot!(house.says(&["check"]).await);
}

#[tokio::test]
async fn texts_of_a_call_flow_that_nobody_is_told_of_are_warned_of() {
    let house = House::new().await;
    house.migrate().await;
    house.write(
        "texts.toml",
        "version = 1\nname = 'texts'\n[[node]]\nname = 'text'\ntype = 'sms'\ntext = 'Hi'\nnext = 'hang_up'\n",
    );
    let campaign = "[[campaign]]\nname = 'texts'\nmode = 'broadcast'\nper_minute = 1\ncarriers = ['main']\nflow = 'texts.toml'\n";
    let webhook = |events: &str| {
        let url = "http://127.0.0.1:9/";
        format!(
            "[[webhook]]\nname = 'crm'\nurl = '{url}'\nsecret = 'sixteen or more of them'\nevents = ['{events}']\n"
        )
    };
    let warned =
        "warn  campaign texts, texts: its call flow sends texts (node text), and nobody is told to send them";
    for (sinks, wanted) in
        [(String::new(), true), (webhook("call.ended"), true), (webhook("flow.sms"), false)]
    {
        house.configure("hunter2", &format!("{campaign}{sinks}"));
        let told = house.says(&["check"]).await;
        assert_eq!(told.contains(warned), wanted, "with {sinks:?}: {told}");
    }
}

#[tokio::test]
async fn a_configuration_that_does_not_load_is_told_problem_by_problem() {
    let house = House::new().await;
    house.configure("hunter2", "[[agent]]\nname = 'eve'\ncampaign = 'sprong'\nphone = 'x'\n");
    insta::assert_snapshot!(house.says(&["check"]).await);
}

#[tokio::test]
async fn what_tells_machines_from_persons_is_asked_for_where_a_campaign_has_it() {
    let mut pbx = whole();
    pbx.modules.remove("app_amd.so");
    pbx.modules.remove("func_talkdetect.so");
    let house = House::with(pbx).await;
    house.migrate().await;
    let gate = "amd = 'gate'\n";
    let message = "[campaign.machines]\nmachine = 'message'\nmessage = 'sound:ringmaster/safe-harbour'\n";
    let mut told = String::new();
    for more in ["", gate, &format!("{gate}{message}"), "amd = 'parallel'\n"] {
        let campaign = format!("[[campaign]]\nname = 'heard'\ncarriers = ['main']\n{more}");
        house.configure("hunter2", &campaign);
        let check = house.says(&["check"]).await;
        told.push_str(check.lines().find(|line| line.contains("modules:")).expect("they are looked at"));
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    ok    modules: all 37 that are needed are running
    FAIL  modules: app_amd.so (not loaded); load them in modules.conf, as our dialplan/modules.conf does, and restart Asterisk
    FAIL  modules: app_amd.so (not loaded), func_talkdetect.so (not loaded); load them in modules.conf, as our dialplan/modules.conf does, and restart Asterisk
    FAIL  modules: func_talkdetect.so (not loaded); load them in modules.conf, as our dialplan/modules.conf does, and restart Asterisk
    ");
}

#[tokio::test]
async fn the_folder_for_recordings_is_looked_for_where_something_is_recorded() {
    let mut told = String::new();
    for has_recordings_folder in [true, false] {
        let house = House::with(pbx::Config { has_recordings_folder, ..whole() }).await;
        house.migrate().await;
        house.write(
            "word.toml",
            "version = 1\nname = 'word'\n[[node]]\nname = 'word'\ntype = 'record'\nbeep = false\nnext = 'hang_up'\nfailed = 'hang_up'\n",
        );
        let campaign = |more: &str| format!("[[campaign]]\nname = 'kept'\ncarriers = ['main']\n{more}\n");
        let asks = campaign("mode = 'broadcast'\nper_minute = 1\nflow = 'word.toml'");
        for more in [String::new(), campaign("recording = 'on_demand'"), asks] {
            house.configure("hunter2", &more);
            let check = house.says(&["check"]).await;
            let line = check.lines().find(|line| line.contains("  recordings:"));
            told.push_str(line.unwrap_or("nothing"));
            told.push('\n');
        }
    }
    insta::assert_snapshot!(told, @"
    nothing
    ok    recordings: /var/spool/asterisk/recording is there for Asterisk to read; whether it may write there, the first one shows
    ok    recordings: /var/spool/asterisk/recording is there for Asterisk to read; whether it may write there, the first one shows
    nothing
    FAIL  recordings: /var/spool/asterisk/recording is not there, or not for Asterisk to read: campaign kept cannot be started; make it for the user that Asterisk runs as, since Asterisk makes none: on Debian `install -d -o asterisk -g asterisk -m 750 /var/spool/asterisk/recording`
    warn  recordings: /var/spool/asterisk/recording is not there, or not for Asterisk to read: the call flow of campaign kept keeps nothing of what callees say (node word); make it for the user that Asterisk runs as, since Asterisk makes none: on Debian `install -d -o asterisk -g asterisk -m 750 /var/spool/asterisk/recording`
    ");
}

#[tokio::test]
async fn what_check_says_of_a_campaign_that_records_a_running_shell_says_as_well() {
    let house = House::with(pbx::Config { has_recordings_folder: false, ..whole() }).await;
    house.migrate().await;
    house.configure("hunter2", "[[campaign]]\nname = 'kept'\ncarriers = ['main']\nrecording = 'all'\n");
    assert!(house.says(&["check"]).await.contains("campaign kept cannot be started"));
    let _dialer = house.open().await;
    let told = house.says(&["campaign", "start", "kept"]).await;
    assert!(told.contains("the PBX does not record wav") && told.ends_with("exit 1\n"), "{told}");
}

#[tokio::test]
async fn what_a_carrier_of_the_dialplan_a_trunk_and_any_call_go_by_is_asked_for() {
    let mut pbx = whole();
    for gone in [
        "app_stack.so",
        "func_hangupcause.so",
        "res_rtp_asterisk.so",
        "res_timing_timerfd.so",
        "codec_ulaw.so",
    ] {
        pbx.modules.remove(gone);
    }
    let house = House::with(pbx).await;
    house.migrate().await;
    let check = house.says(&["check"]).await;
    let told = check.lines().find(|line| line.contains("modules:")).expect("they are looked at");
    // `codec_alaw` is there in place of `codec_ulaw`.
    insta::assert_snapshot!(told, @"FAIL  modules: app_stack.so (not loaded), func_hangupcause.so (not loaded), res_rtp_asterisk.so (not loaded), res_timing_timerfd.so (not loaded); load them in modules.conf, as our dialplan/modules.conf does, and restart Asterisk");
}

#[tokio::test]
async fn a_carrier_or_a_phone_whose_driver_asterisk_does_not_run_fails() {
    let lines = "[[carrier]]\nname = 'lines'\ndahdi = 'g1'\n\
                 [[agent]]\nname = 'far'\ncampaign = 'spring'\nendpoint = 'IAX2/far'\n\
                 [[agent]]\nname = 'desk'\ncampaign = 'spring'\nendpoint = 'Local/desk'\n";
    let mut told = String::new();
    for drivers in [&[][..], &["chan_dahdi.so", "chan_iax2.so"]] {
        let mut pbx = whole();
        pbx.modules.extend(drivers.iter().map(ToString::to_string));
        let house = House::with(pbx).await;
        house.migrate().await;
        house.configure("hunter2", lines);
        for line in house.says(&["check"]).await.lines() {
            if ["carrier lines:", "agent far:", "agent desk:"].iter().any(|one| line.contains(one)) {
                told.push_str(line);
                told.push('\n');
            }
        }
    }
    insta::assert_snapshot!(told, @"
    FAIL  carrier lines: goes by DAHDI/g1, and Asterisk does not run chan_dahdi.so (not loaded); load it in modules.conf, where Asterisk was built with it, and restart Asterisk; or name another way
    FAIL  agent far: goes by IAX2/far, and Asterisk does not run chan_iax2.so (not loaded); load it in modules.conf, where Asterisk was built with it, and restart Asterisk; or name another way
    ok    agent desk: goes by Local/desk, into which ARI cannot look
    ok    carrier lines: goes by DAHDI/g1, into which ARI cannot look
    ok    agent far: goes by IAX2/far, into which ARI cannot look
    ok    agent desk: goes by Local/desk, into which ARI cannot look
    ");
}

#[tokio::test]
async fn another_dialer_that_is_connected_as_our_application_is_told_and_our_own_is_not() {
    let house = House::new().await;
    house.migrate().await;
    let application = async || {
        let told = house.says(&["check"]).await;
        told.lines().find(|line| line.contains("  application:")).unwrap_or("nothing").to_owned()
    };
    let nobody = "ok    application: nobody else is connected as \"autodialer\"";
    let somebody = "warn  application: somebody is connected as \"autodialer\", and no shell of this configuration is; let each \
                    dialer of an Asterisk have an [ari] app of its own: `run` here would take its calls from the other, which then \
                    ends. Of a dialer that has died with calls open Asterisk keeps the application for a while, and then nothing is \
                    to be done";
    assert_eq!(application().await, nobody);
    let other = house.another_dialer().await;
    assert_eq!(application().await, somebody);
    drop(other);
    let _dialer = house.open().await;
    assert_eq!(application().await, nobody);
}

#[tokio::test]
async fn a_shell_that_waits_has_not_taken_the_application_that_somebody_has() {
    let house = House::new().await;
    house.migrate().await;
    house.wait().await;
    let _other = house.another_dialer().await;
    let told = house.says(&["check"]).await;
    assert!(told.contains("warn  application: somebody is connected"), "{told}");
}

#[tokio::test]
async fn a_carrier_of_the_old_sip_driver_is_told_that_asterisk_comes_without_it() {
    let house = House::new().await;
    house.migrate().await;
    house.configure("hunter2", "[[carrier]]\nname = 'peer'\nsip = 'old'\n");
    let check = house.says(&["check"]).await;
    let told: Vec<&str> =
        check.lines().filter(|line| line.contains("modules:") || line.contains("carrier peer")).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    ok    modules: all 37 that are needed are running
    FAIL  carrier peer: Asterisk has no endpoint SIP/old; Asterisk 22 comes without its driver, chan_sip, unless that was built from outside: name a PJSIP endpoint by `trunk`, or load chan_sip.so and add it to sip.conf
    ");
}

#[tokio::test]
async fn an_agents_phone_of_the_old_sip_driver_is_not_sent_to_pjsip_conf() {
    let house = House::new().await;
    house.migrate().await;
    house.configure("hunter2", "[[agent]]\nname = 'desk'\ncampaign = 'spring'\nendpoint = 'SIP/desk'\n");
    let check = house.says(&["check"]).await;
    let told = check.lines().find(|line| line.contains("agent desk:")).expect("it is looked at");
    insta::assert_snapshot!(told, @"FAIL  agent desk: Asterisk has no endpoint SIP/desk; Asterisk 22 comes without its driver, chan_sip, unless that was built from outside: give the agent an `endpoint` of PJSIP, or load chan_sip.so and add it to sip.conf");
}

#[tokio::test]
async fn what_whoever_a_callee_is_handed_to_hears_first_is_looked_for_before_a_start_fails_for_it() {
    let house = House::new().await;
    house.migrate().await;
    let transfer = |name: &str, whisper: &str| {
        let to = "to = '15551234567'";
        format!("[[campaign.transfers]]\nname = '{name}'\n{to}\nwhisper = {whisper}\n")
    };
    let there = "'sound:ringmaster/safe-harbour'";
    let mut told = String::new();
    for whispers in [
        transfer("desk", "[]"),
        transfer("desk", &format!("[{there}]")),
        transfer("desk", &format!("[{there}, 'sound:new']"))
            + &transfer("night", "['sound:new', 'sound:late']"),
    ] {
        house.configure("hunter2", &format!("[[campaign]]\nname = 'hands'\ncarriers = ['main']\n{whispers}"));
        let check = house.says(&["check"]).await;
        let line = check.lines().find(|line| line.contains("campaign hands, transfers"));
        told.push_str(line.unwrap_or("nothing"));
        told.push('\n');
    }
    let _dialer = house.open().await;
    told.push_str(&house.says(&["campaign", "start", "hands"]).await);
    insta::assert_snapshot!(told, @"
    nothing
    ok    campaign hands, transfers: every sound of their whispers is there
    FAIL  campaign hands, transfers: sound:late (whisper of night), sound:new (whisper of desk, night) are missing: the campaign cannot be started; put the files below Asterisk's sounds and reload them (`module reload sounds`)
    the PBX has no sound:new: put the sound file there, or change the campaign's `message` or call flow; nothing was dialled
    exit 1
    ");
}

#[tokio::test]
async fn a_registry_that_is_older_than_it_may_be_fails_with_what_brings_a_newer_one() {
    let house = House::new().await;
    house.migrate().await;
    house.configure("hunter2", "[[do_not_call]]\nname = 'registry'\nmax_age = '31d'\neveryone = true\n");
    let registry = async || {
        let told = house.says(&["check"]).await;
        told.lines().find(|line| line.contains("do-not-call list")).unwrap_or_default().to_owned()
    };
    assert_eq!(
        registry().await,
        "FAIL  do-not-call list registry: was never imported, and no campaign that keeps to it dials anybody; `dnc import` a \
         version of it"
    );
    let file = house.write("registry.csv", "15550000001\n");
    house.says(&["dnc", "import", &file, "--list", "registry", "--dated", "2020-02-03"]).await;
    assert_eq!(
        registry().await,
        "FAIL  do-not-call list registry: is as of 2020-02-03 00:00:00.000 UTC, older than its `max_age` of 31d, and no campaign \
         that keeps to it dials anybody; `dnc import` a newer version of it"
    );
    house.says(&["dnc", "import", &file, "--list", "registry"]).await;
    let told = registry().await;
    assert!(
        told.starts_with("ok    do-not-call list registry: is as of 20")
            && told.ends_with(" UTC, and may be 31d old"),
        "{told}"
    );
}

#[tokio::test]
async fn tables_that_migrate_would_not_touch_are_not_said_to_be_up_to_date() {
    let house = House::new().await;
    house.migrate().await;
    for change in [
        "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 27",
        "UPDATE _sqlx_migrations SET success = FALSE WHERE version = 27",
    ] {
        sqlx::query(change).execute(house.store().await.pool()).await.expect("changed");
        let migrate = house.says(&["migrate"]).await;
        let told = migrate.strip_suffix("\nexit 1\n").expect("it fails");
        let check = house.says(&["check"]).await;
        assert!(check.contains(&format!("FAIL  database: {told}; ")), "{migrate} {check}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_as_that_by_every_command() {
    let house = House::new().await;
    house.migrate().await;
    house.write("data/ringmaster.db", &"This is the diary of the house. ".repeat(300));
    for command in ["check", "report", "migrate"] {
        let told = house.says(&[command]).await;
        let why = "the database [folder]/data/ringmaster.db cannot be opened: file is not a database";
        assert!(told.contains(why), "{command}: {told}");
    }
}
