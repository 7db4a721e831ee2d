"""The consumer: hears the topics of other houses in batches, through the same fold as every other door."""

from shared.consumer.kafka import KafkaConsumer
from shared.consumer.polling import PollingConsumer

__all__ = ["KafkaConsumer", "PollingConsumer"]
