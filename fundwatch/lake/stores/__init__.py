"""What keeps a lake's files: folders of this machine, HDFS. Each does in its own way what Arrow does not do for all."""
