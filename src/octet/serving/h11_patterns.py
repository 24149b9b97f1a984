r"""h11's patterns, with blanks that give nothing back.

h11 (0.16) writes optional blanks as `[ \t]*` before what may be empty. To refuse a line of blanks
that ends badly, such a pattern tries every way to divide them: nine seconds for one 64 KiB header,
in which no other connection is served. With `[ \t]*+` the same lines match, with the same groups,
and the others are refused in one pass.
"""

import re
from typing import Final

from h11 import _readers
from h11._abnf import chunk_header, header_field

HEADER_FIELD: Final = header_field.replace(r":[ \t]*", r":[ \t]*+")
CHUNK_HEADER: Final = chunk_header.replace(r";.*", r";[^\r\n]*+(?:\r(?!\n)[^\r\n]*+)*+")
"""What follows the semicolon is ignored; it may hold any byte but the end of the line."""


def make_linear() -> None:
    """Put the patterns in the place of h11's, for this process."""
    _readers.header_field_re = re.compile(HEADER_FIELD.encode())
    _readers.chunk_header_re = re.compile(CHUNK_HEADER.encode())
