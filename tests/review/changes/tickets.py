"""One contract with everything in it that can change."""

from __future__ import annotations

TICKETS = """\
apiVersion: v3.2.0
kind: DataContract
id: bookings.tickets
name: Tickets
version: 1.2.0
status: active
domain: bookings
description:
  purpose: Every ticket that was sold.
  usage: Join on ticket_id.
  limitations: Refunds are not included.
schema:
  - name: tickets
    physicalType: table
    description: One ticket.
    properties:
      - name: ticket_id
        logicalType: string
        physicalType: varchar(13)
        description: Number of the ticket.
        primaryKey: true
        primaryKeyPosition: 1
        classification: internal
        logicalTypeOptions:
          pattern: "^[0-9]{13}$"
      - name: coupon
        logicalType: integer
        physicalType: integer
        description: Number of the coupon within the ticket.
        primaryKey: true
        primaryKeyPosition: 2
        classification: internal
      - name: fare_class
        logicalType: string
        physicalType: varchar(16)
        description: Booking class that was sold.
        required: true
        classification: internal
        enum:
          - value: economy
          - value: business
      - name: price
        logicalType: number
        physicalType: decimal(10,2)
        description: What was paid, in US dollars.
        required: true
        classification: confidential
        logicalTypeOptions:
          minimum: 1
          maximum: 5000
      - name: seats
        logicalType: integer
        physicalType: integer
        description: How many seats it is for.
        classification: internal
        examples: ["1", "2"]
        logicalTypeOptions:
          multipleOf: 2
      - name: remark
        logicalType: string
        physicalType: varchar(200)
        description: What the agent wrote.
        classification: internal
        logicalTypeOptions:
          minLength: 2
          maxLength: 100
      - name: airport
        logicalType: string
        physicalType: varchar(8)
        description: Where it was sold, IATA code.
        classification: public
        relationships:
          - type: foreignKey
            to: airports.iata_code
      - name: document
        logicalType: string
        physicalType: varchar(40)
        description: Identifier of the document in the archive.
        unique: true
        classification: internal
        quality:
          - name: documents are known
            type: library
            metric: nullValues
            mustBeLessThan: 5
            unit: percent
      - name: sold_at
        logicalType: timestamp
        physicalType: timestamp
        description: When it was sold, UTC.
        classification: internal
      - name: email
        logicalType: string
        physicalType: varchar(100)
        description: Where it was sent.
        classification: personal
    quality:
      - name: the day brought tickets
        type: library
        metric: rowCount
        mustBeGreaterThan: 10
      - name: prices add up
        type: sql
        query: select count(*) from ${object} where price > 4000
        mustBeLessThan: 3
      - name: a business ticket costs
        type: custom
        engine: redshift
        implementation: fare_class <> 'business' or price > 100
      - name: tickets are watched
        type: library
        metric: rowCount
        mustBeLessThan: 100000
        severity: warning
roles:
  - role: shopping
    access: read
    description: Look-to-book.
    customProperties:
      - property: columns
        value: [ticket_id, coupon, fare_class, seats]
      - property: expires
        value: "2027-06-30"
  - role: loyalty
    access: read
    description: What members spend.
    customProperties:
      - property: clearance
        value: confidential
      - property: rows
        value: fare_class = 'business'
  - role: operations
    access: read
    description: How full the aircraft are.
    customProperties:
      - property: columns
        value: [ticket_id, seats]
  - role: archive
    access: read
    description: A trial that is over.
    customProperties:
      - property: columns
        value: [ticket_id]
      - property: expires
        value: "2026-01-31"
slaProperties:
  - property: freshness
    value: 2
    unit: d
    element: tickets.sold_at
  - property: latency
    value: 4
    unit: h
  - property: frequency
    value: 1
    unit: d
  - property: retention
    value: 5
    unit: y
  - property: availability
    value: 99
    unit: percent
  - property: timeToRepair
    value: 2
    unit: d
"""
