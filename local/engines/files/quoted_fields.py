"""A line of CSV as OpenCSVSerDe cuts it: quotes, doubled quotes, and an escape character."""

from __future__ import annotations


def split(line: str, separator: str, quote: str, escape: str) -> list[str]:
    """The fields of one line; none for a blank line.

    The escape character is dropped where it stands before a quote or before itself, and anywhere else. Raises ValueError for a quote that
    is not closed on its line: OpenCSVSerDe knows no line breaks within a field ("Open CSV SerDe for processing CSV",
    Amazon Athena User Guide), and what such a field holds would be lost.
    """
    if not line:
        return []
    if quote not in line and escape not in line:
        return line.split(separator)
    fields: list[str] = []
    field: list[str] = []
    quoted = False
    position = 0
    while position < len(line):
        character = line[position]
        following = line[position + 1 : position + 2]
        if character == escape and following in (quote, escape) and following:
            field.append(following)
            position += 1
        elif character == quote and quoted and following == quote:
            field.append(quote)
            position += 1
        elif character == quote and (quoted or not field):
            quoted = not quoted
        elif character == separator and not quoted:
            fields.append("".join(field))
            field.clear()
        elif character != escape:
            field.append(character)
        position += 1
    if quoted:
        raise ValueError(
            "a quote is not closed on its line: the Open CSV SerDe knows no line breaks within a field"
        )
    return [*fields, "".join(field)]
