"""What an institution checks itself by (自查自纠): its pack of questions and own lines, and what it answered."""
