//! The built page in a real headless Chromium. `bash web/build.sh --check` must have been run; without it, or without Chromium, these
//! tests fail.

mod arrival;
mod classroom;
mod engine;
mod race;
mod reader;
mod results;
mod sizes;
mod speed;
#[path = "../support/mod.rs"]
mod support;
mod without_gpu;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::chromium::{Chromium, Modifier, Tab, WEBGPU, serve_folder};
use crate::support::folder::folder;
use plateau::app::Recording;
use plateau::search::Strategy;
use plateau::session::{
    DeviceChoice, KernelChoice, MemoryChoice, Preset, RUN_VERSION, RunConfig, RunKind,
};
use plateau::space::Space;
use serde_json::Value;

/// A software GPU compiles the shaders of the first step for more than a minute on two cores.
const SLOW: Duration = Duration::from_secs(240);
const QUICK: Duration = Duration::from_secs(40);
/// An expression for all widgets of the last frame.
const WIDGETS: &str = "JSON.parse(plateauWidgets() || '[]')";
/// Settings without a rival, before the small search's take the place of most of them.
const ALONE: &str = "#v=1&preset=quick";

/// The address of the built page, below a path, as hosts of many pages serve it. Each call gives another, with a storage of its own.
fn page() -> String {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist-check");
    assert!(
        dist.join("index.html").exists(),
        "the page is not built: bash web/build.sh --check"
    );
    format!(
        "{}/dist-check/",
        serve_folder(dist.parent().unwrap().to_owned())
    )
}

/// What a person can do with the page.
trait Window {
    fn load(&mut self, url: &str);
    fn state(&mut self) -> Value;
    fn wait_until(&mut self, what: &str, condition: &str, patience: Duration);
    fn widget(&mut self, label: &str) -> (f64, f64);
    fn label(&mut self, part: &str) -> String;
    fn press(&mut self, label: &str);
    fn shortcut(&mut self, key: &str);
    fn take_settings(&mut self, config: &RunConfig);
    fn save_run(&mut self, name: &str) -> Recording;
    fn stored(&mut self, store: &str, name: &str) -> String;
}

impl Window for Tab<'_> {
    /// Opens the page and waits until it can be used. A tab that shows it with another part after # would be asked before it goes.
    fn load(&mut self, url: &str) {
        self.open(url);
        self.wait_for("the page is alive", "window.plateauState?.()", QUICK);
    }

    /// `App::summary`.
    fn state(&mut self) -> Value {
        let text = self.evaluate("plateauState()");
        serde_json::from_str(text.as_str().unwrap()).unwrap()
    }

    /// Waits for a condition on `s`, the state.
    fn wait_until(&mut self, what: &str, condition: &str, patience: Duration) {
        self.wait_for(
            what,
            &format!("(s => {condition})(JSON.parse(plateauState() ?? '{{}}'))"),
            patience,
        );
    }

    /// The middle of the widget of that label, once it is there.
    fn widget(&mut self, label: &str) -> (f64, f64) {
        let find = format!("{WIDGETS}.find(w => w.label == {label:?} && !w.disabled)");
        self.wait_for(&format!("there is “{label}”"), &find, QUICK);
        let place = self.evaluate(&format!("({find}).rect"));
        let at = |index: usize| place[index].as_f64().unwrap();
        ((at(0) + at(2)) / 2.0, (at(1) + at(3)) / 2.0)
    }

    /// The label that has this part, once it is there.
    fn label(&mut self, part: &str) -> String {
        let find = format!("{WIDGETS}.find(w => w.label.includes({part:?}))");
        self.wait_for(&format!("“{part}” is there"), &find, QUICK);
        let label = self.evaluate(&format!("({find}).label"));
        label.as_str().unwrap().to_owned()
    }

    /// Clicks a widget.
    fn press(&mut self, label: &str) {
        let place = self.widget(label);
        self.click(place);
    }

    /// Ctrl and a key.
    fn shortcut(&mut self, key: &str) {
        self.key(key, &[Modifier::Control]);
    }

    /// Drops a run's configuration on the page.
    fn take_settings(&mut self, config: &RunConfig) {
        let file = serde_json::json!({ "config": config });
        self.drop_files(&[("config.json", file.to_string().into_bytes())]);
        let taken = "s.notices.some(text => text.includes('took the settings'))";
        self.wait_until("the settings are taken", taken, QUICK);
    }

    /// Saves the run of that name, which is shown, as a zip, and opens that.
    fn save_run(&mut self, name: &str) -> Recording {
        let downloads = folder("downloads");
        self.download_into(&downloads);
        self.shortcut("s");
        let zip = downloads.join(format!("{name}.zip"));
        let end = Instant::now() + QUICK;
        while !zip.exists() {
            assert!(Instant::now() < end, "nothing was downloaded");
            std::thread::sleep(Duration::from_millis(50));
        }
        let run = Recording::from_bytes(&std::fs::read(&zip).unwrap()).unwrap();
        std::fs::remove_dir_all(&downloads).unwrap();
        run
    }

    /// A text in the browser's storage.
    fn stored(&mut self, store: &str, name: &str) -> String {
        let ask = format!(
            "window.stored = undefined; indexedDB.open('plateau').onsuccess = opened => {{
                const database = opened.target.result;
                database.transaction({store:?}).objectStore({store:?}).get({name:?}).onsuccess = found => {{
                    window.stored = found.target.result;
                    database.close();
                }};
            }}"
        );
        self.evaluate(&ask);
        self.wait_for("the storage answers", "window.stored", QUICK);
        self.evaluate("window.stored").as_str().unwrap().to_owned()
    }
}

/// A browser with WebGPU.
fn browser(name: &str) -> Chromium {
    Chromium::start(name, &WEBGPU)
}

/// A search of small steps.
fn small(device: DeviceChoice) -> RunConfig {
    let mut search = Preset::Quick.search(Space::Darts, Strategy::NaDarts);
    search.channels = 4;
    search.layers = 3;
    search.batch = 16;
    search.neighbors = 1;
    RunConfig {
        version: RUN_VERSION,
        dataset: "digits".into(),
        test_share: 0.3,
        seed: 3,
        split_seed: None,
        kind: RunKind::Full,
        device,
        kernels: KernelChoice::Fused,
        memory: MemoryChoice::Auto,
        search: Some(search),
        genotype: None,
        train: Preset::Quick.train(Space::Darts),
    }
}
