"use strict";
(() => {
  const $ = id => document.getElementById(id);
  const n = number => number.toLocaleString("en");
  const many = (number, one, more) => `${n(number)} ${number === 1 ? one : more ?? one + "s"}`;
  const make = (tag, words = {}, ...inside) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(words)) {
      if (name in node) node[name] = value; else node.setAttribute(name, value);
    }
    node.append(...inside.filter(one => one !== null && one !== undefined));
    return node;
  };
  const complain = why => {
    $("trouble").textContent = why;
    $("trouble").hidden = false;
    clearTimeout(complain.timer);
    complain.timer = setTimeout(() => { $("trouble").hidden = true; }, 8000);
  };
  const GONE = "gleanset does not answer any more. What was decided is kept: start the same command again.";
  async function ask(path, wish) {
    const how = wish === undefined ? {} : {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(wish),
    };
    let answer;
    try { answer = await fetch(path, how); } catch { complain(GONE); throw new Error(GONE); }
    const said = await answer.json();
    if (!answer.ok) { complain(said.error); throw new Error(said.error); }
    return said;
  }

  const VIEWS = {
    images: ["Images", ""],
    learned: ["Placeholders", "Pictures that stand for what is gone, found out by this build. One that is a photograph after all can be pardoned: its images come back without a request."],
    known: ["Known ones", "These gave themselves away by a signature that is known."],
    conflicts: ["Conflicts", "One picture that came under several labels: at most one can be right, so none was taken."],
    near: ["Near duplicates", "On the left the picture that was kept, on the right the same one in another size or compression."],
    hand: ["By hand", "Rejected in an earlier review. A click takes an image back."],
  };
  const MOST_OF_A_CASE = 6;
  const SIZES = {learned: "placeholders", known: "known", conflicts: "conflicts", near: "near", hand: "hand"};
  let all, view = "images", number = 0, loaded = 0, total = 0, round = 0, busy = false;
  const state = new URLSearchParams(location.hash.slice(1));

  function tell(decided) {
    all.decided = decided;
    const parts = [];
    if (decided.rejected) parts.push(`${n(decided.rejected)} rejected`);
    if (decided.restored) parts.push(`${n(decided.restored)} taken back`);
    if (decided.pardoned) parts.push(`${n(decided.pardoned)} pardoned`);
    $("sum").textContent = parts.join(", ") || "nothing decided yet";
    $("undo").disabled = !parts.length;
  }

  function drawViews() {
    const there = Object.keys(VIEWS).filter(name => name === "images" || all[SIZES[name]]);
    $("views").replaceChildren(...there.map(name => {
      const size = name === "images" ? all.classes.reduce((sum, one) => sum + one.images, 0) : all[SIZES[name]];
      const button = make("button", {onclick: () => open(name)}, VIEWS[name][0], make("small", {}, n(size)));
      if (name === view) button.setAttribute("aria-current", "page");
      button.dataset.view = name;
      return button;
    }));
  }

  function drawClasses() {
    const wanted = $("filter").value.trim().toLowerCase();
    $("classes").replaceChildren(...all.classes.flatMap((one, i) => {
      if (wanted && !`${one.name} ${one.id}`.toLowerCase().includes(wanted)) return [];
      const left = make("small", {}, n(one.images - one.rejected));
      if (one.rejected) left.append(" ", make("em", {}, `−${n(one.rejected)}`));
      const title = one.id === one.name ? one.name : `${one.name} (${one.id})`;
      const button = make("button", {title, onclick: () => open("images", i)}, make("span", {}, make("bdi", {}, one.name)), left);
      if (view === "images" && i === number) button.setAttribute("aria-current", "true");
      return [make("li", {}, button)];
    }));
  }

  function open(name, which = number) {
    view = name;
    number = which;
    loaded = total = 0;
    round += 1;
    busy = false;
    state.set("view", name);
    state.set("class", which);
    history.replaceState(null, "", "#" + state);
    document.querySelector(".cols").classList.toggle("wide", name !== "images");
    const one = all.classes[number];
    $("title").textContent = name === "images" ? one?.name ?? "No images" : VIEWS[name][0];
    $("about").textContent = name === "images" ? "" : VIEWS[name][1];
    $("shown").className = name === "images" || name === "hand" ? "images" : name === "learned" || name === "known" ? "cards" : "cases";
    $("shown").replaceChildren();
    drawViews();
    drawClasses();
    scrollTo(0, 0);
    if (name === "images" && !one) { $("more").hidden = true; return; }
    load(true);
  }

  async function load(first = false) {
    if (busy) return;
    busy = true;
    const now = round, path = view === "images" ? `class/${number}` : view;
    let said;
    try { said = await ask(`${path}?from=${loaded}`); } catch { busy = false; return; }
    if (now !== round) return;
    const found = said.images ?? said.cards ?? said.cases;
    const draw = said.images ? cell : said.cards ? card : pair;
    $("shown").append(...found.map(draw));
    loaded += found.length;
    total = said.total;
    busy = false;
    $("more").hidden = loaded >= total;
    if (view === "images") $("about").textContent = `${many(total, "image")}${all.classes[number].id === all.classes[number].name ? "" : " · " + all.classes[number].id}`;
    if (!total) $("shown").replaceChildren(make("p", {className: "none"}, "No image is left here."));
    if (first) cells()[0]?.focus({preventScroll: true});
  }

  const picture = (path, alt) => {
    const img = make("img", {loading: "lazy", decoding: "async", alt, src: path});
    img.onerror = () => img.parentNode?.classList.add("broken");
    return img;
  };

  function cell(one) {
    const node = make("figure", {className: "cell", tabIndex: -1, title: one.key}, picture(`small/${one.c}`, one.key));
    const ratio = Math.min(3, Math.max(.5, one.w && one.h ? one.w / one.h : 1));
    node.style.flex = `${ratio} 1 ${9.5 * ratio}rem`;
    node.style.maxWidth = `${14 * ratio}rem`;
    node.dataset.c = one.c;
    node.one = one;
    node.classList.toggle("hand", view === "hand");
    node.classList.toggle("decided", one.decided);
    node.setAttribute("role", "button");
    node.setAttribute("aria-pressed", one.decided);
    node.onclick = () => { node.focus(); turn(one.c); };
    return node;
  }

  function facts(pairs) {
    return make("dl", {}, ...pairs.filter(pair => pair[1]).map(([name, value]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, make("bdi", {}, value)))));
  }
  const few = (named, size) => named.map(([name, times]) => `${name} ${n(times)}`).join(", ") + (size > named.length ? ` and ${n(size - named.length)} more` : "");

  function card(one) {
    const learned = one.signature === undefined;
    const told = learned ? one.proof : one.signature ? `Known by the signature ${one.signature}.` : "Known by a signature.";
    const cost = learned && one.revoked ? `${many(one.met, "URL")}, ${n(one.revoked)} of them accepted until then` : many(one.met, "URL");
    const lines = learned ? [["Cost", cost], ["Met at", few(one.sites, one.n_sites)], ["Asked for as", few(one.labels, one.n_labels)]] : [["Cost", cost], ["Asked for as", one.label]];
    const button = make("button", {className: "mercy"});
    const node = make("article", {className: "card"},
      make("div", {className: "shown"}, picture(learned ? `placeholder/${one.picture}` : `small/${one.c}`, `Placeholder ${one.picture}`)),
      make("div", {}, make("h3", {}, make("code", {}, one.picture.slice(0, 16))), make("p", {}, told),
        facts([...lines, ["Size", one.w ? `${one.w} × ${one.h} px` : ""], ["For example", one.url]]), button));
    node.dataset.picture = one.picture;
    node.one = one;
    button.onclick = () => turn(one.picture);
    if (one.pardoned) { button.replaceWith(make("p", {className: "mercy"}, "Pardoned.")); node.classList.add("pardoned"); }
    else mark(node, one.decided);
    return node;
  }

  function pair(one) {
    const near = view === "near";
    const hidden = one.images.length - MOST_OF_A_CASE;
    return make("div", {className: "case"}, ...one.images.slice(0, MOST_OF_A_CASE).map((image, i) => {
      const shown = make("div", {className: "shown", title: "Enlarge", onclick: () => enlarge(image)}, picture(`small/${image.c}`, image.key));
      const said = [image.w ? `${image.w} × ${image.h} px` : "not kept", image.key].join(" · ");
      return make("figure", {className: near && !i ? "kept" : ""}, shown, make("figcaption", {}, make("b", {}, make("bdi", {}, image.label)), make("small", {}, near ? (i ? "the copy · " : "kept · ") + said : said), make("small", {}, make("bdi", {}, image.url))));
    }), hidden > 0 ? make("p", {className: "about"}, `and ${n(hidden)} more`) : null);
  }

  function mark(node, decided) {
    node.one.decided = decided;
    node.classList.toggle("decided", decided);
    if (node.dataset.c) node.setAttribute("aria-pressed", decided);
    const button = node.querySelector("button.mercy");
    if (button) button.textContent = decided ? "Pardoned; take it back" : "Pardon it: it is a photograph";
  }

  function changed(what, decided) {
    const node = document.querySelector(typeof what === "number" ? `[data-c="${what}"]` : `[data-picture="${CSS.escape(what)}"]`);
    if (node) mark(node, decided);
    if (enlarged?.c === what) { enlarged.decided = decided; drawLarge(); }
    return node;
  }

  let queue = Promise.resolve();
  function turn(what) {
    queue = queue.then(async () => {
      const said = await ask("turn", {what});
      const node = changed(what, said.now);
      if (view === "images" && node) { all.classes[number].rejected += said.now ? 1 : -1; drawClasses(); }
      tell(said.decided);
    }).catch(() => {});
  }
  function undo() {
    queue = queue.then(async () => {
      const said = await ask("undo", {});
      if (said.what === null) return;
      const node = changed(said.what, false);
      node?.scrollIntoView({block: "nearest"});
      if (node?.dataset.c) node.focus();
      all = await ask("overview");
      drawClasses();
      tell(said.decided);
    }).catch(() => {});
  }

  let enlarged = null;
  const cells = () => [...$("shown").querySelectorAll(".cell")];
  let last = null;
  $("shown").addEventListener("focusin", event => {
    if (!enlarged && event.target.classList.contains("cell")) last = event.target;
  });
  const current = () => last?.isConnected ? last : null;
  function step(node) {
    last = node;
    if (enlarged) enlarge(node.one); else node.focus();
  }
  function move(key) {
    const every = cells(), here = current();
    if (!here) { if (every[0]) step(every[0]); return; }
    let at = every.indexOf(here);
    if (key === "ArrowLeft") at -= 1;
    else if (key === "ArrowRight") at += 1;
    else {
      const box = here.getBoundingClientRect(), middle = box.left + box.width / 2;
      const way = key === "ArrowDown" ? 1 : -1;
      let row = null, best = at, least = Infinity;
      for (let i = at + way; i >= 0 && i < every.length; i += way) {
        const other = every[i].getBoundingClientRect();
        if (Math.abs(other.top - box.top) < 4) continue;
        row ??= other.top;
        if (Math.abs(other.top - row) >= 4) break;
        const far = Math.abs(other.left + other.width / 2 - middle);
        if (far < least) { least = far; best = i; }
      }
      at = best;
    }
    if (every[at]) step(every[at]);
    if (at > every.length - 12 && loaded < total) load();
  }

  function enlarge(one) {
    enlarged = one;
    drawLarge();
    if (!$("large").open) $("large").showModal();
  }
  function drawLarge() {
    const one = enlarged, turns = view === "images" || view === "hand";
    if (!$("largeimg").src.endsWith(`/large/${one.c}`)) $("largeimg").src = `large/${one.c}`;
    $("largeimg").alt = one.key;
    $("largekey").textContent = one.key;
    $("largesize").textContent = one.w ? `${one.w} × ${one.h} px · ${one.label}` : one.label;
    $("largeurl").textContent = one.url;
    $("large").classList.toggle("decided", view === "images" && one.decided);
    $("largeturn").hidden = !turns;
    const words = view === "hand" ? ["Take it back ", "Leave it out "] : ["Reject ", "Keep it "];
    $("largeturn").firstChild.data = words[one.decided ? 1 : 0];
  }
  $("largeturn").onclick = () => turn(enlarged.c);
  $("large").onclick = event => { if (event.target === $("large")) $("large").close(); };
  $("large").onclose = () => { enlarged = null; last?.focus(); };

  addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("ask").open || $("ending").open) return;
    if (event.target === $("filter")) { if (event.key === "Escape") event.target.blur(); return; }
    const key = event.key, here = current();
    if (key.startsWith("Arrow") && cells().length) {
      event.preventDefault();
      move(key);
    } else if (key === "x" || key === "X") {
      if (enlarged ? !$("largeturn").hidden : here) turn((enlarged ?? here.one).c);
    } else if (key === "z" || key === "Z") undo();
    else if (key === " " || key === "Enter") {
      if (!enlarged && event.target.closest("button, a")) return;
      if (enlarged && key === " ") { event.preventDefault(); $("large").close(); }
      else if (here) { event.preventDefault(); enlarge(here.one); }
    } else if ((key === "n" || key === "p") && view === "images" && !enlarged) {
      const next = number + (key === "n" ? 1 : -1);
      if (all.classes[next]) open("images", next);
    }
  });

  $("filter").oninput = drawClasses;
  $("undo").onclick = undo;
  $("more").firstChild.onclick = () => load();
  new IntersectionObserver(seen => { if (seen[0].isIntersecting && loaded && loaded < total) load(); }, {rootMargin: "600px"}).observe($("more"));
  $("done").onclick = () => {
    const said = $("sum").textContent;
    $("asked").textContent = said[0].toUpperCase() + said.slice(1) + ".";
    $("ask").showModal();
  };
  $("later").onclick = () => $("ask").close();
  $("sure").onclick = async () => {
    $("ask").close();
    await queue;
    try { await ask("done", {}); } catch { return; }
    $("ending").showModal();
    follow();
  };
  $("ending").oncancel = event => event.preventDefault();

  async function follow() {
    let said;
    try { said = await ask("progress"); } catch { $("endtitle").textContent = "gleanset has gone"; return; }
    if (said.phase === "applying") {
      if (said.total) { $("bar").max = said.total; $("bar").value = said.done; }
      setTimeout(follow, 250);
      return;
    }
    $("bar").hidden = true;
    $("endtitle").textContent = said.title ?? "Done";
    $("endsaid").textContent = said.said ?? "";
    $("endnext").hidden = !said.next;
    $("endshut").hidden = false;
  }

  (async () => {
    all = await ask("overview");
    tell(all.decided);
    if (all.stale) complain(`${many(all.stale, "decision")} of last time ${all.stale === 1 ? "is" : "are"} about something that is no longer there.`);
    const asked = state.get("view"), first = all.classes.findIndex(one => one.images);
    open(asked in VIEWS && (asked === "images" || all[SIZES[asked]]) ? asked : "images", +(state.get("class") ?? Math.max(0, first)) || 0);
    document.body.dataset.ready = "1";
  })();
})();
