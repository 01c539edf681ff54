"""The developer script `./dev`: prepares the machine, then runs the demo, the tests or the checks.

Standard library only: it has to run before anything is installed.
"""
