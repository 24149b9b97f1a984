"""The ground of the measurement: visitor, exit and edge, and a delay line between any two of them.

    python -m benchmarks.real_stack.triangle PREFIX

makes the namespaces ``PREFIX-user``, ``PREFIX-exit`` and ``PREFIX-edge``, says ``ready``, takes the
rules of the lines as JSON from standard input at any time, and at its end stops what still runs in
the namespaces and removes them. Nothing leaves the machine: the namespaces have no other way out.

The addresses are real ones of real networks, because the engine's tables must know them.
"""

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

from benchmarks.channel_noise.delay_line import carry, ip, namespace, tun
from benchmarks.real_stack.people import PEOPLE

EDGE: Final = "192.0.2.1"
EXIT: Final = "185.107.56.10"
"""Of a Dutch host; all tables say so."""
USER_EXIT, EXIT_EDGE, USER_EDGE = "user-exit", "exit-edge", "user-edge"
ENDS: Final = {
    USER_EXIT: ("user", "exit"),
    EXIT_EDGE: ("exit", "edge"),
    USER_EDGE: ("user", "edge"),
}
ADDRESSES: Final[Mapping[str, tuple[str, ...]]] = {
    "user": tuple(person.address for person in PEOPLE),
    "exit": (EXIT,),
    "edge": (EDGE,),
}


def main(prefix: str) -> None:
    """Make the ground, and carry packets until standard input ends."""
    with ExitStack() as stack:
        spaces = {name: stack.enter_context(namespace(f"{prefix}-{name}")) for name in ADDRESSES}
        for name, space in spaces.items():
            for address in ADDRESSES[name]:
                ip("-n", space, "address", "add", address, "dev", "lo")
        lines = {name: _joined(spaces, *ends) for name, ends in ENDS.items()}
        carry(lines)


def _joined(spaces: Mapping[str, str], one: str, other: str) -> tuple[int, int]:
    """Join two ends by devices named after where they lead to."""
    devices = []
    for here, there in ((one, other), (other, one)):
        name = f"to-{there}"
        devices.append(tun(spaces[here], name))
        source = ADDRESSES[here][0]
        for address in ADDRESSES[there]:
            ip("-n", spaces[here], "route", "add", address, "dev", name, "src", source)
    return devices[0], devices[1]


if __name__ == "__main__":
    main(sys.argv[1])
