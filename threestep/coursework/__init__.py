"""Coursework: a student's file graded in safety, and the bug named."""
