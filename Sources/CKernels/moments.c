// Means and variances in double precision.
#include "moments.h"

#include <math.h>

/// Adds a part to a whole (Chan, Golub & LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing
/// Sample Variances", 1979).
static void add_moments(iris_moments *whole, const iris_moments *part) {
  double count = whole->count + part->count, distance = part->mean - whole->mean;
  whole->mean += distance * (part->count / count);
  whole->squares += part->squares + distance * distance * (whole->count * part->count / count);
  whole->count = count;
}

void iris_combine_moments(
    const iris_moments *parts, size_t count, size_t channels, iris_moments *moments) {
  for (size_t c = 0; c < channels; c++) {
    moments[c] = (iris_moments){0, 0, 0};
    for (size_t i = 0; i < count; i++) add_moments(&moments[c], parts + i * channels + c);
  }
}

void iris_group_norm_table(
    const iris_moments *moments, const float *weight, const float *bias, size_t channels,
    size_t groups, float eps, float *table) {
  size_t width = channels / groups;
  for (size_t group = 0; group < groups; group++) {
    iris_moments whole = {0, 0, 0};
    for (size_t c = group * width; c < (group + 1) * width; c++) add_moments(&whole, &moments[c]);
    double deviation = sqrt(whole.squares / whole.count + (double)eps);
    for (size_t c = group * width; c < (group + 1) * width; c++) {
      table[c] = (float)whole.mean;
      table[channels + c] = (float)((double)weight[c] / deviation);
      table[2 * channels + c] = bias[c];
    }
  }
}
