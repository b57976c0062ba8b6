"use strict";
/* What makes the pages live. All of them are whole without this: the server draws everything, here it is fetched again. */
(() => {
  const body = document.body;
  const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;

  /* Light and dark. The choice is this browser's; without one the system's holds. */
  const theme = document.getElementById("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const stored = () => { try { return localStorage.getItem("penstock-theme"); } catch { return null; } };
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  if (stored()) document.documentElement.dataset.theme = stored();
  theme.hidden = false;
  nameTheme();
  system.addEventListener("change", nameTheme);
  theme.addEventListener("click", () => {
    const chosen = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    try { localStorage.setItem("penstock-theme", chosen); } catch { /* private windows keep nothing */ }
    nameTheme();
  });

  /* Fetch the page again and put its parts in place of what is shown. */
  const opened = (root) => [...root.querySelectorAll("details")].map((one) => one.open);
  const swap = (id, fresh) => {
    const old = document.getElementById(id), next = fresh.getElementById(id);
    if (!old || !next || old.innerHTML === next.innerHTML) return;
    const log = old.querySelector("#log"), nextLog = next.querySelector("#log");
    if (log && nextLog && log.dataset.follow === nextLog.dataset.follow && log.dataset.follow) nextLog.replaceWith(log);
    const focus = document.activeElement && old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const states = opened(old), checked = [...old.querySelectorAll("input:checked")].map((one) => one.value);
    old.replaceWith(next);
    next.querySelectorAll("details").forEach((one, index) => { if (states[index]) one.open = true; });
    next.querySelectorAll("input[type=checkbox]").forEach((one) => { one.checked = checked.includes(one.value); });
    if (focus) next.querySelector(`a[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  };
  let asked = 0;
  const load = async (address) => {
    const number = ++asked;
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (!response.ok || number !== asked) return null;
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };
  const refresh = async () => {
    const fresh = await load(location.href).catch(() => null);
    if (fresh) { swap("live", fresh); swap("panel", fresh); ready(); }
    return fresh;
  };
  const later = (act, wait) => {
    let timer = 0;
    return () => { if (!timer) timer = setTimeout(() => { timer = 0; act(); }, wait); };
  };

  /* The graph: zoom, pan by dragging, and steps that open beside it. */
  const graph = document.getElementById("graph");
  if (graph) {
    const drawing = graph.querySelector("svg");
    const width = drawing.width.baseVal.value, height = drawing.height.baseVal.value;
    let scale = 1, from = null, dragged = false;
    const zoom = (next, x = graph.clientWidth / 2, y = graph.clientHeight / 2) => {
      const wanted = Math.min(2.5, Math.max(0.12, next));
      const left = (graph.scrollLeft + x) / scale, top = (graph.scrollTop + y) / scale;
      scale = wanted;
      drawing.setAttribute("width", width * scale);
      drawing.setAttribute("height", height * scale);
      graph.scrollTo(left * scale - x, top * scale - y);
    };
    const fitting = () => Math.min(1, (graph.clientWidth - 2) / width);
    document.querySelector(".zoom").hidden = false;
    document.querySelector(".zoom").addEventListener("click", (event) => {
      const how = event.target.dataset.zoom;
      if (how) zoom({ in: scale * 1.25, out: scale / 1.25, fit: Math.min(fitting(), window.innerHeight * 0.62 / height) }[how]);
    });
    graph.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = graph.getBoundingClientRect();
      zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    graph.addEventListener("keydown", (event) => {
      if (event.target !== graph || event.ctrlKey || event.metaKey) return;
      if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? scale * 1.25 : scale / 1.25);
    });
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
    if (fitting() < 1) zoom(Math.max(0.62, fitting()), 0, 0);
    graph.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  /* Open what is linked inside a run without leaving the page. */
  const open = async (address, keep) => {
    const fresh = await load(address).catch(() => null);
    const grid = fresh?.querySelector(".run-grid");
    if (!grid) { location.assign(address); return; }
    if (keep) history.pushState({}, "", address);
    document.title = fresh.title;
    document.querySelector(".run-grid").className = grid.className;
    swap("live", fresh);
    swap("panel", fresh);
    const step = decodeURIComponent((location.pathname.match(/\/steps\/(.+)$/) || [])[1] || "");
    graph?.querySelectorAll(".box").forEach((box) => { box.dataset.step === step && step ? box.setAttribute("aria-current", "true") : box.removeAttribute("aria-current"); });
    const near = fresh.querySelectorAll(".curves path");
    graph?.querySelectorAll(".curves path").forEach((path, index) => path.setAttribute("class", near[index]?.getAttribute("class") || ""));
    ready();
  };
  if (body.dataset.run) {
    const own = `/runs/${body.dataset.run}`;
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
      const address = link.getAttribute("href");
      if (!address || !(address === own || address.startsWith(`${own}/steps/`) || address.startsWith(`${own}?view`))) return;
      event.preventDefault();
      open(address, true);
    });
    window.addEventListener("popstate", () => open(location.href, false));
  }

  /* Forms that ask the API: their fields are its body, and what it refuses is told beside them. */
  const csrf = document.querySelector("meta[name=csrf]")?.content;
  const bodyOf = (form) => {
    const found = {};
    for (const field of form.elements) {
      if (!field.name || field.value === "") continue;
      let value = field.value;
      if ("json" in field.dataset) { try { value = JSON.parse(value); } catch { throw new Error(`${field.name}: expected JSON, such as 5, true, [1, 2] or {"a": 1}`); } }
      if ("list" in field.dataset) value = [value];
      const path = field.name.split(".");
      const inner = form.dataset.under ? (found[form.dataset.under] ??= {}) : found;
      if (path.length > 1 && !form.dataset.under) (inner[path[0]] ??= {})[path[1]] = value;
      else inner[field.name] = value;
    }
    return found;
  };
  const tell = (form, text, good) => {
    let note = form.querySelector("[role=status]");
    if (!note) { note = document.createElement("p"); note.setAttribute("role", "status"); form.append(note); }
    note.className = good ? "told" : "alert";
    note.textContent = text;
  };
  const problemOf = async (response) => {
    const told = await response.json().catch(() => ({}));
    const fields = (told.errors || []).map((one) => `${one.field.replace("parameters.", "")}: ${one.problem}`);
    return [told.detail || response.statusText, ...fields].join("; ");
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target, asks = form.dataset.api;
    if (!asks) return;
    event.preventDefault();
    if (form.dataset.sure && !window.confirm(form.dataset.sure)) return;
    const [method, address] = asks.split(" ");
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const body = method === "DELETE" || address.endsWith("/cancel") ? undefined : JSON.stringify(bodyOf(form));
      const headers = { "X-CSRF-Token": csrf, ...(body && { "Content-Type": "application/json" }) };
      const response = await fetch(address, { method, headers, body });
      if (!response.ok) throw new Error(await problemOf(response));
      const answer = response.status === 204 ? {} : await response.json();
      if (form.dataset.shows) tell(form, `Copy it now, it is not shown again: ${answer[form.dataset.shows]}`, true);
      else if (form.dataset.goes) location.assign(form.dataset.goes + encodeURIComponent(answer.id));
      else location.reload();
    } catch (error) {
      tell(form, error.message, false);
    } finally {
      button.disabled = false;
    }
  });

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

  const ready = () => {
    const log = document.getElementById("log");
    if (log && log.dataset.follow && !log.dataset.following) follow(log).catch(() => {});
    document.querySelectorAll("[data-copy]").forEach((button) => {
      button.hidden = !navigator.clipboard;
      button.onclick = () => navigator.clipboard.writeText(button.previousElementSibling.textContent).then(() => { button.textContent = "Copied"; });
    });
    const compare = document.getElementById("compare");
    if (compare) compare.disabled = document.querySelectorAll(".runs input:checked").length !== 2;
  };
  document.addEventListener("change", ready);
  ready();

  /* A run that goes on: states come as events, everything else is fetched again when something has happened. */
  const show = (step) => {
    const box = graph?.querySelector(`.box[data-step="${CSS.escape(step.id)}"]`);
    if (!box) return;
    box.setAttribute("class", `box is-${step.state}`);
    box.querySelector("use").setAttribute("href", `#s-${step.state}`);
    box.setAttribute("aria-label", `${box.querySelector("title").textContent}: ${step.state}`);
    const took = step.duration === null ? "" : step.duration < 0.0995 ? `${Math.round(step.duration * 1000)} ms` : step.duration < 59.95 ? `${step.duration.toFixed(1)} s` : `${Math.round(step.duration / 60)} min`;
    box.querySelector(".standing").textContent = step.state === "completed" && took ? took : step.state;
  };
  const soon = later(refresh, 700);
  const poll = (wait) => { const timer = setInterval(async () => { const fresh = await refresh(); if (fresh && !fresh.body.dataset.live && !fresh.body.dataset.poll) clearInterval(timer); }, wait); };
  if (body.dataset.live) {
    const events = new EventSource(body.dataset.live);
    let failures = 0;
    events.addEventListener("steps", (event) => { failures = 0; JSON.parse(event.data).forEach(show); soon(); });
    for (const kind of ["run", "metrics", "files"]) events.addEventListener(kind, soon);
    events.addEventListener("end", () => { events.close(); refresh(); });
    events.addEventListener("error", () => { if (events.readyState === EventSource.CLOSED || ++failures > 5) { events.close(); poll(3000); } });
  } else if (body.dataset.poll) {
    poll(Number(body.dataset.poll));
  }
})();
