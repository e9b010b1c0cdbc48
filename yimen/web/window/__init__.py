"""The window (窗口): find a person, see the household, and ask what help there is."""
