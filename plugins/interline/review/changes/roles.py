"""What changed in who may read a port, which columns and rows, and until when."""

from __future__ import annotations

from datetime import date

from interline.contracts import Role
from interline.contracts.model.contract import CLASSIFICATIONS
from interline.contracts.model.yaml_path import YamlPath
from interline.review.changes.pair import Pair


def compare_roles(pair: Pair, today: date) -> None:
    """Record every role that is new, gone, narrowed or widened; roles that had ended by ``today`` promise nothing."""
    old = {role.domain: role for role in pair.old.roles}
    for role in pair.new.roles:
        before = old.pop(role.domain, None)
        if before is None:
            columns = pair.new.readable_by(role)
            message = f"{role.domain} may read {_counted(columns, pair.new.column_names)}"
            pair.record("role-added", role.domain, message, role.place)
        else:
            _columns(pair, before, role)
            _rows(pair, before, role)
            _expiry(pair, before, role)
            _clearance(pair, before, role)
            if (before.columns is None) != (role.columns is None):
                words = (
                    f"{role.domain} reads whatever its clearance covers, columns to come too"
                    if role.columns is None
                    else f"{role.domain} reads the columns it names, none that come later"
                )
                pair.record("role-described", role.domain, words, (*role.place, "customProperties"))
            if (before.description, before.purpose) != (role.description, role.purpose):
                pair.record(
                    "role-described",
                    role.domain,
                    f"the role {role.domain} is described differently",
                    role.place,
                )
    for role in old.values():
        ended = not role.in_force(today)
        kind = "role-expired-removed" if ended else "role-removed"
        message = f"{role.domain} may no longer read" + (
            f"; its role ended on {role.expires}" if ended else ""
        )
        pair.record_removal(kind, role.domain, message, role.place, ("roles",))


def _counted(columns: tuple[str, ...], every: tuple[str, ...]) -> str:
    return "every column" if columns == every else f"{len(columns)} of {len(every)} columns"


def _columns(pair: Pair, before: Role, role: Role) -> None:
    """Compare what the role really sees of the columns that both contracts have."""
    saw = {pair.names[name] for name in pair.old.readable_by(before) if name in pair.names}
    sees = {name for name in pair.new.readable_by(role) if name in pair.old_names}
    place = (*role.place, "customProperties")
    own = (before.columns, before.clearance) != (role.columns, role.clearance)
    for name in (name for name in pair.new.column_names if name in saw - sees):
        where: YamlPath = place if own else pair.new_side.column_place(name, "classification")
        why = "" if own else f": its clearance {role.clearance} does not cover it any more"
        words = f"{role.domain} may no longer read {name}{why}"
        pair.record("role-columns-narrowed", role.domain, words, where, column=pair.old_names[name])
    message = [name for name in pair.new.column_names if name in sees - saw]
    if message:
        words = f"{role.domain} may now read {', '.join(message)}, too"
        pair.record("role-columns-widened", role.domain, words, place)


def _rows(pair: Pair, before: Role, role: Role) -> None:
    if before.rows == role.rows:
        return
    place = (*role.place, "customProperties")
    if before.rows is None:
        words = f"{role.domain} reads only rows where {role.rows}"
        pair.record("role-rows-added", role.domain, words, place)
    elif role.rows is None:
        words = f"{role.domain} reads all rows, no longer only those where {before.rows}"
        pair.record("role-rows-removed", role.domain, words, place)
    else:
        words = f"{role.domain} reads rows where {role.rows}, no longer those where {before.rows}"
        pair.record("role-rows-changed", role.domain, words, place)


def _expiry(pair: Pair, before: Role, role: Role) -> None:
    if before.expires == role.expires:
        return
    place = (*role.place, "customProperties")
    if before.expires is None:
        pair.record("role-expiry-added", role.domain, f"{role.domain} may read until {role.expires}", place)
    elif role.expires is not None and role.expires < before.expires:
        words = f"{role.domain} may read until {role.expires}, no longer until {before.expires}"
        pair.record("role-expiry-earlier", role.domain, words, place)
    else:
        until = f"until {role.expires}" if role.expires else "without an end"
        words = f"{role.domain} may read {until}, no longer only until {before.expires}"
        pair.record("role-expiry-later", role.domain, words, place)


def _clearance(pair: Pair, before: Role, role: Role) -> None:
    if before.clearance == role.clearance:
        return
    raised = CLASSIFICATIONS.index(role.clearance) > CLASSIFICATIONS.index(before.clearance)
    kind = "role-clearance-raised" if raised else "role-clearance-lowered"
    words = f"the clearance of {role.domain} was {before.clearance} and is {role.clearance}"
    pair.record(kind, role.domain, words, (*role.place, "customProperties"))
