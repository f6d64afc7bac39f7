//! How long a step takes in the browser, beside the same step of the program.

use std::process::Command;

use plateau::app::{Recording, RunView};
use plateau::session::RunConfig;

use super::{ALONE, Chromium, SLOW, Window, page};
use crate::support::folder::folder;
use crate::support::outcome::text;

/// The preset `quick` with its default strategy, but of two epochs and hardly any training after them, whose time is not asked for.
const RUN: &str = "search --preset quick --strategy na-darts --device cpu --epochs 2 \
                   --train-epochs 1 --train-channels 4 --train-layers 2";
/// Steps that the browser may take to compile what they run well.
const WARM_UP: usize = 6;

/// The run on one thread of the program, to its end.
fn natively(name: &str) -> RunView {
    let folder = folder(name);
    let output = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(RUN.split_whitespace())
        .arg("--run-dir")
        .arg(&folder)
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap();
    text(&output);
    let events = std::fs::read(folder.join("events.jsonl")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    Recording::from_bytes(&events).unwrap().view(name)
}

/// The run in the page, to the end of its search of so many steps.
fn in_the_page(config: &RunConfig, steps: usize) -> RunView {
    let mut browser = Chromium::start("speed", &[]);
    let mut tab = browser.tab(1280, 800);
    tab.load(&(page() + ALONE));
    tab.take_settings(config);
    tab.press("▶  Run");
    let all = format!("s.run.live && s.run.steps >= {steps}");
    tab.wait_until("the search is over", &all, SLOW);
    tab.save_run(&config.name()).view("in the page")
}

/// The median time of a step of a run, milliseconds.
fn step(run: &RunView) -> f64 {
    let ends = &run.step_ends[WARM_UP..];
    let mut times: Vec<f64> = ends
        .windows(2)
        .map(|ends| 1e3 * (ends[1] - ends[0]))
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[test]
fn a_quick_step_on_the_cpu_takes_at_most_three_times_as_long_in_the_browser_as_on_a_native_thread()
{
    let before = natively("speed-before");
    let config = before.config.as_ref().unwrap();
    let there = in_the_page(config, before.steps.len());
    assert_eq!(there.config.as_ref(), Some(config));
    let after = natively("speed-after");
    let [before, there, after] = [&before, &there, &after].map(step);
    // Whatever else the machine does slows what it does at the time; it is not the browser's.
    let ratio = there / before.max(after);
    let said = format!(
        "a quick step: {there:.0} ms in the browser, on one native thread {before:.0} ms before that and {after:.0} ms after: {ratio:.2} times"
    );
    println!("{said}");
    assert!(ratio <= 3.0, "{said}");
}
