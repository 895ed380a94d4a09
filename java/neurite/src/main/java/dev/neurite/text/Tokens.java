package dev.neurite.text;

import java.util.ArrayList;
import java.util.List;

/** Plain splitting of text. */
public final class Tokens {

  private Tokens() {}

  /** The pieces between white space; none for an empty or blank text. */
  public static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    int begin = -1;
    for (int i = 0; i <= text.length(); i++) {
      boolean gap = i == text.length() || Character.isWhitespace(text.charAt(i));
      if (!gap && begin < 0) {
        begin = i;
      } else if (gap && begin >= 0) {
        words.add(text.substring(begin, i));
        begin = -1;
      }
    }
    return words;
  }

  /** The characters, one string per code point; a lone surrogate is a character of its own. */
  public static List<String> characters(String text) {
    return text.codePoints().mapToObj(Character::toString).toList();
  }
}
