"""One edit of the contract for each kind of change, and the kind it must be classed as."""

from __future__ import annotations

from dataclasses import dataclass

from tickets import TICKETS


@dataclass(frozen=True)
class Case:
    """Texts of the contract and what stands there afterwards; ``before`` is done to both contracts first."""

    kind: str
    edits: tuple[tuple[str, str], ...]
    before: tuple[tuple[str, str], ...] = ()

    @property
    def old(self) -> str:
        """The contract in the base."""
        return edited(TICKETS, self.before)

    @property
    def new(self) -> str:
        """The contract now."""
        return edited(self.old, self.edits)


def edited(text: str, edits: tuple[tuple[str, str], ...]) -> str:
    """Replace texts that occur exactly once."""
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        text = text.replace(old, new)
    return text


def block(start: str, end: str) -> str:
    """The text from one line up to another."""
    begin = TICKETS.index(start)
    return TICKETS[begin : TICKETS.index(end, begin + 1)]


SEATS = block("      - name: seats", "      - name: remark")
REMARK = block("      - name: remark", "      - name: airport")
SOLD_AT = block("      - name: sold_at", "      - name: email")
AIRPORT_REFERENCE = (
    "        relationships:\n          - type: foreignKey\n            to: airports.iata_code\n"
)
PATTERN = '        logicalTypeOptions:\n          pattern: "^[0-9]{13}$"\n'
ENUM = "        enum:\n          - value: economy\n          - value: business\n"
LENGTHS = "        logicalTypeOptions:\n          minLength: 2\n          maxLength: 100\n"
RANGE = "        logicalTypeOptions:\n          minimum: 1\n          maximum: 5000\n"
STEP = "        logicalTypeOptions:\n          multipleOf: 2\n"
FRESHNESS = "  - property: freshness\n    value: 2\n    unit: d\n    element: tickets.sold_at\n"
LATENCY = "  - property: latency\n    value: 4\n    unit: h\n"
FREQUENCY = "  - property: frequency\n    value: 1\n    unit: d\n"
RETENTION = "  - property: retention\n    value: 5\n    unit: y\n"
AVAILABILITY = "  - property: availability\n    value: 99\n    unit: percent\n"
REPAIR = "  - property: timeToRepair\n    value: 2\n    unit: d\n"
OPERATIONS = block("  - role: operations", "  - role: archive")
ARCHIVE = block("  - role: archive", "slaProperties:")
ROWS = "      - property: rows\n        value: fare_class = 'business'\n"
CLEARANCE = "      - property: clearance\n        value: confidential\n"
EXPIRY = '      - property: expires\n        value: "2027-06-30"\n'
SUM = block("      - name: prices add up", "      - name: a business ticket costs")
WATCHED = block("      - name: tickets are watched", "roles:")
FORMAT = "        description: When it was sold, UTC.\n"
END_OF_LIFE = '  - property: endOfLife\n    value: "2027-03-31"\n'
CARD = """      - name: card
        logicalType: string
        physicalType: varchar(4)
        description: Network of the card that paid.
        classification: internal
"""

