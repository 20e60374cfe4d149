"""The survey: a first look at a site, for `scrapy sites add` and `scrapy sites check URL`.

`findings` are its values, `course` the order of the look, `spider` the thin shell that fetches, `verdict` what of the
findings goes into the registry, `diagnosis` why a site gives nothing. Must not know commands.
"""
