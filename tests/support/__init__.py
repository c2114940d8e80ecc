"""What several tests share: makers of test data and ways to drive the program."""
