/**
 * Measures pages in Chromium: what they load, when they can be used, what they take of the main thread.
 *
 *     node web/tests/measure.mjs PLAN.json
 *
 * The plan: {"loads": [{"name", "url", "wait"}], "rounds", "scroll": {"url", "wait"}, "chart": FOLDER,
 * "hour": {"url", "wait", "stream", "messages"}, "views": [{"name", "url", "wait"}]}, each part optional. One JSON object is printed. CPU is the main
 * thread's own (thread ticks), so that it is nearly the same on a machine that does other things, too;
 * `yard` is a loop that never changes, before each part: its CPU, and how much longer it took by the
 * clock than by CPU.
 */
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const VIEWPORT = { width: 1440, height: 900 };
const KINDS = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const PATIENCE = { timeout: 180_000 };
/** How often a page asks again. */
const ASKED_MS = 5000;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const part = (values, of) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * of))];

/** Return what tells the CPU (ms) that a page's main thread has taken so far. */
async function mainThread(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * metrics.find((one) => one.name === "TaskDuration").value;
  };
  return { session, spent };
}

/** Return CPU (ms) of the loop, and clock time for CPU time: 1 on a machine that does nothing else. */
async function yard(browser) {
  const page = await browser.newPage();
  const { spent } = await mainThread(page);
  const before = await spent();
  const clock = await page.evaluate(() => {
    const began = performance.now();
    let sum = 0;
    for (let i = 0; i < 3e7; i += 1) sum = (sum * 31 + i) % 1_000_003;
    globalThis.kept = sum;
    return performance.now() - began;
  });
  const cpu = (await spent()) - before;
  await page.close();
  return { cpu, load: Math.max(1, clock / cpu) };
}

/** In the page, from its beginning: when it was there, and when its main thread was busy for long. */
function watch(wait) {
  globalThis.long = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) globalThis.long.push([one.startTime, one.duration]);
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    const there =
      document.querySelector("h1") &&
      !document.querySelector("[aria-busy]") &&
      document.querySelector(wait);
    if (there) globalThis.there = performance.now();
    else requestAnimationFrame(look);
  };
  look();
}

/** A page can be used when what it is about is drawn, no skeleton is left, and the main thread then was
 * free for 200 ms: a click is answered at once. */
async function loaded(browser, { url, wait }) {
  const context = await browser.newContext({ viewport: VIEWPORT, locale: "en-GB" });
  const page = await context.newPage();
  const files = new Set();
  page.on("response", (answer) => {
    if (/javascript|css|html/.test(answer.headers()["content-type"] ?? "")) files.add(answer.url());
  });
  await page.addInitScript(watch, wait);
  const { spent } = await mainThread(page);
  await page.goto(url, PATIENCE);
  await page.waitForFunction(() => globalThis.there !== undefined, undefined, PATIENCE);
  await page.waitForTimeout(400);
  const { there, long } = await page.evaluate(() => ({
    there: globalThis.there,
    long: globalThis.long,
  }));
  let usable = there;
  for (const [start, lasted] of long)
    if (start < usable + 200) usable = Math.max(usable, start + lasted);
  const cpu = await spent();
  await context.close();
  return { usable, cpu, files };
}

async function compressed(files) {
  let sum = 0;
  for (const url of files) {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    sum += gzipSync(Buffer.from(await answer.arrayBuffer()), { level: 9 }).length;
  }
  return sum / 1024;
}

/** When a view's content is there (ms, files from the cache), and the longest task (ms CPU) from the
 * beginning until it was asked for twice again. */
async function viewed(browser, { url, wait }) {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.addInitScript(watch, wait);
  const categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"];
  await page.goto(new URL("/settings", url).href, PATIENCE);
  await page.waitForSelector("h1", PATIENCE);
  await browser.startTracing(page, { categories });
  const began = performance.now();
  await page.goto(url, PATIENCE);
  await page.waitForSelector(wait, PATIENCE);
  const ms = performance.now() - began;
  await page.waitForTimeout(2 * ASKED_MS + 2000);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  await page.close();
  const main = traceEvents.find(
    (one) => one.name === "FireAnimationFrame" || one.name === "ParseHTML",
  );
  const tasks = traceEvents.filter(
    (one) =>
      one.pid === main.pid && one.tid === main.tid && /RunTask$/.test(one.name) && one.tdur >= 0,
  );
  return { ms, longest: Math.max(...tasks.map((one) => one.tdur / 1000)) };
}

async function views(browser, pages, rounds) {
  const found = {};
  for (const page of pages) {
    const all = [];
    for (let round = 0; round < rounds; round += 1) {
      const { load } = await yard(browser);
      all.push({ ...(await viewed(browser, page)), load });
    }
    found[page.name] = {
      ms: median(all.map((one) => one.ms)),
      ms_alone: median(all.map((one) => one.ms / one.load)),
      longest: median(all.map((one) => one.longest)),
    };
  }
  return found;
}

async function loads(browser, pages, rounds) {
  const found = {};
  for (const page of pages) {
    const all = [];
    for (let round = 0; round < rounds; round += 1) {
      const { load } = await yard(browser);
      all.push({ ...(await loaded(browser, page)), load });
    }
    found[page.name] = {
      kilobytes: await compressed(all[0].files),
      ms: median(all.map((one) => one.usable)),
      ms_alone: median(all.map((one) => one.usable / one.load)),
      cpu: median(all.map((one) => one.cpu)),
    };
  }
  return found;
}

