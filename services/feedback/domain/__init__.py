"""What the borrower said, agreed and deserves, and how we judge it: pure, one borrower at a time."""
