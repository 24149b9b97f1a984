"""The names of what is held in Redis, readable to the operator who looks there.

octet:v1:id:live:acme:b6f0…     the verdict of one report
octet:v1:ref:live:acme:sess_…   what stands for a reference; also the channel that tells of it
"""

from urllib.parse import quote

from octet.service.realm import Realm
from octet.service.redis.prefix import PREFIX


def id_key(realm: Realm, envelope_id: str) -> str:
    """Return the key of an envelope's verdict."""
    return f"{PREFIX}:id:{_world(realm)}:{envelope_id}"


def ref_key(realm: Realm, ref: str) -> str:
    """Return the key, and the channel, of a reference."""
    return f"{PREFIX}:ref:{_world(realm)}:{ref}"


def _world(realm: Realm) -> str:
    """Name a realm without a colon of the partner's own, so that no two names run into one."""
    return f"{'live' if realm.live else 'test'}:{quote(realm.partner, safe='')}"
