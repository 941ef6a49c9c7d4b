"""Handouts and grading, built on the checks."""
