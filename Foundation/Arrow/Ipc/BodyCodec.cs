namespace OrleansFlow.Arrow.Ipc;

/// <summary>Chooses the code that compresses and decompresses buffers.</summary>
internal static class BodyCodec
{
    /// <summary>Most bytes that a raw byte can come from: an LZ4 token byte stands for 255, a Zstandard block of 4 bytes for 128 KiB.</summary>
    private const long Lz4Ratio = 255;
    private const long ZstdRatio = 128 << 10;

    /// <summary>Most bytes that <paramref name="length"/> raw bytes become.</summary>
    public static long Bound(IpcCompression codec, long length) => codec == IpcCompression.Lz4Frame ? Lz4Frame.Bound(length) : ZstdLibrary.Bound(length);

    /// <summary>Compresses into <paramref name="target"/>, which has <see cref="Bound"/> bytes, and returns how many it took.</summary>
    /// <exception cref="NotSupportedException">The library that the codec needs is not installed.</exception>
    public static int Compress(IpcCompression codec, int level, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (codec == IpcCompression.Zstd)
        {
            return ZstdLibrary.Compress(source, target, level);
        }

        return Lz4Library.IsAvailable ? Lz4Library.Compress(source, target) : Lz4Frame.Compress(source, target);
    }

    /// <summary>Decompresses; the result fills <paramref name="target"/> exactly.</summary>
    /// <exception cref="ArrowFormatException">The bytes are damaged or have another length.</exception>
    /// <exception cref="NotSupportedException">The library that the codec needs is not installed.</exception>
    public static void Decompress(IpcCompression codec, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (codec == IpcCompression.Zstd)
        {
            ZstdLibrary.Decompress(source, target);
        }
        else if (Lz4Library.IsAvailable)
        {
            Lz4Library.Decompress(source, target);
        }
        else
        {
            Lz4Frame.Decompress(source, target);
        }
    }

    /// <summary>Whether so many compressed bytes can hold so many raw ones: a lie is found before memory is taken for it.</summary>
    public static bool IsPossible(IpcCompression codec, long compressed, long raw) =>
        raw / (codec == IpcCompression.Zstd ? ZstdRatio : Lz4Ratio) <= compressed;
}
