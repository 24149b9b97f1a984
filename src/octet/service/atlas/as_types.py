"""What kind of network an autonomous system is.

No public package says so, hence a rule of our own, on names (Route Views, DB-IP) and size (IPv4
addresses announced). It is a likelihood's input, not a judgement: an error costs evidence, it never
decides. First match of:

1. the short list of numbers whose names mislead, of every kind;
2. words that only satellite, relay, mobile or hosting operators put into a name, in this order
   (``Hetzner``, ``VPS``; ``mobile``, ``wireless`` …);
3. words of those whose addresses are neither homes nor hosts (``university``, ``bank`` …): other;
4. words of those who connect homes (``telecom``, ``broadband``, ``cable``, ``ISP`` …): access;
5. more than 2^18 addresses and none of the above: access. Hosts of that size carry a known name.
6. other.

Source: ours; the numbers are public assignments of the registries.
"""

import re
from enum import IntEnum

LARGE_ACCESS_ADDRESSES = 2**18


class AsType(IntEnum):
    """The kind of a network; the number is what the artefact stores."""

    OTHER = 0
    ACCESS = 1
    MOBILE = 2
    HOSTING = 3
    SATELLITE = 4
    RELAY = 5


BY_NUMBER: dict[int, AsType] = {
    # Egress of iCloud Private Relay and of content networks that end other people's connections.
    13335: AsType.RELAY,  # Cloudflare
    132892: AsType.RELAY,  # Cloudflare
    36183: AsType.RELAY,  # Akamai, Private Relay
    20940: AsType.RELAY,  # Akamai
    16625: AsType.RELAY,  # Akamai
    54113: AsType.RELAY,  # Fastly
    14593: AsType.SATELLITE,  # Starlink
    27277: AsType.SATELLITE,  # Starlink
    45700: AsType.SATELLITE,  # Starlink
    # Transit whose address space is let to servers more than to homes.
    174: AsType.HOSTING,  # Cogent
    6939: AsType.HOSTING,  # Hurricane Electric
    1299: AsType.HOSTING,  # Arelion
    9009: AsType.HOSTING,  # M247
    8100: AsType.HOSTING,  # QuadraNet
    3223: AsType.HOSTING,  # Voxility
    202425: AsType.HOSTING,  # IP Volume
    60068: AsType.HOSTING,  # Datacamp
    212238: AsType.HOSTING,  # Datacamp
    62240: AsType.HOSTING,  # Clouvider
    51852: AsType.HOSTING,  # Private Layer
    62371: AsType.HOSTING,  # Proton
    209103: AsType.HOSTING,  # Proton
    199218: AsType.HOSTING,  # Proton
    39351: AsType.HOSTING,  # 31173 Services
    136787: AsType.HOSTING,  # PacketHub
    147049: AsType.HOSTING,  # PacketHub
    207137: AsType.HOSTING,  # PacketHub
    16591: AsType.ACCESS,  # Google Fiber
    8881: AsType.ACCESS,  # 1&1 Versatel
    12322: AsType.ACCESS,  # Free SAS
    51207: AsType.MOBILE,  # Free Mobile
    21928: AsType.MOBILE,  # T-Mobile US
    22394: AsType.MOBILE,  # Verizon Wireless
    6167: AsType.MOBILE,  # Verizon Wireless
    20057: AsType.MOBILE,  # AT&T Mobility
    12576: AsType.MOBILE,  # EE
    206067: AsType.MOBILE,  # Three UK
    60339: AsType.MOBILE,  # Three UK
    25135: AsType.MOBILE,  # Vodafone UK
    55836: AsType.MOBILE,  # Reliance Jio
    9605: AsType.MOBILE,  # NTT Docomo
}
"""Numbers whose names mislead, or that matter too much to leave to a word."""

