"""Targets built for several platforms at once."""

_PLATFORMS = "//command_line_option:platforms"

def _for_each_platform_impl(settings, attr):
    if not attr.platforms:
        platforms = settings[_PLATFORMS]
        return {str(platforms[0]): {_PLATFORMS: platforms}}
    return {str(label): {_PLATFORMS: [label]} for label in attr.platforms}

# Of attributes of a rule that has an attribute `platforms`; that of the command line where it is empty.
for_each_platform = transition(
    implementation = _for_each_platform_impl,
    inputs = [_PLATFORMS],
    outputs = [_PLATFORMS],
)

def short_platform(platform):
    """A platform's last name, as long as that says which one it is.

    Args:
      platform: label or its text.

    Returns:
      string.
    """
    return str(platform).rpartition(":")[2].rpartition("/")[2]
