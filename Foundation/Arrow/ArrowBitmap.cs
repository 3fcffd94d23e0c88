using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow;

/// <summary>Work on bitmaps in Arrow's bit order: bit i is bit (i mod 8) of byte (i / 8).</summary>
public static class ArrowBitmap
{
    /// <summary>Bytes that hold <paramref name="bits"/> bits.</summary>
    public static long ByteCount(long bits) => (bits + 7) >> 3;

    /// <summary>Whether a bit is one.</summary>
    public static bool Get(ReadOnlySpan<byte> bitmap, int index) => (bitmap[index >> 3] >> (index & 7) & 1) != 0;

    /// <summary>Up to 64 bits as a number, the first one lowest. Bits beyond <paramref name="count"/> are undefined.</summary>
    /// <param name="bitmap">The bits.</param>
    /// <param name="start">The first bit.</param>
    /// <param name="count">1 to 64; all of them lie in the bitmap.</param>
    internal static ulong Load(ReadOnlySpan<byte> bitmap, int start, int count)
    {
        var shift = start & 7;
        var bytes = bitmap.Slice(start >> 3, (shift + count + 7) >> 3);
        if (bytes.Length >= 8)
        {
            var low = BinaryPrimitives.ReadUInt64LittleEndian(bytes) >> shift;
            return bytes.Length == 8 ? low : low | ((ulong)bytes[8] << (64 - shift));
        }

        var bits = 0UL;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            bits = (bits << 8) | bytes[i];
        }

        return bits >> shift;
    }

    /// <summary>Sets a bit to one or zero.</summary>
    public static void Set(Span<byte> bitmap, int index, bool value)
    {
        ref var target = ref bitmap[index >> 3];
        var mask = (byte)(1 << (index & 7));
        target = value ? (byte)(target | mask) : (byte)(target & ~mask);
    }

    /// <summary>Sets a range of bits to one or zero.</summary>
    public static void SetRange(Span<byte> bitmap, int start, int length, bool value)
    {
        var index = start;
        var end = start + length;
        for (; index < end && (index & 7) != 0; index++)
        {
            Set(bitmap, index, value);
        }

        var wholeBytes = (end - index) >> 3;
        bitmap.Slice(index >> 3, wholeBytes).Fill(value ? (byte)0xFF : (byte)0);
        for (index += wholeBytes << 3; index < end; index++)
        {
            Set(bitmap, index, value);
        }
    }

    /// <summary>Number of ones in a range of bits. O(length / 64).</summary>
    public static int CountOnes(ReadOnlySpan<byte> bitmap, int start, int length)
    {
        var count = 0;
        var index = start;
        var end = checked(start + length);
        for (; index < end && (index & 7) != 0; index++)
        {
            count += Get(bitmap, index) ? 1 : 0;
        }

        var whole = bitmap.Slice(index >> 3, (end - index) >> 3);
        var words = MemoryMarshal.Cast<byte, ulong>(whole);
        foreach (var word in words)
        {
            count += BitOperations.PopCount(word);
        }

        foreach (var rest in whole[(words.Length * 8)..])
        {
            count += BitOperations.PopCount(rest);
        }

        for (index += whole.Length << 3; index < end; index++)
        {
            count += Get(bitmap, index) ? 1 : 0;
        }

        return count;
    }

    /// <summary>Copies a range of bits; the two ranges must not overlap. Other bits of the target stay as they are.</summary>
    public static void Copy(ReadOnlySpan<byte> source, int sourceStart, Span<byte> target, int targetStart, int length)
    {
        var done = 0;
        for (; done < length && ((targetStart + done) & 7) != 0; done++)
        {
            Set(target, targetStart + done, Get(source, sourceStart + done));
        }

        var wholeBytes = (length - done) >> 3;
        if (wholeBytes > 0)
        {
            CopyBytes(source, sourceStart + done, target.Slice((targetStart + done) >> 3, wholeBytes));
            done += wholeBytes << 3;
        }

        for (; done < length; done++)
        {
            Set(target, targetStart + done, Get(source, sourceStart + done));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyBytes(ReadOnlySpan<byte> source, int sourceStart, Span<byte> target)
    {
        var shift = sourceStart & 7;
        var from = source[(sourceStart >> 3)..];
        if (shift == 0)
        {
            from[..target.Length].CopyTo(target);
            return;
        }

        for (var i = 0; i < target.Length; i++)
        {
            target[i] = (byte)(from[i] >> shift | from[i + 1] << (8 - shift));
        }
    }
}
