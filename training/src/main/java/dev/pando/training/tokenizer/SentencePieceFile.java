package dev.pando.training.tokenizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The contents of a SentencePiece `tokenizer.model`: the protocol buffer `ModelProto`, as far as byte-pair encoding
/// needs it.
///
/// @param pieces by id
/// @param isBpe whether pieces are joined by their scores, and what has no piece falls back to bytes
/// @param keepsText whether text is encoded as it is, but for the mark of spaces
/// @param spaceFirst whether every text gets a space in front (`add_dummy_prefix`)
/// @param bos id of the token that begins a text, or -1
/// @param eos id of the token that ends a text, or -1
record SentencePieceFile(List<Piece> pieces, boolean isBpe, boolean keepsText, boolean spaceFirst, int bos, int eos) {
    /// Kinds in the order of their numbers, from 1 on.
    enum Kind {
        NORMAL,
        UNKNOWN,
        CONTROL,
        USER_DEFINED,
        UNUSED,
        BYTE
    }

    record Piece(String text, float score, Kind kind) {}

    private static final int BPE = 2;

    SentencePieceFile {
        pieces = List.copyOf(pieces);
    }

    static SentencePieceFile read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new TokenizerException("there is no tokenizer at " + file);
        }
        try {
            SentencePieceFile model = parse(ByteBuffer.wrap(Files.readAllBytes(file)));
            if (model.pieces.isEmpty()) {
                throw new IllegalArgumentException("it has no pieces");
            }
            return model;
        } catch (IllegalArgumentException | java.nio.BufferUnderflowException | CharacterCodingException damaged) {
            throw new TokenizerException(
                    file
                            + " is not a tokenizer: it is damaged, or no SentencePiece model; put a tokenizer.json"
                            + " beside it, or name another tokenizer",
                    damaged);
        } catch (IOException e) {
            throw new TokenizerException("cannot read the tokenizer " + file + ": " + TokenizerReader.reason(e), e);
        }
    }

    private static SentencePieceFile parse(ByteBuffer model) throws CharacterCodingException {
        List<Piece> pieces = new ArrayList<>();
        Trainer trainer = new Trainer();
        Normalizer normalizer = new Normalizer();
        while (model.hasRemaining()) {
            Field field = Field.next(model);
            switch (field.number) {
                case 1 -> pieces.add(piece(field.bytes()));
                case 2 -> trainer.read(field.bytes());
                case 3 -> normalizer.read(field.bytes());
                default -> {} // tests and denormalization: they change no token
            }
        }
        return new SentencePieceFile(
                pieces,
                trainer.model == BPE && trainer.byteFallback && !trainer.spaceLast,
                normalizer.keepsText(),
                normalizer.spaceFirst,
                trainer.bos,
                trainer.eos);
    }

    private static Piece piece(ByteBuffer message) throws CharacterCodingException {
        String text = "";
        float score = 0;
        long kind = 1;
        while (message.hasRemaining()) {
            Field field = Field.next(message);
            switch (field.number) {
                case 1 -> text = field.text();
                case 2 -> score = field.real();
                case 3 -> kind = field.value;
                default -> {}
            }
        }
        require(kind >= 1 && kind <= Kind.values().length && !text.isEmpty());
        return new Piece(text, score, Kind.values()[(int) kind - 1]);
    }

    private static final class Trainer {
        private int model = 1;
        private boolean byteFallback;
        private boolean spaceLast;
        private int bos = 1;
        private int eos = 2;

        private void read(ByteBuffer message) {
            while (message.hasRemaining()) {
                Field field = Field.next(message);
                switch (field.number) {
                    case 3 -> model = (int) field.value;
                    case 24 -> spaceLast = field.value != 0;
                    case 35 -> byteFallback = field.value != 0;
                    case 41 -> bos = (int) field.value;
                    case 42 -> eos = (int) field.value;
                    default -> {} // how it was trained
                }
            }
        }
    }

    private static final class Normalizer {
        private boolean mapsCharacters;
        private boolean spaceFirst = true;
        private boolean removesSpaces = true;
        private boolean marksSpaces = true;

        private void read(ByteBuffer message) {
            while (message.hasRemaining()) {
                Field field = Field.next(message);
                switch (field.number) {
                    case 2 -> mapsCharacters = field.bytes().hasRemaining();
                    case 3 -> spaceFirst = field.value != 0;
                    case 4 -> removesSpaces = field.value != 0;
                    case 5 -> marksSpaces = field.value != 0;
                    default -> {} // the name of the rule: what it does is in the map
                }
            }
        }

        private boolean keepsText() {
            return !mapsCharacters && !removesSpaces && marksSpaces;
        }
    }

    /// A field of a message of protocol buffers.
    private record Field(int number, long value, ByteBuffer content) {
        static Field next(ByteBuffer message) {
            long tag = varint(message);
            int number = (int) (tag >>> 3);
            return switch ((int) tag & 7) {
                case 0 -> new Field(number, varint(message), null);
                case 1 -> new Field(number, message.order(ByteOrder.LITTLE_ENDIAN).getLong(), null);
                case 2 -> {
                    long length = varint(message);
                    require(length >= 0 && length <= message.remaining());
                    ByteBuffer content = message.slice(message.position(), (int) length);
                    message.position(message.position() + (int) length);
                    yield new Field(number, 0, content);
                }
                case 5 -> new Field(number, message.order(ByteOrder.LITTLE_ENDIAN).getInt(), null);
                default -> throw new IllegalArgumentException("no field of a message");
            };
        }

        private static long varint(ByteBuffer message) {
            long value = 0;
            for (int shift = 0; shift < 64; shift += 7) {
                byte b = message.get();
                value |= (long) (b & 0x7f) << shift;
                if (b >= 0) {
                    return value;
                }
            }
            throw new IllegalArgumentException("a number without end");
        }

        ByteBuffer bytes() {
            require(content != null);
            return content;
        }

        String text() throws CharacterCodingException {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(bytes());
            return text.toString();
        }

        float real() {
            return Float.intBitsToFloat((int) value);
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException("no SentencePiece model");
        }
    }
}
