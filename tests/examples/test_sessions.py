"""The app's memory is bounded."""

from examples.customer_app.sessions import MAX_SESSIONS, Sessions


def test_a_reference_belongs_to_the_visit_it_was_minted_for() -> None:
    """A stranger's reference belongs to none."""
    sessions = Sessions()
    ref = sessions.open("home")
    assert sessions.visit_of(ref) == "home"
    assert sessions.visit_of("sess_somebody_elses") is None


def test_the_oldest_references_are_forgotten() -> None:
    """However many visitors come, memory stays as it is."""
    sessions = Sessions()
    refs = [sessions.open("home") for _ in range(MAX_SESSIONS + 1)]
    assert sessions.visit_of(refs[0]) is None
    assert all(sessions.visit_of(ref) for ref in refs[1:])
