"""Phial: a desktop assistant for mail and calendar that runs on its owner's machine."""
