package consumer;

import dev.neurite.tensor.Tensor;

public final class Xor {
  private Xor() {}

  public static void main(String[] arguments) {
    Tensor row = Tensor.of(new float[][] {{1, 2}});
    Tensor column = Tensor.of(new float[][] {{3}, {4}});
    System.out.println("product " + row.matmul(column).item());
  }
}