/** Scroll a table at five rows a frame; return the main thread's CPU of each frame (ms). */
async function scrolled(browser, { url, wait, frames = 400 }) {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.goto(url, PATIENCE);
  await page.waitForSelector(wait, PATIENCE);
  await page.waitForTimeout(1500);
  const rows = await page.getAttribute("[role=table]", "aria-rowcount");
  const categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"];
  await browser.startTracing(page, { categories });
  await page.evaluate(async (many) => {
    const box = document.querySelector("[role=table]").parentElement;
    for (let frame = 0; frame < many; frame += 1) {
      box.scrollTop += 170;
      await new Promise(requestAnimationFrame);
    }
  }, frames);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  await page.close();
  const beats = traceEvents.filter((one) => one.name === "FireAnimationFrame");
  const { pid, tid } = beats[0];
  const mine = (one) => one.pid === pid && one.tid === tid;
  const starts = beats
    .filter(mine)
    .map((one) => one.ts)
    .sort((a, b) => a - b); // prettier-ignore
  const tasks = traceEvents.filter(
    (one) => mine(one) && /RunTask$/.test(one.name) && one.tdur >= 0,
  );
  const spent = starts.map(() => 0);
  for (const task of tasks) {
    let at = starts.findLastIndex((start) => start < task.ts + task.dur);
    if (at < 0) continue;
    at = Math.min(at, spent.length - 1);
    spent[at] += task.tdur / 1000;
  }
  return {
    rows: Number(rows) - 1,
    frames: spent.length,
    median: median(spent),
    p95: part(spent, 0.95),
    most: Math.max(...spent),
  };
}

function served(folder) {
  const server = createServer((request, answer) => {
    const file = join(folder, new URL(request.url, "http://here").pathname);
    if (!existsSync(file) || !extname(file)) return answer.writeHead(404).end();
    answer.writeHead(200, { "Content-Type": KINDS[extname(file)] ?? "application/octet-stream" });
    return createReadStream(file).pipe(answer);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Move a day of twenty lines on by a point, again and again; return the CPU of each update (ms). */
async function charted(browser, { folder, updates = 40 }) {
  const server = await served(folder);
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.goto(`http://127.0.0.1:${server.address().port}/tests/chart/index.html`);
  await page.waitForFunction(() => globalThis.next !== undefined, undefined, PATIENCE);
  const { spent } = await mainThread(page);
  for (let i = 0; i < 5; i += 1) await page.evaluate(() => globalThis.next());
  const all = [];
  for (let i = 0; i < updates; i += 1) {
    const before = await spent();
    await page.evaluate(() => globalThis.next());
    all.push((await spent()) - before);
  }
  await page.close();
  server.close();
  return { median: median(all), p95: part(all, 0.95) };
}

/** An hour of a page's life, its clock moved by hand: a message each second, all that it asks meanwhile.
 * Returns by how much what it holds (MB, after GC) grew. */
async function hour(browser, { url, wait, stream, messages = 3600 }) {
  const page = await browser.newPage({ viewport: VIEWPORT });
  let socket;
  let heard;
  await page.routeWebSocket(new RegExp(stream), (ws) => {
    const server = ws.connectToServer();
    socket = ws;
    server.onMessage((text) => {
      const said = JSON.parse(text);
      if (said.body?.state && !heard) heard = said;
      if (!heard || said === heard) ws.send(text);
    });
  });
  await page.clock.install();
  await page.goto(url, PATIENCE);
  await page.clock.runFor(1000);
  await page.waitForSelector(wait, PATIENCE);
  while (!heard) await page.waitForTimeout(100);
  const { session } = await mainThread(page);
  const held = async () => {
    await session.send("HeapProfiler.enable");
    for (let i = 0; i < 3; i += 1) await session.send("HeapProfiler.collectGarbage");
    return (await session.send("Runtime.getHeapUsage")).usedSize / 2 ** 20;
  };
  const began = Date.parse(heard.body.state.clock.now);
  const tell = async (n) => {
    const state = structuredClone(heard.body.state);
    state.clock.now = new Date(began + n * 1000).toISOString();
    state.metrics.cpu += Math.sin(n / 60);
    socket.send(
      JSON.stringify({ ...heard, sequence: heard.sequence + n, body: { ...heard.body, state } }),
    );
    await page.clock.runFor(1000);
  };
  for (let n = 1; n <= 120; n += 1) await tell(n);
  await page.waitForTimeout(500);
  const before = await held();
  for (let n = 121; n <= 120 + messages; n += 1) await tell(n);
  await page.waitForTimeout(1000);
  const after = await held();
  await page.close();
  return { before, after, grown: after - before, messages };
}

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const found = {};
const browser = await chromium.launch({
  executablePath: BROWSER,
  args: ["--no-sandbox", "--disable-gpu", "--js-flags=--expose-gc"],
});
const rounds = async (name, run) => {
  const all = [];
  for (let round = 0; round < (plan.rounds ?? 3); round += 1) {
    const { cpu, load } = await yard(browser);
    all.push({ ...(await run()), yard: cpu, load });
  }
  found[name] = all;
};
if (plan.loads) found.loads = await loads(browser, plan.loads, plan.rounds ?? 3);
if (plan.scroll) await rounds("scroll", () => scrolled(browser, plan.scroll));
if (plan.chart) await rounds("chart", () => charted(browser, plan.chart));
if (plan.views) found.views = await views(browser, plan.views, plan.rounds ?? 3);
if (plan.hour) found.hour = await hour(browser, plan.hour);
await browser.close();
console.log(JSON.stringify(found));
