using System.Buffers.Binary;
using System.Numerics;

namespace OrleansFlow.Decisions.Inputs;

/// <summary>BLAKE2b without a key, by RFC 7693. .NET has none.</summary>
internal static class Blake2b
{
    private const int BlockBytes = 128;
    private const int Rounds = 12;

    private static ReadOnlySpan<ulong> Start =>
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ];

    private static ReadOnlySpan<byte> Order =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
    ];

    /// <summary>The digest of some bytes.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="digest">Where it goes: 1 to 64 bytes, whose number is part of what is hashed.</param>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> digest)
    {
        Span<ulong> state = stackalloc ulong[8];
        Start.CopyTo(state);
        state[0] ^= 0x01010000UL ^ (uint)digest.Length;
        Span<byte> block = stackalloc byte[BlockBytes];
        var count = 0UL;
        do
        {
            var length = Math.Min(BlockBytes, data.Length);
            block.Clear();
            data[..length].CopyTo(block);
            data = data[length..];
            count += (ulong)length;
            Compress(state, block, count, isLast: data.IsEmpty);
        }
        while (!data.IsEmpty);

        Span<byte> all = stackalloc byte[64];
        for (var i = 0; i < 8; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(all[(i * 8)..], state[i]);
        }

        all[..digest.Length].CopyTo(digest);
    }

    private static void Compress(Span<ulong> state, ReadOnlySpan<byte> block, ulong count, bool isLast)
    {
        Span<ulong> words = stackalloc ulong[16];
        for (var i = 0; i < 16; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(block[(i * 8)..]);
        }

        Span<ulong> work = stackalloc ulong[16];
        state.CopyTo(work);
        Start.CopyTo(work[8..]);
        work[12] ^= count;
        work[14] = isLast ? ~work[14] : work[14];
        for (var round = 0; round < Rounds; round++)
        {
            var order = Order.Slice(round % 10 * 16, 16);
            Mix(work, 0, 4, 8, 12, words[order[0]], words[order[1]]);
            Mix(work, 1, 5, 9, 13, words[order[2]], words[order[3]]);
            Mix(work, 2, 6, 10, 14, words[order[4]], words[order[5]]);
            Mix(work, 3, 7, 11, 15, words[order[6]], words[order[7]]);
            Mix(work, 0, 5, 10, 15, words[order[8]], words[order[9]]);
            Mix(work, 1, 6, 11, 12, words[order[10]], words[order[11]]);
            Mix(work, 2, 7, 8, 13, words[order[12]], words[order[13]]);
            Mix(work, 3, 4, 9, 14, words[order[14]], words[order[15]]);
        }

        for (var i = 0; i < 8; i++)
        {
            state[i] ^= work[i] ^ work[i + 8];
        }
    }

    private static void Mix(Span<ulong> work, int a, int b, int c, int d, ulong x, ulong y)
    {
        work[a] += work[b] + x;
        work[d] = BitOperations.RotateRight(work[d] ^ work[a], 32);
        work[c] += work[d];
        work[b] = BitOperations.RotateRight(work[b] ^ work[c], 24);
        work[a] += work[b] + y;
        work[d] = BitOperations.RotateRight(work[d] ^ work[a], 16);
        work[c] += work[d];
        work[b] = BitOperations.RotateRight(work[b] ^ work[c], 63);
    }
}
