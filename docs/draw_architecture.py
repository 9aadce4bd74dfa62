"""Draws docs/architecture.svg from the repository: domains, sources, products and who reads whom.

Run it with the environment that `./interline` made:

    .interline/environments/airflow/bin/python docs/draw_architecture.py          # writes the picture
    .interline/environments/airflow/bin/python docs/draw_architecture.py --check  # exit 1 if it is out of date
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "plugins"))

from interline.contracts import Mesh, Product, load_mesh  # noqa: E402
from interline.contracts.model.verbs import VERBS  # noqa: E402

PICTURE = ROOT / "docs" / "architecture.svg"

# All lengths are SVG user units (pixels at 100 %).
LANE_LEFT, LANE_TITLE = 20, 34
BOX_WIDTH, BOX_HEIGHT, COLUMN_STEP, ROW_STEP = 176, 58, 236, 78
SOURCE_WIDTH, SOURCE_HEIGHT = 170, 27
PLATFORM_HEIGHT = 74

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c2733; }
.title { font-size: 15px; font-weight: 600; }
.note { font-size: 11px; fill: #51606f; }
.lane { fill: #f5f8fb; stroke: #b9c6d3; }
.source { fill: #ffffff; stroke: #7a8b9c; stroke-dasharray: 4 3; }
.product { fill: #e2f0ff; stroke: #2667a8; stroke-width: 1.5; }
.flow { fill: none; stroke: #7a8b9c; stroke-width: 1.4; marker-end: url(#arrow); }
.grant { fill: none; stroke: #b4541a; stroke-width: 1.8; marker-end: url(#arrow-grant); }
.legend { fill: none; stroke-width: 2; }
"""


def depth_of(mesh: Mesh, product: Product) -> int:
    """How many products lie between this one and the landing; 0 for a product that reads only sources."""
    return max((1 + depth_of(mesh, mesh.products[address]) for address in product.inputs), default=0)


