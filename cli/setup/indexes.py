"""Where packages come from: what the person has configured for pip also holds for uv.

uv does not read pip's configuration, so that a company's mirror set in `pip.conf` would be
ignored. pip itself says what it is configured to do (`pip config list`); the answer goes to uv
through its environment and is written nowhere.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_UV_VARIABLE_OF_PIP_SETTING = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}
_COMMA_SEPARATED = {"UV_FIND_LINKS"}
# pip lets the environment win over a command's section, and that over the global section.
_SECTIONS_BY_STRENGTH = ("global.", "install.", ":env:.")


def pip_settings(listing: str) -> dict[str, list[str]]:
    """Read what `pip config list` prints: setting → its values, the strongest section's only."""
    found: dict[str, list[str]] = {}
    for section in _SECTIONS_BY_STRENGTH:
        for line in listing.splitlines():
            name, equals, value = line.partition("=")
            if not equals or not name.startswith(section):
                continue
            try:
                text = ast.literal_eval(value)
            except (ValueError, SyntaxError):
                text = value
            found[name.removeprefix(section)] = str(text).split()
    return found


def uv_environment(settings: Mapping[str, list[str]], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that give uv the same settings; what the person set for uv itself stays."""
    variables: dict[str, str] = {}
    for setting, variable in _UV_VARIABLE_OF_PIP_SETTING.items():
        values = settings.get(setting)
        if values and variable not in environment:
            variables[variable] = ("," if variable in _COMMA_SEPARATED else " ").join(values)
    if "UV_EXTRA_INDEX_URL" in variables and "UV_INDEX_STRATEGY" not in environment:
        # pip takes the best version of any index; uv by default stops at the first that knows the name.
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return variables


def ask_pip(python: str) -> dict[str, list[str]]:
    """The pip settings as `python -m pip` reports them; none where neither this Python nor its base has a pip.

    An environment that uv makes has none, and the commands run in one.
    """
    for candidate in (python, str(Path(sys.base_prefix) / "bin" / "python3")):
        try:
            answer = subprocess.run(
                [candidate, "-m", "pip", "config", "list"],
                capture_output=True,
                text=True,
                check=False,
                env=dict(os.environ),
            )
        except OSError:
            continue
        if answer.returncode == 0:
            return pip_settings(answer.stdout)
    return {}
