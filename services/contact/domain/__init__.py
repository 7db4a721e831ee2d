"""What contact knows: whether, when and how a borrower may be contacted; pure, and free of any framework."""
