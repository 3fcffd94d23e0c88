using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace OrleansFlow.Flight;

/// <summary>Where one part of a flight's data is.</summary>
/// <param name="Ticket">What to give to <c>DoGet</c>.</param>
/// <param name="Locations">
/// Servers that take the ticket, any of them, as <c>grpc+tcp://host:port</c>; empty: the server that gave it.
/// </param>
/// <param name="ExpiresAtUtc">When the ticket ends to be good; null: not said.</param>
/// <param name="AppMetadata">Bytes of the application.</param>
public sealed record FlightEndpoint(
    FlightTicket Ticket,
    IReadOnlyList<string> Locations,
    DateTimeOffset? ExpiresAtUtc = null,
    ReadOnlyMemory<byte> AppMetadata = default)
{
    /// <summary>The location that means: the connection by which the endpoint came.</summary>
    public const string ReuseConnection = "arrow-flight-reuse-connection://?";

    /// <summary>A ticket that is good at the server that gives it.</summary>
    public FlightEndpoint(FlightTicket ticket)
        : this(ticket, [])
    {
    }

    internal static FlightEndpoint FromWire(Protos.FlightEndpoint wire) => new(
        new FlightTicket(wire.Ticket?.Ticket_.Memory ?? default),
        [.. wire.Location.Select(location => location.Uri)],
        wire.ExpirationTime?.ToDateTimeOffset(),
        wire.AppMetadata.Memory);

    internal Protos.FlightEndpoint ToWire() => new()
    {
        Ticket = new Protos.Ticket { Ticket_ = UnsafeByteOperations.UnsafeWrap(Ticket.Bytes) },
        Location = { Locations.Select(location => new Protos.Location { Uri = location }) },
        ExpirationTime = ExpiresAtUtc?.ToTimestamp(),
        AppMetadata = UnsafeByteOperations.UnsafeWrap(AppMetadata),
    };
}
