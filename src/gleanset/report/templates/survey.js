(() => {
  const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  const save = () => location.replace("#" + state);
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
})();
