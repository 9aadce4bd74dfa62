# Everything of docker-compose.yml except PostgreSQL and Redis: the repository and its two environments,
# made by the launcher's own set-up, so that there is one recipe.
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 interline \
    && install --directory --owner=interline --group=interline /interline /mesh /secrets
USER interline
WORKDIR /interline

# First only what the environments are made of: this layer is built again when a lock changes, not with every edit.
COPY --chown=interline:interline interline pyproject.toml ./
COPY --chown=interline:interline cli/__init__.py cli/exits.py cli/
COPY --chown=interline:interline cli/setup/ cli/setup/
COPY --chown=interline:interline requirements/ requirements/
RUN python -c "from pathlib import Path; from cli.setup.environments import ensure; ensure(Path.cwd())"

COPY --chown=interline:interline . .
RUN ./interline check

ENV PATH=/interline/.interline/environments/airflow/bin:${PATH} \
    PYTHONPATH=/interline:/interline/plugins \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1
