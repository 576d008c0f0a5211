"""Names of the variants that tflite_model makes: the grammar of tools/convert/variants.py."""

load(":problems.bzl", "label_text")

# Representations, and whether ranges of activations must be known.
_REPRESENTATIONS = {
    "16x8": True,
    "16x8_only": True,
    "basic": False,
    "dynamic": False,
    "float16": False,
    "int8": True,
    "int8_only": True,
}

_ACCEPTED = ("parts joined by +: p_PERCENT, p_PERCENT_layer, p_PERCENT_channel or p_N:M (pruning), c_COUNT (clustering), " +
             "then one of " + ", ".join(_REPRESENTATIONS))

def _is_optimisation(part):
    kind, _, rest = part.partition("_")
    if kind == "c":
        return rest.isdigit() and 2 <= int(rest) and int(rest) <= 256
    if kind != "p":
        return False
    if ":" in rest:
        kept, _, block = rest.partition(":")
        return kept.isdigit() and block.isdigit() and 1 <= int(kept) and int(kept) < int(block) and int(block) <= 64
    percent, _, scope = rest.partition("_")
    return percent.isdigit() and 1 <= int(percent) and int(percent) <= 99 and scope in ["", "layer", "channel"]

def check_variant(problems, attribute, variant):
    """Adds a problem if a variant is none.

    Args:
      problems: list of strings to add to.
      attribute: name of the attribute.
      variant: what the user gave.

    Returns:
      bool: whether ranges of activations must be known.
    """
    parts = variant.split("+")
    last = parts[-1]
    optimisations = parts[:-1] if last in _REPRESENTATIONS else parts
    unknown = [part for part in optimisations if not _is_optimisation(part)]
    if unknown:
        problems.append("%s = \"%s\": \"%s\" is not known (%s)" % (attribute, variant, unknown[0], _ACCEPTED))
    return _REPRESENTATIONS.get(last, False)

def variant_slug(variant):
    """A variant as a part of a file's name.

    Args:
      variant: string.

    Returns:
      string: letters, digits and `_`.
    """
    return variant.replace("+", "_").replace(":", "_of_")

def source_of(problems, target):
    """The model's file, or the folder of a SavedModel, as an argument for the converter.

    Args:
      problems: list of strings to add to.
      target: the Target that `src` names.

    Returns:
      (argument: File or string, list of Files), or (None, []) if a problem was added.
    """
    files = target.files.to_list()
    if len(files) == 1 and (files[0].is_directory or files[0].extension in ["keras", "h5"]):
        return files[0], files
    for file in files:
        if file.basename == "saved_model.pb":
            return file.dirname, files
    hint = "give a .keras or .h5 file, or the files of a SavedModel, saved_model.pb among them"
    if len(files) == 1 and files[0].extension == "tflite":
        hint = "already converted: give it to sni_model as it is"
    problems.append("src = \"%s\": not a trained model (%s)" % (
        files[0].basename if len(files) == 1 else label_text(target.label),
        hint,
    ))
    return None, []
