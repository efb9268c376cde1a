const HEADER = ["class", "id", "action", "value", "note", "image_sha256"];
const ACTIONS = { exclude: "exclude", relabel: "change class to", "keep-together": "keep together as", accept: "fine after all", same: "same as", "not-same": "not the same as" };
const OF_PAIR = ["same", "not-same"];
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

// One field of CSV as RFC 4180 has it; no spreadsheet takes it for a formula.
function writeField(text) {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const writeCsv = (rows) => rows.map((row) => `${row.map(writeField).join(",")}\n`).join("");

function readCsv(text) {
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  const endField = () => {
    row.push(/^'/.test(field) && FORMULA.test(field.slice(1)) ? field.slice(1) : field);
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  const source = text.replace(/^\ufeff/, "");
  for (let at = 0; at < source.length; at += 1) {
    const char = source[at];
    if (quoted) {
      if (char !== '"') field += char;
      else if (source[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && field === "") quoted = true;
    else if (char === ",") endField();
    else if (char === "\n" || char === "\r") {
      if (char === "\r" && source[at + 1] === "\n") at += 1;
      endRow();
    } else field += char;
  }
  if (quoted) throw new Error("a quotation mark is not closed");
  if (field !== "" || row.length) endRow();
  return rows;
}

const marks = (() => {
  const key = `lagtool.marks.${data.fingerprint}`;
  const watchers = [];
  let all = [];

  const sameMark = (a, b) =>
    a.class === b.class && a.id === b.id && a.action === b.action && (!["accept", ...OF_PAIR].includes(a.action) || a.value === b.value);

  function problem(mark) {
    if (HEADER.some((name) => typeof mark[name] !== "string")) return "a column is missing";
    if (!data.classes.includes(mark.class)) return `no class is called '${mark.class}'`;
    if (!mark.id) return "a sample without id";
    if (!(mark.action in ACTIONS)) return `no action is called '${mark.action}'`;
    if (mark.action === "relabel" && !data.classes.includes(mark.value)) return `no class is called '${mark.value}'`;
    if (mark.action === "keep-together" && !mark.value) return "keep-together without the name of a group";
    if (OF_PAIR.includes(mark.action) && !/.\/./.test(mark.value)) return `${mark.action} without the other sample, as CLASS/ID`;
    if (mark.image_sha256 && !/^[0-9a-f]{64}(\+[0-9a-f]{64})?$/.test(mark.image_sha256)) return "a sha256 that is none";
    return "";
  }

  function changed() {
    all.sort((a, b) => data.classes.indexOf(a.class) - data.classes.indexOf(b.class) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    storage.set(key, JSON.stringify(all));
    for (const watch of watchers) watch();
  }

  function load() {
    try {
      const known = JSON.parse(storage.get(key) || "[]");
      all = Array.isArray(known) ? known.filter((mark) => mark && !problem(mark)) : [];
    } catch {
      all = [];
    }
  }
  load();
  // Another tab with this report, or the same dataset: what is marked there is marked here.
  addEventListener("storage", (event) => {
    if (event.key !== key) return;
    load();
    for (const watch of watchers) watch();
  });

  return {
    list: () => all,
    of: (className, id) => all.filter((mark) => mark.class === className && mark.id === id),
    watch: (watcher) => watchers.push(watcher),
    put(mark) {
      all = [...all.filter((known) => !sameMark(known, mark)), mark];
      changed();
    },
    remove(mark) {
      all = all.filter((known) => !sameMark(known, mark));
      changed();
    },
    clear() {
      all = [];
      changed();
    },
    toCsv: () => writeCsv([HEADER, ...all.map((mark) => HEADER.map((name) => mark[name]))]),
    // Returns how many marks the file holds; throws with the line of the first that is wrong, and takes none then.
    addCsv(text) {
      const [header, ...rows] = readCsv(text);
      if (!header || header.join() !== HEADER.join()) throw new Error(`the first line must be ${HEADER.join()}`);
      const found = rows.map((row, at) => {
        const mark = Object.fromEntries(HEADER.map((name, column) => [name, row[column]]));
        const wrong = row.length === HEADER.length ? problem(mark) : "another number of columns";
        if (wrong) throw new Error(`mark ${at + 1}: ${wrong}`);
        return mark;
      });
      for (const mark of found) all = [...all.filter((known) => !sameMark(known, mark)), mark];
      changed();
      return found.length;
    },
  };
})();

const nameMark = (mark) => `${ACTIONS[mark.action]}${mark.value ? ` ${mark.value}` : ""}`;

function download() {
  const address = URL.createObjectURL(new Blob([marks.toCsv()], { type: "text/csv;charset=utf-8" }));
  const link = make("a", { href: address, download: "curation.csv", hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function startMarks() {
  const status = find("#marks-status");
  const table = find("#marks-table");
  const file = find("#marks-file");
  let said = "";

  function show() {
    const all = marks.list();
    const refused = storage.refused ? " This browser refuses to store them: they last until the page is closed, so download them." : "";
    status.textContent = `${said}${all.length ? plural(all.length, "mark") : "No marks yet"}.${refused}`;
    table.hidden = !all.length;
    find("#marks-download").disabled = find("#marks-clear").disabled = !all.length;
    find("#bar").hidden = !all.length;
    find("#bar-count").textContent = plural(all.length, "mark");
    const count = find("#marks-count");
    count.hidden = !all.length;
    count.textContent = number(all.length);
    find("tbody", table).replaceChildren(
      ...all.slice(0, 500).map((mark) => {
        const key = `${mark.class}/${mark.id}`;
        const here = samples.place(key) !== undefined;
        const open = make("button", { type: "button", class: "plain" }, key);
        open.addEventListener("click", () => openSample(samples.place(key)));
        const remove = make("button", { type: "button", "aria-label": `Remove the mark of ${key}` }, "Remove");
        remove.addEventListener("click", () => marks.remove(mark));
        return make(
          "tr",
          {},
          make("th", { scope: "row" }, here ? open : key),
          make("td", {}, mark.action),
          make("td", {}, mark.value),
          make("td", {}, mark.note),
          make("td", {}, remove),
        );
      }),
    );
    said = "";
  }

  find("#marks-panel").hidden = false;
  find("#marks-download").addEventListener("click", download);
  find("#bar-download").addEventListener("click", download);
  find("#marks-load").addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    try {
      const found = marks.addCsv(await file.files[0].text());
      said = `${plural(found, "mark")} loaded. `;
    } catch (error) {
      said = `Nothing was loaded: ${error.message}. `;
    }
    file.value = "";
    show();
  });
  find("#marks-clear").addEventListener("click", () => {
    if (confirm(`Remove ${plural(marks.list().length, "mark")}? Those that were not downloaded are lost.`)) marks.clear();
  });
  marks.watch(show);
  storage.set("lagtool.test", "1"); // so that a refusal is told before the first mark is made
  show();
}
