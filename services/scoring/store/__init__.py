"""Every query of scoring: assessments and standings, bucket rates, borrowers and what was heard of them."""
