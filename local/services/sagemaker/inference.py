"""Runs in a process of its own: the serving side of the scikit-learn container for one batch transform.

    inference.py PLAN.json

Loads the user's module once, its model once, then answers every mini-batch of every input file through `model_fn`,
`input_fn`, `predict_fn` and `output_fn`, or the container's defaults for those the module leaves out.
Source: "SageMaker Scikit-learn Model Server" in the SageMaker Python SDK's documentation (the four functions, their
defaults), and CreateTransformJob in the API reference (SplitType, BatchStrategy, AssembleWith, MaxPayloadInMB).
"""

import importlib.util
import io
import json
import signal
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MEGABYTE = 1024 * 1024


class BadInput(Exception):
    """The input can't be sent to the model as the job asks."""


class NoModel(Exception):
    """The script does not say how its model is loaded."""


def main() -> None:
    """Answer the plan."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    module = load(Path(plan["program"]))
    functions = functions_of(module)
    model = functions["model_fn"](plan["model"])
    for file in plan["files"]:
        answered = [
            invoke(functions, model, payload, plan)
            for payload in payloads(Path(file["input"]).read_bytes(), plan)
        ]
        target = Path(file["output"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(assemble(answered, plan["assemble"]))
        sys.stdout.write(f"{file['name']}: {len(answered)} invocations\n")


def load(program: Path) -> types.ModuleType:
    """Import the user's module."""
    sys.path.insert(0, str(program.parent))
    specification = importlib.util.spec_from_file_location(program.stem, program)
    if specification is None or specification.loader is None:
        raise BadInput(f"{program} can't be imported")
    module = importlib.util.module_from_spec(specification)
    sys.modules[program.stem] = module
    specification.loader.exec_module(module)
    return module


def functions_of(module: types.ModuleType) -> dict[str, Callable[..., Any]]:
    """The module's functions, the container's defaults in place of the missing ones."""
    defaults: dict[str, Callable[..., Any]] = {
        "model_fn": no_model,
        "input_fn": decode,
        "predict_fn": lambda data, model: model.predict(data),
        "output_fn": encode,
    }
    return {name: getattr(module, name, default) for name, default in defaults.items()}


def no_model(_: str) -> None:
    """There is no default way to load a model."""
    raise NoModel("the script needs a model_fn(model_dir) that loads the model")


def decode(body: Any, content_type: str) -> Any:
    """The default input_fn: CSV and JSON as arrays of float32, NPY as it is."""
    import numpy as np

    if content_type == "text/csv":
        text = body if isinstance(body, str) else body.decode("utf-8")
        return np.genfromtxt(io.StringIO(text), delimiter=",", dtype=np.float32)
    if content_type == "application/json":
        return np.array(json.loads(body), dtype=np.float32)
    if content_type == "application/x-npy":
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise BadInput(f"the default input_fn does not read {content_type}")


def encode(prediction: Any, accept: str) -> Any:
    """The default output_fn."""
    import numpy as np

    if accept == "text/csv":
        sink = io.StringIO()
        np.savetxt(sink, prediction, delimiter=",", fmt="%s")
        return sink.getvalue()
    if accept == "application/json":
        return json.dumps(np.asarray(prediction).tolist())
    if accept == "application/x-npy":
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(prediction), allow_pickle=False)
        return buffer.getvalue()
    raise BadInput(f"the default output_fn does not write {accept}")


def payloads(content: bytes, plan: dict[str, Any]) -> Iterator[bytes]:
    """The bodies of the requests a file is sent as."""
    limit = plan["max_payload_megabytes"] * MEGABYTE
    if plan["split"] == "None":
        if limit and len(content) > limit:
            raise BadInput(
                f"a file of {len(content)} bytes is larger than MaxPayloadInMB and SplitType is None"
            )
        yield content
        return
    batch: list[bytes] = []
    size = 0
    for line in content.removesuffix(b"\n").split(b"\n"):
        if limit and len(line) + 1 > limit:
            raise BadInput("a record is larger than MaxPayloadInMB")
        if batch and (plan["strategy"] == "SingleRecord" or (limit and size + len(line) + 1 > limit)):
            yield b"\n".join(batch)
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    yield b"\n".join(batch)


def invoke(
    functions: dict[str, Callable[..., Any]], model: Any, payload: bytes, plan: dict[str, Any]
) -> bytes:
    """One request: what `/invocations` of the container does with it."""
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(plan["timeout_seconds"])
    try:
        content_type = plan["content_type"]
        is_text = content_type.startswith("text/") or content_type == "application/json"
        body = payload.decode("utf-8") if is_text else payload
        answer = functions["output_fn"](
            functions["predict_fn"](functions["input_fn"](body, content_type), model), plan["accept"]
        )
    finally:
        signal.alarm(0)
    if isinstance(answer, tuple):
        answer = answer[0]
    return answer.encode("utf-8") if isinstance(answer, str) else bytes(answer)


def out_of_time(*_: object) -> None:
    """An invocation took longer than the job allows."""
    raise TimeoutError("an invocation took longer than InvocationsTimeoutInSeconds")


def assemble(answers: list[bytes], how: str) -> bytes:
    """One file of the answers: a line end after each with AssembleWith Line, else one after the other."""
    if how == "Line":
        return b"".join(answer.removesuffix(b"\n") + b"\n" for answer in answers)
    return b"".join(answers)


if __name__ == "__main__":
    main()
