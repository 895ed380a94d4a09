package dev.neurite.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The closed list of block types a model file may name: the library's own, and those a program
 * registers. A name in a file is looked up here and nowhere else; no class is ever found by its
 * name.
 *
 * <pre>{@code
 * Layers.register("Highway", Highway.class, Highway::new);
 * Layers.register("Scale", Scale.class, Scale.Config.class, c -> Scale.of(c.factor()));
 * }</pre>
 */
public final class Layers {

  private static final Map<String, Kind> KINDS = new ConcurrentHashMap<>();

  /**
   * A type that can be saved.
   *
   * @param name its name in files
   * @param type its class
   * @param config class of its options, or null when it has none
   * @param factory makes a block from its options
   */
  record Kind(
      String name, Class<? extends Block> type, Class<? extends Record> config,
      Function<Record, ? extends Block> factory) {}

  static {
    builtIn(Activation.class, Activation.Config.class, Activation::from);
    builtIn(AdaptiveAvgPool1D.class, AdaptiveAvgPool1D.Config.class, AdaptiveAvgPool1D::from);
    builtIn(AdaptiveAvgPool2D.class, AdaptiveAvgPool2D.Config.class, AdaptiveAvgPool2D::from);
    builtIn(AdaptiveAvgPool3D.class, AdaptiveAvgPool3D.Config.class, AdaptiveAvgPool3D::from);
    builtIn(AdaptiveMaxPool1D.class, AdaptiveMaxPool1D.Config.class, AdaptiveMaxPool1D::from);
    builtIn(AdaptiveMaxPool2D.class, AdaptiveMaxPool2D.Config.class, AdaptiveMaxPool2D::from);
    builtIn(AdaptiveMaxPool3D.class, AdaptiveMaxPool3D.Config.class, AdaptiveMaxPool3D::from);
    builtIn(Add.class, Add.Config.class, Add::from);
    builtIn(AdditiveAttention.class, AdditiveAttention.Config.class, AdditiveAttention::from);
    builtIn(AlphaDropout.class, AlphaDropout.Config.class, AlphaDropout::from);
    builtIn(Attention.class, Attention.Config.class, Attention::from);
    builtIn(Average.class, Average.Config.class, Average::from);
    builtIn(AvgPool1D.class, AvgPool1D.Config.class, AvgPool1D::from);
    builtIn(AvgPool2D.class, AvgPool2D.Config.class, AvgPool2D::from);
    builtIn(AvgPool3D.class, AvgPool3D.Config.class, AvgPool3D::from);
    builtIn(BatchNorm.class, BatchNorm.Config.class, BatchNorm::from);
    builtIn(Bidirectional.class, Bidirectional.Config.class, Bidirectional::from);
    builtIn(Bilinear.class, Bilinear.Config.class, Bilinear::from);
    builtIn(ChannelShuffle.class, ChannelShuffle.Config.class, ChannelShuffle::from);
    builtIn(Concat.class, Concat.Config.class, Concat::from);
    builtIn(Conv1D.class, Conv1D.Config.class, Conv1D::from);
    builtIn(Conv1DTranspose.class, TransposedLayer.Config.class, Conv1DTranspose::from);
    builtIn(Conv2D.class, Conv2D.Config.class, Conv2D::from);
    builtIn(Conv2DTranspose.class, TransposedLayer.Config.class, Conv2DTranspose::from);
    builtIn(Conv3D.class, Conv3D.Config.class, Conv3D::from);
    builtIn(Conv3DTranspose.class, TransposedLayer.Config.class, Conv3DTranspose::from);
    builtIn(Cropping1D.class, Cropping1D.Config.class, Cropping1D::from);
    builtIn(Cropping2D.class, Cropping2D.Config.class, Cropping2D::from);
    builtIn(Cropping3D.class, Cropping3D.Config.class, Cropping3D::from);
    builtIn(Dense.class, Dense.Config.class, Dense::from);
    builtIn(DepthwiseConv1D.class, DepthwiseConv1D.Config.class, DepthwiseConv1D::from);
    builtIn(DepthwiseConv2D.class, DepthwiseConv2D.Config.class, DepthwiseConv2D::from);
    builtIn(Dot.class, Dot.Config.class, Dot::from);
    builtIn(Dropout.class, Dropout.Config.class, Dropout::from);
    builtIn(Embedding.class, Embedding.Config.class, Embedding::from);
    builtIn(EmbeddingBag.class, EmbeddingBag.Config.class, EmbeddingBag::from);
    builtIn(Flatten.class, Flatten.Config.class, Flatten::from);
    builtIn(GaussianDropout.class, GaussianDropout.Config.class, GaussianDropout::from);
    builtIn(GaussianNoise.class, GaussianNoise.Config.class, GaussianNoise::from);
    builtIn(GlobalAvgPool1D.class, GlobalAvgPool1D.Config.class, GlobalAvgPool1D::from);
    builtIn(GlobalAvgPool2D.class, GlobalAvgPool2D.Config.class, GlobalAvgPool2D::from);
    builtIn(GlobalAvgPool3D.class, GlobalAvgPool3D.Config.class, GlobalAvgPool3D::from);
    builtIn(GlobalMaxPool1D.class, GlobalMaxPool1D.Config.class, GlobalMaxPool1D::from);
    builtIn(GlobalMaxPool2D.class, GlobalMaxPool2D.Config.class, GlobalMaxPool2D::from);
    builtIn(GlobalMaxPool3D.class, GlobalMaxPool3D.Config.class, GlobalMaxPool3D::from);
    builtIn(GroupNorm.class, GroupNorm.Config.class, GroupNorm::from);
    builtIn(Gru.class, Gru.Config.class, Gru::from);
    builtIn(InstanceNorm.class, InstanceNorm.Config.class, InstanceNorm::from);
    builtIn(LayerNorm.class, LayerNorm.Config.class, LayerNorm::from);
    builtIn(LocalResponseNorm.class, LocalResponseNorm.Config.class, LocalResponseNorm::from);
    builtIn(LpPool1D.class, LpPool1D.Config.class, LpPool1D::from);
    builtIn(LpPool2D.class, LpPool2D.Config.class, LpPool2D::from);
    builtIn(LpPool3D.class, LpPool3D.Config.class, LpPool3D::from);
    builtIn(Lstm.class, Lstm.Config.class, Lstm::from);
    builtIn(Masking.class, Masking.Config.class, Masking::from);
    builtIn(MaxPool1D.class, MaxPool1D.Config.class, MaxPool1D::from);
    builtIn(MaxPool2D.class, MaxPool2D.Config.class, MaxPool2D::from);
    builtIn(MaxPool3D.class, MaxPool3D.Config.class, MaxPool3D::from);
    builtIn(Maximum.class, Maximum.Config.class, Maximum::from);
    builtIn(Maxout.class, Maxout.Config.class, Maxout::from);
    builtIn(Minimum.class, Minimum.Config.class, Minimum::from);
    builtIn(MultiHeadAttention.class, MultiHeadAttention.Config.class, MultiHeadAttention::from);
    builtIn(Multiply.class, Multiply.Config.class, Multiply::from);
    builtIn(Normalization.class, Normalization.Config.class, Normalization::from);
    builtIn(PRelu.class, PRelu.Config.class, PRelu::from);
    builtIn(Pad1D.class, Pad1D.Config.class, Pad1D::from);
    builtIn(Pad2D.class, Pad2D.Config.class, Pad2D::from);
    builtIn(Pad3D.class, Pad3D.Config.class, Pad3D::from);
    builtIn(Permute.class, Permute.Config.class, Permute::from);
    builtIn(PixelShuffle.class, PixelShuffle.Config.class, PixelShuffle::from);
    builtIn(PixelUnshuffle.class, PixelUnshuffle.Config.class, PixelUnshuffle::from);
    builtIn(PositionEmbedding.class, PositionEmbedding.Config.class, PositionEmbedding::from);
    builtIn(PositionalEncoding.class, PositionalEncoding.Config.class, PositionalEncoding::from);
    builtIn(RRelu.class, RRelu.Config.class, RRelu::from);
    builtIn(RepeatVector.class, RepeatVector.Config.class, RepeatVector::from);
    builtIn(Rescaling.class, Rescaling.Config.class, Rescaling::from);
    builtIn(Reshape.class, Reshape.Config.class, Reshape::from);
    builtIn(Resize2D.class, Resize2D.Config.class, Resize2D::from);
    builtIn(RmsNorm.class, RmsNorm.Config.class, RmsNorm::from);
    builtIn(RotaryEmbedding.class, RotaryEmbedding.Config.class, RotaryEmbedding::from);
    builtIn(SeparableConv1D.class, SeparableConv1D.Config.class, SeparableConv1D::from);
    builtIn(SeparableConv2D.class, SeparableConv2D.Config.class, SeparableConv2D::from);
    builtIn(SimpleRnn.class, SimpleRnn.Config.class, SimpleRnn::from);
    builtIn(SpatialDropout1D.class, SpatialDropout1D.Config.class, SpatialDropout1D::from);
    builtIn(SpatialDropout2D.class, SpatialDropout2D.Config.class, SpatialDropout2D::from);
    builtIn(SpatialDropout3D.class, SpatialDropout3D.Config.class, SpatialDropout3D::from);
    builtIn(SpectralNorm.class, SpectralNorm.Config.class, SpectralNorm::from);
    builtIn(Subtract.class, Subtract.Config.class, Subtract::from);
    builtIn(TimeDistributed.class, TimeDistributed.Config.class, TimeDistributed::from);
    builtIn(TransformerDecoderLayer.class, TransformerDecoderLayer.Config.class, TransformerDecoderLayer::from);
    builtIn(TransformerEncoderLayer.class, TransformerEncoderLayer.Config.class, TransformerEncoderLayer::from);
    builtIn(Unfold2D.class, Unfold2D.Config.class, Unfold2D::from);
    builtIn(UnitNormalization.class, UnitNormalization.Config.class, UnitNormalization::from);
    builtIn(UpSampling1D.class, UpSampling1D.Config.class, UpSampling1D::from);
    builtIn(UpSampling2D.class, UpSampling2D.Config.class, UpSampling2D::from);
    builtIn(UpSampling3D.class, UpSampling3D.Config.class, UpSampling3D::from);
    builtIn(ZeroPadding1D.class, ZeroPadding1D.Config.class, ZeroPadding1D::from);
    builtIn(ZeroPadding2D.class, ZeroPadding2D.Config.class, ZeroPadding2D::from);
    builtIn(ZeroPadding3D.class, ZeroPadding3D.Config.class, ZeroPadding3D::from);
  }