CASES = (
    Case("column-added", ((REMARK, REMARK + CARD),)),
    Case("column-removed", ((REMARK, ""),)),
    Case("column-renamed", (("- name: remark", "- name: note"),)),
    Case("column-moved", ((REMARK, ""), (SEATS, REMARK + SEATS))),
    Case("column-described", (("What the agent wrote.", "What the travel agent wrote."),)),
    Case("examples-changed", (('examples: ["1", "2"]', 'examples: ["4"]'),)),
    Case("type-widened", ((SEATS, SEATS.replace("physicalType: integer", "physicalType: bigint")),)),
    Case(
        "type-narrowed",
        ((SEATS.replace("physicalType: integer", "physicalType: bigint"), SEATS),),
        ((SEATS, SEATS.replace("physicalType: integer", "physicalType: bigint")),),
    ),
    Case(
        "type-changed",
        ((SEATS, SEATS.replace("physicalType: integer", "physicalType: decimal(10,0)")),),
    ),
    Case(
        "logical-type-changed",
        (
            (
                SEATS.replace("physicalType: integer", "physicalType: decimal(10,0)"),
                SEATS.replace("physicalType: integer", "physicalType: decimal(10,0)").replace(
                    "logicalType: integer", "logicalType: number"
                ),
            ),
        ),
        ((SEATS, SEATS.replace("physicalType: integer", "physicalType: decimal(10,0)")),),
    ),
    Case("text-lengthened", (("varchar(200)", "varchar(400)"),)),
    Case("text-shortened", (("varchar(200)", "varchar(150)"),)),
    Case("precision-raised", (("decimal(10,2)", "decimal(12,2)"),)),
    Case("precision-lowered", (("decimal(10,2)", "decimal(8,2)"),)),
    Case("scale-changed", (("decimal(10,2)", "decimal(12,4)"),)),
    Case("required-added", ((FORMAT, FORMAT + "        required: true\n"),)),
    Case(
        "required-removed",
        ((FORMAT + "        required: true\n", FORMAT),),
        ((FORMAT, FORMAT + "        required: true\n"),),
    ),
    Case("unique-added", ((FORMAT, FORMAT + "        unique: true\n"),)),
    Case("unique-removed", (("        unique: true\n", ""),)),
    Case(
        "primary-key-changed",
        (("        primaryKey: true\n        primaryKeyPosition: 2\n", "        required: true\n"),),
    ),
    Case(
        "key-reordered",
        (
            ("primaryKeyPosition: 2", "primaryKeyPosition: 0"),
            ("primaryKeyPosition: 1", "primaryKeyPosition: 2"),
            ("primaryKeyPosition: 0", "primaryKeyPosition: 1"),
        ),
    ),
    Case(
        "partitioning-changed",
        (("        physicalType: date\n", "        physicalType: date\n        partitioned: true\n"),),
        (
            (
                SOLD_AT,
                SOLD_AT
                + "      - name: data_day\n        logicalType: date\n        physicalType: date\n"
                + "        description: Data day of the ticket.\n        required: true\n"
                + "        classification: internal\n",
            ),
        ),
    ),
    Case(
        "classification-raised",
        (("        classification: public\n", "        classification: confidential\n"),),
    ),
    Case(
        "classification-lowered",
        (("        classification: confidential\n", "        classification: internal\n"),),
    ),
    Case(
        "values-added", ((AIRPORT_REFERENCE, AIRPORT_REFERENCE + "        enum:\n          - value: JFK\n"),)
    ),
    Case("values-removed", ((ENUM, ""),)),
    Case("values-grown", ((ENUM, ENUM + "          - value: first\n"),)),
    Case("values-shrunk", (("          - value: economy\n", ""),)),
    Case("values-replaced", (("          - value: economy\n", "          - value: premium\n"),)),
    Case(
        "pattern-added",
        (
            (
                AIRPORT_REFERENCE,
                AIRPORT_REFERENCE + '        logicalTypeOptions:\n          pattern: "^[A-Z]{3}$"\n',
            ),
        ),
    ),
    Case("pattern-changed", (("^[0-9]{13}$", "^[0-9]{10,13}$"),)),
    Case("pattern-removed", ((PATTERN, ""),)),
    Case("range-added", (("          multipleOf: 2\n", "          multipleOf: 2\n          minimum: 2\n"),)),
    Case("range-tightened", (("maximum: 5000", "maximum: 4000"),)),
    Case("range-loosened", (("maximum: 5000", "maximum: 6000"),)),
    Case("range-removed", (("          maximum: 5000\n", ""),)),
    Case(
        "length-added",
        ((AIRPORT_REFERENCE, AIRPORT_REFERENCE + "        logicalTypeOptions:\n          maxLength: 3\n"),),
    ),
    Case("length-tightened", (("maxLength: 100", "maxLength: 80"),)),
    Case("length-loosened", (("minLength: 2", "minLength: 1"),)),
    Case("length-removed", (("          maxLength: 100\n", ""),)),
    Case(
        "multiple-added", (("          minimum: 1\n", "          minimum: 1\n          multipleOf: 0.5\n"),)
    ),
    Case("multiple-tightened", (("multipleOf: 2", "multipleOf: 4"),)),
    Case("multiple-loosened", (("multipleOf: 2", "multipleOf: 1"),)),
    Case("multiple-changed", (("multipleOf: 2", "multipleOf: 3"),)),
    Case("multiple-removed", ((STEP, ""),)),
    Case("reference-added", ((LENGTHS, LENGTHS + AIRPORT_REFERENCE.replace("iata_code", "name")),)),
    Case("reference-changed", (("airports.iata_code", "airports.city"),)),
    Case("reference-removed", ((AIRPORT_REFERENCE, ""),)),
    Case(
        "quality-added",
        (
            (
                WATCHED,
                WATCHED + SUM.replace("prices add up", "seats add up").replace("price > 4000", "seats > 9"),
            ),
        ),
    ),
    Case("quality-tightened", (("mustBeGreaterThan: 10", "mustBeGreaterThan: 50"),)),
    Case("quality-loosened", (("mustBeLessThan: 5\n", "mustBeLessThan: 8\n"),)),
    Case("quality-changed", (("price > 4000", "price > 3000"),)),
    Case("quality-removed", ((SUM, ""),)),
    Case("quality-described", (("prices add up", "prices are plausible"),)),
    Case(
        "quality-warning-added",
        (
            (
                WATCHED,
                WATCHED
                + WATCHED.replace("tickets are watched", "few tickets").replace("LessThan", "GreaterThan"),
            ),
        ),
    ),
    Case("quality-warning-changed", (("mustBeLessThan: 100000", "mustBeLessThan: 200000"),)),
    Case("quality-warning-removed", ((WATCHED, ""),)),
    Case(
        "freshness-loosened", (("value: 2\n    unit: d\n    element", "value: 3\n    unit: d\n    element"),)
    ),
    Case(
        "freshness-tightened",
        (("value: 2\n    unit: d\n    element", "value: 36\n    unit: h\n    element"),),
    ),
    Case("freshness-removed", ((FRESHNESS, ""),)),
    Case("freshness-added", ((LATENCY, FRESHNESS + LATENCY),), ((FRESHNESS, ""),)),
    Case(
        "freshness-changed",
        (("element: tickets.sold_at", "element: tickets.paid_at"),),
        ((SOLD_AT, SOLD_AT + SOLD_AT.replace("sold_at", "paid_at").replace("sold, UTC", "paid, UTC")),),
    ),
    Case("latency-loosened", ((LATENCY, LATENCY.replace("4", "6")),)),
    Case("latency-tightened", ((LATENCY, LATENCY.replace("4", "3")),)),
    Case("latency-removed", ((LATENCY, ""),)),
    Case("frequency-loosened", ((FREQUENCY, FREQUENCY.replace("1", "2")),)),
    Case("frequency-tightened", ((FREQUENCY, FREQUENCY.replace("1\n    unit: d", "12\n    unit: h")),)),
    Case("frequency-removed", ((FREQUENCY, ""),)),
    Case("retention-loosened", ((RETENTION, RETENTION.replace("5", "3")),)),
    Case("retention-tightened", ((RETENTION, RETENTION.replace("5", "7")),)),
    Case("retention-removed", ((RETENTION, ""),)),
    Case("availability-loosened", ((AVAILABILITY, AVAILABILITY.replace("99", "95")),)),
    Case("availability-tightened", ((AVAILABILITY, AVAILABILITY.replace("99", "99.5")),)),
    Case("availability-removed", ((AVAILABILITY, ""),)),
    Case("service-level-loosened", ((REPAIR, REPAIR.replace("2", "5")),)),
    Case("service-level-tightened", ((REPAIR, REPAIR.replace("2", "1")),)),
    Case("service-level-removed", ((REPAIR, ""),)),
    Case("service-level-added", ((REPAIR, REPAIR + REPAIR.replace("timeToRepair", "timeToDetect")),)),
    Case("service-level-described", ((REPAIR, REPAIR + "    description: Working days.\n"),)),
    Case("role-added", ((OPERATIONS, OPERATIONS + OPERATIONS.replace("operations", "finance")),)),
    Case("role-removed", ((OPERATIONS, ""),)),
    Case("role-expired-removed", ((ARCHIVE, ""),)),
    Case(
        "role-columns-narrowed", (("[ticket_id, coupon, fare_class, seats]", "[ticket_id, coupon, seats]"),)
    ),
    Case(
        "role-columns-widened",
        (("[ticket_id, coupon, fare_class, seats]", "[ticket_id, coupon, fare_class, seats, airport]"),),
    ),
    Case("role-rows-added", ((OPERATIONS, OPERATIONS + ROWS),)),
    Case("role-rows-changed", (("fare_class = 'business'\n  -", "fare_class = 'economy'\n  -"),)),
    Case("role-rows-removed", ((ROWS, ""),)),
    Case("role-expiry-added", ((OPERATIONS, OPERATIONS + EXPIRY),)),
    Case("role-expiry-earlier", (("2027-06-30", "2027-01-31"),)),
    Case("role-expiry-later", (("2027-06-30", "2028-06-30"),)),
    Case(
        "role-clearance-raised",
        ((OPERATIONS, OPERATIONS + CLEARANCE),),
    ),
    Case(
        "role-clearance-lowered",
        (("[ticket_id, seats]\n" + CLEARANCE, "[ticket_id, seats]\n"),),
        ((OPERATIONS, OPERATIONS + CLEARANCE),),
    ),
    Case("role-described", (("What members spend.", "What members spend in a year."),)),
    Case("contract-described", (("Refunds are not included.", "Refunds and taxes are not included."),)),
    Case(
        "contract-activated", (("status: draft", "status: active"),), (("status: active", "status: draft"),)
    ),
    Case("contract-deprecated", (("status: active", "status: deprecated"),)),
    Case("contract-retired", (("status: active", "status: retired"),)),
    Case("contract-withdrawn", (("status: active", "status: draft"),)),
    Case("status-changed", (("status: draft", "status: proposed"),), (("status: active", "status: draft"),)),
    Case("end-of-life-announced", ((REPAIR, REPAIR + END_OF_LIFE),)),
    Case("end-of-life-earlier", (("2027-03-31", "2027-01-31"),), ((REPAIR, REPAIR + END_OF_LIFE),)),
    Case("end-of-life-later", (("2027-03-31", "2027-12-31"),), ((REPAIR, REPAIR + END_OF_LIFE),)),
    Case("column-deprecated", ((FORMAT, FORMAT + "        deprecated: true\n"),)),
    Case("column-metadata-changed", ((FORMAT, FORMAT + "        tags: [clock]\n"),)),
    Case(
        "metadata-changed",
        (("status: active\n", "status: active\nteam:\n  name: bookings\n  members:\n    - username: ann\n"),),
    ),
    Case("contract-version-raised", (("version: 1.2.0", "version: 1.2.1"),)),
)
