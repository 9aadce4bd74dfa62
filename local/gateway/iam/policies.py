"""IAM policy documents: read strictly, evaluated for real.

Source: "Policy evaluation logic" and "IAM JSON policy elements reference" in the IAM user guide. What can't be
evaluated here (policy variables, set operators, unknown condition keys) is refused when the document is read, so
that no statement is ever silently skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from local.gateway import registry
from local.gateway.errors import DOCUMENTATION, AwsError

_GLOBAL_CONDITION_KEYS = frozenset(
    {"aws:principalaccount", "aws:principalarn", "aws:requestedregion", "aws:sourceaccount"}
)
_STATEMENT_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_ACCOUNT = re.compile(r"\d{12}")
_ACCOUNT_ROOT = re.compile(r"arn:aws:iam::(\d{12}):root")


class MalformedPolicy(AwsError):
    """A policy document that AWS, or the local AWS, can't take; `code` is what IAM answers."""

    def __init__(self, message: str) -> None:
        super().__init__("MalformedPolicyDocument", message)


class Effect(Enum):
    """What policies say about a request; a denial outweighs every allowance."""

    DENY = "explicit deny"
    ALLOW = "allow"
    NOTHING = "nothing"


class PrincipalMatch(Enum):
    """How a statement names a caller: not at all, through its account, or itself."""

    NONE = 0
    ACCOUNT = 1
    ITSELF = 2


@dataclass(frozen=True)
class Principal:
    """A principal as policies see it: a role session, a user, a root (`arns` are all its names) or a service."""

    account: str
    arns: tuple[str, ...]
    service: str | None = None


@dataclass(frozen=True)
class Condition:
    """One test of a Condition element: `operator(key)` against any of `values`."""

    operator: str
    if_exists: bool
    key: str
    values: tuple[str, ...]

    def holds(self, context: Mapping[str, str]) -> bool:
        """Whether the request's context satisfies it."""
        actual = context.get(self.key)
        if self.operator == "Null":
            return (actual is None) == (self.values[0].lower() == "true")
        negated = "Not" in self.operator
        if actual is None:
            return negated or self.if_exists
        test = _TESTS[self.operator.replace("Not", "")]
        return any(test(actual, value) for value in self.values) != negated


