"""被保険者台帳: everything the section holds of one insured person, as paper for the section itself."""
