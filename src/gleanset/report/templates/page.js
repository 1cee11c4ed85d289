"use strict";
(() => {
  const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  const save = () => location.replace("#" + state);
  const number = cell => {
    const text = cell.dataset.v ?? cell.textContent.replace(/,/g, "").replace("<", "");
    const value = parseFloat(text);
    return Number.isNaN(value) ? -1 : value;
  };

  function limited(box, items, heads) {
    const id = box.id, limit = +box.dataset.limit;
    const tools = document.querySelector(`[data-for="${id}"]`);
    const input = tools.querySelector("input"), said = tools.querySelector("output");
    const all = document.createElement("button");
    all.className = "showall";
    (box.closest(".scroll") ?? box).after(all);
    let open = false;
    const show = () => {
      const wanted = input.value.trim().toLowerCase();
      let found = 0;
      for (const item of items()) {
        const hit = !wanted || item.dataset.text.includes(wanted);
        found += hit;
        item.hidden = !hit || (!open && found > limit);
      }
      for (const head of heads) {
        head.hidden = ![...head.parentNode.rows].some(row => row !== head && !row.hidden);
      }
      const total = items().length;
      said.value = wanted ? `${found.toLocaleString("en")} of ${total.toLocaleString("en")}` : "";
      all.hidden = open || found <= limit;
      all.textContent = `Show all ${found.toLocaleString("en")}`;
    };
    for (const item of items()) {
      item.dataset.text = (item.tHead ?? item.cells?.[0] ?? item.querySelector("summary")).textContent.toLowerCase();
    }
    all.onclick = () => { open = true; show(); };
    input.oninput = () => {
      input.value ? state.set(id + ".q", input.value) : state.delete(id + ".q");
      save();
      show();
    };
    input.value = state.get(id + ".q") ?? "";
    tools.hidden = items().length < 8;
    show();
    return show;
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const bodies = [...table.tBodies];
    const rows = () => bodies.flatMap(body => [...body.rows].filter(row => !row.classList.contains("group")));
    const show = limited(table, rows, table.querySelectorAll("tr.group"));
    const heads = [...table.tHead.rows[0].cells];
    const sort = (column, down) => {
      const numeric = heads[column].classList.contains("n") || "number" in heads[column].dataset;
      for (const body of bodies) {
        const own = rows().filter(row => row.parentNode === body);
        const keyed = own.map(row => [numeric ? number(row.cells[column]) : row.cells[column].textContent, row]);
        keyed.sort((a, b) => (numeric ? a[0] - b[0] : a[0].localeCompare(b[0], "en", {numeric: true})) * (down ? -1 : 1));
        body.append(...keyed.map(pair => pair[1]));
      }
      for (const head of heads) head.removeAttribute("aria-sort");
      heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
      show();
    };
    heads.forEach((head, column) => {
      if (head.querySelector(".vh")) return;
      const button = document.createElement("button");
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.onclick = () => {
        const numeric = head.classList.contains("n") || "number" in head.dataset;
        const now = head.getAttribute("aria-sort");
        const down = now ? now === "ascending" : numeric;
        state.set(table.id + ".sort", (down ? "-" : "") + column);
        save();
        sort(column, down);
      };
    });
    const asked = state.get(table.id + ".sort");
    if (asked && heads[Math.abs(parseInt(asked, 10))]) sort(Math.abs(parseInt(asked, 10)), asked.startsWith("-"));
  }

  const sheets = document.getElementById("sheet-list");
  if (sheets) limited(sheets, () => [...sheets.children], []);
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.tagName === "DETAILS") { target.hidden = false; target.open = true; target.scrollIntoView(); }
  });
})();