class Drawing:
    """Places every box once, then draws lanes below arrows below boxes."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.domains = [
            name for name in mesh.domains if any(p.domain.name == name for p in mesh.products.values())
        ]
        self.domains.sort(key=self._lane_order)
        self.boxes: dict[str, tuple[int, int, int, int]] = {}  # address or source → x, y, width, height
        self.lanes: dict[str, tuple[int, int]] = {}  # domain → y, height
        self.columns = 1 + max(depth_of(mesh, p) for p in mesh.products.values())
        self.width = LANE_LEFT * 2 + 20 + SOURCE_WIDTH + 60 + self.columns * COLUMN_STEP
        self._place()

    def _lane_order(self, domain: str) -> tuple[int, str]:
        readers = sum(
            1
            for product in self.mesh.products.values()
            for address in product.inputs
            if product.domain.name == domain and not address.startswith(domain + ".")
        )
        return readers, domain

    def _place(self) -> None:
        y = LANE_LEFT + PLATFORM_HEIGHT + 24
        for domain in self.domains:
            products = sorted(
                (p for p in self.mesh.products.values() if p.domain.name == domain),
                key=lambda p: (depth_of(self.mesh, p), p.address),
            )
            for row, product in enumerate(products):
                top = y + LANE_TITLE + row * ROW_STEP
                left = LANE_LEFT + 20 + SOURCE_WIDTH + 60 + depth_of(self.mesh, product) * COLUMN_STEP
                self.boxes[product.address] = (left, top, BOX_WIDTH, BOX_HEIGHT)
                for place, source in enumerate(product.sources):
                    below = top + place * (SOURCE_HEIGHT + 4)
                    self.boxes[f"{domain}/{source.name}"] = (
                        LANE_LEFT + 20,
                        below,
                        SOURCE_WIDTH,
                        SOURCE_HEIGHT,
                    )
            height = LANE_TITLE + len(products) * ROW_STEP
            self.lanes[domain] = (y, height)
            y += height + 18
        self.height = y + 44

    def _arrow(self, start: str, end: str, kind: str, title: str) -> str:
        left, top, width, height = self.boxes[start]
        to_left, to_top, _, to_height = self.boxes[end]
        x1, y1, x2, y2 = left + width, top + height // 2, to_left - 2, to_top + to_height // 2
        bend = max(30, (x2 - x1) // 2)
        return (
            f'<path class="{kind}" d="M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}">'
            f"<title>{escape(title)}</title></path>"
        )

    def _platform(self) -> list[str]:
        platform = self.mesh.domains.get("platform")
        account = f" · account {platform.account}" if platform else ""
        accounts = ", ".join(f"aws_{domain}" for domain in self.domains)
        usual = " → ".join(verb.name for verb in VERBS.values() if verb.is_usual)
        others = ", ".join(verb.name for verb in VERBS.values() if not verb.is_usual)
        return [
            f'<rect class="lane" x="{LANE_LEFT}" y="{LANE_LEFT}" width="{self.width - 2 * LANE_LEFT}" '
            f'height="{PLATFORM_HEIGHT}" rx="6"/>',
            f'<text class="title" x="{LANE_LEFT + 14}" y="{LANE_LEFT + 24}">platform{account}: '
            "Apache Airflow on Amazon MWAA</text>",
            f'<text class="note" x="{LANE_LEFT + 14}" y="{LANE_LEFT + 44}">schedules {usual} '
            f"({others}) for every product; assets trigger the consumers</text>",
            f'<text class="note" x="{LANE_LEFT + 14}" y="{LANE_LEFT + 62}">acts in each account only as that '
            f"domain's role, through the connections {escape(accounts)}</text>",
        ]

    def _lane(self, domain: str) -> list[str]:
        y, height = self.lanes[domain]
        return [
            f'<rect class="lane" x="{LANE_LEFT}" y="{y}" width="{self.width - 2 * LANE_LEFT}" height="{height}" rx="6"/>',
            f'<text class="title" x="{LANE_LEFT + 14}" y="{y + 22}">{escape(domain)} · account '
            f"{escape(self.mesh.domains[domain].account)}</text>",
        ]

    def _box(self, name: str) -> list[str]:
        left, top, width, height = self.boxes[name]
        product = self.mesh.products.get(name)
        frame = f'x="{left}" y="{top}" width="{width}" height="{height}" rx="5"'
        if product is None:
            title = escape(f"{name.split('/')[1]} · {self._format(name)}")
            return [
                f'<rect class="source" {frame}/>',
                f'<text class="note" x="{left + 10}" y="{top + 18}">{title}</text>',
            ]
        note = f"Iceberg · {len(product.contract.columns)} columns · v{product.contract.version}"
        return [
            f'<rect class="product" {frame}/>',
            f'<text x="{left + 10}" y="{top + 24}">{escape(name)}</text>',
            f'<text class="note" x="{left + 10}" y="{top + 43}">{escape(note)}</text>',
        ]

    def _format(self, name: str) -> str:
        domain, source_name = name.split("/")
        formats = [
            source.format
            for product in self.mesh.products.values()
            if product.domain.name == domain
            for source in product.sources
            if source.name == source_name
        ]
        return formats[0]

    def svg(self) -> str:
        """The whole picture as SVG text."""
        arrows = []
        for address, product in sorted(self.mesh.products.items()):
            for source in product.sources:
                name = f"{product.domain.name}/{source.name}"
                arrows.append(
                    self._arrow(name, address, "flow", f"{name} lands, is crawled, feeds {address}")
                )
            for producer in product.inputs:
                crosses = self.mesh.products[producer].domain.name != product.domain.name
                how = "granted by contract to" if crosses else "read by"
                kind = "grant" if crosses else "flow"
                arrows.append(self._arrow(producer, address, kind, f"{producer} {how} {address}"))
        marker = (
            '<marker id="{id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0,0 L8,4 L0,8 z" fill="{fill}"/></marker>'
        )
        legend_y = self.height - 30
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img" aria-label="Interline data mesh">',
            f"<style>{STYLE}</style>",
            "<defs>",
            marker.format(id="arrow", fill="#7a8b9c"),
            marker.format(id="arrow-grant", fill="#b4541a"),
            "</defs>",
            f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>',
            *self._platform(),
            *(line for domain in self.domains for line in self._lane(domain)),
            *arrows,
            *(line for name in self.boxes for line in self._box(name)),
            f'<path class="legend" stroke="#b4541a" d="M{LANE_LEFT + 14},{legend_y - 4} h34"/>',
            f'<text class="note" x="{LANE_LEFT + 56}" y="{legend_y}">across accounts: a role in the producer\'s '
            "contract, a Lake Formation grant, a resource link</text>",
            f'<path class="legend" stroke="#7a8b9c" d="M{LANE_LEFT + 14},{legend_y + 14} h34"/>',
            f'<text class="note" x="{LANE_LEFT + 56}" y="{legend_y + 18}">inside one account</text>',
            "</svg>",
        ]
        return "\n".join(lines) + "\n"


def main() -> int:
    """Write the picture, or with --check compare it; returns the exit code."""
    drawn = Drawing(load_mesh(ROOT)).svg()
    if "--check" in sys.argv[1:]:
        if PICTURE.read_text() == drawn:
            return 0
        print(
            f"{PICTURE.relative_to(ROOT)} is out of date: run python docs/draw_architecture.py",
            file=sys.stderr,
        )
        return 1
    PICTURE.write_text(drawn)
    print(f"wrote {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
