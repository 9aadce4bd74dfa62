"""API operations of ours in place of moto's."""

from __future__ import annotations

import inspect


def serve(response_class: type, operations: type) -> None:
    """Make every public method of `operations` an operation of moto's response class.

    moto finds an operation by the method of its name in snake case, so new operations need no more than this where
    the service has one URL.
    """
    for name, function in vars(operations).items():
        if inspect.isfunction(function) and not name.startswith("_"):
            setattr(response_class, name, function)