  private Layers() {}

  private static <C extends Record, B extends Block> void builtIn(
      Class<B> type, Class<C> config, Function<C, B> factory) {
    register(type.getSimpleName(), type, config, factory);
  }

  /**
   * Makes a type of one's own known to {@link Model#save} and {@link Model#load}.
   *
   * @param name its name in files
   * @param type its class
   * @param config the record its {@code config()} returns; components are numbers, truth values,
   *     texts, enums, lists of these, activations, initialisers, regularisers and paddings
   * @param factory makes a block from its options
   * @throws IllegalArgumentException when the name stands for another type
   */
  public static <C extends Record> void register(
      String name, Class<? extends Block> type, Class<C> config, Function<C, ? extends Block> factory) {
    add(new Kind(name, type, config, record -> factory.apply(config.cast(record))));
  }

  /** Makes a type without options known. */
  public static void register(String name, Class<? extends Block> type, Supplier<? extends Block> factory) {
    add(new Kind(name, type, null, record -> factory.get()));
  }

  private static void add(Kind kind) {
    Block.checkedName(kind.name);
    Kind known = KINDS.putIfAbsent(kind.name, kind);
    if (known != null && known.type != kind.type || kind.name.equals(ModelConfig.MODEL)) {
      throw new IllegalArgumentException("Layers: the name '" + kind.name + "' stands for another type");
    }
  }

  /** The names known, sorted. */
  public static List<String> names() {
    List<String> names = new ArrayList<>(KINDS.keySet());
    names.sort(null);
    return List.copyOf(names);
  }

  static Kind find(String name) {
    return KINDS.get(name);
  }

  static Kind of(Block block) {
    if (block instanceof Lambda) {
      block.config(); // says why not, better than an unknown type would
    }
    for (Kind kind : KINDS.values()) {
      if (kind.type == block.getClass()) {
        return kind;
      }
    }
    throw new IllegalStateException(
        block.who() + ": its type is not registered, so the model's structure cannot be saved"
            + "\n  call Layers.register(\"" + block.typeName() + "\", ...) first, or use saveWeights");
  }

  /** The options of a block as a tree of plain values. */
  static Map<String, Object> options(Block block, Kind kind) {
    return kind.config == null ? new LinkedHashMap<>() : ConfigCodec.encode(block.config());
  }
}
