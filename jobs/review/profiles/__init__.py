"""One person, one file (一人一档): the id found, the lake read without Spark, the page and its tables written."""
