package dev.neurite.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * BERT's tokenizer (Schuster and Nakajima 2012; Devlin et al. 2019): text is lowered, split at white space and around
 * punctuation; each word is cut into the longest pieces of the vocabulary from left to right, pieces after the first
 * written with {@code ##}. A word with any part that is in no piece becomes one unknown token.
 *
 * <p>Defaults: lower case, unknown token {@code [UNK]}, words of more than 100 characters are unknown (as in BERT, so
 * that one huge word costs no time).
 */
public final class WordPiece {

  private static final int LONGEST_WORD = 100;
  private static final String CONTINUED = "##";

  private final Vocabulary vocabulary;
  private final boolean lowerCase;
  private final String unknown;

  private WordPiece(Vocabulary vocabulary, boolean lowerCase, String unknown) {
    this.vocabulary = vocabulary;
    this.lowerCase = lowerCase;
    this.unknown = unknown;
  }

  /** A tokenizer over a vocabulary of pieces. */
  public static WordPiece of(Vocabulary vocabulary) {
    return new WordPiece(vocabulary, true, Vocabulary.UNKNOWN);
  }

  /** This tokenizer with (true) or without lowering. */
  public WordPiece lowerCase(boolean on) {
    return new WordPiece(vocabulary, on, unknown);
  }

  /** This tokenizer with another unknown token. */
  public WordPiece unknown(String token) {
    return new WordPiece(vocabulary, lowerCase, token);
  }

  /** The pieces of a text. */
  public List<String> tokens(String text) {
    List<String> out = new ArrayList<>();
    for (String word : words(lowerCase ? text.toLowerCase(Locale.ROOT) : text)) {
      out.addAll(pieces(word));
    }
    return out;
  }

  /** The ids of a text's pieces. */
  public long[] encode(String text) {
    return vocabulary.encode(tokens(text));
  }

  /** Words and single punctuation marks. */
  private static List<String> words(String text) {
    List<String> out = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    text.codePoints().forEach(c -> {
      boolean mark = isPunctuation(c);
      if ((mark || Character.isWhitespace(c)) && word.length() > 0) {
        out.add(word.toString());
        word.setLength(0);
      }
      if (mark) {
        out.add(Character.toString(c));
      } else if (!Character.isWhitespace(c)) {
        word.appendCodePoint(c);
      }
    });
    if (word.length() > 0) {
      out.add(word.toString());
    }
    return out;
  }

  /** As BERT counts it: all ASCII marks, also those Unicode calls symbols, and Unicode's punctuation. */
  private static boolean isPunctuation(int c) {
    if (c >= 33 && c <= 47 || c >= 58 && c <= 64 || c >= 91 && c <= 96 || c >= 123 && c <= 126) {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION,
          Character.END_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION -> true;
      default -> false;
    };
  }

  private List<String> pieces(String word) {
    if (word.codePointCount(0, word.length()) > LONGEST_WORD) {
      return List.of(unknown);
    }
    List<String> out = new ArrayList<>();
    int begin = 0;
    while (begin < word.length()) {
      int end = word.length();
      String piece = null;
      while (end > begin && piece == null) {
        String candidate = (begin > 0 ? CONTINUED : "") + word.substring(begin, end);
        piece = vocabulary.contains(candidate) ? candidate : null;
        end = piece == null ? word.offsetByCodePoints(end, -1) : end;
      }
      if (piece == null) {
        return List.of(unknown);
      }
      out.add(piece);
      begin = end;
    }
    return out;
  }
}
