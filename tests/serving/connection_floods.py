"""Peers that send without end."""

from collections.abc import Iterator

import trio


async def pour(stream: trio.abc.SendStream, flood: Iterator[bytes], pieces: int = 100) -> None:
    """Send *flood*, so many *pieces* at once, until it ends or the other side has closed."""
    try:
        while text := b"".join(piece for piece, _ in zip(flood, range(pieces), strict=False)):
            await stream.send_all(text)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
