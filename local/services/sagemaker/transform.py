"""Batch transform: a model's script answers the lines of the input files, in order."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.gateway.identity import Caller, Credential
from local.services.sagemaker import script_mode
from local.services.sagemaker.errors import invalid, not_done_here, require_known
from local.services.sagemaker.jobs import Job, JobFailure, JobTable, one_line, require_name, without_none
from local.services.sagemaker.models import Model, find_model
from local.services.sagemaker.storage import Location, RoleStorage, read_location, relative_to, unpack

TRANSFORM_JOBS: JobTable[TransformJob] = JobTable("Transform job")

LONGEST_SECONDS = 5 * 24 * 3600
DEFAULT_PAYLOAD_MEGABYTES = 6
DEFAULT_TIMEOUT_SECONDS = 600
_MODEL_CODE = "/opt/ml/model/code"
_INFERENCE = Path(__file__).with_name("inference.py")
_REQUEST = (
    "TransformJobName",
    "ModelName",
    "MaxConcurrentTransforms",
    "ModelClientConfig",
    "MaxPayloadInMB",
    "BatchStrategy",
    "Environment",
    "TransformInput",
    "TransformOutput",
    "TransformResources",
    "DataProcessing",
    "Tags",
)


class TransformJob(Job):
    """One batch transform job."""

    kind = "transform-job"
    log_group = "/aws/sagemaker/TransformJobs"

    def __init__(
        self, request: Mapping[str, Any], model: Model, caller: Caller, region: str, home: Path
    ) -> None:
        super().__init__(request["TransformJobName"], caller, region, model.role_arn, home)
        self.request = dict(request)
        self.model = model
        source = request["TransformInput"]["DataSource"]["S3DataSource"]
        self.input = read_location(source["S3Uri"], "transformInput.s3Uri")
        self.output = read_location(
            request["TransformOutput"]["S3OutputPath"], "transformOutput.s3OutputPath"
        )
        self.started: datetime | None = None
        self._stream = f"{self.name}/i-{secrets.token_hex(8)}"

    def log_stream(self) -> str:
        """As SageMaker names it: job, instance."""
        return self._stream

    def work(self, folder: Path, storage: RoleStorage, credential: Credential) -> str:
        """Fetch model, code and input, run them, upload every `<input>.out`, or none."""
        storage.download(self.model.artifact, folder / "model.tar.gz")
        unpack(folder / "model.tar.gz", folder / "model")
        program = self._program(folder, storage)
        script_mode.require_installed(program.parent)
        keys = storage.keys(self.input)
        if not keys:
            raise JobFailure(f"ClientError: No S3 objects found under {self.input.url}")
        files = []
        for key in keys:
            name = relative_to(self.input, key)
            storage.download(Location(self.input.bucket, key), folder / "input" / name)
            if not (folder / "input" / name).stat().st_size:
                raise JobFailure(f"ClientError: the input file s3://{self.input.bucket}/{key} is empty")
            files.append(name)
        self.started = datetime.now(UTC)
        self._infer(folder, program, files, credential)
        for name in files:
            storage.upload(folder / "output" / f"{name}.out", self.output.child(f"{name}.out"))
        return "Completed"

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeTransformJob."""
        return without_none(
            {
                **{name: self.request.get(name) for name in _REQUEST if name != "Tags"},
                "TransformJobArn": self.arn,
                "TransformJobStatus": self.status,
                "FailureReason": self.failure_reason,
                "CreationTime": self.created,
                "TransformStartTime": self.started,
                "TransformEndTime": self.ended,
            }
        )

    def _environment(self) -> dict[str, str]:
        return {**self.model.environment, **(self.request.get("Environment") or {})}

    def _program(self, folder: Path, storage: RoleStorage) -> Path:
        """The user's module: named by SAGEMAKER_PROGRAM, in SAGEMAKER_SUBMIT_DIRECTORY (S3 or inside the model)."""
        environment = self._environment()
        name = environment.get("SAGEMAKER_PROGRAM", "inference.py")
        code = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", _MODEL_CODE)
        if code.startswith("s3://"):
            archive = folder / "sourcedir.tar.gz"
            storage.download(read_location(code, "SAGEMAKER_SUBMIT_DIRECTORY"), archive)
            unpack(archive, folder / "code")
            root = folder / "code"
        elif code.rstrip("/") == _MODEL_CODE:
            root = folder / "model" / "code"
        else:
            raise JobFailure(
                f"ClientError: SAGEMAKER_SUBMIT_DIRECTORY is an S3 URI or {_MODEL_CODE}, not {code}"
            )
        program = (root / name).resolve()
        if not program.is_relative_to(root.resolve()) or not program.is_file():
            raise JobFailure(f"AlgorithmError: SAGEMAKER_PROGRAM {name} is not in {code}")
        return program

    def _infer(self, folder: Path, program: Path, files: list[str], credential: Credential) -> None:
        given, described = self.request["TransformInput"], self.request["TransformOutput"]
        client = self.request.get("ModelClientConfig") or {}
        plan = {
            "program": str(program),
            "model": str(folder / "model"),
            "files": [
                {"name": n, "input": str(folder / "input" / n), "output": str(folder / "output" / f"{n}.out")}
                for n in files
            ],
            "content_type": given.get("ContentType") or "text/csv",
            "accept": described.get("Accept") or "application/json",
            "split": given.get("SplitType") or "None",
            "assemble": described.get("AssembleWith") or "None",
            "strategy": self.request.get("BatchStrategy") or "MultiRecord",
            "max_payload_megabytes": self.request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MEGABYTES),
            "timeout_seconds": client.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT_SECONDS),
        }
        (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        environment = {
            **script_mode.base_environment(credential, self.region, folder),
            "SM_MODEL_DIR": str(folder / "model"),
            **self._environment(),
        }
        code, _ = self._process.run(
            [str(_INFERENCE), str(folder / "plan.json")],
            folder=program.parent,
            environment=environment,
            seconds=LONGEST_SECONDS,
        )
        if code and not self._process.was_stopped:
            raise JobFailure(f"AlgorithmError: ExitCode {code}\n{one_line(self._process.last_errors)}")
        if self._process.was_stopped:
            raise JobFailure("the transform job was stopped")


def create_transform_job(request: Mapping[str, Any], caller: Caller, region: str, home: Path) -> TransformJob:
    """Check a CreateTransformJob request as SageMaker does, and start the job."""
    require_known(request, _REQUEST, "CreateTransformJob")
    require_name(request["TransformJobName"], "transformJobName")
    _require_input(request["TransformInput"])
    _require_output(request["TransformOutput"])
    resources = request["TransformResources"]
    require_known(resources, ["InstanceType", "InstanceCount"], "TransformResources")
    if (
        not str(resources.get("InstanceType", "")).startswith("ml.")
        or int(resources.get("InstanceCount") or 0) < 1
    ):
        raise invalid("TransformResources needs an InstanceType (ml.…) and an InstanceCount of at least 1")
    split = request["TransformInput"].get("SplitType") or "None"
    assemble = request["TransformOutput"].get("AssembleWith") or "None"
    if request.get("BatchStrategy") == "SingleRecord" and split == "None":
        raise invalid("BatchStrategy SingleRecord needs a SplitType")
    if assemble == "Line" and split == "None":
        raise invalid("AssembleWith Line needs a SplitType of Line")
    processing = request.get("DataProcessing") or {}
    for member, nothing in (("InputFilter", "$"), ("OutputFilter", "$"), ("JoinSource", "None")):
        if processing.get(member, nothing) != nothing:
            raise not_done_here(f"DataProcessing with {member} {processing[member]}")
    model = find_model(caller.account, region, request["ModelName"])
    job = TransformJob(request, model, caller, region, home)
    TRANSFORM_JOBS.add(job)
    job.start()
    return job


def _require_input(given: Mapping[str, Any]) -> None:
    require_known(given, ["DataSource", "ContentType", "CompressionType", "SplitType"], "TransformInput")
    if (given.get("SplitType") or "None") not in ("None", "Line"):
        raise not_done_here(f"SplitType {given['SplitType']}")
    if (given.get("CompressionType") or "None") != "None":
        raise not_done_here(f"TransformInput with CompressionType {given['CompressionType']}")
    source = given["DataSource"]["S3DataSource"]
    if source.get("S3DataType") != "S3Prefix":
        raise not_done_here(f"S3DataType {source.get('S3DataType')}")


def _require_output(described: Mapping[str, Any]) -> None:
    require_known(described, ["S3OutputPath", "Accept", "AssembleWith"], "TransformOutput")
    if (described.get("AssembleWith") or "None") not in ("None", "Line"):
        raise invalid(f"Value '{described['AssembleWith']}' at 'assembleWith' must be None or Line")
