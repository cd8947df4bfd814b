use std::path::{Path, PathBuf};

use engine::Outcome;
use engine::lead::Fate;
use engine::words::{QueueId, Span};

use super::{BadHeader, Import, ImportError, ImportId, Pass, Plan, Undone, import, imports, preview, undo};
use crate::numbers::Numbering;
use crate::store::testing::{AUTUMN, Dialect, Floor, How, SPRING, on_each_database, record, request};
use crate::store::{Agreement, Filled};

on_each_database! {
    good_rows_wait_in_the_campaign_in_the_order_of_the_file,
    every_kind_of_bad_field_is_told_with_its_line_column_and_what_is_wrong,
    a_file_without_a_usable_header_is_refused_with_what_would_work,
    a_missing_file_is_told_by_its_name,
    the_preview_tells_everything_and_changes_nothing,
    one_bad_row_keeps_all_out_unless_it_is_to_be_skipped,
    a_lead_has_further_numbers_and_a_zone,
    columns_of_other_names_are_read_as_what_they_are_told_to_be,
    a_column_that_is_to_be_read_as_two_things_is_read_as_neither,
    numbers_of_a_country_become_canonical_and_those_not_in_use_are_bad,
    every_error_is_in_the_file_for_errors,
    leads_of_a_list_reach_every_campaign_that_dials_it_sooner_or_later,
    a_number_that_a_campaign_has_by_another_list_is_not_dialled_there_twice,
    an_import_that_breaks_off_is_gone_on_with_by_the_same_import_again,
    an_import_that_breaks_off_at_its_end_is_done_by_the_same_import_again,
    what_was_not_dialled_of_an_import_can_be_taken_back_and_comes_again_when_asked_for,
    what_is_decided_of_an_import_stays_though_nobody_holds_it,
    a_list_that_is_dialled_no_longer_leaves_what_was_begun_with,
    whom_agents_skipped_is_forgotten_with_the_lead_since_its_id_is_given_out_again,
    progress_reaches_the_end_of_the_file_in_both_passes,
}

/// The list `members` for the campaign `spring`.
pub(crate) fn plan(file: &Path) -> Plan<'_> {
    Plan {
        file,
        list: "members",
        campaigns: &[SPRING],
        numbering: Numbering::AS_THEY_STAND,
        renamed: &[],
        errors: None,
        skip_bad: false,
    }
}

fn file(floor: &Floor, content: impl AsRef<[u8]>) -> PathBuf {
    let path = floor.path("leads.csv");
    std::fs::write(&path, content).expect("written");
    path
}

async fn import_into_spring(floor: &Floor, content: impl AsRef<[u8]>) -> Result<Import, ImportError> {
    let file = file(floor, content);
    import(&floor.store, plan(&file), &mut |_| ()).await
}

async fn good_rows_wait_in_the_campaign_in_the_order_of_the_file(floor: Floor) {
    let done = import_into_spring(
        &floor,
        "\u{feff}Phone,External ID,First name,city\n+1 (555) 000-0001,x-1,Ann,Bonn\n1.555.000.0002,,\"O\"\"Hara, Bo\",Köln\n",
    )
    .await
    .expect("imported");
    assert_eq!((done.imported, done.preview.rows), (2, 2));
    assert_eq!(done.preview.attributes, ["FIRST_NAME", "CITY"]);
    let leads = "SELECT string_agg(number || ' ' || COALESCE(external_id, '-') || ' ' || attributes, ' | ' ORDER BY id) FROM leads";
    assert_eq!(
        floor.one(leads).await,
        r#"15550000001 x-1 [["FIRST_NAME","Ann"],["CITY","Bonn"]] | 15550000002 - [["FIRST_NAME","O\"Hara, Bo"],["CITY","Köln"]]"#
    );
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 9).await;
    let numbers: Vec<String> = items.iter().map(|item| item.number.to_string()).collect();
    assert_eq!(numbers, ["15550000001", "15550000002"]);
    assert_eq!(items[1].attributes[0].1, "O\"Hara, Bo");
}

