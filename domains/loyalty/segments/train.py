"""Finds audience segments among members: the script that SageMaker runs to train, and to score in batches.

Training reads the CSV files of channel ``train`` (one line a member: the member_id, then FEATURES in their
order, no header), evens out the long tails with a logarithm, scales, and tries every number of segments from
``--fewest`` to ``--most`` with k-means. The number with the best silhouette on a sample wins. Segments are
numbered from the most valuable down and named after what sets their centre apart, so that a name keeps its
meaning from one training to the next. The same lines in any order with the same seed give the same model.

The four functions at the end are what the scikit-learn serving container calls.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

FEATURES = (
    "balance",
    "qual_miles",
    "cc1_miles",
    "bonus_miles",
    "bonus_trans",
    "flight_miles_12mo",
    "flight_trans_12",
    "days_enrolled",
    "award",
    "bookings",
    "booked_amount",
    "searches",
)

# What tells that a segment deserves a name: weights of standardised features, largest total first.
NAMES: dict[str, dict[str, float]] = {
    "Frequent flyers": {"flight_trans_12": 1, "flight_miles_12mo": 1},
    "Status seekers": {"qual_miles": 1.6},
    "Mile collectors": {"balance": 0.9, "bonus_miles": 0.5},
    "Card spenders": {"cc1_miles": 0.9, "bonus_trans": 0.6},
    "Award travellers": {"award": 1.4},
    "Active bookers": {"bookings": 0.8, "booked_amount": 0.7},
    "Eager searchers": {"searches": 1, "bookings": -0.3},
    "Long-standing members": {"days_enrolled": 1.2},
    "Newcomers": {"days_enrolled": -1.2, "balance": -0.2},
    "Dormant members": {"flight_trans_12": -0.4, "bonus_trans": -0.4, "bookings": -0.4, "searches": -0.3},
    "Casual members": {"balance": -0.4, "bonus_miles": -0.4, "cc1_miles": -0.3},
}
_IN_WORDS = {
    "balance": "miles in the account",
    "qual_miles": "miles towards status",
    "cc1_miles": "card miles",
    "bonus_miles": "bonus miles",
    "bonus_trans": "bonus transactions",
    "flight_miles_12mo": "miles flown",
    "flight_trans_12": "flights",
    "days_enrolled": "years of membership",
    "award": "award flights",
    "bookings": "bookings",
    "booked_amount": "money spent on bookings",
    "searches": "searches",
}
_VALUE = ("balance", "flight_trans_12", "booked_amount")
_TRAITS_IN_PROFILE = 4
_TRAIT_FROM = 0.25
_CONTENT_TYPE = "text/csv"


@dataclass(frozen=True)
class Segment:
    """One audience segment. ``centre`` is in standard deviations from the average member."""

    audience_segment: int
    segment_name: str
    profile: str
    share: float
    centre: dict[str, float]


@dataclass(frozen=True)
class Model:
    """What scoring needs: the fitted pipeline, and what its clusters are called."""

    pipeline: Pipeline
    segments: tuple[Segment, ...]


def read_features(text: str) -> tuple[list[str], NDArray[np.float64]]:
    """Member ids and their features from CSV lines.

    :raises ValueError: a line has another number of fields, or something that is no number from 0 up.
    """
    members: list[str] = []
    values: list[list[float]] = []
    for number, fields in enumerate(csv.reader(io.StringIO(text)), start=1):
        if not fields:
            continue
        if len(fields) != 1 + len(FEATURES):
            raise ValueError(
                f"line {number} has {len(fields)} fields, expected {1 + len(FEATURES)}: "
                f"member_id, {', '.join(FEATURES)}"
            )
        members.append(fields[0])
        try:
            values.append([float(field) for field in fields[1:]])
        except ValueError as error:
            raise ValueError(f"line {number}, member {fields[0]}: {error}") from error
    matrix = np.array(values, dtype=np.float64).reshape(len(values), len(FEATURES))
    usable = (np.isfinite(matrix) & (matrix >= 0)).all(axis=1)
    if not usable.all():
        member = members[int(np.flatnonzero(~usable)[0])]
        raise ValueError(f"member {member} has a feature that is negative or no finite number")
    return members, matrix


def train(matrix: NDArray[np.float64], fewest: int, most: int, seed: int, sample: int) -> tuple[Model, dict]:
    """Find the audience segments.

    :param matrix: one row a member, columns as FEATURES.
    :param fewest: the smallest number of segments to try, at least 2.
    :param most: the largest.
    :param seed: of the starting centres and of the sample.
    :param sample: how many members the silhouette is measured on.
    :returns: the model, and its measures by name.
    :raises ValueError: there are fewer distinct members than segments, or more segments than names.
    """
    if not 2 <= fewest <= most <= len(NAMES):
        raise ValueError(f"segments from {fewest} to {most}: expected 2 <= fewest <= most <= {len(NAMES)}")
    if len(np.unique(matrix, axis=0)) <= most:
        raise ValueError(f"{len(matrix)} members are too few to find {most} audience segments")
    # Miles and money spread over five orders of magnitude: distances mean something in their logarithm.
    # NumPy's own function, because serving could not find one of this script under the name it is run by.
    preparation = Pipeline([("tails", FunctionTransformer(np.log1p)), ("scale", StandardScaler())])
    prepared = preparation.fit_transform(matrix)
    chosen = np.random.default_rng(seed).permutation(len(prepared))[:sample]
    silhouettes: dict[int, float] = {}
    fitted: dict[int, KMeans] = {}
    for count in range(fewest, most + 1):
        fitted[count] = KMeans(n_clusters=count, n_init=10, random_state=seed).fit(prepared)
        labels = fitted[count].labels_[chosen]
        silhouettes[count] = (
            float(silhouette_score(prepared[chosen], labels)) if len(np.unique(labels)) > 1 else -1.0
        )
    # Rounded, so that a difference in the last digits does not decide; the fewest segments win a draw.
    best = max(silhouettes, key=lambda count: (round(silhouettes[count], 4), -count))
    clusters = fitted[best]
    value = clusters.cluster_centers_[:, [FEATURES.index(name) for name in _VALUE]].mean(axis=1)
    order = np.argsort(-value, kind="stable")
    clusters.cluster_centers_ = np.ascontiguousarray(clusters.cluster_centers_[order])
    clusters.labels_ = np.argsort(order, kind="stable")[clusters.labels_].astype(np.int32)
    segments = describe(clusters.cluster_centers_, np.bincount(clusters.labels_, minlength=best))
    pipeline = Pipeline([*preparation.steps, ("clusters", clusters)])
    measures = {
        "k": best,
        "silhouette": round(silhouettes[best], 4),
        "inertia": round(float(clusters.inertia_) / len(prepared), 4),
        "members": len(prepared),
        "smallest_share": round(min(segment.share for segment in segments), 4),
        "silhouette_by_k": {str(count): round(value, 4) for count, value in silhouettes.items()},
    }
    return Model(pipeline, segments), measures


def describe(centres: NDArray[np.float64], sizes: NDArray[np.int64]) -> tuple[Segment, ...]:
    """Name every segment after its centre, no name twice, and say what sets it apart."""
    weights = np.array([[weight.get(f, 0.0) for f in FEATURES] for weight in NAMES.values()])
    rows, columns = linear_sum_assignment(-(centres @ weights.T))
    name = {int(row): list(NAMES)[int(column)] for row, column in zip(rows, columns, strict=True)}
    segments = []
    for number, centre in enumerate(centres):
        strongest = sorted(range(len(FEATURES)), key=lambda i: (-abs(round(centre[i], 4)), i))
        traits = [
            f"{'high' if centre[i] > 0 else 'low'} in {_IN_WORDS[FEATURES[i]]}"
            for i in strongest[:_TRAITS_IN_PROFILE]
            if abs(centre[i]) >= _TRAIT_FROM
        ]
        segments.append(
            Segment(
                audience_segment=number,
                segment_name=name[number],
                profile="; ".join(traits) or "close to the average member",
                share=float(sizes[number] / sizes.sum()),
                centre={f: round(float(v), 4) for f, v in zip(FEATURES, centre, strict=True)},
            )
        )
    return tuple(segments)


def main() -> None:
    """Train as SageMaker asks: hyperparameters as arguments, folders in the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fewest", type=int, default=4, help="smallest number of segments to try")
    parser.add_argument("--most", type=int, default=7, help="largest number of segments to try")
    parser.add_argument("--seed", type=int, default=7, help="seed of starting centres and sample")
    parser.add_argument(
        "--sample", type=int, default=2_000, help="members that the silhouette is measured on"
    )
    arguments = parser.parse_args()
    channel = Path(os.environ["SM_CHANNEL_TRAIN"])
    files = sorted(path for path in channel.rglob("*") if path.is_file())
    members, matrix = read_features("".join(path.read_text(encoding="utf-8") for path in files))
    if not members:
        raise SystemExit(f"channel train holds no members: {len(files)} files in {channel}")
    order = np.argsort(np.array(members), kind="stable")
    # One thread: sums in another order would move centres by a last digit, and the model would differ.
    with threadpool_limits(limits=1):
        model, measures = train(
            matrix[order], arguments.fewest, arguments.most, arguments.seed, arguments.sample
        )
    save(model, Path(os.environ["SM_MODEL_DIR"]))
    output = Path(os.environ["SM_OUTPUT_DATA_DIR"])
    output.mkdir(parents=True, exist_ok=True)
    (output / "metrics.json").write_text(json.dumps(measures, indent=2) + "\n", encoding="utf-8")
    for segment in model.segments:
        print(
            f"audience segment {segment.audience_segment}: {segment.segment_name} "
            f"({segment.share:.1%} of members): {segment.profile}"
        )
    # One measure a line, in the form that the training job's MetricDefinitions read.
    for name, value in measures.items():
        if name != "silhouette_by_k":
            print(f"{name}: {value};", flush=True)


