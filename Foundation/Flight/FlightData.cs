using OrleansFlow.Arrow;

namespace OrleansFlow.Flight;

/// <summary>
/// One message of a data stream. An outgoing one points into memory of others, which must stay until it is written; an
/// incoming one owns its body.
/// </summary>
internal sealed class FlightData : IDisposable
{
    private ArrowBuffer _receivedBody;

    /// <summary>Which flight; only in the first message of an upload.</summary>
    public Protos.FlightDescriptor? Descriptor { get; init; }

    /// <summary>The metadata of an IPC message, without marker and length; empty when there is only application metadata.</summary>
    public ReadOnlyMemory<byte> Header { get; init; }

    public ReadOnlyMemory<byte> AppMetadata { get; init; }

    /// <summary>The body to send, in order, padding included.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> BodyParts { get; init; } = [];

    /// <summary>Hands the received body over; the caller then owns its one reference. Empty when there is none.</summary>
    public ArrowBuffer TakeBody()
    {
        var body = _receivedBody;
        _receivedBody = ArrowBuffer.Empty;
        return body;
    }

    /// <summary>Frees a received body that nobody took.</summary>
    public void Dispose() => TakeBody().Release();

    internal static FlightData Received(
        Protos.FlightDescriptor? descriptor, ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> appMetadata, ArrowBuffer body) => new()
        {
            Descriptor = descriptor,
            Header = header,
            AppMetadata = appMetadata,
            _receivedBody = body,
        };
}
