"""Reviews and lawsuits (复议、诉讼): the list of a desk, and one decision with everything contested about it."""
