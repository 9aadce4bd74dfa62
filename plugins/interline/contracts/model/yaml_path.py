"""Where in a YAML document something stands: keys and positions from the top."""

from __future__ import annotations

from typing import TypeAlias

Step: TypeAlias = str | int
YamlPath: TypeAlias = tuple[Step, ...]
