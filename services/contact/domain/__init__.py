"""What contact knows: whom to treat how, what is planned, what stands in the way; pure, and free of any framework."""
