"""Error messages: all problems of a target at once, each with value, reason and accepted form."""

def label_text(label):
    """A label as a user writes it: without the `@@` of the main repository.

    Args:
      label: a Label.

    Returns:
      string.
    """
    text = str(label)
    return text[2:] if text.startswith("@@//") else text

def fail_with(label, problems):
    """Ends the analysis of a target if anything is wrong with it.

    Args:
      label: the target's Label.
      problems: list of strings, `attribute = value: reason (accepted form)`.
    """
    if problems:
        fail("\n" + "\n".join(["%s: %s" % (label_text(label), problem) for problem in problems]))

def check_choice(problems, attribute, value, choices):
    """Adds a problem if the value of an attribute is none of the choices.

    Args:
      problems: list of strings to add to.
      attribute: name of the attribute.
      value: what the user gave.
      choices: list of strings.
    """
    if value not in choices:
        problems.append("%s = \"%s\": not known (one of: %s)" % (attribute, value, ", ".join(choices)))

def single_file(problems, attribute, target, extensions, hints = {}):
    """The one file of a label attribute, checked.

    Args:
      problems: list of strings to add to.
      attribute: name of the attribute.
      target: the Target that the attribute names.
      extensions: list of strings, the accepted extensions without their dots.
      hints: dict from a wrong extension to a sentence that says what to do with such a file.

    Returns:
      File, or None if a problem was added.
    """
    files = target.files.to_list()
    accepted = " or ".join(["." + extension for extension in extensions])
    if len(files) != 1:
        problems.append("%s = \"%s\": %d files, where one is needed (a %s file, or a target that makes just one)" % (
            attribute,
            label_text(target.label),
            len(files),
            accepted,
        ))
        return None
    file = files[0]
    if file.extension not in extensions:
        hint = hints.get(file.extension)
        problems.append("%s = \"%s\": not a %s file%s" % (
            attribute,
            file.basename,
            accepted,
            " (%s)" % hint if hint else " (give one, or a target that makes one)",
        ))
        return None
    return file
