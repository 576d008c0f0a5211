// The map of a cell's arena, as arena.py and arena.j2 make it of the cell that is shown first.
const ARENA = { width: 960, height: 380, left: 64, top: 14, right: 10, bottom: 40, character: 6.2, line: 13 };

function arenaTicks(largest) {
  const rough = largest / 8;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, rough))));
  const step = [1, 2, 5, 10].map((factor) => power * factor).find((value) => value >= rough);
  return Array.from({ length: Math.floor(largest / step) + 1 }, (_, number) => number * step);
}

function bufferTitle([, name, offset, size, first, last]) {
  const alive = first === last ? `layer ${first}` : `layers ${first} to ${last}`;
  return `${textOf(name)}: ${count(size)} bytes, ${count(offset)} to ${count(offset + size)}; ${alive}`;
}

function arenaMap([peak, ...buffers], bytes) {
  const { width, height, left, top, right, bottom, character, line } = ARENA;
  if (!buffers.length) {
    return element("p", {}, `This engine does not tell what lies in its arena of ${count(bytes)} bytes.`);
  }
  const first = Math.min(...buffers.map((buffer) => buffer[4]));
  const last = Math.max(...buffers.map((buffer) => buffer[5]));
  const largest = Math.max(1, bytes, ...buffers.map(([, , offset, size]) => offset + size));
  const [step, scale] = [(width - left - right) / (last - first + 1), (height - top - bottom) / largest];
  const pixels = (value) => String(Number(value.toFixed(1)));
  const words = (attributes, text) => drawn("text", attributes, text);

  function box(buffer) {
    const [short, , offset, size, from, to, takesOver, handsOver] = buffer;
    // What is written over what it is made from takes its place in the middle of the layer.
    const [start, end] = [from - first + 0.5 * takesOver, to - first + 1 - 0.5 * handsOver];
    const [w, h] = [(end - start) * step, Math.max(1.5, size * scale)];
    const [x, low] = [left + start * step, height - bottom - offset * scale];
    const letters = [...textOf(short)];
    const columns = Math.trunc((w - 8) / character);
    const fits = columns >= Math.min(5, letters.length) && h >= line;
    const label = letters.length <= columns ? letters.join("") : `${letters.slice(0, columns - 1).join("")}…`;
    const place = { class: "buffer", x: pixels(x), y: pixels(low - h), width: pixels(w), height: pixels(h) };
    const middle = { class: "label", x: pixels(x + w / 2), y: pixels(low - h / 2 + 4), "text-anchor": "middle" };
    return {
      rectangle: drawn("rect", place, drawn("title", {}, bufferTitle(buffer))),
      label: fits && label ? [words(middle, label)] : [],
    };
  }

  const made = drawn("svg", {
    class: "chart arena",
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": "Buffers of the arena by layer",
  });
  const shade = { class: "peak", x: pixels(left + (peak - first) * step), y: top, width: pixels(step) };
  shade.height = height - top - bottom;
  made.append(drawn("rect", shade, drawn("title", {}, `most bytes in use: layer ${peak}`)));
  for (const value of arenaTicks(largest)) {
    const y = pixels(height - bottom - value * scale);
    made.append(drawn("path", { class: "grid", d: `M${left} ${y}H${width - right}` }));
    made.append(words({ x: left - 6, y, dy: 4, "text-anchor": "end" }, count(value)));
  }
  const every = Math.max(1, Math.ceil(26 / step));
  for (let layer = first; layer <= last; layer += every) {
    const x = pixels(left + (layer - first + 0.5) * step);
    made.append(words({ x, y: height - bottom + 16, "text-anchor": "middle" }, String(layer)));
  }
  // Small ones last, so that none is hidden behind a larger one that it shares its place with.
  const area = ([, , , size, from, to]) => size * (to - from + 1);
  const boxes = [...buffers].sort((a, b) => area(b) - area(a)).map(box);
  made.append(...boxes.map(({ rectangle }) => rectangle), ...boxes.flatMap(({ label }) => label));
  made.append(words({ class: "name", x: width - right, y: height - 6, "text-anchor": "end" }, "layer"));
  const said = `bytes from the start of the arena of ${count(bytes)}; most are in use at layer ${peak}, shaded`;
  made.append(words({ class: "name", x: left, y: height - 6 }, said));
  return made;
}
