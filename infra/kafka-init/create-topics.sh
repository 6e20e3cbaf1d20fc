#!/bin/sh
# Makes the two topics of the platform where they are missing, and sets what matters on them, also on those that are there.
#   BOOTSTRAP_SERVERS   host:port of a broker                                       (kafka:29092, as compose names it)
#   REPLICATION         copies of each partition; 3 in production                   (1)
#   MIN_INSYNC          copies that have to be in step before a 202; 2 of 3         (1)
#   RETENTION_MS        how long records are kept, read or not                      (604800000: 7 days)
#   KAFKA_BIN           folder of Kafka's own tools                                 (/opt/kafka/bin)
#   COMMAND_CONFIG      properties file for a cluster with TLS or SASL              (none)
set -eu

servers=${BOOTSTRAP_SERVERS:-kafka:29092}
bin=${KAFKA_BIN:-/opt/kafka/bin}
retention=${RETENTION_MS:-604800000}

tool() {
  program=$1
  shift
  "$bin/$program" --bootstrap-server "$servers" ${COMMAND_CONFIG:+--command-config "$COMMAND_CONFIG"} "$@"
}

# An event of 256 KiB, eight times over for the batch it travels in, and 64 KiB for its envelope. A dead letter is its record and the
# reason: 64 KiB more, so that whatever was accepted can be set aside.
raw_bytes=2162688
dlq_bytes=2228224

topic() {
  name=$1 partitions=$2 max_bytes=$3
  tool kafka-topics.sh --create --if-not-exists --topic "$name" \
    --partitions "$partitions" --replication-factor "${REPLICATION:-1}"
  # LogAppendTime: age and retention never depend on the clock of whoever appends.
  tool kafka-configs.sh --alter --entity-type topics --entity-name "$name" --add-config \
    "retention.ms=$retention,max.message.bytes=$max_bytes,message.timestamp.type=LogAppendTime,min.insync.replicas=${MIN_INSYNC:-1},unclean.leader.election.enable=false"
}

topic events.raw 6 "$raw_bytes"
topic events.dlq 3 "$dlq_bytes"
tool kafka-topics.sh --describe --topic 'events.(raw|dlq)'
