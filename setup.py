"""The distribution: packages listed one by one, so that nothing else of the tree can slip into it."""

from setuptools import setup

PACKAGES = [
    "fundwatch",
    "fundwatch.contracts",
    "jobs",
    "intake",
    "features",
    "features.catalogue",
    "rules",
    "models",
    "leads",
    "simulator",
    "simulator.schemes",
]

setup(
    packages=[*PACKAGES, "fundwatch.conf"],
    # a checkout reads conf/ in place
    package_dir={"fundwatch.conf": "conf"},
    package_data={"": ["**/*.yaml", "**/*.csv", "**/*.json"]},
)
