"""Which stories belong to which run: those of the staff system look into its database."""

import os

collect_ignore = [] if os.environ.get("KAIGO_SYSTEM") == "staff" else ["test_log_in.py"]
