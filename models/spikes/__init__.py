"""Item spikes (单项目专项筛查): which items rose or stand out where, beyond chance, peers and diagnoses."""
