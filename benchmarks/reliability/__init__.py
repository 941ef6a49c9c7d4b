"""Proofs of reliability, each a program: python -m benchmarks.reliability.NAME"""
