"""Decision tables of cost control (费用调控决策表): by insurance, department, period, person type, charge."""
