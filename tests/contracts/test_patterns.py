"""Which regular expressions a contract may have.

Judges: POSIX.1-2017, 9.3.6 and RE_DUP_MAX (255); ECMA-262 for what other readers of the contract take a pattern for.
"""

from __future__ import annotations

import pytest

from interline.contracts.odcs.type_options import TEXT_FORMATS
from interline.contracts.patterns import pattern_mistake


@pytest.mark.parametrize(
    "pattern",
    [*TEXT_FORMATS.values(), "^FF[0-9]{8}$", "a{255}", "(a{10}){100}", "[]{}()*+?]", "a[^]x]b", r"[\]]x", r"\d+\.\d{2}", "a{2,}", "x{y", "é|名"],
)  # fmt: skip
def test_patterns_that_are_read_alike(pattern: str) -> None:
    assert pattern_mistake(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("^FF[0-9]{8000}$", "8,000 times"),
        ("a{256}", "256 times"),
        ("a{2,256}", "256 times"),
        ("((a{20}){20}){20}", "8,000 times"),
        ("(a{100}|b){11}", "1,100 times"),
        ("a{,5}", "POSIX does not know"),
        ("a{99999999999999}", "no regular expression"),
        ("(", "no regular expression"),
        ("(?:a)", "POSIX regular expressions lack"),
        ("(?=a)", "POSIX regular expressions lack"),
        ("a*?", "POSIX regular expressions lack"),
        ("a++", "POSIX regular expressions lack"),
        ("^*a", "no regular expression"),
        (r"(a)\1", "POSIX regular expressions lack"),
        (r"\bword", "POSIX regular expressions lack"),
        (r"a\Z", "POSIX regular expressions lack"),
        (r"[\x41]", "POSIX regular expressions lack"),
        ("[[:alpha:]]", "named class"),
        ("a\0b", "NUL"),
        ("a" * 3_000, "3,000 characters"),
        ("(" * 2_000, "no regular expression|nested too deeply"),
    ],
)
def test_patterns_that_are_not(pattern: str, words: str) -> None:
    mistake = pattern_mistake(pattern)
    assert mistake is not None
    assert any(word in mistake[0] for word in words.split("|"))
