use super::house::{House, Piped};

#[tokio::test]
async fn numbers_and_areas_go_on_lists_and_off_them_and_are_found_there() {
    let house = House::new().await;
    house.configure("hunter2", "[[do_not_call]]\nname = 'registry'\nmax_age = '31d'\n");
    house.migrate().await;
    house.register().await;
    let file = house.write("registry.csv", "number\n15550000001\n+1900*\n");
    let wrong = house.write("wrong.csv", "number\n15550000001\n12\n");
    let mut told = String::new();
    for line in [
        &["dnc", "import", &file, "--list", "registry", "--dated", "2026-02-03"][..],
        &["dnc", "import", &wrong, "--list", "registry"],
        &["dnc", "show"],
        &["dnc", "add", "15550000001"],
        &["dnc", "add", "15550000001"],
        &["dnc", "add", "+1900*"],
        &["dnc", "add", "12"],
        &["dnc", "add", "15550000001", "--list", "registri"],
        &["dnc", "check", "15550000001"],
        &["dnc", "check", "19005550000"],
        &["dnc", "check", "15550000002"],
        &["dnc", "remove", "15550000001"],
        &["dnc", "remove", "15550000001"],
        &["dnc", "check", "15550000001"],
    ] {
        let shown = line.join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {shown}\n{}\n", house.says(line).await));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn programs_learn_of_lists_by_json_and_of_a_number_by_the_exit_code() {
    let house = House::new().await;
    house.configure("hunter2", "[[do_not_call]]\nname = 'registry'\nmax_age = '31d'\neveryone = true\n");
    house.migrate().await;
    house.register().await;
    let leads = house.write("leads.csv", "phone\n15550000001\n19005550001\n");
    house.says(&["import", &leads, "--campaign", "spring"]).await;
    let file = house.write("registry.csv", "number\n15550000001\n15550000001\n");
    let import = ["dnc", "import", &file, "--list", "registry", "--dated", "2026-02-03", "--json"];
    let mut told = String::new();
    for line in [
        &["dnc", "check", "15550000001", "--json"][..],
        &["dnc", "add", "15550000009", "--json", "--list", "registry"],
        &import[..],
        &[&import[..], &["--replace"]].concat(),
        &["dnc", "add", "+1900*", "--list", "registry", "--json"],
        &["dnc", "check", "19005550001", "--json"],
        &["dnc", "check", "12", "--json"],
        &["dnc", "show", "--json"],
        &["dnc", "remove", "+1900*", "--list", "registry", "--json"],
        &["dnc", "remove", "+1900*", "--list", "registry", "--with-leads", "--json"],
    ] {
        let shown = line.join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {shown}\n{}\n", house.says(line).await));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn all_numbers_are_taken_of_a_registry_that_comes_through_a_pipe() {
    let house = House::new().await;
    house.migrate().await;
    let numbers: String = (0..5_000).map(|n| format!("{}\n", 15_550_000_000_u64 + n)).collect();
    for heading in ["", "number\n", "number;name\n"] {
        let registry = Piped::new(format!("{heading}{numbers}"));
        let import = ["dnc", "import", &registry.path(), "--list", "house", "--dated", "2026-02-03"];
        assert_eq!(
            house.says(&import).await,
            "house: 5000 entries hold from now on, as of 2026-02-03 00:00:00.000 UTC\nexit 0\n",
            "{heading}"
        );
    }
}

#[tokio::test]
async fn a_file_whose_numbers_are_in_two_columns_is_not_taken_for_one_of_areas() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("federal.csv", "area,number\n202,5550123\n202,5550124\n");
    let told = house.says(&["dnc", "import", &file, "--list", "house"]).await;
    insta::assert_snapshot!(told, @r#"
    [folder]/federal.csv:2: "202" is followed by "5550123", as if they were one number; write it whole into the first column, such as 2025550123; nothing of the file holds
    exit 1
    "#);
}

#[tokio::test]
async fn numbers_are_read_as_those_of_the_country_that_a_command_names() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("leads.csv", "phone\n020 123 4567\n");
    let mut told = String::new();
    for line in [
        &["import", &file, "--list", "members", "--country", "NL"][..],
        &["dnc", "add", "020 123 4567", "--country", "NL"],
        &["dnc", "check", "020 123 4567", "--country", "NL"],
        &["dnc", "check", "020 123 4567"],
        &["dnc", "add", "0900*", "--country", "NL"],
        &["explain", "--number", "020 123 4567", "--country", "NL"],
    ] {
        told.push_str(&format!(
            "> {}\n{}\n",
            line.join(" ").replace(&file, "leads.csv"),
            house.says(line).await
        ));
    }
    insta::assert_snapshot!(told, @r#"
    > import leads.csv --list members --country NL
    1 rows: 1 good, 0 bad, 0 twice in the file, 0 in the list already
    read as:
      line 2: 31201234567
    Imported 1 lead into the list members as import 1. No campaign dials it yet: `list attach` lets one.
    Its numbers were read as those of NL; other commands, such as `dnc add`, read them as they stand unless told --country too.
    exit 0

    > dnc add 020 123 4567 --country NL
    31201234567 is on the list house
    exit 0

    > dnc check 020 123 4567 --country NL
    31201234567 is on house
    exit 1

    > dnc check 020 123 4567
    0201234567 is on no list
    exit 0

    > dnc add 0900* --country NL
    "0900*": no number begins so once it is read: begin the area with its country's code, such as +1900*
    exit 2

    > explain --number 020 123 4567 --country NL
    lead 1: 31201234567
      list        members
      external id -
    exit 0
    "#);
}

#[tokio::test]
async fn a_registry_is_taken_with_the_numbers_that_are_not_in_use_by_what_is_known_here() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("registry.csv", "number\n2025550123\n5550000001\n(555) 000-0002\n+1900*\n");
    let wrong = house.write("wrong.csv", "number\n5550000001\n5550123\n");
    let import = ["dnc", "import", &file, "--list", "house", "--dated", "2026-02-03", "--country", "US"];
    let mut told = String::new();
    for line in [
        &import[..],
        &["dnc", "import", &wrong, "--list", "house", "--country", "US"],
        &["dnc", "check", "5550000001", "--country", "US"],
        &["dnc", "remove", "5550000001", "--country", "US"],
        &["dnc", "add", "5550000001", "--country", "US"],
        &["dnc", "add", "5550123", "--country", "US"],
        &["dnc", "check", "5550000001", "--country", "US"],
    ] {
        let shown = line.join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {shown}\n{}\n", house.says(line).await));
    }
    insta::assert_snapshot!(told, @r#"
    > dnc import [folder]/registry.csv --list house --dated 2026-02-03 --country US
    house: 4 entries hold from now on, as of 2026-02-03 00:00:00.000 UTC; not in use, as far as is known here, and taken all the same: 2
    exit 0

    > dnc import [folder]/wrong.csv --list house --country US
    [folder]/wrong.csv:3: "5550123": is no number in use in US; right would be such as (201) 555-0123 or +1 201-555-0123; nothing of the file holds
    exit 1

    > dnc check 5550000001 --country US
    15550000001 is on house
    exit 1

    > dnc remove 5550000001 --country US
    15550000001 is off the list house
    exit 0

    > dnc add 5550000001 --country US
    15550000001 is on the list house; it is not in use, as far as is known here
    exit 0

    > dnc add 5550123 --country US
    "5550123": is no number in use in US; right would be such as (201) 555-0123 or +1 201-555-0123
    exit 2

    > dnc check 5550000001 --country US
    15550000001 is on house
    exit 1
    "#);
}

#[tokio::test]
async fn a_file_without_an_entry_takes_the_place_of_one_with_some_only_where_that_is_said() {
    let house = House::new().await;
    house.migrate().await;
    house.says(&["dnc", "add", "15550000001"]).await;
    let mut told = String::new();
    for content in ["", "number\n"] {
        let file = house.write("house.csv", content);
        told.push_str(&house.says(&["dnc", "import", &file, "--list", "house"]).await);
    }
    told.push_str(&house.says(&["dnc", "check", "15550000001"]).await);
    let file = house.write("house.csv", "");
    let emptied =
        house.says(&["dnc", "import", &file, "--list", "house", "--dated", "2026-02-03", "--empty"]).await;
    told.push_str(&emptied);
    told.push_str(&house.says(&["dnc", "check", "15550000001"]).await);
    let told = told.replace(house.folder().to_str().expect("UTF-8"), "[folder]");
    insta::assert_snapshot!(told, @"
    [folder]/house.csv has no number and no area in it; house stays as it is. To take it all the same, say --empty
    exit 1
    [folder]/house.csv has no number and no area in it; house stays as it is. To take it all the same, say --empty
    exit 1
    15550000001 is on house
    exit 1
    house: 0 entries hold from now on, as of 2026-02-03 00:00:00.000 UTC; put there one by one and kept: 1
    exit 0
    15550000001 is on house
    exit 1
    ");
}

#[tokio::test]
async fn who_was_put_on_a_list_one_by_one_stays_there_when_a_file_is_imported_unless_they_are_replaced_too() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("house.csv", "15550000002\n15550000003\n");
    let import = &["dnc", "import", &file, "--list", "house", "--dated", "2026-02-03"][..];
    let replace = &[import, &["--replace"]].concat()[..];
    let mut told = String::new();
    for line in [
        import,
        &["dnc", "add", "15550000001"],
        &["dnc", "add", "15550000002"],
        &["dnc", "add", "+1900*"],
        import,
        &["dnc", "check", "15550000001"],
        &["dnc", "show"],
        replace,
        &["dnc", "check", "15550000001"],
        &["dnc", "check", "19005550000"],
        import,
    ] {
        let shown = line.join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {shown}\n{}\n", house.says(line).await));
    }
    insta::assert_snapshot!(told, @"
    > dnc import [folder]/house.csv --list house --dated 2026-02-03
    house: 2 entries hold from now on, as of 2026-02-03 00:00:00.000 UTC
    exit 0

    > dnc add 15550000001
    15550000001 is on the list house
    exit 0

    > dnc add 15550000002
    15550000002 is on the list house
    exit 0

    > dnc add +1900*
    1900* is on the list house; no lead that waits is in it
    exit 0

    > dnc import [folder]/house.csv --list house --dated 2026-02-03
    house: 2 entries hold from now on, as of 2026-02-03 00:00:00.000 UTC; put there one by one and kept: 3
    exit 0

    > dnc check 15550000001
    15550000001 is on house
    exit 1

    > dnc show
     list    numbers   areas   as of                         at most   kept to by
    ──────────────────────────────────────────────────────────────────────────────
     house   3         1900*   2026-02-03 00:00:00.000 UTC
    exit 0

    > dnc import [folder]/house.csv --list house --dated 2026-02-03 --replace
    house: 2 entries hold from now on, as of 2026-02-03 00:00:00.000 UTC; put there one by one and off it, unless the file has them: 3
    exit 0

    > dnc check 15550000001
    15550000001 is on no list
    exit 0

    > dnc check 19005550000
    19005550000 is on no list
    exit 0

    > dnc import [folder]/house.csv --list house --dated 2026-02-03
    house: 2 entries hold from now on, as of 2026-02-03 00:00:00.000 UTC
    exit 0
    ");
}

#[tokio::test]
async fn whoever_only_looks_leaves_the_rules_of_another_configuration_in_force() {
    let house = House::new().await;
    let campaign = "[[campaign]]\nname = 'weekly'\ncarriers = ['main']\n";
    let list = "[[do_not_call]]\nname = 'registry'\n";
    house.configure("hunter2", &format!("{list}{campaign}do_not_call = ['registry']\n"));
    house.migrate().await;
    house.register().await;
    let kept = house.says(&["dnc", "show"]).await;
    house.configure("hunter2", &format!("{list}{campaign}"));
    let file = house.folder().join("leads.csv").display().to_string();
    let told = house.says(&["export", &file, "--campaign", "weekly"]).await;
    assert!(told.ends_with("leads.csv: 0 rows\nexit 0\n"), "{told}");
    let told = house.says(&["campaign", "preflight", "weekly"]).await;
    assert!(told.ends_with("exit 0\n"), "{told}");
    assert_eq!(house.says(&["dnc", "show"]).await, kept);
}

#[tokio::test]
async fn a_date_to_come_and_a_bad_row_are_told_as_what_and_where_they_are() {
    let house = House::new().await;
    house.migrate().await;
    let file = house.write("house.csv", "number\n\n\n15550000001\nbad 1\n");
    let late = house.says(&["dnc", "import", &file, "--list", "house", "--dated", "9999-01-01"]).await;
    let bad = house.says(&["dnc", "import", &file, "--list", "house"]).await;
    let told = (late + &bad).replace(house.folder().to_str().expect("UTF-8"), "[folder]");
    insta::assert_snapshot!(told, @r#"
    --dated 9999-01-01 00:00:00.000 UTC: that is yet to come, and would vouch for house until long after it
    exit 2
    [folder]/house.csv:5: "bad 1": 'b' is not a digit; write digits only, with + in front if you like; nothing of the file holds
    exit 1
    "#);
}

#[tokio::test]
async fn a_registry_with_a_quote_that_is_never_closed_takes_the_place_of_nothing() {
    let house = House::new().await;
    house.migrate().await;
    house.says(&["dnc", "add", "15550000009"]).await;
    let file = house.write("registry.csv", "number,name\n15550000001,\"Ann\n15550000002,Bob\n");
    let told = house.says(&["dnc", "import", &file, "--list", "house"]).await;
    assert_eq!(
        told,
        "[folder]/registry.csv: the quote that opens on line 2 is never closed, and would swallow the rows below it: close it or \
         take it out; nothing of the file holds\nexit 1\n"
    );
    assert_eq!(house.says(&["dnc", "check", "15550000001"]).await, "15550000001 is on no list\nexit 0\n");
}

#[tokio::test]
async fn what_is_wrong_with_a_registry_is_told_by_the_line_that_an_editor_shows() {
    let house = House::new().await;
    house.migrate().await;
    for end in ["\n", "\r\n", "\r"] {
        let file = house.write("registry.csv", &["number", "15550000001", "", "12", ""].join(end));
        let told = house.says(&["dnc", "import", &file, "--list", "house"]).await;
        assert!(told.starts_with("[folder]/registry.csv:4: \"12\": too short"), "{end:?}: {told}");
    }
}

#[tokio::test]
async fn a_registry_whose_columns_are_separated_by_semicolons_or_tabs_is_read_by_its_heading() {
    let house = House::new().await;
    house.migrate().await;
    for separator in [";", "\t"] {
        let file = house
            .write("registry.csv", &["number,name", "15550000001,Ann"].join("\n").replace(',', separator));
        let told = house.says(&["dnc", "import", &file, "--list", "house", "--dated", "2026-02-03"]).await;
        assert_eq!(
            told, "house: 1 entries hold from now on, as of 2026-02-03 00:00:00.000 UTC\nexit 0\n",
            "{separator:?}"
        );
    }
}

#[tokio::test]
async fn an_area_is_put_on_a_list_with_whom_it_keeps_from_being_dialled_and_a_wide_one_only_where_that_is_said()
 {
    let house = House::new().await;
    house.migrate().await;
    house.register().await;
    let file = house.write("leads.csv", "phone\n15550000001\n15550000002\n19005550001\n31201234567\n");
    house.says(&["import", &file, "--campaign", "spring"]).await;
    house.says(&["import", &file, "--list", "others", "--campaign", "callbacks"]).await;
    let mut told = String::new();
    for line in [
        &["dnc", "add", "+1900*"][..],
        &["dnc", "add", "+1901*"],
        &["dnc", "add", "+1*"],
        &["dnc", "add", "+312*"],
        &["dnc", "add", "+1*", "--wide"],
        &["dnc", "add", "31201234567"],
        &["explain", "--number", "15550000002"],
        &["dnc", "remove", "+1*"],
        &["dnc", "remove", "+1*", "--with-leads"],
        &["dnc", "remove", "+1900*", "--with-leads"],
        &["dnc", "remove", "+1901*", "--with-leads"],
    ] {
        told.push_str(&format!("> {}\n{}\n", line.join(" "), house.says(line).await));
    }
    insta::assert_snapshot!(told, @"
    > dnc add +1900*
    1900* is on the list house; leads that waited and are never dialled now: 1 of spring, 1 of callbacks. `dnc remove 1900* --list house --with-leads` would take that back
    exit 0

    > dnc add +1901*
    1901* is on the list house; no lead that waits is in it
    exit 0

    > dnc add +1*
    +1* is a whole country, or much of one, of which nobody would be called any more; to put it on house all the same, say --wide
    exit 2

    > dnc add +312*
    +312* is a whole country, or much of one, of which nobody would be called any more; to put it on house all the same, say --wide
    exit 2

    > dnc add +1* --wide
    1* is on the list house; leads that waited and are never dialled now: 2 of spring, 2 of callbacks. `dnc remove 1* --list house --with-leads` would take that back
    exit 0

    > dnc add 31201234567
    31201234567 is on the list house
    exit 0

    > explain --number 15550000002
    lead 2: 15550000002
      list        spring
      external id -
    lead 6: 15550000002
      list        others
      external id -
    queue item 2 in spring, lead 2, 15550000002: exhausted, 0 attempts, last do_not_call
      now         it has come to its end: do_not_call
    queue item 6 in callbacks, lead 6, 15550000002: exhausted, 0 attempts, last do_not_call
      now         it has come to its end: do_not_call
    exit 0

    > dnc remove +1*
    1* is off the list house
    exit 0

    > dnc remove +1* --with-leads
    1* was not on the list house; leads that wait again: 2 of spring, 2 of callbacks. No shell runs; they are stored for the next one.
    exit 0

    > dnc remove +1900* --with-leads
    1900* is off the list house; leads that wait again: 1 of spring, 1 of callbacks. No shell runs; they are stored for the next one.
    exit 0

    > dnc remove +1901* --with-leads
    1901* is off the list house; no lead waits again by that
    exit 0
    ");
}
