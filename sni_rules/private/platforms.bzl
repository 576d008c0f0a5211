"""Targets built for several platforms at once."""

_PLATFORMS = "//command_line_option:platforms"
_HOST_PLATFORM = "//command_line_option:host_platform"

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

# However the rest of the build is compiled, what is measured is optimised as what is shipped.
OPTIMISED = {"//command_line_option:compilation_mode": "opt"}

def _for_all_platforms_impl(settings, _attr):
    return OPTIMISED | {_PLATFORMS: [settings[_HOST_PLATFORM]]}

# Of rules whose outputs are the same on all platforms, so that they are made once for all of them.
for_all_platforms = transition(
    implementation = _for_all_platforms_impl,
    inputs = [_HOST_PLATFORM],
    outputs = [_PLATFORMS] + OPTIMISED.keys(),
)

def short_platform(platform):
    """A platform's last name, as long as that says which one it is.

    Args:
      platform: label or its text.

    Returns:
      string.
    """
    return str(platform).rpartition(":")[2].rpartition("/")[2]
