"""督促状 and 催告書: what is open of a demanded term, of all that a person owes."""
