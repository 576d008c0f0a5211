// The bars of a cell's layers, as layers.py and layers.j2 make them of the cell that is shown first.
const LAYER_HEADS = ["layer", "instructions", "flash, bytes", "RAM, bytes"];

function layerBars(layers) {
  if (!layers.length) return [element("p", {}, "This engine does not tell its layers.")];
  const columns = [1, 2, 3].map((measure) => layers.map((layer) => layer[measure]));
  const totals = columns.map((values) => values.reduce((sum, value) => sum + value, 0));
  const longest = columns.map((values) => Math.max(0, ...values));

  function bar(value, measure) {
    const [total, most] = [totals[measure], longest[measure]];
    const width = value && most ? Math.floor((2000 * value + most) / (2 * most)) / 10 : 0;
    const share = value === null || !total ? "" : `${Math.floor((200 * value + total) / (2 * total))}%`;
    const frame = { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" };
    return element(
      "span",
      { class: `bar m${measure}` },
      drawn("svg", frame, drawn("rect", { width, height: 10 })),
      element("span", {}, count(value)),
      element("small", {}, share),
    );
  }

  function line([kind, ...values], number) {
    const [name, operator, kernel, reason, macs] = data.kinds[kind];
    const why = textOf(reason) ? `: ${textOf(reason)}` : "";
    const work = macs ? `; ${plural(macs, "MAC")}` : "";
    const who = element(
      "span",
      { class: "who" },
      element("b", {}, `${number} ${textOf(operator)}`),
      " ",
      element("span", {}, textOf(name)),
      " ",
      element("small", {}, `${textOf(kernel)}${why}${work}`),
    );
    return element("div", { class: "layer" }, who, ...values.map(bar));
  }

  const head = element("div", { class: "layer head" }, ...LAYER_HEADS.map((name) => element("span", {}, name)));
  return [head, ...layers.map(line)];
}
