//! How long a person waits for the page on a mobile line: 9 Mbit/s, round trips of 170 ms.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{QUICK, Window, page};
use crate::support::chromium::Chromium;

/// Bytes a second of 9 Mbit/s.
const BYTES_A_SECOND: f64 = 9e6 / 8.0;
/// What a request waits for its answer, milliseconds.
const ROUND_TRIP: f64 = 170.0;

#[test]
fn on_a_mobile_line_something_true_is_seen_in_a_second_and_a_half_and_the_page_answers_in_six() {
    let mut browser = Chromium::start("arrival", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.ask("Network.enable", json!({}));
    tab.ask(
        "Network.emulateNetworkConditions",
        json!({
            "offline": false,
            "latency": ROUND_TRIP,
            "downloadThroughput": BYTES_A_SECOND,
            "uploadThroughput": BYTES_A_SECOND,
        }),
    );
    let listen = "addEventListener('DOMContentLoaded', () => {
        const line = document.getElementById('heard');
        window.heard = [];
        new MutationObserver(() => heard.push(line.textContent)).observe(line, { childList: true });
    })";
    tab.ask(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": listen }),
    );
    let start = Instant::now();
    tab.open(&page());
    let seen = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
    tab.wait_for("the first picture", seen, QUICK);
    let first = tab.evaluate(seen).as_f64().unwrap();
    assert!(
        tab.evaluate("document.querySelectorAll('#first svg').length")
            .as_u64()
            >= Some(2),
        "the recorded cell and its losses are drawn"
    );
    let counted = "/of [1-9]\\d*\\.\\d MB/.test(document.getElementById('loading')?.textContent)";
    tab.wait_for("the page counts what has come", counted, QUICK);
    // Who cannot wait for the program asks for the tour at once.
    tab.evaluate("document.getElementById('tour').click()");
    let answering = "JSON.parse(window.plateauState?.() ?? '{}').run?.steps > 10";
    tab.wait_for("the program answers", answering, QUICK);
    let answers = start.elapsed();
    println!(
        "at 9 Mbit/s and {ROUND_TRIP} ms: first picture after {first:.0} ms, program drawn and answering after {} ms",
        answers.as_millis()
    );
    assert!(first <= 1_500.0, "the first picture took {first} ms");
    assert!(
        answers <= Duration::from_secs(6),
        "the program answered after {answers:?}"
    );
    tab.wait_until("the tour is on", "s.lesson?.at === 0", QUICK);
    // A screen reader hears of quarters, not of every packet.
    let heard = tab.evaluate("heard.join()");
    let quarters = "25 % of the program have come,50 % of the program have come,75 % of the program have come,Starting";
    assert_eq!(heard, quarters);
    let counter =
        "document.getElementById('loading').closest('[role=status], [role=alert], [aria-live]')";
    assert_eq!(tab.evaluate(counter), Value::Null);
}
