"""How the service reaches the Redis (or Valkey) that all its processes share.

Nothing here knows what is kept there: that are `octet.service.verdicts` and `octet.service.quotas`.
"""

from octet.service.redis.address import RedisAddress

__all__ = ["RedisAddress"]
