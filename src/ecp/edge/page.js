"use strict";
// What every page shares: elements, figures in the reader's language, asking again and again.
const settings = JSON.parse(document.getElementById("settings").textContent);
const t = settings.texts;

function make(tag, content, kind) {
  const node = document.createElement(tag);
  if (content instanceof Node) node.append(content);
  else if (content !== undefined && content !== null) node.textContent = content;
  if (kind) node.className = kind;
  return node;
}

function link(to, name) {
  const node = make("a", name);
  node.href = to;
  return node;
}

function number(value, unit, digits = 3) {
  if (value === null || value === undefined) return "–";
  const shown = value.toLocaleString(settings.lang, { maximumFractionDigits: digits });
  return unit ? shown + " " + unit : shown;
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.round(Math.abs(seconds));
  const parts = [[86400, t.d], [3600, t.h], [60, t.m]];
  const said = [];
  let left = whole;
  for (const [size, unit] of parts) {
    if (left >= size) { said.push(Math.floor(left / size) + unit); left %= size; }
  }
  if (left || !said.length) said.push(left + t.s);
  return said.slice(0, 2).join(" ");
}

function instant(at) {
  return at ? at.slice(0, 19).replace("T", " ") + " UTC" : "–";
}

// A state is said by a sign and a word, never by colour alone.
const LOOKS = { up: ["●", "good"], meeting: ["●", "good"], ready: ["●", "good"],
  healthy: ["●", "good"], down: ["✕", "bad"], breached: ["✕", "bad"], failed: ["✕", "bad"],
  stalled: ["✕", "bad"], unreachable: ["✕", "bad"], at_risk: ["▲", "warn"], degraded: ["▲", "warn"],
  running: ["▲", "warn"], progressing: ["◔", "warn"], applying: ["◔", "warn"] };

function state(name, said) {
  const [sign, kind] = LOOKS[name] || ["○", "dim"];
  return make("span", sign + " " + said, kind);
}

function card(box, name, value, small) {
  const one = make("div", undefined, "card"), told = make("dd", value);
  if (small) told.append(make("small", small));
  one.append(make("dt", name), told);
  box.append(one);
}

function cards() {
  return make("dl", undefined, "cards");
}

// heads: [name, kinds]; kinds: n right-aligned, wide left out on a small screen, free may wrap.
function table(caption, heads, rows) {
  const scroll = make("div", undefined, "scroll"), found = make("table");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", caption);
  found.append(make("caption", caption));
  const head = found.createTHead().insertRow();
  heads.forEach(([name, kind]) => {
    const cell = make("th", name, kind);
    cell.scope = "col";
    head.append(cell);
  });
  const body = found.createTBody();
  rows.forEach(cells => {
    const row = body.insertRow();
    cells.forEach((cell, i) => row.append(make("td", cell, heads[i][1])));
  });
  scroll.append(found);
  return scroll;
}

function command(line) {
  const box = make("p"), copy = make("button", t.copy);
  copy.type = "button";
  copy.addEventListener("click", () => navigator.clipboard.writeText(line).then(
    () => { copy.textContent = t.copied; }));
  box.append(make("code", line), " ", copy);
  return box;
}

function note(kind, ...parts) {
  const box = make("div", undefined, "note " + kind);
  parts.forEach(part => box.append(part instanceof Node ? part : make("p", part)));
  return box;
}

class Problem extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

async function ask(path) {
  const answer = await fetch(path, { headers: { accept: "application/json",
    "accept-language": settings.lang } });
  let body = null;
  try { body = await answer.json(); } catch (_) { /* said by the status below */ }
  if (!answer.ok || body === null) {
    throw new Problem(answer.status, body && body.error ? body.error.message
      : answer.status + " " + answer.statusText);
  }
  return body;
}

function tell(kind, said) {
  const badge = document.getElementById("live");
  if (badge.textContent !== said) badge.textContent = said;
  badge.className = "badge " + kind;
}

function clockOf(clock) {
  const box = document.getElementById("clock");
  box.textContent = clock ? t.clock + " " + instant(clock.now) + " · "
    + (clock.paused ? t.paused : "×" + number(clock.speed)) : "";
  return clock && clock.paused;
}

// Ask again every few seconds; when nobody answers, later and later, and say when.
async function live(refresh) {
  let wait = settings.every;
  for (;;) {
    const error = document.getElementById("error");
    try {
      const [parts, clock] = await refresh();
      document.getElementById("main").replaceChildren(...parts);
      document.body.classList.remove("stale");
      error.replaceChildren();
      wait = settings.every;
      if (clockOf(clock)) tell("warn", "‖ " + t.paused); else tell("good", "● " + t.live);
      await new Promise(done => setTimeout(done, wait));
    } catch (failure) {
      const known = failure instanceof Problem;
      document.body.classList.add("stale");
      error.replaceChildren(note("bad", known ? failure.message : t.lost));
      wait = Math.min(wait * 1.5, 30000);
      for (let left = Math.round(wait / 1000); left > 0; left -= 1) {
        tell("bad", "↻ " + t.again + " " + left + t.s);
        await new Promise(done => setTimeout(done, 1000));
      }
    }
  }
}
