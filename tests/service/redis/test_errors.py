"""Of an answer of Redis only its code is repeated."""

import pytest
from coredis.parser import Parser

from octet.service.errors import OverloadedError
from octet.service.redis.errors import AwayError, RefusingError, code_of


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
        ("MISCONF Redis is configured to save RDB snapshots, but", "MISCONF"),
        ("NOPERM User octet has no permissions to access the 'sess_secret' key", "NOPERM"),
        ("READONLY You can't write against a read only replica.", "READONLY"),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", "WRONGTYPE"),
        ("WRONGPASS invalid username-password pair or user is disabled.", "WRONGPASS"),
        ("NOAUTH Authentication required.", "NOAUTH"),
        ("LOADING Redis is loading the dataset in memory", "LOADING"),
        ("ERR unknown command 'sess_secret'", "UnknownCommandError"),
        ("ERR sess_secret is no integer", "ResponseError"),
        ("sess_secret", "ResponseError"),
    ],
)
def test_code(answer: str, code: str) -> None:
    """The code is Redis's own where it gave one, as the library reads it, and nothing more."""
    assert code_of(Parser().parse_error(answer)) == code


def test_told() -> None:
    """Both are overloads, so that the answer to a request is 503 and to come back."""
    assert isinstance(AwayError(), OverloadedError)
    assert str(RefusingError("OOM")) == "the verdict store is full"
    assert str(RefusingError("NOPERM")) == "the verdict store refuses"
