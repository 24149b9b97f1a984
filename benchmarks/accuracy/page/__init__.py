"""The sections of the page about accuracy, one a module.

Each has `section(kept) -> str`: its part of the page in Markdown, headed by ``## ``, made of what
runs kept and of nothing else. Where a run kept nothing, it says "Not measured.". The order is that
of `benchmarks.accuracy.render.SECTIONS`.
"""
