namespace OrleansFlow.Rpc.Http2;

/// <summary>The text code of HPACK (RFC 7541, appendix B), for reading. The code is canonical, so the lengths say everything.</summary>
internal static class HpackHuffman
{
    private const int EndOfString = 256;
    private const int BitsMax = 30;

    private static readonly byte[] Lengths =
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>Symbols by length, then by value: the order of their codes.</summary>
    private static readonly int[] Symbols = [.. Enumerable.Range(0, Lengths.Length).OrderBy(symbol => Lengths[symbol]).ThenBy(symbol => symbol)];

    /// <summary>For each length: how many symbols have it.</summary>
    private static readonly int[] Counts = [.. Enumerable.Range(0, BitsMax + 1).Select(length => Lengths.Count(bits => bits == length))];

    /// <summary>Decodes a text.</summary>
    /// <exception cref="HttpProtocolException">It holds the end mark, or ends in anything but a few ones.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> coded)
    {
        // The shortest code has five bits.
        var decoded = new List<byte>(coded.Length * 8 / 5);
        var (code, first, index, length) = (0, 0, 0, 0);
        var padding = true;
        foreach (var octet in coded)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                var one = (octet >> bit) & 1;
                padding &= one == 1;
                code = (code << 1) | one;
                length++;
                first <<= 1;
                if (length > BitsMax)
                {
                    throw Http2Errors.Protocol("a compressed header holds an unknown code");
                }

                var count = Counts[length];
                if (code - first >= count)
                {
                    first += count;
                    index += count;
                    continue;
                }

                var symbol = Symbols[index + code - first];
                if (symbol == EndOfString)
                {
                    throw Http2Errors.Protocol("a compressed header holds the end mark");
                }

                decoded.Add((byte)symbol);
                (code, first, index, length) = (0, 0, 0, 0);
                padding = true;
            }
        }

        return length < 8 && padding ? [.. decoded] : throw Http2Errors.Protocol("a compressed header is cut");
    }
}
