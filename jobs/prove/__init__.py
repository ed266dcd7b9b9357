"""For who asks how right it is: simulated deliveries, the demonstration, the evaluation."""
