using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>xxHash with 64 bits, seed 0. Source: "xxHash fast digest algorithm", the format's specification.</summary>
internal static class XxHash64
{
    private const ulong Prime1 = 0x9E37_79B1_85EB_CA87;
    private const ulong Prime2 = 0xC2B2_AE3D_27D4_EB4F;
    private const ulong Prime3 = 0x1656_67B1_9E37_79F9;
    private const ulong Prime4 = 0x85EB_CA77_C2B2_AE63;
    private const ulong Prime5 = 0x27D4_EB2F_1656_67C5;

    public static ulong Compute(ReadOnlySpan<byte> bytes)
    {
        var length = bytes.Length;
        var hash = length >= 32 ? Stripes(ref bytes) : Prime5;
        hash += (ulong)length;

        // Keys are short, so what matters is the tail: read by address, because cutting the span costs as much as the arithmetic.
        ref var at = ref MemoryMarshal.GetReference(bytes);
        nint i = 0;
        for (; i + 8 <= bytes.Length; i += 8)
        {
            hash ^= Round(0, Read<ulong>(ref at, i));
            hash = BitOperations.RotateLeft(hash, 27) * Prime1 + Prime4;
        }

        if (i + 4 <= bytes.Length)
        {
            hash ^= Read<uint>(ref at, i) * Prime1;
            hash = BitOperations.RotateLeft(hash, 23) * Prime2 + Prime3;
            i += 4;
        }

        for (; i < bytes.Length; i++)
        {
            hash ^= Unsafe.Add(ref at, i) * Prime5;
            hash = BitOperations.RotateLeft(hash, 11) * Prime1;
        }

        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }

    /// <summary>An integer of little-endian bytes; the platforms that the engine runs on all are little-endian.</summary>
    private static T Read<T>(ref byte at, nint offset)
        where T : unmanaged => Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref at, offset));

    private static ulong Stripes(ref ReadOnlySpan<byte> bytes)
    {
        var a = unchecked(Prime1 + Prime2);
        var b = Prime2;
        var c = 0UL;
        var d = unchecked(0UL - Prime1);
        for (; bytes.Length >= 32; bytes = bytes[32..])
        {
            a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
            c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
            d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
        }

        var hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
        foreach (var lane in (ReadOnlySpan<ulong>)[a, b, c, d])
        {
            hash = (hash ^ Round(0, lane)) * Prime1 + Prime4;
        }

        return hash;
    }

    private static ulong Round(ulong lane, ulong input) => BitOperations.RotateLeft(lane + input * Prime2, 31) * Prime1;
}
