// The generated headers in a C++ program.
#include <algorithm>
#include <array>
#include <iostream>
#include <numeric>

#include "dense_f.h"
#include "dense_i.h"

int main() {
  static dense_f_state float_state;
  static dense_i_state int8_state;
  dense_f_init(&float_state);
  dense_i_init(&int8_state);
  std::array<float, 8> row{1.0f, -1.0f, 0.5f, 0.0f, 0.0f, 2.0f, -0.5f, 0.25f};
  std::copy(row.begin(), row.end(), dense_f_input(&float_state));
  std::fill_n(dense_i_input(&int8_state), row.size(), static_cast<int8_t>(1));
  dense_f_invoke(&float_state);
  dense_i_invoke(&int8_state);

  const float* output = dense_f_output(&float_state);
  const float sum = std::accumulate(output, output + 4, 0.0f);
  if (sum < 0.999f || sum > 1.001f) {
    std::cerr << "the float32 outputs add up to " << sum << ", expected 1\n";
    return 1;
  }
  return 0;
}
