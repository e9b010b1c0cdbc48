"""
Papers (文书): what is printed of a case, black on white, A4, kept as PDF/A. They read, and change nothing but the archive.

`contents`, `results`, `forms` and `binder` say what stands on each sheet; the `.typ` files beside say how it looks, all by one
`letter.typ`. Nothing of a person enters a template's source: it comes as data.
"""
