//! Chromium's shader compiler (Tint), which asks for more than naga does (uniform control flow at barriers, for one),
//! accepts every shader, within WebGPU's default limits. Without Chromium the test fails.

use std::time::Duration;

use crate::support::chromium::{Chromium, WEBGPU, serve_folder};
use crate::support::folder::folder;

/// Compiles every shader on a device without optional features or limits, and keeps what was said.
const PAGE: &str = r#"<!doctype html><script type="module">
const faults = [];
const seen = new Set();
try {
    const shaders = await (await fetch("shaders.json")).json();
    const adapter = await navigator.gpu.requestAdapter();
    const device = await adapter.requestDevice();
    for (const [name, code] of shaders) {
        device.pushErrorScope("validation");
        const module = device.createShaderModule({ code });
        const { messages } = await module.getCompilationInfo();
        // One variant of each is enough for the limits, which the naga test checks for all.
        if (!seen.has(name)) device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
        seen.add(name);
        const error = await device.popErrorScope();
        for (const { type, message, lineNum } of messages) faults.push(`${name}:${lineNum}: ${type}: ${message}`);
        if (error && messages.length === 0) faults.push(`${name}: ${error.message}`);
    }
    if (shaders.length === 0) faults.push("no shaders came");
} catch (error) {
    faults.push(`the page failed: ${error}`);
}
window.faults = faults;
</script>"#;

#[test]
fn chromium_accepts_every_shader() {
    let shaders: Vec<_> = crate::shader_texts::all().into_iter().collect();
    let folder = folder("shaders-browser");
    std::fs::create_dir_all(&folder).unwrap();
    let texts = serde_json::to_string(&shaders).unwrap();
    std::fs::write(folder.join("shaders.json"), texts).unwrap();
    std::fs::write(folder.join("index.html"), PAGE).unwrap();
    let mut browser = Chromium::start("shaders", &WEBGPU);
    let mut tab = browser.tab(800, 600);
    tab.open(&format!("{}/", serve_folder(folder.clone())));
    let patience = Duration::from_secs(300);
    tab.wait_for("the shaders are compiled", "window.faults", patience);
    let faults: Vec<String> = serde_json::from_value(tab.evaluate("faults")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let (count, listing) = (faults.len(), faults.join("\n"));
    assert!(
        faults.is_empty(),
        "{count} faults in {} shaders:\n{listing}",
        shaders.len()
    );
}
