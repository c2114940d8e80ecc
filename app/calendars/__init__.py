"""Calendars: a folder of .ics files, what happens in them and when, and how they may change."""
