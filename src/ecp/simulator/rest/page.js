// Tenants and clusters of a simulator; `settings.tenant` alone, or all of them.
const cluster = settings.cluster ? "&cluster=" + encodeURIComponent(settings.cluster) : "";
const MINUTES = 60;
const seen = { newest: null, rows: [] };

function level(name) {
  return state(name, t["status." + name] || name);
}

function workloads(rows) {
  return table(t.workloads,
    [[t.workload], [t.state], [t.pods, "n"], [t.rps, "n"], [t.response, "n"], [t.errors, "n"],
      [t.cpu, "n wide"], [t.memory, "n wide"], [t.profile, "wide"]],
    rows.map(w => {
      const f = w.metrics || {};
      return [w.name, w.state ? state(w.state, t["state." + w.state] || w.state) : "–",
        w.ready + "/" + w.desired, number(f.network_rps), number(f.response_time, "ms"),
        number(f.error_rate, "%"), number(f.cpu, "%"), number(f.memory, "%"),
        w.profile || t.nomodel];
    }));
}

// --- one tenant ----------------------------------------------------------------------------------

function figures(sla, metrics) {
  const box = cards(), budget = sla.error_budget;
  card(box, t.status, level(sla.status), sla.provisional ? t.provisional : "");
  card(box, t.uptime, number(sla.uptime_percentage, "%"), t.target + " " + number(sla.target_sla, "%"));
  const asked = sla.requests || {};
  card(box, t.availability, number(sla.availability, "%"),
    asked.total ? number(asked.good) + " / " + number(asked.total) : "");
  card(box, t.downtime, duration(sla.downtime_seconds), t.observed + " " + duration(sla.observed_seconds));
  if (budget) {
    const over = budget.remaining_seconds < 0;
    card(box, t.budget, make("span", (over ? "−" : "") + duration(budget.remaining_seconds),
      over ? "bad" : "good"), t.allowed + " " + duration(budget.allowed_seconds));
  }
  card(box, t.failures, number(sla.failure_count),
    sla.open_incidents ? t.open + " " + sla.open_incidents : "");
  card(box, t.rps, number(metrics.network_rps));
  card(box, t.response, number(metrics.response_time, "ms"));
  card(box, t.errors, number(metrics.error_rate, "%"));
  card(box, t.cpu, number(metrics.cpu, "%"), t.oflimits);
  card(box, t.memory, number(metrics.memory, "%"), t.oflimits);
  return box;
}

function running(faults, namespace) {
  const now = faults.filter(f => f.state === "running"
    && (!f.namespaces.length || f.namespaces.includes(namespace)));
  return now.map(f => note("", make("p", state("running", t.fault + " " + f.id + ": " + f.title)),
    f.targets.join(", ") + " · " + t.since + " " + instant(f.started_at)
      + (f.until ? " · " + t.until + " " + instant(f.until) : "")));
}

function incidents(rows) {
  if (!rows || !rows.length) return make("p", t.noincidents, "dim");
  const newest = rows.slice(-10).reverse();
  return table(t.incidents, [[t.began], [t.ended], [t.lasted, "n"], [t.cause, "free"]],
    newest.map(i => [instant(i.started_at),
      i.ended_at ? instant(i.ended_at) : state("down", t.open),
      duration(i.duration_seconds === null ? i.age_seconds : i.duration_seconds),
      i.causes.map(c => (t["cause." + c.kind] || c.kind) + " " + (c.id || "")).join(", ") || "–"]));
}

async function minutes(path) {
  if (seen.newest === null) {
    const probe = await ask(path + "/minutes?limit=1");
    seen.newest = Math.max(0, probe.newest - MINUTES);
  }
  const found = await ask(path + "/minutes?limit=" + MINUTES + "&since=" + seen.newest);
  seen.newest = found.next;
  seen.rows = seen.rows.concat(found.minutes).slice(-MINUTES);
  return seen.rows;
}

function svg(width, label) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  node.setAttribute("viewBox", "0 0 " + width + " 40");
  node.setAttribute("preserveAspectRatio", "none");
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", label);
  return node;
}

function bar(box, x, from, to, colour, said) {
  if (to <= from) return;
  const node = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of [["x", x + .1], ["width", .8], ["y", 40 - to], ["height", to - from],
    ["fill", "var(--" + colour + ")"]]) node.setAttribute(name, value);
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = said;
  node.append(title);
  box.append(node);
}

function chart(name, last, draw) {
  const figure = make("figure"), box = svg(MINUTES, name + ": " + last);
  draw(box);
  figure.append(make("figcaption", name + " · " + last), box);
  return figure;
}

