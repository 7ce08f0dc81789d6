"""The side of queues, stream and schedule: events become values, one use case each."""
