// The worker's bootstrap. Messages that come before the engine is loaded wait in the browser's queue only if nobody listens,
// so they are kept here and given to the engine when it is there.
import init from "./engine.js";

const early = [];
self.onmessage = (message) => early.push(message);
await init();
for (const message of early) self.onmessage(message);
