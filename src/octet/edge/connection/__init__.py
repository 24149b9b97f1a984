"""What the kernel, TLS and HTTP tell of one connection; a module an observation.

Each gives the fact as raw as it can be had, or the reason why it cannot.
"""
