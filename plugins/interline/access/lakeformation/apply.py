"""A plan made so in one account: request by request, what fails told, nothing else stopped by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from interline.access.lakeformation.api_requests import Batch, Entry, Write, writes
from interline.access.plan import Plan
from interline.aws.retry import ATTEMPTS, PASSING, Calls


@dataclass(frozen=True)
class Failure:
    """Something that could not be done, and what AWS said."""

    what: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.what}: {self.code}: {self.message}".rstrip(": ")


@dataclass
class Applied:
    """What came of a plan in one account."""

    done: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    doubts: list[Failure] = field(default_factory=list)
    """What AWS says is so already: by an attempt whose answer was lost, or by somebody else and perhaps in another way. Only
    another look tells."""


def apply(calls: Calls, plan: Plan, account: str, say: Callable[[str], None] = lambda _line: None) -> Applied:
    """Make the part of a plan that belongs to one account.

    Every request that fails for good is noted and the others are still made: what a role loses is taken from it even
    when another role's grant cannot be made. Requests are such that all can be repeated, so a plan that was
    interrupted anywhere is finished by planning and applying again.

    Args:
        calls: of the account.
        plan: of this or of all accounts.
        account: whose part is made.
        say: told every change as it is made.
    """
    applied = Applied()
    for write in writes(plan, account):
        done = _batch(calls, write, applied) if isinstance(write, Batch) else _one(calls, write, applied)
        for told in done:
            applied.done.append(told)
            say(told)
    return applied


def _one(calls: Calls, write: Write, applied: Applied) -> Iterator[str]:
    try:
        answer = calls.write(write.service, write.operation, **write.arguments)
    except ClientError as error:
        said = error.response["Error"]
        failure = Failure(write.told, said["Code"], said.get("Message", ""))
        if said["Code"] in write.done_if:
            applied.doubts.append(failure)
            yield write.told
            return
        applied.failures.append(failure)
    except BotoCoreError as error:
        applied.failures.append(Failure(write.told, type(error).__name__, str(error)))
    else:
        failures = answer.get("Failures") or ()
        for failure in failures:
            applied.failures.append(_failure(write.told, failure["Error"]))
        if not failures:
            yield write.told


def _batch(calls: Calls, batch: Batch, applied: Applied) -> Iterator[str]:
    """Send a batch; send again, after a pause, those entries that failed for what passes."""
    verb = "granted" if batch.operation == "batch_grant_permissions" else "revoked"
    waiting = {str(number): entry for number, entry in enumerate(batch.entries)}
    for attempt in range(1, ATTEMPTS + 1):
        entries = [entry.described(identifier) for identifier, entry in waiting.items()]
        try:
            answer = calls.write("lakeformation", batch.operation, CatalogId=batch.account, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            applied.failures += [_refused(entry, error) for entry in waiting.values()]
            return
        failed = {failure["RequestEntry"]["Id"]: failure["Error"] for failure in answer.get("Failures") or ()}
        for identifier in [identifier for identifier in waiting if identifier not in failed]:
            yield f"{verb} {waiting.pop(identifier).told}"
        for identifier, said in failed.items():
            if said.get("ErrorCode") not in PASSING or attempt == ATTEMPTS:
                applied.failures.append(_failure(waiting.pop(identifier).told, said))
        if not waiting:
            return
        codes = ", ".join(sorted({failed[identifier]["ErrorCode"] for identifier in waiting}))
        calls.wait(attempt, f"{batch.operation}: {len(waiting)} of {len(entries)} entries: {codes}")


def _refused(entry: Entry, error: ClientError | BotoCoreError) -> Failure:
    if isinstance(error, ClientError):
        said = error.response["Error"]
        return Failure(entry.told, said["Code"], said.get("Message", ""))
    return Failure(entry.told, type(error).__name__, str(error))


def _failure(told: str, error: dict[str, str]) -> Failure:
    return Failure(told, error.get("ErrorCode", "unknown"), error.get("ErrorMessage", ""))
