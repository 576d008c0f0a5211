"""The tables of the README, made from results.json."""

NAMES = {
    "float32": "autoencoder, float32",
    "int8": "autoencoder, int8",
    "zscore": "z-score of speed and turn rate",
    "gaps": "z-score of the two mismatch features",
    "forest_row": "IsolationForest, newest row's features",
    "forest_window": "IsolationForest, whole window's features",
}
KINDS = {"t1": "t1 shift", "t1_jumps": "t1 jumps", "t2": "t2 course", "t3": "t3 speed"}
BEGIN, END = "<!-- quality:begin -->", "<!-- quality:end -->"


def quality(results: dict) -> str:
    """All tables, as Markdown."""
    return "\n\n".join([_main(results), _away(results), _facts(results)])


def inserted(readme: str, results: dict) -> str:
    """The README with its tables replaced.

    Raises:
      ValueError: when the README has no place for them.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no lines {BEGIN} and {END} to put the tables between")
    return f"{before}{BEGIN}\n\n{quality(results)}\n\n{END}{after}"


def _main(results: dict) -> str:
    """AUC, recall at 1% false alarms and share of anomalies found, per kind of anomaly."""
    rows = []
    for key, name in NAMES.items():
        cells = [
            _cell(results["quality"][key][kind], ("auc", "recall", "events")) for kind in KINDS if kind != "t1_jumps"
        ]
        cells.insert(1, _cell(results["quality"][key]["t1_jumps"], ("auc", "recall")))
        rows.append([name, *cells])
    return _markdown(["AUC / recall / found", *KINDS.values()], rows)


def _away(results: dict) -> str:
    """AUC and recall without the rows that steer near north."""
    rows = []
    for key, name in NAMES.items():
        cells = [_cell(results["quality"][key][kind], ("auc_away", "recall_away")) for kind in KINDS]
        rows.append([name, *cells])
    return _markdown(["not within 30° of north: AUC / recall", *KINDS.values()], rows)


def _facts(results: dict) -> str:
    """How much each number rests on."""
    rows = [["rows labelled / scored", *(_count(results, kind, "labelled", "scored") for kind in KINDS)]]
    rows.append(["normal rows / anomalies", *(_count(results, kind, "negatives", "events") for kind in KINDS)])
    for key in ("float32", "int8"):
        intervals = [results["quality"][key][kind]["auc_interval"] for kind in KINDS]
        rows.append([f"{key}: 95% interval of the AUC", *(f"{low:.3f}–{high:.3f}" for low, high in intervals)])
        alarms = results["false_alarms_at_threshold"][key]
        rows.append([f"{key}: false alarms at the built-in threshold", *(f"{alarms[kind]:.1%}" for kind in KINDS)])
    return _markdown(["", *KINDS.values()], rows)


def _cell(values: dict, names: tuple[str, ...]) -> str:
    auc, *shares = (values[name] for name in names)
    return " / ".join([f"{auc:.3f}", *(f"{share:.0%}" for share in shares)])


def _count(results: dict, kind: str, first: str, second: str) -> str:
    counts = results["positives"][kind]
    return f"{counts[first]:,} / {counts[second]:,}"


def _markdown(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
