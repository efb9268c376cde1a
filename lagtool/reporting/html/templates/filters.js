function startFilters() {
  const form = find("#filters");
  if (!form) return;
  const checks = findAll("details.check[data-severity]").map((element) => ({
    element,
    severity: element.dataset.severity,
    family: element.dataset.family,
    total: Number(element.dataset.total),
    head: find("summary", element).textContent.toLowerCase(),
    badge: find(".count.total", element),
    more: find(".more", element),
    lines: findAll(".lines > li", element).map((line) => ({
      element: line,
      text: line.textContent.toLowerCase(),
      className: line.dataset.class,
    })),
  }));
  const families = findAll("#findings .family");
  const severities = findAll("button[data-severity]", form);
  const text = find("#f-text");
  const family = find("#f-family");
  const className = find("#f-class");
  const status = find("#filter-status");

  function apply() {
    const wanted = new Set(severities.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.severity));
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const narrow = words.length > 0 || className.value !== "";
    let shownChecks = 0;
    let shown = 0;
    let all = 0;
    for (const check of checks) {
      const fits = wanted.has(check.severity) && (!family.value || family.value === check.family);
      const headFits = words.every((word) => check.head.includes(word));
      let here = 0;
      for (const line of check.lines) {
        const visible =
          fits &&
          (!className.value || className.value === line.className) &&
          (headFits || words.every((word) => line.text.includes(word) || check.head.includes(word)));
        if (line.element.hidden === visible) line.element.hidden = !visible;
        if (visible) here += 1;
      }
      check.element.hidden = !here;
      if (!here) continue;
      if (check.more) check.more.hidden = false;
      shownChecks += 1;
      shown += here;
      all += check.total;
      check.badge.textContent = narrow ? `${number(here)} of ${number(check.total)}` : number(check.total);
    }
    for (const one of families) one.hidden = !checks.some((check) => check.family === one.dataset.family && !check.element.hidden);
    const cut = narrow ? "" : shown < all ? `, of which ${number(shown)} are listed` : "";
    const hidden = narrow && checks.some((check) => check.total > check.lines.length) ? " Only listed findings are looked through." : "";
    status.textContent = `${plural(narrow ? shown : all, "finding")} of ${plural(shownChecks, "check")}${cut}.${hidden}`;
  }

  for (const button of severities) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      apply();
    });
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    for (const button of severities) button.setAttribute("aria-pressed", "true");
    setTimeout(apply);
  });
  form.hidden = false;
  apply();
}
