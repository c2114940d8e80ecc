"""Bringing in mail, calendars and contacts from files; what is written goes through their rooms."""
