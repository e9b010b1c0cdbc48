"""Reports and complaints (主动发现、投诉举报) and the warnings taken up: pages to enter, check and answer them."""
