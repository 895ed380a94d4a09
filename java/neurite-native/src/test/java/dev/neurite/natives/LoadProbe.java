package dev.neurite.natives;

/** Program of {@link NativeLoadingTest}: loads the library in a JVM of its own and says how it went. */
final class LoadProbe {
  private LoadProbe() {}

  public static void main(String[] arguments) {
    try {
      NativeLoader.load();
      System.out.println("loaded " + Natives.version());
    } catch (NativeLoadException first) {
      System.out.println(first.getMessage());
      try {
        NativeLoader.load();
        System.out.println("loaded at the second try");
      } catch (NativeLoadException second) {
        System.out.println("again " + second.getMessage().equals(first.getMessage()));
      }
    }
  }
}
