"""The static rendering of every model is, byte for byte, what dbt compiles."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from interline.build.dbt_project import write_project
from interline.contracts import Product, load_mesh
from interline.contracts.yaml.text import read_text
from interline.review.lineage.model_template import Renderer
from interline.review.lineage.models import ProductModels

ROOT = Path(__file__).resolve().parents[3]
DBT = ROOT / ".interline" / "environments" / "dbt" / "bin" / "dbt"
DAY = "2013-01-02"

pytestmark = pytest.mark.skipif(not DBT.exists(), reason="dbt's environment is not set up here")


def project_of(products: list[Product], root: Path, folder: Path) -> Path:
    """Write one dbt project with the models of several products of one domain, so that dbt starts once for them."""
    together = folder / "together"
    merged: dict[str, list[dict[str, object]]] = {"models": [], "groups": [], "sources": []}
    tables: dict[str, dict[str, object]] = {}
    for product in products:
        alone = folder / product.name
        write_project(product, root, alone)
        call = json.loads((alone / "models" / "properties.yml").read_text())
        merged["models"] += call["models"]
        merged["groups"] = call["groups"]
        for source in call["sources"]:
            known = tables.setdefault(source["name"], {**source, "tables": []})
            known["tables"] += [table for table in source["tables"] if table not in known["tables"]]  # type: ignore[operator]
        shutil.copytree(alone, together, dirs_exist_ok=True)
    merged["sources"] = list(tables.values())
    (together / "models" / "properties.yml").write_text(json.dumps({"version": 2, **merged}))
    project = yaml.safe_load((together / "dbt_project.yml").read_text())
    project.pop("on-run-start")
    (together / "dbt_project.yml").write_text(json.dumps(project))
    return together


def test_the_static_rendering_is_what_dbt_compiles(tmp_path: Path) -> None:
    mesh = load_mesh(ROOT)
    renderer = Renderer(mesh.root / "dbt", read_text)
    domains = {product.domain.name: product.domain for product in mesh.products.values()}
    running: dict[str, tuple[Path, subprocess.Popen[str]]] = {}
    for name, domain in domains.items():
        own = [product for product in mesh.products.values() if product.domain.name == name]
        project = project_of(own, mesh.root, tmp_path / name)
        environment = os.environ | {
            "AWS_REGION": domain.region,
            "INTERLINE_DATA_DAY": DAY,
            "INTERLINE_REDSHIFT_CLUSTER": domain.cluster,
            "INTERLINE_REDSHIFT_DATABASE": domain.cluster,
            "INTERLINE_REDSHIFT_HOST": "127.0.0.1",
            "INTERLINE_REDSHIFT_PORT": "1",
            "INTERLINE_REDSHIFT_SCHEMA": domain.schema,
        }
        command = [
            str(DBT),
            "--no-use-colors",
            "--no-version-check",
            "compile",
            "--no-populate-cache",
            "--no-introspect",
        ]
        command += [f"--project-dir={project}", f"--profiles-dir={project}"]
        running[name] = (
            project,
            subprocess.Popen(
                command,
                cwd=project,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ),
        )
    compared = 0
    for name, (project, process) in running.items():
        reason, _ = process.communicate(timeout=300)
        assert process.returncode == 0, reason
        for product in mesh.products.values():
            if product.domain.name != name:
                continue
            models = ProductModels(mesh, product, renderer, DAY)
            for model, path in models.files.items():
                rendered = renderer.render(path, models.setting(model))
                [compiled] = (project / "target" / "compiled").rglob(f"models/{model}.sql")
                assert rendered.sql == compiled.read_text(), model
                compared += 1
    assert compared >= 8
