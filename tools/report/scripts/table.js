// Sorts and filters the table of cells.
(() => {
  const table = document.querySelector(".cells");
  const rows = all(".cells tbody tr").map((row) => ({
    row,
    cell: Number(row.dataset.cell),
    words: row.textContent.toLowerCase(),
  }));

  function sortValue(cell, column) {
    const [keys, values] = data.cells[cell];
    return column < keys.length ? textOf(keys[column]) : (values[column - keys.length] ?? null);
  }

  function sortBy(head) {
    const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    for (const other of head.parentNode.cells) other.setAttribute("aria-sort", other === head ? direction : "none");
    const sign = direction === "ascending" ? 1 : -1;
    const order = rows.map((entry) => [sortValue(entry.cell, head.cellIndex), entry]);
    order.sort(([a, first], [b, second]) => {
      // What has no figure comes last either way; what is equal keeps the suite's order.
      if (a === null || b === null) return (a === null) - (b === null) || first.cell - second.cell;
      const difference = typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
      return sign * difference || first.cell - second.cell;
    });
    table.tBodies[0].append(...order.map(([, entry]) => entry.row));
  }

  for (const head of table.tHead.rows[0].cells) head.firstElementChild.addEventListener("click", () => sortBy(head));

  // On a phone, the explanations would stand between the table and what follows it.
  if (innerWidth <= 640) document.querySelector("details.legend").open = false;

  const filters = document.getElementById("filters");

  function filter() {
    const words = document.getElementById("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = all("#filters select").filter((select) => select.value);
    const kept = new Set();
    for (const { row, cell, words: there } of rows) {
      const keys = data.cells[cell][0];
      const fits =
        words.every((word) => there.includes(word)) &&
        wanted.every((select) => textOf(keys[Number(select.dataset.key)]) === select.value);
      row.hidden = !fits;
      if (fits) kept.add(cell);
    }
    for (const point of all(".point")) point.classList.toggle("dim", !kept.has(Number(point.dataset.cell)));
    const total = plural(rows.length, "cell");
    document.getElementById("shown").textContent =
      kept.size === rows.length ? total : `${count(kept.size)} of ${total}`;
  }

  filters.addEventListener("input", filter);
  filters.addEventListener("reset", () => setTimeout(filter));
  filters.addEventListener("submit", (event) => event.preventDefault());
})();
