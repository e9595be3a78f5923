#!/bin/sh
# Waits for the server and creates the namespace. Safe to repeat.
set -eu
until temporal operator cluster health --address temporal:7233 >/dev/null 2>&1; do
  echo 'waiting for Temporal'
  sleep 2
done
temporal operator namespace describe --address temporal:7233 -n default >/dev/null 2>&1 ||
  temporal operator namespace create --address temporal:7233 -n default --retention 7d
