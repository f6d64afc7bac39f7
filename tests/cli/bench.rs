//! What is timed, what is compared with it, and what is said where that cannot be.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::folder::folder;
use crate::support::program::plateau;

fn one_step(args: &str) -> Output {
    let mut all: Vec<&str> = args.split(' ').collect();
    all.splice(
        0..0,
        ["bench", "--device", "cpu", "--warmup", "0", "--steps", "1"],
    );
    plateau(&all)
}

fn results(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

/// What `genotype count` says of the network that a `quick` training step is of.
fn quick_network() -> Value {
    let count = plateau(&[
        "genotype",
        "count",
        "darts-v2",
        "--channels",
        "12",
        "--layers",
        "5",
        "--image",
        "8",
        "--image-channels",
        "1",
        "--json",
    ]);
    serde_json::from_slice(&count.stdout).unwrap()
}

#[test]
fn a_training_step_is_timed_and_its_work_counted() {
    let output = one_step("--size quick --strategy train --kernels fused --batch 8 --json");
    let case = &results(&output)[0];
    assert_eq!(case["strategy"], "train");
    assert_eq!(case["space"], "darts");
    // `genotype count darts-v2 --channels 12 --layers 5 --image 8 --image-channels 1` an image, forward and two gradients.
    let count = quick_network();
    let image = count["multiply_adds"].as_u64().unwrap();
    assert_eq!(case["multiply_adds"].as_u64().unwrap(), 3 * 8 * image);
    let seconds = 1e-3 * case["ms_per_step"].as_f64().unwrap();
    let gflops = case["gflops"].as_f64().unwrap();
    let expected = 2e-9 * (3 * 8 * image) as f64 / seconds;
    assert!(
        (gflops / expected - 1.0).abs() < 1e-9,
        "{gflops} {expected}"
    );
    let peak = case["peak_gflops"].as_f64().unwrap();
    let share = case["peak_share"].as_f64().unwrap();
    assert!((share * peak / gflops - 1.0).abs() < 1e-9, "{share}");
    assert!(peak > gflops, "a step of {gflops} above the peak of {peak}");
}

#[test]
fn a_search_in_nas_bench_201_is_timed_with_neighbors_and_without() {
    let strategies = "darts,darts-2nd,na-darts";
    let output = one_step(&format!(
        "--size quick --space nas-bench-201 --strategy {strategies} --kernels fused --batch 2 --json"
    ));
    let cases = results(&output);
    let passes: Vec<u64> = cases
        .iter()
        .map(|case| {
            assert_eq!(case["space"], "nas-bench-201");
            case["multiply_adds"].as_u64().unwrap()
        })
        .collect();
    // Passes of the definition: 2 for α and 3 for the weights; 3 + 3 + 2·2 and 3; five lanes of 2 and 3.
    assert_eq!(passes.len(), 3);
    assert_eq!(passes[1] * 5, passes[0] * 13);
    assert_eq!(passes[2] * 5, passes[0] * 13);
}

#[test]
fn the_table_fits_120_columns_and_names_the_peak() {
    let output = one_step("--size quick --strategy darts,train --kernels fused --batch 2");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("of peak"), "{text}");
    assert!(text.contains("the peak is"), "{text}");
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(120), "{text}");
}

#[test]
fn what_cannot_be_timed_is_refused_before_anything_is() {
    let line = error(&one_step("--strategy train --space nas-bench-201"));
    assert!(line.contains("--space darts"), "{line}");
    let line = error(&one_step("--strategy train --genotype resnet-like"));
    assert!(line.contains("nas-bench-201"), "{line}");
    let line = error(&one_step(
        "--size quick --strategy darts --peer /no/such/python",
    ));
    assert!(line.contains("/no/such/python"), "{line}");
}

