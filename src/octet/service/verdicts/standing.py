"""What stands when one reference is reported several times."""

from attrs import evolve

from octet.schema.verdict import Verdict


def standing(earlier: Verdict | None, later: Verdict) -> Verdict:
    """Return what stands after *later*: the latest country that was found, the highest alarm.

    A later report without a country says too little to take back an earlier one's; all that
    belongs to the country (confidence, place, region) stays with it. A token that says another
    alarm than what stands is left out: whoever reads makes a new one.

    Source: the contract, "Edge → service".
    """
    if earlier is None:
        return later
    found = earlier if later.country is None and earlier.country is not None else later
    alarm = max(earlier.alarm, later.alarm)
    return found if found.alarm == alarm else evolve(found, alarm=alarm, token=None)
