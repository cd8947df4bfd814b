//! Reports of the simulator, opened in a real browser as their readers do.

use std::path::{Path, PathBuf};

use serde_json::Value;
use simulator::limit::{self, Case};
use simulator::report;
use simulator::scenario::{Draft, pacing};
use simulator::study::design::Design;
use simulator::study::experiment::Experiment;
use simulator::study::surroundings::Surroundings;
use tests::browser::{self, Browser};

/// A desk and a telephone.
const WIDTHS: [u32; 2] = [1280, 400];

/// Texts of a plot that lie on each other, or reach out of the page.
const CLASHES: &str = "
(() => {
  const clashes = [];
  for (const plot of document.querySelectorAll('svg.plot')) {
    if (getComputedStyle(plot).display === 'none') continue;
    const boxes = [...plot.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
    boxes.forEach(([words, box], nth) => {
      if (box.left < 0 || box.right > innerWidth) clashes.push(words + ' leaves the page');
      for (const [others, other] of boxes.slice(nth + 1)) {
        const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
        const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
        if (across > 1 && down > 3) clashes.push(plot.ariaLabel + ': ' + words + ' on ' + others);
      }
    });
  }
  return clashes;
})()";

#[tokio::test]
async fn a_report_opens_in_a_browser_without_a_complaint_at_any_width() {
    if !browser::ready() {
        return;
    }
    let mut browser = Browser::start().await.expect("a browser");
    let played = designs().map(|(name, design)| (name, played(&design)));
    let case =
        Case { agents: 12, answer_rate: 0.3, talk_s: 120.0, ring_s: 10.0, drop: 0.03, patience_s: 2.0 };
    let optimum = limit::solve(&case).expect("it can be solved");
    let limit = ("limit", report::limit_html(&case, &optimum));
    for (name, html) in played.into_iter().chain([limit]) {
        let file = written(name, &html);
        for width in WIDTHS {
            let opened = browser.open(&file, width).await.expect("it opens");
            let what = format!("{name} at {width}");
            std::fs::write(file.with_extension(format!("{width}.png")), &opened.picture).expect("a picture");
            assert_eq!(opened.complaints, Vec::<String>::new(), "{what}");
            assert_eq!(opened.fetched, Vec::<String>::new(), "{what}: it is one file");
            let wide = browser.value("document.documentElement.scrollWidth").await.expect("a width");
            assert_eq!(wide, width, "{what} is wider than the page");
            let clashes = browser.value(CLASHES).await.expect("a list");
            assert_eq!(clashes, Value::Array(vec![]), "{what}");
            let plots =
                "[...document.querySelectorAll('svg.plot')].filter(plot => plot.clientHeight > 100).length";
            let least = if name == "limit" { 2 } else { 6 };
            assert!(
                browser.value(plots).await.expect("a number").as_u64() >= Some(least),
                "{what} has its plots"
            );
        }
    }
}

/// A run, a sweep and a comparison, of short days.
fn designs() -> [(&'static str, Design); 3] {
    let mut draft = Draft::load("realistic-step").expect("a preset");
    for (field, value) in [("shift.days", 3), ("agents.count", 5)] {
        draft = draft.with(field, value.into(), "the test").expect("it fits");
    }
    draft = draft.with("shift.hours", 0.5.into(), "the test").expect("it fits");
    draft = draft.paced(&pacing("predictive").expect("a policy")).expect("it fits");
    let over = "callees.answer_rate.flat=0.1..0.5:5".parse().expect("values");
    let policies = ["progressive", "ratio=2.5", "predictive"].map(|text| pacing(text).expect("a policy"));
    [
        ("run", Design::run(draft.clone())),
        ("sweep", Design::sweep(&draft, &over).expect("it fits")),
        ("compare", Design::compare(&[draft], &policies).expect("they fit")),
    ]
}

/// The report on a design.
fn played(design: &Design) -> String {
    let around = Surroundings::of(design);
    let experiment = Experiment::play(design.clone(), 1, None, || {});
    report::html(&experiment, &around.play(&experiment, || {}))
}

/// A file that stays for whoever wants to see it, and so do the pictures beside it.
fn written(name: &str, html: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(format!("{name}.html"));
    std::fs::write(&file, html).expect("a file");
    file
}
