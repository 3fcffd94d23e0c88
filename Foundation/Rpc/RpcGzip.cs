using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;

namespace OrleansFlow.Rpc;

/// <summary>Single messages to gzip and back.</summary>
internal static class RpcGzip
{
    /// <summary>Packs what a marshaller writes.</summary>
    /// <exception cref="InvalidOperationException">The marshaller wrote another number of bytes than it announced.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> CompressAsync<T>(
        RpcMarshaller<T> marshaller, T message, int size, CancellationToken cancellationToken)
    {
        var packed = new MemoryStream();
        var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true);
        await using (gzip.ConfigureAwait(false))
        {
            var pipe = PipeWriter.Create(gzip, new StreamPipeWriterOptions(leaveOpen: true));
            var output = new RpcBodyWriter(pipe, direct: true);
            await marshaller.WriteAsync(message, output, size, cancellationToken).ConfigureAwait(false);
            RpcFrame.CheckSize<T>(size, output);
            await pipe.CompleteAsync().ConfigureAwait(false);
        }

        return packed.GetBuffer().AsMemory(0, (int)packed.Length);
    }

    /// <summary>Unpacks one message.</summary>
    /// <param name="packed">The message on the wire.</param>
    /// <param name="bytesMax">Largest message after decompression.</param>
    /// <exception cref="RpcException">It is larger, or no gzip.</exception>
    public static MemoryStream Decompress(ReadOnlyMemory<byte> packed, int bytesMax)
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
                    throw RpcFrame.TooLarge($"more than {bytesMax} bytes after decompression", bytesMax);
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
}
