// How the tenants' releases stand; with what did not start or is degraded, and the change to make.
const MOST = 3;

function figure(sla) {
  if (!sla || sla.current_sla === null || sla.current_sla === undefined) return "–";
  const box = make("span", number(sla.current_sla, "%") + " ");
  box.append(state(sla.status, t["status." + sla.status] || sla.status));
  return box;
}

function started(one) {
  if (!one.started) return state("down", t.no);
  const hurt = one.startup && (one.startup.degraded || []).length;
  return hurt ? state("down", t.yesdegraded) : state("up", t.yes);
}

function tenants(rows, base) {
  return table(t.tenants,
    [[t.tenant], [t.phase], [t.pods, "n"], [t.started], [t.statusnow], [t.deployment, "wide"]],
    rows.map(one => [
      one.deployment_id ? link(base + "/dashboard/" + encodeURIComponent(one.tenant_id)
        + (settings.demo ? "?cluster=demo" : ""), one.tenant_id) : one.tenant_id,
      state(one.phase, t["phase." + one.phase] || one.phase),
      one.ready + "/" + one.desired,
      one.deployment_id ? started(one) : "–",
      figure(one.sla), one.deployment_id || "–"]));
}

function troubles(rows, kind) {
  return rows.filter(one => one.startup && (one.startup[kind] || []).length).map(one => {
    const box = note("bad", make("strong", one.tenant_id));
    const problems = one.startup[kind];
    problems.slice(0, MOST).forEach(problem => {
      box.append(make("p", problem.object + ": " + problem.text),
        make("p", "→ " + problem.remedy, "dim"));
    });
    if (problems.length > MOST) {
      box.append(make("p", t.more + " " + (problems.length - MOST), "dim"),
        command(settings.ecp + " status " + one.tenant_id));
    }
    return box;
  });
}

function services(body) {
  const box = cards(), simulator = body.simulator;
  card(box, t.orchestrator, state("healthy", t["service.healthy"]), body.version);
  card(box, t.simulator, state(simulator.status, t["service." + simulator.status]
    || simulator.status), simulator.url);
  const [mode, store] = Object.entries(body.stores)[0];
  card(box, t.store, state(store, t["service." + store] || store), t["mode." + mode] || mode);
  card(box, t.tenants, number(body.total_count));
  return box;
}

async function whole() {
  const body = await ask("/api/v1/simulator/status?limit=50");
  const parts = [services(body)];
  if (body.simulator.status === "unreachable") {
    parts.push(note("bad", t.away, command(settings.ecp + " up")));
  }
  parts.push(make("h2", t.tenants));
  parts.push(body.tenants.length ? tenants(body.tenants, settings.dashboard)
    : note("", t.none, command(settings.ecp + " deploy acme --wait")));
  if (body.total_count > body.tenants.length) {
    parts.push(make("p", t.more + " " + (body.total_count - body.tenants.length), "dim"));
  }
  [["problems", t.notstarted], ["degraded", t.degraded]].forEach(([kind, head]) => {
    const wrong = troubles(body.tenants, kind);
    if (wrong.length) parts.push(make("h2", head), ...wrong);
  });
  parts.push(make("h2", t.trythis), ...["tenant create acme --callbot 10 --chatbot 50 --advisor 5",
    "deploy acme --wait", "slo report acme"].map(line => command(settings.ecp + " " + line)));
  return [parts, null];
}

live(whole);