async fn every_kind_of_bad_field_is_told_with_its_line_column_and_what_is_wrong(floor: Floor) {
    for (row, problem) in [
        (
            "1000@evil,x",
            "PHONE \"1000@evil\": '@' is not a digit; write digits only, with + in front if you like",
        ),
        (
            "100&PJSIP/x,x",
            "PHONE \"100&PJSIP/x\": '&' is not a digit; write digits only, with + in front if you like",
        ),
        ("100;x,x", "PHONE \"100;x\": ';' is not a digit; write digits only, with + in front if you like"),
        ("1234567890123456,x", "PHONE \"1234567890123456\": too long; E.164 allows at most 15 digits"),
        ("12,x", "PHONE \"12\": too short; a number has at least 3 digits"),
        (",x", "PHONE \"\": no digits; a number has 3 to 15 of them"),
        ("15550000001", "(row) \"\": 1 fields where the header has 2"),
        ("15550000001,x,y", "(row) \"\": 3 fields where the header has 2"),
        ("15550000001,\"a\rb\"", "NAME \"a\\rb\": has the control character '\\r'; remove it"),
        ("15550000001,a\0b", "NAME \"a\\0b\": has the control character '\\0'; remove it"),
    ] {
        let done = import_into_spring(&floor, format!("phone,name\n{row}\n15550000009,y\n")).await;
        let done = done.expect("read");
        assert_eq!((done.imported, done.preview.good, done.preview.bad_rows), (0, 1, 1), "{row:?}");
        let told = done.preview.to_string();
        assert!(told.contains(&format!("\n  line 2, {problem}")), "{row:?}: {told}");
    }
    let long = import_into_spring(&floor, format!("phone,name\n15550000001,{}\n", "x".repeat(1_001))).await;
    assert_eq!(long.expect("read").preview.bad[0].problem, "1001 bytes long; at most 1000 are taken");
    let junk = import_into_spring(&floor, b"phone,name\n15550000001,\xff\xfe\n").await;
    assert_eq!(junk.expect("read").preview.bad[0].problem, "not UTF-8 text");
    assert_eq!(floor.one("SELECT COUNT(*) FROM leads").await, "0");
}

async fn a_file_without_a_usable_header_is_refused_with_what_would_work(floor: Floor) {
    let header = |name: &str| format!("{name}\n15550000001\n").into_bytes();
    for (content, expected) in [
        (Vec::new(), BadHeader::Empty),
        (header("name"), BadHeader::NoNumber(String::from("NAME"))),
        (header("name;city"), BadHeader::NoNumber(String::from("NAME_CITY"))),
        (b"\xff\xfep\0h\0o\0n\0e\0\n".to_vec(), BadHeader::NotText),
        (b"\x7fELF\x02\x01\x01\0\0\0\xf0\x9f,\x80\n".to_vec(), BadHeader::NotText),
        (header("phone,Name,NAME"), BadHeader::Twice(String::from("NAME"))),
        (header("phone,15"), BadHeader::Name(String::from("15"))),
        (header("phone,"), BadHeader::Name(String::new())),
        (header("phone,campaign id"), BadHeader::Reserved(String::from("CAMPAIGN_ID"))),
        (header("Id,phone"), BadHeader::Reserved(String::from("ID"))),
        (header(&format!("phone{}", ",a".repeat(64))), BadHeader::TooMany(65)),
    ] {
        let problem = import_into_spring(&floor, &content).await.expect_err("no header");
        assert!(matches!(&problem, ImportError::Header(bad) if *bad == expected), "{problem}");
    }
    let both = import_into_spring(&floor, header("phone,number")).await.expect_err("ambiguous");
    assert_eq!(
        both.to_string(),
        "two columns are called `phone` and `number`, which are the same: rename or remove one of them"
    );
}

