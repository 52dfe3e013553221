import { chromium } from "playwright-core";
const [url, n = "7"] = process.argv.slice(2);
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const rows = [];
for (let i = 0; i < +n; i++) {
  const c = await b.newContext({ viewport: { width: 1440, height: 900 }, locale: process.env.KO ? "ko-KR" : "en-GB" });
  await c.addInitScript(() => {
    globalThis.cls = 0; globalThis.long = [];
    new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) globalThis.cls += e.value; }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((l) => { for (const e of l.getEntries()) globalThis.long.push([Math.round(e.startTime), Math.round(e.duration)]); }).observe({ type: "longtask", buffered: true });
    const look = () => { if (document.querySelector("h1") && !globalThis.firstH1) globalThis.firstH1 = performance.now();
      if (document.querySelector("h1") && !document.querySelector("[aria-busy=true]")) globalThis.shown = performance.now(); else requestAnimationFrame(look); };
    look();
  });
  const p = await c.newPage();
  await p.goto(url, { waitUntil: "load" });
  await p.waitForFunction(() => globalThis.shown, undefined, { timeout: 30000 });
  await new Promise((r) => setTimeout(r, 600));
  const m = await (await c.newCDPSession(p)).send("Performance.enable").catch(() => 0);
  rows.push(await p.evaluate(() => {
    const nav = performance.getEntriesByType("navigation")[0];
    const res = performance.getEntriesByType("resource");
    const js = res.filter((r) => /\.js$/.test(r.name)); const api = res.filter((r) => /\/api\/|\/k8s|\/clusters/.test(r.name));
    const fcp = performance.getEntriesByType("paint").find((e) => e.name === "first-contentful-paint")?.startTime;
    return { html: nav.responseEnd, dcl: nav.domContentLoadedEventEnd, lastPreJs: Math.max(...js.filter(r=>r.startTime<nav.domInteractive).map(r=>r.responseEnd)), pageJs: Math.max(...js.map(r=>r.responseEnd)), fcp, h1: globalThis.firstH1, api0: Math.min(...api.map(r=>r.startTime)), api1: Math.max(...api.filter(r=>r.startTime<globalThis.shown).map(r=>r.responseEnd)), shown: globalThis.shown, cls: globalThis.cls, long: globalThis.long, css: Math.max(...res.filter(r=>/\.css$/.test(r.name)).map(r=>r.responseEnd)), napi: api.length };
  }));
  await c.close();
}
await b.close();
const med = (k) => { const v = rows.map(r=>r[k]).filter(Number.isFinite).sort((a,b)=>a-b); return v.length ? +v[v.length>>1].toFixed(k==="cls"?4:0) : null; };
console.log(Object.keys(rows[0]).filter(k=>k!=="long").map(k=>`${k} ${med(k)}`).join("  "));
console.log(JSON.stringify(rows.map(r=>r.long).slice(0,3)));
