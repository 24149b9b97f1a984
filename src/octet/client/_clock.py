"""The wall clock, for the expiry of tokens; all else waits by a clock that never goes back."""

import time

epoch_s = time.time  # noqa: TID251 - the one place where the client reads it
"""Seconds since the Unix epoch."""
