use std::path::PathBuf;

use super::{BadHeader, Import, ImportError, Pass, Plan, import, preview};
use crate::store::testing::{AUTUMN, Floor, SPRING, on_each_database};

on_each_database! {
    good_rows_wait_in_the_campaign_in_the_order_of_the_file,
    every_kind_of_bad_field_is_told_with_its_line_column_and_what_is_wrong,
    a_file_without_a_usable_header_is_refused_with_what_would_work,
    a_missing_file_is_told_by_its_name,
    the_preview_tells_everything_and_changes_nothing,
    one_bad_row_keeps_all_out_unless_it_is_to_be_skipped,
    an_import_that_fails_late_leaves_nothing_behind,
    progress_reaches_the_end_of_the_file_in_both_passes,
}

fn file(floor: &Floor, content: impl AsRef<[u8]>) -> PathBuf {
    let path = floor.path("leads.csv");
    std::fs::write(&path, content).expect("written");
    path
}

async fn import_into_spring(floor: &Floor, content: impl AsRef<[u8]>) -> Result<Import, ImportError> {
    let file = file(floor, content);
    import(&floor.store, Plan { file: &file, campaign: SPRING, skip_bad: false }, &mut |_| ()).await
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
        (header("phone;name"), BadHeader::NoNumber(String::from("PHONE_NAME"))),
        (b"\xff\xfep\0h\0o\0n\0e\0\n".to_vec(), BadHeader::NotText),
        (b"\x7fELF\x02\x01\x01\0\0\0\xf0\x9f,\x80\n".to_vec(), BadHeader::NotText),
        (header("phone,Name,NAME"), BadHeader::Twice(String::from("NAME"))),
        (header("phone,15"), BadHeader::Name(String::from("15"))),
        (header("phone,"), BadHeader::Name(String::new())),
        (header("phone,campaign id"), BadHeader::Reserved(String::from("CAMPAIGN_ID"))),
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
    let plan = Plan { file: "no/such.csv".as_ref(), campaign: SPRING, skip_bad: false };
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
    floor.leads(SPRING, &["15550000003"]).await;
    let file = file(&floor, MIXED);
    let plan = Plan { file: &file, campaign: SPRING, skip_bad: false };
    let told = preview(&floor.store, plan, &mut |_| ()).await.expect("read");
    insta::assert_snapshot!(told, @r#"
    5 rows: 2 good, 1 bad, 1 twice in the file, 1 in the campaign already
    attributes: NAME
    bad fields:
      line 3, PHONE "1000@evil": '@' is not a digit; write digits only, with + in front if you like
    passed over:
      line 4, 15550000001: in an earlier row
      line 6, 15550000003: in the campaign already
    "#);
    assert_eq!(floor.one("SELECT COUNT(*) FROM leads").await, "1");
}

async fn one_bad_row_keeps_all_out_unless_it_is_to_be_skipped(floor: Floor) {
    let blocked = import_into_spring(&floor, MIXED).await.expect("read");
    assert_eq!((blocked.imported, blocked.preview.good), (0, 3));
    assert_eq!(floor.one("SELECT COUNT(*) FROM leads").await, "0");
    let file = floor.path("leads.csv");
    let plan = Plan { file: &file, campaign: SPRING, skip_bad: true };
    let done = import(&floor.store, plan, &mut |_| ()).await.expect("imported");
    assert_eq!(done.imported, 3);
    let again = import(&floor.store, plan, &mut |_| ()).await.expect("read");
    assert_eq!((again.imported, again.preview.in_campaign), (0, 3), "a second time changes nothing");
    let elsewhere = Plan { campaign: AUTUMN, ..plan };
    assert_eq!(import(&floor.store, elsewhere, &mut |_| ()).await.expect("imported").imported, 3);
    assert_eq!(floor.one("SELECT COUNT(*) FROM queue").await, "6");
}

async fn an_import_that_fails_late_leaves_nothing_behind(floor: Floor) {
    let mut content = String::from("phone\n");
    for n in 0..120 {
        content.push_str(&format!("{}\n", 15_550_000_000_u64 + n));
    }
    let file = file(&floor, content);
    let plan = Plan { file: &file, campaign: SPRING, skip_bad: false };
    // The file grows while it is inserted.
    let mut grown = false;
    let changed = import(&floor.store, plan, &mut |progress| {
        if progress.pass == Pass::Insert && !grown {
            grown = true;
            let old = std::fs::read_to_string(&file).expect("read");
            std::fs::write(&file, old + "15559999999\n").expect("written");
        }
    })
    .await;
    assert!(matches!(changed, Err(ImportError::Changed)), "{changed:?}");
    assert_eq!(floor.one("SELECT COUNT(*) FROM leads").await, "0");
    assert_eq!(floor.one("SELECT COUNT(*) FROM queue").await, "0");
}

async fn progress_reaches_the_end_of_the_file_in_both_passes(floor: Floor) {
    let mut content = String::from("phone\n");
    for n in 0..120 {
        content.push_str(&format!("{}\n", 15_550_000_000_u64 + n));
    }
    let file = file(&floor, &content);
    let plan = Plan { file: &file, campaign: SPRING, skip_bad: false };
    let mut told = Vec::new();
    let done = import(&floor.store, plan, &mut |progress| told.push(progress)).await.expect("imported");
    assert_eq!(done.imported, 120);
    let rows: Vec<(Pass, u64)> = told.iter().map(|progress| (progress.pass, progress.rows)).collect();
    let pass = |pass| [(pass, 50), (pass, 100), (pass, 120)];
    assert_eq!(rows, [pass(Pass::Check), pass(Pass::Insert)].concat());
    assert!(told.iter().all(|progress| progress.total_bytes == content.len() as u64));
    assert_eq!(told.last().map(|progress| progress.bytes), Some(content.len() as u64));
}