_SATELLITE = (
    r"starlink|space exploration|satellite|satelit|viasat|hughes|inmarsat|iridium|eutelsat"
    r"|oneweb|intelsat|o3b|speedcast|marlink|\bses\b|kvh|skyedge|telesat"
)
_RELAY = r"private relay|fastly|cloudflare|akamai"
_MOBILE = (
    r"(?<!exxon )mobil|wireless|cellular|cellco|\bgsm\b|\blte\b|\b[345]g\b|verizon wireless"
    r"|vodacom|safaricom|movistar|telcel|turkcell|kyivstar|mtn\b|airtel|\bjio\b|docomo|play\b"
    r"|\bp4\b|hutchison|\bthree\b|orange botswana|\bcell c\b|mobifone|celcom|maxis|\bdigi tel"
    r"|wind tre|vimpelcom|megafon|\bmts\b|tele2|lycamobile|virtual operator|\bmvno\b"
)
_HOSTING = (
    r"host|\bvps\b|server|cloud|data ?-?cent(er|re)|data ?camp|colo\b|colocation|coloc|\bidc\b"
    r"|\bvpn\b|amazon|aws\b|google|microsoft|azure|oracle|digital ?ocean|hetzner|\bovh|linode"
    r"|vultr|constant company|leaseweb|m247|choopa|contabo|ionos|scaleway|online s\.?a\.?s"
    r"|alibaba|tencent|huawei cloud|byteplus|volcano engine|rackspace|softlayer|ibm cloud"
    r"|equinix|psychz|quadranet|zenlayer|gcore|g-core|cdn|packethub|worldstream|serverius|nforce"
    r"|i3d|cdn77|datapacket|path network|hostinger|godaddy|namecheap|dedicated|dreamhost"
    r"|\bbluehost|upcloud|kamatera|tzulo|hivelocity|sharktech|gigenet|cogent|performive"
    r"|interserver|\bxtom|misaka|combahton|aeza|stark|selectel|timeweb|reg\.ru|infomaniak|netcup"
    r"|\bdedi|proxy|proton|mullvad|nordvpn|tefincom|surfshark|31173|private layer|privado"
    r"|windscribe|express ?vpn|ipvanish|cyberghost|stackpath|limelight|virtual machine|hyperscal"
    r"|\bsaas\b|iaas|webzilla|servinga|latitude\.sh|maxihost|rapidseedbox|ipxo|logicweb"
    r"|cherry servers|baltneta|internet utilities|hydra communications|blix\b|melbikomas"
    r"|bandwidth technologies|voxility|creanova|obenet|glesys|bahnhof cloud|\btor\b|web services"
    r"|render\b|fly\.io|vercel|heroku|salesforce|egihosting|ace data|cachefly|clouvider"
    r"|global layer|anexia|gtt communications|bunny ?way|packet exchange|owl limited"
)
_ACCESS = (
    r"telecom|telekom|telecomm|communicat|comunica|broadband|cable|kabel|fib(er|re|ra)|internet"
    r"|\bisp\b|adsl|\bdsl\b|\bnet\b|telef[oó]n|telephone|telco|telia|telenor|telmex|tel\b"
    r"|com hem|comcast|charter|verizon|at&t|vodafone|orange|\bo2\b|\bkpn\b|ziggo|sky\b|virgin"
    r"|proximus|swisscom|sunrise|salt\b|t-mobile|bouygues|proxad|sfr\b|free sas|fastweb|tiscali"
    r"|optus|telstra|rogers|shaw|videotron|cox|centurylink|lumen|frontier|windstream|spectrum"
    r"|uninet|claro|\btim\b|kddi|softbank|biglobe|so-net|chinanet|unicom|vnpt|viettel|etisalat"
    r"|\bisp|provedor|banda|networks? (ltd|limited|pvt)|netplus|wi-?fi|wisp|connect|online|1&1"
    r"|versatel|chunghwa|korea telecom|bharti|\bbsnl\b|ooredoo|zain"
)
_OTHER = (
    r"universi|college|school|education|institut|research|academ|gouv|govern|ministr|ministère"
    r"|department|\bdod\b|exxon|federal|state of|city of|county|\bbank\b|insurance|hospital"
    r"|health|defen[cs]e|military|exchange|registry|\bnic\b|\bripe\b|apnic|arin\b|motor|mercedes"
    r"|pharma|postal|\bapple\b|\bibm\b|facebook|\bmeta\b|netflix|twitter|energ|electric|airlines"
    r"|police|council"
)

_RULES: tuple[tuple[AsType, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(words, re.IGNORECASE))
    for kind, words in (
        (AsType.SATELLITE, _SATELLITE),
        (AsType.RELAY, _RELAY),
        # Mobile before hosting: "T-Mobile … data center" is a carrier; hosts do not say mobile.
        (AsType.MOBILE, _MOBILE),
        (AsType.HOSTING, _HOSTING),
        (AsType.OTHER, _OTHER),
        (AsType.ACCESS, _ACCESS),
    )
)


def as_type(number: int, name: str, addresses: int) -> AsType:
    """Return the kind of a network by the rule above.

    Args:
        number: the autonomous system number.
        name: its organisation as the routing table's publisher spells it.
        addresses: IPv4 addresses that it announces.
    """
    known = BY_NUMBER.get(number)
    if known is not None:
        return known
    for kind, words in _RULES:
        if words.search(name):
            return kind
    return AsType.ACCESS if addresses >= LARGE_ACCESS_ADDRESSES else AsType.OTHER
