"""A plan carried out in one account, request by request: what fails is noted and stops nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from interline.access.lakeformation.api_requests import BatchEntry, BatchRequest, Request, requests_for
from interline.access.plan import Plan
from interline.aws.retry import ATTEMPTS, TRANSIENT_ERRORS, RetryingSession


@dataclass(frozen=True)
class Failure:
    """Something that could not be done, and what AWS said."""

    what: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.what}: {self.code}: {self.message}".rstrip(": ")


@dataclass
class ApplyResult:
    """What came of a plan in one account."""

    done: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unconfirmed: list[Failure] = field(default_factory=list)
    """What AWS says is so already: by an attempt whose answer was lost, or by somebody else and perhaps in another way. Only
    another look at the account tells."""


def apply(
    session: RetryingSession, plan: Plan, account: str, log: Callable[[str], None] = lambda _line: None
) -> ApplyResult:
    """Carry out the part of a plan that belongs to one account.

    Every request that fails for good is noted and the others are still made: what a role loses is taken from it even
    when another role's grant cannot be made. Requests are such that all can be repeated, so a plan that was
    interrupted anywhere is finished by planning and applying again.

    Args:
        session: in the account.
        plan: of this or of all accounts.
        account: whose part is carried out.
        log: called with a line for every change as it is made.
    """
    result = ApplyResult()
    for request in requests_for(plan, account):
        if isinstance(request, BatchRequest):
            done = _send_batch(session, request, result)
        else:
            done = _send(session, request, result)
        for description in done:
            result.done.append(description)
            log(description)
    return result


def _send(session: RetryingSession, request: Request, result: ApplyResult) -> Iterator[str]:
    try:
        answer = session.write(request.service, request.operation, **request.arguments)
    except ClientError as error:
        failure = _failure_of(request.description, error)
        if failure.code in request.already_done:
            result.unconfirmed.append(failure)
            yield request.description
            return
        result.failures.append(failure)
    except BotoCoreError as error:
        result.failures.append(_failure_of(request.description, error))
    else:
        failures = answer.get("Failures") or ()
        for each in failures:
            result.failures.append(_failure_in_answer(request.description, each["Error"]))
        if not failures:
            yield request.description


def _send_batch(session: RetryingSession, batch: BatchRequest, result: ApplyResult) -> Iterator[str]:
    """Send a batch; send those entries again, after a pause, that failed with a transient error."""
    verb = "granted" if batch.operation == "batch_grant_permissions" else "revoked"
    open_entries = {str(number): entry for number, entry in enumerate(batch.entries)}
    for attempt in range(1, ATTEMPTS + 1):
        entries = [entry.parameters(identifier) for identifier, entry in open_entries.items()]
        try:
            answer = session.write("lakeformation", batch.operation, CatalogId=batch.account, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            result.failures += [_failure_of(entry.description, error) for entry in open_entries.values()]
            return
        failed = {failure["RequestEntry"]["Id"]: failure["Error"] for failure in answer.get("Failures") or ()}
        for identifier in [identifier for identifier in open_entries if identifier not in failed]:
            yield f"{verb} {open_entries.pop(identifier).description}"
        for identifier, reason in failed.items():
            if reason.get("ErrorCode") not in TRANSIENT_ERRORS or attempt == ATTEMPTS:
                entry: BatchEntry = open_entries.pop(identifier)
                result.failures.append(_failure_in_answer(entry.description, reason))
        if not open_entries:
            return
        codes = ", ".join(sorted({failed[identifier]["ErrorCode"] for identifier in open_entries}))
        session.back_off(
            attempt, f"{batch.operation}: {len(open_entries)} of {len(entries)} entries: {codes}"
        )


def _failure_of(description: str, error: ClientError | BotoCoreError) -> Failure:
    if isinstance(error, ClientError):
        details = error.response["Error"]
        return Failure(description, details["Code"], details.get("Message", ""))
    return Failure(description, type(error).__name__, str(error))


def _failure_in_answer(description: str, error: dict[str, str]) -> Failure:
    return Failure(description, error.get("ErrorCode", "unknown"), error.get("ErrorMessage", ""))
