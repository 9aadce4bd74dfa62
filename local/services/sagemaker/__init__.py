"""SageMaker that runs what it is given: training, models, batch transform and the model registry.

Scripts run in script mode as processes of this machine's Python, with the credentials of the job's role and no
others. See docs/local-aws.md for what is refused and what differs.
"""

from __future__ import annotations

from pathlib import Path


def install(home: Path) -> None:
    """Put this engine under moto; jobs keep their files in `home`."""
    from local.services.sagemaker import operations

    operations.install(home)


def close() -> None:
    """End every script that runs."""
    from local.services.sagemaker.process import kill_all

    kill_all()