async fn a_missing_file_is_told_by_its_name(floor: Floor) {
    let plan = plan("no/such.csv".as_ref());
    let problem = preview(&floor.store, plan, &mut |_| ()).await.expect_err("no file");
    assert!(problem.to_string().starts_with("no/such.csv: "), "{problem}");
}

const MIXED: &str = "phone,name\n\
    15550000001,Ann\n\
    1000@evil,Mallory\n\
    +1 555 000 0001,Ann again\n\
    15550000002,Bob\n\
    15550000003,Cid\n";

async fn the_preview_tells_everything_and_changes_nothing(floor: Floor) {
    import_into_spring(&floor, "phone\n15550000003\n").await.expect("imported");
    let file = file(&floor, MIXED);
    let plan = plan(&file);
    let told = preview(&floor.store, plan, &mut |_| ()).await.expect("read");
    insta::assert_snapshot!(told, @r#"
    5 rows: 2 good, 1 bad, 1 twice in the file, 1 in the list already
    attributes: NAME
    read as:
      line 2: 15550000001, NAME "Ann"
      line 5: 15550000002, NAME "Bob"
    bad fields:
      line 3, PHONE "1000@evil": '@' is not a digit; write digits only, with + in front if you like
    duplicates:
      line 4, 15550000001: in an earlier row, of line 2; passed over
      line 6, 15550000003: in the list already, as lead 1; passed over
    "#);
    assert_eq!(floor.one("SELECT COUNT(*) FROM leads").await, "1");
}

async fn one_bad_row_keeps_all_out_unless_it_is_to_be_skipped(floor: Floor) {
    let blocked = import_into_spring(&floor, MIXED).await.expect("read");
    assert_eq!((blocked.id, blocked.imported, blocked.preview.good), (None, 0, 3));
    assert_eq!(floor.one("SELECT COUNT(*) FROM leads").await, "0");
    let file = floor.path("leads.csv");
    let plan = Plan { skip_bad: true, ..plan(&file) };
    let done = import(&floor.store, plan, &mut |_| ()).await.expect("imported");
    assert_eq!((done.id, done.imported, done.queued), (Some(ImportId(1)), 3, 3));
    let again = import(&floor.store, plan, &mut |_| ()).await.expect("read");
    assert_eq!(
        (again.imported, again.queued, again.preview.in_list),
        (0, 0, 3),
        "a second time changes nothing"
    );
    assert_eq!(again.preview.earlier, Some(ImportId(1)), "and says so");
    let elsewhere = Plan { list: "others", campaigns: &[AUTUMN], ..plan };
    assert_eq!(import(&floor.store, elsewhere, &mut |_| ()).await.expect("imported").imported, 3);
    assert_eq!(floor.one("SELECT COUNT(*) FROM queue").await, "6");
}

async fn a_lead_has_further_numbers_and_a_zone(floor: Floor) {
    let done = import_into_spring(
        &floor,
        "phone,phone2,phone_3,zone,name\n\
         101,102,103,Europe/Amsterdam,Ann\n\
         201,,203,,Bob\n\
         301,301,302,,Cid\n",
    )
    .await
    .expect("imported");
    assert_eq!((done.imported, done.preview.attributes), (3, vec![String::from("NAME")]));
    let numbers = "SELECT string_agg(leads.number || ' ' || ord || ' ' || lead_numbers.number, ', ' ORDER BY lead_id, ord) \
                   FROM lead_numbers JOIN leads ON leads.id = lead_id";
    assert_eq!(floor.one(numbers).await, "101 2 102, 101 3 103, 201 3 203, 301 3 302");
    let zones = "SELECT string_agg(COALESCE(zone, '-'), ' ' ORDER BY id) FROM leads";
    assert_eq!(floor.one(zones).await, "Europe/Amsterdam - -");
    let wrong =
        import_into_spring(&floor, "phone,phone2,zone\n401,4x2,Europe/Amsterdm\n").await.expect("read");
    insta::assert_snapshot!(wrong.preview, @r#"
    1 rows: 0 good, 1 bad, 0 twice in the file, 0 in the list already
    bad fields:
      line 2, PHONE2 "4x2": 'x' is not a digit; write digits only, with + in front if you like
      line 2, ZONE "Europe/Amsterdm": "Europe/Amsterdm" is no zone of the IANA database; did you mean Europe/Amsterdam?
    "#);
}

async fn columns_of_other_names_are_read_as_what_they_are_told_to_be(floor: Floor) {
    let file = file(&floor, "Klant,Telefoon,Mobiel,Naam\nk-1,101,102,Ann\n");
    let renamed =
        ["external_id=Klant", "phone=Telefoon", "phone2=Mobiel"].map(|text| text.parse().expect("a name"));
    let done =
        import(&floor.store, Plan { renamed: &renamed, ..plan(&file) }, &mut |_| ()).await.expect("imported");
    assert_eq!((done.imported, done.preview.attributes), (1, vec![String::from("NAAM")]));
    assert_eq!(floor.one("SELECT external_id || ' ' || number FROM leads").await, "k-1 101");
    let missing = ["phone=Telephone".parse().expect("a name")];
    let problem = preview(&floor.store, Plan { renamed: &missing, ..plan(&file) }, &mut |_| ()).await;
    assert_eq!(
        problem.expect_err("no such column").to_string(),
        "no column is called \"Telephone\", which was to be read as phone; the columns are Klant, Telefoon, Mobiel, Naam"
    );
}

async fn a_column_that_is_to_be_read_as_two_things_is_read_as_neither(floor: Floor) {
    let file = file(&floor, "Telefoon,Naam\n101,Ann\n");
    let renamed = ["phone=Telefoon", "external_id=Telefoon"].map(|text| text.parse().expect("a name"));
    let problem = preview(&floor.store, Plan { renamed: &renamed, ..plan(&file) }, &mut |_| ()).await;
    assert_eq!(
        problem.expect_err("read as the first alone").to_string(),
        "the column \"Telefoon\" was to be read as phone and as external_id, and is read as one thing only: copy it in the file"
    );
    let same = [renamed[0].clone(), renamed[0].clone()];
    let told = preview(&floor.store, Plan { renamed: &same, ..plan(&file) }, &mut |_| ()).await;
    assert_eq!(told.expect("said twice").good, 1);
}

async fn numbers_of_a_country_become_canonical_and_those_not_in_use_are_bad(floor: Floor) {
    let file = file(&floor, "phone\n020 123 4567\n+1 202 555 0123\n0031 20 1234567\n101\n");
    let numbering = Numbering::of("NL").expect("a country");
    let plan = Plan { numbering, skip_bad: true, ..plan(&file) };
    let done = import(&floor.store, plan, &mut |_| ()).await.expect("imported");
    insta::assert_snapshot!(done.preview, @r#"
    4 rows: 2 good, 1 bad, 1 twice in the file, 0 in the list already
    read as:
      line 2: 31201234567
      line 3: 12025550123
    bad fields:
      line 5, PHONE "101": is no number in use in NL; right would be such as 010 123 4567 or +31 10 123 4567
    duplicates:
      line 4, 31201234567: in an earlier row, of line 2; passed over
    "#);
    assert_eq!(
        floor.one("SELECT string_agg(number, ' ' ORDER BY id) FROM leads").await,
        "31201234567 12025550123"
    );
}

async fn every_error_is_in_the_file_for_errors(floor: Floor) {
    let rows: String = (0..1_500).map(|n| format!("{n}x,\"a, b\"\n")).collect();
    let (file, errors) = (file(&floor, format!("phone,name\n{rows}")), floor.path("errors.csv"));
    let plan = Plan { errors: Some(&errors), ..plan(&file) };
    let told = preview(&floor.store, plan, &mut |_| ()).await.expect("read");
    assert_eq!((told.bad_rows, told.bad.len()), (1_500, 1_000));
    assert!(told.to_string().ends_with("\n  and 980 more at least; --errors FILE lists all"), "{told}");
    let written = std::fs::read_to_string(&errors).expect("written");
    assert_eq!(written.lines().count(), 1_501);
    let last = "1501,PHONE,1499x,\"'x' is not a digit; write digits only, with + in front if you like\"";
    assert_eq!(
        (written.lines().next(), written.lines().last()),
        (Some("line,field,value,problem"), Some(last))
    );
}

/// Campaign, list and number of all queue items.
async fn queues(floor: &Floor) -> String {
    let queues = "SELECT COALESCE(string_agg(campaign_id || ' ' || COALESCE(lists.name, '-') || ' ' || queue.number, ', ' \
                      ORDER BY campaign_id, queue.id), 'none') \
                  FROM queue JOIN leads ON leads.id = lead_id LEFT JOIN lists ON lists.id = list_id";
    floor.one(queues).await
}

async fn leads_of_a_list_reach_every_campaign_that_dials_it_sooner_or_later(floor: Floor) {
    let path = file(&floor, "phone\n101\n102\n");
    let nobody = Plan { campaigns: &[], ..plan(&path) };
    let done = import(&floor.store, nobody, &mut |_| ()).await.expect("imported");
    assert_eq!((done.imported, done.queued, queues(&floor).await.as_str()), (2, 0, "none"));
    let members = floor.store.find_list("members").await.expect("asked").expect("made by the import");
    let attached = floor.store.attach(members, SPRING).await.expect("attached");
    assert_eq!(attached, Filled { seen: 2, added: 2 });
    assert_eq!(floor.store.attach(members, SPRING).await.expect("again"), Filled::default());
    file(&floor, "phone\n103\n");
    let done = import(&floor.store, nobody, &mut |_| ()).await.expect("imported");
    assert_eq!((done.imported, done.queued), (1, 1), "it dials what comes later too");
    floor.store.attach(members, AUTUMN).await.expect("attached");
    assert_eq!(
        queues(&floor).await,
        "1 members 101, 1 members 102, 1 members 103, 2 members 101, 2 members 102, 2 members 103"
    );
}

async fn a_number_that_a_campaign_has_by_another_list_is_not_dialled_there_twice(floor: Floor) {
    let path = file(&floor, "phone\n101\n102\n");
    import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
    file(&floor, "phone\n102\n103\n");
    let others = Plan { list: "others", ..plan(&path) };
    let done = import(&floor.store, others, &mut |_| ()).await.expect("imported");
    assert_eq!((done.imported, done.queued), (2, 1));
    insta::assert_snapshot!(done.preview, @"
    2 rows: 2 good, 0 bad, 0 twice in the file, 0 in the list already
    1 of the good ones are in a campaign already, by another list
    read as:
      line 2: 102
      line 3: 103
    duplicates:
      line 2, 102: in a campaign already, as lead 2 of the list members
    ");
    assert_eq!(queues(&floor).await, "1 members 101, 1 members 102, 1 others 103");
    let members = floor.store.find_list("members").await.expect("asked").expect("made by the import");
    assert_eq!(floor.store.detach(members, SPRING).await.expect("detached"), (2, 0));
    assert_eq!(queues(&floor).await, "1 others 103, 1 others 102", "by the list that it has it by now");
}

fn many(count: u64) -> String {
    let rows: String = (0..count).map(|n| format!("{}\n", 15_550_000_000 + n)).collect();
    format!("phone\n{rows}")
}

async fn an_import_that_breaks_off_is_gone_on_with_by_the_same_import_again(floor: Floor) {
    let (path, content) = (file(&floor, many(12_500)), many(12_500));
    // The file is cut short while it is inserted, so that its end is not found.
    let mut cut = false;
    let broken = import(&floor.store, plan(&path), &mut |progress| {
        if progress.pass == Pass::Insert && !cut {
            cut = true;
            std::fs::write(&path, &content[..content.len() / 2]).expect("written");
        }
    })
    .await
    .expect_err("it broke off")
    .to_string();
    assert_eq!(
        broken,
        "import 1 broke off after 10000 leads: the file changed while it was read; the same import again goes on with it, \
         `import --undo 1` takes it back"
    );
    assert_eq!(floor.one("SELECT COUNT(*) FROM queue").await, "10000", "nothing of what was read later");
    file(&floor, &content);
    let done = import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
    assert_eq!((done.id, done.preview.earlier), (Some(ImportId(1)), Some(ImportId(1))));
    assert_eq!((done.imported, done.queued), (2_500, 2_500));
    for count in [
        "SELECT COUNT(*) FROM leads",
        "SELECT COUNT(*) FROM queue",
        "SELECT COUNT(DISTINCT import_id) * 12500 FROM leads",
    ] {
        assert_eq!(floor.one(count).await, "12500", "{count}");
    }
    let cards = imports(&floor.store).await.expect("read");
    assert_eq!((cards.len(), cards[0].state.as_str(), cards[0].leads), (1, "done", 12_500));
}

async fn an_import_that_breaks_off_at_its_end_is_done_by_the_same_import_again(floor: Floor) {
    let path = file(&floor, "phone\n101\n102\n");
    import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
    // As if it had been killed before its last steps.
    floor.sql("UPDATE imports SET state = 'open'").await;
    let done = import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
    assert_eq!((done.id, done.imported, done.queued), (Some(ImportId(1)), 0, 0));
    let cards = imports(&floor.store).await.expect("read");
    assert_eq!((cards.len(), cards[0].state.as_str(), cards[0].leads), (1, "done", 2));
}

async fn what_was_not_dialled_of_an_import_can_be_taken_back_and_comes_again_when_asked_for(floor: Floor) {
    let path = file(&floor, "phone,phone2\n101,901\n102,902\n103,903\n104,904\n");
    import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
    let mut pen = floor.writer();
    let (items, _) = pen.fetch(SPRING, 2).await;
    let call = request(SPRING, &items[0], 1);
    assert_eq!(pen.save(call.clone()).await, Outcome::Done);
    let fate = Fate::Retry(engine::words::Micros(4_000_000_000_000_000));
    pen.record(engine::call::Record { fate, ..record(&call, How::Busy) }).await;
    let undone = undo(&floor.store, ImportId(1)).await.expect("undone");
    assert_eq!(undone, Undone { import: ImportId(1), taken_back: 2, dialled: 1, held: 1, decided: 0 });
    assert_eq!(queues(&floor).await, "1 members 101, 1 members 102");
    assert_eq!(
        floor.one("SELECT string_agg(number, ' ' ORDER BY number) FROM lead_numbers").await,
        "901 902"
    );
    let done = import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
    assert_eq!(
        (done.id, done.imported, done.queued),
        (Some(ImportId(2)), 2, 2),
        "their ids are given out again"
    );
    assert_eq!(queues(&floor).await, "1 members 101, 1 members 102, 1 members 103, 1 members 104");
    let states: Vec<String> = imports(&floor.store)
        .await
        .expect("read")
        .iter()
        .map(|card| format!("{} {}", card.state, card.leads))
        .collect();
    assert_eq!(states, ["done 2", "undone 2"]);
    let problem = undo(&floor.store, ImportId(9)).await.expect_err("none").to_string();
    assert_eq!(problem, "there is no import 9; `list imports` shows all");
}

async fn what_is_decided_of_an_import_stays_though_nobody_holds_it(floor: Floor) {
    let path = file(&floor, "phone\n101\n102\n103\n");
    import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
    floor.sql("UPDATE queue SET state = 'exhausted', last_result = 'do_not_call' WHERE number = '101'").await;
    let agreed = Agreement { at: floor.store.clock().now() + Span::secs(3_600), agent: None, note: None };
    floor.store.agree(QueueId(2), &agreed).await.expect("agreed");
    let undone = undo(&floor.store, ImportId(1)).await.expect("undone");
    assert_eq!(undone, Undone { import: ImportId(1), taken_back: 1, dialled: 0, held: 0, decided: 2 });
}

async fn a_list_that_is_dialled_no_longer_leaves_what_was_begun_with(floor: Floor) {
    let path = file(&floor, "phone\n101\n102\n103\n");
    import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
    floor.writer().open(SPRING, 1).await;
    let agreed = Agreement { at: floor.store.clock().now() + Span::secs(3_600), agent: None, note: None };
    floor.store.agree(QueueId(2), &agreed).await.expect("agreed");
    let members = floor.store.find_list("members").await.expect("asked").expect("made by the import");
    assert_eq!(floor.store.detach(members, SPRING).await.expect("detached"), (1, 2));
    assert_eq!(queues(&floor).await, "1 members 101, 1 members 102");
    file(&floor, "phone\n104\n");
    let later = Plan { campaigns: &[], ..plan(&path) };
    assert_eq!(import(&floor.store, later, &mut |_| ()).await.expect("imported").queued, 0);
    assert_eq!(floor.store.attach(members, SPRING).await.expect("attached"), Filled { seen: 4, added: 2 });
}

async fn whom_agents_skipped_is_forgotten_with_the_lead_since_its_id_is_given_out_again(floor: Floor) {
    let path = file(&floor, "phone\n101\n102\n");
    import(&floor.store, plan(&path), &mut |_| ()).await.expect("imported");
    let skipped = "INSERT INTO skips VALUES (1, 1, 0), (2, 1, 0), (2, 2, 1)";
    floor.sql(skipped).await;
    floor.writer().open(SPRING, 1).await;
    let members = floor.store.find_list("members").await.expect("asked").expect("made by the import");
    assert_eq!(floor.store.detach(members, SPRING).await.expect("detached"), (1, 1));
    assert_eq!(floor.rows("SELECT queue_id FROM skips").await, ["1"], "of whom the campaign has begun with");

    floor.store.attach(members, SPRING).await.expect("attached");
    floor.sql("INSERT INTO skips VALUES (2, 1, 0)").await;
    assert_eq!(undo(&floor.store, ImportId(1)).await.expect("undone").taken_back, 1);
    assert_eq!(floor.rows("SELECT queue_id FROM skips").await, ["1"]);
}

async fn progress_reaches_the_end_of_the_file_in_both_passes(floor: Floor) {
    let content = many(12_500);
    let file = file(&floor, &content);
    let mut told = Vec::new();
    let done =
        import(&floor.store, plan(&file), &mut |progress| told.push(progress)).await.expect("imported");
    assert_eq!(done.imported, 12_500);
    let rows: Vec<(Pass, u64)> = told.iter().map(|progress| (progress.pass, progress.rows)).collect();
    let pass = |pass| [(pass, 10_000), (pass, 12_500), (pass, 12_500)];
    assert_eq!(rows, [pass(Pass::Check), pass(Pass::Insert)].concat());
    assert!(told.iter().all(|progress| progress.total_bytes == content.len() as u64));
    assert_eq!(told.last().map(|progress| progress.bytes), Some(content.len() as u64));
}

#[tokio::test]
async fn an_import_goes_on_where_postgres_cannot_count_its_rows_anew() {
    let Some(floor) = Floor::new(Dialect::Postgres).await else { return };
    let mut lock = floor.store.pool().begin().await.expect("a transaction");
    sqlx::query("LOCK TABLE leads IN SHARE UPDATE EXCLUSIVE MODE").execute(&mut *lock).await.expect("locked");
    let done = import_into_spring(&floor, "phone\n15550000001\n").await.expect("imported");
    assert_eq!((done.imported, done.queued), (1, 1));
}
