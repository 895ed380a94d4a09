#include "ops/attention/attention.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Attention {
  int64_t batch, heads, length, width;
  bool causal;

  double scale = 1 / std::sqrt(static_cast<double>(width));
  int64_t n = batch * heads * length * width;
  Array<float> q{n, 1}, k{n, 2}, v{n, 3}, dy{n, 4}, y{n}, lse{n / width};
  Array<float> dq{n}, dk{n}, dv{n};
  std::vector<int64_t> desc = std::vector<int64_t>(NRT_ATTENTION_DESC);

  Attention(int64_t b, int64_t h, int64_t l, int64_t w, bool c)
      : batch(b), heads(h), length(l), width(w), causal(c) {
    const int64_t sizes[] = {b, h, h, l, l, w, w};
    for (size_t i = 0; i < 7; ++i) desc[i] = sizes[i];
    for (const int at : {NRT_ATTENTION_Q, NRT_ATTENTION_K, NRT_ATTENTION_V, NRT_ATTENTION_Y,
                         NRT_ATTENTION_DY, NRT_ATTENTION_DQ, NRT_ATTENTION_DK, NRT_ATTENTION_DV}) {
      const auto first = static_cast<size_t>(at);
      desc[first] = h * l * w;
      desc[first + 1] = l * w;
      desc[first + 2] = w;
    }
  }

  double dot(const Array<float>& a, int64_t row_a, const Array<float>& b, int64_t row_b) const {
    double sum = 0;
    for (int64_t c = 0; c < width; ++c) {
      sum += static_cast<double>(a[row_a * width + c]) * static_cast<double>(b[row_b * width + c]);
    }
    return sum;
  }

  // Weights of the keys of one query; rows are counted over all heads.
  std::vector<double> weights(int64_t row) const {
    const int64_t first = row / length * length;
    const int64_t keys = causal ? row - first + 1 : length;
    std::vector<double> p;
    double sum = 0;
    for (int64_t j = 0; j < keys; ++j) p.push_back(std::exp(scale * dot(q, row, k, first + j)));
    for (const double w : p) sum += w;
    for (double& w : p) w /= sum;
    return p;
  }

  // Gradients of one query's scores.
  std::vector<double> slopes(int64_t row, const std::vector<double>& p) const {
    const int64_t first = row / length * length;
    std::vector<double> ds;
    double delta_of_row = 0;
    for (size_t j = 0; j < p.size(); ++j) {
      ds.push_back(dot(dy, row, v, first + static_cast<int64_t>(j)));
      delta_of_row += p[j] * ds[j];
    }
    for (size_t j = 0; j < p.size(); ++j) ds[j] = p[j] * (ds[j] - delta_of_row);
    return ds;
  }

};

using Shared = std::shared_ptr<Attention>;

Body forward(const Shared& t) {
  Body body = [t] {
    must(nrt_attention_fwd(ctx(), NRT_FLOAT32, t->y.at(), t->lse.at(), t->q.at(), t->k.at(), t->v.at(),
                           0, 0, t->desc.data(), NRT_ATTENTION_MASK_NONE, t->causal, t->scale));
  };
  body();
  for (const int64_t row : samples(t->n / t->width, 40)) {
    const auto p = t->weights(row);
    for (int64_t c = 0; c < t->width; ++c) {
      double want = 0;
      for (size_t j = 0; j < p.size(); ++j) {
        const int64_t key = row / t->length * t->length + static_cast<int64_t>(j);
        want += p[j] * static_cast<double>(t->v[key * t->width + c]);
      }
      check("attention_fwd", row * t->width + c, static_cast<double>(t->y[row * t->width + c]), want, 1e-5);
    }
  }
  return body;
}

void check_query(const Attention& t, int64_t row) {
  const auto ds = t.slopes(row, t.weights(row));
  for (int64_t c = 0; c < t.width; ++c) {
    double want = 0;
    for (size_t j = 0; j < ds.size(); ++j) {
      const int64_t key = row / t.length * t.length + static_cast<int64_t>(j);
      want += t.scale * ds[j] * static_cast<double>(t.k[key * t.width + c]);
    }
    check("attention_bwd dq", row * t.width + c, static_cast<double>(t.dq[row * t.width + c]), want, 1e-5);
  }
}

// The gradients of one key and its value, over all queries of the last head.
void check_key(const Attention& t, int64_t key) {
  const int64_t first = (t.batch * t.heads - 1) * t.length;
  const auto width = static_cast<size_t>(t.width);
  std::vector<double> dk(width), dv(width);
  for (int64_t i = t.causal ? key : 0; i < t.length; ++i) {
    const auto p = t.weights(first + i);
    const auto ds = t.slopes(first + i, p);
    for (size_t c = 0; c < width; ++c) {
      const int64_t at = (first + i) * t.width + static_cast<int64_t>(c);
      dk[c] += t.scale * ds[static_cast<size_t>(key)] * static_cast<double>(t.q[at]);
      dv[c] += p[static_cast<size_t>(key)] * static_cast<double>(t.dy[at]);
    }
  }
  for (size_t c = 0; c < width; ++c) {
    const int64_t at = (first + key) * t.width + static_cast<int64_t>(c);
    check("attention_bwd dk", at, static_cast<double>(t.dk[at]), dk[c], 1e-5);
    check("attention_bwd dv", at, static_cast<double>(t.dv[at]), dv[c], 1e-5);
  }
}

Body backward(const Shared& t) {
  forward(t);
  Body body = [t] {
    must(nrt_attention_bwd(ctx(), NRT_FLOAT32, t->dq.at(), t->dk.at(), t->dv.at(),
                           t->dy.at(), t->y.at(), t->lse.at(), t->q.at(), t->k.at(), t->v.at(), 0, 0,
                           t->desc.data(), NRT_ATTENTION_MASK_NONE, t->causal, t->scale));
  };
  body();
  for (const int64_t row : samples(t->n / t->width, 20)) check_query(*t, row);
  check_key(*t, t->length / 3);
  return body;
}

const bool added = add_group([] {
  for (const bool causal : {false, true}) {
    const auto make = [causal] { return std::make_shared<Attention>(4, 8, 512, 64, causal); };
    const std::string name = std::string("4x8x512x64") + (causal ? "_causal" : "");
    const double product = 2.0 * 4 * 8 * 512 * 512 * 64 * (causal ? 0.5 : 1);
    add("attention_fwd/" + name, {2 * product, 0}, [make] { return forward(make()); });
    // The scores once more and the gradients: dv, the slopes of the weights, dq, dk.
    add("attention_bwd/" + name, {5 * product, 0}, [make] { return backward(make()); });
  }
});

}  // namespace
}  // namespace neurite_bench
