"""Child processes for every room: spawn, wire, limits, kill, restart.

Native code can abort; here it does so in a process of its own. What a child computes belongs to
the room that starts it. Nothing here knows models, mail or calendars.
"""
