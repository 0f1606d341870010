"""仮徴収額変更通知書: what changed in the provisional deductions before the main assessment (法140条3項)."""
