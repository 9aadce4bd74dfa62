"""The next major version of a port beside the one that is there: a product of its own, copied, to be changed.

Both run side by side: each has its own DAG, tables, port and private models. Consumers move by the version in their input
port; the old port says until when it may be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from interline.contracts import Product, did_you_mean, is_address, load_product, product_folders
from interline.contracts.model.names import (
    ADDRESS_SHAPE,
    address_of,
    contract_id,
    is_name,
    split_address,
    split_version,
)
from interline.contracts.model.version_number import raise_version, version_numbers
from interline.contracts.yaml.editor import CannotEdit, DoubleQuoted, YamlText
from interline.contracts.yaml.reader import read
from interline.scaffold.errors import ScaffoldError


class NewMajorVersion:
    """What making a major version writes.

    :param root: the folder that holds ``domains/``, ``dags/`` and ``dbt/``
    :param address: of the port, by its contract or by any of its major versions
    :param end_of_life: the last day on which the version before may be read

    Raises:
        ScaffoldError: there is no such product, or a file of the new version is there already.
        interline.contracts.MeshError: the files of the version before are wrong.
    """

    def __init__(self, root: Path, address: str, *, end_of_life: date) -> None:
        if not is_address(address):
            raise ScaffoldError(f"{address!r} is no address of a product: expected {ADDRESS_SHAPE}")
        self.root = root
        self.contract = contract_id(address)
        self.end_of_life = end_of_life
        self.old = load_product(root, _newest(root, self.contract))
        self.major = max(self.old.major, 1) + 1
        self.address = address_of(self.contract, self.major)
        self.domain, self.name = split_address(self.address)
        if not is_name(self.name):
            raise ScaffoldError(f"{self.name!r} is too long for a product's name")
        self._contents = self._files()
        there = [path for path in self._contents if path.exists()]
        if there:
            named = ", ".join(str(path.relative_to(root)) for path in there)
            raise ScaffoldError(f"{self.address} has files already: {named}. Nothing was written")

    @property
    def version(self) -> str:
        """The first version of the new contract."""
        return f"{self.major}.0.0"

    def write(self) -> tuple[list[Path], list[Path]]:
        """Write the new version's files and deprecate the version before; return what was made, and what was changed."""
        changed = self._deprecated()
        for path, content in self._contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for path, text in changed.items():
            path.write_text(text, encoding="utf-8")
        return list(self._contents), list(changed)

    def _files(self) -> dict[Path, bytes]:
        folder = self.root / "domains" / self.domain / self.name
        contents = {
            folder / path.relative_to(self.old.folder): path.read_bytes()
            for path in sorted(self.old.folder.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }
        contents[folder / "contract.yaml"] = _edited(
            self.old.folder / "contract.yaml", self._new_contract
        ).encode()
        contents[folder / "product.yaml"] = _edited(
            self.old.folder / "product.yaml", self._new_product
        ).encode()
        dag = self.root / "dags" / self.domain / f"{self.old.name}.py"
        contents[dag.with_name(f"{self.name}.py")] = self._dag(dag.read_text(encoding="utf-8")).encode()
        models = self.root / "dbt" / "models" / self.domain
        model = models / f"{self.old.name}.sql"
        contents[models / f"{self.name}.sql"] = self._sql(model.read_text(encoding="utf-8")).encode()
        for helper in self._helpers():
            name = self._renamed[helper.stem]
            contents[models / self.name / f"{name}.sql"] = self._sql(
                helper.read_text(encoding="utf-8")
            ).encode()
        return contents

    def _new_contract(self, file: YamlText) -> None:
        contract = read(self.old.folder / "contract.yaml").value
        file.set(("version",), self.version)
        file.set(("status",), "draft")
        if "dataProduct" in contract:
            file.set(("dataProduct",), self.address)
        file.set(("schema", 0, "name"), self.name)
        levels = contract.get("slaProperties") or []
        for position in reversed(range(len(levels))):
            if levels[position].get("property") in ("endOfLife", "endOfSupport"):
                file.remove(("slaProperties", position))
            elif str(levels[position].get("element", "")).startswith(f"{self.old.name}."):
                column = levels[position]["element"].partition(".")[2]
                file.set(("slaProperties", position, "element"), f"{self.name}.{column}")

    def _new_product(self, file: YamlText) -> None:
        file.set(("id",), self.address)
        file.set(("status",), "draft")
        if "version" in read(self.old.folder / "product.yaml").value:
            file.set(("version",), self.version)
        file.set(("outputPorts", 0, "name"), self.name)
        file.set(("outputPorts", 0, "version"), self.version)

    def _deprecated(self) -> dict[Path, str]:
        """Return the files of the version before, as they say that it ends; nothing if they say so already."""
        if self.old.contract.status == "deprecated" and self.old.contract.end_of_life is not None:
            return {}

        def end(file: YamlText) -> None:
            version = self.old.contract.version
            file.set(("status",), "deprecated")
            # a version that is none stays, and `check` says so
            file.set(("version",), raise_version(version, "minor") if version_numbers(version) else version)
            if self.old.contract.end_of_life is None:
                last = DoubleQuoted(self.end_of_life.isoformat())
                file.append(("slaProperties",), {"property": "endOfLife", "value": last})

        def deprecate(file: YamlText) -> None:
            file.set(("status",), "deprecated")

        folder = self.old.folder
        return {
            folder / "contract.yaml": _edited(folder / "contract.yaml", end),
            folder / "product.yaml": _edited(folder / "product.yaml", deprecate),
        }

    def _helpers(self) -> list[Path]:
        return sorted((self.root / "dbt" / "models" / self.domain / self.old.name).glob("*.sql"))

    @property
    def _renamed(self) -> dict[str, str]:
        """Private tables by their old names: all models of a domain share one schema, so each version has its own."""
        names = [helper.stem for helper in self._helpers()]
        names += [f"{self.old.name}{suffix}" for suffix in ("_scores",)]
        prefix = f"{self.old.name}_"
        return {
            name: f"{self.name}_{name.removeprefix(prefix)}"
            if name.startswith(prefix)
            else f"{name}_v{self.major}"
            for name in names
        }

    def _sql(self, text: str) -> str:
        return _quoted(text, self._renamed)

    def _dag(self, text: str) -> str:
        text = _quoted(text, {self.old.address: self.address, **self._renamed})
        models = {self.old.name: self.name}
        text = re.sub(r"\bbuild\([^)]*\)", lambda call: _quoted(call[0], models), text)
        return re.sub(r'\A(\s*"""# )([^\n]*)', rf"\g<1>\g<2>, version {self.major}", text, count=1)


def _newest(root: Path, contract: str) -> str:
    """Return the address of the newest major version.

    Raises:
        ScaffoldError: there is none.
    """
    known = [f"{folder.parent.name}.{folder.name}" for folder in product_folders(root)]
    majors = [address for address in known if contract_id(address) == contract]
    if not majors:
        hint = did_you_mean(contract, known) or f"known are {', '.join(known)}"
        raise ScaffoldError(f"there is no product {contract!r} ({hint})")
    return max(majors, key=lambda address: split_version(address.partition(".")[2])[1])


def _quoted(text: str, names: dict[str, str]) -> str:
    """Return a text with names replaced where they stand alone between quotes."""
    if not names:
        return text
    found = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(['\"])({found})\1", lambda match: match[1] + names[match[2]] + match[1], text)


def _edited(path: Path, edit: Callable[[YamlText], None]) -> str:
    """Return a YAML file's text with changes, every other character as it was.

    Raises:
        ScaffoldError: the file is written in a way that only a person can edit.
    """
    file = YamlText(path.read_text(encoding="utf-8"))
    try:
        edit(file)
    except CannotEdit as error:
        raise ScaffoldError(f"{path}: {error}") from None
    return file.text


def consumers_to_move(products: Iterable[Product], address: str) -> list[Product]:
    """Return who reads a product's port."""
    return [product for product in products if address in product.inputs]
