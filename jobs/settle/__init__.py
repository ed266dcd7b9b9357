"""Settlements made again (模拟结算): all beside the benefit policy, one step by step, other ways to pay."""
