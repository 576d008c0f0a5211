"""Names in C."""

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_DIGITS = "0123456789"

def is_c_identifier(text):
    """Whether the text can be a name in C.

    Args:
      text: string.

    Returns:
      bool.
    """
    if not text or text[0] in _DIGITS:
        return False
    for character in text.elems():
        if character not in _LETTERS and character not in _DIGITS:
            return False
    return True

def to_c_identifier(text):
    """The nearest name in C: every other character becomes `_`.

    Args:
      text: string that is not empty.

    Returns:
      string.
    """
    name = "".join([
        character if character in _LETTERS or character in _DIGITS else "_"
        for character in text.elems()
    ])
    return "m" + name if name[0] in _DIGITS else name

def check_c_name(problems, target_name, c_name):
    """Adds a problem if the C name of a target is no identifier.

    Args:
      problems: list of strings to add to.
      target_name: name of the target.
      c_name: the `c_name` attribute: empty if the target's name is to be used.

    Returns:
      string: the C name.
    """
    attribute, name = ("c_name", c_name) if c_name else ("name", target_name)
    if not is_c_identifier(name):
        problems.append(
            ("%s = \"%s\": not a C identifier, and the generated functions and files are named after it " +
             "(letters, digits and _, no digit first: set c_name = \"%s\")") %
            (attribute, name, to_c_identifier(name)),
        )
    return name
