namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Bounds of the gateway's Flight service. Section: <c>OrleansFlow:Flight</c>. Read once when the silo starts.</summary>
public sealed class FlightGatewayOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Flight";

    /// <summary>How long a ticket can be redeemed. Longer: a leaked ticket is of use for longer.</summary>
    /// <value>Default 1 h. Range 1 s to 30 d.</value>
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Most bytes of one upload; a longer one is refused with <c>limit_exceeded</c> and nothing of it is kept.</summary>
    /// <value>Default 16 GiB. Range 1 KiB to 16 TiB.</value>
    public long UploadBytesMax { get; set; } = 16L * 1024 * 1024 * 1024;

    /// <summary>How many of the newest runs <c>ListFlights</c> looks into. More: a slower listing.</summary>
    /// <value>Default 100. Range 1 to 1 000.</value>
    public int ListedRunsMax { get; set; } = 100;

    /// <summary>
    /// Largest message taken over Flight, in bytes: one record batch of an upload, or of a result that is fetched from a worker for a client.
    /// A longer one is refused with RESOURCE_EXHAUSTED. Larger: each stream may hold as much memory. Workers themselves set no limit.
    /// </summary>
    /// <value>Default 256 MiB. Range 64 KiB to 2 GiB - 64.</value>
    public int MessageBytesMax { get; set; } = 256 * 1024 * 1024;
}
