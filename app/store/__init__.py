"""What Phial keeps on disk: profile folder, database, journal, settings. Knows only core."""
