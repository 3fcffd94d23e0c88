using System.Buffers.Binary;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>
/// One block of an LZ4 frame: sequences of a token, literals and a match. Source: "LZ4 Block Format Description" of the LZ4 project.
/// </summary>
internal static class Lz4Block
{
    public const int TableSize = 1 << HashBits;

    private const int HashBits = 13;
    private const int MinMatch = 4;

    /// <summary>The format keeps the last 5 bytes literal and starts no match in the last 12.</summary>
    private const int LastLiterals = 5;
    private const int NoMatchAtEnd = 12;

    /// <summary>Compresses at most 64 KiB; 0 when the result would not be shorter than the source.</summary>
    /// <param name="source">The raw bytes.</param>
    /// <param name="target">As long as the source.</param>
    /// <param name="table">Room for the last place of each hash, <see cref="TableSize"/> entries; its content does not matter.</param>
    public static int TryCompress(ReadOnlySpan<byte> source, Span<byte> target, ushort[] table)
    {
        Array.Clear(table);
        var written = 0;
        var anchor = 0;
        var position = 1;
        var searchEnd = source.Length - NoMatchAtEnd;
        while (position <= searchEnd)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(source[position..]);
            ref var slot = ref table[(word * 2_654_435_761) >> (32 - HashBits)];
            int candidate = slot;
            slot = (ushort)position;
            if (candidate >= position || BinaryPrimitives.ReadUInt32LittleEndian(source[candidate..]) != word)
            {
                // The longer nothing matches, the larger the steps: incompressible bytes are passed quickly.
                position += 1 + ((position - anchor) >> 6);
                continue;
            }

            var most = source.Length - LastLiterals - position;
            var length = MinMatch + source.Slice(position + MinMatch, most - MinMatch).CommonPrefixLength(source[(candidate + MinMatch)..]);
            written = WriteSequence(target, written, source[anchor..position], position - candidate, length);
            if (written < 0)
            {
                return 0;
            }

            position += length;
            anchor = position;
        }

        written = WriteSequence(target, written, source[anchor..], 0, 0);
        return written < 0 || written >= source.Length ? 0 : written;
    }

    /// <summary>Decompresses behind what was written before, which matches may refer to; returns the new end.</summary>
    /// <exception cref="ArrowFormatException">A length or distance leads outside.</exception>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> target, int written)
    {
        var read = 0;
        while (true)
        {
            var token = Next(source, ref read);
            var literals = ReadLength(source, ref read, token >> 4);
            if (literals > source.Length - read || literals > target.Length - written)
            {
                throw new ArrowFormatException($"the LZ4 frame is damaged: {literals} literals are more than there is room for.");
            }

            source.Slice(read, (int)literals).CopyTo(target[written..]);
            read += (int)literals;
            written += (int)literals;
            if (read == source.Length)
            {
                return written;
            }

            var distance = Next(source, ref read) | (Next(source, ref read) << 8);
            var length = ReadLength(source, ref read, token & 15) + MinMatch;
            if (distance == 0 || distance > written || length > target.Length - written)
            {
                throw new ArrowFormatException($"the LZ4 frame is damaged: a match of {length} bytes {distance} back leads outside.");
            }

            written = CopyMatch(target, written, distance, (int)length);
        }
    }

    private static int CopyMatch(Span<byte> target, int written, int distance, int length)
    {
        // A match may reach into what it writes; each round doubles the bytes that are known.
        var start = written - distance;
        var end = written + length;
        while (written < end)
        {
            var count = Math.Min(end - written, written - start);
            target.Slice(start, count).CopyTo(target[written..]);
            written += count;
        }

        return end;
    }

    private static int WriteSequence(Span<byte> target, int at, ReadOnlySpan<byte> literals, int distance, int matchLength)
    {
        var worst = 1 + literals.Length / 255 + 1 + literals.Length + 2 + matchLength / 255 + 1;
        if (at + worst > target.Length)
        {
            return -1;
        }

        var token = at++;
        var high = Math.Min(literals.Length, 15);
        WriteLength(target, ref at, literals.Length - 15);
        literals.CopyTo(target[at..]);
        at += literals.Length;
        if (distance == 0)
        {
            target[token] = (byte)(high << 4);
            return at;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(target[at..], (ushort)distance);
        at += 2;
        target[token] = (byte)((high << 4) | Math.Min(matchLength - MinMatch, 15));
        WriteLength(target, ref at, matchLength - MinMatch - 15);
        return at;
    }

    private static void WriteLength(Span<byte> target, ref int at, int rest)
    {
        for (; rest >= 255; rest -= 255)
        {
            target[at++] = 255;
        }

        if (rest >= 0)
        {
            target[at++] = (byte)rest;
        }
    }

    private static long ReadLength(ReadOnlySpan<byte> source, ref int read, int start)
    {
        long length = start;
        if (start == 15)
        {
            byte more;
            do
            {
                more = Next(source, ref read);
                length += more;
            }
            while (more == 255);
        }

        return length;
    }

    private static byte Next(ReadOnlySpan<byte> source, ref int read) => read < source.Length
        ? source[read++]
        : throw new ArrowFormatException("the LZ4 frame is damaged: a block ends in the middle of a sequence.");
}
