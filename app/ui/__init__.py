"""The window. The only room that imports Qt; it shows and asks, and decides nothing."""
