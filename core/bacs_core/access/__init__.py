"""Who may do what: users, roles, sessions, tokens and rights. The engine decides, nobody else."""
