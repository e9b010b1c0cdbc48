"""The villages' boards (公示公布): what hangs there, the sheet to print, the photo that it hangs."""