@dataclass(frozen=True)
class Statement:
    """One statement, its patterns compiled."""

    effect: Effect
    actions: re.Pattern[str]
    actions_negated: bool
    resources: re.Pattern[str] | None
    resources_negated: bool
    principals: frozenset[tuple[str, str]] | None
    principals_negated: bool
    conditions: tuple[Condition, ...]

    def covers(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        """Whether it speaks of this action on this resource under these circumstances."""
        if bool(self.actions.fullmatch(action.lower())) == self.actions_negated:
            return False
        if self.resources is not None and bool(self.resources.fullmatch(resource)) == self.resources_negated:
            return False
        return all(condition.holds(context) for condition in self.conditions)

    def names(self, principal: Principal) -> PrincipalMatch:
        """How the Principal element names the caller (NotPrincipal: the other way round)."""
        match = self._names(principal)
        if self.principals_negated:
            return PrincipalMatch.NONE if match is not PrincipalMatch.NONE else PrincipalMatch.ITSELF
        return match

    def _names(self, principal: Principal) -> PrincipalMatch:
        named = self.principals or frozenset()
        if principal.service is not None:
            return PrincipalMatch.ITSELF if ("Service", principal.service) in named else PrincipalMatch.NONE
        if ("AWS", "*") in named or any(("AWS", arn) in named for arn in principal.arns):
            return PrincipalMatch.ITSELF
        return PrincipalMatch.ACCOUNT if ("AWS", principal.account) in named else PrincipalMatch.NONE


@dataclass(frozen=True)
class Policy:
    """A policy document."""

    statements: tuple[Statement, ...]

    @property
    def is_public(self) -> bool:
        """Whether it allows something to everybody, unconditionally."""
        return any(
            s.effect is Effect.ALLOW
            and not s.conditions
            and (s.principals_negated or ("AWS", "*") in (s.principals or ()))
            for s in self.statements
        )

    def effect(self, action: str, resource: str, context: Mapping[str, str]) -> Effect:
        """What an identity policy says."""
        effects = {s.effect for s in self.statements if s.covers(action, resource, context)}
        return _strongest(effects)

    def effect_for(
        self, principal: Principal, action: str, resource: str, context: Mapping[str, str]
    ) -> tuple[Effect, PrincipalMatch]:
        """What a resource policy says of this principal, and how directly it names it."""
        effects: set[Effect] = set()
        closest = PrincipalMatch.NONE
        for statement in self.statements:
            match = statement.names(principal)
            if match is PrincipalMatch.NONE or not statement.covers(action, resource, context):
                continue
            effects.add(statement.effect)
            if statement.effect is Effect.ALLOW and match.value > closest.value:
                closest = match
        return _strongest(effects), closest


def combined(policies: Iterable[Policy], action: str, resource: str, context: Mapping[str, str]) -> Effect:
    """What several identity policies say together."""
    return _strongest({policy.effect(action, resource, context) for policy in policies})


@lru_cache(maxsize=512)
def identity_policy(text: str) -> Policy:
    """Read a policy attached to a role, a user or a session. Raises MalformedPolicy."""
    return _read(text, principal_required=False, resource_required=True)


@lru_cache(maxsize=512)
def trust_policy(text: str) -> Policy:
    """Read a role's trust policy. Raises MalformedPolicy."""
    return _read(text, principal_required=True, resource_required=False)


@lru_cache(maxsize=512)
def resource_policy(text: str) -> Policy:
    """Read the policy of a resource, for example a bucket. Raises MalformedPolicy."""
    return _read(text, principal_required=True, resource_required=True)


def _strongest(effects: set[Effect]) -> Effect:
    for effect in (Effect.DENY, Effect.ALLOW):
        if effect in effects:
            return effect
    return Effect.NOTHING


def _read(text: str, *, principal_required: bool, resource_required: bool) -> Policy:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise MalformedPolicy(f"Syntax errors in policy: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), dict | list):
        raise MalformedPolicy("Syntax errors in policy: a policy is an object with a Statement")
    if document.get("Version") != "2012-10-17":
        raise MalformedPolicy('the policy needs "Version": "2012-10-17"')
    unknown = set(document) - {"Version", "Id", "Statement"}
    if unknown:
        raise MalformedPolicy(f"Syntax errors in policy: unknown element {sorted(unknown)[0]}")
    raw = document["Statement"]
    statements = [raw] if isinstance(raw, dict) else raw
    if not statements:
        raise MalformedPolicy("Syntax errors in policy: the Statement is empty")
    return Policy(tuple(_statement(s, principal_required, resource_required) for s in statements))


def _statement(raw: Any, principal_required: bool, resource_required: bool) -> Statement:
    if not isinstance(raw, dict):
        raise MalformedPolicy("Syntax errors in policy: a statement is an object")
    unknown = set(raw) - _STATEMENT_ELEMENTS
    if unknown:
        raise MalformedPolicy(f"Syntax errors in policy: unknown element {sorted(unknown)[0]}")
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy("a statement's Effect is Allow or Deny")
    actions_negated, actions = _one_of(raw, "Action", "NotAction")
    if actions is None:
        raise MalformedPolicy("Policy statement must contain actions.")
    for action in actions:
        if action != "*" and ":" not in action:
            raise MalformedPolicy(f"Actions/Conditions must be prefaced by a vendor: {action}")
    resources_negated, resources = _one_of(raw, "Resource", "NotResource")
    if (resources is None) == resource_required:
        word = "must contain resources" if resource_required else "has prohibited field Resource"
        raise MalformedPolicy(f"Policy statement {word}.")
    principals_negated = "NotPrincipal" in raw
    principals = _principals(raw.get("NotPrincipal" if principals_negated else "Principal"))
    if (principals is None) == principal_required:
        word = "must contain principals" if principal_required else "has prohibited field Principal"
        raise MalformedPolicy(f"Policy statement {word}.")
    return Statement(
        effect=Effect.ALLOW if raw["Effect"] == "Allow" else Effect.DENY,
        actions=_pattern([action.lower() for action in actions]),
        actions_negated=actions_negated,
        resources=_pattern(resources) if resources is not None else None,
        resources_negated=resources_negated,
        principals=principals,
        principals_negated=principals_negated,
        conditions=tuple(_conditions(raw.get("Condition", {}))),
    )


def _one_of(raw: dict[str, Any], name: str, negated: str) -> tuple[bool, list[str] | None]:
    if name in raw and negated in raw:
        raise MalformedPolicy(f"Syntax errors in policy: {name} and {negated} in one statement")
    if name in raw:
        return False, _texts(raw[name], name)
    return (True, _texts(raw[negated], negated)) if negated in raw else (False, None)


def _texts(raw: Any, element: str) -> list[str]:
    texts = [raw] if isinstance(raw, str) else raw
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise MalformedPolicy(f"Syntax errors in policy: {element} is a text or a list of texts")
    for text in texts:
        if "${" in text:
            raise MalformedPolicy(
                f"the local AWS can't evaluate the policy variable in {text}; see {DOCUMENTATION}"
            )
    return list(texts)


def _principals(raw: Any) -> frozenset[tuple[str, str]] | None:
    if raw is None:
        return None
    if raw == "*":
        return frozenset({("AWS", "*")})
    if not isinstance(raw, dict) or not raw:
        raise MalformedPolicy("Invalid principal in policy")
    named = set()
    for kind, value in raw.items():
        if kind not in ("AWS", "Service"):
            raise MalformedPolicy(f"the local AWS has no {kind} principals; see {DOCUMENTATION}")
        for text in _texts(value, "Principal"):
            root = _ACCOUNT_ROOT.fullmatch(text)
            is_named = text == "*" or bool(_ACCOUNT.fullmatch(text)) or text.startswith("arn:aws:")
            if kind == "AWS" and (not is_named or ("*" in text and text != "*")):
                raise MalformedPolicy(f'Invalid principal in policy: "AWS":"{text}"')
            named.add((kind, root[1] if root else text))
    return frozenset(named)


def _conditions(raw: Any) -> Iterable[Condition]:
    if not isinstance(raw, dict):
        raise MalformedPolicy("Syntax errors in policy: Condition is an object")
    for written, tests in raw.items():
        if_exists = written.endswith("IfExists")
        operator = written.removesuffix("IfExists")
        if operator != "Null" and operator.replace("Not", "") not in _TESTS:
            raise MalformedPolicy(
                f"the local AWS can't evaluate the condition {written}; see {DOCUMENTATION}"
            )
        if not isinstance(tests, dict):
            raise MalformedPolicy(f"Syntax errors in policy: {written} is an object")
        for key, values in tests.items():
            if not _is_condition_key(key.lower()):
                raise MalformedPolicy(
                    f"the local AWS can't evaluate the condition key {key}; see {DOCUMENTATION}"
                )
            given = values if isinstance(values, list) else [values]
            texts = [str(value).lower() if isinstance(value, bool) else value for value in given]
            yield Condition(operator, if_exists, key.lower(), tuple(_texts(texts, written)))


def _is_condition_key(key: str) -> bool:
    return key in _GLOBAL_CONDITION_KEYS or any(
        key in service.condition_keys for service in registry.services()
    )


def _pattern(texts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(_wildcards(text) for text in texts), re.DOTALL)


@lru_cache(maxsize=2048)
def _wildcards(text: str) -> str:
    return "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text)


def _like(actual: str, pattern: str) -> bool:
    return bool(re.fullmatch(_wildcards(pattern), actual, re.DOTALL))


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, value: actual == value,
    "StringEqualsIgnoreCase": lambda actual, value: actual.lower() == value.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda actual, value: actual.lower() == value.lower(),
}
