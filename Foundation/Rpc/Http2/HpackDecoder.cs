using System.Text;

namespace OrleansFlow.Rpc.Http2;

/// <summary>
/// Reads header blocks (RFC 7541) of a peer that was told to keep no table of its own: static entries and literals, in either text code.
/// </summary>
internal static class HpackDecoder
{
    private const int HeaderBytesMax = 64 * 1024;

    /// <summary>The static table from index 1 on.</summary>
    private static readonly (string Name, string Value)[] StaticTable =
    [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"),
        (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
        (":status", "404"), (":status", "500"), ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""),
        ("accept-ranges", ""), ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""),
        ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""),
        ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
        ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
        ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
        ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ];

    /// <summary>Reads a whole header block.</summary>
    /// <exception cref="HttpProtocolException">It is not well-formed, refers to a table that is not kept, or is too large.</exception>
    public static List<(string Name, string Value)> Decode(ReadOnlySpan<byte> block)
    {
        var headers = new List<(string, string)>();
        var bytes = 0;
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                headers.Add(Indexed(ReadInteger(ref block, 7)));
            }
            else if ((first & 0xE0) == 0x20)
            {
                // We keep no table: the only size it may have is none.
                if (ReadInteger(ref block, 5) != 0)
                {
                    throw Http2Errors.Make(Http2Errors.CompressionError, "The server wants a header table larger than was offered.");
                }

                continue;
            }
            else
            {
                var index = ReadInteger(ref block, (first & 0x40) != 0 ? 6 : 4);
                var name = index == 0 ? ReadText(ref block) : Indexed(index).Name;
                headers.Add((name, ReadText(ref block)));
            }

            bytes += headers[^1].Item1.Length + headers[^1].Item2.Length;
            if (bytes > HeaderBytesMax)
            {
                throw Http2Errors.Make(Http2Errors.CompressionError, $"The server's headers are longer than {HeaderBytesMax} bytes.");
            }
        }

        return headers;
    }

    private static (string Name, string Value) Indexed(int index) => index is > 0 && index <= StaticTable.Length
        ? StaticTable[index - 1]
        : throw Http2Errors.Make(Http2Errors.CompressionError, $"The server's headers refer to entry {index}, which does not exist.");

    private static int ReadInteger(ref ReadOnlySpan<byte> block, int prefixBits)
    {
        var mask = (1 << prefixBits) - 1;
        var value = block[0] & mask;
        block = block[1..];
        if (value < mask)
        {
            return value;
        }

        for (var shift = 0; shift <= 21; shift += 7)
        {
            if (block.IsEmpty)
            {
                throw Http2Errors.Make(Http2Errors.CompressionError, "The server's headers are cut.");
            }

            var octet = block[0];
            block = block[1..];
            value += (octet & 0x7F) << shift;
            if (octet < 0x80)
            {
                return value;
            }
        }

        throw Http2Errors.Make(Http2Errors.CompressionError, "The server's headers hold a number that is too large.");
    }

    private static string ReadText(ref ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
        {
            throw Http2Errors.Make(Http2Errors.CompressionError, "The server's headers are cut.");
        }

        var isCoded = (block[0] & 0x80) != 0;
        var length = ReadInteger(ref block, 7);
        if (length > block.Length)
        {
            throw Http2Errors.Make(Http2Errors.CompressionError, "The server's headers are cut.");
        }

        var bytes = block[..length];
        block = block[length..];
        return Encoding.Latin1.GetString(isCoded ? HpackHuffman.Decode(bytes) : bytes);
    }
}
