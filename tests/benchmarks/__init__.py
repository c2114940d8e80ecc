"""Benchmarks: each measures its value and its baseline in one run, interleaved."""
