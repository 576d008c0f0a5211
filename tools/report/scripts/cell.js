// Shows the chosen cell, and says what is under the pointer.
(() => {
  const chosen = document.getElementById("chosen");

  function fact(name, value) {
    return element("div", {}, element("dt", {}, name), element("dd", {}, value));
  }

  function show(cell) {
    const [keys, , details] = data.cells[cell];
    if (!details) return;
    const [layers, arena, bytes, version, program, command, notes] = details;
    const [model, variant, engine, platform, options] = keys.map(textOf);
    const maker = data.engines[engine] ?? engine;
    chosen.value = String(cell);
    document.getElementById("cell-title").textContent = `${model} ${variant}, ${maker} on ${platform}, ${options}`;
    document.getElementById("layers").replaceChildren(...layerBars(layers));
    document.getElementById("arena").replaceChildren(arenaMap(data.arenas[arena], bytes));
    document.getElementById("cell-facts").replaceChildren(
      fact("command", element("code", {}, textOf(command))),
      fact("engine", `${maker} ${textOf(version)}`),
      fact("program, SHA-256", element("code", {}, textOf(program))),
      ...notes.map((note) => fact("note", textOf(note))),
    );
    for (const other of all(".point.on, .cells .on")) other.classList.remove("on");
    for (const other of all(`.point[data-cell="${cell}"], .cells tr[data-cell="${cell}"]`)) other.classList.add("on");
  }

  if (chosen) {
    chosen.addEventListener("change", () => show(Number(chosen.value)));
    document.addEventListener("click", (event) => {
      const of = event.target.closest('.point, .cells a[href="#cell"]');
      if (of) show(Number(of.closest("[data-cell]").dataset.cell));
    });
    show(Number(chosen.value));
  }

  const tip = document.getElementById("tip");

  function said(target) {
    // Browsers would show a title of their own, late and in addition.
    const title = [...target.children].find((child) => child.tagName === "title");
    if (title) {
      target.dataset.tip = title.textContent;
      target.setAttribute("aria-label", title.textContent);
      title.remove();
    }
    return target.dataset?.tip;
  }

  document.addEventListener("pointerover", (event) => {
    const words = event.target instanceof SVGElement ? said(event.target) : undefined;
    tip.hidden = !words;
    if (!words) return;
    tip.textContent = words;
    const box = event.target.getBoundingClientRect();
    const x = Math.min(Math.max(8, event.clientX - tip.offsetWidth / 2), innerWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = `${x}px`;
    tip.style.top = `${above > 0 ? above : Math.min(box.bottom + 8, innerHeight - tip.offsetHeight - 8)}px`;
  });
})();
