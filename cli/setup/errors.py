"""The one error of setting up."""


class SetupError(Exception):
    """Setting up is not possible; `str()` says what happened, where, and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}\n{hint}" if hint else message)
