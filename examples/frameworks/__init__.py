"""One small application for each web framework: mint, embed, read, decide.

Each file stands alone, and reads from its environment where the service (``OCTET_URL``) and the
edge (``EDGE_URL``) are, the ``OCTET_PARTNER_KEY``, and the ``SECRET_KEY`` of its session cookies.
"""
