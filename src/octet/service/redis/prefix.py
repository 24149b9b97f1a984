"""How everything of ours is called in Redis."""

from typing import Final

PREFIX: Final = "octet:v1"
"""Of every key and channel. Another number is another layout, which may stand beside this one."""
