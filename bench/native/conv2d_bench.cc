#include "ops/conv2d/conv2d.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Convolution {
  std::string name;
  int64_t n, h, w, c, oc, kernel, stride, padding, groups, oh, ow;
  Array<float> x, weights, bias, y, dx, dw, db;

  explicit Convolution(const std::vector<std::string>& row)
      : name(row[0]),
        n(std::stoll(row[1])),
        h(std::stoll(row[2])),
        w(std::stoll(row[3])),
        c(std::stoll(row[4])),
        oc(std::stoll(row[5])),
        kernel(std::stoll(row[6])),
        stride(std::stoll(row[7])),
        padding(std::stoll(row[8])),
        groups(std::stoll(row[9])),
        oh((h + 2 * padding - kernel) / stride + 1),
        ow((w + 2 * padding - kernel) / stride + 1),
        x(n * h * w * c, 1),
        weights(kernel * kernel * (c / groups) * oc, 2),
        bias(oc, 3),
        y(n * oh * ow * oc, 4),  // the forward output, and the gradient given to backward
        dx(x.size()),
        dw(weights.size()),
        db(oc) {}

  std::vector<int64_t> desc() const {
    return {n, h, w, c, oh, ow, oc, kernel, kernel, stride, stride, 1, 1, padding, padding, groups, 0};
  }

  double x_at(int64_t b, int64_t i, int64_t j, int64_t d) const {
    if (i < 0 || i >= h || j < 0 || j >= w) return 0;
    return static_cast<double>(x[((b * h + i) * w + j) * c + d]);
  }
  double w_at(int64_t p, int64_t q, int64_t d, int64_t o) const {
    return static_cast<double>(weights[((p * kernel + q) * (c / groups) + d) * oc + o]);
  }
  double y_at(int64_t b, int64_t i, int64_t j, int64_t o) const {
    return static_cast<double>(y[((b * oh + i) * ow + j) * oc + o]);
  }

  double forward(int64_t at) const {
    const int64_t o = at % oc, j = at / oc % ow, i = at / oc / ow % oh, b = at / oc / ow / oh;
    const int64_t per_group = c / groups, first = o / (oc / groups) * per_group;
    double sum = static_cast<double>(bias[o]);
    for (int64_t p = 0; p < kernel; ++p) {
      for (int64_t q = 0; q < kernel; ++q) {
        for (int64_t d = 0; d < per_group; ++d) {
          sum += x_at(b, i * stride + p - padding, j * stride + q - padding, first + d) *
                 w_at(p, q, d, o);
        }
      }
    }
    return sum;
  }

  double data_gradient(int64_t at) const {
    const int64_t d = at % c, j = at / c % w, i = at / c / w % h, b = at / c / w / h;
    const int64_t per_group = c / groups, group = d / per_group, outputs = oc / groups;
    double sum = 0;
    for (int64_t p = 0; p < kernel; ++p) {
      for (int64_t q = 0; q < kernel; ++q) {
        const int64_t oi = i + padding - p, oj = j + padding - q;
        if (oi < 0 || oj < 0 || oi % stride != 0 || oj % stride != 0) continue;
        if (oi / stride >= oh || oj / stride >= ow) continue;
        for (int64_t o = group * outputs; o < (group + 1) * outputs; ++o) {
          sum += y_at(b, oi / stride, oj / stride, o) * w_at(p, q, d - group * per_group, o);
        }
      }
    }
    return sum;
  }

  double weight_gradient(int64_t at) const {
    const int64_t per_group = c / groups;
    const int64_t o = at % oc, d = at / oc % per_group, q = at / oc / per_group % kernel;
    const int64_t p = at / oc / per_group / kernel, channel = o / (oc / groups) * per_group + d;
    double sum = 0;
    for (int64_t b = 0; b < n; ++b) {
      for (int64_t i = 0; i < oh; ++i) {
        for (int64_t j = 0; j < ow; ++j) {
          sum += x_at(b, i * stride + p - padding, j * stride + q - padding, channel) *
                 y_at(b, i, j, o);
        }
      }
    }
    return sum;
  }
};

using Row = std::vector<std::string>;

Body forward(const Row& row) {
  auto t = std::make_shared<Convolution>(row);
  Body body = [t, desc = t->desc()] {
    must(nrt_conv2d_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->x.at(), t->weights.at(), t->bias.at(),
                        desc.data()));
  };
  body();
  for (const int64_t at : samples(t->y.size(), 200)) {
    check("conv2d_fwd " + t->name, at, static_cast<double>(t->y[at]), t->forward(at), 2e-4);
  }
  return body;
}

Body backward_data(const Row& row) {
  auto t = std::make_shared<Convolution>(row);
  Body body = [t, desc = t->desc()] {
    must(nrt_conv2d_bwd_data(ctx(), NRT_FLOAT32, t->dx.at(), t->y.at(), t->weights.at(),
                             desc.data()));
  };
  body();
  for (const int64_t at : samples(t->dx.size(), 200)) {
    check("conv2d_bwd_data " + t->name, at, static_cast<double>(t->dx[at]), t->data_gradient(at),
          2e-4);
  }
  return body;
}

Body backward_weights(const Row& row) {
  auto t = std::make_shared<Convolution>(row);
  Body body = [t, desc = t->desc()] {
    must(nrt_conv2d_bwd_weights(ctx(), NRT_FLOAT32, t->dw.at(), t->db.at(), t->x.at(), t->y.at(),
                                desc.data()));
  };
  body();
  for (const int64_t at : samples(t->dw.size(), 20)) {
    check("conv2d_bwd_weights " + t->name, at, static_cast<double>(t->dw[at]),
          t->weight_gradient(at), 2e-3);
  }
  return body;
}

// The sizes alone, without the tensors.
double flops(const Row& row) {
  const double kernel = std::stod(row[6]), stride = std::stod(row[7]), padding = std::stod(row[8]);
  const double oh = std::floor((std::stod(row[2]) + 2 * padding - kernel) / stride) + 1;
  const double ow = std::floor((std::stod(row[3]) + 2 * padding - kernel) / stride) + 1;
  return 2 * std::stod(row[1]) * oh * ow * std::stod(row[5]) * kernel * kernel *
         std::stod(row[4]) / std::stod(row[9]);
}

const bool added = add_group([] {
  for (const Row& row : shapes("conv2d.txt")) {
    add("conv2d_fwd/" + row[0], {flops(row)}, [row] { return forward(row); });
    add("conv2d_bwd_data/" + row[0], {flops(row)}, [row] { return backward_data(row); });
    add("conv2d_bwd_weights/" + row[0], {flops(row)}, [row] { return backward_weights(row); });
  }
});

}  // namespace
}  // namespace neurite_bench
