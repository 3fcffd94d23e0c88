using System.Buffers.Binary;
using System.Numerics;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>The checksum of LZ4 frames: xxHash with 32 bits, seed 0. Source: "xxHash fast digest algorithm", the format's specification.</summary>
internal static class XxHash32
{
    private const uint Prime1 = 2_654_435_761;
    private const uint Prime2 = 2_246_822_519;
    private const uint Prime3 = 3_266_489_917;
    private const uint Prime4 = 668_265_263;
    private const uint Prime5 = 374_761_393;

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var length = (uint)bytes.Length;
        uint hash;
        if (bytes.Length >= 16)
        {
            var a = unchecked(Prime1 + Prime2);
            var b = Prime2;
            var c = 0u;
            var d = unchecked(0u - Prime1);
            for (; bytes.Length >= 16; bytes = bytes[16..])
            {
                a = Round(a, bytes);
                b = Round(b, bytes[4..]);
                c = Round(c, bytes[8..]);
                d = Round(d, bytes[12..]);
            }

            hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
        }
        else
        {
            hash = Prime5;
        }

        hash += length;
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            hash = BitOperations.RotateLeft(hash + BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Prime3, 17) * Prime4;
        }

        foreach (var value in bytes)
        {
            hash = BitOperations.RotateLeft(hash + value * Prime5, 11) * Prime1;
        }

        hash = (hash ^ (hash >> 15)) * Prime2;
        hash = (hash ^ (hash >> 13)) * Prime3;
        return hash ^ (hash >> 16);
    }

    private static uint Round(uint lane, ReadOnlySpan<byte> bytes) =>
        BitOperations.RotateLeft(lane + BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Prime2, 13) * Prime1;
}
