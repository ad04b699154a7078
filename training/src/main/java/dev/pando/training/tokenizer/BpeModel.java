package dev.pando.training.tokenizer;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// All that decides how text becomes tokens, as a tokenizer file holds it.
///
/// @param tokens bytes of every token, by id; null for an id that no token has
/// @param merges pairs of ids ([PairTable#pair]) in order of rank
/// @param merged the id that each merge makes
/// @param added tokens that no merge makes
/// @param preTokenizer cuts text before merging
/// @param wholeFirst whether a pre-token that is a token is taken whole, whatever the merges say
/// @param bos id of the token that begins a document
/// @param eos id of the token that ends a document
record BpeModel(
        byte[][] tokens,
        long[] merges,
        int[] merged,
        List<Added> added,
        PreTokenizer preTokenizer,
        boolean wholeFirst,
        int bos,
        int eos) {
    BpeModel {
        added = List.copyOf(added);
    }

    /// A token that stands for itself and is not spelled by bytes.
    ///
    /// @param special whether it marks structure, and so is left out of decoded text
    record Added(int id, String content, boolean special) {}

    /// SHA-256 of everything that can change a token.
    String digest() {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            var out = new DataOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), sha256));
            out.writeUTF("byte-level bpe 1");
            out.writeBoolean(wholeFirst);
            out.writeInt(bos);
            out.writeInt(eos);
            for (String pattern : preTokenizer.patterns()) {
                out.writeUTF(pattern);
            }
            out.writeInt(tokens.length);
            for (byte[] token : tokens) {
                out.writeInt(token == null ? -1 : token.length);
                out.write(token == null ? new byte[0] : token);
            }
            out.writeInt(merges.length);
            for (int rank = 0; rank < merges.length; rank++) {
                out.writeLong(merges[rank]);
                out.writeInt(merged[rank]);
            }
            for (Added token : added) {
                out.writeInt(token.id());
                out.writeUTF(token.content());
                out.writeBoolean(token.special());
            }
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java runtime has SHA-256", impossible);
        } catch (IOException impossible) {
            throw new UncheckedIOException("a digest does not fail", impossible);
        }
    }
}
