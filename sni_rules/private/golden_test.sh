#!/usr/bin/env bash
#
# Gives a model's golden samples to the program that compares. Made by sni_rules.

exec "${BASH_SOURCE[0]%/*}/{program}" <"${BASH_SOURCE[0]%/*}/{golden}"
