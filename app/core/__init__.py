"""Values and ports every room shares. Standard library only; imports nothing of Phial."""
