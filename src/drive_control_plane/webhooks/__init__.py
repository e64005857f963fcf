"""Push notifications: Google's come in and go to Kafka, and the channels that they come by are kept open."""
