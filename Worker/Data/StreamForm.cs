using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol;
using OrleansFlow.Rpc;

namespace OrleansFlow.Worker.Data;

/// <summary>In what form a caller wants its batches, as the headers of its call say.</summary>
/// <param name="Compression">Of message bodies.</param>
/// <param name="DecodesDictionaries">Whether dictionary columns become plain ones.</param>
internal readonly record struct StreamForm(IpcCompression Compression, bool DecodesDictionaries)
{
    /// <summary>Reads the headers.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: a value is none of those that there are; <c>unsupported</c>: the codec is not installed here.</exception>
    public static StreamForm Read(RpcMetadata headers)
    {
        var compression = headers.GetValue(FlowHeaders.Compression) switch
        {
            null or FlowHeaders.None => IpcCompression.None,
            FlowHeaders.Lz4 => IpcCompression.Lz4Frame,
            FlowHeaders.Zstd => IpcCompression.Zstd,
            var other => throw Refuse(FlowHeaders.Compression, other, $"'{FlowHeaders.None}', '{FlowHeaders.Lz4}' or '{FlowHeaders.Zstd}'"),
        };
        if (!IpcCodecs.IsAvailable(compression))
        {
            throw new FlowException(
                FlowErrorCode.Unsupported, $"The serving machine has no libzstd; send '{FlowHeaders.Compression}: {FlowHeaders.Lz4}', or install the package libzstd1 there.");
        }

        var decodes = headers.GetValue(FlowHeaders.Dictionaries) switch
        {
            null or FlowHeaders.Keep => false,
            FlowHeaders.Decode => true,
            var other => throw Refuse(FlowHeaders.Dictionaries, other, $"'{FlowHeaders.Keep}' or '{FlowHeaders.Decode}'"),
        };
        return new StreamForm(compression, decodes);
    }

    /// <summary>The columns that the caller gets.</summary>
    public ArrowSchema Apply(ArrowSchema schema) => DecodesDictionaries ? ArrowDecode.Plain(schema) : schema;

    /// <summary>The flight with the columns that the caller gets.</summary>
    public FlightInfo Apply(FlightInfo info) => DecodesDictionaries && info.Schema is { } schema ? info with { Schema = Apply(schema) } : info;

    /// <summary>The stream in this form; it ends with the given one.</summary>
    public FlightStream Apply(FlightStream stream)
    {
        if (this == default)
        {
            return stream;
        }

        var options = Compression == IpcCompression.None ? stream.WriteOptions : new IpcWriteOptions { Compression = Compression };
        var plain = Apply(stream.Schema);
        return new FlightStream(plain, ReferenceEquals(plain, stream.Schema) ? stream.Batches : DecodeAsync(stream, plain)) { Owner = stream, WriteOptions = options };
    }

    private static async IAsyncEnumerable<FlightBatch> DecodeAsync(
        FlightStream stream, ArrowSchema plain, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var element in stream.Batches.WithCancellation(cancellationToken))
        {
            using var batch = element.Batch;
            yield return element with { Batch = batch is null ? null : ArrowDecode.Decode(batch, plain) };
        }
    }

    private static FlowException Refuse(string header, string value, string known) =>
        new(FlowErrorCode.BadInput, $"The header '{header}' is '{value}'; send {known}.");
}
