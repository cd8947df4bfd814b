//! What it costs to import a million leads, into SQLite and into PostgreSQL: how long `ari-shell import` takes from its
//! start to its end, and how much memory it has at most. One row in a hundred is bad; the rest must be in, and every bad
//! one listed.
//!
//! ```text
//! cargo build --release -p ari-shell
//! cargo bench -p tests --bench import
//! ```
//! Numbers are national ones of the Netherlands, each checked against the plan of numbers in use there; a lead has an
//! external id, a zone and two attributes. Both databases are in a temporary folder, and both write to the disk before they
//! answer. Memory and time on the processor are what `/proc` tells of the process, a server's are not in it.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, ExitCode};
use std::time::{Duration, Instant};

use tests::figures::Bounds;
use tests::house::program;
use tests::lab::postgres::Postgres;
use tests::lab::process;

/// Rows of the file.
const ROWS: u64 = 1_000_000;
/// One in so many is bad.
const BAD: u64 = 100;
/// How long an import may take.
const WITHIN: Duration = Duration::from_secs(60);
/// Memory that it may have, MiB.
const MEMORY: u64 = 300;

fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_leads(&folder.path().join("leads.csv")).expect("the file is written");
    let mut bounds = Bounds::default();
    let file = format!("sqlite://{}", folder.path().join("leads.db").display());
    measure("SQLite", folder.path(), &file, &mut bounds);
    if let Some(server) = Postgres::start() {
        measure("PostgreSQL", folder.path(), &server.database("import"), &mut bounds);
    }
    bounds.end()
}

fn write_leads(path: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "phone,external_id,zone,first name,city")?;
    for serial in 0..ROWS {
        // Numbers of people do not come in order: neighbours here are far from each other in every index.
        let line = serial * 7_919 % 10_000_000;
        let number = if serial % BAD == 0 { "010 12".to_owned() } else { format!("06 1{line:07}") };
        writeln!(file, "{number},customer-{serial},Europe/Amsterdam,Person {serial},Amsterdam")?;
    }
    file.flush()
}

fn measure(kind: &str, folder: &Path, url: &str, bounds: &mut Bounds) {
    let config = format!(
        "data_dir = \".\"\ncountry = \"NL\"\n[database]\nurl = \"{url}\"\n[ari]\npassword = \"none\"\n\
         [[carrier]]\nname = \"main\"\ntrunk = \"trunk\"\n[[campaign]]\nname = \"bench\"\ncarriers = [\"main\"]\n"
    );
    fs::write(folder.join("ringmaster.toml"), config).expect("the configuration is written");
    let migrated = shell(folder, &["migrate"]).wait().expect("it ends");
    assert!(migrated.success(), "the tables are made");

    let began = Instant::now();
    let import = ["import", "leads.csv", "--campaign", "bench", "--skip-bad", "--errors", "errors.csv"];
    let (cpu, peak) = watch(shell(folder, &import));
    let took = began.elapsed();
    let bad = fs::read_to_string(folder.join("errors.csv")).expect("errors").lines().count() as u64 - 1;
    let [took_s, cpu_s] = [took, cpu].map(|time| time.as_secs_f64());
    println!(
        "{kind:10} {ROWS} rows, {bad} of them bad: {took_s:.1} s, of the processor {cpu_s:.1} s, {peak} MiB at most"
    );
    bounds.hold(bad == ROWS / BAD, format!("{kind}: every bad row is listed"));
    bounds.hold(took < WITHIN, format!("{kind}: a million rows are imported within {WITHIN:?}"));
    bounds.hold(peak < MEMORY, format!("{kind}: that takes less than {MEMORY} MiB"));
}

fn shell(folder: &Path, line: &[&str]) -> Child {
    program("ari-shell").args(line).current_dir(folder).spawn().expect("ari-shell runs")
}

/// Time on the processor that a process has until it ends, and the most memory, MiB; both as last seen.
fn watch(mut child: Child) -> (Duration, u64) {
    let (mut cpu, mut peak) = (Duration::ZERO, 0);
    loop {
        if let Some(ended) = child.try_wait().expect("it is ours") {
            assert!(ended.success(), "it does what it is asked");
            return (cpu, peak / 1_024);
        }
        cpu = process::cpu(child.id()).unwrap_or(cpu);
        peak = process::peak_memory(child.id()).unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(20));
    }
}
