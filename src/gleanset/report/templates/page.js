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

  for (const box of document.querySelectorAll("[data-reach]")) {
    const data = JSON.parse(box.querySelector("script").textContent);
    const [field, slider] = box.querySelectorAll("input");
    const outputs = [...box.querySelectorAll("output")], shares = [...box.querySelectorAll("dd small")];
    const names = [...box.querySelectorAll("dt")].map(one => one.textContent.trim());
    const svg = box.querySelector("svg"), mark = svg.querySelector(".cursor");
    const line = mark.querySelector("path"), dots = [...mark.querySelectorAll("circle")];
    const {x0, x1, y0, y1} = Object.fromEntries(Object.entries(mark.dataset).map(([key, value]) => [key, +value]));
    const said = value => value.toLocaleString("en");
    const kept = value => Math.min(data.top, Math.max(data.step, Math.round(value / data.step) * data.step));
    const draw = images => {
      const at = Math.ceil(images / data.step), whole = data.curves[0][0], x = x0 + (x1 - x0) * images / data.top;
      line.setAttribute("d", `M${x} ${y1}V${y0}`);
      data.curves.forEach((curve, i) => {
        outputs[i].value = said(curve[at]);
        shares[i].textContent = `${Math.round(100 * curve[at] / whole)} % of ${said(whole)}`;
        dots[i].setAttribute("cx", x);
        dots[i].setAttribute("cy", y0 - (y0 - y1) * curve[at] / data.yTop);
      });
      slider.setAttribute("aria-valuetext",
        `${said(images)} images: ` + data.curves.map((curve, i) => `${said(curve[at])} classes ${names[i]}`).join(", "));
    };
    const set = (images, but) => {
      const value = kept(images);
      for (const input of [field, slider]) if (input !== but) input.value = value;
      draw(value);
    };
    const pointed = event => {
      const frame = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / frame.width;
      return kept(data.top * ((event.clientX - frame.left) * scale - x0) / (x1 - x0));
    };
    const keep = () => { state.set("images", slider.value); save(); };
    field.disabled = slider.hidden = false;
    for (const one of document.querySelectorAll("[data-live]")) one.hidden = false;
    field.oninput = () => { if (field.value > 0) set(+field.value, field); };
    slider.oninput = () => set(+slider.value, slider);
    field.onchange = () => { set(+field.value || data.step); keep(); };
    slider.onchange = keep;
    svg.classList.add("live");
    svg.onpointermove = event => { event.buttons ? set(pointed(event)) : draw(pointed(event)); };
    svg.onpointerleave = () => draw(+slider.value);
    svg.onpointerdown = event => { set(pointed(event)); keep(); };
    set(+state.get("images") || +slider.value);
  }

  const sheets = document.getElementById("sheet-list");
  if (sheets) limited(sheets, () => [...sheets.children], []);
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.tagName === "DETAILS") { target.hidden = false; target.open = true; target.scrollIntoView(); }
  });
})();
