package dev.pando.checkpoint.format;

/// Element types of the safetensors format.
public enum Dtype {
    BOOL(1),
    U8(1),
    I8(1),
    I16(2),
    U16(2),
    F16(2),
    BF16(2),
    I32(4),
    U32(4),
    F32(4),
    F64(8),
    I64(8),
    U64(8);

    private final int bytes;

    Dtype(int bytes) {
        this.bytes = bytes;
    }

    /// Size of an element.
    public int bytes() {
        return bytes;
    }
}