def save(model: Model, folder: Path) -> None:
    """Write the model's two files."""
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(model.pipeline, folder / "model.joblib")
    described = [asdict(segment) for segment in model.segments]
    (folder / "segments.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def model_fn(model_dir: str) -> Model:
    """Load the model for scoring."""
    described = json.loads((Path(model_dir) / "segments.json").read_text(encoding="utf-8"))
    return Model(
        joblib.load(Path(model_dir) / "model.joblib"), tuple(Segment(**segment) for segment in described)
    )


def input_fn(body: str | bytes, content_type: str) -> tuple[list[str], NDArray[np.float64]]:
    """Read a batch of CSV lines, the same as in training.

    :raises ValueError: the content type is not CSV, or a line can't be read.
    """
    if content_type.split(";")[0].strip() != _CONTENT_TYPE:
        raise ValueError(f"content type {content_type!r} is not served, expected {_CONTENT_TYPE}")
    return read_features(body.decode("utf-8") if isinstance(body, bytes) else body)


def predict_fn(data: tuple[list[str], NDArray[np.float64]], model: Model) -> list[tuple[str, Segment, float]]:
    """The audience segment of every member, and the distance to its centre."""
    members, matrix = data
    if not members:
        return []
    with threadpool_limits(limits=1):
        distances = model.pipeline.transform(matrix)
    nearest = distances.argmin(axis=1)
    return [
        (member, model.segments[int(segment)], float(distances[row, segment]))
        for row, (member, segment) in enumerate(zip(members, nearest, strict=True))
    ]


def output_fn(prediction: list[tuple[str, Segment, float]], accept: str) -> tuple[str, str]:
    """CSV lines: member_id, audience_segment, segment_name, profile, distance."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    for member, segment, distance in prediction:
        lines.writerow(
            (member, segment.audience_segment, segment.segment_name, segment.profile, f"{distance:.6f}")
        )
    return text.getvalue(), _CONTENT_TYPE


if __name__ == "__main__":
    main()
