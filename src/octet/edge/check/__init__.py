"""``octet-edge check``: proves a set-up instead of describing it.

Inside, the edge's own client asks the service. Outside, a visitor who holds the licence plays
channels against a deployed edge and opens the receipts: they say how the edge saw connections of
which the visitor knows everything. What is found is data (`finding`), what it means is decided
without I/O, and two thin shells (`inside`, `outside`) do the asking.
"""
