using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

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

    public static async ValueTask WriteAsync<T>(
        RpcBodyWriter output, RpcMarshaller<T> marshaller, T message, CancellationToken cancellationToken)
    {
        var size = marshaller.GetSize(message);
        WritePrefix(output, size);
        output.BeginMessage();
        await marshaller.WriteAsync(message, output, size, cancellationToken).ConfigureAwait(false);
        if (output.MessageBytes != size)
        {
            throw new InvalidOperationException(
                $"The marshaller of {typeof(T).Name} announced {size} bytes and wrote {output.MessageBytes}.");
        }

        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
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

    private static async ValueTask<RpcReadResult<T>> ReadCompressedAsync<T>(
        RpcBodyReader input, RpcMarshaller<T> marshaller, int size, int bytesMax, string? encoding, CancellationToken cancellationToken)
    {
        if (encoding != Gzip)
        {
            throw new RpcException(
                RpcStatusCode.Internal, $"A message is marked as compressed, but grpc-encoding is '{encoding ?? Identity}'.");
        }

        var packed = await input.ReadBlockAsync(size, cancellationToken).ConfigureAwait(false);
        var plain = Decompress(packed, bytesMax);
        using var plainInput = new RpcBodyReader(plain);
        plainInput.BeginMessage((int)plain.Length);
        var message = await marshaller.ReadAsync(plainInput, (int)plain.Length, cancellationToken).ConfigureAwait(false);
        return new RpcReadResult<T>(message);
    }

    private static MemoryStream Decompress(ReadOnlyMemory<byte> packed, int bytesMax)
    {
        var plain = new MemoryStream();
        var chunk = ArrayPool<byte>.Shared.Rent(RpcBodyWriter.ChunkBytes);
        try
        {
            using var source = new GZipStream(new MemoryStream(packed.ToArray(), writable: false), CompressionMode.Decompress);
            int read;
            while ((read = source.Read(chunk)) > 0)
            {
                // Checked while it grows: a few bytes can unpack to gigabytes.
                if (plain.Length + read > bytesMax)
                {
                    throw TooLarge($"more than {bytesMax} bytes after decompression", bytesMax);
                }

                plain.Write(chunk.AsSpan(0, read));
            }
        }
        catch (InvalidDataException exception)
        {
            throw new RpcException(
                new RpcStatus(RpcStatusCode.Internal, "A message marked as gzip cannot be decompressed."), innerException: exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        plain.Position = 0;
        return plain;
    }

    private static void WritePrefix(RpcBodyWriter output, int size)
    {
        var prefix = output.GetSpan(PrefixBytes);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], size);
        output.Advance(PrefixBytes);
    }

    private static RpcException TooLarge(string size, int bytesMax) =>
        new(RpcStatusCode.ResourceExhausted, $"A message of {size} is larger than the limit of {bytesMax} bytes.");
}
