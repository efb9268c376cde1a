const dialog = find("#sample");
let current = -1;
let sequence = () => []; // the places that "next" and "previous" go through

function openSample(place, around = null) {
  if (place === undefined || place < 0) return;
  sequence = around || (() => []);
  showSample(place);
  if (!dialog.open) dialog.showModal();
}

function showSample(place) {
  current = place;
  const key = samples.key(place);
  find("#sample-title").textContent = key;
  const around = sequence();
  const at = around.indexOf(place);
  find("#sample-place").textContent = at >= 0 ? `${number(at + 1)} of ${number(around.length)}` : "";
  find("#sample-before").disabled = at <= 0;
  find("#sample-after").disabled = at < 0 || at >= around.length - 1;
  showPicture(place);
  showFacts(place);
  find("#sample-findings").replaceChildren(
    ...samples.codes(place).flatMap((code) => {
      const said = samples.said(place).filter(([named]) => named === code);
      const texts = said.length ? said.map(([, text]) => text) : [data.checks[code][1]];
      return texts.map((text) => make("li", {}, make("b", {}, code), ` ${data.checks[code][0]}: ${text}`));
    }),
  );
  find("#mark-code").replaceChildren(
    make("option", { value: "" }, "whatever is said of it"),
    ...samples.codes(place).map((code) => make("option", { value: code }, `${code} ${data.checks[code][0]}`)),
  );
  find("#mark-note").value = "";
  find("#mark-status").textContent = "";
  showMarksOf();
}

function showPicture(place) {
  const holder = find("#sample-picture");
  holder.hidden = !samples.packed.thumbnail;
  if (holder.hidden) return;
  const frame = find("#sample-frame");
  const { address, why } = samples.picture(place, "image");
  const overlay = samples.picture(place, "map").address;
  frame.replaceChildren(
    address ? make("img", { src: address, alt: `Fundus photograph ${samples.key(place)}` }) : make("span", { class: "broken" }, why),
    ...(overlay ? [make("img", { src: overlay, alt: "", class: "overlay" })] : []),
  );
  find("#sample-slider").hidden = !overlay;
  frame.style.setProperty("--map", find("#sample-opacity").value / 100);
}

function showFacts(place) {
  const packed = samples.packed;
  const rows = [];
  const add = (name, value) => value !== null && value !== undefined && value !== "" && rows.push(make("dt", {}, name), make("dd", {}, String(value)));
  const [width, height, bytes] = ["width", "height", "bytes"].map((name) => samples.fact(name, place));
  add("size", width && height ? `${number(width)} × ${number(height)} pixels` : "");
  add("file", bytes === null ? "" : `${number(bytes)} bytes`);
  for (const name of ["quality", "brightness", "sharpness"]) {
    const value = samples.fact(name, place);
    add(name === "quality" ? "JPEG quality" : name, value === null ? "" : number(value));
  }
  add("attention map", samples.hasMap(place) ? "yes" : "no");
  for (const name of ["split", "fold", "group"]) if (packed[name]) add(name, packed[name][place] || "none");
  if (packed.damage[place]) add("damage", packed.damage[place]);
  find("#sample-facts").replaceChildren(...rows);
}

function showMarksOf() {
  if (current < 0) return;
  const known = marks.of(samples.className(current), samples.id(current));
  find("#sample-marks").replaceChildren(
    ...known.map((mark) => {
      const remove = make("button", { type: "button" }, "Remove");
      remove.addEventListener("click", () => marks.remove(mark));
      return make("li", {}, make("span", {}, make("b", {}, nameMark(mark)), mark.note ? ` – ${mark.note}` : ""), remove);
    }),
  );
  const groups = [...new Set(marks.list().filter((mark) => mark.action === "keep-together").map((mark) => mark.value))];
  find("#mark-groups").replaceChildren(...groups.map((value) => make("option", { value })));
}

function step(by) {
  const around = sequence();
  const next = around[around.indexOf(current) + by];
  if (next !== undefined) showSample(next);
}

function startDialog() {
  const action = find("#mark-action");
  const className = find("#mark-class");
  const group = find("#mark-group");
  className.append(...data.classes.map((name) => make("option", { value: name }, name)));
  const showFields = () => {
    find("#mark-class-field").hidden = action.value !== "relabel";
    find("#mark-group-field").hidden = action.value !== "keep-together";
    find("#mark-code-field").hidden = action.value !== "accept";
    group.required = action.value === "keep-together";
    group.disabled = !group.required;
    if (action.value === "relabel" && current >= 0) {
      className.value = data.classes.find((name) => name !== samples.className(current)) || data.classes[0];
    }
  };
  action.addEventListener("change", showFields);
  find("#mark-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const value = { exclude: "", relabel: className.value, "keep-together": group.value.trim(), accept: find("#mark-code").value }[action.value];
    if (action.value === "relabel" && value === samples.className(current)) {
      find("#mark-status").textContent = "It is in that class already.";
      return;
    }
    marks.put({
      class: samples.className(current),
      id: samples.id(current),
      action: action.value,
      value,
      note: find("#mark-note").value.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ").trim(),
      image_sha256: samples.sha(current),
    });
    find("#mark-status").textContent = "Marked.";
  });
  find("#sample-close").addEventListener("click", () => dialog.close());
  find("#sample-before").addEventListener("click", () => step(-1));
  find("#sample-after").addEventListener("click", () => step(1));
  find("#sample-opacity").addEventListener("input", (event) => find("#sample-frame").style.setProperty("--map", event.target.value / 100));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  marks.watch(showMarksOf);
  showFields();
  startMarkButtons();
}

// Every finding and every like photograph of a known sample gets a button that opens it.
function startMarkButtons() {
  const buttons = [];
  for (const line of findAll("li[data-sample]")) {
    const place = samples.place(line.dataset.sample);
    if (place === undefined) continue;
    const button = make("button", { type: "button" });
    const within = line.parentElement;
    const around = () =>
      [...new Set(findAll("li[data-sample]:not([hidden])", within).map((one) => samples.place(one.dataset.sample)))].filter((one) => one !== undefined);
    button.addEventListener("click", () => {
      if (line.dataset.group && !find("#mark-group").value) find("#mark-group").value = `group-${line.dataset.group}`;
      openSample(place, around);
    });
    const address = line.dataset.group ? samples.picture(place, "image").address : "";
    if (address) line.prepend(make("img", { src: address, alt: line.dataset.sample, loading: "lazy" }));
    line.prepend(...(line.dataset.group ? [] : [button]));
    if (line.dataset.group) line.append(button);
    buttons.push([button, place]);
  }
  const show = () => {
    const marked = new Map();
    for (const mark of marks.list()) {
      const key = `${mark.class}/${mark.id}`;
      marked.set(key, [...(marked.get(key) || []), nameMark(mark)]);
    }
    for (const [button, place] of buttons) {
      const names = marked.get(samples.key(place));
      const text = names ? names.join("; ") : "Mark";
      if (button.textContent === text) continue;
      button.textContent = text;
      button.className = names ? "marked" : "";
      button.setAttribute("aria-label", `${text}: ${samples.key(place)}`);
    }
  };
  marks.watch(show);
  show();
}
