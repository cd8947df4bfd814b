use engine::Wish;
use engine::words::CampaignId;

use super::house::{House, Piped};
use crate::http::fake::{Fake, view};

/// Good rows, and one of each kind that must never become a lead.
const MIXED: &str = "phone,external id,first name
+1 (555) 000-0001,x-1,Ann
15550000002,x-2
1.555.000.0001,x-3,Ann again
1000@evil,x-4,Mallory
15550000004&PJSIP/x,x-5,Mallory
15550000005;rm,x-6,Mallory
1234567890123456,x-7,Mallory
15550000003,x-8,Cid
";

const GOOD: &str = "phone,name\n15550000001,Ann\n15550000002,Bob\n";

#[tokio::test]
async fn one_bad_row_keeps_all_out_and_each_is_told_with_what_is_wrong() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("leads.csv", MIXED);
    insta::assert_snapshot!(house.says(&["import", &file, "--campaign", "spring"]).await);
    let nobody = house.says(&["explain", "--number", "15550000001"]).await;
    assert_eq!(nobody, "no lead with the number 15550000001 is stored\nexit 1\n");
}

#[tokio::test]
async fn the_good_rows_of_a_bad_file_are_imported_where_that_is_asked_for_and_only_once() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("leads.csv", MIXED);
    let line = ["import", &file, "--campaign", "spring", "--skip-bad"];
    insta::assert_snapshot!(house.says(&line).await);
    let again = house.says(&line).await;
    assert!(again.contains("0 good, 5 bad, 1 twice in the file, 2 in the list already\nthe same file came before, as import 1"), "{again}");
    assert!(
        again.contains("Imported 0 leads into the list spring as import 1. 0 more to dial for spring."),
        "{again}"
    );
}

#[tokio::test]
async fn errors_are_not_written_over_the_leads() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("leads.csv", MIXED);
    let other = format!("{}/./leads.csv", house.folder().display());
    let told = house.says(&["import", &file, "--campaign", "spring", "--errors", &other]).await;
    let problem = "leads.csv: has the leads in it; name another file for the errors\nexit 1\n";
    assert!(told.ends_with(problem), "{told}");
    assert_eq!(std::fs::read_to_string(&file).expect("the leads"), MIXED);
}

#[tokio::test]
async fn leads_that_come_through_a_pipe_are_refused_before_anything_is_begun_with() {
    let house = House::new().await;
    house.migrate().await;
    let mut told = String::new();
    for separator in [",", ";"] {
        for how in ["--dry-run", "--json", "--skip-bad"] {
            let leads = Piped::new(GOOD.replace(',', separator));
            let said = house.says(&["import", &leads.path(), "--campaign", "spring", how]).await;
            told.push_str(&said.replace(&leads.path(), "[pipe]"));
        }
    }
    told.push_str(&house.says(&["list", "imports"]).await);
    let refused =
        "[pipe]: can be read only once, and leads are read twice: write them into a file first\nexit 1\n";
    assert_eq!(told, format!("{}nothing was imported yet\nexit 0\n", refused.repeat(6)));
}

#[tokio::test]
async fn one_lead_is_one_lead() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("one.csv", "phone\n15550000001\n");
    let line = ["import", &file, "--campaign", "spring"];
    let dry = house.says(&[&line[..], &["--dry-run"]].concat()).await;
    assert!(dry.contains("Dry run: 1 lead would be imported."), "{dry}");
    let told = house.says(&line).await;
    assert!(
        told.contains("Imported 1 lead into the list spring as import 1. 1 more to dial for spring."),
        "{told}"
    );
}

#[tokio::test]
async fn a_file_without_a_lead_makes_no_list_and_says_so() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("leads.csv", "phone\n12\n");
    let told =
        house.says(&["import", &file, "--list", "members", "--campaign", "spring", "--skip-bad"]).await;
    assert!(
        told.ends_with("\nThere is no lead to import, and no list members is made of none.\nexit 0\n"),
        "{told}"
    );
    let list = house.says(&["list", "show"]).await;
    assert_eq!(list, "there is no list yet; `import` makes one\nexit 0\n");
}

