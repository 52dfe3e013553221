/**
 * Opens pages of both consoles in Chromium, in both languages and themes, and says what is wrong.
 *
 *     node web/tests/open.mjs PLAN.json
 *
 * The plan: {"pages": [{"name", "url", "wait"?, "steps"?}], "languages", "themes", "folder"?, "quality"?, "width"?, "axe",
 * "commands"?}. A step is ["click" | "wait" | "gone", SELECTOR], ["press", KEYS], ["back"], ["fill", SELECTOR, TEXT], ["commands"],
 * ["tab", SELECTOR], which presses Tab until that has the focus, ["type", TEXT], by keys or, where it has lines, as pasted, or
 * ["tell", FILE], which makes that file: it is the reader's turn. One JSON object is printed: {"opened": n, "wrong":
 * ["page en dark: …"], "commands": [{"page", "name", "cli", "curl", "disabled"}], "kilobytes": {name: {"shown", "all"}},
 * "moved": {name: n}}.
 * `commands` are the lines that a page's buttons show, where the plan wants them of each page after its steps, or a step
 * then. What a page loads is gzip of its scripts, styles and HTML, with an empty cache, before its steps: `shown` what was
 * asked for until its content was drawn and no skeleton was left, `all` until no more came. `moved` is how much of it moved by
 * itself until then (cumulative layout shift, 0.1 is much).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** What is shown by a program that met a figure it did not expect, or a key without its words. */
const BROKEN = /\bundefined\b|\bNaN\b|\[object Object\]|\{\{|\((이\/가|을\/를|은\/는)\)/;
const KEY = /^[a-z]+(\.[a-z_]+)+$/m;

/** Return how many KB of scripts, styles and pages are loaded, as gzip. */
async function compressed(urls) {
  let sum = 0;
  for (const url of new Set(urls)) {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    sum += gzipSync(Buffer.from(await answer.arrayBuffer()), { level: 9 }).length;
  }
  return Math.round(sum / 1024);
}

/** Note when the content of the page is drawn: a title, and no skeleton. */
function noteShown() {
  const look = () => {
    if (document.querySelector("h1") && !document.querySelector("[aria-busy=true]"))
      globalThis.firstShown = performance.now();
    else requestAnimationFrame(look);
  };
  look();
}

/** Add up how much of what is seen moves by itself: layout shifts, 0 to 1. */
function noteMoved() {
  globalThis.moved = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) globalThis.moved += one.value;
  }).observe({ type: "layout-shift", buffered: true });
}

/** Return what was asked for until the page was shown, and until nothing more came for a while. */
async function asked() {
  const files = () =>
    performance
      .getEntries()
      .filter((one) => one.entryType === "navigation" || /\.(js|css)$/.test(one.name));
  let count = -1;
  while (count < files().length || globalThis.firstShown === undefined) {
    count = files().length;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const names = (all) => all.map((one) => one.name);
  return {
    shown: names(files().filter((one) => one.startTime <= globalThis.firstShown)),
    all: names(files()),
  };
}

/** Have each button show how the same is done by CLI and curl, as a user does, and return what it shows. */
async function lines() {
  const until = async (what, happened) => {
    for (const end = performance.now() + 10_000; !happened(); ) {
      if (performance.now() > end) throw new Error(`${what}: its lines`);
      await new Promise(requestAnimationFrame);
    }
  };
  const read = new Set();
  const found = [];
  const take = (name, disabled) => {
    // What lies behind the other tab is drawn later.
    const of = (line) =>
      [...document.querySelectorAll(`[data-command=${line}]`)].find((one) => !read.has(one));
    const [cli, curl] = [of("cli"), of("curl")];
    if (!cli || !curl) return false;
    read.add(cli).add(curl);
    found.push({ name, cli: cli.textContent || null, curl: curl.textContent, disabled });
    return true;
  };
  // What is shown without being asked for.
  take("", false);
  for (const button of document.querySelectorAll("[data-shows]")) {
    const does = button.parentElement.querySelector("button");
    button.click();
    await until(button.dataset.shows, () => take(button.dataset.shows, does.disabled));
    const dialogs = document.querySelectorAll(".mantine-Modal-content");
    dialogs[dialogs.length - 1].querySelector(".mantine-Modal-close").click();
    await until(button.dataset.shows, () => !document.querySelector(".mantine-Modal-content"));
  }
  return found;
}

/** Go on by Tab to what a selector says: it is there, and keys alone lead to it. */
async function tabbed(page, where, timeout) {
  await page.waitForSelector(where, { timeout });
  for (let left = 200; !(await page.$(`:is(${where}):focus`)); left -= 1) {
    if (left === 0) throw new Error("Tab does not lead there");
    await page.keyboard.press("Tab");
  }
}

/** Do a step of a job as a user does. */
async function did(page, [what, where, text]) {
  const timeout = 30_000;
  if (what === "click") await page.click(where, { timeout });
  else if (what === "press") await page.keyboard.press(where);
  else if (what === "back") await page.goBack({ timeout });
  else if (what === "type")
    await page.keyboard[where.includes("\n") ? "insertText" : "type"](where);
  else if (what === "tab") await tabbed(page, where, timeout);
  else if (what === "fill") await page.fill(where, text, { timeout });
  else if (what === "wait") await page.waitForSelector(where, { timeout });
  else if (what === "gone") await page.waitForSelector(where, { state: "detached", timeout });
  else if (what === "tell") writeFileSync(where, "");
  else throw new Error("no such step");
}

/** Tell whether nothing moves any more but what moves for ever. */
function settled() {
  return document
    .getAnimations()
    .every((one) => one.playState !== "running" || one.effect?.getTiming().iterations === Infinity);
}

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));

