using System.Buffers.Binary;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>
/// LZ4 frames without the system's library. Sources: "LZ4 Frame Format Description" and "LZ4 Block Format Description" of the LZ4
/// project. Compression is greedy over one hash table, decompression checks every length.
/// </summary>
internal static class Lz4Frame
{
    private const uint Magic = 0x184D_2204;
    private const int BlockBytes = 64 << 10;
    private const uint NotCompressed = 0x8000_0000;

    /// <summary>Most bytes of a frame, also of one that liblz4 makes with its defaults.</summary>
    public static long Bound(long length) => length + (length / BlockBytes + 1) * 8 + 32;

    public static int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        // Version 1, independent blocks, content size; blocks of at most 64 KiB.
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        target[4] = 0x68;
        target[5] = 0x40;
        BinaryPrimitives.WriteInt64LittleEndian(target[6..], source.Length);
        target[14] = (byte)(XxHash32.Compute(target.Slice(4, 10)) >> 8);
        var written = 15;
        var table = new ushort[Lz4Block.TableSize];
        Span<byte> block = new byte[BlockBytes];
        for (var start = 0; start < source.Length; start += BlockBytes)
        {
            var raw = source.Slice(start, Math.Min(BlockBytes, source.Length - start));
            var length = Lz4Block.TryCompress(raw, block[..raw.Length], table);
            var stored = length == 0 ? raw : block[..length];
            BinaryPrimitives.WriteUInt32LittleEndian(target[written..], (uint)stored.Length | (length == 0 ? NotCompressed : 0));
            stored.CopyTo(target[(written + 4)..]);
            written += 4 + stored.Length;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(target[written..], 0);
        return written + 4;
    }

    public static void Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        var (hasBlockChecksum, hasContentChecksum) = ReadHeader(ref source, target.Length);
        var written = 0;
        while (true)
        {
            var word = ReadWord(ref source);
            if (word == 0)
            {
                break;
            }

            var length = (int)(word & ~NotCompressed);
            if (length > source.Length)
            {
                throw new ArrowFormatException($"the LZ4 frame ends in a block: {source.Length} of {length} bytes came.");
            }

            var block = source[..length];
            source = source[length..];
            if (hasBlockChecksum && ReadWord(ref source) != XxHash32.Compute(block))
            {
                throw new ArrowFormatException("the LZ4 frame is damaged: a block has another checksum.");
            }

            if ((word & NotCompressed) == 0)
            {
                written = Lz4Block.Decompress(block, target, written);
            }
            else
            {
                if (length > target.Length - written)
                {
                    throw new ArrowFormatException($"the LZ4 frame holds more than {target.Length} bytes.");
                }

                block.CopyTo(target[written..]);
                written += length;
            }
        }

        if (written != target.Length)
        {
            throw new ArrowFormatException($"the LZ4 frame holds {written} bytes instead of {target.Length}.");
        }

        if (hasContentChecksum && ReadWord(ref source) != XxHash32.Compute(target))
        {
            throw new ArrowFormatException("the LZ4 frame is damaged: the content has another checksum.");
        }
    }

    private static (bool HasBlockChecksum, bool HasContentChecksum) ReadHeader(ref ReadOnlySpan<byte> source, int expected)
    {
        if (ReadWord(ref source) != Magic || source.Length < 3)
        {
            throw new ArrowFormatException("the bytes are not an LZ4 frame.");
        }

        var flags = source[0];
        if (flags >> 6 != 1 || (flags & 0x01) != 0)
        {
            throw new ArrowFormatException($"the LZ4 frame has the flags 0x{flags:x2}; version 1 without a dictionary can be read.");
        }

        var hasSize = (flags & 0x08) != 0;
        var length = 2 + (hasSize ? 8 : 0);
        if (source.Length < length + 1 || source[length] != (byte)(XxHash32.Compute(source[..length]) >> 8))
        {
            throw new ArrowFormatException("the LZ4 frame is damaged: its header has another checksum.");
        }

        if (hasSize && BinaryPrimitives.ReadInt64LittleEndian(source[2..]) is var size && size != expected)
        {
            throw new ArrowFormatException($"the LZ4 frame holds {size} bytes instead of {expected}.");
        }

        source = source[(length + 1)..];
        return ((flags & 0x10) != 0, (flags & 0x04) != 0);
    }

    private static uint ReadWord(ref ReadOnlySpan<byte> source)
    {
        if (source.Length < 4)
        {
            throw new ArrowFormatException("the LZ4 frame ends too early.");
        }

        var word = BinaryPrimitives.ReadUInt32LittleEndian(source);
        source = source[4..];
        return word;
    }
}
