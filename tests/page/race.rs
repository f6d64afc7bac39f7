//! A race on the page: two workers, and two runs in the browser's storage that know each other.

use std::time::{Duration, Instant};

use super::{Chromium, QUICK, Window, page};

#[test]
fn a_stopped_race_is_offered_by_the_next_page_and_goes_on_with_both_sides() {
    let mut browser = Chromium::start("race", &[]);
    let address = format!(
        "{}#v=1&preset=quick&strategy=na-darts&rival=darts&space=nas-bench-201-small&data=digits&device=cpu",
        page()
    );
    let mut tab = browser.tab(1280, 800);
    tab.load(&address);
    tab.press("▶  Run");
    let both = "s.run.live && s.run.steps > 2 && s.rival?.live && s.rival.steps > 2";
    tab.wait_until("both sides search", both, QUICK);
    tab.key(" ", &[]);
    let held = "[s.run, s.rival].every(run => run.state == 'held')";
    tab.wait_until("both sides are held", held, QUICK);
    // What this very tab computes is no interrupted run.
    tab.shortcut("k");
    for name in ["digits-na-darts-0", "digits-darts-0"] {
        tab.label(&format!("Open {name}"));
    }
    let widgets = tab.evaluate("plateauWidgets()");
    assert!(
        !widgets.as_str().unwrap().contains("Go on digits"),
        "{widgets}"
    );
    tab.key("Escape", &[]);
    tab.shortcut(".");
    let stopped = "[s.run, s.rival].every(run => run.state == 'stopped')";
    tab.wait_until("both sides are stopped", stopped, QUICK);
    let state = tab.state();
    let [own, other] = ["run", "rival"].map(|side| state[side]["steps"].as_u64().unwrap());

    let names = ["digits-na-darts-0", "digits-darts-0"];
    for (name, rival) in [(names[0], names[1]), (names[1], names[0])] {
        let named = tab.stored("checkpoints", &format!("{name}/rival.json"));
        assert!(named.contains(&format!("\"{rival}\"")), "{named}");
        let end = Instant::now() + QUICK;
        while !tab.stored("events", name).contains("\"event\":\"stopped\"") {
            assert!(Instant::now() < end, "the end of {name} is not kept");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    let mut next = browser.tab(1280, 800);
    next.load(&address);
    // Which side is the last in the browser's storage does not matter.
    next.press("Go on");
    let further = format!(
        "[s.run, s.rival].every(run => run?.live && run.steps > (run.name == {:?} ? {own} : {other}))",
        names[0]
    );
    next.wait_until("both sides go on", &further, QUICK);
}
