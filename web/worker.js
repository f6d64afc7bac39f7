// The worker's bootstrap. It holds the lock of its name for as long as it lives, so that the page notices when it dies.
// Messages that come before the engine is loaded are kept here and given to the engine when it is there.
import init from "./engine.js";

const early = [];
self.onmessage = (message) => early.push(message);
await new Promise((held) => {
  if (!navigator.locks) return held();
  navigator.locks.request(self.name, () => { held(); return new Promise(() => {}); });
});
await init();
for (const message of early) self.onmessage(message);
