"use strict";
/* What makes the pages live. All of them are whole without this: the server draws everything, here it is fetched again. */
const Penstock = (() => {
  const body = document.body;
  const ahead = Number(body.dataset.now) * 1000 - Date.now(); // how much the server's clock is before this one
  const now = () => Date.now() + ahead;

  /* Light and dark. The choice is this browser's; without one the system's holds. */
  const theme = document.getElementById("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const stored = () => { try { return localStorage.getItem("penstock-theme"); } catch { return null; } };
  const nameTheme = () => { theme.title = isDark() ? "Light (d)" : "Dark (d)"; theme.setAttribute("aria-label", isDark() ? "Light" : "Dark"); };
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

  /* Times: as long ago as they are by now, and how long what still runs has been running. */
  const span = (seconds) => {
    const whole = Math.round(seconds), two = (number) => String(number).padStart(2, "0");
    if (seconds < 0.0995) return `${Math.round(Math.max(0, seconds) * 1000)} ms`;
    if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
    if (whole < 86400) return `${Math.floor(whole / 3600)}h ${two(Math.floor(whole % 3600 / 60))}m`;
    return `${Math.floor(whole / 86400)}d ${two(Math.floor(whole % 86400 / 3600))}h`;
  };
  const ago = (moment) => {
    const seconds = (now() - moment) / 1000;
    if (seconds < -1) return `in ${span(-seconds)}`;
    for (const [unit, length, most] of [["second", 1, 60], ["minute", 60, 60], ["hour", 3600, 24], ["day", 86400, 31]]) {
      const count = Math.floor(Math.max(0, seconds) / length);
      if (count < most) return unit === "second" && count < 5 ? "just now" : `${count} ${unit}${count === 1 ? "" : "s"} ago`;
    }
    return null;
  };
  const tick = () => {
    for (const one of document.querySelectorAll("[data-since]")) one.textContent = span(now() / 1000 - Number(one.dataset.since));
  };
  const age = () => {
    for (const one of document.querySelectorAll("time[data-ago]")) {
      const moment = Date.parse(one.dateTime), text = ago(moment);
      if (text && one.textContent !== text) one.textContent = text;
      if (!one.dataset.told) { one.dataset.told = "1"; one.title = `${new Date(moment).toLocaleString()} here, ${one.title}`; }
    }
  };
  setInterval(() => { if (!document.hidden) tick(); }, 1000);
  setInterval(() => { if (!document.hidden) age(); }, 15000);

  /* Fetch a page again and put its parts in place of what is shown; what was opened, ticked or typed stays so. */
  const kept = "details, input[type=checkbox], input[data-sift]";
  const swap = (id, fresh) => {
    const old = document.getElementById(id), next = fresh.getElementById(id);
    if (!old || !next || old.innerHTML === next.innerHTML) return;
    const log = old.querySelector("#log"), nextLog = next.querySelector("#log");
    if (log && nextLog && log.dataset.follow === nextLog.dataset.follow && log.dataset.follow) nextLog.replaceWith(log);
    const active = document.activeElement, inside = active && old.contains(active);
    const link = inside ? active.getAttribute("href") : null, sifted = inside ? active.dataset.sift : null;
    const before = [...old.querySelectorAll(kept)], checked = before.filter((one) => one.checked).map((one) => one.value);
    const scrolls = [...old.querySelectorAll(".scroll, .gantt, pre")].map((one) => one.scrollTop);
    old.replaceWith(next);
    const opened = before.filter((one) => one.matches("details"));
    next.querySelectorAll("details").forEach((one, index) => { if (opened[index]?.open) one.open = true; });
    next.querySelectorAll(".scroll, .gantt, pre").forEach((one, index) => { if (scrolls[index]) one.scrollTop = scrolls[index]; });
    for (const one of next.querySelectorAll(kept)) {
      if (one.type === "checkbox") one.checked = checked.includes(one.value);
      if (one.dataset.sift) one.value = before.find((other) => other.dataset.sift === one.dataset.sift)?.value || "";
    }
    if (link) next.querySelector(`a[href="${CSS.escape(link)}"]`)?.focus({ preventScroll: true });
    if (sifted) { const field = next.querySelector("[data-sift]"); field?.focus(); field?.setSelectionRange(field.value.length, field.value.length); }
  };
  let asked = 0;
  const load = async (address) => {
    const number = ++asked;
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (!response.ok || number !== asked) return null;
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  /* Forms that ask the API: their fields are its body, and what it refuses is told beside them. */
  const csrf = document.querySelector("meta[name=csrf]")?.content;
  const upload = async (file) => {
    const address = `/api/v1/uploads?name=${encodeURIComponent(file.name)}`;
    const response = await fetch(address, { method: "POST", headers: { "X-CSRF-Token": csrf, "Content-Type": "application/octet-stream" }, body: file });
    if (!response.ok) throw new Error(await problemOf(response));
    return (await response.json()).path;
  };
  const bodyOf = async (form) => {
    const found = JSON.parse(form.dataset.body || "{}");
    const inner = form.dataset.under ? (found[form.dataset.under] ??= {}) : found;
    for (const field of form.elements) {
      if (field.dataset.file && field.files[0]) inner[field.dataset.file] = await upload(field.files[0]);
      if (!field.name || field.value === "") continue;
      let value = field.value;
      if ("json" in field.dataset) { try { value = JSON.parse(value); } catch { throw new Error(`${field.name}: expected JSON, such as 5, true, [1, 2] or {"a": 1}`); } }
      if ("list" in field.dataset) value = [value];
      const path = field.name.split(".");
      if (path.length > 1 && !form.dataset.under) (inner[path[0]] ??= {})[path[1]] = value;
      else ("beside" in field.dataset ? found : inner)[field.name] = value;
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
    const button = event.submitter || form.querySelector("button");
    button.disabled = true;
    try {
      const sent = method === "DELETE" || address.endsWith("/cancel") ? undefined : JSON.stringify(await bodyOf(form));
      const headers = { "X-CSRF-Token": csrf, ...(sent && { "Content-Type": "application/json" }) };
      const response = await fetch(address, { method, headers, body: sent });
      if (!response.ok) throw new Error(await problemOf(response));
      const answer = response.status === 204 ? {} : await response.json();
      if (form.dataset.shows) tell(form, `Copy it now, it is not shown again: ${answer[form.dataset.shows]}`, true);
      else if (form.dataset.goes) location.assign(form.dataset.goes + encodeURIComponent(answer.id ?? answer[form.dataset.by] ?? ""));
      else location.reload();
    } catch (error) {
      tell(form, error.message, false);
    } finally {
      button.disabled = false;
    }
  });

  document.addEventListener("change", (event) => {
    const named = event.target.dataset.file && event.target.form.elements[event.target.dataset.file];
    if (named) named.required = false;
  });
  const zones = document.getElementById("zones");
  for (const zone of (zones && Intl.supportedValuesOf?.("timeZone")) || []) zones.append(Object.assign(document.createElement("option"), { value: zone }));

  /* Lists: found while typing, walked through by keys, opened by a click anywhere in a line. */
  const sift = (field) => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of document.getElementById(field.dataset.sift)?.tBodies[0].rows || []) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  };
  const filters = document.querySelector("form.filters");
  const find = async () => {
    const given = [...new FormData(filters)].filter(([, value]) => value !== "");
    const address = `/runs${given.length ? `?${new URLSearchParams(given)}` : ""}`;
    const fresh = await load(address).catch(() => null);
    if (!fresh) return;
    history.replaceState({}, "", address);
    swap("results", fresh);
    ready();
  };
  let typed = 0;
  filters?.addEventListener("input", (event) => { clearTimeout(typed); typed = setTimeout(find, event.target.type === "search" ? 220 : 0); });
  document.addEventListener("input", (event) => { if (event.target.dataset.sift) sift(event.target); });
  document.addEventListener("click", (event) => {
    const row = event.target.closest(".runs tbody tr");
    if (!row || event.target.closest("a, button, input, label") || String(window.getSelection())) return;
    row.querySelector("a.row-link").click();
  });
  const walk = (step) => {
    const links = [...document.querySelectorAll("main .list .row-link")].filter((one) => one.offsetParent);
    const at = links.indexOf(document.activeElement);
    links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
  };
  const row = () => document.activeElement?.closest("tr");
  const keys = document.getElementById("keys");
  const shows = document.getElementById("show-keys");
  shows.hidden = false;
  shows.addEventListener("click", () => keys.showModal());
  const acts = {
    "?": () => keys.showModal(), d: () => theme.click(), j: () => walk(1), k: () => walk(-1),
    "/": () => document.querySelector("main input[type=search]")?.focus(),
    x: () => row()?.querySelector("input[type=checkbox]")?.click(),
    c: () => document.querySelector("#compare:enabled")?.click(),
    f: () => document.querySelector("[data-zoom=fit]")?.click(),
    Escape: () => document.querySelector("a.close")?.click(),
  };
  let went = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) { if (event.key === "Escape") event.target.blur(); return; }
    const act = Date.now() - went < 1200 ? () => document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click() : acts[event.key];
    went = event.key === "g" ? Date.now() : 0;
    if (!act) return;
    event.preventDefault();
    act();
  });

  /* Charts: what the curve is at, where the pointer is. */
  const plain = (value) => Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  document.addEventListener("pointermove", (event) => {
    const drawn = event.target.closest(".chart svg"), figure = drawn?.closest("figure");
    for (const cross of document.querySelectorAll(".cross")) if (cross.closest("figure") !== figure) leave(cross);
    if (!drawn) return;
    const [left, right, low, high] = drawn.dataset.bounds.split(" ").map(Number), [from, to, bottom, top] = drawn.dataset.frame.split(" ").map(Number);
    const x = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawn.getScreenCTM().inverse()).x;
    const points = [...drawn.querySelectorAll("polyline:not(.earlier)")].flatMap((one) => [...one.points]);
    if (!points.length) return;
    const nearest = points.reduce((best, one) => Math.abs(one.x - x) < Math.abs(best.x - x) ? one : best);
    let cross = drawn.querySelector(".cross");
    if (!cross) { cross = document.createElementNS("http://www.w3.org/2000/svg", "line"); cross.setAttribute("class", "cross"); drawn.append(cross); }
    for (const [key, value] of [["x1", nearest.x], ["x2", nearest.x], ["y1", top], ["y2", bottom]]) cross.setAttribute(key, value);
    const shown = figure.querySelector(".chart-value");
    shown.dataset.last ??= shown.textContent;
    shown.classList.add("at");
    const value = low + (bottom - nearest.y) / (bottom - top) * (high - low);
    shown.textContent = `${plain(drawn.dataset.log ? 10 ** value : value)} at ${plain(Math.round((left + (nearest.x - from) / (to - from) * (right - left)) * 100) / 100)}`;
  });
  const leave = (cross) => {
    const shown = cross.closest("figure").querySelector(".chart-value");
    shown.textContent = shown.dataset.last;
    shown.classList.remove("at");
    delete shown.dataset.last;
    cross.remove();
  };

  const ready = () => {
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.hidden = !navigator.clipboard;
      button.onclick = () => navigator.clipboard.writeText(button.dataset.copy || button.previousElementSibling.textContent).then(() => {
        if (!button.dataset.copy) button.textContent = "Copied";
        button.classList.add("done");
      });
    }
    document.querySelectorAll("[data-sift]").forEach((field) => { if (field.value) sift(field); });
    const compare = document.getElementById("compare"), ticked = document.querySelectorAll(".runs input:checked").length;
    if (compare) {
      compare.disabled = ticked !== 2;
      compare.closest(".below").classList.toggle("chosen", ticked > 0);
      document.getElementById("ticked").textContent = ticked === 0 ? "Tick two runs to compare them" : ticked === 1 ? "Tick another one" : ticked > 2 ? "Two can be compared" : "";
    }
    age();
  };
  document.addEventListener("change", ready);
  ready();

  const later = (act, wait) => {
    let timer = 0;
    return () => { if (!timer) timer = setTimeout(() => { timer = 0; act(); }, wait()); };
  };
  const slow = document.querySelector("[data-later]");
  if (slow) load(slow.dataset.later).then((fresh) => { if (fresh) { swap(slow.id, fresh); ready(); } }).catch(() => {});
  if (body.dataset.poll) {
    const look = async () => {
      const fresh = document.hidden ? null : await load(location.href).catch(() => null);
      if (fresh && body.dataset.waits && !fresh.body.dataset.waits) { location.reload(); return; }
      if (fresh) { swap("live", fresh); ready(); }
      if (!fresh || fresh.body.dataset.poll) setTimeout(look, Number(body.dataset.poll));
    };
    setTimeout(look, Number(body.dataset.poll));
  }
  return { load, swap, ready, span, later };
})();