#[tokio::test]
async fn leads_whose_number_is_not_in_use_are_explained_by_it() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("leads.csv", "phone\n15550000001\n");
    house.says(&["import", &file, "--list", "members"]).await;
    house.settle_in("US");
    let mut told = String::new();
    for number in ["+1 555 000 0001", "(555) 000-0002", "555-0123"] {
        told.push_str(&house.says(&["explain", "--number", number]).await);
    }
    insta::assert_snapshot!(told, @"
    lead 1: 15550000001
      list        members
      external id -
    exit 0
    no lead with the number 15550000002 is stored
    exit 1
    --number is no number in use in US; right would be such as (201) 555-0123 or +1 201-555-0123
    exit 2
    ");
}

#[tokio::test]
async fn a_number_that_is_not_in_use_is_told_and_keeps_no_lead_from_being_dialled() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("leads.csv", "phone\n15550000001\n");
    house.says(&["import", &file, "--campaign", "spring"]).await;
    house.settle_in("US");
    let explained = house.says(&["explain", "--number", "+1 555 000 0001"]).await;
    let stands: Vec<&str> = explained.lines().skip_while(|line| !line.starts_with("  now")).collect();
    insta::assert_snapshot!(stands.join("\n"), @"
      now         nothing of its own keeps it from being dialled
      number      15550000001 is no number in use in US; right would be such as (201) 555-0123 or +1 201-555-0123; that does not keep it from being dialled
    exit 0
    ");
    insta::assert_snapshot!(house.says(&["campaign", "preflight", "spring"]).await, @"
    1 leads: 1 diallable, 1 of them by a number that is not in use. No estimate: it has too few calls of the last 7 days, or no agents.
    exit 0
    ");
}

#[tokio::test]
async fn a_dry_run_tells_what_would_happen_and_imports_nothing() {
    let house = House::new().await;
    house.migrate().await;
    let good = house.write("good.csv", GOOD);
    let dry = ["import", &good, "--campaign", "spring", "--dry-run"];
    insta::assert_snapshot!(house.says(&dry).await);
    let bad = house.write("bad.csv", MIXED);
    let told = house.says(&["import", &bad, "--campaign", "spring", "--dry-run"]).await;
    assert!(told.contains("nothing would be imported: 5 of 8 rows are bad"), "{told}");
    let nobody = house.says(&["explain", "--lead", "1"]).await;
    assert_eq!(nobody, "no lead 1 is stored\nexit 1\n");
}

#[tokio::test]
async fn for_programs_an_import_is_one_json_object() {
    let house = House::new().await;
    house.migrate().await;
    let good = house.write("good.csv", GOOD);
    insta::assert_snapshot!(house.says(&["import", &good, "--campaign", "spring", "--json"]).await);
    let bad = house.write("bad.csv", MIXED);
    insta::assert_snapshot!(house.says(&["import", &bad, "--campaign", "spring", "--json"]).await);
}

#[tokio::test]
async fn what_an_import_needs_is_asked_for() {
    let house = House::new().await;
    let file = house.write("good.csv", GOOD);
    let line = ["import", &file, "--campaign", "spring"];
    let none = house.says(&line).await;
    assert_eq!(none, "there is no database yet: run `ari-shell migrate` first\nexit 1\n");
    house.migrate().await;
    let unknown = house.says(&["import", &file, "--campaign", "autumn"]).await;
    assert_eq!(unknown, "there is no campaign \"autumn\"; known: spring, callbacks\nexit 1\n");
    let missing = house.says(&["import", "no/such.csv", "--campaign", "spring"]).await;
    assert_eq!(missing, "no/such.csv: No such file or directory (os error 2)\nexit 1\n");
}

#[tokio::test]
async fn a_running_shell_is_told_of_new_leads() {
    let fake = Fake::start(Ok(()), view()).await;
    let config = fake.config_file();
    super::ok(&config, &["migrate"]).await;
    let file = config.with_file_name("good.csv");
    std::fs::write(&file, GOOD).expect("a file");
    let file = file.to_str().expect("UTF-8");
    let dry = ["import", file, "--campaign", "spring sale", "--dry-run"];
    super::ok(&config, &dry).await;
    assert_eq!(fake.wishes(), []);
    let told = super::ok(&config, &dry[..4]).await;
    assert!(
        told.ends_with("Imported 2 leads into the list spring sale as import 1. 2 more to dial for spring sale. The running shell \
             knows of them.\n"),
        "{told}"
    );
    assert_eq!(fake.wishes(), [Wish::LeadsAdded(CampaignId(1))]);
}

#[tokio::test]
async fn a_quote_that_is_never_closed_keeps_all_out_whatever_may_be_skipped() {
    let house = House::new().await;
    house.migrate().await;
    let few = "phone,name\n15550000001,Ann\n15550000002,\"Bob\n15550000003,Cid\n";
    let rows: String = (0..2_000).map(|n| format!("{},x\n", 15_550_001_000_u64 + n)).collect();
    // The next quote is not the one that closes it.
    let another = "phone,name\n15550000001,Ann\n15550000002,\"Bob\n15550000003,\"Cid\"\n15550000004,Dan\n";
    for content in [few, &format!("{few}{rows}"), another] {
        let file = house.write("leads.csv", content);
        for how in ["--skip-bad", "--dry-run", "--json"] {
            let told = house.says(&["import", &file, "--campaign", "spring", how]).await;
            assert_eq!(
                told,
                "[folder]/leads.csv: the quote that opens on line 3 is never closed, and would swallow the rows below it: close \
                 it or take it out; nothing is imported, also with --skip-bad\nexit 1\n"
            );
        }
    }
    assert_eq!(house.says(&["explain", "--lead", "1"]).await, "no lead 1 is stored\nexit 1\n");
    let file = house
        .write("leads.csv", "phone,name\n15550000001,\"Ann\"\"s \"\"house\"\"\"\n15550000002,5\" pipe\n");
    let told = house.says(&["import", &file, "--campaign", "spring"]).await;
    assert!(told.contains("Imported 2 leads"), "{told}");
}

#[tokio::test]
async fn rows_are_told_by_the_lines_that_an_editor_shows_however_lines_end() {
    let house = House::new().await;
    house.migrate().await;
    let rows = ["phone,name", "15550000001,Ann", "12,Bob", "", "15550000003,\"C", "id\"", "15550000004,Dan"];
    let mut all = Vec::new();
    for end in ["\n", "\r\n", "\r"] {
        let file = house.write("leads.csv", &format!("{}{end}", rows.join(end)));
        let errors = house.path("errors.csv").display().to_string();
        let told = house.says(&["import", &file, "--campaign", "spring", "--errors", &errors]).await;
        let lines: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("  line ")).collect();
        let begins: Vec<&str> = lines.iter().filter_map(|line| line.split([':', ',']).next()).collect();
        let mut written = csv::Reader::from_path(&errors).expect("written");
        let written = written.records().map(|row| row.expect("a row")[0].to_owned()).collect::<Vec<_>>();
        all.push(format!("{} and {}", begins.join(" "), written.join(" ")));
    }
    assert_eq!(all, ["2 7 3 5 and 3 5"; 3]);
}

#[tokio::test]
async fn a_file_whose_columns_are_separated_by_semicolons_or_tabs_is_read_by_its_header() {
    let house = House::new().await;
    house.migrate().await;
    for (list, separator) in [("semicolons", ";"), ("tabs", "\t")] {
        let rows = ["phone,name", "15550000001,\"Bolt, Ann\"", "15550000002,Bob"];
        let content = rows.join("\n").replace(',', separator).replace(&format!("Bolt{separator}"), "Bolt,");
        let file = house.write("leads.csv", &content);
        let told = house.says(&["import", &file, "--list", list]).await;
        assert!(told.contains("line 2: 15550000001, NAME \"Bolt, Ann\"\n"), "{told}");
        assert!(told.contains("Imported 2 leads"), "{told}");
    }
    let file = house.write("leads.csv", "telefoon;naam\n15550000001;Ann\n");
    let told = house.says(&["import", &file, "--list", "others"]).await;
    assert_eq!(
        told,
        "no column is called `phone` or `number`; the columns are TELEFOON_NAAM. The first row names the columns, separated by \
         commas, semicolons or tabs\nexit 1\n"
    );
}
