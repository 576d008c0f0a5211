"""Budgets: what a model may take, as its target says."""

# As data sheets and linker scripts count: 64 KB of flash are 65,536 bytes.
_UNITS = {
    "B": 1,
    "KB": 1024,
    "KiB": 1024,
    "MB": 1024 * 1024,
    "MiB": 1024 * 1024,
}

_KINDS = ["flash", "ram", "stack"]

_FORM = "a number and a unit: B, KB, KiB, MB or MiB, where K is 1024; as \"48KB\" or \"1.5 KB\""

def read_budget(problems, budget):
    """The limits of a budget in bytes; all that is wrong with them is added to the problems.

    Args:
      problems: list of strings to add to.
      budget: dict from strings to strings, the attribute.

    Returns:
      dict from `flash`, `ram` or `stack` to numbers of bytes.
    """
    limits = {}
    for kind, text in budget.items():
        if kind not in _KINDS:
            problems.append("budget: \"%s\": not known (one of: %s)" % (kind, ", ".join(_KINDS)))
            continue
        size = _bytes(text)
        if size == None:
            problems.append("budget: %s = \"%s\": not a size (%s)" % (kind, text, _FORM))
        elif size == 0 and kind != "ram":
            problems.append("budget: %s = \"%s\": nothing fits (%s; leave it out for no limit)" % (kind, text, _FORM))
        else:
            limits[kind] = size
    return limits

def _bytes(text):
    """The bytes of a text like `1.5KB`, rounded down; None if it is none."""
    digits = ""
    for character in text.elems():
        if not character.isdigit() and character != ".":
            break
        digits += character
    unit = _UNITS.get(text[len(digits):].strip())
    whole, point, fraction = digits.partition(".")
    if unit == None or not whole.isdigit() or "." in fraction or (point and not fraction):
        return None
    scale = 1
    for _ in fraction.elems():
        scale *= 10
    return int(whole) * unit + int(fraction or "0") * unit // scale
