"""The rules for BUILD files."""

load("//sni_rules/private:microtvm_binary.bzl", _microtvm_binary = "microtvm_binary")
load("//sni_rules/private:microtvm_model.bzl", _microtvm_model = "microtvm_model")
load("//sni_rules/private:mlf_model.bzl", _mlf_model = "mlf_model")
load("//sni_rules/private:sni_benchmark_suite.bzl", _sni_benchmark_suite = "sni_benchmark_suite")
load("//sni_rules/private:sni_binary.bzl", _sni_binary = "sni_binary")
load("//sni_rules/private:sni_comparison.bzl", _sni_comparison = "sni_comparison")
load("//sni_rules/private:sni_kernel_library.bzl", _sni_kernel_library = "sni_kernel_library")
load("//sni_rules/private:sni_model.bzl", _sni_model = "sni_model")
load("//sni_rules/private:sni_size_report.bzl", _sni_size_report = "sni_size_report")
load("//sni_rules/private:sni_test.bzl", _sni_test = "sni_test")
load("//sni_rules/private:tflite_model.bzl", _tflite_model = "tflite_model", _tflite_models = "tflite_models")
load("//sni_rules/private:tflm_binary.bzl", _tflm_binary = "tflm_binary")
load("//sni_rules/private:tflm_model.bzl", _tflm_model = "tflm_model")
load("//sni_rules/private:zoo_model.bzl", _zoo_model = "zoo_model")

microtvm_binary = _microtvm_binary
microtvm_model = _microtvm_model
mlf_model = _mlf_model
sni_benchmark_suite = _sni_benchmark_suite
sni_binary = _sni_binary
sni_comparison = _sni_comparison
sni_kernel_library = _sni_kernel_library
sni_model = _sni_model
sni_size_report = _sni_size_report
sni_test = _sni_test
tflite_model = _tflite_model
tflite_models = _tflite_models
tflm_binary = _tflm_binary
tflm_model = _tflm_model
zoo_model = _zoo_model
