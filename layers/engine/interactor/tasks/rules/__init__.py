"""What a link's token holds, decided by values alone."""
