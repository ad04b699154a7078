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
import java.util.Optional;

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
/// @param sentencePiece what a SentencePiece model does otherwise; empty for a byte-level one
record BpeModel(
        byte[][] tokens,
        long[] merges,
        int[] merged,
        List<Added> added,
        PreTokenizer preTokenizer,
        boolean wholeFirst,
        int bos,
        int eos,
        Optional<SentencePiece> sentencePiece) {
    BpeModel {
        added = List.copyOf(added);
    }

    /// A byte-level model.
    BpeModel(
            byte[][] tokens,
            long[] merges,
            int[] merged,
            List<Added> added,
            PreTokenizer preTokenizer,
            boolean wholeFirst,
            int bos,
            int eos) {
        this(tokens, merges, merged, added, preTokenizer, wholeFirst, bos, eos, Optional.empty());
    }

    /// What a SentencePiece model does otherwise: it merges characters, and spells those that it lacks by bytes.
    ///
    /// @param byteIds the token of each byte, which no merge takes in
    /// @param priorities of each merge; equal ones go from left to right
    /// @param spaceFirst whether every text gets a space in front
    record SentencePiece(int[] byteIds, int[] priorities, boolean spaceFirst) {}

    /// A token that stands for itself and is not spelled by bytes.
    ///
    /// @param special whether it marks structure, and so is left out of decoded text and never made by plain text
    /// @param singleWord whether it counts only where no word touches it
    /// @param lstrip whether it takes the white space before it
    /// @param rstrip whether it takes the white space after it
    /// @param normalized whether it is looked for after those that are not
    record Added(
            int id,
            String content,
            boolean special,
            boolean singleWord,
            boolean lstrip,
            boolean rstrip,
            boolean normalized) {
        Added(int id, String content, boolean special) {
            this(id, content, special, false, false, false, false);
        }

        private boolean isOrdinary() {
            return !singleWord && !lstrip && !rstrip && !normalized;
        }
    }

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
                if (!token.isOrdinary()) {
                    out.writeBoolean(token.singleWord());
                    out.writeBoolean(token.lstrip());
                    out.writeBoolean(token.rstrip());
                    out.writeBoolean(token.normalized());
                }
            }
            if (sentencePiece.isPresent()) {
                out.writeUTF("sentencepiece 1");
                out.writeBoolean(sentencePiece.get().spaceFirst());
                for (int priority : sentencePiece.get().priorities()) {
                    out.writeInt(priority);
                }
            }
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java runtime has SHA-256", impossible);
        } catch (IOException impossible) {
            throw new UncheckedIOException("a digest does not fail", impossible);
        }
    }
}
