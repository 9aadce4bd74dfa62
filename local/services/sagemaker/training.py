"""Training jobs: a scikit-learn script in script mode, its channels, its metrics, its model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.gateway.identity import Caller, Credential, issue_for_role, revoke
from local.services.sagemaker import script_mode
from local.services.sagemaker.errors import invalid, not_done_here, require_known
from local.services.sagemaker.images import require_scikit_learn
from local.services.sagemaker.jobs import Job, JobFailure, JobTable, one_line, require_name, without_none
from local.services.sagemaker.script_mode import Layout
from local.services.sagemaker.storage import Location, RoleStorage, StorageError, pack, read_location, unpack

TRAINING_JOBS: JobTable[TrainingJob] = JobTable("Training job")

_REQUEST = (
    "TrainingJobName",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "Tags",
    "Environment",
)
_CHANNEL_NAME = re.compile(r"[A-Za-z0-9.\-_]{1,64}")


class TrainingJob(Job):
    """One training job, from Starting to Completed, Failed or Stopped."""

    kind = "training-job"
    log_group = "/aws/sagemaker/TrainingJobs"

    def __init__(self, request: Mapping[str, Any], caller: Caller, region: str, home: Path) -> None:
        super().__init__(request["TrainingJobName"], caller, region, request["RoleArn"], home)
        self.request = dict(request)
        self.hyperparameters = script_mode.decode_hyperparameters(request.get("HyperParameters") or {})
        self.program, code = script_mode.require_script(self.hyperparameters)
        self.code = read_location(code, "sagemaker_submit_directory")
        self.channels = {
            channel["ChannelName"]: read_location(
                channel["DataSource"]["S3DataSource"]["S3Uri"], f"inputDataConfig.{channel['ChannelName']}"
            )
            for channel in request.get("InputDataConfig") or []
        }
        output = read_location(request["OutputDataConfig"]["S3OutputPath"], "outputDataConfig.s3OutputPath")
        self.output = output.child(self.name, "output")
        self.secondary_status = "Starting"
        self.training_started: datetime | None = None
        self._transitions: list[dict[str, Any]] = []
        self._metrics: list[dict[str, Any]] = []
        self._has_model = False
        self._out_of_time = False
        self.entered("Starting", "Launching requested ML instances")

    @property
    def model_artifacts(self) -> Location:
        """Where the model goes."""
        return self.output.child("model.tar.gz")

    def log_stream(self) -> str:
        """As SageMaker names it: job, host, start time in milliseconds."""
        return f"{self.name}/algo-1-{int(self.created.timestamp() * 1000)}"

    def entered(self, status: str, message: str) -> None:
        """Note a secondary status."""
        if self.secondary_status == "MaxRuntimeExceeded":
            return
        now = datetime.now(UTC)
        if self._transitions:
            self._transitions[-1]["EndTime"] = now
        transition = {"Status": status, "StartTime": now, "StatusMessage": message}
        if status in ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded"):
            transition["EndTime"] = now
        self._transitions.append(transition)
        self.secondary_status = status
        self.modified = now

    def work(self, folder: Path, storage: RoleStorage, credential: Credential) -> str:
        """Download, train, upload."""
        layout = Layout(folder)
        self.entered("Downloading", "Downloading input data")
        archive = folder / "sourcedir.tar.gz"
        storage.download(self.code, archive)
        unpack(archive, layout.code)
        if not (layout.code / self.program).is_file():
            raise JobFailure(
                f"AlgorithmError: ExecuteUserScriptError: {self.program} is not in {self.code.url}"
            )
        for channel, prefix in self.channels.items():
            storage.download_prefix(prefix, layout.input_data / channel)
        self._write_configuration(layout)
        script_mode.require_installed(layout.code)
        self.training_started = datetime.now(UTC)
        self.entered("Training", "Training image download completed. Training in progress.")
        self._train(layout, credential)
        self._collect_metrics()
        self.entered("Uploading", "Uploading generated training model")
        pack(layout.model, folder / "model.tar.gz")
        storage.upload(folder / "model.tar.gz", self.model_artifacts)
        self._has_model = True
        if any(layout.output_data.rglob("*")):
            pack(layout.output_data, folder / "output.tar.gz")
            storage.upload(folder / "output.tar.gz", self.output.child("output.tar.gz"))
        if self._out_of_time:
            self.entered("MaxRuntimeExceeded", "Training job runtime exceeded MaxRuntimeInSeconds provided")
            return "Stopped"
        if self._process.was_stopped:
            return "Stopped"
        self.entered("Completed", "Training job completed")
        return "Completed"

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeTrainingJob."""
        seconds = None
        if self.training_started is not None and self.ended is not None:
            seconds = max(1, round((self.ended - self.training_started).total_seconds()))
        return without_none(
            {
                **{name: self.request.get(name) for name in _REQUEST if name != "Tags"},
                "TrainingJobArn": self.arn,
                "ModelArtifacts": {"S3ModelArtifacts": self.model_artifacts.url} if self._has_model else None,
                "TrainingJobStatus": self.status,
                "SecondaryStatus": self.secondary_status,
                "FailureReason": self.failure_reason,
                "CreationTime": self.created,
                "TrainingStartTime": self.training_started,
                "TrainingEndTime": self.ended,
                "LastModifiedTime": self.modified,
                "SecondaryStatusTransitions": list(self._transitions),
                "FinalMetricDataList": list(self._metrics) or None,
                "EnableNetworkIsolation": False,
                "EnableInterContainerTrafficEncryption": False,
                "EnableManagedSpotTraining": False,
                "TrainingTimeInSeconds": seconds,
                "BillableTimeInSeconds": seconds,
            }
        )

    def _train(self, layout: Layout, credential: Credential) -> None:
        own = {n: v for n, v in self.hyperparameters.items() if not script_mode.is_framework_parameter(n)}
        environment = {
            **script_mode.base_environment(credential, self.region, layout.root),
            **script_mode.training_environment(
                layout, self.hyperparameters, list(self.channels), self.program, self.code.url
            ),
            "TRAINING_JOB_NAME": self.name,
            "TRAINING_JOB_ARN": self.arn,
            **(self.request.get("Environment") or {}),
        }
        arguments = script_mode.arguments_of(own)
        code, self._out_of_time = self._process.run(
            [self.program, *arguments],
            folder=layout.code,
            environment=environment,
            seconds=self.request["StoppingCondition"].get("MaxRuntimeInSeconds", 86400),
        )
        if code == 0 or self._out_of_time or self._process.was_stopped:
            return
        failure = layout.output / "failure"
        reported = (
            failure.read_text(errors="replace") if failure.exists() else one_line(self._process.last_errors)
        )
        command = " ".join(["python", self.program, *arguments])
        raise JobFailure(
            f'AlgorithmError: ExecuteUserScriptError:\nExitCode {code}\nErrorMessage "{reported}"\nCommand "{command}", '
            f"exit code: {code}"
        )

    def _write_configuration(self, layout: Layout) -> None:
        channels = {
            channel["ChannelName"]: {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
                **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
            }
            for channel in self.request.get("InputDataConfig") or []
        }
        hosts = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"}
        for name, content in (
            ("hyperparameters.json", self.request.get("HyperParameters") or {}),
            ("inputdataconfig.json", channels),
            ("resourceconfig.json", hosts),
        ):
            (layout.input_config / name).write_text(json.dumps(content), encoding="utf-8")

    def _collect_metrics(self) -> None:
        """The last value of every metric, as found in the log by its regular expression."""
        now = datetime.now(UTC)
        for definition in self.request["AlgorithmSpecification"].get("MetricDefinitions") or []:
            pattern = re.compile(definition["Regex"])
            found = [match for line in self.lines for match in pattern.finditer(line)]
            if not found:
                continue
            try:
                value = float(found[-1][1])
            except ValueError:
                self._write_line(f"metric {definition['Name']}: {found[-1][1]!r} is not a number")
                continue
            self._metrics.append({"MetricName": definition["Name"], "Value": value, "Timestamp": now})


