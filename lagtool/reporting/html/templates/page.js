const find = (selector, root = document) => root.querySelector(selector);
const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];
const data = JSON.parse(find("#data").textContent);
const number = (value) => value.toLocaleString("en-US");
const plural = (value, word) => `${number(value)} ${word}${value === 1 ? "" : "s"}`;

// Text goes in as text, never as markup: names of files and notes come from outside.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Storage may be refused (private windows, policies of hospitals): then things last as long as the page.
const storage = {
  refused: false,
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      this.refused = true;
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, value);
      this.refused = false;
    } catch {
      this.refused = true;
    }
  },
};

function startTheme() {
  const button = find("#theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const show = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
  };
  const known = storage.get("lagtool.theme");
  if (known === "dark" || known === "light") document.documentElement.dataset.theme = known;
  button.hidden = false;
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    storage.set("lagtool.theme", document.documentElement.dataset.theme);
    show();
  });
  prefersDark.addEventListener("change", show);
  show();
}

// Print shows what is folded away as well, in browsers that cannot do so by style.
function startPrinting() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = findAll("details.check:not([open]):not(.quiet)");
    for (const element of opened) element.open = true;
  });
  addEventListener("afterprint", () => {
    for (const element of opened) element.open = false;
  });
}

// What scrolls sideways can be reached by keyboard, and only that: a stop at every table would be many for nothing.
function startScrolling() {
  const areas = findAll(".scroll");
  const apply = () => {
    const wide = areas.map((area) => area.scrollWidth > area.clientWidth);
    areas.forEach((area, at) => (wide[at] ? area.setAttribute("tabindex", "0") : area.removeAttribute("tabindex")));
  };
  addEventListener("resize", apply);
  document.addEventListener("toggle", apply, true);
  apply();
}
