package dev.neurite.text;

import dev.neurite.error.FormatException;
import dev.neurite.io.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tokens and their ids. The first ids are the special tokens {@value #PAD} (0), {@value #UNKNOWN} (1), {@value #BEGIN}
 * (2) and
 * {@value #END} (3); after them tokens by falling frequency, equal ones in code-point order, so that the same text
 * gives the same ids.
 *
 * <pre>{@code
 * Vocabulary words = Vocabulary.of(Tokens.words(text), 10_000);
 * long[] ids = words.encode(Tokens.words("a new sentence"));
 * }</pre>
 */
public final class Vocabulary {

  /** Fills sequences up to a common length; id 0. */
  public static final String PAD = "[PAD]";
  /** Stands for every token not in the vocabulary; id 1. */
  public static final String UNKNOWN = "[UNK]";
  /** Begins a sequence; id 2. */
  public static final String BEGIN = "[BOS]";
  /** Ends a sequence; id 3. */
  public static final String END = "[EOS]";

  private static final List<String> SPECIAL = List.of(PAD, UNKNOWN, BEGIN, END);

  private final List<String> tokens;
  private final Map<String, Integer> ids = new HashMap<>();

  private Vocabulary(List<String> tokens) {
    this.tokens = List.copyOf(tokens);
    for (int i = 0; i < tokens.size(); i++) {
      if (ids.put(tokens.get(i), i) != null) {
        throw new IllegalArgumentException("Vocabulary: expected different tokens, given '" + tokens.get(i) + "' twice");
      }
    }
  }

  /**
   * The most frequent tokens of a text.
   *
   * @param text tokens in any order
   * @param size largest number of tokens kept, special ones not counted
   * @throws IllegalArgumentException for a size below 1 or a text without tokens
   */
  public static Vocabulary of(Iterable<String> text, int size) {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String token : text) {
      counts.merge(token, 1L, Long::sum);
    }
    SPECIAL.forEach(counts::remove);
    if (size < 1 || counts.isEmpty()) {
      throw new IllegalArgumentException(
          "Vocabulary: expected a size of at least 1 and a text with tokens, given size " + size + " and "
              + counts.size() + " different tokens");
    }
    List<String> kept = new ArrayList<>(SPECIAL);
    counts.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(
            Map.Entry.comparingByKey(CODE_POINTS)))
        .limit(size)
        .forEach(e -> kept.add(e.getKey()));
    return new Vocabulary(kept);
  }

  /** Java's own order of strings is by UTF-16 units, which differs beyond the first plane. */
  static final Comparator<String> CODE_POINTS =
      (a, b) -> java.util.Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());

  /** Exactly these tokens, ids in their order; no special ones are added. */
  public static Vocabulary ofTokens(List<String> tokens) {
    return new Vocabulary(tokens);
  }

  /** Number of tokens, special ones included. */
  public int size() {
    return tokens.size();
  }

  /** All tokens in the order of their ids. */
  public List<String> tokens() {
    return tokens;
  }

  /** Whether the token has an id of its own. */
  public boolean contains(String token) {
    return ids.containsKey(token);
  }

  /**
   * The token's id, else that of {@value #UNKNOWN}.
   *
   * @throws IllegalArgumentException for an unknown token in a vocabulary without {@value #UNKNOWN}
   */
  public int id(String token) {
    Integer id = ids.get(token);
    id = id == null ? ids.get(UNKNOWN) : id;
    if (id == null) {
      throw new IllegalArgumentException("Vocabulary: expected a token of the vocabulary, given '" + token + "'");
    }
    return id;
  }

  /** The token of an id. @throws IllegalArgumentException for an id out of range */
  public String token(long id) {
    if (id < 0 || id >= tokens.size()) {
      throw new IllegalArgumentException("Vocabulary: expected an id from 0 to " + (tokens.size() - 1) + ", given " + id);
    }
    return tokens.get((int) id);
  }

  /** Ids of tokens. */
  public long[] encode(List<String> text) {
    return text.stream().mapToLong(this::id).toArray();
  }

  /** Tokens of ids. */
  public List<String> decode(long[] sequence) {
    List<String> out = new ArrayList<>();
    for (long id : sequence) {
      out.add(token(id));
    }
    return out;
  }

  /**
   * Writes one token per line in UTF-8, whole or not at all; line breaks and backslashes within tokens are escaped.
   *
   * @throws UncheckedIOException when the file cannot be written
   */
  public void save(Path file) {
    StringBuilder text = new StringBuilder();
    for (String token : tokens) {
      text.append(token.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")).append('\n');
    }
    AtomicFile.write(file, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Reads what {@link #save} wrote; ids are the same.
   *
   * @throws FormatException for an empty file, text that is not UTF-8, or a token twice
   * @throws UncheckedIOException when the file cannot be read
   */
  public static Vocabulary load(Path file) {
    try {
      List<String> read = new ArrayList<>();
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        read.add(unescaped(line));
      }
      if (read.isEmpty()) {
        throw new FormatException(file.toString(), 0, "expected one token per line, given 0 bytes");
      }
      return new Vocabulary(read);
    } catch (CharacterCodingException e) {
      throw new FormatException(file.toString(), 0, "expected UTF-8 text", e);
    } catch (IllegalArgumentException e) {
      throw new FormatException(file.toString(), 0, e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("Vocabulary: cannot read " + file, e);
    }
  }

  private static String unescaped(String line) {
    StringBuilder token = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '\\' && i + 1 < line.length()) {
        char next = line.charAt(++i);
        token.append(next == 'n' ? '\n' : next == 'r' ? '\r' : next);
      } else {
        token.append(c);
      }
    }
    return token.toString();
  }
}
