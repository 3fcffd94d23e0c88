using System.Buffers;
using System.Buffers.Binary;

namespace OrleansFlow.Rpc;

/// <summary>
/// The length-prefixed message of gRPC over HTTP/2: one byte that says whether the message is compressed, four bytes of
/// length (big-endian), the message.
/// </summary>
internal static class RpcFrame
{
    public const int PrefixBytes = 5;
    public const string Gzip = "gzip";
    public const string Identity = "identity";
    public const string AcceptedEncodings = "identity,gzip";

    /// <summary>A shorter message travels as it is even where compression is wanted: it would hardly become smaller.</summary>
    public const int CompressedBytesMin = 256;

    /// <summary>Writes one message.</summary>
    /// <param name="output">The stream.</param>
    /// <param name="marshaller">Makes the bytes.</param>
    /// <param name="message">The message.</param>
    /// <param name="compress">Whether to compress it; the stream's headers must have announced gzip.</param>
    /// <param name="bytesMax">Largest message, before compression; the limit of marshallers that have one is their own.</param>
    /// <param name="flush">Whether the message must be under way when this ends. Without it
    /// less than <see cref="RpcBodyWriter.GatheredBytesMax"/> wait for the next flush, or for the end of the stream.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">The message is larger than the limit; nothing has been written.</exception>
    public static async ValueTask WriteAsync<T>(
        RpcBodyWriter output, RpcMarshaller<T> marshaller, T message, bool compress, int bytesMax, bool flush, CancellationToken cancellationToken)
    {
        var size = marshaller.GetSize(message);
        CheckLimit(marshaller, size, bytesMax);
        if (compress && size >= CompressedBytesMin)
        {
            var packed = await RpcGzip.CompressAsync(marshaller, message, size, cancellationToken).ConfigureAwait(false);
            WritePrefix(output, packed.Length, compressed: true);
            await output.WriteAsync(packed, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            WritePrefix(output, size, compressed: false);
            output.BeginMessage();
            await marshaller.WriteAsync(message, output, size, cancellationToken).ConfigureAwait(false);
            CheckSize<T>(size, output);
        }

        if (flush || output.UnflushedBytes >= RpcBodyWriter.GatheredBytesMax)
        {
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a peer's <c>grpc-accept-encoding</c> names gzip.</summary>
    public static bool AcceptsGzip(string? acceptEncoding) =>
        acceptEncoding is not null
        && acceptEncoding.Split(',', StringSplitOptions.TrimEntries).Contains(Gzip, StringComparer.OrdinalIgnoreCase);

    /// <summary>Refuses to send what is too large.</summary>
    public static void CheckLimit<T>(RpcMarshaller<T> marshaller, int size, int bytesMax)
    {
        if (marshaller.MessageBytesMax is null && size > bytesMax)
        {
            throw TooLarge($"{size} bytes to send", bytesMax);
        }
    }

    public static void CheckSize<T>(int size, RpcBodyWriter output)
    {
        if (output.MessageBytes != size)
        {
            throw new InvalidOperationException(
                $"The marshaller of {typeof(T).Name} announced {size} bytes and wrote {output.MessageBytes}.");
        }
    }

    /// <summary>Reads the next message, or says that the stream has ended cleanly.</summary>
    /// <param name="input">The stream.</param>
    /// <param name="marshaller">Makes the message.</param>
    /// <param name="bytesMax">Largest message, before and after decompression, unless the marshaller has its own limit.</param>
    /// <param name="encoding">The peer's <c>grpc-encoding</c>; null for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public static async ValueTask<RpcReadResult<T>> TryReadAsync<T>(
        RpcBodyReader input, RpcMarshaller<T> marshaller, int bytesMax, string? encoding, CancellationToken cancellationToken)
    {
        var prefix = ArrayPool<byte>.Shared.Rent(PrefixBytes);
        bool compressed;
        uint length;
        try
        {
            if (!await input.TryReadPrefixAsync(prefix.AsMemory(0, PrefixBytes), cancellationToken).ConfigureAwait(false))
            {
                return default;
            }

            compressed = prefix[0] switch
            {
                0 => false,
                1 => true,
                var flag => throw new RpcException(RpcStatusCode.Internal, $"A message begins with flag {flag}; it must be 0 or 1."),
            };
            length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(prefix);
        }

        bytesMax = marshaller.MessageBytesMax ?? bytesMax;
        if (length > bytesMax)
        {
            throw TooLarge($"{length} bytes", bytesMax);
        }

        var size = (int)length;
        input.BeginMessage(size);
        if (compressed)
        {
            return await ReadCompressedAsync(input, marshaller, size, bytesMax, encoding, cancellationToken).ConfigureAwait(false);
        }

        var message = await marshaller.ReadAsync(input, size, cancellationToken).ConfigureAwait(false);
        return new RpcReadResult<T>(message);
    }

    public static RpcException TooLarge(string size, int bytesMax) =>
        new(RpcStatusCode.ResourceExhausted, $"A message of {size} is larger than the limit of {bytesMax} bytes.");

    private static async ValueTask<RpcReadResult<T>> ReadCompressedAsync<T>(
        RpcBodyReader input, RpcMarshaller<T> marshaller, int size, int bytesMax, string? encoding, CancellationToken cancellationToken)
    {
        if (encoding != Gzip)
        {
            throw new RpcException(
                RpcStatusCode.Internal, $"A message is marked as compressed, but grpc-encoding is '{encoding ?? Identity}'.");
        }

        var packed = await input.ReadBlockAsync(size, cancellationToken).ConfigureAwait(false);
        var plain = RpcGzip.Decompress(packed, bytesMax);
        using var plainInput = new RpcBodyReader(plain);
        plainInput.BeginMessage((int)plain.Length);
        var message = await marshaller.ReadAsync(plainInput, (int)plain.Length, cancellationToken).ConfigureAwait(false);
        return new RpcReadResult<T>(message, compressed: true);
    }

    private static void WritePrefix(RpcBodyWriter output, int size, bool compressed)
    {
        var prefix = output.GetSpan(PrefixBytes);
        prefix[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], size);
        output.Advance(PrefixBytes);
    }
}
