"""``v2m config``: the settings in effect."""

from v2m.commands.shared import print_json, say, start_logging
from v2m.options import AsJson, Verbose


def config(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Print the effective settings and where each value came from."""
    start_logging(verbose)
    from v2m.settings import load_settings

    effective = load_settings({})
    values = effective.settings.to_json()
    if as_json:
        print_json({k: {"value": v, "from": effective.origins[k]} for k, v in values.items()})
        return
    for key, value in values.items():
        say(f"{key:24} {value!s:32} {effective.origins[key]}")
