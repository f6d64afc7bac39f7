//! Chromium's shader compiler (Tint), which asks for more than naga does (uniform control flow at barriers, for one),
//! accepts every shader, within WebGPU's default limits. Without Chromium the test fails.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod shader_texts;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Compiles every shader on a device without optional features or limits, and posts what was said.
const PAGE: &str = r#"<!doctype html><script type="module">
const faults = [];
const seen = new Set();
try {
    const shaders = await (await fetch("/shaders")).json();
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
await fetch("/faults", { method: "POST", body: JSON.stringify(faults) });
</script>"#;

/// A browser that ends with the test.
struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn open(url: &str, profile: &std::path::Path) -> Browser {
    let child = Command::new("chromium")
        .args(["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"])
        .args(["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"])
        .args(["--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test needs Chromium (on Debian: apt-get install chromium)");
    Browser(child)
}

/// Path and body of a request.
fn request(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    // Chromium opens connections that it may never use.
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let path = first.split(' ').nth(1).unwrap_or("").to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((path, body))
}

fn answer(stream: &mut TcpStream, kind: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n");
    write!(stream, "{head}Connection: close\r\n\r\n{body}")
}

/// Answers one connection; what the page found, where this was its report.
fn serve(mut stream: TcpStream, shaders: &str) -> io::Result<Option<Vec<String>>> {
    let (path, body) = request(&mut stream)?;
    match path.as_str() {
        "/" => answer(&mut stream, "text/html", PAGE)?,
        "/shaders" => answer(&mut stream, "application/json", shaders)?,
        "/faults" => return Ok(Some(serde_json::from_slice(&body)?)),
        _ => answer(&mut stream, "text/plain", "")?,
    }
    Ok(None)
}

#[test]
fn chromium_accepts_every_shader() {
    let shaders: Vec<_> = shader_texts::all().into_iter().collect();
    let texts = serde_json::to_string(&shaders).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let profile = std::env::temp_dir().join(format!("plateau-chromium-{}", std::process::id()));
    let browser = open(
        &format!("http://{}/", listener.local_addr().unwrap()),
        &profile,
    );
    let (said, faults) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A connection that fails is the browser's to try again.
            if let Ok(Some(faults)) = serve(stream, &texts) {
                return said.send(faults);
            }
        }
        Ok(())
    });
    let faults = faults.recv_timeout(Duration::from_secs(300));
    drop(browser);
    // Left behind at worst: the test's verdict does not depend on it.
    let _ = std::fs::remove_dir_all(profile);
    let faults = faults.expect("Chromium gave no answer");
    let (count, listing) = (faults.len(), faults.join("\n"));
    assert!(
        faults.is_empty(),
        "{count} faults in {} shaders:\n{listing}",
        shaders.len()
    );
}
