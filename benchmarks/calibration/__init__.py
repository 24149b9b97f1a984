"""Fits the engine's thresholds and calibration on simulated sessions; ``make fit``."""
