using System.Runtime.InteropServices;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>
/// FlightData by hand: the body goes from the arrays' buffers to the connection, and from the connection into one buffer
/// that the arrays then point into. Everything else in the message is small.
/// </summary>
internal sealed class FlightDataMarshaller(FlightOptions options) : RpcMarshaller<FlightData>
{
    private const uint DescriptorTag = (1 << 3) | 2;
    private const uint HeaderTag = (2 << 3) | 2;
    private const uint AppMetadataTag = (3 << 3) | 2;
    private const uint BodyTag = (1000 << 3) | 2;
    private const int VarintBytesMax = 5;

    public override int? MessageBytesMax => options.MessageBytesMax;

    public override bool IsBulk => true;

    public override int GetSize(FlightData message)
    {
        var size = FieldSize(DescriptorTag, message.Descriptor?.CalculateSize())
            + FieldSize(HeaderTag, NullIfEmpty(message.Header.Length))
            + FieldSize(AppMetadataTag, NullIfEmpty(message.AppMetadata.Length))
            + FieldSize(BodyTag, NullIfEmpty(BodyBytes(message)));
        return size <= ArrowAllocator.MaxAllocation
            ? (int)size
            : throw new ArgumentException(
                $"A record batch of {size} bytes does not fit one message of at most {ArrowAllocator.MaxAllocation}; send smaller batches.",
                nameof(message));
    }

    public override async ValueTask WriteAsync(
        FlightData message, RpcBodyWriter output, int size, CancellationToken cancellationToken)
    {
        if (message.Descriptor is { } descriptor)
        {
            WritePrefix(output, DescriptorTag, descriptor.CalculateSize());
            await output.WriteAsync(descriptor.ToByteArray(), cancellationToken).ConfigureAwait(false);
        }

        await WriteBytesAsync(output, HeaderTag, message.Header, cancellationToken).ConfigureAwait(false);
        await WriteBytesAsync(output, AppMetadataTag, message.AppMetadata, cancellationToken).ConfigureAwait(false);
        if (BodyBytes(message) is > 0 and var bodyBytes)
        {
            WritePrefix(output, BodyTag, (int)bodyBytes);
            foreach (var part in message.BodyParts)
            {
                await output.WriteAsync(part, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override async ValueTask<FlightData> ReadAsync(RpcBodyReader input, int size, CancellationToken cancellationToken)
    {
        Protos.FlightDescriptor? descriptor = null;
        byte[] header = [];
        byte[] appMetadata = [];
        var body = ArrowBuffer.Empty;
        try
        {
            while (input.Remaining > 0)
            {
                var tag = await input.ReadVarintAsync(cancellationToken).ConfigureAwait(false);
                switch (tag)
                {
                    case DescriptorTag:
                        descriptor = ParseDescriptor(await ReadBytesAsync(input, cancellationToken).ConfigureAwait(false));
                        break;
                    case HeaderTag:
                        header = await ReadBytesAsync(input, cancellationToken).ConfigureAwait(false);
                        break;
                    case AppMetadataTag:
                        appMetadata = await ReadBytesAsync(input, cancellationToken).ConfigureAwait(false);
                        break;
                    case BodyTag:
                        var bodyBytes = await ReadLengthAsync(input, cancellationToken).ConfigureAwait(false);
                        body.Release();
                        body = options.Allocator.Allocate(bodyBytes);
                        await input.ReadExactlyAsync(MemoryMarshal.AsMemory(body.Memory), cancellationToken).ConfigureAwait(false);
                        break;
                    default:
                        await SkipAsync(input, tag, cancellationToken).ConfigureAwait(false);
                        break;
                }
            }
        }
        catch
        {
            body.Release();
            throw;
        }

        return FlightData.Received(descriptor, header, appMetadata, body);
    }

    private static long? NullIfEmpty(long bytes) => bytes > 0 ? bytes : null;

    private static long BodyBytes(FlightData message)
    {
        var bytes = 0L;
        foreach (var part in message.BodyParts)
        {
            bytes += part.Length;
        }

        return bytes;
    }

    private static long FieldSize(uint tag, long? bytes) => bytes is { } length
        ? CodedOutputStream.ComputeUInt32Size(tag) + CodedOutputStream.ComputeUInt64Size((ulong)length) + length
        : 0;

    private static void WritePrefix(RpcBodyWriter output, uint tag, int bytes)
    {
        var span = output.GetSpan(2 * VarintBytesMax);
        var used = WriteVarint(span, tag);
        used += WriteVarint(span[used..], (uint)bytes);
        output.Advance(used);
    }

    private static int WriteVarint(Span<byte> span, uint value)
    {
        var used = 0;
        while (value >= 0x80)
        {
            span[used++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[used++] = (byte)value;
        return used;
    }

    private static async ValueTask WriteBytesAsync(
        RpcBodyWriter output, uint tag, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.Length > 0)
        {
            WritePrefix(output, tag, bytes.Length);
            await output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<byte[]> ReadBytesAsync(RpcBodyReader input, CancellationToken cancellationToken)
    {
        var bytes = new byte[await ReadLengthAsync(input, cancellationToken).ConfigureAwait(false)];
        await input.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>A length is checked against the message before anything is allocated for it.</summary>
    private static async ValueTask<int> ReadLengthAsync(RpcBodyReader input, CancellationToken cancellationToken)
    {
        var length = await input.ReadVarintAsync(cancellationToken).ConfigureAwait(false);
        return length <= (ulong)input.Remaining
            ? (int)length
            : throw Malformed($"a field announces {length} bytes where {input.Remaining} are left");
    }

    private static async ValueTask SkipAsync(RpcBodyReader input, ulong tag, CancellationToken cancellationToken)
    {
        switch (tag & 7)
        {
            case 0:
                await input.ReadVarintAsync(cancellationToken).ConfigureAwait(false);
                break;
            case 1:
                await input.SkipAsync(8, cancellationToken).ConfigureAwait(false);
                break;
            case 2:
                await input.SkipAsync(await ReadLengthAsync(input, cancellationToken).ConfigureAwait(false), cancellationToken)
                    .ConfigureAwait(false);
                break;
            case 5:
                await input.SkipAsync(4, cancellationToken).ConfigureAwait(false);
                break;
            default:
                throw Malformed($"tag {tag} has no known wire type");
        }
    }

    private static Protos.FlightDescriptor ParseDescriptor(byte[] bytes)
    {
        try
        {
            return Protos.FlightDescriptor.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw Malformed($"its descriptor is not valid: {exception.Message}");
        }
    }

    private static RpcException Malformed(string what) =>
        new(RpcStatusCode.Internal, $"A FlightData message is not well-formed: {what}.");
}
