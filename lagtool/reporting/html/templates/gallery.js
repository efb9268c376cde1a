const PAGE = 60;

function startGallery() {
  const form = find("#gallery-filters");
  if (!form || !samples.packed.thumbnail) return;
  const field = (name) => find(`#g-${name}`);
  const cards = find("#cards");
  let chosen = [];
  let page = 0;

  field("class").append(...data.classes.map((name, at) => make("option", { value: String(at) }, name)));
  field("code").append(
    ...Object.entries(samples.packed.codes).map(([code, places]) =>
      make("option", { value: code }, `${code} ${data.checks[code][0]} (${number(places.length)})`),
    ),
  );
  for (const name of ["brightness", "sharpness"]) {
    const known = samples.packed.facts[name].filter((value) => value !== null);
    if (!known.length) continue;
    field(`${name}-low`).placeholder = String(known.reduce((a, b) => Math.min(a, b)));
    field(`${name}-high`).placeholder = String(known.reduce((a, b) => Math.max(a, b)));
  }

  function choose() {
    const text = field("text").value.trim().toLowerCase();
    const className = field("class").value;
    const code = field("code").value;
    const map = field("map").value;
    const mark = field("mark").value;
    const marked = new Set(marks.list().map((one) => `${one.class}/${one.id}`));
    const withCode = code && code !== "*" && code !== "-" ? new Set(samples.packed.codes[code]) : null;
    const ranges = ["brightness", "sharpness"]
      .map((name) => [name, field(`${name}-low`).value, field(`${name}-high`).value])
      .filter(([, low, high]) => low !== "" || high !== "");
    chosen = [];
    for (let place = 0; place < samples.count; place += 1) {
      if (text && !samples.key(place).toLowerCase().includes(text)) continue;
      if (className && String(samples.packed.class[place]) !== className) continue;
      if (withCode && !withCode.has(place)) continue;
      if (code === "*" && !samples.codes(place).length) continue;
      if (code === "-" && samples.codes(place).length) continue;
      if (map && samples.packed.map[place] !== map) continue;
      if (mark && (marked.has(samples.key(place)) ? "1" : "0") !== mark) continue;
      const within = ranges.every(([name, low, high]) => {
        const value = samples.fact(name, place);
        return value !== null && (low === "" || value >= Number(low)) && (high === "" || value <= Number(high));
      });
      if (within) chosen.push(place);
    }
    const order = field("sort").value;
    if (order) {
      const name = order.replace("-", "");
      const sign = order.startsWith("-") ? -1 : 1;
      const value = (place) => samples.fact(name, place) ?? Infinity * sign;
      chosen.sort((a, b) => sign * (value(a) - value(b)) || a - b);
    }
  }

  function makeCard(place) {
    const { address, why } = samples.picture(place, "image");
    const overlay = samples.picture(place, "map").address;
    const known = marks.of(samples.className(place), samples.id(place));
    const codes = samples.codes(place);
    const button = make(
      "button",
      { type: "button", class: known.length ? "card marked" : "card", "aria-label": `${samples.key(place)}${codes.length ? `, ${plural(codes.length, "finding")}` : ""}` },
      make(
        "span",
        { class: "frame" },
        address ? make("img", { src: address, alt: "", loading: "lazy" }) : make("span", { class: "broken" }, why),
        overlay ? make("img", { src: overlay, alt: "", loading: "lazy", class: "overlay" }) : null,
      ),
      make(
        "span",
        { class: "caption" },
        make("span", { class: "key" }, samples.id(place)),
        make("span", { class: "dots" }, codes.slice(0, 2).join(" ") + (codes.length > 2 ? " …" : "")),
        make("span", { class: "class" }, samples.className(place)),
        known.length ? make("span", { class: "marked-as" }, known.map(nameMark).join("; ")) : null,
      ),
    );
    button.addEventListener("click", () => openSample(place, () => chosen));
    return make("li", {}, button);
  }

  function show() {
    const pages = Math.max(1, Math.ceil(chosen.length / PAGE));
    page = Math.min(Math.max(0, page), pages - 1);
    const focused = document.activeElement?.closest("#cards li");
    const at = focused ? [...cards.children].indexOf(focused) : -1;
    cards.replaceChildren(...chosen.slice(page * PAGE, (page + 1) * PAGE).map(makeCard));
    if (at >= 0) cards.children[at]?.firstChild.focus();
    find("#gallery-status").textContent = chosen.length
      ? `${number(page * PAGE + 1)} – ${number(Math.min(chosen.length, (page + 1) * PAGE))} of ${plural(chosen.length, "sample")}`
      : "No sample fits.";
    find("#page-number").textContent = `${number(page + 1)} / ${number(pages)}`;
    find("#page-first").disabled = find("#page-before").disabled = page === 0;
    find("#page-last").disabled = find("#page-after").disabled = page === pages - 1;
  }

  const refresh = () => {
    page = 0;
    choose();
    show();
  };
  const turn = (to) => () => {
    page = to();
    show();
  };
  find("#page-first").addEventListener("click", turn(() => 0));
  find("#page-before").addEventListener("click", turn(() => page - 1));
  find("#page-after").addEventListener("click", turn(() => page + 1));
  find("#page-last").addEventListener("click", turn(() => Infinity));
  form.addEventListener("input", (event) => {
    if (event.target.id === "g-opacity") cards.style.setProperty("--map", event.target.value / 100);
    else refresh();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () =>
    setTimeout(() => {
      cards.style.setProperty("--map", 0);
      refresh();
    }),
  );
  // What is shown stays in its place while one marks, even if it does not fit the filter any more.
  marks.watch(show);
  form.hidden = find("#pager").hidden = false;
  refresh();
}
