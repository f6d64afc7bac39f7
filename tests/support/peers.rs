//! Programs of others that read what is exported: a Python that has them.

use std::process::Command;

use serde_json::Value;

/// That Python; `bash tests/run.sh` makes it and names it.
pub fn python() -> Command {
    match std::env::var_os("PLATEAU_PYTHON") {
        Some(python) => Command::new(python),
        None => panic!(
            "PLATEAU_PYTHON is not set: run `bash tests/run.sh`, or set it to a Python with tensorboard, onnx, onnxruntime and torch"
        ),
    }
}

/// The JSON that a script of it prints.
pub fn said(script: &str, arguments: &[&str]) -> Value {
    let output = python().args(["-c", script]).args(arguments).output();
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}
