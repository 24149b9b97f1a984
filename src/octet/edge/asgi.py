"""``hypercorn -k trio octet.edge.asgi:app``: the edge under a server that is not ours.

It works; what the plain server cannot observe is reported as missing.
"""

import logging
import os

from octet.edge.app import EdgeApp
from octet.edge.clock import epoch_ms
from octet.edge.config import EdgeConfig

logging.getLogger("httpx").setLevel(logging.WARNING)  # it has a line for every request

app = EdgeApp(EdgeConfig.from_environment(os.environ), epoch_ms)
