"""Tasks that end with words (任务): seen and ended by whoever they were given to."""
