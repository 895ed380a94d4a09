/** Binding of the native core; for the library only. */
module dev.neurite.natives {
  requires transitive org.bytedeco.javacpp;

  exports dev.neurite.natives to dev.neurite;
  // JavaCPP makes an instance of the configuration when it loads the library.
  opens dev.neurite.presets to org.bytedeco.javacpp;
}
