"""For those who put in a compiler of their own: the toolchain rule and the toolchain type."""

load("//sni_rules/private:sni_toolchain.bzl", _sni_toolchain = "sni_toolchain")
load("//sni_rules/private:toolchain_type.bzl", _SNI_TOOLCHAIN_TYPE = "SNI_TOOLCHAIN_TYPE")

sni_toolchain = _sni_toolchain
SNI_TOOLCHAIN_TYPE = _SNI_TOOLCHAIN_TYPE
