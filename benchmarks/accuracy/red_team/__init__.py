"""Attackers who search for the most certain wrong answer that their means allow."""
