"""New lines of files → facts, in sets: who they are about, what files now say of them, what we believe."""
