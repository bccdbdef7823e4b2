"use strict";
// Shows the entries of the page. Each is inert JSON (reports/view.py says what is in it) and becomes text nodes only.
(() => {
  const entries = [...document.querySelectorAll("script.entry")];
  const byId = (id) => document.getElementById(id);
  const [main, told, search, filter, count] = ["entry", "told", "search", "filter", "count"].map(byId);
  const list = document.querySelector("#list ol");
  const texts = new Map(); // entry -> its text in lower case, for the search
  const LOOKS = { failed: "failed", error: "not supported", note: "note", ok: "" };
  let open = { number: -1 };

  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value !== "" && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  // Offsets count code points, a string's index counts UTF-16 units.
  function unitsOf(text) {
    if (!/[\ud800-\udfff]/.test(text)) return (offset) => offset;
    const units = [0];
    for (const char of text) units.push(units[units.length - 1] + char.length);
    return (offset) => units[Math.min(offset, units.length - 1)];
  }

  // Cuts a text where a range [start, end, value] begins or ends; each piece has the values of the ranges over it.
  function cut(text, ranges) {
    const units = unitsOf(text);
    const edges = new Map([[0, []], [text.length, []]]);
    for (const range of ranges) {
      for (const offset of [range[0], range[1]]) {
        const unit = units(offset);
        if (!edges.has(unit)) edges.set(unit, []);
        edges.get(unit).push(range);
      }
    }
    const offsets = [...edges.keys()].sort((a, b) => a - b);
    const over = new Set();
    return offsets.slice(0, -1).map((offset, i) => {
      for (const range of edges.get(offset)) {
        if (over.has(range)) over.delete(range);
        else if (range[1] > range[0]) over.add(range);
      }
      return { text: text.slice(offset, offsets[i + 1]), values: [...over].map((range) => range[2]) };
    });
  }

  function markedText(text, marks) {
    return cut(text, marks ?? []).map((piece) => {
      if (!piece.values.length) return piece.text;
      const worst = ["error", "note"].find((kind) => piece.values.includes(kind)) ?? piece.values[0];
      return make("mark", { class: worst }, piece.text);
    });
  }

  function linkTo(row, label) {
    const [article, , , fragment] = open.data.passages[row];
    if (!fragment) return null;
    const href = open.data.articles[article].base + fragment;
    return make("a", { href, target: "_blank", rel: "noopener noreferrer" }, label);
  }

  function linksOf(rows) {
    const found = rows.filter((row) => open.data.passages[row][3]);
    if (!found.length) return null;
    const links = found.flatMap((row, i) => [" ", linkTo(row, found.length > 1 ? `passage ${i + 1}` : "passage")]);
    return make("p", { class: "links" }, "On the page:", ...links);
  }

  // Without the article, a passage is shown below what rests on it.
  function passagesOf(rows) {
    const cited = rows.map((row) => open.data.passages[row]).filter((passage) => passage.length > 4);
    if (!cited.length) return null;
    return make("ul", { class: "passages" }, ...cited.map((passage) => make("li", { dir: "auto" }, passage[4])));
  }

  function noteOf(note) {
    const item = make("li", { class: note.severity },
      make("strong", null, note.severity === "error" ? "Not supported" : "Note"), " ",
      make("q", { dir: "auto" }, note.words), ": ", make("bdi", null, note.message));
    if (note.changes?.length) item.append(" (it ", make("bdi", null, note.changes.join("; ")), ")");
    const there = note.lights.filter((row) => open.data.articles[open.data.passages[row][0]].text !== undefined);
    if (there.length) {
      const button = make("button", { type: "button", class: "show" }, "show in the article");
      button.addEventListener("click", () => pin(button, there, true));
      item.append(" ", button);
    }
    return item;
  }

  function claimOf(claim, tag) {
    const rows = [...claim.lights, ...(claim.also ?? [])];
    const lang = ["quote", "entity"].includes(claim.kind) ? open.data.quoted : open.data.lang;
    const button = make("button",
      { type: "button", class: `text ${claim.look}`, dir: "auto", "aria-pressed": "false", lang },
      ...(claim.text ? markedText(claim.text, claim.marks) : ["(no text)"]));
    if (claim.look === "error") button.append(make("span", { class: "unseen" }, " (not supported)"));
    const near = () => open.pinned || light(rows, true);
    const away = () => open.pinned || light([], false);
    for (const row of rows) open.claims.set(row, (open.claims.get(row) ?? new Set()).add(button));
    button.addEventListener("mouseenter", near);
    button.addEventListener("focus", near);
    button.addEventListener("mouseleave", away);
    button.addEventListener("blur", away);
    button.addEventListener("click", () => pin(button, rows, open.pinned !== button));
    const below = [
      claim.by ? make("p", { class: "by", dir: "auto" }, "— ", claim.by) : null,
      ...(claim.said ?? []).map((said) => make("p", { class: "said", dir: "auto" }, said)),
      claim.badges?.length
        ? make("p", { class: "badges" }, ...claim.badges.map((badge) => make("bdi", { class: "badge" }, badge)))
        : null,
      claim.notes?.length ? make("ul", { class: "notes" }, ...claim.notes.map(noteOf)) : null,
      passagesOf(claim.kind === "entity" ? rows.slice(0, 1) : claim.lights),
      claim.kind === "entity" ? null : linksOf(claim.lights),
    ];
    const head = tag === "h2" ? make("h2", null, button) : button;
    return make(tag === "h2" ? "div" : "li", { class: `claim ${claim.kind}` }, head, ...below);
  }

  function pin(button, rows, on) {
    if (open.pinned) open.pinned.setAttribute("aria-pressed", "false");
    open.pinned = on ? button : null;
    light(on ? rows : [], on);
    if (!on) return;
    button.setAttribute("aria-pressed", "true");
    const cited = open.lit.map((node) => node.textContent).join("");
    told.textContent = cited ? `In the article: ${cited.slice(0, 600)}` : "No passage of the article.";
  }

  function light(rows, scroll) {
    for (const node of open.lit ?? []) node.classList.remove("lit");
    open.lit = [];
    if (rows.length && !rows.some((row) => open.data.passages[row][0] === open.article)) {
      showArticle(open.data.passages[rows[0]][0]);
    }
    const nodes = new Set(rows.flatMap((row) => open.pieces.get(row) ?? []));
    open.lit = open.order.filter((node) => nodes.has(node));
    for (const node of open.lit) node.classList.add("lit");
    if (scroll && open.lit.length) reveal(open.lit[0], open.pane);
  }

  // The way back: what rests on the passage that the reader points at.
  function lightClaims(piece) {
    const found = new Set((open.rows.get(piece) ?? []).flatMap((row) => [...(open.claims.get(row) ?? [])]));
    const buttons = [...main.querySelectorAll("button.text")];
    for (const button of buttons) button.classList.toggle("resting", found.has(button));
    const first = buttons.find((button) => found.has(button));
    if (first) reveal(first, first.closest(".briefing"));
  }

  function reveal(node, pane) {
    const [place, frame] = [node.getBoundingClientRect(), pane.getBoundingClientRect()];
    if (place.top >= frame.top && place.top + 30 <= frame.bottom) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = pane.scrollTop + place.top - frame.top - pane.clientHeight / 4;
    pane.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
  }

  // The kinds of what rests on each passage; they are its classes in the article.
  function kindsOf(data) {
    const kinds = new Map();
    const add = (row, kind) => kinds.set(row, (kinds.get(row) ?? new Set()).add(kind));
    for (const claim of [data.headline, ...data.parts.flatMap((part) => part.claims)]) {
      if (!claim) continue;
      for (const row of claim.lights) add(row, claim.kind);
      for (const row of claim.also ?? []) add(row, "speaker");
      for (const note of claim.notes ?? []) for (const row of note.lights) add(row, "instead");
    }
    return kinds;
  }

  function showArticle(number) {
    const { data } = open;
    const article = data.articles[number];
    const kinds = kindsOf(data);
    const ranges = data.passages.flatMap(([of, start, end], row) => (of === number ? [[start, end, row]] : []));
    Object.assign(open, { article: number, pieces: new Map(), rows: new Map(), order: [], lit: [] });
    const title = article.url
      ? make("a", { href: article.url, target: "_blank", rel: "noopener noreferrer" }, article.title || article.url)
      : article.title || "Article";
    const parts = [make("h3", { dir: "auto", lang: article.lang }, title)];
    if (article.facts?.length) parts.push(make("p", { class: "facts", dir: "auto" }, article.facts.join(" · ")));
    for (const warning of article.warnings ?? []) parts.push(make("p", { class: "absent", dir: "auto" }, warning));
    if (article.text === undefined) {
      parts.push(make("p", { class: "absent" }, "The text of the article is not in this report, which was made without it."));
    } else {
      const text = make("div", { class: "source", dir: "auto", lang: article.lang });
      for (const piece of cut(article.text, ranges)) {
        if (!piece.values.length) {
          text.append(piece.text);
          continue;
        }
        const found = new Set(piece.values.flatMap((row) => [...(kinds.get(row) ?? [])]));
        const node = make("span", { class: ["piece", ...found].join(" ") }, piece.text);
        for (const row of piece.values) {
          if (!open.pieces.has(row)) open.pieces.set(row, []);
          open.pieces.get(row).push(node);
        }
        open.rows.set(node, piece.values);
        open.order.push(node);
        text.append(node);
      }
      parts.push(text);
    }
    if (data.articles.length > 1) parts.unshift(choiceOf(data.articles, number));
    open.pane.replaceChildren(...parts);
  }

  function choiceOf(articles, number) {
    const options = articles.map((article, i) => make("option", { value: i }, article.title || `article ${i + 1}`));
    const select = make("select", null, ...options);
    select.value = String(number);
    select.addEventListener("change", () => {
      const chosen = Number(select.value);
      pin(open.pinned ?? select, [], false);
      showArticle(chosen);
      open.pane.querySelector("select").focus();
    });
    return make("p", { class: "choice" }, make("label", null, "Article ", select));
  }

  function factsOf(data) {
    const facts = (data.facts ?? []).flatMap(([label, value]) => [make("dt", null, label), make("dd", null, make("bdi", null, value))]);
    return [
      data.warnings?.length
        ? make("details", { class: "warnings" }, make("summary", null, `Warnings: ${data.warnings.length}`),
          make("ul", null, ...data.warnings.map((warning) => make("li", { dir: "auto" }, warning))))
        : null,
      facts.length ? make("details", { class: "made" }, make("summary", null, "How it was made"), make("dl", null, ...facts)) : null,
    ];
  }

  function show(number) {
    const data = JSON.parse(entries[number].textContent);
    const title = entries[number].dataset.title;
    open = { number, data, lit: [], order: [], pieces: new Map(), rows: new Map(), claims: new Map(), pinned: null };
    main.classList.toggle("bare", !data.articles?.some((article) => article.text !== undefined));
    if (data.failure) {
      main.replaceChildren(make("section", { class: "briefing", "aria-label": "Briefing", tabindex: "0" },
        make("h2", { dir: "auto" }, title), make("p", { class: "failure", dir: "auto" }, data.failure)));
    } else {
      open.pane = make("section", { class: "article", "aria-label": "Article", tabindex: "0" });
      open.pane.addEventListener("mouseover", (event) => lightClaims(event.target.closest(".piece")));
      open.pane.addEventListener("mouseleave", () => lightClaims(null));
      const head = data.headline ? claimOf(data.headline, "h2") : make("h2", { dir: "auto" }, title);
      const name = entries[number].dataset.name;
      main.replaceChildren(
        make("section", { class: "briefing", "aria-label": "Briefing", tabindex: "0" },
          head,
          name ? make("p", { class: "facts", dir: "auto" }, name) : null,
          ...data.parts.flatMap((part) => [
            make("h3", { dir: "auto" }, part.head),
            make("ol", { class: "claims" }, ...part.claims.map((claim) => claimOf(claim, "li"))),
          ]),
          ...factsOf(data)),
        open.pane);
      showArticle(0);
    }
    for (const link of list.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
    const link = list.children[number].firstElementChild;
    link.setAttribute("aria-current", "true");
    link.scrollIntoView({ block: "nearest" });
    document.title = title;
    told.textContent = title;
  }

  function stringsOf(value) {
    if (typeof value === "string") return value;
    return value && typeof value === "object" ? Object.values(value).map(stringsOf).join("\n") : "";
  }

  const folded = (text) => text.normalize("NFKC").toLowerCase();

  function textOf(entry) {
    if (!texts.has(entry)) {
      const { title, name } = entry.dataset;
      texts.set(entry, folded(`${title}\n${name}\n${stringsOf(JSON.parse(entry.textContent))}`));
    }
    return texts.get(entry);
  }

  const WANTED = {
    all: () => true,
    look: (entry) => entry.dataset.look !== "ok",
    error: (entry) => ["error", "failed"].includes(entry.dataset.look),
    warned: (entry) => entry.dataset.warnings !== "0",
  };

  function choose() {
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    const fits = (entry) => WANTED[filter.value](entry) && words.every((word) => textOf(entry).includes(word));
    let shown = 0;
    entries.forEach((entry, i) => {
      const fit = fits(entry);
      list.children[i].hidden = !fit;
      shown += Number(fit);
    });
    count.textContent = shown === entries.length ? `${shown} articles` : `${shown} of ${entries.length} articles`;
  }

  function step(by) {
    let number = open.number;
    do number += by; while (list.children[number]?.hidden);
    if (list.children[number]) location.hash = `#${number + 1}`;
  }

  function stepClaim(by) {
    const buttons = [...main.querySelectorAll("button.text")];
    const at = buttons.indexOf(document.activeElement);
    buttons[at < 0 ? (by > 0 ? 0 : buttons.length - 1) : at + by]?.focus();
  }

  const KEYS = {
    j: () => stepClaim(1),
    k: () => stepClaim(-1),
    n: () => step(1),
    p: () => step(-1),
    "/": () => search.focus(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (open.pinned) pin(open.pinned, [], false);
      else if (open.data?.parts) light([], false);
    } else if (KEYS[event.key] && !event.target.closest("input, select")) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });

  const wanted = () => {
    const number = Number(/^#([0-9]{1,9})$/.exec(location.hash)?.[1] ?? 1) - 1;
    return number < entries.length && number >= 0 ? number : 0;
  };

  list.append(...entries.map(({ dataset }, i) => make("li", null, make("a", { href: `#${i + 1}` },
    LOOKS[dataset.look] ? make("span", { class: `look ${dataset.look}` }, LOOKS[dataset.look]) : null,
    make("span", { class: "title", dir: "auto" }, dataset.title),
    dataset.name ? make("span", { class: "name", dir: "auto" }, dataset.name) : null))));
  document.body.classList.toggle("single", entries.length < 2);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(choose, 150);
  });
  filter.addEventListener("change", choose);
  addEventListener("beforeprint", () => {
    for (const details of main.querySelectorAll("details")) details.open = true;
  });
  addEventListener("hashchange", () => show(wanted()));
  choose();
  if (entries.length) show(wanted());
  else main.replaceChildren(make("p", null, "There is nothing in this report."));
})();
