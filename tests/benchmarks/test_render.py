"""The page says what was measured, and what failed."""

from pathlib import Path

from benchmarks.speed.loading import Histogram, Outcome
from benchmarks.speed.render import render
from benchmarks.speed.results import Result, read, write

ENVIRONMENT = {
    "at": "2026-01-01T00:00:00+00:00",
    "cpu": "a processor",
    "cores": 2,
    "memoryMib": 1024,
    "kernel": "6",
    "python": "3.11",
    "openssl": "3",
    "loadAverage": [0.0, 0.0, 0.0],
    "bodyBytes": 1700,
    "seed": 1,
    "quick": False,
}


def posts(program: str, processor_s: float, **failed: int) -> Outcome:
    return Outcome(
        program=program,
        round=0,
        mode="posts",
        seconds=1.0,
        done=1000,
        failed=failed,
        processor_seconds=processor_s,
        latency=Histogram.of([100, 200]),
    )


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    """What is kept is all that was measured."""
    result = Result("posts", ENVIRONMENT, [posts("octet", 0.1)], failure="it broke")
    write(result, tmp_path)
    assert read("posts", tmp_path) == result
    assert read("visits", tmp_path) is None


def test_page(tmp_path: Path) -> None:
    """A target that is met, one that is missed and one that was not measured are told apart."""
    outcomes = [posts("octet", 0.1), posts("naive", 2.5), posts("aiohttp", 0.2)]
    write(Result("posts", ENVIRONMENT, outcomes), tmp_path)
    page = tmp_path / "page.md"
    render(tmp_path, page)
    text = page.read_text()
    assert "| posts: × naive | ≥ 20 | 25 | 25 – 25 | yes |" in text
    assert "| posts: × aiohttp | ≥ 3 | 2 | 2 – 2 | **no** |" in text
    assert "| visits: × edge in Go | ≥ 0.6 | not measured |" in text
    assert (tmp_path / "performance/posts.svg").exists()


def test_a_failed_run_is_shown_as_failed(tmp_path: Path) -> None:
    """A window with failures gives no number, and the page says what failed."""
    outcomes = [posts("octet", 0.1), posts("naive", 2.5, dial=3)]
    write(Result("posts", ENVIRONMENT, outcomes, failure="out of ports"), tmp_path)
    page = tmp_path / "page.md"
    render(tmp_path, page)
    text = page.read_text()
    assert "**This run failed:** `out of ports`" in text
    assert "- naive, round 0: **failed**, 3 × dial" in text
    assert "| naive: Quart-Trio, httpx | failed |" in text
    assert "| posts: × naive | ≥ 20 | not measured |" in text