/// An executable shell script.
fn script(path: &Path, text: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{text}")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_peer_without_torch_is_refused_in_one_line() {
    let folder = folder("bench-no-torch");
    std::fs::create_dir_all(&folder).unwrap();
    let python = folder.join("python");
    script(
        &python,
        "cat >/dev/null\necho 'no torch: it is not there' >&2\nexit 1\n",
    );
    let flags = format!("--size quick --strategy darts --peer {}", python.display());
    let line = error(&one_step(&flags));
    assert!(line.contains("it is not there"), "{line}");
    assert!(line.contains("leave --peer away"), "{line}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_fastest_way_of_a_peer_is_compared_and_a_failed_one_named() {
    let folder = folder("bench-peer");
    std::fs::create_dir_all(&folder).unwrap();
    let python = folder.join("python");
    // As the script answers: what there is; 40 ms; an error; a network that is not the same.
    let own = &quick_network()["parameters"];
    script(
        &python,
        &format!(
            r#"cat >/dev/null
case "$*" in
*eager*) echo '{{"version":"2.0","threads":1,"cuda":false,"device":"CPU","parameters":{own},"ms":[50,40,30]}}' ;;
*channels-last*) echo 'it broke' >&2; exit 1 ;;
*compiled*) echo '{{"version":"2.0","threads":1,"cuda":false,"device":"CPU","parameters":7,"ms":[1]}}' ;;
*) echo '{{"version":"2.0","threads":1,"cuda":false}}' ;;
esac
"#
        ),
    );
    let flags = "--size quick --strategy train --kernels fused --batch 2 --json --peer";
    let output = one_step(&format!("{flags} {}", python.display()));
    let case = &results(&output)[0];
    let peer = &case["peer"];
    assert_eq!(peer["name"], "PyTorch 2.0");
    assert_eq!(peer["fastest"], "eager");
    let ratio = peer["ratio"].as_f64().unwrap();
    let expected = 40.0 / case["ms_per_step"].as_f64().unwrap();
    assert!((ratio / expected - 1.0).abs() < 1e-9, "{ratio} {expected}");
    assert_eq!(peer["ways"][1]["error"], "it broke");
    let other = peer["ways"][2]["error"].as_str().unwrap();
    assert!(other.contains("has 7 weights"), "{other}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Counts a `quick` DARTS step of two images for a card of 100 GB/s.
fn predicted(tflops: &str, launch: &str) -> Value {
    let args = "bench --predict --device gpu --size quick --strategy darts --batch 2 --bandwidth 100 --json --operations";
    let mut args: Vec<&str> = args.split(' ').collect();
    args.extend([tflops, "--launch", launch]);
    results(&plateau(&args))[0].clone()
}

#[test]
fn a_step_is_counted_without_being_computed_and_its_time_on_a_card_predicted() {
    let step = "--size quick --strategy darts --kernels fused --batch 2 --json --stages";
    let mut args = vec!["bench", "--device", "gpu", "--warmup", "1", "--steps", "1"];
    args.extend(step.split(' '));
    let computed = &results(&plateau(&args))[0];
    let counted = predicted("10", "24");
    // What is counted is what a real step launches.
    assert_eq!(counted["launches"], computed["launches"]);
    assert_eq!(counted["bytes"], computed["bytes_per_step"]);
    let operations = counted["operations"].as_f64().unwrap();
    assert_eq!(
        operations,
        2.0 * computed["multiply_adds"].as_f64().unwrap()
    );
    let [launches, bytes] = ["launches", "bytes"].map(|name| counted[name].as_f64().unwrap());
    let [launch, memory, work, all] = ["launch_ms", "memory_ms", "operation_ms", "ms_per_step"]
        .map(|name| counted[name].as_f64().unwrap());
    let same = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
    same(launch, 24e-3 * launches);
    same(memory, bytes / 100e6);
    same(work, operations / 10e9);
    same(all, launch + memory.max(work));
    // Where the operations take longer, they count and not the bytes.
    let slow = predicted("0.001", "48");
    let [launch, memory, work, all] = ["launch_ms", "memory_ms", "operation_ms", "ms_per_step"]
        .map(|name| slow[name].as_f64().unwrap());
    assert!(work > memory, "{work} {memory}");
    same(launch, 48e-3 * launches);
    same(all, launch + work);
    // The stages are the whole.
    for stages in [&counted["stages"], &computed["stages"]] {
        let stages = stages.as_array().unwrap();
        let sum = |name| -> f64 {
            stages
                .iter()
                .map(|stage| stage[name].as_f64().unwrap())
                .sum()
        };
        same(sum("launches"), launches);
        same(sum("bytes"), bytes);
        assert!(stages.iter().any(|stage| stage["stage"] == "pointwise"));
    }
    let timed = computed["stages"].as_array().unwrap().iter();
    let taken: f64 = timed.map(|stage| stage["ms"].as_f64().unwrap()).sum();
    assert!(taken > 0.0, "{computed}");
}

#[test]
fn a_prediction_needs_the_card_and_a_gpu() {
    let line = error(&one_step(
        "--predict --bandwidth 1 --operations 1 --launch 1",
    ));
    assert!(line.contains("--device gpu"), "{line}");
    let output = plateau(&["bench", "--predict", "--bandwidth", "936"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("--operations"), "{text}");
}

/// A program that answers as this one does where a GPU is, and notes what it was asked.
fn stand_in(path: &Path, notes: &Path, takes: &str) {
    let text = format!(
        r#"echo "$*" >>'{}'
previous=
for argument in "$@"; do
    case "$previous" in
    --save) echo '[{{"size":"quick"}}]' >"$argument" ;;
    --run-dir)
        mkdir "$argument"
        echo '{{"seconds":1.5,"event":"search-step","step":1,"epoch":1,"train_loss":2.5,"train_accuracy":0.1,"validation_loss":2.25,"alpha":[]}}' >"$argument/events.jsonl"
        ;;
    esac
    previous=$argument
done
case "$*" in
--version) echo 'plateau "0"' ;;
'devices --json') echo '[{{"choice":"gpu"}}]' ;;
devices) echo '--device auto takes the {takes}' ;;
*--self-test*) echo '[{{"passed":true}}]' ;;
*--measure*) echo '{{"launch_us":12.5,"submit_us":80.25,"copy_gb_per_s":600.0}}' ;;
*--predict*) echo '[{{"size":"quick","ms_per_step":20.5,"measured_ms":41.0,"measured_ratio":2.0}}]' ;;
bench*) printf 'device\nhead\nrow\n' ;;
search*cpu*) echo 'it "broke"' >&2; exit 1 ;;
search*) echo '{{"test_accuracy":0.5}}' ;;
esac
"#,
        notes.display()
    );
    script(path, &text);
}

