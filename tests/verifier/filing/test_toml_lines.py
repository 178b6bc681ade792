"""Where a key stands, in files that make it hard."""

from __future__ import annotations

import tomllib

from verifier.filing.toml_lines import find_lines, line_of

HARD = '''\
# [commented]
title = "a [b] = c"   # 2
[agency]
name = """
[class]
term = 9
"""                   # 7
"quoted key" = 1      # 8
list = [
  "x = 1",
  [2],
]
after = 1             # 13
[[session]]           # 14
id = 'a'
[session.venue]       # 16
name = "n"
[[session]]           # 18
venue.name = "m"      # 19
inline = { starts = 1 }
[ a . "b c" ]         # 21
x = 1
'''


def test_each_key_has_the_line_it_stands_on() -> None:
    """Strings, comments and arrays that look like tables do not mislead."""
    tomllib.loads(HARD)
    lines = find_lines(HARD)
    assert lines == {
        ("title",): 2,
        ("agency",): 3,
        ("agency", "name"): 4,
        ("agency", "quoted key"): 8,
        ("agency", "list"): 9,
        ("agency", "after"): 13,
        ("session", 0): 14,
        ("session", 0, "id"): 15,
        ("session", 0, "venue"): 16,
        ("session", 0, "venue", "name"): 17,
        ("session", 1): 18,
        ("session", 1, "venue"): 19,
        ("session", 1, "venue", "name"): 19,
        ("session", 1, "inline"): 20,
        ("a", "b c"): 21,
        ("a", "b c", "x"): 22,
    }


def test_what_has_no_line_has_that_of_what_holds_it() -> None:
    """Keys of inline tables, and keys that are missing."""
    lines = find_lines(HARD)
    assert line_of(lines, ("session", 1, "inline", "starts")) == 20
    assert line_of(lines, ("session", 1, "missing")) == 18
    assert line_of(lines, ("nothing", "at all")) is None
