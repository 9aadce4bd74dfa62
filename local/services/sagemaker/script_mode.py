"""Script mode: the folders, environment variables and arguments a framework container gives a training script.

Source: the SageMaker Training Toolkit's documentation of its environment variables, and "Use Your Own Training
Algorithms" (how SageMaker provides input, `/opt/ml` layout) in the SageMaker developer guide. The folders lie in a
temporary folder, so scripts must use the `SM_*` variables rather than `/opt/ml`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from local.gateway import endpoint
from local.gateway.identity import Credential
from local.services.sagemaker.errors import invalid
from local.services.sagemaker.jobs import JobFailure

_HOST = "algo-1"


class Layout:
    """The `/opt/ml` of one job."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.code = root / "code"
        self.model = root / "model"
        self.input = root / "input"
        self.input_data = root / "input" / "data"
        self.input_config = root / "input" / "config"
        self.output = root / "output"
        self.output_data = root / "output" / "data"
        for folder in (self.code, self.model, self.input_data, self.input_config, self.output_data):
            folder.mkdir(parents=True, exist_ok=True)


def decode_hyperparameters(raw: Mapping[str, str]) -> dict[str, Any]:
    """Values as the training toolkit reads them: JSON where they are JSON, else the text itself."""
    return {name: _decoded(value) for name, value in raw.items()}


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def is_framework_parameter(name: str) -> bool:
    """Whether a hyperparameter is meant for the container rather than the script."""
    return name.startswith("sagemaker_")


def require_script(hyperparameters: Mapping[str, Any]) -> tuple[str, str]:
    """The entry point and the code's S3 URI. Raises a ValidationException when this is no script-mode job."""
    program = hyperparameters.get("sagemaker_program")
    code = hyperparameters.get("sagemaker_submit_directory")
    if not isinstance(program, str) or not isinstance(code, str):
        raise invalid(
            "the local AWS runs script mode only: the hyperparameters need sagemaker_program (a .py file) and "
            "sagemaker_submit_directory (s3://…/sourcedir.tar.gz), each JSON-encoded"
        )
    if not program.endswith(".py") or program.startswith("/") or ".." in Path(program).parts:
        raise invalid(f"sagemaker_program must be a .py file of the submitted folder: {program}")
    return program, code


def arguments_of(hyperparameters: Mapping[str, Any]) -> list[str]:
    """The script's command line: `--name value` for every hyperparameter of its own, names sorted."""
    arguments: list[str] = []
    for name in sorted(hyperparameters):
        value = hyperparameters[name]
        if isinstance(value, Mapping):
            value = ",".join(f"{key}={value[key]}" for key in sorted(value))
        arguments += [f"--{name}" if len(name) > 1 else f"-{name}", str(value)]
    return arguments


def base_environment(credential: Credential, region: str, home: Path) -> dict[str, str]:
    """What any container process has: nothing of this machine's environment but what Python needs to run.

    The only AWS credentials in it are those of the job's role.
    """
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint.endpoint(),
        **credential.environment(),
    }


def training_environment(
    layout: Layout, hyperparameters: Mapping[str, Any], channels: Sequence[str], program: str, code: str
) -> dict[str, str]:
    """The training toolkit's `SM_*` variables."""
    own = {name: value for name, value in hyperparameters.items() if not is_framework_parameter(name)}
    framework = {name: value for name, value in hyperparameters.items() if is_framework_parameter(name)}
    resources = {"current_host": _HOST, "hosts": [_HOST], "network_interface_name": "eth0"}
    cpus = os.cpu_count() or 1
    return {
        "SM_MODEL_DIR": str(layout.model),
        "SM_INPUT_DIR": str(layout.input),
        "SM_INPUT_CONFIG_DIR": str(layout.input_config),
        "SM_OUTPUT_DIR": str(layout.output),
        "SM_OUTPUT_DATA_DIR": str(layout.output_data),
        "SM_CHANNELS": json.dumps(sorted(channels)),
        **{f"SM_CHANNEL_{channel.upper()}": str(layout.input_data / channel) for channel in channels},
        "SM_HPS": json.dumps(own),
        **{f"SM_HP_{name.upper().replace('-', '_')}": str(value) for name, value in own.items()},
        "SM_USER_ARGS": json.dumps(arguments_of(own)),
        "SM_FRAMEWORK_PARAMS": json.dumps(framework),
        "SM_RESOURCE_CONFIG": json.dumps(resources),
        "SM_CURRENT_HOST": _HOST,
        "SM_HOSTS": json.dumps([_HOST]),
        "SM_NUM_CPUS": str(cpus),
        "SM_NUM_GPUS": "0",
        "SM_LOG_LEVEL": str(framework.get("sagemaker_container_log_level", 20)),
        "SM_USER_ENTRY_POINT": program,
        "SM_MODULE_NAME": Path(program).stem,
        "SM_MODULE_DIR": code,
    }


def require_installed(code: Path) -> None:
    """A `requirements.txt` beside the script is what the container installs; here it must be there already.

    Raises JobFailure for what is missing or has another version, since the local AWS installs nothing.
    """
    file = code / "requirements.txt"
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            requirement = Requirement(text)
            installed = metadata.version(requirement.name)
        except (InvalidRequirement, metadata.PackageNotFoundError) as error:
            raise JobFailure(
                f"AlgorithmError: InstallRequirementsError: the local AWS installs nothing, and {text!r} of "
                f"requirements.txt is not in its environment"
            ) from error
        if not requirement.specifier.contains(installed, prereleases=True):
            raise JobFailure(
                f"AlgorithmError: InstallRequirementsError: the local AWS installs nothing, and has "
                f"{requirement.name} {installed}, not {requirement.specifier}"
            )
