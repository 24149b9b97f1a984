"""Loads and measurements. The visitor in here also stands in for a browser where there is none."""