function charts(rows) {
  const box = make("div", undefined, "charts");
  if (!rows.length) return box;
  const at = (row, i) => [MINUTES - rows.length + i, row.minute.slice(11, 16) + " UTC"];
  const down = rows.reduce((sum, row) => sum + row.tenant.slots.down * 5, 0);
  box.append(chart(t.lasthour, t.downtime + " " + duration(down), into => rows.forEach((row, i) => {
    const [x, when] = at(row, i), s = row.tenant.slots;
    const all = Math.max(12, s.up + s.down);
    bar(into, x, 0, 40 * s.up / all, "good", when + " " + t["state.up"]);
    bar(into, x, 40 * s.up / all, 40 * (s.up + s.down) / all, "bad",
      when + " " + t["state.down"] + " " + duration(s.down * 5));
    if (!s.up && !s.down) bar(into, x, 0, 40, "grey", when + " " + t["state.unknown"]);
  })));
  const most = Math.max(1, ...rows.map(row => row.tenant.total));
  const newest = rows[rows.length - 1].tenant;
  box.append(chart(t.requests, number(newest.total), into => rows.forEach((row, i) => {
    const [x, when] = at(row, i), one = row.tenant;
    const said = when + " " + number(one.good) + " / " + number(one.total);
    bar(into, x, 0, 40 * one.good / most, "good", said);
    bar(into, x, 40 * one.good / most, 40 * one.total / most, "bad", said);
  })));
  const slow = rows.map(row => (row.tenant.latency || {}).p95_ms || 0);
  const slowest = Math.max(1, ...slow);
  box.append(chart(t.response, number(slow[slow.length - 1], "ms"), into => rows.forEach((row, i) => {
    const [x, when] = at(row, i);
    bar(into, x, 0, 40 * slow[i] / slowest, "link", when + " " + number(slow[i], "ms"));
  })));
  return box;
}

let home = null;

async function one() {
  const id = encodeURIComponent(settings.tenant);
  if (home === null) {
    try {
      home = (await ask("/api/v1/metrics/" + id + "?" + cluster.slice(1))).cluster;
    } catch (failure) {
      if (!(failure instanceof Problem) || failure.status !== 404) throw failure;
      return [[note("", t.notyet, command(settings.ecp + " deploy " + settings.tenant + " --wait"))],
        null];
    }
  }
  const base = "/api/v1/clusters/" + encodeURIComponent(home), path = base + "/tenants/" + id;
  let body;
  try {
    body = await ask(path);
  } catch (failure) {
    home = null;
    throw failure;
  }
  const [faults, rows] = [(await ask(base + "/faults")).faults, await minutes(path)];
  const more = make("p", undefined, "dim");
  more.append(t.cluster + " " + home + " · " + t.namespace + " " + body.namespace);
  const told = Object.entries(body.external_metrics || {});
  const extra = told.length ? [make("h2", t.external), table(t.external,
    [[t.name], [t.value, "n"], [t.source], [t.at]],
    told.map(([name, m]) => [name, String(m.value), m.source, instant(m.at)]))] : [];
  return [[more, ...running(faults, body.namespace), figures(body.sla, body.metrics), charts(rows),
    make("h2", t.workloads), workloads(body.workloads), make("h2", t.incidents),
    incidents(body.sla.incidents), ...extra], body.clock];
}

// --- all of them ---------------------------------------------------------------------------------

function tenants(rows) {
  if (!rows.length) return note("", t.none, command(settings.ecp + " deploy acme --wait"));
  return table(t.tenants,
    [[t.tenant], [t.status], [t.uptime, "n"], [t.target, "n wide"], [t.pods, "n"], [t.rps, "n"],
      [t.response, "n"], [t.errors, "n"], [t.downtime, "n wide"], [t.failures, "n wide"]],
    rows.map(one => {
      const m = one.metrics, s = one.sla_data, sum = key => one.workloads.reduce((a, w) => a + w[key], 0);
      const where = "/dashboard/" + encodeURIComponent(one.tenant_id) + "?cluster="
        + encodeURIComponent(one.cluster) + (settings.chosen ? "&lang=" + settings.lang : "");
      return [link(where, one.tenant_id), level(s.status), number(s.uptime_percentage, "%"),
        number(s.target_sla, "%"), sum("ready") + "/" + sum("desired"), number(m.network_rps),
        number(m.response_time, "ms"), number(m.error_rate, "%"), duration(s.downtime_minutes * 60),
        number(s.failure_count)];
    }));
}

function clusters(rows) {
  return table(t.clusters,
    [[t.cluster], [t.state], [t.nodes, "n"], [t.podsrunning, "n"], [t.podswaiting, "n"],
      [t.cpureq, "n"], [t.memreq, "n"], [t.gpureq, "n"], [t.time], [t.speed, "n"]],
    rows.map(r => [r.cluster, r.failed ? state("failed", t.stopped) : state("up", t["state.up"]),
      r.nodes.ready + "/" + r.nodes.total, number(r.pods.Running || 0), number(r.pods.Pending || 0),
      number(r.cpu.requested_percent, "%"), number(r.memory.requested_percent, "%"),
      number(r.gpu.requested_percent, "%"), instant(r.clock.now),
      r.clock.paused ? t.paused : "×" + number(r.clock.speed)]));
}

async function all() {
  const body = await ask("/api/metrics?" + cluster.slice(1));
  const first = [make("h2", t.tenants), tenants(body.tenants)];
  const second = [make("h2", t.clusters), clusters(body.system)];
  // The monitoring page is about the clusters first.
  const parts = settings.page === "simulator-monitoring" ? [...second, ...first] : [...first, ...second];
  return [parts, (body.system.find(r => r.cluster === "default") || body.system[0] || {}).clock];
}

live(settings.tenant ? one : all);
