using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace OrleansFlow.Silo.Gateway.Streams;

/// <summary>Where a stream's log ends, durably: what lies behind it does not count.</summary>
/// <param name="Segment">Number of the newest segment: the offset of its first row.</param>
/// <param name="Bytes">Bytes of it that count.</param>
/// <param name="Next">Offset of the row that comes next.</param>
internal sealed record StreamEnd(long Segment, long Bytes, long Next)
{
    /// <summary>The end of a log without rows.</summary>
    public static readonly StreamEnd Empty = new(0, 0, 0);

    private const int FileBytes = 4 * sizeof(long);

    // A write of another process may be half seen; the next look sees it whole.
    private const int ReadAttemptsMax = 10;

    /// <summary>Reads the file of the end; <see cref="Empty"/> when there is none yet.</summary>
    /// <exception cref="IOException">The file cannot be read, or holds no end.</exception>
    public static StreamEnd Read(string path)
    {
        if (!File.Exists(path))
        {
            return Empty;
        }

        Span<byte> bytes = stackalloc byte[FileBytes];
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        for (var attempt = 0; attempt < ReadAttemptsMax; attempt++)
        {
            if (RandomAccess.Read(file, bytes, 0) < FileBytes)
            {
                // Its first write did not get that far, so nothing was acknowledged.
                return Empty;
            }

            var end = new StreamEnd(At(bytes, 0), At(bytes, 1), At(bytes, 2));
            if (At(bytes, 3) == end.Check)
            {
                return end;
            }
        }

        throw new IOException($"'{path}' does not say where the stream ends.");
    }

    /// <summary>Writes the end, durably. One write of 32 bytes: a reader in another process sees the one before or this one.</summary>
    public void Write(SafeFileHandle file)
    {
        Span<byte> bytes = stackalloc byte[FileBytes];
        foreach (var (index, value) in ((ReadOnlySpan<long>)[Segment, Bytes, Next, Check]).ToArray().Index())
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes[(index * sizeof(long))..], value);
        }

        RandomAccess.Write(file, bytes, 0);
        RandomAccess.FlushToDisk(file);
    }

    private long Check => unchecked((Segment * 31 + Bytes) * 31 + Next + 0x5f37_59df);

    private static long At(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadInt64LittleEndian(bytes[(index * sizeof(long))..]);
}
