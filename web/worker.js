// The worker's bootstrap. It holds the lock of its name for as long as it lives, so that the page notices when it dies.
// Messages that come before the engine is loaded are kept here and given to the engine when it is there.
const early = [];
self.onmessage = (message) => early.push(message);
await new Promise((held) => {
  if (!navigator.locks) return held();
  // A browser that keeps nothing refuses locks, too.
  navigator.locks.request(self.name, () => { held(); return new Promise(() => {}); }).catch(held);
});

// The version of this file, which `web/service.sh` writes here. A host or a browser may have sent it to a page of another version: then the
// engine is another one, too. The browser forgets this file, so that the next load gets that of the page.
const version = "";
self.plateauVersion = "?v=" + version;
if (location.search && location.search !== plateauVersion) {
  self.postMessage(JSON.stringify("OtherVersion"));
  await fetch(location.href, { cache: "reload" }).catch(() => {});
  self.close();
  await new Promise(() => {});
}

// Says how much of the engine has come. `web/build.sh` writes its size in place of the zero.
const total = 0;
let loaded = false;
const say = (text) => loaded || self.postMessage(JSON.stringify({ Loading: text }));
const count = async (copy) => {
  const reader = copy.body.getReader();
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  let come = 0;
  let said = 0;
  for (let part; !(part = await reader.read()).done; ) {
    come += part.value.byteLength;
    if (come - said < total / 50) continue;
    said = come;
    say(`loading the engine: ${megabytes(come)} of ${megabytes(total)} MB`);
  }
  say("compiling the engine");
};
say("loading the engine");
// What browsers throw where a line breaks, each in words of its own.
const broken = (error) => {
  throw error instanceof TypeError ? "not all of it has come, as without a network: " + error.message : error;
};
const [engine, { default: init }] = await Promise.all(
  [fetch("./engine_bg.wasm" + plateauVersion), import("./engine.js" + plateauVersion)]).catch(broken);
if (!engine.ok) throw new Error("engine_bg.wasm: " + engine.status + " " + engine.statusText);
// A line that breaks is told of below.
count(engine.clone()).catch(() => {});
await init({ module_or_path: engine }).catch(broken);
loaded = true;
for (const message of early) self.onmessage(message);
