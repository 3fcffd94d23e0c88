using Google.Protobuf;
using OrleansFlow.Arrow;

namespace OrleansFlow.Flight;

/// <summary>What there is to know about a flight before its data is fetched.</summary>
public sealed record FlightInfo
{
    /// <summary>The schema of its batches; null when it is not known yet.</summary>
    public required ArrowSchema? Schema { get; init; }

    /// <summary>Its name; null when it has none.</summary>
    public FlightDescriptor? Descriptor { get; init; }

    /// <summary>Its parts; fetch each of them.</summary>
    public IReadOnlyList<FlightEndpoint> Endpoints { get; init; } = [];

    /// <summary>Rows of all parts.</summary>
    /// <value>Default -1: not known.</value>
    public long TotalRecords { get; init; } = -1;

    /// <summary>Bytes of all parts.</summary>
    /// <value>Default -1: not known.</value>
    public long TotalBytes { get; init; } = -1;

    /// <summary>Whether the rows are ordered and the parts are in that order.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>Bytes of the application.</summary>
    public ReadOnlyMemory<byte> AppMetadata { get; init; }

    internal static FlightInfo FromWire(Protos.FlightInfo wire) => new()
    {
        Schema = wire.Schema.IsEmpty ? null : FlightIpc.ReadSchema(wire.Schema.Memory),
        Descriptor = wire.FlightDescriptor is null ? null : FlightDescriptor.FromWire(wire.FlightDescriptor),
        Endpoints = [.. wire.Endpoint.Select(FlightEndpoint.FromWire)],
        TotalRecords = wire.TotalRecords,
        TotalBytes = wire.TotalBytes,
        IsOrdered = wire.Ordered,
        AppMetadata = wire.AppMetadata.Memory,
    };

    internal Protos.FlightInfo ToWire() => new()
    {
        Schema = Schema is null ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(FlightIpc.WriteSchema(Schema)),
        FlightDescriptor = Descriptor?.ToWire(),
        Endpoint = { Endpoints.Select(endpoint => endpoint.ToWire()) },
        TotalRecords = TotalRecords,
        TotalBytes = TotalBytes,
        Ordered = IsOrdered,
        AppMetadata = UnsafeByteOperations.UnsafeWrap(AppMetadata),
    };
}
