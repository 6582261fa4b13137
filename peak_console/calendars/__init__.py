"""Where calendars come from (exchanges of a library, tables of one's own, files of holidays), and where they are kept.

The library costs a second and 190 MB to load: only a short-lived child process does, and what it finds is kept in the
state directory.
"""