/** Make a picture of what is in view: a PNG, or a smaller WebP where the plan says its quality. */
async function pictured(page, name) {
  const { folder, quality } = plan;
  if (!quality) return page.screenshot({ path: `${folder}/${name}.png` });
  const browser = await page.context().newCDPSession(page);
  const taken = await browser.send("Page.captureScreenshot", { format: "webp", quality });
  writeFileSync(`${folder}/${name}.webp`, Buffer.from(taken.data, "base64"));
}

const browser = await chromium.launch({
  executablePath: BROWSER,
  args: ["--no-sandbox", "--disable-gpu"],
});
const wrong = [];
const commands = [];
const kilobytes = {};
const moved = {};
let opened = 0;
for (const language of plan.languages) {
  for (const theme of plan.themes) {
    const context = await browser.newContext({
      locale: language === "ko" ? "ko-KR" : "en-GB",
      colorScheme: theme,
      viewport: { width: plan.width ?? 1440, height: 900 },
      bypassCSP: false,
      // Dialog after dialog: nobody looks at how they come and go.
      reducedMotion: plan.commands ? "reduce" : "no-preference",
    });
    await context.addInitScript(noteShown);
    await context.addInitScript(noteMoved);
    for (const { name, url, wait, steps = [] } of plan.pages) {
      const page = await context.newPage();
      const where = `${name} ${language} ${theme}`;
      let doing = "";
      const gather = async () => {
        for (const one of await page.evaluate(lines)) commands.push({ page: name, ...one });
      };
      page.on("console", (said) => {
        if (said.type() === "error") wrong.push(`${where}: ${said.text()}`);
      });
      page.on("pageerror", (error) => wrong.push(`${where}: ${error.message}`));
      try {
        await page.goto(url, { waitUntil: "load" });
        await page.waitForSelector("h1", { timeout: 20_000 });
        await page.waitForFunction(() => !document.querySelector("[aria-busy]"), undefined, {
          timeout: 20_000,
        });
        if (wait) await page.waitForSelector(wait, { timeout: 20_000 });
        // Who asks for lines does not wait until nothing more comes.
        if (!kilobytes[name] && !plan.commands) {
          const { shown, all } = await page.evaluate(asked);
          moved[name] = Number((await page.evaluate(() => globalThis.moved)).toFixed(3));
          kilobytes[name] = { shown: await compressed(shown), all: await compressed(all) };
        }
        for (const step of steps) {
          doing = step.join(" ");
          if (step[0] === "commands") await gather();
          else await did(page, step);
        }
        doing = "";
        await page.evaluate(() => document.fonts.ready);
        const text = await page.innerText("body");
        const broken = BROKEN.exec(text) ?? KEY.exec(text);
        if (broken) wrong.push(`${where}: shows ${broken[0]}`);
        const lang = await page.getAttribute("html", "lang");
        if (lang !== language) wrong.push(`${where}: html lang is ${lang}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) wrong.push(`${where}: ${wide} px too wide`);
        if (plan.axe) {
          // What comes into view is pale until it is there.
          await page.waitForFunction(settled, undefined, { timeout: 10_000 });
          await page.evaluate(readFileSync(AXE, "utf8"));
          const found = await page.evaluate(() =>
            globalThis.axe.run(document, { resultTypes: ["violations"] }),
          );
          for (const one of found.violations) {
            if (one.impact === "serious" || one.impact === "critical") {
              wrong.push(
                `${where}: ${one.id}: ${one.help}: ${one.nodes
                  .map((node) => node.target.join(" "))
                  .slice(0, 3)
                  .join(" | ")}`,
              );
            }
          }
        }
        if (plan.folder) await pictured(page, `${name}-${language}-${theme}`);
        if (plan.commands) await gather();
        opened += 1;
      } catch (error) {
        wrong.push(`${where}: ${doing} ${String(error).split("\n")[0]}`);
        if (plan.folder) await pictured(page, `${name}-${language}-${theme}`);
      }
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
console.log(JSON.stringify({ opened, wrong, commands, kilobytes, moved }));
