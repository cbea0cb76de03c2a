"use strict";
// Draws the table of findings from the JSON block of the page. Texts are set as text,
// never as markup. Rows are drawn for the page of the table that is looked at only.
(() => {
  const $ = (id) => document.getElementById(id);
  const block = $("data"), explorer = $("explorer");
  if (!block || !explorer) return;
  const data = JSON.parse(block.textContent);
  const S = data.strings;
  const PER_PAGE = 100;
  const SEVERITIES = ["critical", "high", "medium", "low"];

  // Places in a row, see htmldata.go.
  const [TIME, LAST, SEVERITY, SCORE, NAME, RULE, HOST, USER, DEED, COUNT, ID, WHY, EVENTS, MORE] = Array(14).keys();
  const [FILE, FILE_HASH, LINE_HASH, INDEX, EVENT_ID, LINE, OFFSET, LENGTH, STEP, CUT, FIELDS] = Array(11).keys();
  const [R_ID, R_TYPE, R_TACTICS, R_IDS, R_FILE] = Array(5).keys();

  const el = (tag, props, ...kids) => {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(props || {})) {
      if (k === "class") e.className = v;
      else if (k in e) e[k] = v;
      else e.setAttribute(k, v);
    }
    for (const kid of kids) if (kid != null) e.append(kid);
    return e;
  };
  const dash = (s) => s === "" ? "-" : s;
  const num = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const plural = (n, noun) => num(n) + " " + noun + (n === 1 ? "" : "s");

  // Sorting compares texts by code unit and numbers by value; what is equal keeps the
  // order of time, in which the rows stand.
  const rank = (row) => { const i = SEVERITIES.indexOf(S[row[SEVERITY]]); return i < 0 ? 0 : SEVERITIES.length - i; };
  const text = (i) => (row) => S[row[i]];
  const columns = [
    { title: "Time (UTC)", key: text(TIME), cls: "time" },
    { title: "Severity", key: rank, down: true },
    { title: "Score", key: (row) => row[SCORE], cls: "n", down: true },
    { title: "Rule", key: text(NAME), cls: "rule" },
    { title: "ATT&CK", key: (row) => data.rules[row[RULE]][R_IDS] },
    { title: "Host", key: text(HOST), cls: "name" },
    { title: "User", key: text(USER), cls: "name" },
    { title: "What", key: text(DEED), cls: "what" },
    { title: "Events", key: (row) => row[COUNT], cls: "n", down: true },
  ];
  const state = { sort: 2, down: true, page: 0, shown: [] };

  // What the search looks at: the texts of a row, and the fields of its events.
  const lower = S.map((s) => s.toLowerCase());
  const rowTexts = [TIME, LAST, SEVERITY, NAME, HOST, USER, DEED, ID];
  const ruleTexts = data.rules.map((r) => r.join("\n").toLowerCase());

  // A word matches a row when a text of it has the word. Which strings have it is asked
  // once for each word, not once for each row.
  const matcher = (word) => {
    const has = new Uint8Array(lower.length);
    for (let i = 0; i < lower.length; i++) if (lower[i].includes(word)) has[i] = 1;
    const rules = ruleTexts.map((t) => t.includes(word));
    return (row) => {
      if (rules[row[RULE]]) return true;
      for (const i of rowTexts) if (has[row[i]]) return true;
      for (const i of row[WHY]) if (has[i]) return true;
      for (const e of row[EVENTS]) {
        if (has[e[FILE]] || has[e[FILE_HASH]] || has[e[LINE_HASH]] || has[e[EVENT_ID]] || has[e[INDEX]]) return true;
        const f = e[FIELDS];
        for (let i = 0; i < f.length; i += 2) if (has[f[i] >> 1] || has[f[i + 1]]) return true;
      }
      return false;
    };
  };

  const filters = () => {
    const tests = $("q").value.toLowerCase().split(/\s+/).filter(Boolean).map(matcher);
    const on = new Set([...document.querySelectorAll("#severities input")].filter((c) => c.checked).map((c) => c.value));
    const known = new Set(SEVERITIES);
    if (on.size < known.size) tests.push((row) => on.has(S[row[SEVERITY]]));
    const tactic = $("tactic").value, host = $("host").value, user = $("user").value;
    if (tactic) tests.push((row) => data.rules[row[RULE]][R_TACTICS].split("; ").includes(tactic));
    if (host) tests.push((row) => S[row[HOST]] === host);
    if (user) tests.push((row) => S[row[USER]] === user);
    return tests;
  };

  const update = () => {
    const tests = filters();
    const rows = data.rows.filter((row) => tests.every((t) => t(row)));
    const key = columns[state.sort].key, sign = state.down ? -1 : 1;
    const keyed = rows.map((row, i) => [key(row), i, row]);
    keyed.sort((a, b) => a[0] < b[0] ? -sign : a[0] > b[0] ? sign : a[1] - b[1]);
    state.shown = keyed.map((k) => k[2]);
    state.page = 0;
    draw();
  };

  const severity = (s) => el("span", { class: "sev" + (SEVERITIES.includes(s) ? " sev-" + s : "") }, dash(s));

  const drawRow = (row, n) => {
    const rule = data.rules[row[RULE]];
    const open = el("button", { type: "button", class: "open", "aria-expanded": "false", "aria-label": "Evidence of " + S[row[NAME]] }, "▸");
    const cells = [S[row[TIME]], severity(S[row[SEVERITY]]), row[SCORE].toFixed(1), S[row[NAME]], dash(rule[R_IDS]),
      dash(S[row[HOST]]), dash(S[row[USER]]), el("code", {}, dash(S[row[DEED]])), num(row[COUNT])];
    const tr = el("tr", { class: "row", "aria-rowindex": String(n + 2) }, el("td", {}, open));
    cells.forEach((c, i) => tr.append(el("td", { class: columns[i].cls || "" }, c)));
    open.addEventListener("click", () => {
      const more = tr.nextElementSibling;
      const was = more && more.classList.contains("detail");
      if (was) more.remove(); else tr.after(drawDetail(row));
      open.setAttribute("aria-expanded", String(!was));
      open.textContent = was ? "▸" : "▾";
    });
    return tr;
  };

  const drawDetail = (row) => {
    const rule = data.rules[row[RULE]];
    const td = el("td", { colSpan: columns.length + 1 });
    td.append(el("p", {}, el("b", {}, S[row[NAME]]), " · " + [rule[R_ID], rule[R_TYPE], rule[R_FILE]].filter(Boolean).join(" · ")));
    if (S[row[DEED]]) td.append(el("pre", { class: "deed" }, S[row[DEED]]));
    for (const i of row[WHY]) td.append(el("p", {}, S[i]));
    row[EVENTS].forEach((e, i) => td.append(...drawEvent(e, row[EVENTS].length > 1 ? i + 1 : 0)));
    if (row[MORE]) td.append(el("p", { class: "note" }, "And " + plural(row[MORE], "event") + " more."));
    td.append(el("p", { class: "place" }, "Finding ", el("code", { class: "hash" }, S[row[ID]])));
    return el("tr", { class: "detail" }, td);
  };

  const drawEvent = (e, n) => {
    const place = el("p", { class: "place" });
    if (n) place.append(el("b", {}, n + ". "));
    place.append(el("span", { class: "path" }, S[e[FILE]]), ", line " + num(e[LINE]) + ", byte " + num(e[OFFSET]) + ", " + plural(e[LENGTH], "byte"));
    if (S[e[LINE_HASH]]) place.append(" · SHA-256 of the line ", el("code", { class: "hash" }, S[e[LINE_HASH]]));
    const body = el("tbody");
    for (let i = 0; i < e[FIELDS].length; i += 2) {
      const marked = e[FIELDS][i] & 1, value = S[e[FIELDS][i + 1]];
      body.append(el("tr", { class: marked ? "hit" : "" }, el("th", { scope: "row" }, S[e[FIELDS][i] >> 1]),
        el("td", {}, marked ? el("mark", {}, value) : value)));
    }
    const out = [place];
    if (body.firstChild) {
      out.push(el("table", { class: "fields" }, el("caption", { class: "hidden" }, "Values of the event; the rule looks at those that are marked"), body));
    }
    if (e[CUT]) out.push(el("p", { class: "note" }, "Not all of the event is in the report; the evidence and the JSON Lines have it."));
    return out;
  };

  const drawHeads = () => {
    $("heads").replaceChildren(el("th", { scope: "col" }, el("span", { class: "hidden" }, "Evidence")), ...columns.map((c, i) => {
      const th = el("th", { scope: "col", class: c.cls === "n" ? "n" : "" });
      if (i === state.sort) th.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      const b = el("button", { type: "button" }, c.title);
      b.addEventListener("click", () => {
        state.down = i === state.sort ? !state.down : Boolean(c.down);
        state.sort = i;
        update();
        $("heads").children[i + 1].firstChild.focus();
      });
      th.append(b);
      return th;
    }));
  };

  const draw = (all) => {
    const n = state.shown.length, pages = Math.max(1, Math.ceil(n / PER_PAGE));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const from = all ? 0 : state.page * PER_PAGE, to = all ? Math.min(n, 1000) : Math.min(n, from + PER_PAGE);
    drawHeads();
    $("body").replaceChildren(...state.shown.slice(from, to).map((row, i) => drawRow(row, from + i)));
    $("table").setAttribute("aria-rowcount", String(n + 1));
    $("count").textContent = n === data.rows.length ? plural(n, "finding") : num(n) + " of " + plural(data.rows.length, "finding");
    $("page").textContent = n ? num(from + 1) + " to " + num(to) + " of " + num(n) : "Nothing fits.";
    $("prev").disabled = state.page === 0;
    $("next").disabled = state.page >= pages - 1;
  };

  const turn = (by) => { state.page += by; draw(); $("table").scrollIntoView({ block: "start" }); };

  const fillSelect = (id, values) => {
    for (const v of [...new Set(values)].filter(Boolean).sort()) $(id).append(el("option", { value: v }, v));
  };

  // Boxes before rows: what they filter by is in the data.
  for (const s of SEVERITIES) {
    $("severities").append(el("label", {}, el("input", { type: "checkbox", value: s, defaultChecked: true }), s));
  }
  fillSelect("tactic", data.rules.flatMap((r) => r[R_TACTICS].split("; ")));
  fillSelect("host", data.rows.map((row) => S[row[HOST]]));
  fillSelect("user", data.rows.map((row) => S[row[USER]]));

  let wait = 0;
  $("q").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(update, 80); });
  $("tools").addEventListener("change", update);
  $("tools").addEventListener("submit", (ev) => { ev.preventDefault(); update(); });
  $("tools").addEventListener("reset", () => setTimeout(update));
  $("prev").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));

  // A technique of the matrix leads to its findings.
  document.addEventListener("click", (ev) => {
    const a = ev.target.closest && ev.target.closest("a[data-find]");
    if (!a) return;
    $("tools").reset();
    $("q").value = a.dataset.find;
    update();
  });

  // On paper everything is open, and the table has what fits the filters.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll(".card details:not([open])")];
    for (const d of closed) d.open = true;
    draw(true);
  });
  window.addEventListener("afterprint", () => {
    for (const d of closed) d.open = false;
    draw();
  });

  explorer.hidden = false;
  update();
})();
