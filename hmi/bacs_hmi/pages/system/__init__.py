"""System: how engine, panel and storage do, the stick, tests of the screen, and licences."""
