"""What contact hears from the other houses, and what it does about it."""
