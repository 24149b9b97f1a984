"""Readers of the packages that the atlas is built from.

Only `octet.service.atlas.build` needs them: a running service imports none of this.
"""
