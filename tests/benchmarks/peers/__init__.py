"""Other schedulers and process managers on the same work, each behind the same small interface (`resident.Peer`).

Only the full mode uses them. Each is installed into a directory of its own that goes away with the run; one that cannot
be installed, started, or that loses work is named in the report, with the reason.
"""
