"use strict";
/* The page of a run: its graph, steps that open beside it, logs, charts, and all of it live. */
(() => {
  const { load, swap, ready, span, later } = Penstock;
  const body = document.body, own = `/runs/${body.dataset.run}`;
  const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;
  const SVG = "http://www.w3.org/2000/svg";
  const made = (name, attributes) => { const one = document.createElementNS(SVG, name); for (const key in attributes) one.setAttribute(key, attributes[key]); return one; };

  /* The graph: zoom, pan by dragging, a small map of it. */
  const graph = document.getElementById("graph"), map = document.getElementById("minimap");
  const part = document.querySelector(".graph-part");
  let drawing = document.getElementById("drawing"), width = 0, height = 0, scale = 1;
  const fitting = () => Math.min(1, (graph.clientWidth - 2) / width);
  const size = () => { drawing.setAttribute("width", width * scale); drawing.setAttribute("height", height * scale); };
  const zoom = (next, x = graph.clientWidth / 2, y = graph.clientHeight / 2) => {
    const left = (graph.scrollLeft + x) / scale, top = (graph.scrollTop + y) / scale;
    scale = Math.min(2.5, Math.max(0.1, next));
    size();
    graph.scrollTo(left * scale - x, top * scale - y);
    look();
  };
  const MAP = { width: 180, height: 120 };
  const look = () => {
    const isWhole = graph.clientHeight < 240 || (width * scale <= graph.clientWidth + 4 && height * scale <= graph.clientHeight + 4);
    map.hidden = isWhole;
    const view = map.querySelector(".view");
    if (isWhole || !view) return;
    for (const [key, value] of [["x", graph.scrollLeft], ["y", graph.scrollTop], ["width", graph.clientWidth], ["height", graph.clientHeight]]) view.setAttribute(key, value / scale);
  };
  const chart = () => {
    const ratio = Math.min(MAP.width / width, MAP.height / height);
    const small = made("svg", { viewBox: `0 0 ${width} ${height}`, width: Math.max(24, width * ratio), height: Math.max(24, height * ratio), preserveAspectRatio: "none" });
    for (const box of drawing.querySelectorAll(".box")) {
      const rect = box.querySelector(".body");
      small.append(made("rect", { class: `dot ${[...box.classList].find((name) => name.startsWith("is-"))}`, x: rect.getAttribute("x"), y: rect.getAttribute("y"), width: rect.getAttribute("width"), height: rect.getAttribute("height") }));
    }
    small.append(made("rect", { class: "view" }));
    map.replaceChildren(small);
    look();
  };
  const measure = () => { width = drawing.viewBox.baseVal.width; height = drawing.viewBox.baseVal.height; };
  /* Take over a drawing that was fetched; ``anchor`` is the group that was opened or closed, which stays where it is. */
  const adopt = (fresh, anchor) => {
    const next = fresh.getElementById("drawing");
    if (!graph || !next || next.innerHTML === drawing.innerHTML) return;
    const at = (root) => anchor && root.querySelector(`[data-group="${CSS.escape(anchor)}"] rect`);
    const place = (rect) => [Number(rect.getAttribute("x")) * scale, Number(rect.getAttribute("y")) * scale];
    const before = at(drawing) ? place(at(drawing)) : null, offset = [graph.scrollLeft, graph.scrollTop];
    const active = document.activeElement, step = drawing.contains(active) ? active.dataset.step : null;
    drawing.replaceWith(next);
    drawing = next;
    measure();
    size();
    const after = at(drawing) ? place(at(drawing)) : null;
    if (before && after) graph.scrollTo(offset[0] + after[0] - before[0], offset[1] + after[1] - before[1]);
    if (step) drawing.querySelector(`[data-step="${CSS.escape(step)}"]`)?.focus({ preventScroll: true });
    swap("groups", fresh);
    chart();
  };
  if (graph) {
    measure();
    let from = null, dragged = false;
    const buttons = document.querySelector(".zoom");
    buttons.hidden = false;
    const whole = () => Math.min(fitting(), (graph.matches(".is-tall *") ? graph.clientHeight : Math.min(window.innerHeight * 0.62, 640)) / height);
    buttons.addEventListener("click", (event) => {
      const button = event.target.closest("button"), how = button?.dataset.zoom;
      if (how === "tall") button.setAttribute("aria-pressed", String(part.classList.toggle("is-tall")));
      if (how) zoom({ in: scale * 1.25, out: scale / 1.25, fit: whole(), tall: scale }[how]);
    });
    graph.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = graph.getBoundingClientRect();
      zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea")) return;
      if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? scale * 1.25 : scale / 1.25);
    });
    graph.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    graph.addEventListener("pointerdown", (event) => {
      if (event.button || event.pointerType === "touch") return;
      from = { x: event.clientX + graph.scrollLeft, y: event.clientY + graph.scrollTop, atX: event.clientX, atY: event.clientY };
      dragged = false;
    });
    window.addEventListener("pointermove", (event) => {
      if (!from) return;
      if (Math.hypot(event.clientX - from.atX, event.clientY - from.atY) > 4) { dragged = true; graph.classList.add("drags"); }
      if (dragged) graph.scrollTo(from.x - event.clientX, from.y - event.clientY);
    });
    window.addEventListener("pointerup", () => { from = null; graph.classList.remove("drags"); });
    graph.addEventListener("dragstart", (event) => event.preventDefault());
    graph.addEventListener("click", (event) => { if (dragged) { event.preventDefault(); event.stopImmediatePropagation(); dragged = false; } }, true);
    const jump = (event) => {
      const box = map.getBoundingClientRect();
      graph.scrollTo((event.clientX - box.left) / box.width * width * scale - graph.clientWidth / 2, (event.clientY - box.top) / box.height * height * scale - graph.clientHeight / 2);
    };
    map.addEventListener("pointerdown", (event) => { map.setPointerCapture(event.pointerId); jump(event); });
    map.addEventListener("pointermove", (event) => { if (event.buttons) jump(event); });
    if (fitting() < 1) zoom(Math.max(0.62, fitting()), 0, 0);
    graph.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    chart();
  }

  /* Open what is linked inside a run without leaving the page. */
  const open = async (address, { keep, anchor } = {}) => {
    const fresh = await load(address).catch(() => null);
    const grid = fresh?.querySelector(".run-grid");
    if (!grid) { location.assign(address); return; }
    if (keep) history.pushState({}, "", address);
    document.title = fresh.title;
    document.querySelector(".run-grid").className = grid.className;
    swap("live", fresh);
    swap("panel", fresh);
    swap("side", fresh);
    adopt(fresh, anchor);
    begin();
    if (keep && !anchor && location.pathname.includes("/steps/") && window.innerWidth < 1180) document.getElementById("panel").scrollIntoView({ block: "start" });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    const address = link.getAttribute("href");
    const isOwn = address === own || [`${own}/steps/`, `${own}?`, "?"].some((start) => address?.startsWith(start));
    if (!isOwn || link.target) return;
    event.preventDefault();
    open(address, { keep: true, anchor: link.closest("[data-group]")?.dataset.group });
  });
  window.addEventListener("popstate", () => open(location.href));

  /* Logs, as they are written. */
  const follow = async (log) => {
    log.dataset.following = "1";
    const response = await fetch(log.dataset.follow);
    if (!response.ok || !response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let begun = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !log.isConnected) { reader.cancel().catch(() => {}); return; }
      const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 30;
      log.textContent = ((begun ? log.textContent : "") + value.replace(ESCAPES, "")).slice(-500000);
      begun = true;
      if (atEnd) log.scrollTop = log.scrollHeight;
    }
  };
  document.addEventListener("toggle", async (event) => {
    const peek = event.target, place = peek.dataset?.peek && peek.open && peek.querySelector(":scope > div:empty");
    if (!place) return;
    const response = await fetch(peek.dataset.peek, { headers: { Accept: "text/html" } }).catch(() => null);
    const found = response?.ok && new DOMParser().parseFromString(await response.text(), "text/html").getElementById("preview");
    if (!found) { place.textContent = "It could not be read."; return; }
    found.querySelector("h2")?.remove();
    place.replaceChildren(...found.childNodes);
  }, true);
  document.addEventListener("click", (event) => {
    const log = document.getElementById("log"), button = event.target.closest("[data-wrap], [data-copy-log]");
    if (!log || !button) return;
    if ("wrap" in button.dataset) button.setAttribute("aria-pressed", String(!log.classList.toggle("flat")));
    else navigator.clipboard.writeText(log.textContent).then(() => { button.textContent = "Copied"; });
  });
  const begin = () => {
    document.querySelectorAll("[data-wrap], [data-copy-log]").forEach((one) => { one.hidden = "copyLog" in one.dataset && !navigator.clipboard; });
    const log = document.getElementById("log");
    if (log && !log.dataset.shown) { log.dataset.shown = "1"; log.scrollTop = log.scrollHeight; }
    if (log && log.dataset.follow && !log.dataset.following) follow(log).catch(() => {});
    ready();
  };
  begin();

  /* A run that goes on: states come as events, everything else is fetched again when something has happened. */
  const show = (step) => {
    const box = drawing?.querySelector(`.box[data-step="${CSS.escape(step.id)}"]`);
    if (!box) return;
    box.setAttribute("class", `box is-${step.state}`);
    box.querySelector("use").setAttribute("href", `#s-${step.state}`);
    box.setAttribute("aria-label", `${box.querySelector("title").textContent}: ${step.state}`);
    const standing = box.querySelector(".standing"), isRunning = step.state === "running";
    if (isRunning && step.started) standing.dataset.since = Date.parse(step.started) / 1000; else delete standing.dataset.since;
    standing.textContent = step.state === "completed" && step.duration !== null ? span(step.duration) : step.state;
    for (const curve of drawing.querySelectorAll(`.curves path[data-to="${CSS.escape(step.id)}"]`)) curve.classList.toggle("active", isRunning);
  };
  let spent = 0;
  const refresh = async () => {
    const start = performance.now(), address = location.href;
    const fresh = await load(address).catch(() => null);
    spent = performance.now() - start;
    if (location.href !== address) return refresh(); // something else was opened meanwhile: it must not be taken away again
    if (fresh) { swap("live", fresh); swap("panel", fresh); swap("side", fresh); adopt(fresh); document.title = fresh.title; begin(); }
    return fresh;
  };
  const soon = later(refresh, () => Math.max(600, 4 * spent));
  const poll = () => { const timer = setInterval(async () => { const fresh = await refresh(); if (fresh && !fresh.body.dataset.live) clearInterval(timer); }, 3000); };
  if (body.dataset.live) {
    const events = new EventSource(body.dataset.live);
    let failures = 0;
    events.addEventListener("steps", (event) => { failures = 0; JSON.parse(event.data).forEach(show); soon(); });
    for (const kind of ["run", "metrics", "files"]) events.addEventListener(kind, soon);
    events.addEventListener("end", () => { events.close(); refresh(); });
    events.addEventListener("error", () => { if (events.readyState === EventSource.CLOSED || ++failures > 5) { events.close(); poll(); } });
  }
})();