#[test]
fn the_script_for_a_gpu_gives_commands_that_are_accepted_and_reports_in_json() {
    let folder = folder("gpu-script");
    std::fs::create_dir_all(&folder).unwrap();
    let (program, notes) = (folder.join("stand-in"), folder.join("notes"));
    for (takes, cases) in [("GPU", 12), ("CPU", 4)] {
        stand_in(&program, &notes, takes);
        let out = folder.join(takes);
        let output = Command::new("bash")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gpu.sh"))
            .args([&program, &out])
            .env("PYTHON", "/no/such/python")
            .env("OPERATIONS", "35.6")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        // The search on the CPU failed.
        assert_eq!(output.status.code(), Some(1), "{said}");
        let report = std::fs::read_to_string(out.join("gpu.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["plateau"], "plateau \"0\"");
        assert_eq!(report["software"], takes == "CPU");
        assert_eq!(report["bench"].as_array().unwrap().len(), cases);
        assert_eq!(report["peer"], serde_json::json!([]));
        assert_eq!(report["costs"]["launch_us"], 12.5);
        assert_eq!(report["predicted"][0]["measured_ratio"], 2.0);
        assert_eq!(report["losses_gpu"], serde_json::json!([[1, 2.5, 2.25]]));
        assert_eq!(report["search_gpu"]["test_accuracy"], 0.5);
        assert_eq!(report["search_cpu"], Value::Null);
        let failure = report["failures"][0].as_str().unwrap();
        assert_eq!(failure, "search on the cpu: it \"broke\"");
        let table = std::fs::read_to_string(out.join("gpu.txt")).unwrap();
        assert!(table.contains("row"), "{table}");
        assert!(table.contains("80.25 µs a submit"), "{table}");
    }
    let notes = std::fs::read_to_string(&notes).unwrap();
    // The bandwidth is what the copy reached.
    let given = "--bandwidth 600.0 --operations 35.6 --launch 12.5";
    assert!(notes.contains(given), "{notes}");
    let with_stages = |line: &&str| line.contains("--stages");
    assert_eq!(notes.lines().filter(with_stages).count(), 3 + 1, "{notes}");
    let mut asked = 0;
    for line in notes.lines() {
        // Everything before it is read, and nothing is done.
        let output = plateau(&line.split(' ').chain(["--help"]).collect::<Vec<_>>());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{line}: {text}");
        asked += 1;
    }
    assert!(asked > 20, "{notes}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_forecast_of_a_searchs_memory_is_about_what_the_search_takes_on_the_cpu() {
    for case in [
        "--strategy darts --memory keep",
        "--strategy darts --memory recompute",
        "--strategy na-darts --memory keep",
        "--strategy darts --space nas-bench-201",
    ] {
        let args = format!("--size quick --kernels fused --json {case}");
        let mut all = vec!["bench", "--device", "cpu", "--warmup", "1", "--steps", "3"];
        all.extend(args.split(' '));
        let result = &results(&plateau(&all))[0];
        let [forecast, peak] =
            ["forecast_bytes", "peak_bytes"].map(|key| result[key].as_f64().unwrap());
        let share = forecast / peak;
        // Here the buffers of more threads, and what an allocator keeps, come on top; on two cores it is within 15 %.
        assert!((0.7..1.4).contains(&share), "{case}: {forecast} of {peak}");
    }
}