def create_training_job(request: Mapping[str, Any], caller: Caller, region: str, home: Path) -> TrainingJob:
    """Check a CreateTrainingJob request as SageMaker does, and start the job."""
    require_known(request, _REQUEST, "CreateTrainingJob")
    require_name(request["TrainingJobName"], "trainingJobName")
    _require_algorithm(request["AlgorithmSpecification"], region)
    _require_resources(request["ResourceConfig"])
    require_known(request["StoppingCondition"], ["MaxRuntimeInSeconds"], "StoppingCondition")
    require_known(request["OutputDataConfig"], ["S3OutputPath", "CompressionType"], "OutputDataConfig")
    if request["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
        raise not_done_here("OutputDataConfig with CompressionType NONE")
    names = [channel["ChannelName"] for channel in request.get("InputDataConfig") or []]
    if len(set(names)) != len(names):
        raise invalid("Channel names must be unique within a training job")
    for channel in request.get("InputDataConfig") or []:
        _require_channel(channel)
    job = TrainingJob(request, caller, region, home)
    _require_data(job)
    TRAINING_JOBS.add(job)
    job.start()
    return job


def _require_algorithm(algorithm: Mapping[str, Any], region: str) -> None:
    known = ["TrainingImage", "TrainingInputMode", "MetricDefinitions", "EnableSageMakerMetricsTimeSeries"]
    require_known(algorithm, known, "AlgorithmSpecification")
    if not algorithm.get("TrainingImage"):
        raise invalid("AlgorithmSpecification needs a TrainingImage")
    require_scikit_learn(algorithm["TrainingImage"], region)
    if algorithm.get("TrainingInputMode") != "File":
        raise not_done_here(f"TrainingInputMode {algorithm.get('TrainingInputMode')}")
    for definition in algorithm.get("MetricDefinitions") or []:
        try:
            groups = re.compile(definition["Regex"]).groups
        except re.error as error:
            raise invalid(
                f"the regular expression of metric {definition['Name']} is broken: {error}"
            ) from error
        if groups < 1:
            raise invalid(f"the regular expression of metric {definition['Name']} has no group for the value")


def _require_resources(resources: Mapping[str, Any]) -> None:
    require_known(resources, ["InstanceType", "InstanceCount", "VolumeSizeInGB"], "ResourceConfig")
    if not str(resources.get("InstanceType", "")).startswith("ml."):
        raise invalid(
            f"Value '{resources.get('InstanceType')}' at 'resourceConfig.instanceType' is no instance type"
        )
    if resources.get("InstanceCount") != 1:
        raise not_done_here("training on more than one instance")
    if int(resources.get("VolumeSizeInGB") or 0) < 1:
        raise invalid("Value at 'resourceConfig.volumeSizeInGB' must be at least 1")


def _require_channel(channel: Mapping[str, Any]) -> None:
    known = ["ChannelName", "DataSource", "ContentType", "CompressionType", "RecordWrapperType", "InputMode"]
    require_known(channel, known, f"the channel {channel['ChannelName']}")
    if not _CHANNEL_NAME.fullmatch(channel["ChannelName"]) or channel["ChannelName"] in (".", ".."):
        raise invalid(f"Value '{channel['ChannelName']}' at 'channelName' is not [A-Za-z0-9.-_]+")
    for member, only in (("CompressionType", "None"), ("RecordWrapperType", "None"), ("InputMode", "File")):
        if channel.get(member, only) != only:
            raise not_done_here(f"a channel with {member} {channel[member]}")
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise not_done_here("a channel without S3DataSource")
    require_known(source, ["S3DataType", "S3Uri", "S3DataDistributionType"], "S3DataSource")
    if source.get("S3DataType") != "S3Prefix":
        raise not_done_here(f"S3DataType {source.get('S3DataType')}")
    if source.get("S3DataDistributionType", "FullyReplicated") != "FullyReplicated":
        raise not_done_here("sharded input")


def _require_data(job: TrainingJob) -> None:
    credential = issue_for_role(job.role_arn, "SageMaker")
    try:
        storage = RoleStorage(credential, job.region)
        for prefix in job.channels.values():
            try:
                found = bool(storage.keys(prefix))
            except StorageError:
                found = False
            if not found:
                raise invalid(
                    f'No S3 objects found under S3 URL "{prefix.url}" given in input data source. Please ensure that '
                    f"the bucket exists in the selected region ({job.region}), that objects exist under that S3 "
                    f'prefix, and that the role "{job.role_arn}" has "s3:ListBucket" permissions on bucket '
                    f'"{prefix.bucket}".'
                )
    finally:
        revoke(credential.access_key)
