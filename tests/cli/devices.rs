//! The devices of this machine by their numbers. These tests need a Vulkan adapter; a software one is enough.

use std::process::{Command, Output};

use plateau::app::Fragment;
use plateau::session::DeviceChoice;
use serde_json::Value;

use crate::support::folder::folder;
use crate::support::outcome::{failure, text};
use crate::support::program::plateau;

/// The adapters, without the CPU.
fn adapters() -> Vec<Value> {
    let list: Value = serde_json::from_str(&text(&plateau(&["devices", "--json"]))).unwrap();
    let mut list = list.as_array().unwrap().clone();
    assert_eq!(list.pop().unwrap()["choice"], "cpu");
    list
}

/// One step on a device, with `PLATEAU_GPU`.
fn step(device: &str, chosen: Option<&str>) -> Output {
    step_with(device, chosen.map(|number| ("PLATEAU_GPU", number)))
}

/// One step on a device, with a variable.
fn step_with(device: &str, variable: Option<(&str, &str)>) -> Output {
    let args = "bench --json --size quick --strategy darts --kernels fused --batch 2 --warmup 0 --steps 1 --device";
    let mut command = Command::new(env!("CARGO_BIN_EXE_plateau"));
    command.args(args.split(' ')).arg(device);
    command.envs(variable);
    command.output().unwrap()
}

#[test]
fn adapters_are_listed_by_number_with_name_kind_interface_and_what_is_not_told() {
    let list = adapters();
    assert!(!list.is_empty(), "install mesa-vulkan-drivers");
    let lines = text(&plateau(&["devices"]));
    let mut lines = lines.lines();
    for (number, adapter) in list.iter().enumerate() {
        let choice = format!("gpu:{number}");
        assert_eq!(adapter["number"], number);
        assert_eq!(adapter["choice"], choice.as_str());
        assert!(adapter["memory"].is_null());
        assert_eq!(adapter["kind"] == "software", adapter["software"] == true);
        let line = lines.next().unwrap();
        assert!(line.starts_with(&format!("{choice}  ")), "{line}");
        for word in ["name", "kind", "backend"] {
            let word = adapter[word].as_str().unwrap();
            assert!(line.contains(word), "{line}: {word}");
        }
        assert!(line.contains("memory not told"), "{line}");
    }
    assert!(lines.next().unwrap().starts_with("cpu  "));
}

#[test]
fn what_auto_takes_is_what_a_run_takes() {
    let list = adapters();
    let takes = |number: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plateau"));
        let output = command.arg("devices").env("PLATEAU_GPU", number).output();
        text(&output.unwrap()).lines().last().unwrap().to_owned()
    };
    for (number, adapter) in list.iter().enumerate() {
        let taken = match adapter["software"] == true {
            true => "the CPU".to_owned(),
            false => format!("gpu:{number}"),
        };
        assert_eq!(
            takes(&number.to_string()),
            format!("--device auto takes {taken}")
        );
    }
    assert_eq!(
        takes("9"),
        "--device auto takes gpu:9 by PLATEAU_GPU, which is not there"
    );
}

#[test]
fn a_number_picks_its_adapter_and_one_that_there_is_not_is_refused_with_a_list() {
    let list = adapters();
    let first = list[0]["name"].as_str().unwrap();
    for (device, chosen) in [("gpu:0", None), ("gpu", Some("0")), ("gpu:0", Some("9"))] {
        let result: Value = serde_json::from_str(&text(&step(device, chosen))).unwrap();
        let on = result[0]["device"].as_str().unwrap();
        assert!(on.starts_with(first), "{on}");
    }
    // Burn's own variable turns its default device into another; a number is none.
    text(&step_with(
        "gpu:0",
        Some(("CUBECL_WGPU_DEFAULT_DEVICE", "VirtualGpu(7)")),
    ));
    let listed = format!("there is no gpu:9 here; this machine has gpu:0 {first} (");
    for (device, chosen) in [("gpu:9", None), ("gpu", Some("9")), ("auto", Some("9"))] {
        let line = failure(&step(device, chosen));
        assert!(line.contains(&listed), "{line}");
    }
    let line = failure(&step("gpu", Some("first")));
    assert!(line.contains("PLATEAU_GPU is \"first\""), "{line}");
    let folder = folder("no-such-adapter");
    let output = plateau(&[
        "search",
        "--strategy",
        "darts",
        "--device",
        "gpu:9",
        "--run-dir",
        folder.to_str().unwrap(),
    ]);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert!(line.lines().last().unwrap().contains(&listed), "{line}");
    assert!(!folder.exists());
    for wrong in ["gpu:", "gpu:x", "gpu:-1", "gpu:+0", "gpu:00", "gpu:70000"] {
        let output = plateau(&["search", "--device", wrong]);
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(line.contains("plateau devices lists them"), "{line}");
    }
    for (wrong, meant) in [("GPU:0", "gpu:0"), ("Gpu:12", "gpu:12")] {
        let output = plateau(&["search", "--device", wrong]);
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(
            line.contains(&format!("did you mean {meant}?")) && line.contains("auto, gpu, gpu:"),
            "{line}"
        );
    }
}

#[test]
fn a_link_carries_the_number_of_an_adapter() {
    let link = Fragment {
        device: Some(DeviceChoice::Adapter(1)),
        ..Fragment::default()
    };
    let text = link.to_text();
    assert_eq!(text, "v=1&device=gpu:1");
    assert_eq!(Fragment::parse(&text), Ok(link));
    let wrong = Fragment::parse("v=1&device=gpu:one").unwrap_err();
    assert!(wrong.starts_with("device in the link: "), "{wrong}");
}

#[test]
fn what_a_launch_a_submit_and_a_copy_cost_is_measured_on_a_gpu_and_refused_on_the_cpu() {
    let costs = text(&plateau(&[
        "devices",
        "--measure",
        "--device",
        "gpu",
        "--json",
    ]));
    let costs: Value = serde_json::from_str(&costs).unwrap();
    for name in ["launch_us", "copy_gb_per_s"] {
        assert!(costs[name].as_f64().unwrap() > 0.0, "{costs}");
    }
    assert!(costs["submit_us"].as_f64().unwrap() >= 0.0, "{costs}");
    let line = failure(&plateau(&["devices", "--measure", "--device", "cpu"]));
    assert!(line.contains("needs a GPU adapter"), "{line}");
}
